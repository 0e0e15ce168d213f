"""Band files as they lie on disk: opened once to learn what they are, by allowed drivers only."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio import Affine
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from ..errors import DataError
from .grids import Lattice
from .handles import first_line, gdal_env, open_dataset, persistently
from .remote import is_remote, unreadable
from .vrt import check_vrt

# The only formats that are opened, by file ending: GDAL never guesses a driver from content.
DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".vrt": "VRT", ".jp2": "JP2OpenJPEG"}
STRIP_ROWS = 256  # rows read at once where blocks are lower than that
MAX_BLOCK = 2**30  # bytes: a whole tile in one strip has 241 MB; what is larger takes no bounded memory
SAMPLE = 128  # px: side of the windows that are looked at


@dataclass(frozen=True)
class RasterFile:
    """One raster file: georeference and its bands (tuples in band order)."""

    path: str
    driver: str
    lattice: Lattice
    dtypes: tuple[str, ...]
    nodata: tuple[float | None, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    descriptions: tuple[str, ...]
    units: tuple[str, ...]
    block_rows: tuple[int, ...]
    tags: dict[str, str]
    depends_on: tuple[str, ...] = ()  # further files that GDAL reads (sources of a VRT)

    @property
    def count(self) -> int:
        return len(self.dtypes)


def inspect(path: str, driver: str | None = None) -> RasterFile:
    """Open a raster file (on disk, or the address of a remote one) and say what it is; ``driver`` overrules its ending.

    DataError: no such file, another format, a VRT that reaches where it must not, damage, no georeference.
    """
    driver = driver or driver_of(path)
    if driver == "VRT" and is_remote(path):
        raise DataError(
            f"{path} is a VRT on a server, which is not opened.", "Give the files that it refers to.", "vrt"
        )
    depends_on = check_vrt(Path(path)) if driver == "VRT" else ()
    try:
        with quietly(), gdal_env(path), open_dataset(path, driver) as d:
            if d.crs is None:
                raise DataError(
                    f"{path} has no coordinate reference system.",
                    "Give it one, for instance: gdal_edit.py -a_srs EPSG:32633 FILE.",
                    "no-crs",
                )
            if d.transform == Affine.identity() or not _is_usable(d.transform):
                raise DataError(
                    f"{path} does not say where its pixels lie (no geotransform).",
                    "Georeference it first, for instance with gdalwarp.",
                    "no-crs",
                )
            for (rows, columns), kind in zip(d.block_shapes, d.dtypes, strict=True):
                if rows * columns * np.dtype(kind).itemsize > MAX_BLOCK:
                    raise DataError(
                        f"{path} is stored in blocks of {columns} x {rows} pixels, too large to be read piece by piece.",
                        "Write it in tiles first: gdal_translate -of COG IN.tif OUT.tif.",
                        "blocks",
                    )
            if any(np.dtype(kind).kind == "c" for kind in d.dtypes):
                raise DataError(
                    f"{path} holds complex values, which no model reads.",
                    "Of Sentinel-1, give GRD or RTC, not SLC.",
                    "unit",
                )
            return RasterFile(
                path=path,
                driver=driver,
                lattice=Lattice(d.crs, d.transform, d.width, d.height),
                dtypes=tuple(d.dtypes),
                nodata=tuple(d.nodatavals),
                scales=tuple(d.scales),
                offsets=tuple(d.offsets),
                descriptions=tuple(text or "" for text in d.descriptions),
                units=tuple(text or "" for text in d.units),
                block_rows=tuple(strip_rows(rows, d.height) for rows, _ in d.block_shapes),
                tags={key.upper(): value for key, value in {**d.tags(), **d.tags(ns="IMAGERY")}.items()},
                depends_on=depends_on,
            )
    except RasterioError as e:
        if is_remote(path):
            raise unreadable(path, first_line(e)) from e
        raise DataError(
            f"{path} cannot be opened: {first_line(e)}.", "Is the file complete? Download it again.", "unreadable"
        ) from e


def _is_usable(transform: Affine) -> bool:
    return all(math.isfinite(v) for v in transform) and not transform.is_degenerate


@contextmanager
def quietly() -> Iterator[None]:
    """No warning of a missing georeference: it is an error here, or was one when the file was inspected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def driver_of(path: str) -> str:
    """The GDAL driver that a file's ending allows; DataError for others."""
    driver = DRIVERS.get(Path(path).suffix.lower())
    if driver is None:
        raise DataError(
            f"{path} is no raster that can be read here.", "Known are: GeoTIFF and COG (.tif), JPEG 2000 (.jp2), VRT."
        )
    return driver


def strip_rows(block_rows: int, height: int) -> int:
    """Rows to read at once: whole blocks, at least ``STRIP_ROWS`` (or all there are)."""
    return min(block_rows * -(-STRIP_ROWS // block_rows), height)


def sample(path: str, driver: str, index: int) -> np.ndarray:
    """Some stored values of a band: 3 x 3 windows spread over it, 1-D, "no data" included.

    Bounded cost on any file: each window touches few blocks. DataError on damage.
    """

    def windows() -> list[np.ndarray]:
        with open_dataset(path, driver) as d:
            side_x, side_y = min(SAMPLE, d.width), min(SAMPLE, d.height)
            return [
                d.read(
                    index,
                    window=Window(int((d.width - side_x) * x), int((d.height - side_y) * y), side_x, side_y),
                ).ravel()
                for y in (0.1, 0.5, 0.9)
                for x in (0.1, 0.5, 0.9)
            ]

    try:
        with gdal_env(path):
            return np.concatenate(persistently(path, windows, lambda: None))
    except RasterioError as e:
        if is_remote(path):
            raise unreadable(path, first_line(e)) from e
        raise DataError(f"{path} is corrupt or cut off: {first_line(e)}.", "Download the file again.", "corrupt") from e
