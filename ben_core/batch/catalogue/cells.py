"""The cells of one finished scene, from its GeoPackage: what tables and counts are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from pyogrio import raw

from ...products.legend import CODES
from ...zones.cells import Cells, cells_of
from .answers import reading
from .entries import Entry

CLASSES = len(CODES)


@dataclass(frozen=True)
class SceneCells:
    """n cells: ``columns`` by name as the GeoPackage has them, ``cells`` what they mean (see ``zones.cells``)."""

    entry: Entry
    columns: Mapping[str, np.ndarray]
    cells: Cells

    @property
    def top(self) -> np.ndarray:
        """uint8 (n,): code of the most probable class, 0 where not mapped."""
        names, which = np.unique([name or "" for name in self.columns["top_class"].tolist()], return_inverse=True)
        return np.array([CODES.get(name, 0) for name in names.tolist()], np.uint8)[which]


def read_cells(e: Entry) -> SceneCells:
    """Raises DataError where the GeoPackage cannot be read."""
    with reading(e):
        meta, _, wkb, values = raw.read(e.scene.gpkg, layer="patches")
        columns = dict(zip(meta["fields"], values, strict=True))
        shapes = shapely.from_wkb(wkb)
        if not {"row", "col", "top_class"} <= set(columns):
            raise ValueError("its layer patches lacks places or classes")
    return SceneCells(e, columns, cells_of(e.scene.gpkg, meta["crs"], shapes, columns))
