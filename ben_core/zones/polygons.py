"""The zones: polygons of any vector file, brought to the map."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyogrio import list_layers, raw
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform_bounds

from ..errors import DataError
from ..scene.aoi import DENSIFY, MAX_FEATURES, project_each
from ..scene.grids import PROJECTION_ERRORS
from .cells import Cells


@dataclass(frozen=True)
class Zones:
    """m zones.

    names    (m,) values of the id field (text or numbers), or the features' own numbers
    shapes   (multi)polygons (m,) as the file has them, in ``crs``
    on_map   the same in the CRS of the map, cut to its surroundings
    """

    names: np.ndarray
    shapes: np.ndarray
    crs: str
    on_map: np.ndarray


@dataclass(frozen=True)
class ZoneFile:
    """The zones of a file as it has them: see Zones."""

    path: Path
    names: np.ndarray
    shapes: np.ndarray
    crs: str

    def on(self, cells: Cells) -> Zones:
        """The zones on a map. Raises DataError where they cannot be brought to its CRS."""
        return Zones(self.names, self.shapes, self.crs, _on_map(self.path, self.shapes, self.crs, cells))


def read_zones(path: Path, layer: str | None, id_field: str | None) -> ZoneFile:
    """The polygons of a file, one zone a feature or a value of ``id_field``. Raises DataError."""
    if not path.exists():
        raise DataError(f"There is no file of zones {path}.", "Give the path of a vector file.", "zones")
    if layer is not None:
        known = _read(path, lambda: [str(name) for name, _ in list_layers(path)])
        if layer not in known:
            raise DataError(f"{path} has no layer {layer!r}.", "It has: " + ", ".join(known[:20]) + ".", "zones")
    meta, fids, wkb, values = _read(
        path, lambda: raw.read(path, layer=layer, force_2d=True, return_fids=True, max_features=MAX_FEATURES + 1)
    )
    if wkb is None:
        raise DataError(f"{path} holds a table without geometry.", "Give polygons.", "zones")
    if len(wkb) > MAX_FEATURES:
        raise DataError(f"{path} holds more than {MAX_FEATURES} features.", "Simplify or split it first.", "zones")
    if meta["crs"] is None:
        raise DataError(
            f"{path} says no CRS.", "Set it, in QGIS by the layer's properties, and save the file.", "zones"
        )
    names = fids
    if id_field is not None:
        fields = list(meta["fields"])
        if id_field not in fields:
            raise DataError(f"{path} has no field {id_field!r}.", "It has: " + ", ".join(fields[:30]) + ".", "zones")
        names = _checked(values[fields.index(id_field)], fids, id_field, path)
    shapes = _read(path, lambda: shapely.from_wkb(wkb))
    kept = shapely.area(shapes) > 0  # NaN where the geometry is missing; points and lines have none
    if not kept.any():
        raise DataError(f"{path} holds no polygon.", "Zones are polygons.", "zones")
    names, shapes = _united(names[kept], shapely.make_valid(shapes[kept]))
    return ZoneFile(path, names, shapes, meta["crs"])


def _checked(names: np.ndarray, fids: np.ndarray, field: str, path: Path) -> np.ndarray:
    null = np.array([v is None or v != v for v in names.tolist()])  # NaN is how a number is NULL
    if null.any():
        raise DataError(
            f"Feature {fids[null][0]} of {path} has no value in {field!r}.", "Fill it, or choose another --id-field."
        )
    return names.astype(str) if names.dtype == object else names


def _united(names: np.ndarray, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One shape a name; names in the order in which they come first."""
    _, first, which = np.unique(names, return_index=True, return_inverse=True)
    if len(first) == len(names):
        return names, shapes
    order = np.argsort(first)
    return names[first[order]], np.array([shapely.union_all(shapes[which == i]) for i in order])


def _on_map(path: Path, shapes: np.ndarray, crs: str, cells: Cells) -> np.ndarray:
    """The zones in the CRS of the map. A continent has no place in one UTM zone: zones are cut to the surroundings."""
    try:
        own, target = CRS.from_user_input(crs), CRS.from_user_input(cells.crs)
        if own == target:
            return shapes
        left, bottom, right, top = transform_bounds(target, own, *shapely.total_bounds(cells.shapes), densify_pts=21)
        x, y = (right - left) / 2, (top - bottom) / 2
        near = shapes
        if x > 0:  # not where the map crosses the antimeridian
            near = shapely.make_valid(shapely.clip_by_rect(shapes, left - x, bottom - y, right + x, top + y))
        longest = max(right - left, top - bottom) if x > 0 else 1.0
        return project_each(shapely.segmentize(near, longest / DENSIFY), own, target)
    except (*PROJECTION_ERRORS, CRSError) as e:
        raise DataError(
            f"{path} cannot be brought from its CRS to that of the map.", "Has it the right CRS?", "zones"
        ) from e


def _read(path: Path, read: Any) -> Any:
    try:
        return read()
    except (DataSourceError, DataLayerError, ValueError, RuntimeError, shapely.errors.GEOSException) as e:
        raise DataError(
            f"{path} cannot be read: {str(e).splitlines()[0].rstrip('.')}.",
            "Known are GeoPackage, GeoJSON, Shapefile and other formats of GDAL.",
            "zones",
        ) from e
