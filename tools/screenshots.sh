#!/bin/sh
# Pictures of the plugin in the real QGIS, for the docs: the dock in its states, the whole window, the patch.
# usage: tools/screenshots.sh SCENE PICTURES BOTH
# (a folder of band files; where the pictures go; a folder with s1/ and s2a/ of one place)
# BEN_ENGINE_PYTHON names the engine's Python, QGIS_PYTHON one that imports qgis.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
scene=$(cd "$1" && pwd)
both=$(cd "$3" && pwd)
mkdir -p "$2"
pictures=$(cd "$2" && pwd)
if ! command -v xvfb-run >/dev/null || ! command -v qgis >/dev/null; then
  echo "make screenshots needs qgis, xvfb and xauth." >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/plugins" "$work/profiles/profiles/default/QGIS"
mkdir -m 700 "$work/runtime"
ln -s "$here" "$work/plugins/bigearthnet_mapper"
printf '[PythonPlugins]\nbigearthnet_mapper=true\n[locale]\noverrideFlag=true\nuserLocale=en\n[qgis]\nstylePreset=\ncheckVersion=false\n' \
  > "$work/profiles/profiles/default/QGIS/QGIS3.ini"
export QGIS_PLUGINPATH="$work/plugins" XDG_RUNTIME_DIR="$work/runtime" BEN_ENGINE_PYTHON
unset QT_QPA_PLATFORM

QT_QPA_PLATFORM=offscreen "${QGIS_PYTHON:-/usr/bin/python3}" "$here/tools/dock_pictures.py" "$pictures" "$scene" "$both"
BEN_SCENE="$scene" BEN_PICTURES="$pictures" \
  xvfb-run -a -s "-screen 0 1400x900x24" timeout 900 \
  qgis --nologo --noversioncheck --profiles-path "$work/profiles" --code "$here/tools/desktop_pictures.py"
ls "$pictures"
