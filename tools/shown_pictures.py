"""Take the pictures that the docs show: ``shown_pictures.py FROM TO``. All colours stay: they are the map's legend."""

import sys
from pathlib import Path

from PIL import Image

SHOWN = (
    "qgis_window", "dock_ready", "dock_running", "dock_done", "dock_error", "dock_radar", "dock_options", "patch", "patch_dark", "counts", "processing",
)  # fmt: skip

for name in SHOWN:
    picture = Image.open(Path(sys.argv[1]) / f"{name}.png").convert("RGB")
    picture.save(Path(sys.argv[2]) / f"{name}.png", optimize=True)
