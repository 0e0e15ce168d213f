"""Where reference data lie against a scene's grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rasterio.crs import CRS
from rasterio.warp import transform_bounds

from ...errors import DataError
from ...scene.grids import PROJECTION_ERRORS, crs_name
from ...scene.types import PixelGrid

Bounds = tuple[float, float, float, float]  # left, bottom, right, top


def require_overlap(path: Path, crs: CRS, bounds: Sequence[float], grid: PixelGrid) -> None:
    """DataError where ``bounds`` in ``crs`` and the grid share no area; both extents are said."""
    left, bottom, right, top = bounds
    near = bounds_in(grid.bounds, CRS.from_user_input(grid.crs), crs, path)
    if left >= near[2] or right <= near[0] or bottom >= near[3] or top <= near[1]:
        raise DataError(
            f"The reference {path} does not overlap the scene: it covers {_extent(bounds)}, the scene "
            f"{_extent(near)} (both in {crs_name(crs)[:60]}).",
            "Is it the right place, and has the reference the right CRS?",
            "overlap",
        )


def bounds_in(bounds: Bounds, crs: CRS, target: CRS, path: Path) -> Bounds:
    """The box around ``bounds`` in another CRS. DataError where it has no place there; ``path`` is blamed."""
    if crs == target:
        return bounds
    try:
        found = transform_bounds(crs, target, *bounds, densify_pts=21)
    except PROJECTION_ERRORS as e:
        raise not_projected(path, target) from e
    if not np.isfinite(found).all() or found[0] > found[2]:
        raise not_projected(path, target)
    return found


def not_projected(path: Path, crs: CRS) -> DataError:
    return DataError(
        f"The scene has no place in the CRS of the reference {path} ({crs_name(crs)[:60]}).",
        "Bring the reference to the scene's CRS first (ogr2ogr -t_srs, gdalwarp -t_srs).",
        "overlap",
    )


def _extent(bounds: Sequence[float]) -> str:
    digits = 0 if max(map(abs, bounds)) > 1000 else 4
    left, bottom, right, top = (f"{v:.{digits}f}" for v in bounds)
    return f"{left}, {bottom} to {right}, {top}"
