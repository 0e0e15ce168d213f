#!/usr/bin/env bash
# Make the environment $1 (.venv-oracle-timm) in which timm itself builds the reBEN networks (tests/oracles/timm_origin.py).
# torch stays the CPU build; torchvision, which timm imports, is the one of that release.
set -euo pipefail
venv=${1:-.venv-oracle-timm}
"$(dirname "$0")/make-venv.sh" "$venv"
"$venv/bin/python" -m pip install --quiet torch==2.13.0 torchvision==0.28.0 timm==1.0.31 \
  safetensors onnx onnxruntime numpy
