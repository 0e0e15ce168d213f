"""Read the pixels of one band, strip by strip, as harmonised DN or dB."""

from __future__ import annotations

from types import TracebackType

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ..errors import DataError
from .handles import Handle, first_line
from .harmonise import Harmoniser
from .radar_reader import RadarReader
from .remote import is_remote, unreadable
from .types import BandSource


class BandReader:
    """The pixels of one band; a context manager.

    Use one reader from one thread at a time; readers of different bands may run side by side.
    """

    def __init__(self, source: BandSource) -> None:
        self.source = source
        self._handle: Handle | None = None
        self._radar = RadarReader(source) if source.backscatter is not None else None
        self._harmonise = Harmoniser(source)

    @property
    def bad_values(self) -> int:
        """NaN and infinite values met so far where they are not the declared "no data"."""
        return self._harmonise.bad_values

    def __enter__(self) -> BandReader:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Open the file; DataError where it cannot be."""
        if self._radar is not None:
            self._radar.open()
            return
        self._handle = Handle.of(self.source)

    def close(self) -> None:
        if self._radar is not None:
            self._radar.close()
        if self._handle is not None:
            self._handle.release()
            self._handle = None

    def read_rows(
        self, row0: int, row1: int, col0: int = 0, col1: int | None = None, harmonise: bool = True
    ) -> np.ndarray:
        """Rows [row0, row1), columns [col0, col1) of the band: an array (rows, cols).

        harmonise=True: uint16 DN = reflectance x 10000 without offset; 0 is "no data" (stored
        nodata, NaN, infinite), everything else lies in 1..65535. harmonise=False: the stored
        values (masks, which are never resampled by ``stored``). Sentinel-1: float32 dB, NaN for "no data",
        whatever ``harmonise`` says. DataError where the file cannot be
        decoded there.
        """
        source = self.source
        col1 = source.width if col1 is None else col1
        if not (0 <= row0 < row1 <= source.height and 0 <= col0 < col1 <= source.width):
            raise IndexError(
                f"rows {row0}-{row1}, columns {col0}-{col1} of {source.height} rows x {source.width} columns"
            )
        if self._radar is not None:
            return self._radar.read_rows(row0, row1, col0, col1)
        if not harmonise:
            return self._read(row0, row1, col0, col1)
        if source.stored is None:
            return self._harmonise(self._read(row0, row1, col0, col1))
        if source.stored < source.resolution:
            n = source.resolution // source.stored
            fine = self._harmonise(self._read(row0 * n, row1 * n, col0 * n, col1 * n))
            return _average(_fill(fine, (row1 - row0) * n, (col1 - col0) * n), n)
        n = source.stored // source.resolution
        coarse = self._harmonise(self._read(row0 // n, -(-row1 // n), col0 // n, -(-col1 // n)))
        repeated = coarse.repeat(n, axis=0).repeat(n, axis=1)[row0 % n :, col0 % n :]
        return _fill(repeated, row1 - row0, col1 - col0)

    def _read(self, row0: int, row1: int, col0: int, col1: int) -> np.ndarray:
        """Stored values of a window, as far as the file goes."""
        if self._handle is None:
            raise ValueError(f"the reader of {self.source.path} is closed")
        height, width = self._handle.shape
        row1, col1 = min(row1, height), min(col1, width)
        try:
            return self._handle.read(self.source.index, Window(col0, row0, col1 - col0, row1 - row0))
        except RasterioError as e:
            if is_remote(self.source.path):
                raise unreadable(self.source.path, first_line(e)) from e
            raise DataError(
                f"{self.source.path} is corrupt or cut off at rows {row0} to {row1 - 1}: {first_line(e)}.",
                "Download the file again.",
                "corrupt",
            ) from e


def _fill(dn: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """Cut to (rows, cols), or filled up with 0 ("no data") where the file ends within a pixel."""
    dn = dn[:rows, :cols]
    if dn.shape == (rows, cols):
        return dn
    return np.pad(dn, ((0, rows - dn.shape[0]), (0, cols - dn.shape[1])))


def _average(dn: np.ndarray, n: int) -> np.ndarray:
    """Means of n x n pixels, 0 ("no data") left out, halves rounded up."""
    corners = [dn[i::n, j::n] for i in range(n) for j in range(n)]
    total = np.zeros(corners[0].shape, np.uint32)
    for corner in corners:
        total += corner
    if dn.all():
        return ((total + n * n // 2) // (n * n)).astype(np.uint16)
    count = np.zeros(total.shape, np.uint32)
    for corner in corners:
        count += corner != 0
    return ((total + count // 2) // np.maximum(count, 1)).astype(np.uint16)
