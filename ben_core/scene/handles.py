"""Open pixel files: under the right GDAL settings, each file once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, TypeVar

import numpy as np
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ..errors import DataError
from .grids import Lattice
from .remote import PAUSES, gdal_name, gdal_options, hide, is_hopeless, is_remote, renew_signature, unreadable
from .types import BandSource

T = TypeVar("T")

GDAL_OPTIONS = {
    # One thread a file: with two or more (GDAL's default) a truncated JP2 decodes to zeros, which mean
    # "no data", without any error (GDAL 3.10.3 and 3.12.2, measured). Bands are read side by side instead.
    "GDAL_NUM_THREADS": "1",
    # Bytes, not megabytes. GDAL's own choice, 5 % of the machine, fills with JP2 tiles that nobody asks for
    # again (300 MB a band, measured); this holds one row of 1024 px blocks of all 12 bands of a
    # pixel-interleaved file as wide as a tile (270 MB), which must not be decoded once a band.
    "GDAL_CACHEMAX": 320 << 20,
    # Listing product folders on network disks is slow; sidecar files (.aux.xml, .tfw) are found all the same.
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    # Python in a VRT stays off, whatever the environment says.
    "GDAL_VRT_ENABLE_PYTHON": "NO",
}


def gdal_env(path: str = "") -> rasterio.Env:
    """The GDAL settings under which a pixel file is opened and read."""
    return rasterio.Env(**{**GDAL_OPTIONS, **gdal_options(path)})


def first_line(error: Exception) -> str:
    return hide(str(error.__cause__ or error).strip().splitlines()[0].rstrip("."))


def open_dataset(path: str, driver: str) -> Any:
    """An open file, after several attempts where it is remote. RasterioError; ``gdal_env(path)`` is the caller's."""
    return persistently(path, lambda: rasterio.open(gdal_name(path), driver=driver), lambda: None)


def persistently(path: str, attempt: Callable[[], T], again: Callable[[], None]) -> T:
    """``attempt()``; where it fails on a remote file that may come later, again after a pause and ``again()``."""
    for pause in PAUSES if is_remote(path) else ():
        try:
            return attempt()
        except (RasterioError, CPLE_BaseError):
            if is_hopeless(path):
                raise
        time.sleep(pause)
        _forget(path)
        again()
    return attempt()


def _forget(path: str) -> None:
    """Drop what GDAL keeps of a remote file: it remembers failed answers and halves of blocks as well (GDAL 3.10)."""
    renew_signature(path)
    name = gdal_name(path)
    uncached = rasterio.Env(**{**GDAL_OPTIONS, **gdal_options(path), "CPL_VSIL_CURL_NON_CACHED": _system(name)})
    with suppress(RasterioError, CPLE_BaseError), uncached:
        rasterio.open(name, driver="GTiff").close()


def _system(name: str) -> str:
    return "/" + name.split("/")[1] + "/"


class Handle:
    """An open file, warped where the source says so. Readers of one file share it, one read at a time.

    A block of a pixel-interleaved or warped file holds all its bands: with a handle of its own every
    band would decode (or warp) all of them again, with a common one GDAL keeps the others for their turn.
    """

    _open: ClassVar[dict[tuple[object, ...], Handle]] = {}
    _gate: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, source: BandSource) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._warped: Any = None
        self._source = source
        self._connect()

    def _connect(self) -> None:
        source = self._source
        with gdal_env(source.path):
            self._dataset = open_dataset(source.path, source.driver)
            # GDAL takes an alpha band for a mask only where it is the second or fourth.
            kinds = self._dataset.colorinterp
            self._alpha = kinds.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in kinds else None
            masks = any(MaskFlags.per_dataset in flags for flags in self._dataset.mask_flag_enums)
            self._masked = masks or self._alpha is not None
            if source.warp is not None:
                self._warped = _warp(self._dataset, source, self._masked)

    @classmethod
    def of(cls, source: BandSource) -> Handle:
        """The handle of a source's file, opened by the first that asks; DataError where it cannot be."""
        with cls._gate:
            key = _key(source)
            try:
                handle = cls._open.get(key) or cls(source)
            except (RasterioError, CPLE_BaseError) as e:
                if is_remote(source.path):
                    raise unreadable(source.path, first_line(e)) from e
                raise DataError(
                    f"{source.path} cannot be opened: {first_line(e)}.", "Download the file again.", "unreadable"
                ) from e
            cls._open[key] = handle
            handle._users += 1
            return handle

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        dataset = self._warped or self._dataset
        return dataset.height, dataset.width

    @property
    def lattice(self) -> Lattice:
        """Where the file's own pixels lie."""
        d = self._dataset
        return Lattice(d.crs, d.transform, d.width, d.height)

    def read(self, index: int, window: Window) -> np.ndarray:
        """Stored values; 0 (integers) or NaN where the file's own mask or alpha band says that there is none."""
        path = self._source.path
        with self._lock, gdal_env(path):
            return persistently(path, lambda: self._read(index, window), self._reconnect)

    def _reconnect(self) -> None:
        self._close()
        self._connect()

    def _read(self, index: int, window: Window) -> np.ndarray:
        if self._warped is not None:
            return self._warped.read(index, window=window)
        values = self._dataset.read(index, window=window)
        if self._masked:
            seen = (
                self._dataset.read(self._alpha, window=window)
                if self._alpha
                else self._dataset.read_masks(index, window=window)
            )
            values[seen == 0] = 0 if values.dtype.kind in "iu" else np.nan
        return values

    def release(self) -> None:
        """Close the file when the last of its readers is done."""
        with self._gate:
            self._users -= 1
            if self._users:
                return
            for key in [k for k, handle in self._open.items() if handle is self]:
                del self._open[key]
        self._close()

    def _close(self) -> None:
        if self._warped is not None:
            self._warped.close()
        self._dataset.close()


def _key(source: BandSource) -> tuple[object, ...]:
    """What two bands must share to share a handle (NaN as "no data" equals itself here)."""
    if source.warp is None:
        return source.path, source.driver
    return source.path, source.driver, source.warp, source.resolution, repr(source.nodata)


def _warp(dataset: Any, source: BandSource, masked: bool) -> WarpedVRT:
    warp = source.warp
    assert warp is not None
    return WarpedVRT(
        dataset,
        crs=warp.grid.crs,
        transform=from_origin(warp.grid.left, warp.grid.top, source.resolution, source.resolution),
        width=source.width,
        height=source.height,
        resampling=Resampling[warp.resampling],
        src_nodata=None if masked else source.nodata,  # where it is given the warper overlooks masks
        nodata=0 if source.nodata is None else source.nodata,
    )
