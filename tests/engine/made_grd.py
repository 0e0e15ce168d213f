"""A GRD product under the real metadata of Rome: VH's files derived from VV's, pixels generated where a test needs them."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

from ben_core.scene.grd import Geocoding, geometry_of, ground, open_grd
from ben_core.scene.types import PixelGrid

NAME = "S1B_IW_GRDH_1SDV_20211223T051122_20211223T051147_030148_039993_5371"
LINES, SAMPLES = 16705, 26102
# A window of the image (top, bottom, left, right) around Rome's terrain model, in which there are pixels.
WINDOW = (7168, 8960, 21248, 22784)
GRID = PixelGrid("EPSG:32633", 291000.0, 4655400.0, 360, 240)  # inside WINDOW


def real_safe(data: Path) -> Path:
    return data / "sentinel1" / "grd_safe_rome_real_metadata_zero_pixels" / f"{NAME}.SAFE"


def real_dem(data: Path) -> Path:
    return data / "sentinel1" / "grd_safe_rome_real_metadata_zero_pixels" / "Rome-30m-DEM.tif"


def add_vh(safe: Path) -> None:
    """Derive the annotation, calibration and noise of VH from those of VV."""
    for folder in ("annotation", "annotation/calibration"):
        for path in (safe / folder).glob("*-vv-*.xml"):
            text = path.read_text().replace("<polarisation>VV<", "<polarisation>VH<")
            path.with_name(path.name.replace("-vv-", "-vh-").replace("-001.xml", "-002.xml")).write_text(text)


def measurement(safe: Path, pol: str) -> Path:
    number = {"vv": "001", "vh": "002"}[pol]
    return safe / "measurement" / f"s1b-iw-grd-{pol}-20211223t051122-20211223t051147-030148-039993-{number}.tiff"


def write_pixels(safe: Path, pol: str, values: np.ndarray, top: int = WINDOW[0], left: int = WINDOW[2]) -> None:
    """Write a measurement of the true size that holds ``values`` (uint16) from (top, left) on and nothing elsewhere."""
    path = measurement(safe, pol)
    path.unlink(missing_ok=True)
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 1,
        "width": SAMPLES,
        "height": LINES,
        "tiled": True,
        "blockxsize": 512,
    }
    with rasterio.open(path, "w", **profile, blockysize=512, compress="deflate", zlevel=1, SPARSE_OK=True) as d:
        d.write(values, 1, window=Window(left, top, values.shape[1], values.shape[0]))


def speckle(
    seed: int, mean: float, shape: tuple[int, int] = (WINDOW[1] - WINDOW[0], WINDOW[3] - WINDOW[2])
) -> np.ndarray:
    """uint16 amplitudes of land: ``mean`` power, 4.4 looks, and a bright and a dark half."""
    rng = np.random.default_rng(seed)
    power = mean * rng.gamma(4.4, 1 / 4.4, shape)
    power[:, shape[1] // 2 :] *= 2
    return np.sqrt(power).round().clip(1, 65535).astype(np.uint16)


def make_safe(data: Path, folder: Path) -> Path:
    """A whole product with VV and VH of land-like speckle in WINDOW."""
    safe = folder / f"{NAME}.SAFE"
    shutil.copytree(real_safe(data), safe, ignore=shutil.ignore_patterns("*.tiff"))
    for path in safe.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    add_vh(safe)
    write_pixels(safe, "vv", speckle(1, 220.0**2))
    write_pixels(safe, "vh", speckle(2, 110.0**2))
    return safe


def zipped(safe: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        for file in sorted(safe.rglob("*")):
            if file.is_file():
                z.write(file, f"{safe.name}/{file.relative_to(safe).as_posix()}")
    return path


def write_geoid(path: Path, metres: float = 48.0) -> Path:
    """A geoid grid around Rome: ``metres`` above the ellipsoid, a little more to the east."""
    lon = np.arange(8, 17.01, 0.25)
    values = np.tile(metres + (lon - 12.5) * 0.1, (29, 1)).astype(np.float32)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": values.shape[1], "height": values.shape[0]}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=from_origin(7.875, 45.125, 0.25, 0.25), **profile) as d:
        d.write(values, 1)
    return path


def write_dem(
    path: Path, height: float, crs: str | None = "EPSG:4979", box: tuple[float, ...] = (12.3, 41.8, 12.7, 42.2)
) -> Path:
    """A flat terrain model of 30 m around Rome. ``crs``: EPSG:4979 says that heights are above the ellipsoid."""
    west, south, east, north = box
    step = 1 / 3600
    width, rows = round((east - west) / step), round((north - south) / step)
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "width": width,
        "height": rows,
        "nodata": -9999,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", crs=crs, transform=from_origin(west, north, step, step), **profile) as d:
        d.write(np.full((rows, width), height, np.float32), 1)
    return path


def whole(geocoding: Geocoding, work: Path, block: int = 1024) -> dict[str, np.ndarray]:
    grid = geocoding.grid
    found = {pol: np.full((grid.height, grid.width), 99, np.float32) for pol in ("VV", "VH")}
    for tile in geocoding.tiles(work, block):
        for pol, values in tile.bands.items():
            found[pol][tile.row : tile.row + values.shape[0], tile.col : tile.col + values.shape[1]] = values
    return found


def geocoding_of(safe: Path, grid: PixelGrid, **land: object) -> Geocoding:
    product = open_grd(safe)
    given = {"dem": None, "geoid": None, "height": None, **land}
    return Geocoding(product, geometry_of(product), ground(given["dem"], given["geoid"], given["height"]), grid)
