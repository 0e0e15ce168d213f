"""Values between nodes: of a coarse net over the map grid, and of a raster at fractional rows and columns.

Each value depends on its own place alone, so that the size of the blocks in which a map is made changes no bit.
"""

from __future__ import annotations

import numpy as np

NET = 32  # px of 10 m between nodes; over 320 m every mapping used here is straight to 2 mm


def nodes(first: int, count: int) -> np.ndarray:
    """Pixel indices of the nodes around ``count`` pixels from ``first`` on, a multiple of NET."""
    return np.arange(first, first + -(-count // NET) * NET + 1, NET)


def upsample(net: np.ndarray, rows: int, cols: int) -> np.ndarray:
    """(rows, cols) values of the pixels below a net of nodes (…), linear in between; the first node is pixel (0, 0)."""
    return _along(_along(net, rows).T, cols).T


def _along(net: np.ndarray, count: int) -> np.ndarray:
    """Linear in between along the first axis."""
    i = np.arange(count)
    k, share = i // NET, (i % NET / NET)[:, None]
    return net[k] * (1 - share) + net[k + 1] * share


def bilinear(raster: np.ndarray, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    """Values of a raster (rows, cols) at places in pixels, 0 the centre of the first; of its dtype.

    NaN outside the centres of the outermost pixels, where a place is NaN, and beside NaN.
    """
    height, width = raster.shape
    with np.errstate(invalid="ignore"):
        inside = (row >= 0) & (col >= 0) & (row <= height - 1) & (col <= width - 1)
    row, col = np.where(inside, row, 0), np.where(inside, col, 0)
    r, c = (np.minimum(np.floor(x), n - 2).astype(np.int64) for x, n in ((row, height), (col, width)))
    down, right = (row - r).astype(raster.dtype), (col - c).astype(raster.dtype)
    flat, at = raster.ravel(), r * width + c
    above = flat[at] * (1 - right) + flat[at + 1] * right
    at += width
    below = flat[at] * (1 - right) + flat[at + 1] * right
    value = above * (1 - down) + below * down
    value[~inside] = np.nan
    return value


def window(row: np.ndarray, col: np.ndarray, height: int, width: int) -> tuple[int, int, int, int] | None:
    """Rows [first, last) and columns [first, last) of a raster that ``bilinear`` needs, None where none of it.

    At least 2 x 2 pixels.
    """
    with np.errstate(invalid="ignore"):
        inside = (row >= 0) & (col >= 0) & (row <= height - 1) & (col <= width - 1)
    if min(height, width) < 2 or not inside.any():
        return None
    r, c = row[inside], col[inside]
    top, left = min(int(r.min()), height - 2), min(int(c.min()), width - 2)
    return top, max(min(int(r.max()) + 2, height), top + 2), left, max(min(int(c.max()) + 2, width), left + 2)
