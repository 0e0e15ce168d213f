"""The area of interest: any vector file or WKT, brought to the scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform as warp_points
from rasterio.warp import transform_bounds
from shapely.geometry.base import BaseGeometry

from ..errors import DataError, JobError
from .grids import PROJECTION_ERRORS, crs_name
from .types import PixelGrid

DENSIFY = 200  # pieces of an edge as long as the area: straight lines in degrees are curves in UTM
MAX_FEATURES = 1_000_000
_WKT = ("POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION", "SRID")


def read_area(aoi: str, aoi_crs: str | None, grid: PixelGrid) -> BaseGeometry:
    """The area as one valid (multi)polygon in the CRS of ``grid``, cut to the scene's surroundings.

    ``aoi``: path of a vector file (any format of pyogrio; the first layer, features united), or WKT;
    ``aoi_crs`` is the CRS of a WKT (default EPSG:4326) or of a file without one.
    JobError where text or CRS cannot be understood; DataError where the file is unreadable, holds no
    polygon, or lies outside the scene (both extents are said).
    """
    polygons, crs = _given(aoi, aoi_crs)
    try:
        near = transform_bounds(CRS.from_user_input(grid.crs), crs, *grid.bounds, densify_pts=21)
        area = _project(_clip(polygons, near), crs, CRS.from_user_input(grid.crs))
    except PROJECTION_ERRORS as e:
        raise DataError(
            f"The area {_short(aoi)} cannot be brought from {crs_name(crs)[:60]} to the scene's CRS.",
            "Has the area the right CRS?",
            "aoi",
        ) from e
    if not shapely.box(*grid.bounds).intersection(area).area > 0:
        raise DataError(
            f"The area {_short(aoi)} lies outside the scene: area {_extent(shapely.total_bounds(polygons))}, scene "
            f"{_extent(near)} (both in {crs_name(crs)[:60]}).",
            "Has the area the right CRS? --aoi-crs says that of a WKT or of a file without one.",
            "aoi",
        )
    return area


def area_in_degrees(text: str, crs: str | None = None) -> BaseGeometry:
    """An area as one valid (multi)polygon in longitude and latitude: a vector file, WKT, or "west,south,east,north".

    JobError where the text cannot be understood, DataError where a file is unreadable or holds no polygon.
    """
    box = _box(text)
    if box is not None:
        return box
    polygons, told = _given(text, crs)
    try:
        area = _project(polygons, told, CRS.from_epsg(4326))
    except PROJECTION_ERRORS as e:
        raise DataError(
            f"The area {_short(text)} cannot be brought to longitude and latitude.", "Has it the right CRS?", "aoi"
        ) from e
    return _on_earth(area, text)


def _box(text: str) -> BaseGeometry | None:
    """west,south,east,north in degrees; None for another text."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        return None
    if len(numbers) != 4:
        return None
    west, south, east, north = numbers
    if not (west < east and south < north):
        raise JobError(
            f"The area {text!r} is no box west,south,east,north in degrees.",
            "Give one that crosses the antimeridian in two parts.",
            "aoi",
        )
    return _on_earth(shapely.box(*numbers), text)


def _on_earth(area: BaseGeometry, text: str) -> BaseGeometry:
    west, south, east, north = area.bounds if not area.is_empty else (np.nan,) * 4
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise JobError(f"The area {_short(text)} lies outside longitude 180 and latitude 90.", "Its CRS?", "aoi")
    return area


def _clip(polygons: np.ndarray, near: tuple[float, float, float, float]) -> np.ndarray:
    """Polygons cut to the surroundings of the scene: a continent has no place in one UTM zone."""
    left, bottom, right, top = near
    if not np.isfinite(near).all() or left > right:  # the scene crosses the antimeridian
        return polygons
    x, y = (right - left) / 2, (top - bottom) / 2
    return _polygons(shapely.make_valid(shapely.clip_by_rect(polygons, left - x, bottom - y, right + x, top + y)))


def _project(polygons: np.ndarray, crs: CRS, target: CRS) -> BaseGeometry:
    """Their union in another CRS; edges are cut into short pieces first, so that they bend as they should."""
    if not polygons.size:
        return shapely.Polygon()
    left, bottom, right, top = shapely.total_bounds(polygons)
    pieces = shapely.segmentize(polygons, max(right - left, top - bottom) / DENSIFY)
    projected = project_each(pieces, crs, target)
    return shapely.union_all(_polygons(np.array([shapely.union_all(projected)])))


def project_each(geometries: np.ndarray, crs: CRS, target: CRS) -> np.ndarray:
    """Each geometry, vertex by vertex, in another CRS, made valid. Raises one of PROJECTION_ERRORS."""

    def to_target(points: np.ndarray) -> np.ndarray:
        return np.column_stack(warp_points(crs, target, points[:, 0], points[:, 1]))

    return np.asarray(shapely.make_valid(shapely.transform(geometries, to_target)))


def _given(text: str, crs: str | None) -> tuple[np.ndarray, CRS]:
    """The valid polygons of a file or of WKT, at least one, and their CRS."""
    geometries, told = _from_wkt(text, crs) if _is_wkt(text) and not _exists(text) else _from_file(text, crs)
    if not np.isfinite(shapely.get_coordinates(geometries)).all():
        raise DataError(f"The area {_short(text)} holds coordinates that are no numbers.", "", "aoi")
    polygons = _polygons(shapely.make_valid(geometries))
    if not polygons.size:
        raise DataError(f"The area {_short(text)} holds no polygon.", "Draw the area as polygons.", "aoi")
    return polygons, told


def _is_wkt(text: str) -> bool:
    start = text.lstrip().upper()
    return start.startswith(_WKT) and ("(" in start or start.rstrip().endswith("EMPTY"))


def _from_wkt(text: str, crs: str | None) -> tuple[np.ndarray, CRS]:
    if text.lstrip().upper().startswith("SRID"):
        raise JobError("The area is written as EWKT (SRID=…;).", "Give plain WKT and the CRS with --aoi-crs.", "aoi")
    try:
        geometry = shapely.from_wkt(text)
    except shapely.errors.GEOSException as e:
        raise JobError(f"The area {_short(text)} is not valid WKT: {e}.", "", "aoi") from e
    return np.array([geometry]), _crs(crs or "EPSG:4326")


def _from_file(text: str, crs: str | None) -> tuple[np.ndarray, CRS]:
    from pyogrio import raw  # brings a GDAL of its own: only where a file is read

    if not _exists(text):
        raise DataError(f"There is no area file {_short(text)}.", "Give the path of a vector file, or WKT.", "aoi")
    path = Path(text)
    try:
        meta, _, wkb, _ = raw.read(path, columns=[], force_2d=True, max_features=MAX_FEATURES + 1)
        geometries = None if wkb is None else shapely.from_wkb(wkb)
    except (ValueError, RuntimeError, shapely.errors.GEOSException) as e:
        raise DataError(
            f"The area file {path} cannot be read: {str(e).splitlines()[0]}.",
            "Known are GeoPackage, GeoJSON, Shapefile and other formats of GDAL.",
            "aoi",
        ) from e
    if geometries is None:
        raise DataError(f"The area file {path} holds a table without geometry.", "", "aoi")
    if len(geometries) > MAX_FEATURES:
        raise DataError(f"The area file {path} holds more than {MAX_FEATURES} features.", "Simplify it first.", "aoi")
    told = crs or meta["crs"]
    if told is None:
        raise DataError(f"The area file {path} says no CRS.", "Give it with --aoi-crs, for instance EPSG:4326.", "aoi")
    return geometries[~shapely.is_missing(geometries)], _crs(told)


def _exists(text: str) -> bool:
    """Whether the text is the path of something ("polygon (1).gpkg" is no WKT); GeoJSON is too long for one."""
    try:
        return Path(text).exists()
    except OSError:
        return False


def _crs(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as e:
        raise JobError(f"{_short(text)!r} is no known CRS of an area.", "Write --aoi-crs like EPSG:4326.", "aoi") from e


def _polygons(geometries: np.ndarray) -> np.ndarray:
    """The polygons among all parts of the geometries; points and lines are left out."""
    parts = shapely.get_parts(shapely.get_parts(geometries))  # collections hold multi-polygons
    return parts[(shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)]


def _short(text: str) -> str:
    """An area in a sentence: of a long one the begin, where WKT says its kind, and the end, where a path has its name."""
    return text if len(text) <= 80 else f"{text[:20]}…{text[-59:]}"


def _extent(bounds: Sequence[float]) -> str:
    digits = 0 if max(map(abs, bounds)) > 1000 else 4
    left, bottom, right, top = (f"{v:.{digits}f}" for v in bounds)
    return f"{left}, {bottom} to {right}, {top}"
