"""How long `ben s1 prepare` takes for one Sentinel-2 tile (10980 x 10980), and how much memory.

python benchmarks/grd.py FOLDER    makes the input in FOLDER once (2 GB): the real metadata of Rome (BEN_DATA), pixels of
                                   made speckle on the whole image, made hills of 30 m; then prepares it
"""

from __future__ import annotations

import os
import resource
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "engine")]

import made_grd as made  # noqa: E402

from ben_core.run.raw_radar import Recipe, prepare  # noqa: E402
from ben_core.scene.types import PixelGrid  # noqa: E402

GRID = PixelGrid("EPSG:32633", 260000.0, 4740000.0, 10980, 10980)


def make(folder: Path) -> tuple[Path, Path]:
    safe, dem = folder / f"{made.NAME}.SAFE", folder / "dem.tif"
    if not dem.exists():
        made.make_safe(Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data"), folder)
        profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "width": made.SAMPLES, "height": made.LINES}
        for pol, amplitude in (("vv", 220.0), ("vh", 110.0)):
            made.measurement(safe, pol).unlink()
            with rasterio.open(made.measurement(safe, pol), "w", blockysize=1, **profile) as d:
                for row in range(0, made.LINES, 1024):
                    values = made.speckle(row, amplitude**2, (min(1024, made.LINES - row), made.SAMPLES))
                    d.write(values, 1, window=Window(0, row, *values.shape[::-1]))
        made.write_dem(dem, 0.0, box=(11.8, 41.3, 14.0, 43.0))
        with rasterio.open(dem, "r+") as d:
            y, x = np.indices(d.shape)
            d.write((800 + 700 * np.sin(x / 90) * np.sin(y / 70)).astype(np.float32), 1)
    return safe, dem


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(1) as another:  # whose memory is not counted below
        safe, dem = another.submit(make, folder).result()
    wall, cpu = time.perf_counter(), time.process_time()
    result = prepare(safe, folder / "out", Recipe(str(dem)), GRID, overwrite=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = result.path.stat().st_size / 1e6
    print(f"{wall:.1f} s wall, {cpu:.1f} s CPU, peak {peak:.0f} MiB, {size:.0f} MB written, data on {result.valid}")


if __name__ == "__main__":
    main()
