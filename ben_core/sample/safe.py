"""Write pixels as a Sentinel-2 SAFE product in ESA's layout: JP2 by band and resolution, SCL, metadata."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile
from rasterio.transform import from_origin
from rasterio.warp import transform

from ..errors import OutputError
from ..nomenclature import BANDS, S2_BANDS
from ..storage import writing
from . import safe_xml

# Tile sizes of ESA's JP2 files by resolution, as in products of baselines 02.xx to 05.xx.
JP2_TILE = {10: 1024, 20: 640, 60: 192}
UNIT = 6  # 10 m pixels in one of 60 m

# Times and orbits that ESA's ground segment would know; fixed, so that equal input gives equal bytes.
PROCESSING_TIME = dt.timedelta(hours=4)
RELATIVE_ORBIT = 22
ABSOLUTE_ORBIT = 41826


def write_safe(
    folder: str | Path,
    pixels: Mapping[str, np.ndarray],
    *,
    left: float,
    top: float,
    epsg: int,
    tile: str,
    acquired: str,
    baseline: str = "05.09",
    level: str = "L2A",
    scl: np.ndarray | None = None,
    platform: str = "S2A",
    offset: int = -1000,
    threads: int = 1,
) -> Path:
    """Write a product into ``folder`` and return the path of its .SAFE folder.

    pixels    band name -> uint16 (rows, cols) at the band's native resolution, row 0 in the north: DN on
              the scale before baseline 04.00 (reflectance x 10000), 0 where there is no data. Each band is
              asked for once and let go before the next, so a lazy mapping keeps memory at one band.
    left, top   outer corner of the upper-left pixel, metres in the UTM zone ``epsg`` (326xx, 327xx)
    tile      MGRS tile id without the T ("33UUP"); the pixels need not cover the whole tile
    acquired  ISO 8601 time (UTC where it names no zone)
    level     "L2A", or "L1C" (top of atmosphere; no SCL, no resolution folders)
    scl       uint8 (rows, cols) at 20 m, scene classification; L2A only
    offset    BOA_ADD_OFFSET/RADIO_ADD_OFFSET: DN - offset is stored where DN is not 0, up to 65535.
              0 writes a product as before baseline 04.00, without the list of offsets.
    threads   threads of the JP2 encoder

    JP2 files are lossless, tiled as ESA tiles them; as in ESA's L2A, the 20 m and 60 m folders also hold
    the finer bands averaged, and B01 at 20 m. Equal input gives equal bytes. The product appears whole
    or not at all.

    Raises ValueError for pixels that make no product, OutputError where it exists or the folder
    cannot be written, StorageError for a full disk.
    """
    _check_bands(tuple(pixels), level)
    time = _parse_time(acquired)
    names = safe_xml.Names(
        level, platform, baseline, tile, time, time + PROCESSING_TIME, RELATIVE_ORBIT, ABSOLUTE_ORBIT
    )
    target = Path(folder) / names.product
    with whole_folder(target) as draft:
        files: list[safe_xml.FileEntry] = []

        def save(path: str, data: bytes) -> None:
            file = draft / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            files.append(safe_xml.FileEntry.of(path, data))

        size: tuple[int, int] | None = None
        for name in pixels:
            array = pixels[name]
            size = _check_size(name, array, np.uint16, BANDS[name].resolution, size)
            for resolution, version in _versions(name, _store(array, offset), level):
                save(names.image(name, resolution), encode_jp2(version, left, top, resolution, epsg, threads))
            del array
        if scl is not None:
            if level == "L1C":
                raise ValueError("an L1C product has no scene classification")
            size = _check_size("SCL", scl, np.uint8, 20, size)
            for resolution, version in ((20, scl), (60, scl[1::3, 1::3])):
                save(names.image("SCL", resolution), encode_jp2(version, left, top, resolution, epsg, threads))
        assert size is not None
        ring = _footprint(left, top, *size, epsg)
        shares = {} if scl is None else _shares(scl)
        images = [f.path for f in files]
        save(names.product_xml, safe_xml.product_xml(names, images, offset, ring))
        save(names.tile_xml, safe_xml.tile_xml(names, epsg, left, top, *size, shares))
        (draft / "manifest.safe").write_bytes(safe_xml.manifest(names, files, ring))
    return target


def encode_jp2(array: np.ndarray, left: float, top: float, resolution: int, epsg: int, threads: int = 1) -> bytes:
    """A lossless georeferenced JP2 of one band, uint8 or uint16 (rows, cols), tiled as ESA tiles it."""
    # Encoded in memory, then written by Python: a full disk is an OSError there, a torn file inside GDAL. By way
    # of a copy, because rasterio drops BLOCKXSIZE when it opens a JP2 for writing.
    plain = {
        "driver": "GTiff",
        "width": array.shape[1],
        "height": array.shape[0],
        "count": 1,
        "dtype": array.dtype,
        "crs": f"EPSG:{epsg}",
        "transform": from_origin(left, top, resolution, resolution),
    }
    tile = str(JP2_TILE[resolution])
    options = {"QUALITY": "100", "REVERSIBLE": "YES", "YCBCR420": "NO", "BLOCKXSIZE": tile, "BLOCKYSIZE": tile}
    with (
        rasterio.Env(GDAL_NUM_THREADS=str(threads), GDAL_PAM_ENABLED="NO"),
        MemoryFile(ext=".tif") as pixels,
        MemoryFile(ext=".jp2") as coded,
    ):
        with pixels.open(**plain) as file:
            file.write(array, 1)
        with pixels.open() as file:
            rasterio.shutil.copy(file, coded.name, driver="JP2OpenJPEG", **options)
        return bytes(coded.getbuffer())


@contextmanager
def whole_folder(target: Path, replace: bool = False) -> Iterator[Path]:
    """A draft folder that takes the name ``target`` when the block ends well, and vanishes when it does not.

    Raises OutputError where ``target`` exists (unless ``replace``: it goes just before the draft comes) or cannot be
    made, StorageError where the disk is full.
    """
    if target.exists() and not replace:
        raise OutputError(f"{target} exists already.", "Remove it or choose another folder.")
    draft = target.with_name(f".{target.name}.part")
    try:
        with writing(target):
            shutil.rmtree(draft, ignore_errors=True)  # left by a killed run
            draft.mkdir(parents=True)
            yield draft
            if replace:
                shutil.rmtree(target, ignore_errors=True)
            draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _check_bands(names: tuple[str, ...], level: str) -> None:
    if level not in ("L2A", "L1C"):
        raise ValueError(f"level {level!r} is neither L2A nor L1C")
    unknown = [n for n in names if n not in S2_BANDS or (n == "B10" and level == "L2A")]
    if unknown or not names:
        raise ValueError(f"{unknown or 'no bands at all'}: not the bands of a Sentinel-2 {level} product")


def _check_size(
    name: str, array: np.ndarray, dtype: type, resolution: int, size: tuple[int, int] | None
) -> tuple[int, int]:
    """Width and height in 10 m pixels, the same as ``size`` where that is known."""
    if array.dtype != dtype or array.ndim != 2:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, not {np.dtype(dtype)} (rows, cols)")
    factor = resolution // 10
    width, height = array.shape[1] * factor, array.shape[0] * factor
    if not width or not height or width % UNIT or height % UNIT:
        raise ValueError(f"{name}: {width} x {height} pixels of 10 m hold no whole number of 60 m pixels")
    if size is not None and size != (width, height):
        raise ValueError(f"{name} covers {width} x {height} pixels of 10 m, the bands before it {size}")
    return width, height


def _store(dn: np.ndarray, offset: int) -> np.ndarray:
    """Stored numbers: DN - offset, saturated at 65535, at least 1; 0 stays 0."""
    if not offset:
        return dn
    # In uint16 throughout, since a full band has 240 MB: the subtraction wraps to the right number.
    stored = np.clip(dn, max(offset + 1, 0), min(offset + 65535, 65535)) - np.uint16(offset % 65536)
    stored[dn == 0] = 0
    return stored


def _versions(name: str, stored: np.ndarray, level: str) -> Iterator[tuple[int, np.ndarray]]:
    """(resolution, array): the native one first, then the copies that L2A products carry (none of B08)."""
    native = BANDS[name].resolution
    yield native, stored
    if level == "L1C" or name == "B08":
        return
    for coarse in (20, 60):
        if coarse > native:
            yield coarse, _average(stored, coarse // native)
    if name == "B01":
        yield 20, np.repeat(np.repeat(stored, 3, axis=0), 3, axis=1)


def _average(a: np.ndarray, n: int) -> np.ndarray:
    """uint16 means of n x n blocks over the pixels with data; 0 where a block has none."""
    blocks = a.reshape(a.shape[0] // n, n, a.shape[1] // n, n)
    total = blocks.sum(axis=(1, 3), dtype=np.uint32)
    count = np.maximum((blocks > 0).sum(axis=(1, 3), dtype=np.uint32), 1)
    return ((total + count // 2) // count).astype(np.uint16)


def _shares(scl: np.ndarray) -> dict[int, float]:
    """Percent of pixels by SCL index."""
    counts = np.bincount(scl.ravel(), minlength=len(safe_xml.SCL_TEXTS))
    return {i: 100.0 * int(n) / scl.size for i, n in enumerate(counts)}


def _footprint(left: float, top: float, width: int, height: int, epsg: int) -> list[tuple[float, float]]:
    """Closed ring of (lat, lon) in degrees, from the upper-left corner clockwise."""
    right, bottom = left + 10 * width, top - 10 * height
    xs, ys = [left, right, right, left, left], [top, top, bottom, bottom, top]
    lon, lat = transform(f"EPSG:{epsg}", "EPSG:4326", xs, ys)[:2]
    return list(zip(lat, lon, strict=True))


def _parse_time(text: str) -> dt.datetime:
    time = dt.datetime.fromisoformat(text)
    return time if time.tzinfo is None else time.astimezone(dt.UTC).replace(tzinfo=None)
