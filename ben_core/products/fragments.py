"""Small pieces of HTML for the report. Text comes in raw and goes out escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from .legend import Category
from .palette import NO_LABEL
from .picture import swatch
from .quicklook import percent


def columns(counts: np.ndarray, names: Sequence[str], unit: str) -> str:
    """A bar chart; every bar carries its share as text."""
    total, largest = max(int(counts.sum()), 1), max(int(counts.max()), 1)
    bars = "".join(
        f'<li title="{n:,} cells"><b>{percent(n / total) if n else ""}</b><i style="height:{78 * n / largest:.1f}%"></i>'
        f"<span>{escape(name)}</span></li>"
        for n, name in zip(counts.tolist(), names, strict=True)
    )
    return f'<ul class="columns" aria-label="share of the mapped cells by {escape(unit)}">{bars}</ul>'


def facts_list(facts: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items() if v) + "</dl>"


def rows(facts: Mapping[str, str]) -> str:
    return "".join(f'<tr><th scope="row">{escape(k)}</th><td>{escape(str(v))}</td></tr>' for k, v in facts.items())


def badge(trained: bool) -> str:
    return "" if trained else '<span class="badge">not trained</span>'


def meter(category: Category, share: float) -> str:
    if not share:
        return '<td class="bar"></td>'
    return f'<td class="bar"><span class="meter" style="width:{100 * share:.1f}%;background:{category.colour}"></span></td>'


def sample(category: Category) -> str:
    if category.code >= NO_LABEL.code:
        return f'<span class="swatch" style="background-image:url({data_url(swatch(category, 32, 24), "PNG")})"></span>'
    return f'<span class="swatch" style="background:{category.colour}"></span>'


def data_url(image: Image.Image, kind: str) -> str:
    stream = io.BytesIO()
    image.save(stream, kind, optimize=True, **({"quality": 86} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(stream.getvalue()).decode()}"
