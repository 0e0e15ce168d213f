"""What is answered where a class is missed: a matrix with names that can be read."""

from __future__ import annotations

from html import escape

from .evaluation import Evaluation
from .words import short, there

_CELL, _LEFT, _TOP = 34, 190, 128


def heat(evaluation: Evaluation) -> str:
    """Rows: classes that were missed at least once; columns: what was wrongly given instead, then "nothing"."""
    matrix = evaluation.decisions[0].taken_for
    confusion = evaluation.decisions[0].confusion
    names = [c.name for c in evaluation.classes]
    rows = sorted((i for i, _ in there(evaluation) if confusion[i][1]), key=lambda i: -confusion[i][1])
    columns = sorted(
        {j for i in rows for j in range(len(names)) if matrix[i][j]}, key=lambda j: -sum(matrix[i][j] for i in rows)
    )
    if not rows:
        return "<h3>What is answered instead</h3><p>No class was missed anywhere.</p>"
    shown = [*columns, len(names)]
    # The last slanted name reaches beyond its column.
    width, height = _LEFT + _CELL * (len(shown) + 1) + 110, _TOP + _CELL * len(rows) + 8
    parts = []
    for k, j in enumerate(shown):
        x = _LEFT + _CELL * (k + 0.5)
        name = short(names[j]) if j < len(names) else "nothing instead"
        parts.append(f'<text transform="translate({x + 4:.0f} {_TOP - 8}) rotate(-45)">{escape(name)}</text>')
    for r, i in enumerate(rows):
        y = _TOP + _CELL * r
        missed = confusion[i][1]
        parts.append(
            f'<text x="{_LEFT - 8}" y="{y + 21}" text-anchor="end">{escape(short(names[i]))} '
            f'<tspan class="faint">{missed:,}</tspan></text>'
        )
        for k, j in enumerate(shown):
            n = matrix[i][j]
            x = _LEFT + _CELL * k
            parts.append(f'<rect class="frame" x="{x}" y="{y}" width="{_CELL}" height="{_CELL}"/>')
            if not n:
                continue
            share = n / missed
            kind = "cell" if j < len(names) else "nothing"
            told = f"{names[i]} missed in {missed:,} patches; {names[j] if j < len(names) else 'nothing'} given in {n:,} of them"
            parts.append(
                f'<rect class="{kind}" x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}" '
                f'fill-opacity="{0.12 + 0.88 * share:.2f}"><title>{escape(told)}</title></rect>'
                f'<text class="{"over" if share > 0.5 and kind == "cell" else ""}" x="{x + _CELL / 2}" y="{y + 21}" '
                f'text-anchor="middle" pointer-events="none">{n:,}</text>'
            )
    svg = (
        f'<svg class="heat" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-label="What is answered where a class is missed">{"".join(parts)}</svg>'
    )
    return (
        "<h3>What is answered instead</h3><p>Each row: the patches that hold a class and were not given it (their number beside "
        "the name). Each column: in how many of them that other class was given although it is not there; stronger colour is a larger "
        "share of the row. A patch with several wrong labels stands in several columns.</p>"
        f'<div class="scroll">{svg}</div><p class="note">After the multi-label confusion matrix of Heydarian, Doyle and '
        "Samavi (IEEE Access 10, 2022), with every missed class set against every wrongly given one.</p>"
    )
