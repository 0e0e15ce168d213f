"""What held-apart answers show: calibration, the common threshold of conformal risk control, and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...nomenclature import ORDER_ALPHABETICAL
from ..evaluate.metrics import auroc, average_precision, fit_calibration, interval, macro_ap, micro_f1, sigmoid
from ..types import Record
from .crops import presence

CLASSES = ORDER_ALPHABETICAL
MISSED = 0.25  # of the classes of a patch, the expected share that gets no label: the risk that is controlled
# A class without evidence answers sigmoid(0 * logit - 20) = 2e-9 and is never a label.
SILENT = (0.0, -20.0)


@dataclass(frozen=True)
class Evidence:
    """Answers of networks to patches whose regions they never saw: all that scores and calibration rest on.

    region (N,), fold (N,), logits (N, 19), answered (19,) bool: the classes that are trained.
    """

    sensors: str
    records: tuple[Record, ...]
    region: np.ndarray
    fold: np.ndarray
    logits: np.ndarray
    answered: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        return presence(self.records)

    @cached_property
    def tiles(self) -> np.ndarray:
        return np.array([r.tile for r in self.records])

    def fitted(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Calibration (19, 2) and thresholds (19,) from the given rows."""
        calibration = np.tile(SILENT, (len(CLASSES), 1))
        thresholds = np.ones(len(CLASSES))
        use, truth = self.answered, self.truth[rows][:, self.answered]
        calibration[use] = fit_calibration(truth, self.logits[rows][:, use])
        probability = sigmoid(calibration[use, 0] * self.logits[rows][:, use] + calibration[use, 1])
        thresholds[use] = risk_controlled(truth, probability, MISSED)
        return calibration, thresholds

    def crossed(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and labels (N, 19), each fold's with the calibration and thresholds of the others."""
        probability = np.zeros(self.logits.shape)
        labels = np.zeros(self.logits.shape, bool)
        for k in np.unique(self.fold):
            (ab, thresholds), rows = self.fitted(self.fold != k), self.fold == k
            probability[rows] = sigmoid(ab[:, 0] * self.logits[rows] + ab[:, 1])
            labels[rows] = probability[rows] >= thresholds
        return probability, labels

    def scores(self) -> dict[str, dict[str, Any]]:
        """The figures of the card, each with a 95 % interval over whole regions."""
        truth, m = self.truth, self.answered
        probability, labels = self.crossed()
        # Each patch's prior is the class frequencies of the other folds: what an answer without a look would be.
        prior = np.stack([truth[self.fold != k].mean(0) for k in self.fold])
        error = (probability - truth)[:, m] ** 2
        missed = missed_share(truth[:, m], labels[:, m])

        def figure(score: Callable[[np.ndarray], float], note: str) -> dict[str, Any]:
            low, high = interval(score, self.region)
            value = score(np.arange(len(truth)))
            return {"value": round(value, 3), "low": round(low, 3), "high": round(high, 3), "note": note}

        figures = {
            "macro AP": figure(
                lambda r: macro_ap(truth[r][:, m], self.logits[r][:, m]),
                f"mean over the {m.sum()} trained classes; chance {truth[:, m].mean():.2f}",
            ),
            "AUROC inside folds": figure(
                lambda r: inside_folds(truth[r][:, m], self.logits[r][:, m], self.fold[r]),
                "patches of one fold set against each other only, pairs of all trained classes alike; chance 0.50",
            ),
            "micro F1": figure(
                lambda r: micro_f1(truth[r], labels[r]),
                f"all 19 classes, thresholds fitted on the other folds; by class frequency alone "
                f"{micro_f1(truth, prior >= 0.25):.2f}",
            ),
            "missed": figure(
                lambda r: float(missed[r].mean()),
                f"share of a patch's trained classes that get no label; thresholds fitted on the other folds for {MISSED}",
            ),
            "Brier score": figure(
                lambda r: float(error[r].mean()),
                f"mean squared error of the calibrated probabilities; by class frequency alone "
                f"{((prior - truth)[:, m] ** 2).mean():.3f}",
            ),
        }
        for i in np.flatnonzero(m):
            figures[f"AP {CLASSES[i]}"] = figure(
                lambda r, i=i: average_precision(truth[r, i], self.logits[r, i]),  # type: ignore[misc]
                f"{truth[:, i].sum()} positives in {len(set(self.tiles[truth[:, i]]))} tiles; chance {truth[:, i].mean():.2f}",
            )
        return figures


def inside_folds(truth: np.ndarray, scores: np.ndarray, fold: np.ndarray) -> float:
    """Mean over the classes of the share of (present, absent) pairs of patches of one fold that stand in order.

    Answers of different networks are not compared here, as average precision over all folds must.
    """
    means = []
    for t, s in zip(truth.T, scores.T, strict=True):
        right, pairs = 0.0, 0
        for k in np.unique(fold):
            inside = fold == k
            n = int(t[inside].sum()) * int((~t[inside]).sum())
            if n:
                right, pairs = right + n * auroc(t[inside], s[inside]), pairs + n
        if pairs:
            means.append(right / pairs)
    return float(np.mean(means))


def missed_share(truth: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N,) share of each patch's classes that got no label; 0 for a patch without any class."""
    return (truth & ~labels).sum(1) / np.maximum(truth.sum(1), 1)


def risk_controlled(truth: np.ndarray, probability: np.ndarray, risk: float) -> float:
    """The highest threshold whose expected ``missed_share`` on one more patch is at most ``risk``; 0 if none is.

    Conformal risk control (Angelopoulos et al., 2022, equation 4, loss bounded by 1): the n patches at hand count
    as n + 1 of which one misses everything. It holds for a patch drawn like them; for another region, season or
    continent it promises nothing. ``truth`` (n, classes) bool, ``probability`` (n, classes).
    """
    n = len(truth)
    cuts = np.unique(probability[truth])  # between these the risk does not change
    risks = np.array([missed_share(truth, probability >= c).mean() for c in cuts])
    allowed = np.flatnonzero(n / (n + 1) * risks + 1 / (n + 1) <= risk)
    return float(cuts[allowed[-1]]) if len(allowed) else 0.0
