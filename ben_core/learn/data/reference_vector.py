"""Reference polygons, burnt strip by strip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from rasterio.crs import CRS
from rasterio.features import rasterize
from rasterio.transform import from_origin
from rasterio.warp import transform as warp_points

from ...errors import DataError, JobError
from ...scene.grids import PROJECTION_ERRORS
from ...scene.types import PIXEL, PixelGrid
from .clc_codes import translate
from .reference_place import Bounds, bounds_in, not_projected, require_overlap

_FIELD = re.compile(r"(clc_?)?code_?(\d\d)?", re.IGNORECASE)  # CODE_18 of CLC2018, Code_12, clc_code
_MARGIN = 10 * PIXEL  # metres around a strip in which polygons keep their shape
_PIECES = 100  # of a scene's side: longer edges bend when they change their CRS


class Polygons:
    """Polygons of a vector file, read and burnt strip by strip."""

    def __init__(self, path: Path, grid: PixelGrid, code_field: str | None, codes: Mapping[str, int] | None) -> None:
        self.path, self.grid, self.codes = path, grid, codes
        self.layer, self.field = _find_field(path, code_field)
        info = _vector(path, "info", layer=self.layer)
        if info["crs"] is None:
            raise DataError(f"The reference {path} says no CRS.", "Give it one: ogr2ogr -a_srs EPSG:3035 OUT.gpkg IN.")
        self.crs, self.target = CRS.from_user_input(info["crs"]), CRS.from_user_input(grid.crs)
        if info["total_bounds"] is None or not info["features"]:
            raise DataError(f"The reference {path} holds no polygon.", "Is it the right file and layer?")
        require_overlap(path, self.crs, info["total_bounds"], grid)
        self.piece = max(_size(bounds_in(grid.bounds, self.target, self.crs, path))) / _PIECES
        _, _, _, (values,) = self._read(grid.bounds, geometry=False)
        self._codes_of(values)

    def rows(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        right = self.grid.width if right is None else right
        west, north = self.grid.left + PIXEL * left, self.grid.top - PIXEL * top
        bounds = (west, self.grid.top - PIXEL * bottom, self.grid.left + PIXEL * right, north)
        shape = (bottom - top, right - left)
        _, fids, wkb, (values,) = self._read(bounds, geometry=True)
        if not len(values):
            return np.zeros(shape, np.uint16)
        order = np.argsort(fids)  # where polygons overlap, the later one wins, whatever the spatial index gives first
        geometries, codes = self._geometries(wkb[order], bounds), self._codes_of(values[order])
        drawn = ~shapely.is_empty(geometries)
        if not drawn.any():
            return np.zeros(shape, np.uint16)
        return rasterize(
            zip(geometries[drawn], codes[drawn].tolist(), strict=True),
            shape,
            fill=0,
            transform=from_origin(west, north, PIXEL, PIXEL),
            all_touched=False,  # the pixel's centre decides
            dtype="uint16",
        )

    def close(self) -> None:
        """Nothing is held open."""

    def _read(self, bounds: Bounds, geometry: bool) -> tuple:
        near = bounds_in(_grown(bounds, _MARGIN), self.target, self.crs, self.path)
        return _vector(
            self.path,
            "read",
            layer=self.layer,
            columns=[self.field],
            bbox=near,
            read_geometry=geometry,
            return_fids=True,
            force_2d=True,
        )

    def _geometries(self, wkb: np.ndarray, bounds: Bounds) -> np.ndarray:
        """Geometries in the grid's CRS, cut to the surroundings of ``bounds``."""
        found = shapely.from_wkb(wkb)
        found = np.where(shapely.is_valid(found), found, shapely.make_valid(found))
        # A polygon of the open sea spans a continent: its far parts have no place in one UTM zone.
        near = bounds_in(_grown(bounds, 2 * _MARGIN), self.target, self.crs, self.path)
        box = shapely.box(*near)
        beyond = ~shapely.covered_by(found, box)
        found[beyond] = shapely.intersection(found[beyond], box)
        if self.crs == self.target:
            return found

        def project(points: np.ndarray) -> np.ndarray:
            return np.column_stack(warp_points(self.crs, self.target, points[:, 0], points[:, 1]))

        try:
            return shapely.transform(shapely.segmentize(found, self.piece), project)
        except PROJECTION_ERRORS as e:
            raise not_projected(self.path, self.crs) from e

    def _codes_of(self, values: np.ndarray) -> np.ndarray:
        texts, which = np.unique([_text(v) for v in values], return_inverse=True)
        return translate(texts.tolist(), self.codes, f"Field {self.field} of {self.path}")[which]


def _text(value: object) -> str:
    """A field's value as text: 311, 311.0 and "311 " are one code; NULL is none."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _find_field(path: Path, wanted: str | None) -> tuple[str, str]:
    """Layer and field of the codes."""
    layers = [str(name) for name, kind in _vector(path, "layers") if kind is not None]
    if not layers:
        raise DataError(f"The reference {path} holds a table without geometry.", "Give a layer of polygons.")
    found = []
    fields: list[str] = []
    for layer in layers:
        names = [str(f) for f in _vector(path, "info", layer=layer)["fields"]]
        fields += names
        match = [n for n in names if (n.lower() == wanted.lower() if wanted else _FIELD.fullmatch(n))]
        found += [(layer, name) for name in match]
    if len(found) == 1:
        return found[0]
    if not found:
        what = f"no field {wanted!r}" if wanted else "no field named like CODE_18"
        raise JobError(
            f"The reference {path} has {what}; it has {', '.join(fields) or 'none'}.",
            "Name the field of the codes with --code-field.",
        )
    told = ", ".join(f"{name} of layer {layer}" for layer, name in found)
    raise JobError(
        f"The reference {path} has more than one field of codes: {told}.",
        "Name the field with --code-field; of several layers keep one: ogr2ogr OUT.gpkg IN.gpkg LAYER.",
    )


def _vector(path: Path, what: str, **arguments: Any) -> Any:
    """pyogrio's answer, its errors in words of ours."""
    import pyogrio.raw  # brings a GDAL of its own: only where a file is read

    ask = {"layers": pyogrio.list_layers, "info": pyogrio.read_info, "read": pyogrio.raw.read}[what]
    if what == "info":
        arguments |= {"force_feature_count": True, "force_total_bounds": True}
    try:
        return ask(path, **arguments)
    except (ValueError, RuntimeError) as e:
        raise DataError(
            f"The reference {path} cannot be read: {str(e).splitlines()[0].partition(';')[0].rstrip('.')}.",
            "Known are GeoPackage, Shapefile, GeoJSON and other formats of GDAL.",
        ) from e


def _grown(bounds: Bounds, by: float) -> Bounds:
    return bounds[0] - by, bounds[1] - by, bounds[2] + by, bounds[3] + by


def _size(bounds: Bounds) -> tuple[float, float]:
    return bounds[2] - bounds[0], bounds[3] - bounds[1]
