"""Superpixels of one tile: a watershed from one marker a cell of the scene's own grid ("waterpixels").

Tiles lie at fixed places of the scene, whatever is read at a time, and a marker's number is that of its place in the
scene. Two tiles that share a border both see the markers on either side of it, so the halves of a superpixel that the
border cuts carry the same number and are joined again (``graph``).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.measure import label
from skimage.segmentation import watershed

# Machairas et al., "Waterpixels", IEEE Transactions on Image Processing 24 (2015): one marker a cell of a regular grid,
# where the gradient is lowest. 6 px make 36 px (0.36 ha) a superpixel, below the smallest area that maps usually show.
CELL = 6
TILE = 480  # px a side that a tile contributes: 80 x 80 markers
HALO = 24  # px around it that are looked at: four superpixels
COMPACT = 0.002  # of the watershed: borders through even ground are short, those along edges stay where they are


def gradient_of(features: np.ndarray) -> np.ndarray:
    """float32 (h, w): length of the gradient of all bands (bands, h, w) together."""
    total = np.zeros(features.shape[1:], np.float32)
    for band in features:
        for axis in (0, 1):
            step = ndimage.sobel(band, axis=axis, mode="nearest")
            total += step * step
    return np.sqrt(total)


def superpixels(features: np.ndarray, valid: np.ndarray, first_cell: tuple[int, int], cells_a_row: int) -> np.ndarray:
    """int64 (h, w): number of the marker that a pixel belongs to, 0 where not ``valid``.

    A pixel that no marker reaches, because what lies between is not valid, goes by the number of its own cell.

    features     float32 (bands, h, w)
    first_cell   row and column of the scene's cell at the corner: the tile begins at a cell's corner
    cells_a_row  cells a row of the scene; a marker's number is 1 + its cell's place, row by row
    """
    gradient = gradient_of(features)
    local = watershed(gradient, _markers(np.where(valid, gradient, np.inf)), mask=valid, compactness=COMPACT)
    across = -(-valid.shape[1] // CELL)
    cell = local.astype(np.int64) - 1
    y, x = np.ogrid[: valid.shape[0], : valid.shape[1]]
    row = np.where(local > 0, cell // across, y // CELL) + first_cell[0]
    col = np.where(local > 0, cell % across, x // CELL) + first_cell[1]
    return np.where(valid, row * cells_a_row + col + 1, 0)


def connected(numbers: np.ndarray) -> np.ndarray:
    """int32 (h, w): the edge-to-edge connected pieces of equal numbers, from 1 in reading order; 0 stays 0."""
    found: np.ndarray = label(numbers, background=0, connectivity=1)
    return found.astype(np.int32)


def _markers(gradient: np.ndarray) -> np.ndarray:
    """int32 (h, w): 1 + its place at the lowest pixel of each cell (the first of equals); none where all are infinite."""
    height, width = gradient.shape
    down, across = -(-height // CELL), -(-width // CELL)
    padded = np.pad(gradient, ((0, down * CELL - height), (0, across * CELL - width)), constant_values=np.inf)
    cells = padded.reshape(down, CELL, across, CELL).swapaxes(1, 2).reshape(down * across, CELL * CELL)
    lowest = cells.argmin(axis=1)
    there = np.flatnonzero(np.isfinite(cells[np.arange(len(cells)), lowest]))
    row = there // across * CELL + lowest[there] // CELL
    col = there % across * CELL + lowest[there] % CELL
    markers = np.zeros(gradient.shape, np.int32)
    markers[row, col] = there + 1
    return markers
