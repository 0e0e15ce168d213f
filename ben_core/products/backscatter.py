"""Prepared Sentinel-1: VV and VH in dB as one GeoTIFF, written block by block."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

from ..errors import DataError, JobError
from ..nomenclature import S1_BANDS
from ..scene.grd import Tile
from ..scene.types import PIXEL, PixelGrid
from .journal import PREFIX
from .storage import writing


@dataclass(frozen=True)
class Contents:
    """Pixels of a prepared product: those with data by polarisation, and those inside the image whose height the
    terrain model does not say."""

    seen: Mapping[str, int]
    voids: int


@contextmanager
def workshop(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` for what is not finished: one run at a time, and swept of a run that was killed.

    Raises JobError where another run is at it, OutputError, StorageError. ``ben clean`` removes one that was left.
    """
    folder = path.parent / f"{PREFIX}{path.stem}"
    lock = filelock.FileLock(folder / "lock", timeout=0)
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise JobError(f"Another run prepares {path} right now.", "Wait for it, or stop it.") from None
        folder.mkdir(exist_ok=True)  # the run that held the lock until now took it along
        for left in folder.iterdir():
            if left.is_dir():
                shutil.rmtree(left)
            elif left.name != "lock":
                left.unlink()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # while the lock is held: it may be another run's at once
        lock.release()
        if os.name == "nt":  # keeps files that are open
            shutil.rmtree(folder, ignore_errors=True)


def write_backscatter(
    path: Path, work: Path, grid: PixelGrid, tiles: Iterable[Tile], tags: Mapping[str, str]
) -> Contents:
    """Write ``path`` whole or not at all; ``work``: a folder on the same disk for the file while it grows.

    Bands are VV and VH, float32 dB, NaN where there is none. DataError where there is none at all, StorageError,
    OutputError, and what ``tiles`` raises.
    """
    aside = work / path.name
    seen, voids = dict.fromkeys(S1_BANDS, 0), 0
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": len(S1_BANDS),
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": from_origin(grid.left, grid.top, PIXEL, PIXEL),
        "nodata": np.nan,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "interleave": "band",
        # Speckle hardly shrinks: the floating-point predictor at the lowest level has most of what can be had.
        "compress": "DEFLATE",
        "predictor": 3,
        "zlevel": 1,
        "BIGTIFF": "IF_SAFER",
    }
    with writing(path):
        with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=64 << 20), rasterio.open(aside, "w", **profile) as d:
            for index, band in enumerate(S1_BANDS, start=1):
                d.set_band_description(index, band)
                d.set_band_unit(index, "dB")
            for tile in tiles:
                voids += tile.voids
                for index, band in enumerate(S1_BANDS, start=1):
                    values = tile.bands[band]
                    d.write(values, index, window=Window(tile.col, tile.row, values.shape[1], values.shape[0]))
                    seen[band] += int(np.isfinite(values).sum())
            counts = {f"PIXELS_{band}": str(n) for band, n in seen.items()}
            d.update_tags(**tags, **counts, PIXELS_WITHOUT_HEIGHT=str(voids))
        if not any(seen.values()):
            raise DataError(
                f"{path.stem} would have no data: what the image shows of the grid is empty, or the ground unknown there.",
                "Choose another grid, or a terrain model without gaps.",
                "s1-empty",
            )
        with aside.open("rb") as f:
            os.fsync(f.fileno())
        aside.replace(path)
    return Contents(seen, voids)


def contents_of(path: Path) -> Contents:
    """What ``write_backscatter`` said of a file when it wrote it."""
    with rasterio.open(path) as d:
        tags = d.tags()
    return Contents({band: int(tags[f"PIXELS_{band}"]) for band in S1_BANDS}, int(tags["PIXELS_WITHOUT_HEIGHT"]))
