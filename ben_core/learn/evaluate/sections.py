"""The sections of an evaluation's report, each a piece of HTML; empty where there is nothing to show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from PIL import Image

from ...products.charts import Axis, Plot, fitting_axis, share_axis
from ...products.fragments import data_url, facts_list, key, legend, named, numbers, row, table
from ...products.legend import CATEGORY
from ...products.page import breakable
from ...products.words import counted, short
from .evaluation import ClassScores, Decision, Evaluation, Example, Figure
from .heat import heat
from .words import between, number, rule, there, whose

_TABLE = ("AP", "AUROC", "precision", "recall", "F1", "F2", "specificity", "accuracy")
_SINGLE = {
    "LRAP": "how high true classes rank in a patch; 1 is best",
    "ranking loss": "share of a patch's pairs of a true and a false class in the wrong order; 0 is best",
    "coverage": "classes to go down the ranking until all true ones are met",
    "one-error": "share of patches whose first class is wrong",
    "Hamming loss": "share of all yes-or-no answers that are wrong",
    "subset accuracy": "share of patches with exactly the right set of labels",
}


def scores(evaluation: Evaluation) -> str:
    """Tables of all scores, the headline's thresholds first, the others folded."""
    first, *rest = evaluation.decisions
    body = f"<p>{escape(rule(first, evaluation))}</p>{_score_table(evaluation, first)}"
    for decision in rest:
        body += (
            f"<details><summary>With {escape(whose(decision, evaluation))}</summary><p>{escape(rule(decision, evaluation))}</p>"
            f"{_score_table(evaluation, decision)}</details>"
        )
    return body


def _score_table(evaluation: Evaluation, decision: Decision) -> str:
    known = {**evaluation.scores, **decision.scores}
    rows = "".join(
        row(_capital(name), *(_cell(known.get(f"{name} {average}")) for average in _AVERAGES)) for name in _TABLE
    )
    single = "".join(
        row(_capital(name), _cell(known[name]), f'<td class="soft">{about}</td>') for name, about in _SINGLE.items()
    )
    head = {"Measure": "", **dict.fromkeys(_AVERAGES.values(), "n")}
    return (
        f'<div class="pair">{table("Scores by average", head, rows, "scores")}'
        f"{table('Scores of patches', {'Measure': '', 'Value': 'n', 'What it is': ''}, single, 'scores')}</div>"
    )


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


_AVERAGES = {"macro": "mean of classes", "micro": "all answers", "sample": "mean of patches"}


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return '<td class="n soft">–</td>'
    interval = between(figure)
    return f'<td class="n"><b>{number(figure.value)}</b>' + (
        f' <span class="soft">{interval}</span></td>' if interval else "</td>"
    )


def classes(evaluation: Evaluation) -> str:
    decision = evaluation.decisions[0]
    groups = evaluation.drawn if evaluation.drawn != "patches" else ""
    rows = "".join(_class_row(c, i, decision, bool(groups)) for i, c in there(evaluation))
    head = {
        "Class": "",
        "Patches": "n",
        **({f"in {groups}": "n"} if groups else {}),
        "Average precision, its 95\u00a0% interval, and chance (dots)": "bar",
        "AP": "n",
        "AUROC": "n wide",
        "F1": "n",
    }
    absent = [_absent(c.name, decision.confusion[i][2]) for i, c in enumerate(evaluation.classes) if not c.positives]
    return table("Classes", head, rows, "classes scores") + (
        f'<p class="note">No patch holds: {escape("; ".join(absent))}.</p>' if absent else ""
    )


def _absent(name: str, false_alarms: int) -> str:
    return f"{name} ({counted(false_alarms, 'false alarm')})" if false_alarms else name


def _name(c: ClassScores, whole: bool = True) -> str:
    return named(CATEGORY[c.name], c.name if whole else short(c.name), c.trained)


def _class_row(c: ClassScores, column: int, decision: Decision, places: bool) -> str:
    return row(
        _name(c),
        numbers(f"{c.positives:,}", *([str(c.places)] if places else [])),
        f'<td class="bar">{_range(c)}</td>',
        _cell(c.ap),
        f'<td class="n wide">{number(c.auroc.value)}</td>',
        _cell(decision.classes[column]["F1"]),
    )


def _range(c: ClassScores) -> str:
    """A bar with its interval across it and a dotted mark at chance."""
    bar = f'<span class="meter" style="width:{100 * c.ap.value:.1f}%;background:{CATEGORY[c.name].colour}"></span>'
    span = ""
    if math.isfinite(c.ap.low):
        span = (
            f'<span class="span" style="left:{100 * c.ap.low:.1f}%;width:{100 * (c.ap.high - c.ap.low):.1f}%"></span>'
        )
    return f'<div class="range">{bar}<span class="by-chance" style="left:{100 * c.chance:.1f}%"></span>{span}</div>'


def curves(evaluation: Evaluation) -> str:
    """Three charts a class: precision over recall, ROC, and the effect of the threshold."""
    decision = evaluation.decisions[0]
    cards = "".join(
        f'<div><h3>{_name(c, whole=False)}<span class="soft">AP {number(c.ap.value)} · AUROC {number(c.auroc.value)}</span>'
        f'</h3><div class="trio">{_pr(c)}{_roc(c)}{_thresholds(c, decision.thresholds[i])}</div></div>'
        for i, c in there(evaluation)
        if c.trained
    )
    return (
        "<p>Left: precision over recall as the threshold falls. Middle: true positive rate over false positive rate (ROC). "
        "Right: what each threshold gives; the upright line is the one in use.</p>"
        + key({"chance": "line chance", "F1": "line main", "precision": "line second", "recall": "line third"})
        + f'<div class="curves">{cards}</div>'
    )


_MINI = (172, 138)


def _pr(c: ClassScores) -> str:
    plot = Plot(*_MINI, share_axis("recall"), share_axis(), f"Precision over recall of {c.name}", (26, 30))
    plot.line((0, 1), (c.chance, c.chance), "chance")
    return plot.line(c.pr.x, c.pr.y, "main", c.name).svg()


def _roc(c: ClassScores) -> str:
    plot = Plot(*_MINI, share_axis("false positive rate"), share_axis(), f"ROC curve of {c.name}", (26, 30))
    return plot.line((0, 1), (0, 1), "chance").line(c.roc.x, c.roc.y, "main", c.name).svg()


def _thresholds(c: ClassScores, used: float) -> str:
    about = f"Precision, recall and F1 of {c.name} over the threshold"
    plot = Plot(*_MINI, share_axis("threshold"), share_axis(), about, (26, 30)).line((used, used), (0, 1), "mark1")
    for measure, style in (("precision", "second"), ("recall", "third"), ("F1", "main")):
        plot.line(c.by_threshold[measure].x, c.by_threshold[measure].y, style, measure)
    return plot.svg()


def confusion(evaluation: Evaluation) -> str:
    decision = evaluation.decisions[0]
    held = there(evaluation)
    largest = max(sum(decision.confusion[i][:3]) for i, _ in held) or 1
    rows = ""
    for i, c in held:
        parts = decision.confusion[i]
        bar = "".join(
            f'<i class="{kind}" style="width:{100 * n / largest:.2f}%" title="{escape(f"{n:,} {word}")}"></i>'
            for n, kind, word in zip(
                parts, ("found", "missed", "false"), ("found", "missed", "false alarms"), strict=False
            )
            if n
        )
        given = parts[0] + parts[2]
        rows += row(
            _name(c),
            f'<td class="bar"><div class="whole">{bar}</div></td>',
            numbers(*(f"{n:,}" for n in parts[:3])),
            f'<td class="n wide">{parts[3]:,}</td>',
            numbers(number(decision.classes[i]["precision"].value) if given else "–"),
            numbers(number(decision.classes[i]["recall"].value)),
            f'<td class="n wide">{number(decision.thresholds[i])}</td>',
        )
    head = {"Class": "", "Patches": "bar", "Found": "n", "Missed": "n", "False alarms": "n", "Rightly silent": "n wide"}
    head |= {"Precision": "n", "Recall": "n", "Threshold": "n wide"}
    return (
        key({"found": "box found", "missed": "box missed", "false alarm": "box false"})
        + table("Found, missed, false alarms", head, rows, "classes scores")
        + heat(evaluation)
    )


def reliability(evaluation: Evaluation) -> str:
    after = evaluation.reliability[1:]
    of_all = numbers(*(number(r.ece, 3) for r in evaluation.reliability))
    rows = row("<b>All answers</b>", of_all) + "".join(
        row(_name(c, whole=False), numbers(*(number(r.ece_classes[i], 3) for r in evaluation.reliability)))
        for i, c in there(evaluation)
    )
    head = {"ECE": "", **dict.fromkeys((r.name for r in evaluation.reliability), "n")}
    text = (
        "A model is calibrated where, of all answers near 0.3, three in ten are true: then the points lie on the dotted line. "
        "The expected calibration error (ECE) is the mean distance from it."
    )
    if after:
        text += (
            f" One temperature for all classes ({number(after[0].fitted)}; above 1: the model is too sure of itself) and "
            f"Platt's sigmoid a class were fitted without the patches they are judged on ({evaluation.folds})."
        )
    else:
        text += " There are too few patches to fit a temperature."
    return (
        f'<p>{escape(text)}</p><div class="pair"><div>{_reliability_plot(evaluation)}</div>'
        f"{table('Expected calibration error', head, rows, 'scores')}</div>"
    )


_RELIABILITY = {"as answered": "as answered", "temperature": "with temperature", "Platt": "Platt a class"}


def _reliability_plot(evaluation: Evaluation) -> str:
    fifths = tuple(i / 5 for i in range(6))
    plot = Plot(
        480,
        330,
        share_axis("answered probability", fifths),
        share_axis("share that is true", fifths),
        "Reliability of the answers",
        (46, 38),
    )
    plot.line((0, 1), (0, 1), "chance")
    marks = {}
    for r, style in zip(evaluation.reliability, ("main", "second", "third"), strict=False):
        plot.line(r.said, r.held, style, r.name)
        marks[f"{_RELIABILITY[r.name]}, ECE {number(r.ece, 3)}"] = f"line {style}"
    first = evaluation.reliability[0]
    for said, held, n in zip(first.said, first.held, first.count, strict=True):
        if n:
            plot.dot(said, held, "dot", title=f"{n:,} answers near {said:.2f}: {100 * held:.0f} of 100 true")
    ticks = tuple(float(t) for t in (1, 100, 10_000, 1_000_000) if t <= 10 * max(first.count))
    log = Axis(
        0,
        math.log10(max(first.count) * 1.2),
        tuple(math.log10(t) for t in ticks),
        "answers",
        tuple(f"{t:,.0f}" for t in ticks),
    )
    histogram = Plot(480, 96, share_axis("", fifths), log, "Number of answers in each tenth of probability", (46, 18))
    for k, n in enumerate(first.count):
        if n:
            histogram.bar(k / 10, (k + 1) / 10, math.log10(n) if n > 1 else 0.05, "soft", f"{n:,} answers")
    return key(marks) + plot.svg() + histogram.svg()


def learning(evaluation: Evaluation) -> str:
    """One chart a group of numbers that a training run wrote an epoch: losses, scores, rates."""
    if len(evaluation.history) < 2:
        return ""
    names = sorted({k for e in evaluation.history for k in e.values})
    losses = [n for n in names if "loss" in n]
    shares = [n for n in names if n not in losses and any(w in n.lower() for w in ("ap", "f1", "auroc", "accuracy"))]
    charts = "".join(_history_chart(evaluation, group) for group in (losses, shares) if group)
    return f'<div class="pair">{charts}</div>' if charts else ""


def _history_chart(evaluation: Evaluation, names: Sequence[str]) -> str:
    shown = names[:3]
    epochs = [float(e.epoch + 1) for e in evaluation.history]  # people count from 1
    series = {n: [e.values.get(n, math.nan) for e in evaluation.history] for n in shown}
    y = fitting_axis([v for s in series.values() for v in s])
    plot = Plot(
        480, 260, fitting_axis(epochs, "epoch", 6, finest=1.0), y, "Learning curves: " + ", ".join(shown), (46, 36)
    )
    marks = {}
    for (name, values), style in zip(series.items(), ("main", "second", "third"), strict=False):
        plot.line(epochs, values, style, name)
        marks[name.replace("_", " ")] = f"line {style}"
    return f"<div>{key(marks)}{plot.svg()}</div>"


def features(evaluation: Evaluation) -> str:
    found = evaluation.features
    if found is None:
        return ""
    frame = Axis(-1.08, 1.08, ())
    plot = Plot(760, 560, frame, frame, "Patches laid out by their features", (10, 10))
    radius = 5.5 if len(found.ids) <= 300 else 4 if len(found.ids) <= 900 else 3
    for x, y, colour, id in zip(found.x, found.y, found.colour, found.ids, strict=True):
        fill = CATEGORY[colour].colour if colour else "#888888"
        plot.dot(x, y, "point", radius, f"{colour or 'no label'} ({id})", fill)
    seen = {name: found.colour.count(name) for name in sorted(set(found.colour)) if name}
    lines = [(CATEGORY[name], short(name), f"{n:,}") for name, n in sorted(seen.items(), key=lambda pair: -pair[1])]
    return (
        f"<p>{escape(found.method)} of {counted(len(found.ids), 'patch', 'patches')}. Patches that the network sees as "
        "alike lie close together; distances between far groups mean nothing. The colour is the rarest class that a patch "
        f'holds.</p><div class="features">{plot.svg()}{legend(lines)}</div>'
    )


def hardest(evaluation: Evaluation, pictures: Mapping[str, Image.Image], what: str) -> str:
    if not evaluation.hardest:
        return ""
    figures = "".join(_example(e, pictures.get(e.id)) for e in evaluation.hardest)
    return (
        "<p>The patches whose answers surprise the truth most (mean log loss of the classes). Some of them are wrong in the "
        f"model, some in the reference{escape(what)}.</p>"
        '<ul class="key"><li><span class="sign found">✓</span>found</li><li><span class="sign missed">–</span>missed</li>'
        '<li><span class="sign false">+</span>given, not there</li><li>numbers: probability</li></ul>'
        f'<div class="examples">{figures}</div>'
    )


def _example(e: Example, picture: Image.Image | None) -> str:
    lines = [("found", "✓", c) for c in e.truth if c in e.given]
    lines += [("missed", "–", c) for c in e.truth if c not in e.given]
    lines += [("false", "+", c) for c in e.given if c not in e.truth]
    items = "".join(
        f'<li><span class="sign {kind}" title="{kind}">{sign}</span><span>{escape(short(c))}</span>'
        f'<span class="share">{number(e.p.get(c, math.nan))}</span></li>'
        for kind, sign, c in lines
    )
    image = f'<img src="{data_url(picture, "JPEG")}" alt="Picture of the patch {escape(e.id)}">' if picture else ""
    return f'<figure>{image}<figcaption><span class="id">{breakable(e.id)}</span><ul>{items}</ul></figcaption></figure>'


def left_out(evaluation: Evaluation) -> str:
    if not evaluation.left_out:
        return "<p>Nothing: every patch was judged.</p>"
    rows = "".join(row(escape(reason), numbers(f"{n:,}")) for reason, n in evaluation.left_out.items())
    return table("What was left out", {"Reason": "", "Patches": "n"}, rows)


def method(evaluation: Evaluation) -> str:
    return facts_list(
        {
            **evaluation.about,
            "Judged against": evaluation.data,
            "Split": evaluation.split or "all patches",
            "Intervals": f"95 %, percentile bootstrap: {evaluation.draws:,} times {counted(evaluation.groups, evaluation.drawn.rstrip('s'), evaluation.drawn)} "
            "drawn with replacement, whole, since patches of one place are alike",
            "Mean of classes": "over the classes that occur (macro); “all answers” pools every patch and class (micro); "
            "“mean of patches” scores each patch by itself (sample); 0 / 0 counts as 0",
            "Average precision": "sum over recall steps of precision, tied probabilities one step, as scikit-learn and torchmetrics",
            "Fitted figures": f"tuned thresholds, temperature and Platt: {evaluation.folds}"
            if evaluation.folds
            else "",
        }
    )
