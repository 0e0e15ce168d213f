"""Small pieces of HTML for all pages. Text comes in raw and goes out escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from .legend import Category
from .palette import NO_LABEL
from .picture import swatch
from .words import percent

_UNTRAINED = '<span class="badge">not trained</span>'
_FOCUS = ' tabindex="0" aria-describedby="tip"'


def warnings(title: str, texts: Sequence[str]) -> str:
    """What to know first; empty where there is nothing."""
    if not texts:
        return ""
    items = "".join(f"<li>{escape(t)}</li>" for t in texts)
    return (
        f'<aside class="warnings" aria-labelledby="warned"><h2 id="warned">{escape(title)}</h2><ul>{items}</ul></aside>'
    )


def tiles(figures: Iterable[tuple[str, str]]) -> str:
    """(value, what it is): the page's main figures. A line break in the words stands."""
    items = "".join(
        f"<li><b>{escape(value)}</b><span>{escape(what).replace(chr(10), '<br>')}</span></li>"
        for value, what in figures
    )
    return f'<ul class="tiles">{items}</ul>'


def figure(
    caption: str, image: Image.Image, kind: str = "PNG", alt: str = "", flat: bool = True, focus: bool = False
) -> str:
    """A map or picture in a frame of its shape.

    flat  cells with sharp edges; ``focus``: arrow keys choose a cell in it, of which the page's script tells
    """
    return (
        f"<figure><figcaption>{escape(caption)}</figcaption>"
        f'<div class="frame" style="--shape: {image.width / image.height:.6f}"{_FOCUS if focus else ""}>'
        f'<img{_class("flat" if flat and kind == "PNG" else "")} src="{data_url(image, kind)}" alt="{escape(alt or caption)}"></div></figure>'
    )


def table(about: str, head: Mapping[str, str], rows: str, kind: str = "") -> str:
    """A table that scrolls where it is wider than the page; ``head``: heading of each column -> its class, "n": numbers."""
    cells = "".join(f'<th scope="col"{_class(kind)}>{escape(text)}</th>' for text, kind in head.items())
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(about)}"><table{_class(kind)}>'
        f"<thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def row(head: str, *cells: str) -> str:
    """A row of a table: its head and its <td> are HTML."""
    return f'<tr><th scope="row">{head}</th>{"".join(cells)}</tr>'


def numbers(*values: str) -> str:
    return "".join(f'<td class="n">{escape(value)}</td>' for value in values)


def named(category: Category, text: str = "", trained: bool = True) -> str:
    """A class's colour beside its name [default: the whole one]."""
    return (
        f'<span class="name">{sample(category)}<span>{escape(text or category.name)}'
        f"{'' if trained else _UNTRAINED}</span></span>"
    )


def legend(entries: Iterable[tuple[Category, str, str]], untrained: Iterable[str] = ()) -> str:
    """(category, its name as shown, what stands at the line's end)."""
    silent = set(untrained)
    lines = "".join(
        f'<li>{named(c, text, c.name not in silent)}<span class="share">{escape(share)}</span></li>'
        for c, text, share in entries
    )
    return f'<ul class="legend">{lines}</ul>'


def key(marks: Mapping[str, str]) -> str:
    """Words -> the CSS class of the mark that they explain: "line main", "box found"."""
    items = "".join(f'<li><i class="{mark}"></i>{escape(text)}</li>' for text, mark in marks.items())
    return f'<ul class="key">{items}</ul>'


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


def depended_on(title: str, facts: Mapping[str, str]) -> str:
    """All that a product follows from, folded."""
    lines = "".join(row(escape(k), f"<td>{escape(str(v))}</td>") for k, v in facts.items())
    return f'<details><summary>{escape(title)}</summary><table class="keys"><tbody>{lines}</tbody></table></details>'


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


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
