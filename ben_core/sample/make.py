"""Make the sample scene: a SAFE product, its own truth, and pictures of both."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from ..errors import JobError, OutputError
from ..events import Emit, silent
from ..machine import cores
from ..nomenclature import BANDS as BAND_INFO
from ..products.legend import CATEGORIES
from ..products.rasters import category_sidecar
from ..products.stretch import stretch
from .render import Scene
from .safe import UNIT, whole_folder, write_safe
from .spectra import BANDS

SIZE, SEED = 3000, 7
SMALLEST, LARGEST = 240, 10980  # px
# A tile of the open Atlantic west of Portugal, so that nobody takes the landscape for a real place. Its
# upper-left corner follows from the MGRS letters and the 20 m by which ESA's tiles begin further west and north.
TILE, EPSG, LEFT, TOP = "28TEL", 32628, 499_980.0, 4_600_020.0
ACQUIRED = "2023-06-21T11:21:11.024Z"
PREVIEW = 1000  # px, longest side of the pictures


@dataclass(frozen=True)
class SamplePaths:
    """What ``make_sample`` wrote. ``truth`` holds the class codes of ben's class rasters, 0 nowhere."""

    product: Path
    truth: Path
    truth_picture: Path
    preview: Path


def make_sample(
    out: str | Path, *, size: int = SIZE, seed: int = SEED, overwrite: bool = False, emit: Emit = silent
) -> SamplePaths:
    """Write a generated scene of ``size`` x ``size`` px of 10 m into the folder ``out``.

    The pixels are made from measured spectra (spectra.py) and are no observation: they show what the
    program does, and no score on them says how good a model is. Equal arguments give equal bytes.

    Raises JobError for a size or seed that makes no scene, OutputError where ``out`` exists (unless
    ``overwrite`` and it holds nothing but a sample) or cannot be written, StorageError for a full disk.
    """
    if size % UNIT or not SMALLEST <= size <= LARGEST:
        raise JobError(f"--size {size} px makes no scene.", f"Give a multiple of {UNIT} from {SMALLEST} to {LARGEST}.")
    if not 0 <= seed < 2**31:
        raise JobError(f"--seed {seed} is no seed.", "Give a whole number from 0 to 2147483647.")
    out = Path(out)
    _check(out, overwrite)
    with whole_folder(out, replace=True) as draft:
        emit("step", name="paint", text=f"Painting a landscape of {size / 100:g} x {size / 100:g} km")
        klass, dn, scl = _paint(size, seed, emit)
        emit("step", name="write", text="Writing the SAFE product")
        product = write_safe(
            draft,
            dn,
            left=LEFT,
            top=TOP,
            epsg=EPSG,
            tile=TILE,
            acquired=ACQUIRED,
            scl=scl,
            threads=min(cores(), 4),
        )
        _write_truth(draft, klass)
        shrink = -(-size // PREVIEW)
        rgb = np.stack([dn[b][::shrink, ::shrink] for b in ("B04", "B03", "B02")])
        Image.fromarray(np.moveaxis(stretch(rgb), 0, 2)).save(draft / _PREVIEW)
        Image.fromarray(_palette()[klass[::shrink, ::shrink]]).save(draft / _TRUTH_PICTURE)
    paths = SamplePaths(out / product.name, out / _TRUTH, out / _TRUTH_PICTURE, out / _PREVIEW)
    for kind, path in vars(paths).items():
        emit("output", kind=kind, path=str(path))
    return paths


_TRUTH, _TRUTH_PICTURE, _PREVIEW = "truth.tif", "truth.png", "preview.png"


def _check(out: Path, overwrite: bool) -> None:
    """Refuse an output that exists, unless it is empty or, with ``overwrite``, nothing but a sample."""
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file.", "Give the name of a folder.")
    if out.samefile("."):
        raise OutputError(f"{out} is the current folder.", "Give the name of a folder to make.")
    names = {p.name for p in out.iterdir()}
    if not names:
        return
    if not overwrite:
        raise OutputError(f"{out} exists already.", "Choose another folder, or give --overwrite.")
    ours = {_TRUTH, f"{_TRUTH}.aux.xml", _TRUTH_PICTURE, _PREVIEW}
    strange = sorted(n for n in names - ours if not (n.endswith(".SAFE") and f"_T{TILE}_" in n))
    if strange or _TRUTH not in names:
        raise OutputError(
            f"{out} holds more than a sample ({(strange or sorted(names))[0]}) and is left as it is.",
            "Choose another folder.",
        )


def _paint(size: int, seed: int, emit: Emit) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Class codes, DN by band and SCL of the whole scene."""
    klass = np.empty((size, size), dtype=np.uint8)
    dn = {}
    for band in BANDS:
        n = size * 10 // BAND_INFO[band].resolution
        dn[band] = np.empty((n, n), dtype=np.uint16)
    scl = np.empty((size // 2, size // 2), dtype=np.uint8)
    start = time.monotonic()
    for strip in Scene(size, size, seed).strips():
        klass[strip.row0 : strip.row1] = strip.klass
        for band, values in strip.dn.items():
            first = strip.row0 * 10 // BAND_INFO[band].resolution
            dn[band][first : first + len(values)] = values
        scl[strip.row0 // 2 : strip.row1 // 2] = strip.scl
        rate = strip.row1 / max(time.monotonic() - start, 1e-6)
        emit("progress", done=strip.row1, total=size, rate=rate, eta=(size - strip.row1) / rate, unit="rows")
    return klass, dn, scl


def _palette() -> np.ndarray:
    palette = np.zeros((256, 3), dtype=np.uint8)
    for c in CATEGORIES:
        palette[c.code] = c.rgb
    return palette


def _write_truth(folder: Path, klass: np.ndarray) -> None:
    """truth.tif with the classes' colours and, in the sidecar that GDAL reads with it, their names."""
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=klass.shape[1],
            height=klass.shape[0],
            count=1,
            dtype="uint8",
            nodata=0,
            crs=f"EPSG:{EPSG}",
            transform=from_origin(LEFT, TOP, 10, 10),
            compress="DEFLATE",
            tiled=True,
            blockxsize=256,
            blockysize=256,
        ) as file:
            file.write(klass, 1)
            file.set_band_description(1, "class of the generated landscape")
            file.write_colormap(1, {c.code: (*c.rgb, 255) for c in CATEGORIES})
        (folder / _TRUTH).write_bytes(memory.getbuffer())
    counts = np.bincount(klass.ravel(), minlength=256)
    sidecar = category_sidecar(CATEGORIES, counts, "None", "Pixels")
    (folder / f"{_TRUTH}.aux.xml").write_bytes(sidecar)
