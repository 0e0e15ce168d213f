"""What can be said of a model's answers without a label: figures of one model on the same patches, seen eight ways.

None of them is a score. A model that answers the same to everything agrees with itself perfectly; so each figure is
built to fall when answers lose their content, and none decides alone (``guard.judge``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EDGE = 1e-4  # probabilities are stored in such steps: beyond them a logit is noise
_QUIET = 0.01  # variance of a class's logits below which it says nothing about any patch


@dataclass(frozen=True)
class Near:
    """What the source samples nearest to N patches are, in the features of the model that is judged.

    rates     float (N, C): share of the k nearest that hold each class; NaN where the bank does not know the class
    distance  float (N,): mean distance to them, in units of what is usual
    """

    rates: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Signs:
    """Figures of one model on the guard's patches; means over the trained classes unless a class is said.

    agreement   0 to 1: of all that varies in a class's answers (variance of the logit), the share that differs between
                patches, not between the eight flips and turns of one patch. A turned field is the same field, so a
                model that knows it answers alike; one that answers alike to everything has nothing that differs
    stable      0 to 1: share of the labels given upright that are given to each turned patch too (Jaccard)
    entropy     bits: mean binary entropy of the answers
    prior       (C,): mean probability of each class
    labels      (C,): patches that get the label
    per_patch   mean number of labels a patch
    alone       0 to 1: share of the patches whose most probable class is the most frequent such class
    calibration mean squared difference to the rate of the label among the nearest source samples; NaN without bank
    distance    mean distance to these samples; NaN without bank
    finite      no NaN and no infinity
    """

    agreement: float
    stable: float
    entropy: float
    prior: np.ndarray
    labels: np.ndarray
    per_patch: float
    alone: float
    calibration: float
    distance: float
    finite: bool


def signs(
    p: np.ndarray, features: np.ndarray, thresholds: np.ndarray, trained: np.ndarray, near: Near | None = None
) -> Signs:
    """p float (N, V, C) with the upright view first, features (N, D), thresholds (C,), trained bool (C,); N >= 1."""
    finite = bool(np.isfinite(p).all() and np.isfinite(features).all())
    if not finite:
        nothing = np.full(p.shape[2], np.nan)
        return Signs(*(float("nan"),) * 3, nothing, nothing, *(float("nan"),) * 4, False)
    p = p.astype(np.float64)
    upright, given = p[:, 0], (p >= thresholds) & trained
    known = trained if near is None else trained & np.isfinite(near.rates).all(0)
    top = np.where(trained, upright, -1).argmax(1)
    return Signs(
        agreement=agreement(p[..., trained]),
        stable=_stable(given),
        entropy=float(binary_entropy(upright[:, trained]).mean()),
        prior=upright.mean(0),
        labels=given[:, 0].sum(0),
        per_patch=float(given[:, 0].sum(1).mean()),
        alone=float(np.bincount(top).max() / len(top)),
        calibration=float(np.square(upright - near.rates)[:, known].mean())
        if near is not None and known.any()
        else float("nan"),
        distance=float(near.distance.mean()) if near is not None else float("nan"),
        finite=True,
    )


def agreement(p: np.ndarray) -> float:
    """See ``Signs``; p (N, V, C). 0 where nothing differs between patches.

    The intraclass correlation ICC(1) of one-way analysis of variance (P. E. Shrout and J. L. Fleiss, 1979), pooled
    over the classes by the total variance, so that a silent class does not count.
    """
    n, v, _ = p.shape
    z = logit(p)
    of_patch = z.mean(1)
    inside = z.var(1, ddof=1).mean(0) if v > 1 else np.zeros(z.shape[2])
    between = np.maximum(of_patch.var(0, ddof=1) - inside / v, 0) if n > 1 else np.zeros(z.shape[2])
    total = inside + between
    total = np.where(total > _QUIET, total, np.inf)
    heard = np.isfinite(total)
    return float((between / total)[heard].mean()) if heard.any() else 0.0


def _stable(given: np.ndarray) -> float:
    """given bool (N, V, C): Jaccard of the upright labels with those of each other view; no label in both is agreement."""
    if given.shape[1] < 2:
        return 1.0
    first, rest = given[:, :1], given[:, 1:]
    both, either = (first & rest).sum(2), (first | rest).sum(2)
    return float(np.where(either > 0, both / np.maximum(either, 1), 1.0).mean())


def logit(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def binary_entropy(p: np.ndarray) -> np.ndarray:
    """In bits."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return np.asarray(-p * np.log2(p) - (1 - p) * np.log2(1 - p))


def divergence(a: np.ndarray, b: np.ndarray) -> float:
    """Mean over the classes of the Jensen-Shannon divergence, in bits, of present against absent; a, b (C,) shares."""
    return float((binary_entropy((a + b) / 2) - (binary_entropy(a) + binary_entropy(b)) / 2).mean())
