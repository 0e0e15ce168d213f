"""Rasters of 10 m that are written by rows and become COGs when they are whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.features import shapes
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from rasterio.windows import Window

from ..scene.types import PIXEL, PixelGrid
from ..storage import writing

ROWS = 512  # pixel rows at a time: one row of the COG's blocks

Rows = Callable[[int, int], np.ndarray]  # (top, bottom) -> (bottom - top, width)


def write_cog(
    path: Path,
    grid: PixelGrid,
    rows: Rows,
    *,
    dtype: str,
    nodata: int,
    name: str,
    tags: Mapping[str, str],
    overviews: str,
    palette: Mapping[int, tuple[int, int, int, int]] | None = None,
    scale: float | None = None,
) -> None:
    """One band of the scene's 10 m grid. Raises StorageError, OutputError."""
    draft = path.with_suffix(".draft.tif")
    with writing(path):
        with _gtiff(draft, grid, dtype, nodata=nodata) as file:
            file.set_band_description(1, name)
            if palette is not None:
                file.write_colormap(1, palette)
            if scale is not None:
                file.scales = (scale,)
            file.update_tags(**tags)
            _fill(file, grid, rows)
        copy_raster(
            draft,
            path,
            driver="COG",
            compress="DEFLATE",
            level=6,
            predictor="YES",
            blocksize=512,
            overview_resampling=overviews,
            bigtiff="IF_SAFER",
            num_threads=1,
        )
        draft.unlink()
        with open(path, "r+b") as f:
            os.fsync(f.fileno())


def outlines(draft: Path, grid: PixelGrid, rows: Rows) -> Iterator[tuple[int, Sequence[Any]]]:
    """(label, rings) of every edge-to-edge connected area of one label, 0 left out, in GDAL's order.

    rings   of (x, y) in the scene's CRS, the outer one first; ``draft``: a file to work in
    """
    with writing(draft), _gtiff(draft, grid, "int32", nodata=0) as file:
        _fill(file, grid, rows)
    with rasterio.open(draft) as file:
        for geometry, label in shapes(rasterio.band(file, 1), connectivity=4, transform=file.transform):
            if label:
                yield int(label), geometry["coordinates"]
    draft.unlink()


def _gtiff(path: Path, grid: PixelGrid, dtype: str, **options: Any) -> Any:
    return rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=grid.width,
        height=grid.height,
        count=1,
        dtype=dtype,
        crs=grid.crs,
        transform=Affine(float(PIXEL), 0.0, grid.left, 0.0, -float(PIXEL), grid.top),
        tiled=True,
        blockxsize=512,
        blockysize=512,
        compress="DEFLATE",
        zlevel=1,
        bigtiff="IF_SAFER",
        **options,
    )


def _fill(file: Any, grid: PixelGrid, rows: Rows) -> None:
    for top in range(0, grid.height, ROWS):
        bottom = min(top + ROWS, grid.height)
        part = rows(top, bottom).astype(file.dtypes[0])
        file.write(part, 1, window=Window(0, top, grid.width, bottom - top))
