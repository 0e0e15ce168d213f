"""How unlike its training data a patch looks to a model: two scores, each a percentile of patches it never saw.

energy    joint energy, the sum over the classes of log(1 + exp(logit)): low where no class speaks up
          (Wang et al., "Can multi-label classification networks know what they don't know?", NeurIPS 2021)
distance  squared Mahalanobis distance of the pooled features from those of the training patches, under a
          covariance of low rank plus a constant (probabilistic PCA: Tipping and Bishop, 1999), as in Lee et al.,
          "A simple unified framework for detecting out-of-distribution samples", NeurIPS 2018

A score of 99 says: 99 in 100 held-apart patches looked more usual than this one. It is a hint, no proof: a
patch may look usual and be answered wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..errors import ModelError

SCORES = ("energy", "distance")
STEPS = 101  # quantiles 0, 1, ... 100 %
MOST_NUMBERS = 8192  # of the basis: the card is a JSON file that also travels inside the ONNX file


@dataclass(frozen=True)
class Novelty:
    """What a card holds to score patches.

    mean      (D,) of the features of the training patches
    basis     (k, D) orthonormal directions, the largest variance first; ``variance`` (k,) along them
    rest      variance along each other direction
    energy, distance   (101,) quantiles of held-apart patches, rising
    """

    mean: tuple[float, ...]
    basis: tuple[tuple[float, ...], ...]
    variance: tuple[float, ...]
    rest: float
    energy: tuple[float, ...]
    distance: tuple[float, ...]

    def __post_init__(self) -> None:
        shapes = [len(row) for row in self.basis]
        numbers = (
            *self.mean,
            *self.variance,
            self.rest,
            *self.energy,
            *self.distance,
            *(v for r in self.basis for v in r),
        )
        if (
            not self.mean
            or any(n != len(self.mean) for n in shapes)
            or len(self.variance) != len(self.basis)
            or len(self.energy) != STEPS
            or len(self.distance) != STEPS
            or not np.isfinite(numbers).all()
            or not min((*self.variance, self.rest)) > 0
            or (np.diff(self.energy) < 0).any()
            or (np.diff(self.distance) < 0).any()
        ):
            raise ModelError("The model card's statistics of novelty contradict themselves.", "Make the card anew.")

    def scores(self, logits: np.ndarray, features: np.ndarray) -> np.ndarray:
        """uint8 (N, 2), percent, in the order of ``SCORES``: 100 is more unusual than every held-apart patch.

        logits    (N, classes) before calibration, of the classes that the model was trained for
        features  (N, D)
        Raises ModelError where the features are of another length.
        """
        if features.shape[1] != len(self.mean):
            raise ModelError(
                f"The model gives {features.shape[1]} features, its card's statistics of novelty are of {len(self.mean)}.",
                "Card and weights do not belong together.",
            )
        quantiles = self._arrays["energy"], self._arrays["distance"]
        energy = 100 - np.searchsorted(quantiles[0], joint_energy(logits), side="right") * (100 / STEPS)
        distance = np.searchsorted(quantiles[1], self.distances(features), side="left") * (100 / STEPS)
        return np.clip(np.rint(np.stack([energy, distance], axis=1)), 0, 100).astype(np.uint8)

    def distances(self, features: np.ndarray) -> np.ndarray:
        """Squared Mahalanobis distance of each row of (N, D)."""
        off = features.astype(np.float64) - self._arrays["mean"]
        along = off @ self._arrays["basis"].T
        left = np.maximum((off**2).sum(1) - (along**2).sum(1), 0)
        return (along**2 / self._arrays["variance"]).sum(1) + left / self.rest

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        """The fields as arrays: made once, since every batch of a map asks for them."""
        arrays = {k: np.array(getattr(self, k)) for k in ("mean", "variance", "energy", "distance")}
        return {**arrays, "basis": np.array(self.basis).reshape(len(self.basis), len(self.mean))}

    def to_dict(self) -> dict[str, Any]:
        return {
            "mean": list(self.mean),
            "basis": [list(row) for row in self.basis],
            "variance": list(self.variance),
            "rest": self.rest,
            "energy": list(self.energy),
            "distance": list(self.distance),
        }

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> Novelty:
        return cls(
            _numbers(d["mean"]),
            tuple(_numbers(row) for row in d["basis"]),
            _numbers(d["variance"]),
            float(d["rest"]),
            _numbers(d["energy"]),
            _numbers(d["distance"]),
        )


def joint_energy(logits: np.ndarray) -> np.ndarray:
    """(N,) sum over the classes of log(1 + exp(logit))."""
    return np.logaddexp(0, logits.astype(np.float64)).sum(axis=1)


def fit_space(features: np.ndarray, rank: int = 16) -> Novelty:
    """The feature space of training patches (N, D), N >= 2; its quantile tables are flat until ``with_quantiles``.

    ``rank`` directions at most, and no more than half the patches can tell apart.
    """
    n, d = features.shape
    mean = features.astype(np.float64).mean(0)
    _, scale, directions = np.linalg.svd(features - mean, full_matrices=False)
    rank = max(0, min(rank, n // 2, d - 1, MOST_NUMBERS // d))
    variance = scale**2 / max(n - 1, 1)
    rest = max(float(variance[rank:].sum()) / (d - rank), float(variance.sum()) / d * 1e-3, 1e-9)
    flat = (0.0,) * STEPS
    return Novelty(
        _short(mean),
        tuple(_short(row) for row in directions[:rank]),
        _short(np.maximum(variance[:rank], rest)),
        _short([rest])[0],
        flat,
        flat,
    )


def with_quantiles(space: Novelty, energies: np.ndarray, distances: np.ndarray) -> Novelty:
    """The quantile tables of held-apart patches: their ``joint_energy`` and ``distances``, (N,) each, N >= 1.

    Where folds were trained, each patch is measured in the feature space of the network that never saw it.
    """
    steps = np.linspace(0, 1, STEPS)
    return Novelty(
        space.mean,
        space.basis,
        space.variance,
        space.rest,
        _short(np.quantile(energies, steps)),
        _short(np.quantile(distances, steps)),
    )


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)


def _short(values: np.ndarray | Sequence[float]) -> tuple[float, ...]:
    """Six digits are plenty, and keep the card small."""
    return tuple(float(f"{v:.6g}") for v in values)
