"""True scores before and after, where somebody has labels: a reference cut to the guard's patches, and paired intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..job import PATCH
from ..learn.data.clc_codes import NO_CLASS, class_indices
from ..learn.data.reference import known_share, open_reference
from ..learn.evaluate.bootstrap import Draws, Groups, grouped
from ..learn.evaluate.finished_map import KNOWN
from ..learn.evaluate.metrics import Ranking, areas, counts, measures
from ..nomenclature import ORDER_ALPHABETICAL
from ..scene.types import PixelGrid

MEASURES = ("AP macro", "F1 micro", "overall accuracy", "kappa")
DRAWS = 1000
_CHUNK = 100  # draws held in memory at a time


@dataclass(frozen=True)
class Truth:
    """What is there in N patches; a patch of ``known`` False takes no part.

    present  bool (N, C): the class is there, by BigEarthNet's rule (one pixel is enough)
    main     int (N,): the class that covers most of the patch, -1 where no class of the model does
    known    bool (N,)
    """

    present: np.ndarray
    main: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class Change:
    """A score before and after, and the 95 % interval of the difference (NaN where blocks are too few to draw)."""

    before: float
    after: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.after - self.before


def truth_of(
    reference: str | Path,
    grid: PixelGrid,
    corners: np.ndarray,
    classes: Sequence[str],
    *,
    code_field: str | None = None,
    codes: Mapping[str, int] | None = None,
) -> Truth:
    """The truth of patches of 120 x 120 px with these ``corners`` (N, 2; top, left) on the scene's 10 m grid.

    See ``learn.data.reference.open_reference`` for the reference and what it raises; DataError where it knows of no
    patch what is there.
    """
    columns = [classes.index(c) if c in classes else -1 for c in ORDER_ALPHABETICAL]
    present = np.zeros((len(corners), len(classes)), bool)
    main, known = np.full(len(corners), -1), np.zeros(len(corners), bool)
    source = open_reference(reference, grid, code_field=code_field, codes=codes)
    try:
        for i, (top, left) in enumerate(corners.tolist()):
            found = source.rows(top, top + PATCH, left, left + PATCH)
            known[i] = known_share(found) >= KNOWN
            indices = class_indices(found)
            cover = np.bincount(indices[indices != NO_CLASS], minlength=len(columns))
            for c in np.flatnonzero(cover):
                if columns[c] >= 0:
                    present[i, columns[c]] = True
            if cover.any():
                main[i] = columns[int(cover.argmax())]
    finally:
        source.close()
    if not known.any():
        raise DataError(
            f"The reference {reference} knows of no patch of the guard what is there.",
            f"At least {KNOWN:.0%} of a patch must carry codes of the 19 classes; the guard's patches lie in blocks drawn by --seed.",
        )
    return Truth(present, main, known)


def compare(
    before: np.ndarray,
    after: np.ndarray,
    truth: Truth,
    thresholds: np.ndarray,
    trained: np.ndarray,
    block: np.ndarray,
    seed: int = 0,
    count: int = DRAWS,
) -> tuple[dict[str, Change], Groups]:
    """Each of MEASURES before and after, p (N, C) each, and what was drawn for the intervals (its ``note``: why these are
    too narrow; "" where they are not).

    AP macro          mean average precision of the trained classes that occur
    F1 micro          labels at the thresholds against what is there, all patches and trained classes together
    overall accuracy  share of the patches whose most probable class covers most of them: one class a patch, as in
                      Tong et al. (arXiv:1807.05713); ``kappa`` is Cohen's of the same answers
    Whole spatial blocks are drawn, the same for both, so that the interval is that of the difference.
    """
    rows = np.flatnonzero(truth.known)
    groups = grouped(block[rows], "blocks")
    draws = Draws(groups, count, seed)
    values = [_values(p[rows].astype(np.float64), truth, rows, thresholds, trained, draws) for p in (before, after)]
    found = {}
    for i, name in enumerate(MEASURES):
        moved = values[1][i, 1:] - values[0][i, 1:]
        moved = moved[np.isfinite(moved)]
        low, high = np.percentile(moved, [2.5, 97.5]) if len(moved) else (np.nan, np.nan)
        found[name] = Change(float(values[0][i, 0]), float(values[1][i, 0]), float(low), float(high))
    return found, groups


def _values(
    p: np.ndarray, truth: Truth, rows: np.ndarray, thresholds: np.ndarray, trained: np.ndarray, draws: Draws
) -> np.ndarray:
    """(measures, 1 + draws)."""
    present, main = truth.present[rows][:, trained], truth.main[rows]
    ap = [_average_precision(t, q, draws) for t, q in zip(present.T, p[:, trained].T, strict=True) if t.any()]
    cells = counts(present, p[:, trained] >= thresholds[trained]).sum(2).T  # (N, 4)
    f1 = measures(np.column_stack([cells.sum(0), draws.totals(cells).T]))["F1"]
    asked = main >= 0
    top = np.where(trained, p, -1).argmax(1)
    n = p.shape[1]
    pairs = np.zeros((len(rows), n * n), np.uint8)
    pairs[asked, main[asked] * n + top[asked]] = 1
    tables = np.concatenate([pairs.sum(0, dtype=np.float64)[None], draws.totals(pairs)]).reshape(-1, n, n)
    with np.errstate(invalid="ignore"):
        macro = np.nanmean(np.array(ap), axis=0) if ap else np.full(1 + len(draws.times), np.nan)
        return np.stack([macro, f1, *accuracy_and_kappa(tables)])


def _average_precision(truth: np.ndarray, scores: np.ndarray, draws: Draws) -> np.ndarray:
    """(1 + draws,): of all patches, then of each draw, (N,) each."""
    ranking = Ranking(truth, scores)
    found = [np.array([ranking.average_precision()])]
    for first in range(0, len(draws.times), _CHUNK):
        times = draws.times[first : first + _CHUNK, draws.groups.index][:, ranking.order].astype(np.float64)
        true = np.cumsum(times * ranking.truth, axis=1)[:, ranking.ends]
        found.append(areas(true, np.cumsum(times, axis=1)[:, ranking.ends] - true)[0])
    return np.concatenate(found)


def accuracy_and_kappa(tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Overall accuracy and Cohen's kappa of confusion tables (..., C, C); NaN where nothing was counted, kappa also
    where chance alone explains everything."""
    total = tables.sum((-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        right = np.trace(tables, axis1=-2, axis2=-1) / total
        chance = (tables.sum(-1) * tables.sum(-2)).sum(-1) / total**2
        return right, (right - chance) / np.where(chance < 1, 1 - chance, np.nan)
