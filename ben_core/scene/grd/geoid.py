"""What heights are above: the geoid that a terrain model means, and its height above the ellipsoid."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ...errors import DataError, JobError
from ..files import inspect
from ..handles import first_line, gdal_env, open_dataset
from .sampling import bilinear, window

GEOID_DRIVERS = {".tif": "GTiff", ".tiff": "GTiff", ".gtx": "GTX"}
FINEST = 0.002  # degrees a pixel: geoid grids have 0.008 and more, terrain models 0.0008 and less
MOST = 120.0  # metres: no geoid is farther from the ellipsoid (-107 to 86 m)
OVERVIEW = 256  # rows and columns by which a grid is judged at first
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
        lattice = self.file.lattice
        if abs(lattice.transform.a) < FINEST:
            raise self._none_such(f"pixels of {abs(lattice.transform.a) * 3600:.2g} seconds, as terrain models have")
        self.round = abs(lattice.transform.a * lattice.width - 360) < 1e-6
        with reading(str(path)), open_dataset(str(path), driver) as d:
            overview = d.read(1, masked=True, out_shape=(min(lattice.height, OVERVIEW), min(lattice.width, OVERVIEW)))
        if not self._checked(overview).any():
            raise self._none_such("0 m throughout")

    def at(self, longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
        """Metres above the ellipsoid, NaN outside the grid. DataError where the grid holds what is no geoid's height."""
        t, height, width = self.file.lattice.transform, self.file.lattice.height, self.file.lattice.width
        first = t.c + t.a / 2
        # A longitude is known up to whole turns: take the one from the grid's first column on.
        turned = first + (longitude - first + 1e-9) % 360 - 1e-9
        row, col = (latitude - t.f) / t.e - 0.5, (turned - t.c) / t.a - 0.5
        needed = window(row, col, height, width + self.round)
        if needed is None:
            return np.full(longitude.shape, np.nan)
        top, bottom, left, right = needed
        # Only what is asked for is read: the grid of EGM2008 as a whole takes 300 MB.
        with reading(str(self.path)), open_dataset(str(self.path), self.file.driver) as d:
            parts = [d.read(1, masked=True, window=Window(left, top, min(right, width) - left, bottom - top))]
            if right > width:  # from the last column on to the first
                parts.append(d.read(1, masked=True, window=Window(0, top, 1, bottom - top)))
        values = np.ma.filled(np.ma.hstack(parts).astype(np.float64), np.nan)
        self._checked(values)
        return bilinear(values, row - top, col - left)

    def _checked(self, values: np.ndarray) -> np.ndarray:
        """The values that are there. DataError where they are no heights of a geoid."""
        filled = np.ma.filled(values.astype(np.float64), np.nan)
        seen: np.ndarray = filled[np.isfinite(filled)]
        if not seen.size or np.abs(seen).max() > MOST:
            raise self._none_such(f"{seen.min():g} to {seen.max():g} m" if seen.size else "nothing")
        return seen

    def _none_such(self, held: str) -> DataError:
        return DataError(f"{self.path} is no geoid grid: it holds {held}.", "Give PROJ's own.", "s1-geoid")


class reading:
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


def geoid_of(crs: CRS, given: str | None, path: Path) -> tuple[Geoid | None, str]:
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
