#!/usr/bin/env bash
# Write resources/engine/requirements-*.txt: what the plugin's "Set up engine" installs, every file pinned by its hash,
# for all systems and Python >= 3.11 in one file a variant. The -torch variants can do all that QGIS offers: convert
# published models, adapt them, draw 10 m maps, map in several processes.
# Needs uv (https://docs.astral.sh/uv). Run it after the dependencies in pyproject.toml have changed.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-uv}
lock() { # NAME EXTRA-ARGUMENTS…, further requirements on stdin
  local out=resources/engine/requirements-$1.txt
  shift
  "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --constraints constraints-cpu.txt "$@" pyproject.toml - -o "$out"
}
lock cpu --extra cpu </dev/null
full=(--extra torch --extra export --extra learn --extra segment --extra dask)
lock cpu-torch --extra cpu "${full[@]}" </dev/null
# The wheels of CUDA and cuDNN come along: the user needs the driver only.
echo 'onnxruntime-gpu[cuda,cudnn]' | lock cuda --extra cuda
echo 'onnxruntime-gpu[cuda,cudnn]' | lock cuda-torch --extra cuda "${full[@]}"
# uv itself, for a computer that has no Python >= 3.11: pip puts it into a folder of its own.
echo 'uv' | "$uv" pip compile --quiet --universal --python-version 3.8 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links - -o resources/engine/requirements-uv.txt
