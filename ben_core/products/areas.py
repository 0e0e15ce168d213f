"""Cells of one code that touch edge to edge, dissolved into polygons and clipped to the scene, in integers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.features import shapes

from ..scene.types import PIXEL
from .legend import UNMAPPED
from .view import MapView


@dataclass(frozen=True)
class Areas:
    """One entry an area: WKB polygon, code, number of cells, area in m2 (clipped to the scene)."""

    wkb: np.ndarray
    codes: np.ndarray
    cells: np.ndarray
    m2: np.ndarray


def dissolve(view: MapView, codes: np.ndarray) -> Areas:
    """The areas of ``codes`` (uint8, rows x cols; 0 is left out), in GDAL's order of polygons."""
    owners: list[int] = []  # polygon of each ring; the first ring of a polygon is its outer one
    rings: list[np.ndarray] = []
    values: list[int] = []
    # Four neighbours: cells that share a corner only are areas of their own, so every polygon is valid.
    for geometry, value in shapes(codes, mask=codes != UNMAPPED, connectivity=4):
        owners += [len(values)] * len(geometry["coordinates"])
        rings += [np.array(ring) for ring in geometry["coordinates"]]
        values.append(int(value))
    if not values:
        nothing = np.empty(0, dtype=np.int64)
        return Areas(np.empty(0, dtype=object), nothing, nothing, nothing)
    corner = np.concatenate(rings).astype(np.int64)  # (n, 2): cell column, cell row of each corner
    of_ring = np.repeat(np.arange(len(rings)), [len(r) for r in rings])

    def polygons(xy: np.ndarray) -> np.ndarray:
        return shapely.polygons(shapely.linearrings(xy.astype(np.float64), indices=of_ring), indices=owners)

    grid, scene = view.record.grid, view.record.scene.grid
    clipped = np.minimum(corner * grid.stride, (grid.width, grid.height))
    placed = (scene.left, scene.top) + clipped * (PIXEL, -PIXEL)
    return Areas(
        shapely.to_wkb(shapely.polygons(shapely.linearrings(placed, indices=of_ring), indices=owners)),
        np.array(values, dtype=np.uint8),
        np.rint(shapely.area(polygons(corner))).astype(np.int64),
        np.rint(shapely.area(polygons(clipped))).astype(np.int64) * PIXEL**2,
    )
