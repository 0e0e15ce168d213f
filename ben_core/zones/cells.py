"""The cells of a finished map, read from its GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from pyogrio import raw
from pyogrio.errors import DataLayerError, DataSourceError

from ..errors import DataError
from ..products.legend import COLUMNS
from ..products.types import MAPPED, STATUS_NAMES

_SEPARATOR = " | "


@dataclass(frozen=True)
class Cells:
    """n cells of a map.

    shapes    polygons (n,), clipped to the scene, in ``crs``
    status    text (n,): "mapped", or why the cell was skipped
    p         float64 (n, classes): probabilities, NaN where not mapped
    present   bool (n, classes): the class is a label of the cell
    classes   those that the model answers, by code
    """

    path: Path
    crs: str
    shapes: np.ndarray
    status: np.ndarray
    p: np.ndarray
    present: np.ndarray
    classes: tuple[str, ...]

    @property
    def mapped(self) -> np.ndarray:
        return np.asarray(self.status == STATUS_NAMES[MAPPED])


def find_map(path: Path) -> Path:
    """The GeoPackage of a map: the file itself, or the only one in a folder. Raises DataError."""
    if not path.is_dir():
        if not path.exists():
            raise DataError(f"There is no map {path}.", "Give the GeoPackage that `ben map` wrote.", "map")
        return path
    found = sorted(p for p in path.glob("*.gpkg") if not p.stem.endswith("_regions"))  # not the 10 m map beside it
    if len(found) != 1:
        what = "no GeoPackage" if not found else "more than one GeoPackage: " + ", ".join(p.name for p in found[:5])
        raise DataError(f"The folder {path} holds {what}.", "Give the GeoPackage that `ben map` wrote.", "map")
    return found[0]


def read_cells(path: Path) -> Cells:
    """The layer ``patches`` of a map. Raises DataError where the file is none."""
    try:
        meta, _, wkb, values = raw.read(path, layer="patches")
        shapes = shapely.from_wkb(wkb)
    except (DataSourceError, DataLayerError, ValueError, TypeError, shapely.errors.GEOSException) as e:
        raise _no_map(path, str(e).splitlines()[0].rstrip(".")) from e
    return cells_of(path, meta["crs"], shapes, dict(zip(meta["fields"], values, strict=True)))


def cells_of(path: Path, crs: str | None, shapes: np.ndarray, columns: Mapping[str, np.ndarray]) -> Cells:
    """The cells that the columns of the layer ``patches`` describe. Raises DataError where some are missing."""
    classes = tuple(sorted(name for name, column in COLUMNS.items() if column in columns))
    if not classes or not {"status", "labels"} <= set(columns) or crs is None:
        raise _no_map(path, "its layer patches lacks status, labels or probabilities")
    p = np.stack([columns[COLUMNS[name]].astype(float) for name in classes], axis=1)
    return Cells(path, crs, shapes, columns["status"], p, _present(columns["labels"], classes), classes)


def _present(labels: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    texts, which = np.unique([text or "" for text in labels.tolist()], return_inverse=True)  # NULL where not mapped
    sets = [set(text.split(_SEPARATOR)) for text in texts.tolist()]
    return np.array([[name in s for name in classes] for s in sets], dtype=bool)[which]


def _no_map(path: Path, why: str) -> DataError:
    return DataError(f"{path} is no map: {why}.", "Give the GeoPackage that `ben map` wrote.", "map")
