"""Prepared Sentinel-1: VV and VH in dB as one GeoTIFF, written block by block."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

from ..nomenclature import S1_BANDS
from ..scene.grd import Tile
from ..scene.types import PIXEL, PixelGrid
from .storage import writing


def write_backscatter(path: Path, grid: PixelGrid, tiles: Iterable[Tile], tags: Mapping[str, str]) -> dict[str, float]:
    """Write ``path`` whole or not at all; return the share of the grid with data, by polarisation.

    Bands are VV and VH, float32 dB, NaN where there is none. Raises StorageError, OutputError, and what ``tiles`` raises.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    seen = dict.fromkeys(S1_BANDS, 0)
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
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.Env(GDAL_NUM_THREADS="1", GDAL_CACHEMAX=64 << 20), rasterio.open(aside, "w", **profile) as d:
                d.update_tags(**tags)
                for index, band in enumerate(S1_BANDS, start=1):
                    d.set_band_description(index, band)
                    d.set_band_unit(index, "dB")
                for tile in tiles:
                    for index, band in enumerate(S1_BANDS, start=1):
                        values = tile.bands[band]
                        d.write(values, index, window=Window(tile.col, tile.row, values.shape[1], values.shape[0]))
                        seen[band] += int(np.isfinite(values).sum())
            with aside.open("rb") as f:
                os.fsync(f.fileno())
            if any(seen.values()):  # else the caller refuses
                aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
    return {band: n / (grid.width * grid.height) for band, n in seen.items()}
