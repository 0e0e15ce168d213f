"""Several models on the same patches: the same draws for all, so that what is judged is their difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from ...errors import ModelError
from ...products.fragments import row, table
from .bootstrap import Draws
from .evaluation import Figure
from .metrics import Ranking, counts, measures
from .scoring import Answered, mean
from .words import number

MEASURES = ("AP macro", "AP micro", "F1 macro", "F1 micro")


@dataclass(frozen=True)
class Rival:
    """A model's scores on the classes that all models answer, and their differences to those of the first model."""

    name: str
    scores: Mapping[str, Figure]
    differences: Mapping[str, Figure]


def compare(
    answers: Mapping[str, Answered], draws: int = 1000, seed: int = 0
) -> tuple[tuple[str, ...], tuple[Rival, ...]]:
    """The classes that all answer, and each model on them, with thresholds of the cards.

    Raises ModelError where the models share no class. ``answers`` are to the same patches in the same order.
    """
    first = next(iter(answers.values()))
    shared = tuple(c for c in first.classes if all(c in a.classes for a in answers.values()))
    if not shared:
        raise ModelError("These models share no class.", "Compare models of the same classes.")
    draw = Draws(first.groups, draws, seed)
    values = {name: _values(a, shared, draw) for name, a in answers.items()}
    base = values[next(iter(answers))]
    return shared, tuple(
        Rival(
            name=name,
            scores={m: _figure(v[i]) for i, m in enumerate(MEASURES)},
            differences={m: _figure(v[i] - base[i]) for i, m in enumerate(MEASURES)},
        )
        for name, v in values.items()
    )


def _values(answered: Answered, shared: Sequence[str], draw: Draws) -> np.ndarray:
    """(measures, 1 + draws): of all patches, then of each draw."""
    columns = [answered.classes.index(c) for c in shared]
    known = answered.known[:, columns]
    truth, p = answered.truth[:, columns] & known, answered.p[:, columns]
    answer = (p >= np.array(answered.thresholds)[columns]) & known
    ranked = [Ranking(truth[k, i], p[k, i]) for i, k in enumerate(known.T)]
    pooled = Ranking(truth[known], p[known])
    cells = counts(truth, answer) * known
    drawn_ap = np.array([draw.areas(r, k)[0] for r, k in zip(ranked, known.T, strict=True)])
    totals = np.moveaxis(draw.totals(np.moveaxis(cells, 1, 0)), 1, 0)  # (4, draws, classes)
    whole = cells.sum(1)[:, None]
    summed = np.concatenate([whole, totals], axis=1)
    f1 = np.where(summed[0] + summed[2] > 0, measures(summed)["F1"], np.nan)
    ap = np.column_stack([[r.average_precision() for r in ranked], drawn_ap])
    return np.stack(
        [
            mean(ap.T),
            np.append(pooled.average_precision(), draw.areas(pooled, known)[0]),
            mean(f1),
            measures(summed.sum(-1))["F1"],
        ]
    )


def _figure(values: np.ndarray) -> Figure:
    drawn = values[1:][np.isfinite(values[1:])]
    if not len(drawn):
        return Figure(float(values[0]))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(float(values[0]), float(low), float(high))


def compared(shared: Sequence[str], rivals: Sequence[Rival]) -> str:
    """A piece of HTML for the report."""
    first = rivals[0].name
    rows = "".join(row(escape(r.name), *(_cell(r, m, r.name == first) for m in MEASURES)) for r in rivals)
    return (
        f"<p>On the {len(shared)} classes that all of them answer, with each card's thresholds. Below a score: its "
        f"difference to {escape(first)} and the 95 % interval of that difference, all models drawn alike. An interval "
        "without 0 speaks for a real difference.</p>"
        + table("Models side by side", {"Model": "", **dict.fromkeys(MEASURES, "n")}, rows, "scores")
    )


def _cell(rival: Rival, measure: str, first: bool) -> str:
    value = f"<b>{number(rival.scores[measure].value)}</b>"
    if first:
        return f'<td class="n">{value}</td>'
    d = rival.differences[measure]
    return f'<td class="n">{value}<br><span class="soft">{d.value:+.2f} ({d.low:+.2f} to {d.high:+.2f})</span></td>'
