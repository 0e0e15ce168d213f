"""Which cells of a grid an area touches, and which pixels lie in it."""

from __future__ import annotations

import threading

import numpy as np
import shapely
from rasterio import Affine
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from ..scene.types import PIXEL, PixelGrid
from .grid import Grid, Window

_ONE = threading.Lock()  # in several threads at once rasterio 1.4 warns, wrongly, of a raster without georeference


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


def pixels_within(area: BaseGeometry, pixels: PixelGrid, window: Window, touching: bool = False) -> np.ndarray:
    """bool (rows, cols) of a window of the 10 m grid: True where the centre of the pixel lies in ``area``.

    touching   also pixels that the area only touches: for pictures, not where area is counted
    """
    corner = Affine(PIXEL, 0, pixels.left + PIXEL * window.col, 0, -PIXEL, pixels.top - PIXEL * window.row)
    with _ONE:
        return geometry_mask([area], (window.height, window.width), corner, all_touched=touching, invert=True)
