#!/usr/bin/env bash
# Write dist/bigearthnet_mapper.zip, the plugin as QGIS installs it: what is committed of the paths below.
set -euo pipefail
cd "$(dirname "$0")/.."
paths="__init__.py metadata.txt LICENSE README.md CHANGELOG.md ben_core plugin resources"
limit=$((25 * 1000 * 1000)) # what the plugin repository takes
# shellcheck disable=SC2086
changed=$(git status --porcelain -- $paths)
[ -z "$changed" ] || printf 'Note: not committed, so not in the zip:\n%s\n' "$changed" >&2
mkdir -p dist
zip=dist/bigearthnet_mapper.zip
# shellcheck disable=SC2086
git archive --format=zip -9 --prefix=bigearthnet_mapper/ -o "$zip" HEAD $paths
size=$(wc -c <"$zip")
if [ "$size" -gt "$limit" ]; then
  echo "$zip has $size bytes, more than the $limit that the plugin repository takes." >&2
  exit 1
fi
echo "$zip: $((size / 1000)) kB"
