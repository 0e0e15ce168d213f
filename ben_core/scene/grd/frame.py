"""The grid that a product is brought to: around its footprint, or as the user says."""

from __future__ import annotations

import math

import numpy as np
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import from_origin
from rasterio.warp import transform as warp_points

from ...errors import JobError
from ..grids import ALIGN, Lattice, check_size, crs_name, is_metric, utm_crs
from ..types import PIXEL, PixelGrid
from .product import GrdProduct


def footprint_grid(product: GrdProduct) -> PixelGrid:
    """The 10 m UTM grid around a product, in the zone of its centre, corners at multiples of 60 m."""
    points = product.annotation.points
    lon, lat = points.longitude, points.latitude
    if np.ptp(lon) > 180:  # over the antimeridian
        lon = np.where(lon < 0, lon + 360, lon)
    middle = float((lon.min() + lon.max()) / 2)
    crs = utm_crs(middle - 360 if middle > 180 else middle, float((lat.min() + lat.max()) / 2))
    xs, ys = warp_points("EPSG:4326", crs, lon.tolist(), lat.tolist())
    left, right = math.floor(min(xs) / ALIGN) * ALIGN, math.ceil(max(xs) / ALIGN) * ALIGN
    bottom, top = math.floor(min(ys) / ALIGN) * ALIGN, math.ceil(max(ys) / ALIGN) * ALIGN
    return check_size(PixelGrid(crs, float(left), float(top), (right - left) // PIXEL, (top - bottom) // PIXEL))


def framed(crs: str, bounds: tuple[float, float, float, float]) -> PixelGrid:
    """The 10 m grid of left, bottom, right, top in a metric CRS. JobError where that is none."""
    left, bottom, right, top = bounds
    try:
        found = CRS.from_user_input(crs)
    except CRSError as e:
        raise JobError(f"--crs {crs!r} is no coordinate system.", "For instance EPSG:32633.") from e
    middle = from_origin((left + right) / 2, (bottom + top) / 2, PIXEL, PIXEL)
    if not (all(map(math.isfinite, bounds)) and is_metric(Lattice(found, middle, 1, 1))):
        raise JobError(
            f"The box of --bounds in {crs_name(found)[:60]} has no true metres.",
            "Give bounds in the UTM zone of the place (EPSG:326xx, EPSG:327xx).",
        )
    width, height = (right - left) / PIXEL, (top - bottom) / PIXEL
    if not all(n >= 1 and abs(n - round(n)) < 1e-6 for n in (width, height)):
        raise JobError(
            f"--bounds {','.join(f'{v:.10g}' for v in bounds)} is no box of whole {PIXEL} m pixels.",
            "Give left,bottom,right,top in metres; width and height are multiples of 10.",
        )
    return check_size(PixelGrid(crs_name(found), left, top, round(width), round(height)))
