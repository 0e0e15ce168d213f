"""The page's sections, each a piece of HTML; empty where there is nothing to show. Text from outside goes out escaped."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ..learn.evaluate.words import number
from ..products import charts
from ..products.charts import Plot, fitting_axis
from ..products.fragments import facts_list, key, named, numbers, row, table
from ..products.legend import CATEGORIES, CATEGORY
from ..products.palette import NO_LABEL, OUT
from ..products.words import percent, short
from .guard import CHECKS
from .types import GUARD, WARNING

if TYPE_CHECKING:
    from .options import AdaptOptions
    from .page import Story

_SAYS = {"gain": "▲ better", "even": "no difference", "harm": "▼ worse"}
_METHODS = {
    "multilabel": "multilabel: each class for itself, present, absent or left out",
    "tong": "tong: one label a patch (softmax, most probable class), as in arXiv:1807.05713",
    "bn-only": "bn-only: batch-norm statistics of the scene; no labels, no weights learnt",
}
_HOW = {
    "bank": "source patches that look alike (a bank)",
    "augmentation": "the model itself, asked about turned and mirrored patches",
}


def truth(story: Story) -> str:
    """Scores against a reference; empty without one."""
    found: Mapping[str, Any] = story.verdict.figures.get("truth", {})
    if not found:
        return ""
    drawn = str(story.verdict.figures.get("drawn", "blocks")).removesuffix(".")
    head = {"Score": "", "Before": "n", "After": "n", "Difference": "n", "The guard says": ""}
    return (
        "<p>Against the reference that was given, on the guard's patches alone. The reference taught nothing. Overall "
        "accuracy and kappa ask whether the most probable class is the one that covers most of a patch; average precision "
        f"and F1 ask about every class. Intervals (95 %) are those of the difference, by drawing {escape(drawn)}.</p>"
        + table("True scores", head, "".join(_score(name, s) for name, s in found.items()), "checks")
    )


def _score(name: str, s: Mapping[str, float | None]) -> str:
    before, after, low, high = (_finite(s[k]) for k in ("before", "after", "low", "high"))
    says = "harm" if high < 0 else "gain" if low > 0 else "even"
    interval = f' <span class="soft">({low:+.3f} to {high:+.3f})</span>' if math.isfinite(low + high) else ""
    moved = f"{after - before:+.3f}" if math.isfinite(after - before) else "–"
    return row(
        f"<b>{escape(name[0].upper() + name[1:])}</b>",
        numbers(number(before, 3), number(after, 3)),
        f'<td class="n">{moved}{interval}</td>{_says(says)}',
    )


def _says(word: str) -> str:
    return f'<td class="says {word}">{_SAYS[word]}</td>'


def checks(story: Story) -> str:
    """The guard's figures, each with what it may be."""
    figures = story.verdict.figures
    rows = "".join(
        row(
            f'<b>{escape(CHECKS[name].title)}</b><span class="soft">{escape(CHECKS[name].about)}</span>',
            numbers(*(number(_finite(c[when]), 3) for when in ("before", "after"))),
            f'<td class="soft">{escape(CHECKS[name].limit)}</td>{_says(c["says"])}',
        )
        for name, c in figures.get("checks", {}).items()
    )
    if not rows:
        return ""
    return (
        f"<p>On {figures['patches']:,} patches in {figures['blocks']:,} blocks that neither learnt nor judged an epoch. None of "
        "these figures is a score: without labels, they can tell a model that broke, and one that fits the scene better than it "
        "did, but not how good it is.</p>"
        + table(
            "What the guard looked at",
            {"Figure": "", "Before": "n", "After": "n", "Limits": "", "The guard says": ""},
            rows,
            "checks",
        )
    )


def drift(story: Story) -> str:
    """A row a class: the share of all patches that are given it, before (ring) and after (dot)."""
    shares = [story.labels(p).mean(0) if len(p) else np.zeros(p.shape[1]) for p in (story.before, story.after)]
    order = [i for i in np.argsort(-np.maximum(*shares), kind="stable") if max(s[i] for s in shares) > 0]
    if not order:
        return "<p>No class reaches its threshold anywhere, before or after.</p>"
    left, right, row = 240, 760, 25
    width, height = 920, 30 + row * len(order)  # behind the axis room for two shares
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + tick * (right - left)
        parts.append(f'<line class="grid" x1="{x:.0f}" y1="6" x2="{x:.0f}" y2="{height - 20}"/>')
        parts.append(f'<text class="axis" x="{x:.0f}" y="{height - 5}" text-anchor="middle">{100 * tick:.0f} %</text>')
    for k, i in enumerate(order):
        name, y = story.card.classes[i], 20 + row * k
        was, now = (left + s[i] * (right - left) for s in shares)
        told = f"{name}: given to {percent(shares[0][i])} of the patches before, {percent(shares[1][i])} after"
        parts.append(
            f'<g><title>{escape(told)}</title><text x="{left - 12}" y="{y + 4}" text-anchor="end">{escape(short(name))}</text>'
            f'<line class="way" x1="{was:.1f}" y1="{y}" x2="{now:.1f}" y2="{y}"/><circle class="was" cx="{was:.1f}" cy="{y}" r="5.5"/>'
            f'<circle class="is" cx="{now:.1f}" cy="{y}" r="5.5" style="fill:{CATEGORY[name].colour}"/>'
            f'<text class="count" x="{right + 22}" y="{y + 4}">{percent(shares[0][i])} → {percent(shares[1][i])}</text></g>'
        )
    return (
        "<p>Share of the scene's patches that are given each class.</p>"
        + key({"before": "ring", "after, in the class's colour": "disc"})
        + '<div class="scroll" tabindex="0" role="region" aria-label="Classes before and after">'
        f'<svg class="shift" viewBox="0 0 {width} {height}" role="img" aria-label="Share of the patches that are given each '
        f'class, before and after">{"".join(parts)}</svg></div>'
    )


def matrix(story: Story) -> str:
    """Rows: most probable class before; columns: after."""
    before, after = (code[story.codes[0] != OUT] for code in story.codes)
    names = {c.code: short(c.name) for c in (*CATEGORIES, NO_LABEL)}
    counts = np.zeros((256, 256), np.int64)
    np.add.at(counts, (before, after), 1)
    order = sorted(
        (k for k in names if counts[k].any() or counts[:, k].any()), key=lambda k: (-int(counts[k].sum()), k)
    )
    cells = {
        (r, k): (
            int(counts[code, to]),
            "grey" if to == code else "cell",
            f"{counts[code, to]:,} cells: {names[code]} before, {names[to]} after",
        )
        for r, code in enumerate(order)
        for k, to in enumerate(order)
        if counts[code, to]
    }
    return (
        "<p>Cells by their most probable class: a row holds what it was before, a column what it is after. Grey on the diagonal "
        "stayed; stronger colour is a larger share of the row.</p>"
        + charts.matrix(
            "Cells by class before and after",
            [(names[code], int(counts[code].sum())) for code in order],
            [names[code] for code in order],
            cells,
        )
    )


def stages(story: Story) -> str:
    """Pseudo-labels a class, a column a step."""
    if not story.stages:
        return ""
    seen = {c for s in story.stages for c, n in (*s.positives.items(), *s.negatives.items()) if n}
    order = sorted(seen, key=lambda c: (-story.stages[-1].positives.get(c, 0), -story.stages[0].positives.get(c, 0), c))
    most = max((n for s in story.stages for n in s.positives.values()), default=1) or 1
    rows = "".join(
        row(
            named(CATEGORY[c], short(c)),
            *(_with_bar(s.positives.get(c, 0), s.negatives.get(c, 0), most) for s in story.stages),
        )
        for c in order
    )
    rows += row("<b>Patches in all</b>", *(f'<td class="with"><b>{s.patches:,}</b></td>' for s in story.stages))
    head = {"Class": "", **{s.name[0].upper() + s.name[1:]: "" for s in story.stages}}
    negative = any(n for s in story.stages for n in s.negatives.values())
    note = "Grey: patches that teach that the class is absent. " if negative else ""
    return (
        f"<p>Patches whose answer stood after each step of the last round. Confirmed by {escape(_HOW.get(story.how, story.how or 'nothing'))}.</p>"
        + table("Pseudo-labels, step by step", head, rows, "stages checks")
        + f'<p class="note">{note}A class without '
        "pseudo-labels at the end was not taught; fine-tuning may move it all the same.</p>"
    )


def _with_bar(positives: int, negatives: int, most: int) -> str:
    bar = f'<span class="of" style="width:{5.5 * positives / most:.2f}em"></span>' if positives else ""
    absent = f' <span class="soft">{negatives:,}</span>' if negatives else ""
    return f'<td class="with"><b>{positives:,}</b>{absent}{bar}</td>'


def curve(story: Story) -> str:
    """Loss an epoch, on what taught and on the held-apart block."""
    if len(story.history) < 2:
        return ""
    steps = [float(i) for i in range(1, len(story.history) + 1)]
    lines = {"loss": "on the pseudo-labels that taught", "validation": "on the blocks that judge"}
    values = {k: [_finite(h.get(k)) for h in story.history] for k in lines}
    y = fitting_axis([v for line in values.values() for v in line])
    plot = Plot(560, 240, fitting_axis(steps, "epoch", 8, finest=1.0), y, "Loss an epoch", (46, 36))
    marks = {}
    for (name, about), style in zip(lines.items(), ("main", "second"), strict=True):
        marks[about] = f"line {style}"
        plot.line(steps, values[name], style, about)
    rounds = max(int(h.get("round", 1)) for h in story.history)
    new = " A new round makes its labels anew, so that losses of two rounds cannot be compared." if rounds > 1 else ""
    return f"<p>Loss, epoch by epoch{f', {rounds} rounds' if rounds > 1 else ''}.{new}</p>{key(marks)}{plot.svg()}"


def method(story: Story) -> str:
    options = story.options
    left = ", ".join(f"{n:,} {why}" for why, n in story.target.left_out.items())
    taught = {
        "Labels confirmed by": _HOW.get(story.how, story.how),
        "Settings": _settings(options),
    }
    facts = {
        **{f"{k[:1].upper()}{k[1:]}": v.removeprefix(f"{k}: ") for k, v in (story.facts or {}).items()},
        "Original model": f"{story.card.title} ({story.card.name})",
        "Method": _METHODS.get(options.method, options.method),
        **taught,
        "Patches": f"{len(story.target):,} of 1.2 x 1.2 km, every {story.target.stride * 10:,} m; the guard keeps {len(story.target.of(GUARD)):,}",
        "Left out": left or "nothing",
        "Source": "X. Tong et al., “Land-cover classification with high-resolution remote sensing images using transferable deep "
        "models”, Remote Sensing of Environment 237 (2020) 111322, arXiv:1807.05713. What differs stands in docs/adaptation.md.",
    }
    if story.verdict.word == WARNING:
        facts["Verdict"] = (
            "adopted with warning: nothing speaks against the adapted model, but less for it than one would like"
        )
    return facts_list(facts)


def _settings(options: AdaptOptions) -> str:
    """All options by name, as they took effect; the patches' distance stands in a row of its own."""
    values = {**options.to_dict(), "bn": "on" if options.norms else "off"}
    return ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in values.items() if k not in ("method", "stride"))


def _finite(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan
