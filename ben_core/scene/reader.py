"""Read the pixels of one band, strip by strip, as harmonised DN."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ..errors import DataError
from .types import BandSource

DN_MAX = 65535  # top of the harmonised scale; a saturated pixel stays there

# One thread a file: with two or more (GDAL's default) a truncated JP2 decodes to zeros, which mean
# "no data", without any error (GDAL 3.10.3 and 3.12.2, measured). Bands are read side by side instead.
# No folder listing: a band file needs no neighbours, and product folders on network disks are slow.
# Python in a VRT stays off, whatever the environment says.
# GDAL's block cache is bounded (in bytes; its default is 5 % of the machine's memory): whole blocks are
# read once, so nothing is gained by keeping more than a block row a band.
GDAL_OPTIONS: dict[str, Any] = {
    "GDAL_NUM_THREADS": "1",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_CACHEMAX": 128 << 20,
}
CHUNK_ROWS = 128  # rows converted at once: temporary arrays stay small beside a strip


def gdal_env() -> rasterio.Env:
    """The GDAL settings under which every pixel file is opened and read."""
    return rasterio.Env(**GDAL_OPTIONS)


class BandReader:
    """The pixels of one band; a context manager.

    Use one reader from one thread at a time; readers of different bands may run side by side.
    ``bad_values`` counts the NaN and infinite values met so far where they are not the declared
    "no data".
    """

    def __init__(self, source: BandSource) -> None:
        self.source = source
        self.bad_values = 0
        self._dataset: Any = None
        self._warped: Any = None
        self._table = _table(source)

    def __enter__(self) -> BandReader:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Open the file; DataError where it cannot be."""
        source = self.source
        try:
            with gdal_env():
                self._dataset = rasterio.open(source.path, driver=source.driver)
                if source.warp is not None:
                    self._warped = WarpedVRT(
                        self._dataset,
                        crs=source.warp.grid.crs,
                        transform=from_origin(
                            source.warp.grid.left, source.warp.grid.top, source.resolution, source.resolution
                        ),
                        width=source.width,
                        height=source.height,
                        resampling=Resampling[source.warp.resampling],
                        src_nodata=source.nodata,
                        nodata=0 if source.nodata is None else source.nodata,
                    )
        except RasterioError as e:
            self.close()
            raise DataError(
                f"{source.path} cannot be opened: {first_line(e)}.", "Download the file again.", "unreadable"
            ) from e

    def close(self) -> None:
        for dataset in (self._warped, self._dataset):
            if dataset is not None:
                dataset.close()
        self._warped = self._dataset = None

    def read_rows(
        self, row0: int, row1: int, col0: int = 0, col1: int | None = None, harmonise: bool = True
    ) -> np.ndarray:
        """Rows [row0, row1), columns [col0, col1) of the band: an array (rows, cols).

        harmonise=True: uint16 DN = reflectance x 10000 without offset; 0 is "no data" (stored
        nodata, NaN, infinite), everything else lies in 1..65535. harmonise=False: the stored
        values (masks). DataError where the file cannot be decoded there.
        """
        col1 = self.source.width if col1 is None else col1
        if not (0 <= row0 < row1 <= self.source.height and 0 <= col0 < col1 <= self.source.width):
            raise IndexError(
                f"rows {row0}-{row1}, columns {col0}-{col1} of {self.source.height} rows x {self.source.width} columns"
            )
        dataset = self._warped or self._dataset
        if dataset is None:
            raise ValueError(f"the reader of {self.source.path} is closed")
        try:
            with gdal_env():
                values = dataset.read(self.source.index, window=Window(col0, row0, col1 - col0, row1 - row0))
        except RasterioError as e:
            block = row0 // self.source.block_rows
            raise DataError(
                f"{self.source.path} is corrupt or cut off at rows {row0} to {row1 - 1} "
                f"(block row {block}): {first_line(e)}.",
                "Download the file again.",
                "corrupt",
            ) from e
        return self._harmonise(values) if harmonise else values

    def _harmonise(self, values: np.ndarray) -> np.ndarray:
        if self._table is not None and self._table.size == 0:
            return values
        out = np.empty(values.shape, np.uint16)
        for start in range(0, len(values), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            if self._table is not None:
                stored = values[part]
                np.take(self._table, stored.view(f"u{stored.dtype.itemsize}"), out=out[part], mode="clip")
            else:
                out[part] = harmonise(values[part], self.source)
                finite = np.isfinite(values[part])
                declared = np.isnan(values[part]) if _is_nan(self.source.nodata) else np.zeros_like(finite)
                self.bad_values += int((~finite & ~declared).sum())
        return out


def harmonise(values: np.ndarray, source: BandSource) -> np.ndarray:
    """Stored values as uint16 DN, by the rule of ``BandReader.read_rows`` (any shape).

    DN 0 means "no data" in Sentinel-2 products, so integer 0 always does; float 0.0 does where
    the source declares nothing else.
    """
    is_integer = values.dtype.kind in "iu"
    missing = ~np.isfinite(values) if not is_integer else values == 0
    if source.nodata is not None and not _is_nan(source.nodata):
        missing |= values == source.nodata
    with np.errstate(invalid="ignore", over="ignore"):
        dn = np.rint(values.astype(np.float64) * source.scale + source.offset)
    dn = np.clip(np.where(missing, 0, dn), np.where(missing, 0, 1), DN_MAX)
    if values.dtype == np.uint16:
        # 65535 is the special value SATURATED of Sentinel-2 products, no reflectance: no offset applies.
        dn[(values == DN_MAX) & ~missing] = DN_MAX
    return dn.astype(np.uint16)


def _table(source: BandSource) -> np.ndarray | None:
    """DN of every 8- or 16-bit value; an empty array where stored values are DN already; None for
    wider types."""
    dtype = np.dtype(source.dtype)
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        return None
    unsigned = np.dtype(f"u{dtype.itemsize}")
    every = np.arange(2 ** (8 * dtype.itemsize), dtype=np.uint32).astype(unsigned)
    table = harmonise(every.view(dtype), source)
    if dtype == np.uint16 and np.array_equal(table, every):
        return np.empty(0, np.uint16)
    return table


def _is_nan(value: float | None) -> bool:
    return value is not None and value != value


def first_line(error: Exception) -> str:
    return str(error.__cause__ or error).strip().splitlines()[0].rstrip(".")
