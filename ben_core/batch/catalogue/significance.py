"""Is a change of probability larger than what differs from date to date anyway? The statistics, on arrays alone.

For every class and cell: the difference D of the mean logits after and before. What D looks like where nothing
changed is learnt from the tile itself, among cells of like level (the mean of both logits, in steps of 0.5: answers
near 0.5 scatter more than those near 0; a level beyond -4 or 4 means near 0 or 1 on both sides, and is not tested).
Its centre is the median of D there (a season or haze that moves all such cells alike is no change), its spread 1.4826
x the median of the distances from it, each divided by sqrt(1/n + 1/m) for n and m dates: the robust standard
deviation of one date, which is hardly moved while fewer than half of such cells change. Where a class has few cells
at a level, the spread of all classes at that level stands for its own.

z = (D - centre) / (spread sqrt(1/n + 1/m)) is held against the normal distribution, two-sided, and all cells and
classes of the tile are corrected together by Benjamini and Hochberg's procedure: of what is called significant at q,
a share of at most q is expected to be false (also where neighbours err alike; their procedure holds under positive
dependence).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...products.types import NOT_MAPPED, PROBABILITY_STEPS

FEWEST_CELLS = 50  # below, nothing can be said of their scatter
_LEVELS = np.arange(-4.0, 4.1, 0.5)  # borders of the levels, in logits; beyond them nothing is tested
_OWN_CENTRE, _OWN_SPREAD = 30, 250  # fewest cells of a class at a level that tell its centre, and its spread
_SOFT = np.float32(0.01)  # logit = log((p + 0.01) / (1.01 - p)): between 0.001 and 0.0001 lies no change of the land
_LEAST_SPREAD = 0.1  # logit: cells that hardly scatter at all (open sea) must not turn rounding into change
_erfc = np.frompyfunc(math.erfc, 1, 1)


class Side:
    """The dates before, or after: logits and probabilities summed cell by cell."""

    def __init__(self, classes: int, cells: int) -> None:
        self.logit = np.zeros((classes, cells), np.float32)
        self.p = np.zeros((classes, cells), np.float32)
        self.dates = np.zeros((classes, cells), np.uint16)

    def add(self, p: np.ndarray) -> None:
        """uint16 (classes, cells): probability x 10000 of one date, NOT_MAPPED without an answer."""
        known = p != NOT_MAPPED
        share = np.where(known, p, 0) / np.float32(PROBABILITY_STEPS)
        self.logit += np.where(known, np.log((share + _SOFT) / (1 + _SOFT - share)), 0)
        self.p += share
        self.dates += known


@dataclass(frozen=True)
class Change:
    """What changed; arrays (classes, cells), NaN where either side has no answer.

    difference  mean probability after minus before
    z           the standardised difference of the logits
    q           the smallest rate of false discoveries at which the cell would be called changed
    shift       (classes,) median of D over the cells; spread: (classes,) median of its spread, both in logits for one
                date a side
    """

    difference: np.ndarray
    z: np.ndarray
    q: np.ndarray
    shift: np.ndarray
    spread: np.ndarray


def compare(before: Side, after: Side) -> Change:
    """Hold two sides against each other. Raises ValueError where fewer than FEWEST_CELLS cells have both."""
    classes = len(before.logit)
    both = (before.dates > 0) & (after.dates > 0)
    found = int(both.any(axis=0).sum())
    if found < FEWEST_CELLS:
        raise ValueError(f"only {found} cells have an answer before and after")
    n, m = np.maximum(before.dates, 1), np.maximum(after.dates, 1)
    difference = np.where(both, after.p / m - before.p / n, np.nan).astype(np.float32)
    first, second = before.logit / n, after.logit / m
    width = np.sqrt(1 / n + 1 / m).astype(np.float32)
    level = np.where(both, np.searchsorted(_LEVELS, (first + second) / 2), 0).astype(np.int8)
    d = np.where(both, second - first, np.nan).astype(np.float32)
    z, spread = _standardised(d, level, width)
    shift = np.array([np.median(d[i][both[i]]) if both[i].any() else 0.0 for i in range(classes)])
    tested = (level > 0) & (level < len(_LEVELS))
    q = _adjusted(np.where(tested, _two_sided(z), np.nan))
    q[both & ~tested] = 1
    return Change(difference, z, q, shift, spread)


def _standardised(d: np.ndarray, level: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(z, median spread by class) of differences (classes, cells), each against those of its class and level.

    Cells near 0 or 1 on both sides (level 0 and the last) hardly scatter and cannot change by much: theirs is 0.
    """
    z = np.where(np.isnan(d), np.nan, np.float32(0))
    spreads = np.full(d.shape, np.nan, np.float32)
    for step in range(1, len(_LEVELS)):
        here = level == step
        if not here.any():
            continue
        off = d.copy()
        for i in np.nonzero(here.sum(axis=1) >= _OWN_CENTRE)[0]:
            off[i] -= np.median(d[i][here[i]])
        off /= width
        pooled = _spread(off[here])
        for i in np.nonzero(here.any(axis=1))[0]:
            own = off[i][here[i]]
            spreads[i, here[i]] = _spread(own) if own.size >= _OWN_SPREAD else pooled
            z[i, here[i]] = own / spreads[i, here[i]]
    typical = [float(np.median(s[~np.isnan(s)])) if (~np.isnan(s)).any() else 0.0 for s in spreads]
    return z, np.array(typical)


def _spread(off: np.ndarray) -> float:
    return max(1.4826 * float(np.median(np.abs(off))), _LEAST_SPREAD)


def _two_sided(z: np.ndarray) -> np.ndarray:
    """float64 p values of a standard normal variable, NaN where z is."""
    known = ~np.isnan(z)
    p = np.full(z.shape, np.nan)
    p[known] = _erfc(np.abs(z[known]).astype(float) / math.sqrt(2)).astype(float)
    return p


def _adjusted(p: np.ndarray) -> np.ndarray:
    """q values of Benjamini and Hochberg over all that is not NaN."""
    flat = p.ravel()
    known = np.nonzero(~np.isnan(flat))[0]
    order = known[np.argsort(flat[known], kind="stable")]
    q = np.full(flat.shape, np.nan, np.float32)
    ranked = flat[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1].clip(max=1)
    return q.reshape(p.shape)
