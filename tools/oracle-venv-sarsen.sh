#!/usr/bin/env bash
# Make the environment $1 (.venv-oracle-sarsen) in which sarsen and xarray-sentinel geocode and calibrate a GRD product
# (tests/oracles/sarsen_origin.py; 0.6 GB).
set -euo pipefail
venv=${1:-.venv-oracle-sarsen}
"$(dirname "$0")/make-venv.sh" "$venv"
"$venv/bin/python" -m pip install --quiet sarsen==0.9.6 xarray-sentinel==0.9.6
