"""Scores of multi-label answers and the calibration of probabilities: numpy in, numbers out.

Arrays are (N, classes): ``truth`` bool, ``scores`` any real number that grows with belief.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))


def average_precision(truth: np.ndarray, scores: np.ndarray) -> float:
    """Average precision of one class, (N,) each; tied scores count as one step. NaN without a positive."""
    if not truth.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    step_ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    precision = hits[step_ends] / (step_ends + 1)
    gained = np.diff(hits[step_ends], prepend=0)
    return float((precision * gained).sum() / hits[-1])


def macro_ap(truth: np.ndarray, scores: np.ndarray) -> float:
    """Mean average precision of the classes given that have a positive."""
    return float(np.nanmean([average_precision(t, s) for t, s in zip(truth.T, scores.T, strict=True)]))


def micro_f1(truth: np.ndarray, answer: np.ndarray) -> float:
    """F1 over all (patch, class) pairs together; ``answer`` bool (N, classes)."""
    return float(2 * (truth & answer).sum() / max(truth.sum() + answer.sum(), 1))


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
    p = np.sort(np.unique(probability))
    cuts = np.concatenate([[p[0] / 2], (p[1:] + p[:-1]) / 2])
    f1 = [2 * (truth & (probability >= c)).sum() / (truth.sum() + (probability >= c).sum()) for c in cuts]
    return float(cuts[int(np.argmax(f1))])
