"""SSAS, the Self-Supervisory Assistance Strategy of the same paper: a pseudo-label is accepted where the models of two
consecutive cycles agree.

With one label a patch that is: the most probable class is the same. With several it is asked class by class: both
models say "present", or both say "absent" (each by its own thresholds); where they differ nobody knows, and the class
is masked for this patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PseudoLabels:
    """bool (N, classes) each: ``present``, and ``agreed``, False where the label is masked."""

    present: np.ndarray
    agreed: np.ndarray


def agree(
    now: np.ndarray,
    before: np.ndarray,
    thresholds_now: np.ndarray,
    thresholds_before: np.ndarray,
    single_label: bool = False,
) -> PseudoLabels:
    """Pseudo-labels of N patches from the probabilities (N, classes) of cycle t + 1 and of cycle t, same class order.

    ========  ========  =================
    now       before    label
    ========  ========  =================
    present   present   present
    absent    absent    absent
    present   absent    masked
    absent    present   masked
    ========  ========  =================
    """
    if single_label:
        top = now.argmax(axis=1)
        one = np.zeros(now.shape, bool)
        one[np.arange(len(now)), top] = True
        same = top == before.argmax(axis=1)
        return PseudoLabels(one & same[:, None], np.repeat(same[:, None], now.shape[1], axis=1))
    present, was = now >= thresholds_now, before >= thresholds_before
    return PseudoLabels(present & was, present == was)


def most_certain(
    labels: PseudoLabels, now: np.ndarray, before: np.ndarray, count: int, taken: np.ndarray
) -> np.ndarray:
    """int (<= count,): the patches whose pseudo-labels are accepted, best first.

    Those with a class on whose presence both models agree and not ``taken`` (bool (N,): given to a person) come into
    question. First come those with the fewest masked classes, then those with the smallest mean difference of the two
    models' probabilities.
    """
    masked = (~labels.agreed).sum(axis=1)
    apart = np.abs(now - before).mean(axis=1)
    order = np.lexsort((apart, masked))
    return order[(labels.present.any(axis=1) & ~taken)[order]][:count]
