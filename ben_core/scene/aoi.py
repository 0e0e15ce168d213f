"""The area of interest: any vector file or WKT, brought to the scene and its cells."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import shapely
from pyogrio.errors import DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.warp import transform_bounds
from shapely.geometry.base import BaseGeometry

from ..errors import DataError, JobError
from ..patches.grid import Grid
from .types import PIXEL, PixelGrid

DENSIFY = 200  # pieces of an edge as long as the area: straight lines in degrees are curves in UTM
MAX_FEATURES = 1_000_000
_WKT = ("POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION", "SRID")


def read_area(aoi: str, aoi_crs: str | None, grid: PixelGrid) -> BaseGeometry:
    """The area as one valid (multi)polygon in the CRS of ``grid``.

    ``aoi``: path of a vector file (any format of pyogrio, all layers' first, features united), or WKT;
    ``aoi_crs`` is the CRS of a WKT (default EPSG:4326) or of a file without one.
    JobError where text or CRS cannot be understood; DataError where the file is unreadable, holds no
    polygon, or lies outside the scene (both extents are said).
    """
    series = _from_wkt(aoi, aoi_crs) if _is_wkt(aoi) else _from_file(aoi, aoi_crs)
    polygons = _polygons(series.make_valid())
    if not len(polygons):
        raise DataError(f"The area {_short(aoi)} holds no polygon.", "Draw the area as polygons.", "aoi")
    near = transform_bounds(CRS.from_user_input(grid.crs).to_wkt(), series.crs.to_wkt(), *grid.bounds, densify_pts=21)
    area = _project(_clip(polygons, near), grid.crs)
    if not shapely.box(*grid.bounds).intersection(area).area > 0:
        raise DataError(
            f"The area {_short(aoi)} lies outside the scene: area {_extent(polygons.total_bounds)}, scene "
            f"{_extent(near)} (both in {_crs_words(series.crs)}).",
            "Has the area the right CRS? --aoi-crs says that of a WKT or of a file without one.",
            "aoi",
        )
    return area


def _project(polygons: geopandas.GeoSeries, crs: str) -> BaseGeometry:
    """Their union in another CRS; edges are cut into short pieces first, so that they bend as they should."""
    if polygons.empty:
        return shapely.Polygon()
    left, bottom, right, top = polygons.total_bounds
    pieces = polygons.segmentize(max(right - left, top - bottom) / DENSIFY)
    united = pieces.to_crs(crs).make_valid().union_all()
    return _polygons(geopandas.GeoSeries([united])).union_all()


def _clip(polygons: geopandas.GeoSeries, near: tuple[float, float, float, float]) -> geopandas.GeoSeries:
    """Polygons cut to the surroundings of the scene: a continent has no place in one UTM zone."""
    left, bottom, right, top = near
    if not np.isfinite(near).all() or left > right:  # the scene crosses the antimeridian
        return polygons
    x, y = (right - left) / 2, (top - bottom) / 2
    return _polygons(polygons.clip_by_rect(left - x, bottom - y, right + x, top + y).make_valid())


def cells_within(area: BaseGeometry, grid: Grid, pixels: PixelGrid) -> np.ndarray:
    """bool (rows, cols): True where the cell, clipped to the scene, shares area with ``area``."""
    x = pixels.left + PIXEL * np.minimum(np.arange(grid.cols + 1) * grid.stride, grid.width)
    y = pixels.top - PIXEL * np.minimum(np.arange(grid.rows + 1) * grid.stride, grid.height)
    inside = np.zeros((grid.rows, grid.cols), bool)
    left, bottom, right, top = area.bounds
    cols = np.flatnonzero((x[1:] > left) & (x[:-1] < right))
    rows = np.flatnonzero((y[:-1] > bottom) & (y[1:] < top))
    if not cols.size or not rows.size:
        return inside
    row, col = (a.ravel() for a in np.meshgrid(rows, cols, indexing="ij"))
    cells = shapely.box(x[col], y[row + 1], x[col + 1], y[row])
    shapely.prepare(area)
    # Interiors that meet share area: both are polygons.
    inside[row, col] = shapely.intersects(area, cells) & ~shapely.touches(area, cells)
    return inside


def _is_wkt(text: str) -> bool:
    start = text.lstrip().upper()
    return start.startswith(_WKT) and ("(" in start or start.rstrip().endswith("EMPTY"))


def _from_wkt(text: str, crs: str | None) -> geopandas.GeoSeries:
    if text.lstrip().upper().startswith("SRID"):
        raise JobError("The area is written as EWKT (SRID=…;).", "Give plain WKT and the CRS with --aoi-crs.", "aoi")
    try:
        geometry = shapely.from_wkt(text)
    except shapely.errors.GEOSException as e:
        raise JobError(f"The area {_short(text)} is not valid WKT: {e}.", "", "aoi") from e
    return geopandas.GeoSeries([geometry], crs=_crs(crs or "EPSG:4326"))


def _from_file(text: str, crs: str | None) -> geopandas.GeoSeries:
    path = Path(text)
    if not path.is_file() and not path.is_dir():
        raise DataError(f"There is no area file {_short(text)}.", "Give the path of a vector file, or WKT.", "aoi")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame = geopandas.read_file(path, columns=[], engine="pyogrio", max_features=MAX_FEATURES + 1)
    except (DataSourceError, ValueError, RuntimeError) as e:
        raise DataError(
            f"The area file {path} cannot be read: {str(e).splitlines()[0]}.",
            "Known are GeoPackage, GeoJSON, Shapefile and other formats of GDAL.",
            "aoi",
        ) from e
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise DataError(f"The area file {path} holds a table without geometry.", "", "aoi")
    if len(frame) > MAX_FEATURES:
        raise DataError(f"The area file {path} holds more than {MAX_FEATURES} features.", "Simplify it first.", "aoi")
    series = frame.geometry[frame.geometry.notna()]
    if crs is not None:
        return series.set_crs(_crs(crs), allow_override=True)
    if series.crs is None:
        raise DataError(f"The area file {path} says no CRS.", "Give it with --aoi-crs, for instance EPSG:4326.", "aoi")
    return series


def _crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as e:
        raise JobError(f"--aoi-crs {text!r} is no known CRS.", "Write it like EPSG:4326.", "aoi") from e


def _polygons(series: geopandas.GeoSeries) -> geopandas.GeoSeries:
    """The polygon parts of all geometries; points and lines are left out."""
    parts = series.explode(ignore_index=True).explode(ignore_index=True)
    return parts[parts.geom_type.isin(["Polygon", "MultiPolygon"]) & ~parts.is_empty]


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "…"


def _extent(bounds: Sequence[float]) -> str:
    digits = 0 if max(map(abs, bounds)) > 1000 else 4
    left, bottom, right, top = (f"{v:.{digits}f}" for v in bounds)
    return f"{left}, {bottom} to {right}, {top}"


def _crs_words(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.name
