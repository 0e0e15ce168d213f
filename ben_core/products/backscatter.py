"""Prepared Sentinel-1: VV and VH in dB as one cloud-optimised GeoTIFF, written block by block."""

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

from ..errors import DataError, JobError
from ..nomenclature import S1_BANDS
from ..patches.grid import Window
from ..scene.grd import Tile
from ..scene.types import PIXEL, PixelGrid
from ..storage import writing
from .cog import Cog
from .journal import PREFIX


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
    with writing(path), rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=64 << 20):
        # Speckle hardly shrinks: the floating-point predictor at the lowest level has most of what can be had.
        with Cog(
            aside,
            width=grid.width,
            height=grid.height,
            transform=from_origin(grid.left, grid.top, PIXEL, PIXEL),
            crs=grid.crs,
            dtype="float32",
            nodata=np.nan,
            names=S1_BANDS,
            tags=tags,
            overviews="AVERAGE",
            level=1,
            threads="2",
            compress="NONE",
            interleave="band",
        ) as cog:
            for index in range(1, len(S1_BANDS) + 1):
                cog.file.set_band_unit(index, "dB")
            for tile in tiles:
                voids += tile.voids
                block = np.stack([tile.bands[band] for band in S1_BANDS])
                cog.write(block, Window(tile.col, tile.row, block.shape[2], block.shape[1]))
                for band, values in tile.bands.items():
                    seen[band] += int(np.isfinite(values).sum())
            counts = {f"PIXELS_{band}": str(n) for band, n in seen.items()}
            cog.file.update_tags(**counts, PIXELS_WITHOUT_HEIGHT=str(voids))
            if not any(seen.values()):
                raise DataError(
                    f"{path.stem} would have no data: what the image shows of the grid is empty, or the ground unknown there.",
                    "Choose another grid, or a terrain model without gaps.",
                    "s1-empty",
                )
        aside.replace(path)
    return Contents(seen, voids)


def contents_of(path: Path) -> Contents:
    """What ``write_backscatter`` said of a file when it wrote it."""
    with rasterio.open(path) as d:
        tags = d.tags()
    return Contents({band: int(tags[f"PIXELS_{band}"]) for band in S1_BANDS}, int(tags["PIXELS_WITHOUT_HEIGHT"]))
