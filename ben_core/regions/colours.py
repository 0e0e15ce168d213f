"""Which segments account for what the windows saw.

A window says that water is there, not where in it. So segments are sorted into a few dozen kinds by their spectrum, and
for every class the strength s >= 0 of each kind is sought for which

    1 - exp(-sum over kinds of (share of the window's area x s))

comes closest to the probabilities of all windows: a kind that is found wherever water was seen, and hardly elsewhere, is
strong in water. It is the "noisy or" of learning from bags (Maron and Lozano-Pérez, "A framework for multiple-instance
learning", NIPS 1998; Heckerman 1989 for the model), with the logarithm taken: non-negative least squares, one solution,
no random start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from ..products.types import NOT_MAPPED, PROBABILITY_STEPS
from .segment import Segments
from .votes import Votes

KINDS = 40
ROUNDS = 10  # of moving segments to the nearest kind
FLOOR = 0.10  # share of the windows below: what a class has there it has everywhere, and no kind accounts for it
SUREST = 0.995  # p from there on counts alike, so that one window does not outweigh hundreds
ROWS = 480  # pixel rows at a time
_STEPS = 10_000  # strengths are whole numbers of 1/10000, whose sums are exact
_RIDGE = 1e-6  # mean square share: kinds that always come together share what they account for


@dataclass(frozen=True)
class Strengths:
    """kind   int64 (n,): the kind of each segment; strength: float64 (kinds, classes), 0 or more."""

    kind: np.ndarray
    strength: np.ndarray

    def weights(self) -> np.ndarray:
        """float64 (n, classes): each class's part in the strength of a segment's kind; alike where it has none."""
        total = self.strength.sum(axis=1, keepdims=True)
        even = np.full_like(self.strength, 1 / self.strength.shape[1])
        share = np.where(total > 0, self.strength / np.where(total > 0, total, 1), even)
        found: np.ndarray = share[self.kind]
        return found


def evidence(p: np.ndarray) -> np.ndarray:
    """-log(1 - p): what adds up where causes come together."""
    return -np.log(1 - np.minimum(p, SUREST))


def strengths_of(segments: Segments, votes: Sequence[Votes]) -> Strengths:
    """Kinds of segments, and how strongly each speaks for each class in the windows of all scales."""
    kind = kinds_of(segments.mean, segments.size)
    count = int(kind.max()) + 1
    y, x = np.unique(np.concatenate([v.y for v in votes])), np.unique(np.concatenate([v.x for v in votes]))
    area = _summed(segments, kind, count, y, x)
    floors = _floors(votes)
    squares, products = np.zeros((count, count)), np.zeros((count, votes[0].p.shape[2]))
    windows = 0
    for v in votes:
        pixels = v.grid.size**2
        one, other = _sums(v, area, y, x, floors)
        squares += one / pixels**2
        products += other / (pixels * _STEPS)
        windows += int(v.answered.sum())
    root = cholesky(squares + _RIDGE * max(windows, 1) * np.eye(count), lower=True)
    aims = solve_triangular(root, products, lower=True)
    return Strengths(kind, np.stack([nnls(root.T, aim)[0] for aim in aims.T], axis=1))


def kinds_of(mean: np.ndarray, size: np.ndarray, most: int = KINDS) -> np.ndarray:
    """int64 (n,): at most ``most`` kinds of segments by their mean spectrum, weighed by their size.

    The kind of the largest spread is cut across its longest axis (Boley, "Principal direction divisive partitioning",
    1998) until there are enough; then segments move to the nearest kind.
    """
    kind = np.zeros(len(mean), np.int64)
    spreads = [_spread(mean, size)]
    while len(spreads) < most and max(spreads) > 1e-9:
        widest = int(np.argmax(spreads))
        members = np.flatnonzero(kind == widest)
        apart = mean[members] - np.average(mean[members], axis=0, weights=size[members])
        axis = np.linalg.eigh(np.einsum("ni,nj,n->ij", apart, apart, size[members].astype(float)))[1][:, -1]
        beyond = members[np.einsum("ni,i->n", apart, axis * (1 if axis[np.abs(axis).argmax()] > 0 else -1)) > 0]
        if not 0 < len(beyond) < len(members):
            spreads[widest] = 0.0
            continue
        kind[beyond] = len(spreads)
        spreads[widest] = _spread(mean[kind == widest], size[kind == widest])
        spreads.append(_spread(mean[beyond], size[beyond]))
    for _ in range(ROUNDS):
        nearest, distance = np.zeros(len(mean), np.int64), np.full(len(mean), np.inf)
        for k in range(int(kind.max()) + 1):
            centre = np.average(mean[kind == k], axis=0, weights=size[kind == k])
            found = np.square(mean - centre).sum(axis=1)
            closer = found < distance
            nearest[closer], distance[closer] = k, found[closer]
        kind = np.unique(nearest, return_inverse=True)[1].astype(np.int64)
    return kind


def _spread(mean: np.ndarray, size: np.ndarray) -> float:
    return float((np.square(mean - np.average(mean, axis=0, weights=size)).sum(axis=1) * size).sum())


def _summed(segments: Segments, kind: np.ndarray, count: int, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """int32 (kinds, len(y), len(x)): pixels of each kind above y[i] and left of x[j]."""
    labels, cells = segments.labels, (len(y) - 1) * (len(x) - 1)
    found = np.zeros((count, len(y), len(x)), np.int32)
    counts = np.zeros(count * cells, np.int32)
    table = np.append(-1, kind)
    col = np.searchsorted(x, np.arange(labels.width), side="right") - 1
    for top in range(0, labels.height, ROWS):
        bottom = min(top + ROWS, labels.height)
        row = np.searchsorted(y, np.arange(top, bottom), side="right") - 1
        of = table[labels.read(top, bottom)]
        key = of * cells + (row[:, None] * (len(x) - 1) + col)
        places, n = np.unique(key[of >= 0], return_counts=True)
        counts[places] += n.astype(np.int32)
    inner = found[:, 1:, 1:]
    inner[:] = counts.reshape(count, len(y) - 1, len(x) - 1)
    np.cumsum(inner, axis=1, dtype=np.int32, out=inner)  # no scene has 2^31 pixels
    np.cumsum(inner, axis=2, dtype=np.int32, out=inner)
    return found


def _floors(votes: Sequence[Votes]) -> np.ndarray:
    """int64 (classes,): ``FLOOR`` of the windows of all scales have less evidence, in steps."""
    p = np.concatenate([v.p[v.answered] for v in votes])
    rank = int(FLOOR * (len(p) - 1))
    return _steps(np.sort(p, axis=0)[rank])


def _steps(p: np.ndarray) -> np.ndarray:
    return np.rint(evidence(p / PROBABILITY_STEPS) * _STEPS).astype(np.int64)


def _sums(
    votes: Votes, area: np.ndarray, y: np.ndarray, x: np.ndarray, floors: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Over all answered windows: (kinds, kinds) sums of areas x areas, (kinds, classes) of areas x evidence; exact."""
    size = votes.grid.size
    count, classes = len(area), votes.p.shape[2]
    squares, products = np.zeros((count, count), np.int64), np.zeros((count, classes), np.int64)
    left, right = np.searchsorted(x, votes.lefts), np.searchsorted(x, votes.lefts + size)
    table = np.append(np.maximum(_steps(np.arange(PROBABILITY_STEPS + 1)), 0), np.zeros(NOT_MAPPED, np.int64))
    for row, top in enumerate(votes.tops):
        a, b = np.searchsorted(y, top), np.searchsorted(y, top + size)
        inside = area[:, b][:, right] - area[:, a][:, right] - area[:, b][:, left] + area[:, a][:, left]
        inside = inside[:, votes.answered[row]].astype(np.int64)
        beyond = np.maximum(table[votes.p[row][votes.answered[row]]] - floors, 0)
        squares += inside @ inside.T
        products += inside @ beyond
    return squares, products
