"""The band files of a SAFE product: which one serves each band, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ..errors import DataError
from ..nomenclature import BANDS, S2_BANDS
from .files import RasterFile, inspect
from .jp2 import Damage, jp2_damage
from .layers import Layer
from .names import band_in, scl_in
from .trees import Tree

IMAGE_SUFFIXES = (".jp2", ".tif", ".tiff")
SCL_RESOLUTION = 20

_RESOLUTION = re.compile(r"_(10|20|60)m$")


@dataclass(frozen=True)
class Images:
    """The band files that are used: ``names`` inside the product; ``left_out`` says why a band is not there,
    ``doubts`` what may be wrong with files that are used."""

    layers: Mapping[str, Layer]
    scl: Layer | None
    names: tuple[str, ...]
    left_out: Mapping[str, str]
    doubts: tuple[str, ...]

    @property
    def all(self) -> tuple[Layer, ...]:
        return (*self.layers.values(), *((self.scl,) if self.scl else ()))


def find_images(tree: Tree, names: Sequence[str]) -> Images:
    """Each band at its native resolution; finer where that is all there is (B01 of some products)."""
    choices: dict[str, list[tuple[int, str]]] = {}
    for name in names:
        stem = PurePosixPath(name).stem
        band = "SCL" if scl_in(stem) else band_in(stem)
        if band and PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES:
            native = _native(band)
            said = _RESOLUTION.search(stem)
            choices.setdefault(band, []).append((int(said[1]) if said else native, name))
    layers: dict[str, Layer] = {}
    used, left_out, doubts = [], {}, []
    for band in (*S2_BANDS, "SCL"):
        if band not in choices:
            continue
        native = _native(band)
        fine = [c for c in choices[band] if c[0] <= native or band == "SCL"]
        if not fine:
            left_out[band] = f"{band} is only there with {min(choices[band])[0]} m pixels; it needs {native} m."
            continue
        size, name = min(fine, key=lambda c: abs(c[0] - native))
        damage = _damage(tree, name)
        if damage and not damage.certain:
            doubts.append(f"{name} {damage.words}; it may be cut off.")
        opened = f"{name} {damage.words}." if damage and damage.certain else _open_image(tree, name, size)
        if isinstance(opened, str):
            left_out[band] = opened
        else:
            layers[band] = Layer(opened, 1)
            used.append(name)
    scl = layers.pop("SCL", None)
    return Images(layers, scl, tuple(used), left_out, tuple(doubts))


def _damage(tree: Tree, name: str) -> Damage | None:
    if not name.lower().endswith(".jp2"):
        return None
    with tree.open(name) as f:
        return jp2_damage(f, tree.size(name), look_at_end=tree.random_access)


def _open_image(tree: Tree, name: str, size: int) -> RasterFile | str:
    """The file, or in one sentence why it cannot be used."""
    try:
        file = inspect(tree.gdal_path(name))
    except DataError as e:
        if e.code == "unreadable":
            return e.message
        raise
    if file.lattice.resolution != size:
        raise DataError(f"{file.path} has {abs(file.lattice.transform.a):g} m pixels; its name says {size} m.")
    return file


def _native(name: str) -> int:
    return SCL_RESOLUTION if name == "SCL" else BANDS[name].resolution
