"""Counts of a map: by class, by number of labels, by confidence, by what became of the cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .legend import CATEGORY, Category
from .types import STATUS_NAMES
from .view import MapView

CONFIDENCE_BINS = 10
MOST_LABELS = 6  # the last bar of the label counts means this many or more


@dataclass(frozen=True)
class ClassTally:
    """One class: cells whose most probable class it is (number, km2), and cells that carry its label."""

    category: Category
    cells: int
    km2: float
    labelled: int
    threshold: float
    trained: bool
    fallback: float | None = None  # threshold of the fallback model


@dataclass(frozen=True)
class GroupTally:
    category: Category
    cells: int
    km2: float


def class_tallies(view: MapView) -> list[ClassTally]:
    """Every class that the model answers, the largest area first."""
    cells, km2 = _by_code(view, view.top)
    tallies = []
    for i, name in enumerate(view.classes):
        c = CATEGORY[name]
        labelled = int(view.labels[..., i].sum())
        trained = name not in view.record.card.untrained
        fallback = view.record.fallback.threshold(name) if view.record.fallback else None
        tallies.append(
            ClassTally(c, int(cells[c.code]), km2[c.code], labelled, view.record.thresholds[i], trained, fallback)
        )
    return sorted(tallies, key=lambda t: (-t.km2, -t.labelled, t.category.code))


def group_tallies(view: MapView) -> list[GroupTally]:
    """The groups of the run's legend in its order; empty without one."""
    if view.groups is None:
        return []
    cells, km2 = _by_code(view, view.groups)
    return [GroupTally(c, int(cells[c.code]), km2[c.code]) for c in view.group_categories]


def by_status(view: MapView) -> dict[str, int]:
    """Cells by STATUS_NAMES; names without cells are left out."""
    counts = np.bincount(view.answers.status.ravel(), minlength=len(STATUS_NAMES))
    return {name: int(n) for name, n in zip(STATUS_NAMES, counts, strict=True) if n}


def confidence(view: MapView) -> np.ndarray:
    """int (10): mapped cells by the probability of their most probable class, in steps of 0.1."""
    return np.histogram(view.top_p[view.mapped], CONFIDENCE_BINS, (0, 1))[0]


def label_counts(view: MapView) -> np.ndarray:
    """int (7): mapped cells with 0, 1, ... labels; the last one counts 6 and more."""
    capped = np.minimum(view.n_labels[view.mapped], MOST_LABELS)
    return np.bincount(capped, minlength=MOST_LABELS + 1)


def _by_code(view: MapView, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cells = np.bincount(codes.ravel(), minlength=256)
    km2 = np.bincount(codes.ravel(), weights=view.area_m2.ravel(), minlength=256) / 1e6
    return cells, km2
