"""What a person sees of a cell: its class, "no label", or why it was skipped. One code a cell, one colour a code."""

from __future__ import annotations

import numpy as np

from .legend import BY_FALLBACK, BY_FIRST, CATEGORIES, Category
from .types import CLOUD, MAPPED, NO_S1, NO_S2, NODATA, OUTSIDE, SNOW, STATUS_NAMES
from .view import MapView

OUT = 0  # outside the area asked for: left blank
NO_LABEL = Category(240, "No label above threshold", "#8c8478")
SKIPPED = {
    STATUS_NAMES[NODATA]: Category(241, "Skipped: no data", "#9a9a9a"),
    STATUS_NAMES[CLOUD]: Category(242, "Skipped: cloud", "#6f8fb5"),
    STATUS_NAMES[SNOW]: Category(243, "Skipped: snow or ice", "#37b4d6"),
}
ONE_SENSOR = {  # in maps that were made of both
    STATUS_NAMES[NO_S1]: Category(244, "Skipped: no Sentinel-1", "#b08a5b"),
    STATUS_NAMES[NO_S2]: Category(245, "Skipped: no Sentinel-2", "#8f7bb0"),
}
ALL_SKIPPED = {**SKIPPED, **ONE_SENSOR}
FILLED = Category(246, "Answered by the fallback model", "#1f2430")  # no colour of its own: lines over the class
assert len(ALL_SKIPPED) == len(STATUS_NAMES) - len((MAPPED, OUTSIDE))


def shown(view: MapView) -> np.ndarray:
    """uint8 (rows, cols): class code where a label stands, else NO_LABEL or SKIPPED codes, OUT outside."""
    status = view.answers.status
    code = np.where(view.n_labels == 0, np.uint8(NO_LABEL.code), view.top)
    for name, category in ALL_SKIPPED.items():
        code[status == STATUS_NAMES.index(name)] = category.code
    code[status == OUTSIDE] = OUT
    return code


def answered_categories(view: MapView) -> tuple[Category, ...]:
    """Who answered: the first model, the fallback model; empty where there is one model only."""
    if view.record.fallback is None:
        return ()
    return (
        Category(BY_FIRST, view.record.card.name, "#b9cbc2"),
        Category(BY_FALLBACK, f"{view.record.fallback.card.name} (fallback)", "#6d4c9f"),
    )


def legend_of(codes: np.ndarray) -> list[tuple[Category, int]]:
    """The categories that stand in ``codes`` with their number of cells: classes by frequency, then the rest."""
    counts = np.bincount(codes.ravel(), minlength=256)
    classes = sorted((c for c in CATEGORIES if counts[c.code]), key=lambda c: (-counts[c.code], c.code))
    rest = [c for c in (NO_LABEL, *ALL_SKIPPED.values()) if counts[c.code]]
    return [(c, int(counts[c.code])) for c in (*classes, *rest)]
