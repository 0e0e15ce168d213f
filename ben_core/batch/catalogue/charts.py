"""Classes over time as a drawing (SVG): a column a period, its parts the shares of the most probable classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...products.legend import CATEGORIES
from ...products.words import counted, percent, short
from .counts import ALL, CLASSES, Key, Sums
from .cover import Cover

MOST_PERIODS = 120
_NAMED = 11  # classes with a colour of their own; the rest is "other classes"
_REST = ("other classes", "#b9b4a8")
_WIDTH, _HEIGHT, _LEFT, _TOP, _FOOT = 900, 260, 44, 10, 48


@dataclass(frozen=True)
class _Column:
    """A period: its scenes, what it holds of each class (19,) and of all."""

    scenes: int
    main: np.ndarray
    whole: float


def over_time(sums: Sequence[tuple[Key, Sums]], kind: str = "all", area: str = ALL) -> str:
    """The drawing of cells for one area; it names its classes in a legend of its own."""
    found = [
        (key.period, _Column(s.scenes, s.main, s.cells)) for key, s in sums if (key.kind, key.area) == (kind, area)
    ]
    return _drawn(found, f"{area}: share of the cells by most probable class", "No cell was mapped")


def cover_over_time(sums: Sequence[tuple[Key, Cover]], kind: str = "all", area: str = ALL) -> str:
    """The drawing of cover for one area."""
    found = [
        (key.period, _Column(len(s.scenes), s.hectares, s.mapped))
        for key, s in sums
        if (key.kind, key.area) == (kind, area)
    ]
    return _drawn(found, f"{area}: share of the area of the 10 m maps by class", "Nothing was mapped")


def _drawn(found: Sequence[tuple[str, _Column]], about: str, nothing: str) -> str:
    series = [(period, s) for period, s in found if s.whole]
    dropped = max(len(series) - MOST_PERIODS, 0)
    series = series[dropped:]
    parts = _parts(series)
    legend = _legend(parts)
    lines = -(-len(legend) // 3)
    height = _TOP + _HEIGHT + _FOOT + 22 * lines
    title = about + (f", the last {MOST_PERIODS}" if dropped else "")
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12" fill="currentColor">',
        f"<title>{escape(title)}</title>",
    ]
    for tenth in range(0, 11, 2):
        y = _TOP + _HEIGHT * (1 - tenth / 10)
        out.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" opacity=".18"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" opacity=".75">{tenth * 10} %</text>'
        )
    if not series:
        out.append(f'<text x="{_WIDTH / 2}" y="{_TOP + _HEIGHT / 2}" text-anchor="middle">{nothing}</text>')
    room = (_WIDTH - _LEFT) / max(len(series), 1)
    every = max(1, -(-len(series) // 16))
    bar = min(room * 0.82, 90)
    for i, (period, s) in enumerate(series):
        x, y = _LEFT + room * (i + 0.5) - bar / 2, float(_TOP + _HEIGHT)
        for name, colour, shares in parts:
            h = _HEIGHT * shares[i]
            if h > 0:
                y -= h
                text = escape(f"{period}: {name}, {percent(shares[i])}")
                out.append(
                    f'<rect x="{x:.2f}" y="{y:.2f}" width="{bar:.2f}" height="{h:.2f}" fill="{colour}" '
                    f'stroke="#0004" stroke-width=".5"><title>{text}</title></rect>'
                )
        if i % every == 0:
            middle = _LEFT + room * (i + 0.5)
            out.append(
                f'<text x="{middle:.1f}" y="{_TOP + _HEIGHT + 17}" text-anchor="middle">{escape(period)}</text>'
                + (
                    f'<text x="{middle:.1f}" y="{_TOP + _HEIGHT + 32}" text-anchor="middle" font-size="10" '
                    f'opacity=".7">{counted(s.scenes, "scene")}</text>'
                    if room * every > 58
                    else ""
                )
            )
    for i, (name, colour) in enumerate(legend):
        x, y = _LEFT + i // max(lines, 1) * (_WIDTH - _LEFT) / 3, _TOP + _HEIGHT + _FOOT + 22 * (i % max(lines, 1))
        out.append(
            f'<g><title>{escape(name)}</title><rect x="{x:.1f}" y="{y}" width="16" height="11" fill="{colour}" '
            f'stroke="#0006"/><text x="{x + 22:.1f}" y="{y + 10}">{escape(short(name))}</text></g>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"


def _parts(series: Sequence[tuple[str, _Column]]) -> list[tuple[str, str, np.ndarray]]:
    """(name, colour, share by period) of the classes that are most frequent over all, and of the rest."""
    if not series:
        return []
    main = np.array([s.main for _, s in series])
    shares = main / np.array([[s.whole] for _, s in series])
    order = sorted(range(CLASSES), key=lambda i: (-main[:, i].sum(), i))
    named = [i for i in order[:_NAMED] if main[:, i].any()]
    parts = [(CATEGORIES[i].name, CATEGORIES[i].colour, shares[:, i]) for i in named]
    rest = shares[:, [i for i in order if i not in named]].sum(axis=1)
    if (rest > 1e-9).any():
        parts.append((*_REST, rest))
    return parts


def _legend(parts: Sequence[tuple[str, str, np.ndarray]]) -> list[tuple[str, str]]:
    return [(name, colour) for name, colour, _ in parts]
