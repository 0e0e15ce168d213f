"""Smooth borders: a pixel goes where most of its eight neighbours are."""

from __future__ import annotations

import numpy as np

ROUNDS = 2
_AROUND = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]


def smoothed(labels: np.ndarray, rounds: int = ROUNDS) -> np.ndarray:
    """The labels after ``rounds`` of majority; 0 stays 0 and has no vote.

    A pixel changes to the label of which strictly more of its neighbours are than of its own, itself counted; of
    equals the lower one wins. What is decided within ``rounds`` pixels of the array's edge may differ from what the
    whole raster would decide.
    """
    for _ in range(rounds):
        labels = _once(labels)
    return labels


def _once(labels: np.ndarray) -> np.ndarray:
    height, width = labels.shape
    padded = np.pad(labels, 1)
    around = [padded[i : i + height, j : j + width] for i, j in _AROUND]
    best = labels.copy()
    most = np.ones(labels.shape, np.int8)
    for neighbour in around:
        most += neighbour == labels
    for candidate in around:
        count = np.zeros(labels.shape, np.int8)
        for neighbour in around:
            count += neighbour == candidate
        better = (count > most) | ((count == most) & (candidate < best) & (best != labels))
        better &= (candidate != 0) & (labels != 0)
        best[better], most[better] = candidate[better], count[better]
    return best
