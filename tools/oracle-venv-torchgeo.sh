#!/usr/bin/env bash
# Make the environment $1 (.venv-oracle-torchgeo) in which tests/oracles/test_sr.py and test_torchgeo.py run torchvision
# and torchgeo (2.5 GB). torch stays the CPU build; torchvision is the one of that release.
set -euo pipefail
venv=${1:-.venv-oracle-torchgeo}
[ -f "$venv/.ready" ] && exit 0
"$(dirname "$0")/make-venv.sh" "$venv"
# requests: torchgeo 0.8.1 imports it and does not ask for it.
"$venv/bin/python" -m pip install --quiet torch==2.13.0 torchvision==0.28.0 torchgeo==0.8.1 pillow requests
touch "$venv/.ready"
