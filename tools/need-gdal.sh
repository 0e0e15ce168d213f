#!/usr/bin/env bash
# Tests open the products with GDAL's own tools. Install them where we may, else say which are missing.
set -euo pipefail
have() { command -v gdalinfo >/dev/null && command -v ogrinfo >/dev/null && /usr/bin/python3 -c 'import osgeo' 2>/dev/null; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing GDAL's tools (gdal-bin, python3-gdal) ..."
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends gdal-bin python3-gdal; } >/dev/null 2>&1 || true
fi
have && exit 0
if [ -n "${CI:-}" ]; then
  echo "GDAL's tools could not be installed: the tests that need them cannot run." >&2
  exit 1
fi
echo "Note: tests with GDAL's own tools are skipped; install them: sudo apt install gdal-bin python3-gdal" >&2
