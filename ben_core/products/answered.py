"""The section of the report that says which of two models answered, where, and why not the first."""

from __future__ import annotations

from html import escape

import numpy as np
from PIL import Image

from .fragments import figure, legend, numbers, row, table
from .page import section
from .palette import answered_categories
from .picture import PAPER, panel_size, spread
from .types import STATUS_NAMES
from .view import MapView
from .words import percent


def answered_section(view: MapView) -> str:
    """Empty for runs of one model."""
    if view.record.fallback is None or view.answers.missed is None:
        return ""
    n, filled = int(view.mapped.sum()), int(view.filled.sum())
    first, fallback = answered_categories(view)
    counts = np.bincount(view.answers.missed[view.filled], minlength=len(STATUS_NAMES))
    reasons = "".join(
        row(escape(name), numbers(f"{count:,}", percent(count / n)))
        for name, count in zip(STATUS_NAMES, counts.tolist(), strict=True)
        if count
    )
    shares = legend((c, c.name, percent(cells / n)) for c, cells in ((first, n - filled), (fallback, filled)))
    met = "What the first model met there"
    reasons = (
        table(met, {met: "", "Cells": "n", "Share": "n"}, reasons)
        if filled
        else "<p>No cell needed the fallback model.</p>"
    )
    return section(
        "answered",
        "Which model answered?",
        f"<p>The model “{escape(first.name)}” could not answer <b>{filled:,}</b> of {n:,} mapped cells; "
        f"“{escape(view.record.fallback.card.name)}” did, with thresholds of its own. Where the two meet, a change of class "
        f'may be one of model, not of land.</p><div class="pair">{figure("Which model answered each cell", _image(view))}'
        f"<div>{shares}{reasons}</div></div>",
    )


def _image(view: MapView) -> Image.Image:
    (first, fallback), grid = answered_categories(view), view.record.grid
    cells = np.full((*view.mapped.shape, 3), PAPER, dtype=np.uint8)
    cells[view.mapped] = first.rgb
    cells[view.filled] = fallback.rgb
    return Image.fromarray(spread(cells, (grid.width, grid.height), grid.stride, panel_size(view, 760, 760)))
