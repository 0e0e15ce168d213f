"""Answers of one scene at given cells, from its products; a product that cannot be read is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
import rasterio
from pyogrio import raw
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.errors import RasterioError
from rasterio.windows import Window as RasterWindow

from ...errors import DataError
from ...nomenclature import ORDER_ALPHABETICAL
from ...products.legend import CODES
from ...products.types import NOT_MAPPED
from .entries import Entry

UNKNOWN_CLOUD = 255
_ROWS = 512  # read at once where a whole raster is looked through


def read_p(e: Entry, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """uint16 (19, m): probability x 10000 at cells (m,), axis 0 by code - 1; NOT_MAPPED without an answer."""
    row, col = int(rows.min()), int(cols.min())
    window = RasterWindow(col, row, int(cols.max()) - col + 1, int(rows.max()) - row + 1)
    with reading(e), rasterio.open(e.scene.rasters["probabilities"]) as src:
        block = src.read(window=window)
        codes = [CODES[name] - 1 for name in src.descriptions]
    p = np.full((len(ORDER_ALPHABETICAL), len(rows)), NOT_MAPPED, np.uint16)
    p[codes] = block[:, rows - row, cols - col]
    return p


def read_cloud(e: Entry, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """uint8 (m,): percent of cloud in the patches of cells, UNKNOWN_CLOUD where the scene has no cloud layer."""
    return _cloud(e.scene.gpkg, e.name, e.rows, e.cols)[rows, cols]


@lru_cache(maxsize=32)
def _cloud(gpkg: Path, name: str, height: int, width: int) -> np.ndarray:
    with reading_name(name):
        meta, _, _, values = raw.read(gpkg, layer="patches", columns=["row", "col", "cloud"], read_geometry=False)
        columns = dict(zip(meta["fields"], values, strict=True))
        share = columns["cloud"].astype(float)
        percent = np.where(np.isnan(share), UNKNOWN_CLOUD, np.rint(100 * np.nan_to_num(share)))
        cloud = np.full((height, width), UNKNOWN_CLOUD, np.uint8)
        cloud[columns["row"].astype(int), columns["col"].astype(int)] = percent
    return cloud


def check_raster(e: Entry) -> None:
    """Look through the raster of probabilities. Raises DataError where it cannot be read or is another one."""
    with reading(e), rasterio.open(e.scene.rasters["probabilities"]) as src:
        if (src.height, src.width) != (e.rows, e.cols) or not set(src.descriptions) <= set(CODES):
            raise ValueError("it is not the raster that the STAC item describes")
        for row in range(0, src.height, _ROWS):
            src.read(window=RasterWindow(0, row, src.width, min(_ROWS, src.height - row)))


@contextmanager
def reading_name(name: str) -> Iterator[None]:
    """Turn whatever a product of a scene does to its reader into DataError."""
    try:
        yield
    except (RasterioError, DataSourceError, DataLayerError, OSError, ValueError, KeyError, TypeError, IndexError) as e:
        told = str(e).splitlines()
        raise DataError(
            f"A product of scene {name} cannot be read: {(told[0] if told else type(e).__name__).rstrip('.')}.",
            "Run the batch again: it maps again what is damaged.",
            "product",
        ) from e


def reading(e: Entry) -> AbstractContextManager[None]:
    return reading_name(e.name)
