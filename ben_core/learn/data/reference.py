"""Reference data of land cover, polygons or raster, as CORINE codes on the 10 m grid of a scene.

By the rules of BigEarthNet v2: the code of a pixel is that of the polygon that holds its centre (not of all that it
touches), codes are those of CORINE level 3, 999 means "unlabelled", 0 "nothing here".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from ...errors import DataError, JobError
from ...patches.grid import Window
from ...scene.handles import gdal_env
from ...scene.types import PixelGrid
from .clc_codes import known_share, present_classes
from .reference_raster import Raster
from .reference_vector import Polygons

__all__ = ["Reference", "known_share", "open_reference", "present_classes", "rasterise"]

_VECTORS = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gdb", ".sqlite", ".kml", ".gml", ".parquet")
_ROWS = 1024  # pixel rows that ``rasterise`` holds of its source at a time


class Reference(Protocol):
    """Land cover on the grid it was opened for."""

    def rows(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        """uint16 (bottom - top, right - left): the CORINE code of each pixel of these rows and columns of the
        10 m grid, 0 where the reference says nothing. DataError where it cannot be read or holds foreign codes."""
        ...

    def close(self) -> None: ...


def open_reference(
    path: str | Path, grid: PixelGrid, *, code_field: str | None = None, codes: Mapping[str, int] | None = None
) -> Reference:
    """Open reference data for a scene's grid.

    path        a vector file (GeoPackage, Shapefile, ... of polygons) or a raster of codes, in any CRS
    code_field  the vector file's field of codes; None: its one field named like CODE_18
    codes       text of a value -> CORINE code for other nomenclatures (``clc_codes.read_code_table``)
    DataError where it cannot be read, says no CRS, does not overlap the grid or holds codes that are not CORINE's
    (and ``codes`` lacks); JobError where the field is not there or is not named. Only a look is taken here: the
    pixels come with ``rows``.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"There is no reference {path}.", "Check the path.", "missing")
    if path.suffix.lower() in _VECTORS and not _is_raster(path):
        return Polygons(path, grid, code_field, codes)
    if code_field is not None:
        raise JobError(f"--code-field is for polygons, and {path} is a raster.", "Leave it out.")
    return Raster(path, grid, codes)


def rasterise(
    reference: str | Path,
    grid: PixelGrid,
    window: Window | None = None,
    *,
    code_field: str | None = None,
    codes: Mapping[str, int] | None = None,
) -> np.ndarray:
    """uint16 (h, w): the CORINE code of each pixel of ``window`` (default: all) of ``grid``; see ``open_reference``.

    The source is read in strips; what is held is the result.
    """
    window = window or Window(0, 0, grid.width, grid.height)
    out = np.empty((window.height, window.width), np.uint16)
    source = open_reference(reference, grid, code_field=code_field, codes=codes)
    try:
        for top in range(0, window.height, _ROWS):
            bottom = min(top + _ROWS, window.height)
            columns = window.col, window.col + window.width
            out[top:bottom] = source.rows(window.row + top, window.row + bottom, *columns)
    finally:
        source.close()
    return out


def _is_raster(path: Path) -> bool:
    """A GeoPackage may hold a raster instead of polygons."""
    if path.suffix.lower() != ".gpkg":
        return False
    try:
        with gdal_env(), rasterio.open(path):
            return True
    except RasterioError:
        return False
