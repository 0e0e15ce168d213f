"""Bring the pictures that the docs show to 256 colours: ``shrink_pictures.py FROM TO``."""

import sys
from pathlib import Path

from PIL import Image

SHOWN = (
    "qgis_window", "dock_ready", "dock_running", "dock_done", "dock_error", "patch", "patch_dark", "counts", "processing",
)  # fmt: skip

for name in SHOWN:
    picture = Image.open(Path(sys.argv[1]) / f"{name}.png").convert("RGB")
    dither = Image.Dither.FLOYDSTEINBERG if name == "qgis_window" else Image.Dither.NONE
    picture.quantize(256, dither=dither).save(Path(sys.argv[2]) / f"{name}.png", optimize=True)
