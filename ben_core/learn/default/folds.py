"""Who judges whom: regions of neighbouring tiles, folds that never split one, classes for which there is evidence."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..data.names import tile_corner
from ..types import Record

NEIGHBOURS = 150.0  # km between the middles of two tiles; corner to corner they lie 141 km apart


def regions(records: Sequence[Record]) -> np.ndarray:
    """(N,) str, the first tile of each patch's region: tiles that touch, or are joined by tiles that touch."""
    tiles = sorted({r.tile or "" for r in records})
    region = {t: t for t in tiles}
    for a in tiles:
        for b in tiles:
            if a < b and region[a] != region[b] and _kilometres(a, b) < NEIGHBOURS:
                first, second = sorted((region[a], region[b]))
                region = {t: first if r == second else r for t, r in region.items()}
    return np.array([region[r.tile or ""] for r in records])


def _kilometres(a: str, b: str) -> float:
    """Between the middles of two MGRS tiles, on a sphere: a per cent is close enough to tell neighbours."""
    (lat_a, lon_a), (lat_b, lon_b) = _middle(a), _middle(b)
    east = (lon_a - lon_b) * math.cos(math.radians((lat_a + lat_b) / 2))
    return 111.2 * math.hypot(lat_a - lat_b, east)


def _middle(tile: str) -> tuple[float, float]:
    """Latitude and longitude in degrees, near enough."""
    crs, left, top = tile_corner(tile)
    latitude = (top - 54_900) / 111_200
    meridian = 6 * int(crs[-2:]) - 183
    return latitude, meridian + (left + 54_900 - 500_000) / (111_200 * math.cos(math.radians(latitude)))


def folds_of(units: np.ndarray, present: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(N,) fold of each patch; no unit (N,) stands in two. Of 3000 random ways that in which the classes spread best.

    present  (N, classes) bool
    """
    random = np.random.default_rng(seed)
    names, of_patch = np.unique(units, return_inverse=True)
    size = np.full((len(units), 1), 6 / len(units))  # the folds' sizes count as much as six classes
    share = np.hstack([present / np.maximum(present.sum(0), 1), size])
    of_unit = np.stack([share[of_patch == i].sum(0) for i in range(len(names))])
    best, lowest = np.zeros(len(names), int), np.inf
    for _ in range(3000):
        fold = (
            random.permutation(np.arange(len(names)) % count)
            if len(names) <= count
            else random.integers(count, size=len(names))
        )
        spread = np.stack([of_unit[fold == k].sum(0) for k in range(count)]).var(0).sum()
        if len(set(fold)) == min(count, len(names)) and spread < lowest:
            best, lowest = fold, spread
    return best[of_patch]


def evident(present: np.ndarray, region: np.ndarray) -> np.ndarray:
    """(classes,) bool: classes of at least 5 patches in at least 2 regions. With less, nothing can be measured apart."""
    return np.array([c.sum() >= 5 and len(set(region[c])) >= 2 for c in present.T])
