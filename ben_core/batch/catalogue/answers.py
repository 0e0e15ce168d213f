"""Answers of one scene at given cells, from its products; a product that cannot be read is named."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
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
FINER, FINER_P = "regions", "regions_probability"  # kinds of the 10 m map's rasters


def read_p(e: Entry, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
    """uint16 (19, m): probability x 10000 at cells (m,), axis 0 by code - 1; NOT_MAPPED without an answer."""
    p = np.full((len(ORDER_ALPHABETICAL), len(rows)), NOT_MAPPED, np.uint16)
    if e.rows * e.cols <= _SMALL:
        codes, block = _WHOLE.get(f"{e.name} {e.scene.sums}", lambda: _read(e, RasterWindow(0, 0, e.cols, e.rows)))
        p[codes] = block[:, rows, cols]
    else:
        row, col = int(rows.min()), int(cols.min())
        window = RasterWindow(col, row, int(cols.max()) - col + 1, int(rows.max()) - row + 1)
        codes, block = _read(e, window)
        p[codes] = block[:, rows - row, cols - col]
    return p


def read_finer(e: Entry, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (m,), (m,): class codes of the 10 m map at pixels, 0 without an answer, and their probability in percent."""
    row, col = int(rows.min()), int(cols.min())
    window = RasterWindow(col, row, int(cols.max()) - col + 1, int(rows.max()) - row + 1)
    found = []
    with reading(e):
        for kind in (FINER, FINER_P):
            with rasterio.open(e.scene.files[kind]) as src:
                if (src.count, src.dtypes[0]) != (1, "uint8") or (src.height, src.width) != (e.rows, e.cols):
                    raise ValueError("the rasters of its 10 m map do not fit together")
                found.append(src.read(1, window=window)[rows - row, cols - col])
    return found[0], found[1]


def forget() -> None:
    """Begin anew: files may have changed since they were read."""
    _WHOLE.found.clear()
    _WHOLE.bytes = 0
    _cloud.cache_clear()


def _read(e: Entry, window: RasterWindow) -> tuple[np.ndarray, np.ndarray]:
    """(code - 1 of the bands, uint16 (bands, rows, columns))."""
    with reading(e), rasterio.open(e.scene.rasters["probabilities"]) as src:
        if (src.height, src.width) != (e.rows, e.cols):
            raise ValueError("its raster is not the one that the STAC item describes")
        return np.array([CODES[name] - 1 for name in src.descriptions]), src.read(window=window)


class _Kept:
    """Rasters that were read last, up to a number of bytes: a scene is looked at by several mosaics and blocks."""

    def __init__(self, most: int) -> None:
        self.most, self.bytes = most, 0
        self.found: OrderedDict[str, tuple[np.ndarray, np.ndarray]] = OrderedDict()

    def get(self, key: str, read: Callable[[], tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
        if key in self.found:
            self.found.move_to_end(key)
        else:
            self.found[key] = read()
            self.bytes += self.found[key][1].nbytes
            while self.bytes > self.most:
                self.bytes -= self.found.popitem(last=False)[1][1].nbytes
        return self.found[key]


_SMALL = 20_000  # cells: a tile at a stride of 120 has 8,464
_WHOLE = _Kept(64 << 20)


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
    step = max(_SMALL // e.cols, 1)
    for row in range(0, e.rows, step):
        rows, cols = np.divmod(np.arange(min(step, e.rows - row) * e.cols), e.cols)
        read_p(e, rows + row, cols)


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
