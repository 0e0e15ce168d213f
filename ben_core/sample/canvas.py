"""The strip that land cover is painted on: class, material and field of every pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..products.legend import CODES
from .spectra import MATERIALS

_MATERIAL_CODES = {name: code for code, name in enumerate(MATERIALS)}


@dataclass(frozen=True)
class Canvas:
    """Rows [row0, row0 + rows) of the landscape; every array is (rows, cols).

    A *class* is one of the 19, as a land-cover map would show it; a *material* is what the pixel is made
    of: a roof, a garden and a street all belong to the class "Urban fabric".

    x, y       float32, px coordinates in the scene
    fields     the geography's fields at full size, float32
    fine       float32 noise of mean 0, standard deviation 1, that roughens borders
    klass      uint8, the codes of the products' class rasters
    material   uint8, index into spectra.MATERIALS
    field      uint32, equal for the pixels of one field, stand or roof
    """

    row0: int
    x: np.ndarray
    y: np.ndarray
    fields: dict[str, np.ndarray]
    fine: np.ndarray
    klass: np.ndarray
    material: np.ndarray
    field: np.ndarray

    @property
    def rows(self) -> int:
        return int(self.x.shape[0])

    @property
    def cols(self) -> int:
        return int(self.x.shape[1])

    def put(self, where: np.ndarray, klass: str, material: str) -> None:
        """Give the pixels ``where`` (bool) a class and a material, both by name."""
        self.klass[where] = CODES[klass]
        self.material[where] = _MATERIAL_CODES[material]

    def fill(self, where: np.ndarray, material: str) -> None:
        """Change the material and keep the class."""
        self.material[where] = _MATERIAL_CODES[material]

    def window(self, x: float, y: float, radius: float) -> tuple[slice, slice] | None:
        """Rows and columns of the canvas within ``radius`` px of a place; None where it lies outside."""
        r0, r1 = max(int(y - radius) - self.row0, 0), min(int(y + radius) + 2 - self.row0, self.rows)
        c0, c1 = max(int(x - radius), 0), min(int(x + radius) + 2, self.cols)
        return (slice(r0, r1), slice(c0, c1)) if r0 < r1 and c0 < c1 else None

    def part(self, window: tuple[slice, slice]) -> Canvas:
        """A view on a window: what is painted on it appears on this canvas."""
        rows = window[0]
        return Canvas(
            self.row0 + rows.start,
            self.x[window],
            self.y[window],
            {name: values[window] for name, values in self.fields.items()},
            self.fine[window],
            self.klass[window],
            self.material[window],
            self.field[window],
        )
