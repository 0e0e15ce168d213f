#!/usr/bin/env bash
# Make the environment $1 (.venv-oracle-ilm) in which ConfigILM loads a published folder (tests/oracles/ilm_origin.py).
# torch stays the CPU build; torchvision, which timm imports, is the one of that release.
set -euo pipefail
venv=${1:-.venv-oracle-ilm}
"$(dirname "$0")/make-venv.sh" "$venv"
"$venv/bin/python" -m pip install --quiet torch==2.13.0 torchvision==0.28.0 configilm==0.7.1 lightning \
  huggingface_hub safetensors numpy pandas "pyarrow<20" lmdb
