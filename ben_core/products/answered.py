"""The section of the report that says which of two models answered, where, and why not the first."""

from __future__ import annotations

from html import escape

import numpy as np
from PIL import Image

from .fragments import data_url, sample
from .palette import answered_categories
from .picture import PAPER, panel_size
from .quicklook import percent
from .types import STATUS_NAMES
from .view import MapView


def answered_section(view: MapView) -> str:
    """Empty for runs of one model."""
    if view.record.fallback is None or view.answers.missed is None:
        return ""
    n, filled = int(view.mapped.sum()), int(view.filled.sum())
    first, fallback = answered_categories(view)
    counts = np.bincount(view.answers.missed[view.filled], minlength=len(STATUS_NAMES))
    reasons = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{count:,}</td><td class="n">{percent(count / n)}</td></tr>'
        for name, count in zip(STATUS_NAMES, counts.tolist(), strict=True)
        if count
    )
    shares = "".join(
        f'<li>{sample(c)}<span>{escape(c.name)}</span><span class="share">{percent(cells / n)}</span></li>'
        for c, cells in ((first, n - filled), (fallback, filled))
    )
    table = (
        '<table class="reasons"><thead><tr><th scope="col">What the first model met there</th><th scope="col" class="n">'
        f'Cells</th><th scope="col" class="n">Share</th></tr></thead><tbody>{reasons}</tbody></table>'
        if filled
        else "<p>No cell needed the fallback model.</p>"
    )
    shape = f"{view.record.grid.width / view.record.grid.height:.6f}"
    return (
        '<section aria-labelledby="answered"><h2 id="answered">Which model answered?</h2>'
        f"<p>The model “{escape(first.name)}” could not answer <b>{filled:,}</b> of {n:,} mapped cells; "
        f"“{escape(view.record.fallback.card.name)}” did, with thresholds of its own. Where the two meet, a change of class "
        "may be one of model, not of land.</p>"
        f'<div class="pair"><figure><div class="frame" style="--shape: {shape}"><img class="map" '
        f'src="{data_url(_image(view), "PNG")}" alt="Map of which model answered each cell"></div></figure>'
        f'<div><ul class="legend">{shares}</ul>{table}</div></div></section>'
    )


def _image(view: MapView) -> Image.Image:
    first, fallback = answered_categories(view)
    width, height = panel_size(view, 760, 760)
    grid = view.record.grid
    cells = np.full((*view.mapped.shape, 3), PAPER, dtype=np.uint8)
    cells[view.mapped] = first.rgb
    cells[view.filled] = fallback.rgb
    row = ((np.arange(height) + 0.5) * grid.height / height).astype(np.int64) // grid.stride
    col = ((np.arange(width) + 0.5) * grid.width / width).astype(np.int64) // grid.stride
    return Image.fromarray(cells[row[:, None], col[None, :]])
