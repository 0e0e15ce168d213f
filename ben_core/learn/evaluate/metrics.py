"""Scores of multi-label answers, calibration and thresholds: numpy in, numbers out.

Arrays are (N, classes): ``truth`` bool, ``scores`` any real number that grows with belief.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


class Ranking:
    """Patches of one class in falling order of score, (N,) each: AP and AUROC of any weighting without sorting again.

    ``weights`` (N,) count a patch that often, in the order that ``truth`` came in. Tied scores are one step.
    """

    def __init__(self, truth: np.ndarray, scores: np.ndarray) -> None:
        self.order = np.argsort(-scores, kind="stable")
        self.truth = truth[self.order]
        self.scores = scores[self.order]
        self.ends = np.append(np.flatnonzero(np.diff(self.scores)), len(scores) - 1)[
            : len(scores)
        ]  # last patch of each step

    def steps(self, weights: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """(true, false) patches at or above each step's score, float64."""
        if not len(self.truth):
            return np.zeros(1), np.zeros(1)
        w = np.ones(len(self.truth)) if weights is None else weights[self.order].astype(np.float64)
        true = np.cumsum(w * self.truth)[self.ends]
        return true, np.cumsum(w)[self.ends] - true

    def average_precision(self, weights: np.ndarray | None = None) -> float:
        """NaN without a positive."""
        return float(areas(*self.steps(weights))[0])

    def auroc(self, weights: np.ndarray | None = None) -> float:
        """Area under the ROC curve; NaN without a positive or without a negative."""
        return float(areas(*self.steps(weights))[1])

    def by_group(self, group: np.ndarray, count: int, most: int = 2000) -> tuple[np.ndarray, np.ndarray]:
        """(true, false) patches of each group in each step, (count, steps); neighbouring steps are merged to ``most``.

        ``group`` (N,) is the number of each patch's group, in the order that ``truth`` came in.
        """
        n = len(self.truth)
        step = np.arange(len(self.ends)) if len(self.ends) <= most else self.ends * most // n
        size = int(step[-1]) + 1
        place = group[self.order] * size + np.repeat(step, np.diff(self.ends, prepend=-1))
        true = np.bincount(place, self.truth, count * size).reshape(count, size)
        return true, np.bincount(place, minlength=count * size).reshape(count, size) - true


def areas(true: np.ndarray, false: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average precision and AUROC of cumulated (true, false) patches along the last axis; NaN where not defined."""
    all_true, all_false = true[..., -1], false[..., -1]
    gained = np.diff(true, axis=-1, prepend=0)
    ap = (gained * true / np.maximum(true + false, 1e-12)).sum(-1)
    middle = true - gained / 2  # half of a tie counts
    under = (np.diff(false, axis=-1, prepend=0) * middle).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(ap / all_true), np.asarray(under / (all_true * all_false))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Average precision of one class, (N,) each; tied scores count as one step. NaN without a positive."""
    return Ranking(truth, scores).average_precision()


def auroc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve of one class, (N,) each; NaN without a positive or without a negative."""
    return Ranking(truth, scores).auroc()


def macro_ap(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean average precision of the classes given that have a positive."""
    return float(np.nanmean([average_precision(t, s) for t, s in zip(truth.T, scores.T, strict=True)]))


def micro_f1(truth: np.ndarray, answer: np.ndarray) -> float:
    """F1 over all (patch, class) pairs together; ``answer`` bool (N, classes)."""
    return float(2 * (truth & answer).sum() / max(truth.sum() + answer.sum(), 1))


def counts(truth: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """int64 (4, N, classes): true positives, false positives, false negatives, true negatives, each 0 or 1."""
    return np.stack([truth & answer, ~truth & answer, truth & ~answer, ~truth & ~answer]).astype(np.int64)


def measures(counted: np.ndarray) -> dict[str, np.ndarray]:
    """Measures by name of sums of ``counts`` along patches or classes, (4, …) to (…) each; 0 / 0 is 0."""
    tp, fp, fn, tn = counted.astype(np.float64)

    def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
        return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)

    return {
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "F1": share(2 * tp, 2 * tp + fp + fn),
        "F2": share(5 * tp, 5 * tp + fp + 4 * fn),
        "specificity": share(tn, tn + fp),
        "accuracy": share(tp + tn, tp + fp + fn + tn),
    }


RANKINGS = ("ranking loss", "coverage", "one-error", "LRAP")


def rankings(truth: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
    """How each patch ranks its classes, float64 (N,) by name; of tied classes the false ones count as ranked higher.

    ranking loss  share of (true, false) pairs in the wrong order; 0 where all or no classes are true
    coverage      how far down the ranking the last true class stands (1 is the top); 0 without one
    one-error     1 where the class ranked first is false (of several first ones: the share that is false);
                  NaN without a true class
    LRAP          label-ranking average precision; 1 where all or no classes are true
    As sklearn.metrics.label_ranking_loss, coverage_error and label_ranking_average_precision_score define them.
    """
    out = {name: np.empty(len(truth)) for name in RANKINGS}
    for first in range(0, len(truth), 4096):  # (patches, classes, classes) at a time
        rows = slice(first, first + 4096)
        t, s = truth[rows], scores[rows]
        above = s[:, None, :] >= s[:, :, None]
        rank = above.sum(2).astype(np.float64)
        true_above = (above & t[:, None, :]).sum(2)
        n = t.sum(1).astype(np.float64)
        pairs = n * (t.shape[1] - n)
        wrong = ((rank - true_above) * t).sum(1)
        top = s == s.max(1, keepdims=True)
        out["ranking loss"][rows] = np.divide(wrong, pairs, out=np.zeros_like(n), where=pairs > 0)
        out["coverage"][rows] = np.where(t, rank, 0).max(1)
        out["one-error"][rows] = np.where(n > 0, (top & ~t).sum(1) / top.sum(1), np.nan)
        mean = np.divide((true_above / rank * t).sum(1), n, out=np.ones_like(n), where=n > 0)
        out["LRAP"][rows] = np.where(pairs > 0, mean, 1.0)
    return out


def taken_for(truth: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """int64 (classes, classes + 1): what is answered where a class is missed.

    Row i counts the patches that hold class i and do not get it: column j those of them that get class j
    without holding it, the last column those that get no wrong class at all. A patch may stand in several columns,
    so a row need not add up to its misses. The idea is that of the multi-label confusion matrix (Heydarian,
    Doyle and Samavi, IEEE Access 10, 2022, doi 10.1109/ACCESS.2022.3151048); there each wrong class is
    paired with one missed class in the order of the columns, here with every missed class of the patch.
    """
    missed, wrong = truth & ~answer, answer & ~truth
    nothing = ~wrong.any(1)
    return missed.T.astype(np.int64) @ np.column_stack([wrong, nothing]).astype(np.int64)


def interval(
    score: Callable[[np.ndarray], float], groups: np.ndarray, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of ``score(rows)``, whole groups drawn with replacement.

    Patches of one tile share weather, season and landscape, so tiles are drawn and not patches.
    """
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == g) for g in np.unique(groups)]
    values = []
    for _ in range(draws):
        drawn = random.integers(len(members), size=len(members))
        values.append(score(np.concatenate([members[i] for i in drawn])))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def fit_calibration(truth: np.ndarray, logits: np.ndarray, strength: float = 4.0) -> np.ndarray:
    """(classes, 2) pairs (a, b) with p = sigmoid(a * logit + b), by penalised likelihood.

    One pair is fitted to all classes together first, then one a class that is held to it by a
    Gaussian prior worth ``strength`` observations, so that a class of four positives stays near the
    common pair. ``a`` stays positive: calibration never turns a ranking round.
    """
    common = _platt(truth.ravel(), logits.ravel(), np.array([1.0, 0.0]), 1e-3)
    return np.stack([_platt(t, z, common, strength) for t, z in zip(truth.T, logits.T, strict=True)])


def _platt(truth: np.ndarray, logits: np.ndarray, prior: np.ndarray, strength: float) -> np.ndarray:
    """Newton's method on the penalised log loss of p = sigmoid(a z + b)."""
    x = np.stack([logits, np.ones_like(logits)], axis=1).astype(np.float64)
    pair = prior.astype(np.float64).copy()
    for _ in range(50):
        p = sigmoid(x @ pair)
        gradient = x.T @ (p - truth) + strength * (pair - prior)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + strength * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        pair -= step / max(1.0, np.abs(step).max())  # at most 1 a step: no overshoot on separable classes
        if np.abs(step).max() < 1e-8:
            break
    return np.array([max(pair[0], 0.1), pair[1]])


def fit_thresholds(truth: np.ndarray, probabilities: np.ndarray, weight: float = 10.0) -> np.ndarray:
    """(classes,) thresholds of best F1, each drawn towards 0.5 as far as its positives are few.

    With n positives the best threshold counts n / (n + ``weight``).
    """
    best = np.array([_best_threshold(t, p) for t, p in zip(truth.T, probabilities.T, strict=True)])
    trust = truth.sum(0) / (truth.sum(0) + weight)
    return trust * best + (1 - trust) * 0.5


def _best_threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """The middle between the last probability that F1 wants in and the first that it wants out."""
    if not truth.any():
        return 0.5
    ranking = Ranking(truth, probability)
    true, false = ranking.steps()
    best = int(len(true) - 1 - np.argmax((2 * true / (truth.sum() + true + false))[::-1]))  # the lowest of equals
    p = ranking.scores[ranking.ends]
    return float((p[best] + p[best + 1]) / 2 if best + 1 < len(p) else p[best] / 2)
