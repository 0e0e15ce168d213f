"""What the report tells of a cell under the pointer: twelve bytes a cell, as base64 in a block of JSON."""

from __future__ import annotations

import base64
import json

import numpy as np

from .legend import CATEGORIES, CODES
from .palette import ALL_SKIPPED
from .types import MAPPED, OUTSIDE, PROBABILITY_STEPS, STATUS_NAMES
from .view import MapView

MOST_CELLS = 20_000  # a page with more would be slow to open
_TOP = 3
# report.js reads these bytes.
_CELL = np.dtype([("status", "u1"), ("labels", "<u4"), ("top", "u1", (_TOP, 2)), ("missed", "u1")])


def hover_data(view: MapView) -> str:
    """The element that report.js reads; empty where there are too many cells."""
    if view.mapped.size > MOST_CELLS:
        return ""
    grid = view.record.grid
    statuses = {name: category.name for name, category in ALL_SKIPPED.items()}
    statuses |= {STATUS_NAMES[OUTSIDE]: "Outside the area", STATUS_NAMES[MAPPED]: "Mapped"}
    document = {
        "rows": grid.rows,
        "cols": grid.cols,
        "width": grid.width,
        "height": grid.height,
        "stride": grid.stride,
        "bytes": _CELL.itemsize,
        "classes": {c.code: {"name": c.name, "colour": c.colour} for c in CATEGORIES},
        "statuses": [statuses[name] for name in STATUS_NAMES],
        "fallback": view.record.fallback.card.name if view.record.fallback else None,
        "reasons": STATUS_NAMES,
        "cells": base64.b64encode(cells(view).tobytes()).decode(),
    }
    text = json.dumps(document).replace("<", "\\u003c")  # no text may end the element
    return f'<script type="application/json" id="cells">{text}</script>'


def cells(view: MapView) -> np.ndarray:
    """Structured (rows, cols): status, label bits, the three most probable codes with percent (0: none), and where the
    fallback model answered the status that the first one left (else 0)."""
    out = np.zeros(view.mapped.shape, dtype=_CELL)
    out["status"] = view.answers.status
    out["labels"] = np.where(view.mapped, view.bits, 0)
    if view.answers.missed is not None:
        out["missed"] = np.where(view.filled, view.answers.missed, 0)
    # Stable, so that of equals the first comes first, as in ``top``.
    best = np.argsort(-view.answers.p.astype(np.int32), axis=2, kind="stable")[..., :_TOP]
    codes = np.array([CODES[name] for name in view.classes], dtype=np.uint8)
    p = np.take_along_axis(view.answers.p, best, axis=2)
    found = best.shape[2]
    out["top"][..., :found, 0] = np.where(view.mapped[..., None], codes[best], 0)
    out["top"][..., :found, 1] = np.where(view.mapped[..., None], np.rint(p / (PROBABILITY_STEPS / 100)), 0)
    return out
