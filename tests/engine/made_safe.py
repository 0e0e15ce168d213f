"""SAFE products with small made images, and what their tests ask of them again and again."""

import zipfile
from pathlib import Path

import numpy as np

from ben_core.nomenclature import S2_BANDS
from ben_core.scene import BandReader, Scene

SIDE = 240  # px of 10 m: the generated images are small, sizes in the metadata are mended to match
L2A_BANDS = tuple(b for b in S2_BANDS if b != "B10")


def pixels(scene: Scene, band: str) -> np.ndarray:
    source = scene.bands[band]
    with BandReader(source) as reader:
        return reader.read_rows(0, source.height)


def codes(scene: Scene) -> list[str]:
    # Products that we write say so; that is no finding of the reader.
    return [code for code, _ in scene.notes if code != "generated"]


def stored(seed: int, resolution: int) -> np.ndarray:
    """DN as a file may hold them, the special values 0 and 65535 among them."""
    side = SIDE * 10 // resolution
    values = np.random.default_rng(seed).integers(1, 9000, (side, side), np.uint16)
    values[0, :4] = (0, 1, 1000, 65535)
    return values


def image(product: Path, ending: str) -> Path:
    (found,) = product.glob(f"GRANULE/*/IMG_DATA/**/*{ending}")
    return found


def zipped(product: Path, target: Path, inside: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for file in sorted(product.rglob("*")):
            archive.write(file, f"{inside}{product.name}/{file.relative_to(product)}")
    return target
