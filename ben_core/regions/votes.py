"""What overlapping windows say of a place: means on the lattice that the borders of the windows draw.

Between two neighbouring borders every pixel lies in the same windows, so a scene of 10980 x 10980 px at a stride of 30 px
needs some 740 x 740 means a class and no pixel's own. Sums are of whole numbers (probability x 10000): no order of the
windows, nor of batches, changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..patches.grid import Grid
from ..products.types import NOT_MAPPED, PROBABILITY_STEPS


class Votes:
    """The answers of one scale's windows.

    p      uint16 (rows, cols, classes) of ``grid``: probability x 10000, 65535 where not answered
    y, x   int64: all pixel rows and columns at which a window begins or ends, and 0 and the scene's height or width
    """

    def __init__(self, grid: Grid, classes: int) -> None:
        self.grid = grid
        self.p = np.full((grid.rows, grid.cols, classes), NOT_MAPPED, np.uint16)
        self.tops = np.array([grid.patch_top(r) for r in range(grid.rows)])
        self.lefts = np.array([grid.patch_left(c) for c in range(grid.cols)])
        self.y, self.x = _ticks(self.tops, grid.size, grid.height), _ticks(self.lefts, grid.size, grid.width)

    def add(self, rows: np.ndarray, cols: np.ndarray, p: np.ndarray) -> None:
        """Probabilities (N, classes) of the windows of the cells (rows[i], cols[i])."""
        self.p[rows, cols] = np.rint(p * PROBABILITY_STEPS).astype(np.uint16)

    @property
    def answered(self) -> np.ndarray:
        """bool (rows, cols)."""
        found: np.ndarray = self.p[..., 0] != NOT_MAPPED
        return found

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Sum at each place of ``y`` x ``x`` of the whole numbers (rows, cols) of the windows that hold it."""
        steps = np.zeros((len(self.y), len(self.x)), np.int64)
        size = self.grid.size
        y0, y1 = np.searchsorted(self.y, self.tops), np.searchsorted(self.y, self.tops + size)
        x0, x1 = np.searchsorted(self.x, self.lefts), np.searchsorted(self.x, self.lefts + size)
        for y, x, sign in ((y0, x0, 1), (y0, x1, -1), (y1, x0, -1), (y1, x1, 1)):
            np.add.at(steps, (y[:, None], x[None, :]), sign * values.astype(np.int64))
        found: np.ndarray = steps.cumsum(axis=0).cumsum(axis=1)[:-1, :-1]
        return found


def _ticks(starts: np.ndarray, size: int, length: int) -> np.ndarray:
    return np.unique(np.concatenate([[0], starts, starts + size, [length]]))


@dataclass(frozen=True)
class Lattice:
    """Probabilities of all scales together; cell (i, j) holds the pixels y[i] ... y[i + 1] - 1, x[j] ... x[j + 1] - 1.

    p     uint16 (rows, cols, classes): probability x 10000, 65535 where no window answered
    y, x  int64 (rows + 1), (cols + 1): pixels of the 10 m grid, from 0 to its height and width
    """

    p: np.ndarray
    y: np.ndarray
    x: np.ndarray

    def cells(self, top: int, bottom: int, width: int) -> np.ndarray:
        """int64 (bottom - top, width): number of the cell of each pixel, row by row."""
        row = np.searchsorted(self.y, np.arange(top, bottom), side="right") - 1
        col = np.searchsorted(self.x, np.arange(width), side="right") - 1
        found: np.ndarray = row[:, None] * (len(self.x) - 1) + col
        return found


def combined(votes: Sequence[Votes], weights: Sequence[float]) -> Lattice:
    """Mean over the windows of a scale that hold a pixel, then the weighted mean over the scales that answered there."""
    y = np.unique(np.concatenate([v.y for v in votes]))
    x = np.unique(np.concatenate([v.x for v in votes]))
    shape = (len(y) - 1, len(x) - 1)
    total, weight = np.zeros((*shape, votes[0].p.shape[2])), np.zeros(shape)
    for v, w in zip(votes, weights, strict=True):
        row, col = np.searchsorted(v.y, y[:-1], side="right") - 1, np.searchsorted(v.x, x[:-1], side="right") - 1
        at = row[:, None], col
        answered = v.answered
        count = v.spread(answered)[at]
        share = np.where(count > 0, w / np.maximum(count, 1), 0.0)
        for i in range(total.shape[2]):
            total[..., i] += share * v.spread(np.where(answered, v.p[..., i], 0))[at]
        weight += np.where(count > 0, w, 0.0)
    p = np.rint(total / np.where(weight > 0, weight, 1)[..., None]).astype(np.uint16)
    p[weight == 0] = NOT_MAPPED
    return Lattice(p, y, x)
