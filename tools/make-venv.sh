#!/usr/bin/env bash
# Make the virtual environment $1 with a Python >= 3.11; say what to install where there is none.
set -euo pipefail
venv=$1
for python in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
  if command -v "$python" >/dev/null && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    found=$python
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "No Python >= 3.11 was found. Install one:" >&2
  echo "  Debian/Ubuntu: sudo apt install python3 python3-venv    macOS: brew install python@3.12" >&2
  echo "or name it: make PYTHON=/path/to/python3.12 …" >&2
  exit 2
fi
rm -rf "$venv"
if ! "$found" -m venv "$venv" 2>/dev/null; then
  rm -rf "$venv"
  echo "$found cannot make virtual environments. Debian/Ubuntu: sudo apt install python3-venv" >&2
  exit 2
fi
"$venv/bin/python" -m pip install --quiet --upgrade pip
