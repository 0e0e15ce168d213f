"""Heights above the ellipsoid: a terrain model, and the geoid that its heights are above."""

from __future__ import annotations

import math
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform as warp_points
from rasterio.windows import Window

from ...errors import DataError, JobError
from ..files import DRIVERS, RasterFile, inspect
from ..grids import PROJECTION_ERRORS
from ..handles import first_line, gdal_env, open_dataset
from .sampling import bilinear, upsample, window

DEM_DRIVERS = {**DRIVERS, ".hgt": "SRTMHGT", ".dt1": "DTED", ".dt2": "DTED"}
GEOID_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".gtx": "GTX"}
LOWEST, HIGHEST = -600.0, 9200.0  # metres of land above the ellipsoid, with a margin; beyond lies undeclared fill
MOST = 120.0  # metres: no geoid is farther from the ellipsoid (-107 to 86 m)
FINEST = 2.0  # metres a pixel of a terrain model; finer ones would be aliased, and fill the memory
# Files of PROJ's own geoid grids (cdn.proj.org, and the names of before PROJ 7).
GEOIDS = {
    "EGM96": ("us_nga_egm96_15.tif", "egm96_15.gtx"),
    "EGM2008": ("us_nga_egm08_25.tif", "egm08_25.gtx"),
}
ELLIPSOID = "none"


class Geoid:
    """The height of a geoid above the ellipsoid, from a grid in degrees."""

    def __init__(self, path: Path) -> None:
        self.path = path
        driver = GEOID_DRIVERS.get(path.suffix.lower())
        if driver is None or not path.is_file():
            raise DataError(
                f"{path} is no geoid grid ({'there is no such file' if driver else 'known are .tif and .gtx'}).",
                "Give PROJ's own, for instance us_nga_egm96_15.tif of cdn.proj.org.",
                "s1-geoid",
            )
        self.file = inspect(str(path), driver)
        if not (self.file.lattice.crs.is_geographic and self.file.lattice.north_up and self.file.count == 1):
            raise DataError(f"{path} is no geoid grid: one band in degrees is needed.", "Give PROJ's own.", "s1-geoid")
        with _reading(str(path)), open_dataset(str(path), driver) as d:
            values = d.read(1, masked=True)
        self.values = np.ma.filled(values.astype(np.float64), np.nan)
        seen = self.values[np.isfinite(self.values)]
        if not seen.size or np.abs(seen).max() > MOST or not seen.any():
            span = f"{seen.min():g} to {seen.max():g} m" if seen.size else "nothing"
            raise DataError(f"{path} is no geoid grid: it holds {span}.", "Give PROJ's own.", "s1-geoid")
        self.round = abs(self.file.lattice.transform.a * self.file.lattice.width - 360) < 1e-6
        if self.round:  # from the last column on to the first
            self.values = np.hstack([self.values, self.values[:, :1]])

    def at(self, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        """Metres above the ellipsoid, NaN outside the grid."""
        t = self.file.lattice.transform
        first = t.c + t.a / 2
        # A longitude is known up to whole turns: take the one from the grid's first column on.
        turned = first + (longitude - first + 1e-9) % 360 - 1e-9
        return bilinear(self.values, (latitude - t.f) / t.e - 0.5, (turned - t.c) / t.a - 0.5)


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
        self.geoid, self.above = _geoid_of(lattice.crs, geoid, path)
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
            inside = (row >= 0) & (col >= 0) & (row <= lattice.height - 1) & (col <= lattice.width - 1)
        return inside & np.isfinite(self.geoid.at(longitude, latitude)) if self.geoid else inside

    def heights(self, longitude: np.ndarray, latitude: np.ndarray, rows: int, cols: int) -> np.ndarray:
        """Metres above the ellipsoid (rows, cols) of the pixels below nodes at these places; NaN where unknown."""
        row, col = (upsample(net, rows, cols) for net in self._places(longitude, latitude))
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
        t = ~lattice.transform
        return t.d * x + t.e * y + t.f - 0.5, t.a * x + t.b * y + t.c - 0.5

    def _read(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """float64 heights as stored; NaN for fill, declared or not."""
        path = self.file.path
        with _reading(path):
            if self._dataset is None:
                self._dataset = open_dataset(path, self.file.driver)
            values = self._dataset.read(1, window=Window(left, top, right - left, bottom - top), masked=True)
        metres = np.ma.filled(values.astype(np.float64), np.nan) * self.file.scales[0] + self.file.offsets[0]
        metres *= 0.3048 if self.file.units[0].lower() in ("ft", "foot", "feet") else 1.0
        with np.errstate(invalid="ignore"):
            metres[~((metres >= LOWEST) & (metres <= HIGHEST))] = np.nan
        return metres


class _reading:
    """GDAL's settings, and its errors as DataError."""

    def __init__(self, path: str) -> None:
        self.path, self.env = path, gdal_env(path)

    def __enter__(self) -> None:
        self.env.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.env.__exit__(kind, error, trace)
        if isinstance(error, RasterioError):
            raise DataError(
                f"{self.path} is corrupt or cut off: {first_line(error)}.", "Fetch it again.", "corrupt"
            ) from error


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


def vertical_of(crs: CRS) -> str | None:
    """What heights in a CRS are above: "ellipsoid", "EGM96", "EGM2008", another datum's name, None where it says nothing."""
    wkt = crs.to_wkt(version="WKT2_2019")
    m = re.search(r'VERTCRS\["([^"]*)"', wkt)
    if m:
        plain = re.sub(r"[^a-z0-9]", "", m[1].lower())
        if "ellipsoid" in plain:
            return "ellipsoid"
        return next((name for name in ("EGM2008", "EGM96") if name.lower() in plain), m[1])
    return "ellipsoid" if re.search(r"CS\[ellipsoidal,3\]", wkt) else None


def _geoid_of(crs: CRS, given: str | None, path: Path) -> tuple[Geoid | None, str]:
    """The geoid of a model's heights and what they are above, in words. DataError where neither model nor user says it."""
    stated = vertical_of(crs)
    if given is not None and given.lower() == ELLIPSOID:
        if stated not in (None, "ellipsoid"):
            raise JobError(
                f"--geoid none says that the heights of {path} are above the ellipsoid; the file says {stated}.",
                "Leave --geoid out, or give a geoid grid.",
            )
        return None, "the ellipsoid"
    if stated == "ellipsoid":
        if given is not None:
            raise JobError(
                f"The heights of {path} are above the ellipsoid, and --geoid would shift them.", "Leave --geoid out."
            )
        return None, "the ellipsoid"
    named = {name.lower(): name for name in GEOIDS}
    if given is not None and given.lower() not in named:
        return Geoid(Path(given)), f"the geoid of {Path(given).name}"
    name = named[given.lower()] if given is not None else stated
    if name is None:
        raise DataError(
            f"The terrain model {path} does not say what its heights are above; geoid and ellipsoid differ by up to 100 m.",
            "Say it: --geoid egm2008 (Copernicus DEM), --geoid egm96 (SRTM), --geoid none (ellipsoid), or a grid's file.",
            "s1-datum",
        )
    found = _installed(name) if name in GEOIDS else None
    if found is None:
        files = GEOIDS.get(name)
        raise DataError(
            f"The heights of {path} are above {name}, and no grid of that geoid is installed.",
            (
                f"Fetch it with: projsync --file {files[0]}, or give one with --geoid FILE."
                if files
                else "Give the grid of that geoid with --geoid FILE, in metres above the ellipsoid."
            ),
            "s1-geoid",
        )
    return Geoid(found), f"{name} ({found.name})"


def _installed(name: str) -> Path | None:
    """A geoid grid of PROJ's on this machine."""
    told = [p for key in ("PROJ_DATA", "PROJ_LIB") for p in os.environ.get(key, "").split(os.pathsep) if p]
    home = Path.home()
    user = {
        "win32": Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"),
        "darwin": home / "Library" / "Application Support",
    }.get(sys.platform, Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share"))
    shared = [Path(p) / "proj" for p in (user, Path(sys.prefix) / "share", "/usr/local/share", "/usr/share")]
    bundled = Path(rasterio.__file__).parent / "proj_data"
    for folder in (*map(Path, told), *shared, bundled):
        for file in GEOIDS[name]:
            if (folder / file).is_file():
                return folder / file
    return None


def check_height(value: float) -> float:
    if not (math.isfinite(value) and LOWEST <= value <= HIGHEST):
        raise JobError(f"--height {value:g} is no height on the Earth.", f"Give metres, {LOWEST:g} to {HIGHEST:g}.")
    return value
