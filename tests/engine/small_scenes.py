"""Small generated scenes, a run of the real command on them, and what its products are worth comparing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from ben_core.sample import make_sample

ROOT = Path(__file__).parents[2]
BANDS = ("B02", "B03", "B04", "B08")
PATIENCE = 600.0  # seconds that a test waits for what must come: no measure of speed
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "BEN_DEBUG": "1"}


def make_bands(folder: Path, width: int = 360, height: int = 360, seed: int = 0) -> Path:
    """Four band files of smooth noise; strips of the engine are 1024 rows high."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for band in BANDS:
        coarse = rng.integers(200, 3000, (height // 16 + 1, width // 16 + 1))
        pixels = np.kron(coarse, np.ones((16, 16), np.int64))[:height, :width] + rng.integers(0, 60, (height, width))
        with rasterio.open(
            folder / f"{band}.tif", "w", driver="GTiff", width=width, height=height, count=1, dtype="uint16", nodata=0,
            crs="EPSG:32633", transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000), tiled=True, compress="zstd",
        ) as f:  # fmt: skip
            f.write(pixels.astype(np.uint16), 1)
    return folder


def make_scenes(folder: Path) -> Path:
    """Three scenes: a generated SAFE product, one of three strips, one of nine cells."""
    safe = make_sample(folder.parent / "sample", size=240, seed=3).product
    make_bands(folder / "long", 240, 3000, seed=1)
    make_bands(folder / "north", seed=2)
    safe.rename(folder / safe.name)
    return folder


def ben(*args: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """Run the real command to its end."""
    return subprocess.run(command(*args), cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=PATIENCE, **kwargs)


def command(*args: Any) -> list[str]:
    return [sys.executable, "-m", "ben_core", *map(str, args)]


def start(*args: Any, **env: str) -> subprocess.Popen[str]:
    """Start the real command in a process group of its own."""
    return subprocess.Popen(
        command(*args), cwd=ROOT, env={**ENV, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )  # fmt: skip


def wait_for(what: Callable[[], Any]) -> Any:
    """Poll until ``what`` is true, and stays so; its value. For what passes there is ``dying``."""
    end = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


def products(out: Path) -> dict[str, bytes]:
    """Every product of every scene but the reports, which hold timings."""
    found = (p for p in (out / "scenes").rglob("*") if p.is_file() and not p.name.endswith("_report.html"))
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in found}


def catalogue(out: Path) -> dict[str, bytes]:
    """Rasters and GeoPackages of the catalogue."""
    found = (p for p in (out / "catalogue").rglob("*") if p.suffix in (".tif", ".vrt", ".gpkg", ".csv", ".json"))
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in found}


def state(out: Path) -> dict[str, Any]:
    """name -> the document of done or failed."""
    return {
        p.name.removesuffix(".json"): json.loads(p.read_bytes())
        for p in (out / "state").glob("*.json")
        if not p.name.startswith(".")
    }


def leftovers(out: Path) -> list[str]:
    """Claims, journals and temporary files: none of these may be left when a run has ended."""
    return sorted(
        p.relative_to(out).as_posix()
        for p in out.rglob("*")
        if ".claim-" in p.name or p.name.startswith((".ben-", ".clock-", ".batch-")) or p.suffix == ".tmp"
    )
