"""Each segment's class: the vote of the windows over its pixels, seconded by the coarser objects that it is part of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array

from ..products.types import NOT_MAPPED, PROBABILITY_STEPS
from .colours import evidence
from .segment import Segments
from .votes import Lattice

ROWS = 480  # pixel rows at a time


@dataclass(frozen=True)
class Verdicts:
    """What became of n segments.

    p       float64 (n, classes) in the order of ``classes``: mean probability of the windows; NaN where none answered
    first, second   int64 (n,): the classes with the best and the second best score, -1 where no window answered or no
                    (other) class has any score
    share   float64 (n,): the first class's part in the scores of all classes; NaN where no window answered
    sure    bool (n,): the probability of ``first`` reaches the threshold of that class
    """

    classes: tuple[str, ...]
    p: np.ndarray
    first: np.ndarray
    second: np.ndarray
    share: np.ndarray
    sure: np.ndarray


def sums_of(segments: Segments, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """int64 (n, classes) sums over each segment's pixels of probability x 10000, and (n,) pixels with an answer."""
    labels, n = segments.labels, len(segments)
    flat = lattice.p.reshape(-1, lattice.p.shape[2])
    answered = flat[:, 0] != NOT_MAPPED
    values = np.where(answered[:, None], flat, 0).astype(np.int64)
    sums, pixels = np.zeros((n, flat.shape[1]), np.int64), np.zeros(n, np.int64)
    for top in range(0, labels.height, ROWS):
        bottom = min(top + ROWS, labels.height)
        here = labels.read(top, bottom).ravel()
        cell = lattice.cells(top, bottom, labels.width).ravel()
        use = here > 0
        key, count = np.unique((here[use].astype(np.int64) - 1) * len(flat) + cell[use], return_counts=True)
        segment, cell = np.divmod(key, len(flat))
        table = coo_array((count, (segment, cell)), shape=(n, len(flat))).tocsr()
        first, last = (int(segment[0]), int(segment[-1]) + 1) if len(segment) else (0, 0)
        sums[first:last] += table[first:last] @ values
        pixels[first:last] += table[first:last] @ answered.astype(np.int64)
    return sums, pixels


def means_of(segments: Segments, lattice: Lattice) -> np.ndarray:
    """float64 (n, classes): mean probability over a segment's pixels, and with it those over its coarser objects, each
    level with the same weight; NaN where no window answered."""
    sums, pixels = sums_of(segments, lattice)
    total, levels = np.zeros(sums.shape), np.zeros(len(segments))
    for group in (np.arange(1, len(segments) + 1), *segments.levels):
        count = int(group.max()) if len(group) else 0
        seen = np.bincount(group - 1, pixels, count)
        answered = seen[group - 1] > 0
        levels += answered
        for i in range(sums.shape[1]):
            mean = np.bincount(group - 1, sums[:, i], count) / np.maximum(seen, 1)
            total[:, i] += np.where(answered, mean[group - 1], 0)
    spoken = pixels > 0
    p = np.full(sums.shape, np.nan)
    p[spoken] = np.rint(total[spoken] / levels[spoken, None]) / PROBABILITY_STEPS
    return p


def verdicts(
    p: np.ndarray,
    weights: np.ndarray | None,
    classes: tuple[str, ...],
    thresholds: Sequence[float],
    untrained: Sequence[str] = (),
) -> Verdicts:
    """The class of each segment: the most probable, or with ``weights`` (n, classes) that of the most weighted evidence.

    Classes that the model never learnt are not in the running. Where no weighted class has evidence, evidence alone decides.
    """
    spoken = ~np.isnan(p[:, 0])
    known = np.where(spoken[:, None], p, 0.0)
    known = np.where(np.isin(classes, untrained), 0.0, known)
    score = known if weights is None else evidence(known) * weights
    score = np.where(score.any(axis=1, keepdims=True), score, known)
    total = score.sum(axis=1)
    n, order = np.arange(len(p)), np.argsort(-score, axis=1, kind="stable")
    ranked = [np.where(score[n, at] > 0, at, -1) for at in order.T[:2]]
    first, second = ranked[0], ranked[1] if len(ranked) > 1 else np.full(len(p), -1)
    named = first >= 0
    share = np.where(named, score[n, first] / np.where(named, total, 1), np.nan)
    reached = np.array(thresholds)[first] <= known[n, first] + 1e-9
    return Verdicts(classes, p, first, second, share.round(4), reached & named)
