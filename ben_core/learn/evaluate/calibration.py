"""Do probabilities mean what they say? Reliability, expected calibration error, temperature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .metrics import fit_calibration, sigmoid

BINS = 10
_EDGE = 1e-7  # float32 answers 0 and 1 stand for something less certain


def logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p.astype(np.float64), _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def reliability(truth: np.ndarray, p: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each of ten equal bins of probability: number of answers, their mean probability, the share that is true.

    ``truth`` and ``p`` have one shape, whatever it is; the last bin holds 1. NaN where a bin is empty.
    """
    which = np.minimum((p.ravel() * BINS).astype(np.int64), BINS - 1)
    n = np.bincount(which, minlength=BINS)
    with np.errstate(invalid="ignore"):
        said = np.bincount(which, p.ravel(), minlength=BINS) / n
        held = np.bincount(which, truth.ravel(), minlength=BINS) / n
    return n, said, held


def calibration_error(truth: np.ndarray, p: np.ndarray) -> float:
    """Expected calibration error: mean over answers of how far their bin's probability lies from its truth."""
    if not truth.size:
        return float("nan")
    n, said, held = reliability(truth, p)
    return float(np.nansum(n * np.abs(said - held)) / n.sum())


def fit_temperature(truth: np.ndarray, p: np.ndarray) -> float:
    """T such that sigmoid(logit(p) / T) has the least log loss over all answers; 1 where they are perfect.

    C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, for independent sigmoids.
    """
    z, t = logit(p).ravel(), truth.ravel()

    def slope(log_t: float) -> float:
        scale = np.exp(-log_t)
        return float(-((sigmoid(z * scale) - t) * z).sum() * scale)

    low, high = np.log(0.05), np.log(20.0)
    for _ in range(60):  # the loss is convex in 1 / T, so its slope changes sign once
        middle = (low + high) / 2
        low, high = (low, middle) if slope(middle) > 0 else (middle, high)
    return float(np.exp((low + high) / 2))


def with_temperature(p: np.ndarray, temperature: float) -> np.ndarray:
    return sigmoid(logit(p) / temperature)


def crossed(
    folds: np.ndarray, sure: np.ndarray, fit_and_apply: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    """What each fold is answered by a fit on the others: ``fit_and_apply(rows to fit, rows to answer)``, in order.

    Only rows that are ``sure`` (N,) are fitted.
    """
    parts = {fold: np.flatnonzero(folds == fold) for fold in np.unique(folds)}
    answers = [fit_and_apply(np.flatnonzero((folds != fold) & sure), rows) for fold, rows in parts.items()]
    out = np.empty((len(folds), *answers[0].shape[1:]), answers[0].dtype)
    for rows, answer in zip(parts.values(), answers, strict=True):
        out[rows] = answer
    return out


def temperature_crossed(truth: np.ndarray, p: np.ndarray, folds: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """Probabilities after temperature scaling, each fitted without its own fold."""
    return crossed(folds, sure, lambda fit, rows: with_temperature(p[rows], fit_temperature(truth[fit], p[fit])))


def platt_crossed(truth: np.ndarray, p: np.ndarray, folds: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """The same with Platt's sigmoid a class (``fit_calibration``)."""
    z = logit(p)

    def apply(fit: np.ndarray, rows: np.ndarray) -> np.ndarray:
        a, b = fit_calibration(truth[fit], z[fit]).T
        return sigmoid(a * z[rows] + b)

    return crossed(folds, sure, apply)
