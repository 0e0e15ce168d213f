#!/usr/bin/env bash
# Make the environment $1 (.venv-oracle-tf) in which tests/oracles/test_tf.py runs TensorFlow and TF-Slim (1.8 GB).
# TensorFlow 2.12 is the last in which TF-Slim 1.1.0 builds its networks; it wants Python 3.8 to 3.11.
set -euo pipefail
venv=${1:-.venv-oracle-tf}
python=${PYTHON:-python3.11}
if ! command -v "$python" >/dev/null; then
  echo "TensorFlow 2.12 needs Python 3.11 or older; name one: PYTHON=/path/to/python3.11 $0" >&2
  exit 2
fi
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet tensorflow-cpu==2.12.1 tf_slim==1.1.0 tensorflow_hub==0.14.0
