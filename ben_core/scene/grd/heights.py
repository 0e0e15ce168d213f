"""Heights above the ellipsoid: of a terrain model, or one everywhere."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.crs import CRS
from rasterio.warp import transform as warp_points
from rasterio.windows import Window

from ...errors import DataError, JobError
from ..files import DRIVERS, RasterFile, inspect
from ..grids import PROJECTION_ERRORS
from ..handles import open_dataset
from .geoid import geoid_of, reading
from .sampling import bilinear, upsample, window

DEM_DRIVERS = {**DRIVERS, ".hgt": "SRTMHGT", ".dt1": "DTED", ".dt2": "DTED"}
LOWEST, HIGHEST = -600.0, 9200.0  # metres of land above the ellipsoid, with a margin; beyond lies undeclared fill
FINEST = 2.0  # metres a pixel of a terrain model; finer ones would be aliased, and fill the memory


@dataclass(frozen=True)
class Flat:
    """No terrain: every place at one height above the ellipsoid."""

    height: float

    @property
    def words(self) -> str:
        return f"ellipsoid geocoding at {self.height:g} m, without terrain"

    @property
    def files(self) -> tuple[str, ...]:
        return ()

    def known(self, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        return np.full(longitude.shape, True)

    def heights(self, longitude: np.ndarray, latitude: np.ndarray, rows: int, cols: int) -> np.ndarray:
        return np.full((rows, cols), self.height)


class Terrain:
    """A terrain model with the geoid that its heights are above (None: they are above the ellipsoid)."""

    def __init__(self, path: Path, geoid: str | None) -> None:
        driver = DEM_DRIVERS.get(path.suffix.lower())
        if driver is None or not path.is_file():
            raise DataError(
                f"The terrain model {path} "
                + ("does not exist." if driver else f"cannot be read; known are {', '.join(DEM_DRIVERS)}."),
                "Give one raster file with --dem, or a VRT of several: gdalbuildvrt dem.vrt TILES.",
                "s1-dem",
            )
        self.file: RasterFile = inspect(str(path), driver)
        self.name = path.name
        lattice = self.file.lattice
        if self.file.count != 1 or not (lattice.crs.is_geographic or lattice.crs.is_projected):
            raise DataError(f"{path} is no terrain model: one band with heights is needed.", "", "s1-dem")
        step = abs(lattice.transform.a) * (111_320 if lattice.crs.is_geographic else lattice.crs.linear_units_factor[1])
        if step < FINEST:
            raise DataError(
                f"The terrain model {path} has pixels of {step:.2g} m, far finer than the radar's 10 m.",
                "Average it first: gdalwarp -tr 10 10 -r average.",
                "s1-dem",
            )
        self.geoid, self.above = geoid_of(lattice.crs, geoid, path)
        self._dataset: Any = None

    @property
    def words(self) -> str:
        return f"terrain model {self.name}, heights above {self.above}"

    @property
    def files(self) -> tuple[str, ...]:
        own = (self.file.path, *self.file.depends_on)
        return (*own, str(self.geoid.path)) if self.geoid else own

    def known(self, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        """Whether places lie inside the model's frame (and the geoid's)."""
        row, col = self._places(longitude, latitude)
        lattice = self.file.lattice
        with np.errstate(invalid="ignore"):
            inside = np.isfinite(_held(row, lattice.height)) & np.isfinite(_held(col, lattice.width))
        return inside & np.isfinite(self.geoid.at(longitude, latitude)) if self.geoid else inside

    def heights(self, longitude: np.ndarray, latitude: np.ndarray, rows: int, cols: int) -> np.ndarray:
        """Metres above the ellipsoid (rows, cols) of the pixels below nodes at these places; NaN where unknown."""
        row, col = (upsample(net, rows, cols) for net in self._places(longitude, latitude))
        row, col = _held(row, self.file.lattice.height), _held(col, self.file.lattice.width)
        needed = window(row, col, self.file.lattice.height, self.file.lattice.width)
        if needed is None:
            return np.full((rows, cols), np.nan)
        top, bottom, left, right = needed
        values = self._read(top, bottom, left, right)
        found = bilinear(values, row - top, col - left)
        return found + upsample(self.geoid.at(longitude, latitude), rows, cols) if self.geoid else found

    def close(self) -> None:
        if self._dataset is not None:
            self._dataset.close()
            self._dataset = None

    def _places(self, longitude: np.ndarray, latitude: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lattice = self.file.lattice
        try:
            xs, ys = warp_points("EPSG:4326", _flat(lattice.crs), longitude.ravel().tolist(), latitude.ravel().tolist())
        except PROJECTION_ERRORS as e:
            raise DataError(f"The coordinates of {self.file.path} cannot be reached: {e}.", "", "s1-dem") from e
        x, y = (np.array(v).reshape(longitude.shape) for v in (xs, ys))
        if lattice.crs.is_geographic:
            x = self._turned(x)
        t = ~lattice.transform
        return t.d * x + t.e * y + t.f - 0.5, t.a * x + t.b * y + t.c - 0.5

    def _turned(self, x: np.ndarray) -> np.ndarray:
        """Longitudes as the model counts them: a whole turn on or back where it has them there.

        DataError where its first and its last column meet between the places: nothing can be interpolated there.
        """
        a, west = self.file.lattice.transform.a, self.file.lattice.transform.c
        low, high = west - 0.001 * abs(a), west + a * self.file.lattice.width + 0.001 * abs(a)  # as ``_held``
        x = np.where((x < low) & (x + 360 <= high), x + 360, x)
        x = np.where((x > high) & (x - 360 >= low), x - 360, x)
        if np.ptp(x) > 180:
            raise DataError(
                f"The grid reaches over the meridian at which the terrain model {self.name} begins and ends.",
                "Bring the model to the grid's own coordinates first: gdalwarp -t_srs EPSG:32601 -tr 30 30 (its UTM zone).",
                "s1-dem",
            )
        return x

    def _read(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """float64 heights as stored; NaN for fill, declared or not."""
        path = self.file.path
        with reading(path):
            if self._dataset is None:
                self._dataset = open_dataset(path, self.file.driver)
            values = self._dataset.read(1, window=Window(left, top, right - left, bottom - top), masked=True)
        metres = np.ma.filled(values.astype(np.float64), np.nan) * self.file.scales[0] + self.file.offsets[0]
        metres *= 0.3048 if self.file.units[0].lower() in ("ft", "foot", "feet") else 1.0
        with np.errstate(invalid="ignore"):
            metres[~((metres >= LOWEST) & (metres <= HIGHEST))] = np.nan
        return metres


def _held(place: np.ndarray, size: int) -> np.ndarray:
    """Rows or columns of a raster: those in the outer half of its outermost pixels at these pixels' centres, NaN outside."""
    with np.errstate(invalid="ignore"):
        return np.where((place >= -0.501) & (place <= size - 0.499), np.clip(place, 0, size - 1), np.nan)


def _flat(crs: CRS) -> CRS:
    """The horizontal part of a CRS: heights are never left to PROJ, which passes them on unchanged where it lacks
    the geoid grid (PROJ 9, EPSG:9707 to EPSG:4979, measured)."""
    wkt = crs.to_wkt(version="WKT2_2019")
    if wkt.startswith("COMPOUNDCRS["):
        start = re.search(r"(GEOGCRS|PROJCRS|BOUNDCRS)\[", wkt)
        assert start is not None
        depth, quoted = 0, False
        for i in range(start.start(), len(wkt)):
            quoted ^= wkt[i] == '"'
            depth += 0 if quoted else (wkt[i] == "[") - (wkt[i] == "]")
            if depth == 0 and wkt[i] == "]":
                return CRS.from_wkt(wkt[start.start() : i + 1])
    return crs


def check_height(value: float) -> float:
    if not (math.isfinite(value) and LOWEST <= value <= HIGHEST):
        raise JobError(f"--height {value:g} is no height on the Earth.", f"Give metres, {LOWEST:g} to {HIGHEST:g}.")
    return value
