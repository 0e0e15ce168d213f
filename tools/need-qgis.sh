#!/usr/bin/env bash
# The plugin's tests run in a real QGIS. Install it where we may, then make the environment $1 around its Python; say
# what is missing otherwise. $1/.ready exists where the tests can run.
set -euo pipefail
venv=${1:-.venv-qgis}
python=/usr/bin/python3
packages="qgis python3-qgis xvfb xauth"
have() { "$python" -c 'import qgis.core' 2>/dev/null && command -v xvfb-run >/dev/null; }
if ! have && command -v apt-get >/dev/null; then
  sudo=
  [ "$(id -u)" = 0 ] || sudo="sudo -n"
  if [ -z "$sudo" ] || $sudo true 2>/dev/null; then
    echo "Installing QGIS ($packages) ..."
    { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } \
      >/dev/null 2>&1 || true
  fi
fi
if ! have; then
  rm -f "$venv/.ready"
  if [ -n "${CI:-}" ]; then
    echo "QGIS could not be installed: the tests of the plugin cannot run." >&2
    exit 1
  fi
  echo "Note: the tests of the QGIS plugin are skipped; install QGIS: sudo apt install $packages" >&2
  exit 0
fi
[ "$venv/.ready" -nt "$0" ] && exit 0
rm -rf "$venv"
"$python" -m venv --system-site-packages "$venv"
# numpy stays the system's: its GDAL is built for that one. PyQt6 serves the check that the code suits Qt 6, too.
"$venv/bin/python" -m pip install --quiet pytest==9.2.0 pytest-xdist==3.8.0 pytest-qt==4.5.0 pytest-qgis==5.0.2 \
  flake8-qgis==2.1.0 uv==0.13.9 PyQt6==6.11.0
touch "$venv/.ready"
