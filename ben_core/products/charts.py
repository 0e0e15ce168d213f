"""Charts as SVG that takes its colours from the page: sharp on paper, right in the dark, text stays text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Axis:
    """``name`` stands beside the axis, ``labels`` at the ticks [default: their numbers]."""

    low: float
    high: float
    ticks: tuple[float, ...]
    name: str = ""
    labels: tuple[str, ...] = ()

    def marks(self) -> list[tuple[float, str]]:
        return list(zip(self.ticks, self.labels or [_number(t) for t in self.ticks], strict=True))


UNIT = (0.0, 0.5, 1.0)


def share_axis(name: str = "", ticks: tuple[float, ...] = UNIT) -> Axis:
    return Axis(0.0, 1.0, ticks, name)


def fitting_axis(values: Sequence[float], name: str = "", steps: int = 4, finest: float = 0.0) -> Axis:
    """Round ticks around finite ``values``, no closer than ``finest``."""
    known = [v for v in values if math.isfinite(v)] or [0.0]
    low, high = min(known), max(known)
    span = (high - low) or abs(high) or 1.0
    raw = max(span / steps, finest)
    base = 10.0 ** math.floor(math.log10(raw))
    step = next(m * base for m in (1, 2, 5, 10) if m * base >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return Axis(first * step, last * step, tuple(i * step for i in range(first, last + 1)), name)


class Plot:
    """A frame with two axes; what is drawn later lies on top. ``about`` tells in words what it shows."""

    def __init__(
        self, width: int, height: int, x: Axis, y: Axis, about: str, margin: tuple[int, int] = (34, 30)
    ) -> None:
        self.x, self.y, self.about = x, y, about
        self.width, self.height = width, height
        self.left, self.top = margin[0], 8
        self.right, self.bottom = width - 10, height - margin[1]
        self.parts: list[str] = [self._frame()]

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = (x - self.x.low) / (self.x.high - self.x.low)
        up = (y - self.y.low) / (self.y.high - self.y.low)
        return self.left + across * (self.right - self.left), self.bottom - up * (self.bottom - self.top)

    def line(self, xs: Sequence[float], ys: Sequence[float], style: str, title: str = "") -> Plot:
        """A line through the points that are finite."""
        points = [self.at(x, y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x) and math.isfinite(y)]
        if points:
            way = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            self.parts.append(f'<polyline class="{style}" points="{way}">{_title(title)}</polyline>')
        return self

    def dot(self, x: float, y: float, style: str, radius: float = 3.5, title: str = "", fill: str = "") -> Plot:
        px, py = self.at(x, y)
        colour = f' style="fill:{fill}"' if fill else ""
        self.parts.append(
            f'<circle class="{style}" cx="{px:.1f}" cy="{py:.1f}" r="{radius:g}"{colour}>{_title(title)}</circle>'
        )
        return self

    def bar(self, x0: float, x1: float, y: float, style: str, title: str = "") -> Plot:
        (px0, py), (px1, base) = self.at(x0, y), self.at(x1, self.y.low)
        self.parts.append(
            f'<rect class="{style}" x="{px0:.1f}" y="{py:.1f}" width="{max(px1 - px0 - 1, 0.5):.1f}" '
            f'height="{max(base - py, 0):.1f}">{_title(title)}</rect>'
        )
        return self

    def svg(self) -> str:
        return (
            f'<svg class="chart" viewBox="0 0 {self.width} {self.height}" style="max-width:{self.width}px" role="img" '
            f'aria-label="{escape(self.about)}">{"".join(self.parts)}</svg>'
        )

    def _frame(self) -> str:
        parts = []
        for tick, label in self.x.marks():
            px, _ = self.at(tick, self.y.low)
            parts.append(f'<line class="grid" x1="{px:.1f}" y1="{self.top}" x2="{px:.1f}" y2="{self.bottom}"/>')
            # The outermost numbers stay inside the picture.
            anchor = (
                "end" if px > self.right - 4 else "start" if px < self.left + 1 and len(self.x.ticks) > 3 else "middle"
            )
            parts.append(f'<text x="{px:.1f}" y="{self.bottom + 13}" text-anchor="{anchor}">{escape(label)}</text>')
        for tick, label in self.y.marks():
            _, py = self.at(self.x.low, tick)
            parts.append(f'<line class="grid" x1="{self.left}" y1="{py:.1f}" x2="{self.right}" y2="{py:.1f}"/>')
            parts.append(f'<text x="{self.left - 5}" y="{py + 3.5:.1f}" text-anchor="end">{escape(label)}</text>')
        if self.x.name:
            middle = (self.left + self.right) / 2
            parts.append(
                f'<text x="{middle:.1f}" y="{self.height - 3}" text-anchor="middle">{escape(self.x.name)}</text>'
            )
        if self.y.name:
            middle = (self.top + self.bottom) / 2
            parts.append(
                f'<text transform="translate(10 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(self.y.name)}</text>'
            )
        return "".join(parts)


_CELL, _LEFT, _TOP = 36, 190, 122


def matrix(
    about: str,
    rows: Sequence[tuple[str, int]],
    columns: Sequence[str],
    cells: Mapping[tuple[int, int], tuple[int, str, str]],
) -> str:
    """Counts in a grid whose names can be read.

    rows   name and number of each; ``cells``: (row, column) -> count, style ("cell", "grey"), and what it is in words;
           colour is as strong as the count is of its row's number
    """
    # The last slanted name reaches beyond its column.
    width, height = _LEFT + _CELL * len(columns) + 110, _TOP + _CELL * len(rows) + 8
    parts = [
        f'<text transform="translate({_LEFT + _CELL * (k + 0.5) + 4:.0f} {_TOP - 8}) rotate(-45)">{escape(name)}</text>'
        for k, name in enumerate(columns)
    ]
    for i, (name, total) in enumerate(rows):
        y = _TOP + _CELL * i
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 22}" text-anchor="end">{escape(name)} <tspan class="faint">{total:,}</tspan></text>'
        )
        for k in range(len(columns)):
            x = _LEFT + _CELL * k
            parts.append(f'<rect class="edge" x="{x}" y="{y}" width="{_CELL}" height="{_CELL}"/>')
            if (i, k) not in cells:
                continue
            n, style, told = cells[i, k]
            share = n / total
            parts.append(
                f'<rect class="{style}" x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}" '
                f'fill-opacity="{0.12 + 0.88 * share:.2f}">{_title(told)}</rect>'
                f'<text class="{"over" if share > 0.5 and style == "cell" else ""}" x="{x + _CELL / 2:g}" y="{y + 22}" '
                f'text-anchor="middle" pointer-events="none">{n:,}</text>'
            )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(about)}"><svg class="matrix" '
        f'viewBox="0 0 {width} {height}" width="{width}" role="img" aria-label="{escape(about)}">{"".join(parts)}</svg></div>'
    )


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _number(value: float) -> str:
    if abs(value) >= 10_000:
        return f"{value:.0e}".replace("e+0", "e")
    return f"{value:.3g}"
