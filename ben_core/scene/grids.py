"""Where rasters lie: the one 10 m grid of a scene, and whether a raster fits it as it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rasterio import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform as warp_points
from rasterio.warp import transform_bounds

from ..errors import DataError
from .types import PIXEL, PixelGrid

MAX_SIDE = 200_000  # px of 10 m: 2,000 km; nothing larger is one scene
SIZES = (10, 20, 60)  # metres: each divides the next or is half or a sixth of it; 30 m pixels fit no 20 m band
ALIGN = 60  # metres: corners of a warped grid are multiples of the coarsest Sentinel-2 pixel
TOLERANCE = 0.01  # of a 10 m pixel: corners that agree so well are the same corner
# Pixels of a map projection may be this much off their nominal size: UTM stays within 0.1 %,
# the European equal-area grid within 2 %; Web Mercator is 15 % off at 30 degrees.
TRUE_SCALE = 0.03
# GDAL's own errors pass through rasterio.warp undressed; they have no public base class.
PROJECTION_ERRORS = (CRSError, CPLE_BaseError)


@dataclass(frozen=True)
class Lattice:
    """Georeference of one raster: pixel (col, row) to ``crs`` by ``transform``."""

    crs: CRS
    transform: Affine
    width: int
    height: int

    @property
    def north_up(self) -> bool:
        t = self.transform
        return t.b == 0 and t.d == 0 and t.a > 0 and t.e < 0

    @property
    def resolution(self) -> int | None:
        """Metres a pixel where that is a size of Sentinel-2's own (10, 20, 60), square and north-up; else None."""
        a, e = self.transform.a, -self.transform.e
        size = round(a)
        whole = self.north_up and abs(a - size) * self.width < 0.1 and abs(e - size) * self.height < 0.1
        return size if whole and size in SIZES else None

    @property
    def centre(self) -> tuple[float, float]:
        return self.at(self.width / 2, self.height / 2)

    def at(self, col: float, row: float) -> tuple[float, float]:
        """Coordinates of a place in pixels from the upper-left corner."""
        t = self.transform
        return t.a * col + t.b * row + t.c, t.d * col + t.e * row + t.f

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """left, bottom, right, top of the box around the four corners."""
        corners = [self.at(x, y) for x in (0, self.width) for y in (0, self.height)]
        xs, ys = zip(*corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


def crs_name(crs: CRS) -> str:
    """EPSG:n where there is such a code, else WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt()


def is_metric(lattice: Lattice) -> bool:
    """A projected CRS in metres, whose metres are true ones at the raster's centre."""
    crs = lattice.crs
    x, y = lattice.centre
    reach = 500.0
    try:
        if not crs.is_projected or not math.isclose(crs.linear_units_factor[1], 1.0):
            return False
        lon, lat = warp_points(crs, "EPSG:4326", [x, x + reach, x], [y, y, y + reach])
    except PROJECTION_ERRORS:
        return False
    return all(abs(_ground_distance(lon[0], lat[0], lon[i], lat[i]) / reach - 1) < TRUE_SCALE for i in (1, 2))


def check_same_place(lattices: Mapping[str, Lattice]) -> None:
    """DataError where files (path -> lattice) that should show one place do not.

    They must share their CRS, and their sides must agree to the coarsest pixel among them.
    """
    (first, base), *others = lattices.items()
    pixel = max(max(abs(lat.transform.a), abs(lat.transform.e)) for lat in lattices.values())
    for path, lattice in others:
        if lattice.crs != base.crs:
            raise DataError(
                f"{path} is in {crs_name(lattice.crs)[:60]}, {first} in {crs_name(base.crs)[:60]}.",
                "Do these bands belong to one scene? Bring them to one CRS.",
                "other-place",
            )
        if max(abs(a - b) for a, b in zip(lattice.bounds, base.bounds, strict=True)) > pixel * 1.01:
            raise DataError(
                f"{path} covers {_words(lattice.bounds)}, but {first} covers {_words(base.bounds)}.",
                "Do these bands belong to one scene? Cut them to the same extent.",
                "other-place",
            )


def _words(bounds: tuple[float, float, float, float]) -> str:
    return f"x {bounds[0]:.10g} to {bounds[2]:.10g}, y {bounds[1]:.10g} to {bounds[3]:.10g}"


def common_grid(lattices: Mapping[str, Lattice]) -> PixelGrid | None:
    """The 10 m grid that all rasters share as they are, or None where there is none.

    The finest raster gives its corner and size; the others must fit it (``resolution_on``).
    """
    finest = min(lattices.values(), key=lambda lattice: lattice.resolution or math.inf)
    if finest.resolution is None or not is_metric(finest):
        return None
    side = finest.resolution // PIXEL
    t = finest.transform
    grid = check_size(PixelGrid(crs_name(finest.crs), t.c, t.f, finest.width * side, finest.height * side))
    return grid if all(resolution_on(grid, lattice) for lattice in lattices.values()) else None


def resolution_on(grid: PixelGrid, lattice: Lattice) -> int | None:
    """Metres a pixel (10, 20, ...) of a raster that fits the grid as it is, None where it does not.

    It fits with the grid's CRS and upper-left corner, north-up with square pixels of a multiple of 10 m,
    and where it covers the grid up to less than one of its own pixels.
    """
    size = lattice.resolution
    if size is None or CRS.from_user_input(grid.crs) != lattice.crs:
        return None
    off = max(abs(lattice.transform.c - grid.left), abs(lattice.transform.f - grid.top))
    side = size // PIXEL
    covers = lattice.width >= grid.width // side and lattice.height >= grid.height // side
    return size if off < TOLERANCE * PIXEL and covers else None


def utm_grid(lattice: Lattice) -> PixelGrid:
    """The 10 m UTM grid around a raster: zone of its centre, corners at multiples of 60 m."""
    west, _, east, _ = lattice.bounds
    if lattice.crs.is_geographic and (west < -180 or east > 180):
        # GDAL's warper finds no pixel beyond 180 degrees and would leave that part empty without a word.
        raise DataError(
            f"The raster reaches over the antimeridian (longitudes {west:.4f} to {east:.4f}).",
            "Bring it to UTM first: gdalwarp -t_srs EPSG:32701 -tr 10 10 IN.tif OUT.tif (with its own zone).",
        )
    x, y = lattice.centre
    try:
        lon, lat = warp_points(lattice.crs, "EPSG:4326", [x], [y])
        crs = utm_crs(lon[0], lat[0])
        left, bottom, right, top = transform_bounds(lattice.crs, crs, *lattice.bounds, densify_pts=21)
    except PROJECTION_ERRORS as e:
        raise DataError(
            f"The raster's coordinates ({crs_name(lattice.crs)[:60]}) cannot be brought to UTM.",
            "Is its georeference right?",
        ) from e
    if not all(math.isfinite(v) for v in (left, bottom, right, top)):
        raise DataError("The raster's coordinates cannot be brought to UTM.", "Is its georeference right?")
    left, bottom = math.floor(left / ALIGN) * ALIGN, math.floor(bottom / ALIGN) * ALIGN
    right, top = math.ceil(right / ALIGN) * ALIGN, math.ceil(top / ALIGN) * ALIGN
    return check_size(PixelGrid(crs, float(left), float(top), (right - left) // PIXEL, (top - bottom) // PIXEL))


def union_grid(lattices: Sequence[Lattice]) -> PixelGrid:
    """The 10 m UTM grid around several rasters, in the zone of the first."""
    grids = [utm_grid(lattice) for lattice in lattices]
    crs = grids[0].crs
    boxes = [transform_bounds(g.crs, crs, *g.bounds, densify_pts=21) if g.crs != crs else g.bounds for g in grids]
    left, bottom = (math.floor(min(b[i] for b in boxes) / ALIGN) * ALIGN for i in (0, 1))
    right, top = (math.ceil(max(b[i] for b in boxes) / ALIGN) * ALIGN for i in (2, 3))
    return check_size(PixelGrid(crs, float(left), float(top), (right - left) // PIXEL, (top - bottom) // PIXEL))


def utm_crs(lon: float, lat: float) -> str:
    """EPSG code of the UTM zone (WGS 84) at a point in degrees. DataError outside 84 N to 80 S."""
    if not (-180 <= lon <= 180 and -80 <= lat <= 84):
        raise DataError(
            f"The scene's centre (longitude {lon:.4f}, latitude {lat:.4f}) lies in no UTM zone.",
            "Is its georeference right?",
        )
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{32600 + zone if lat >= 0 else 32700 + zone}"


def check_size(grid: PixelGrid) -> PixelGrid:
    if max(grid.width, grid.height) > MAX_SIDE:
        raise DataError(
            f"The scene would have {grid.width} x {grid.height} pixels of 10 m, more than {MAX_SIDE} a side.",
            "Is its georeference right? Cut a huge mosaic into parts.",
        )
    return grid


def _ground_distance(lon0: float, lat0: float, lon1: float, lat1: float) -> float:
    """Metres between two near points: the ellipsoid's own radii at the first (WGS 84)."""
    a, e2 = 6378137.0, 6.69437999014e-3
    phi = math.radians(lat0)
    w = 1 - e2 * math.sin(phi) ** 2
    north = math.radians(lat1 - lat0) * a * (1 - e2) / w**1.5
    east = math.radians(lon1 - lon0) * a / math.sqrt(w) * math.cos(phi)
    return math.hypot(north, east)
