"""The adjacency graph of regions: sizes, sums of features, and how long a border two regions share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Graph:
    """n regions and e borders; region i has the label i + 1 in the raster.

    size    int64 (n,): pixels
    total   float64 (n, bands): sums of their features
    pairs   int64 (e, 2): neighbours edge to edge, pairs[:, 0] < pairs[:, 1], in rising order, each once
    border  int64 (e,): pixel edges that they share
    """

    size: np.ndarray
    total: np.ndarray
    pairs: np.ndarray
    border: np.ndarray

    def __len__(self) -> int:
        return len(self.size)

    @property
    def mean(self) -> np.ndarray:
        """float64 (n, bands)."""
        return self.total / self.size[:, None]

    def joined(self, into: np.ndarray) -> Graph:
        """The graph after region i became part of region ``into[i]`` (0 ... m - 1, all of them used)."""
        count = int(into.max()) + 1 if len(into) else 0
        size = np.bincount(into, self.size, count).astype(np.int64)
        total = np.empty((count, self.total.shape[1]))
        for i, column in enumerate(self.total.T):
            total[:, i] = np.bincount(into, column, count)
        pairs, border = borders(into[self.pairs[:, 0]], into[self.pairs[:, 1]], self.border)
        return Graph(size, total, pairs, border)


def borders(a: np.ndarray, b: np.ndarray, length: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of neighbours as in ``Graph`` from any list of touching regions; ``length`` of each contact, or 1."""
    differ = a != b
    a, b = a[differ].astype(np.int64), b[differ].astype(np.int64)
    key = np.minimum(a, b) << 32 | np.maximum(a, b)
    if length is None:
        found, sums = np.unique(key, return_counts=True)
    else:
        order = np.argsort(key, kind="stable")
        key = key[order]
        starts = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else np.empty(0, np.int64)
        found = key[starts]
        sums = np.add.reduceat(length[differ][order], starts) if len(key) else np.empty(0, np.int64)
    return np.stack([found >> 32, found & 0xFFFFFFFF], axis=1), sums.astype(np.int64)


def united(count: int, links: np.ndarray) -> np.ndarray:
    """int64 (count,): number of the group of each region, where ``links`` (k, 2) tie regions together."""
    net = coo_array((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(count, count))
    return renumbered(connected_components(net, directed=False)[1])


def renumbered(group: np.ndarray) -> np.ndarray:
    """The same groups, numbered from 0 in the order of their first member."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first, kind="stable")] = np.arange(len(first))
    found: np.ndarray = place[inverse]
    return found


class GraphMaker:
    """Collects a graph from the tiles of a label raster, which come row by row, west to east.

    Labels are numbered on from tile to tile. ``key`` of a piece is what it was cut from: pieces of equal key that
    touch across a border between tiles are one region.
    """

    def __init__(self, bands: int) -> None:
        self.bands = bands
        self.count = 0
        self._cut: list[np.ndarray] = []
        self._sizes: list[np.ndarray] = []
        self._totals: list[np.ndarray] = []
        self._pairs: list[np.ndarray] = []
        self._borders: list[np.ndarray] = []

    def add(self, pieces: np.ndarray, features: np.ndarray) -> np.ndarray:
        """A tile's pieces, int32 (h, w) from 1 (0: none), and features (bands, h, w); the scene's labels, uint32 (h, w)."""
        n = int(pieces.max()) if pieces.size else 0
        flat = pieces.ravel()
        self._sizes.append(np.bincount(flat, minlength=n + 1)[1:].astype(np.int64))
        total = np.empty((n, self.bands))
        for i, band in enumerate(features):
            total[:, i] = np.bincount(flat, band.ravel(), n + 1)[1:]
        self._totals.append(total)
        whole = np.where(pieces > 0, pieces + np.int64(self.count), 0)
        self.count += n
        self._touch((whole[:, :-1], whole[:, 1:]), (whole[:-1], whole[1:]))
        return whole.astype(np.uint32)

    def across(self, one: np.ndarray, other: np.ndarray, keys: tuple[np.ndarray, np.ndarray]) -> None:
        """Labels and keys of the pixels on both sides of a border between tiles."""
        self._touch((one.astype(np.int64), other.astype(np.int64)))
        same = (keys[0] == keys[1]) & (one > 0) & (other > 0)
        self._cut.append(np.stack([one[same], other[same]], axis=1).astype(np.int64) - 1)

    def _touch(self, *sides: tuple[np.ndarray, np.ndarray]) -> None:
        a = np.concatenate([s[0].ravel() for s in sides])
        b = np.concatenate([s[1].ravel() for s in sides])
        there = (a > 0) & (b > 0) & (a != b)
        pairs, border = borders(a[there] - 1, b[there] - 1)
        self._pairs.append(pairs)
        self._borders.append(border)

    def whole(self) -> tuple[np.ndarray, Graph]:
        """(number, from 0, of the region that label i + 1 is part of; their graph). The maker is spent."""
        step = united(self.count, _spent(self._cut, np.empty((0, 2), np.int64)))
        return step, self._collected().joined(step)

    def _collected(self) -> Graph:
        size, total = _spent(self._sizes, np.empty(0, np.int64)), _spent(self._totals, np.empty((0, self.bands)))
        pairs, border = _spent(self._pairs, np.empty((0, 2), np.int64)), _spent(self._borders, np.empty(0, np.int64))
        pairs, border = borders(pairs[:, 0], pairs[:, 1], border)
        return Graph(size, total, pairs, border)


def _spent(parts: list[np.ndarray], none: np.ndarray) -> np.ndarray:
    """The parts in one array (``none`` where there is no part); they are given up, so that memory holds them once."""
    found = np.concatenate([none, *parts])
    parts.clear()
    return found
