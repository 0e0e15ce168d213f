"""Where labelled patches lie in the space of features, and how informative an unlabelled one is: the scores of DBSS.

DBSS, the Dual-Branch Selection Strategy (Yang et al., IEEE JSTARS 17, 2024, doi 10.1109/JSTARS.2024.3432976), was
made for images of one label each: c(l) is the mean feature of the labelled images of class l, and

    inner branch    sum over l of ln ||e - c(l)||                     high: far from all that is known
    border branch   min over l < m of | ||e - c(l)|| - ||e - c(m)|| |  low: between two classes

A patch of BigEarthNet has several labels, and its classes exclude nothing: there is no border between two of them,
but one between "present" and "absent" of each. So, our definition, a class: c(l) is the mean feature of the labelled
patches that hold l, a(l) of those that do not, and

    inner branch    sum over l of ln ||e - c(l)||                     as before
    border branch   min over l of | ||e - c(l)|| - ||e - a(l)|| | / ||c(l) - a(l)||

The division puts the classes on one scale, 0 (on the border) to 1 (in line with both centres): without it a class
whose two centres lie close would always look undecided. Classes that all labelled patches hold, or none, take no part
in the border; those that none holds have no centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import DataError

_NEAR = 1e-12  # distances below count as this: the logarithm of 0 is none


@dataclass(frozen=True)
class Scores:
    """Of N unlabelled patches, float64 (N,) each; ``inner``: high is informative, ``border``: low is.

    nearest   int (N,): the class whose centre lies nearest, an index of the classes given
    undecided int (N,): the class of the nearest border (single-label: the nearer class of the pair)
    """

    inner: np.ndarray
    border: np.ndarray
    nearest: np.ndarray
    undecided: np.ndarray


def score(
    features: np.ndarray,
    labelled: np.ndarray,
    present: np.ndarray,
    known: np.ndarray | None = None,
    single_label: bool = False,
) -> Scores:
    """DBSS scores of ``features`` (N, D) by labelled features (n, D).

    present  bool (n, classes): the labels; known bool, same shape: False where nobody knows (default: all known)
    Raises DataError where the labelled patches draw no border: fewer than two classes (``single_label``), or no
    class that some hold and some do not.
    """
    known = np.ones(present.shape, bool) if known is None else known
    with_class = [i for i in range(present.shape[1]) if (present[:, i] & known[:, i]).any()]
    centres = np.array([labelled[present[:, i] & known[:, i]].mean(axis=0) for i in with_class], dtype=np.float64)
    if not with_class:
        raise DataError("No labelled patch holds any class.", "Give labelled patches with --labelled.")
    to_centre = np.maximum(_distances(features, centres), _NEAR)
    inner = np.log(to_centre).sum(axis=1)
    nearest = np.array(with_class)[to_centre.argmin(axis=1)]
    if single_label:
        border, undecided = _border_of_pairs(to_centre, with_class)
    else:
        border, undecided = _border_of_presence(features, labelled, present, known, to_centre, with_class, centres)
    return Scores(inner, border, nearest, undecided)


def _border_of_pairs(to_centre: np.ndarray, classes: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Smallest difference of the distances to two centres: that of two neighbours in the sorted distances."""
    if len(classes) < 2:
        raise DataError("The labelled patches are all of one class: there is no border.", "Label a second class first.")
    order = np.argsort(to_centre, axis=1)
    gaps = np.diff(np.take_along_axis(to_centre, order, axis=1), axis=1)
    best = gaps.argmin(axis=1)
    rows = np.arange(len(to_centre))
    return gaps[rows, best], np.array(classes)[order[rows, best]]


def _border_of_presence(
    features: np.ndarray,
    labelled: np.ndarray,
    present: np.ndarray,
    known: np.ndarray,
    to_centre: np.ndarray,
    with_class: Sequence[int],
    centres: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    margins, classes = [], []
    for k, i in enumerate(with_class):
        absent = ~present[:, i] & known[:, i]
        if not absent.any():
            continue
        other = labelled[absent].mean(axis=0, dtype=np.float64)
        apart = max(float(np.linalg.norm(centres[k] - other)), _NEAR)
        margins.append(np.abs(to_centre[:, k] - _distances(features, other[None])[:, 0]) / apart)
        classes.append(i)
    if not classes:
        raise DataError(
            "Every labelled patch holds the same classes: there is no border between present and absent.",
            "Label patches that differ first.",
        )
    table = np.stack(margins, axis=1)
    best = table.argmin(axis=1)
    return table[np.arange(len(table)), best], np.array(classes)[best]


def _distances(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Euclidean, float64 (N, centres); a centre at a time, so that memory stays that of the features."""
    return np.stack([np.linalg.norm(features - c, axis=1) for c in centres], axis=1)
