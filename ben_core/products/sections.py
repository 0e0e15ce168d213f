"""The sections of the report, each a piece of HTML: classes, skipped cells, timings, model, scene, files, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from ..models.card import ModelCard
from ..models.novelty import SCORES
from ..scene.radar_notes import days_words
from ..scene.types import PIXEL, Pass
from ..version import __version__
from .fragments import columns, facts_list, figure, key, meter, named, numbers, row, table
from .page import section
from .palette import ALL_SKIPPED
from .picture import panel_size, unusual_colour, unusual_image
from .tally import ClassTally, by_status, group_tallies
from .types import MAPPED, STATUS_NAMES, UNUSUAL
from .view import MapView
from .words import percent

# Clasen et al., reBEN (arXiv 2407.03653), and Sumbul et al., BigEarthNet-MM (arXiv 2105.07921).
_DATASETS = (
    "K. N. Clasen et al., “reBEN: Refined BigEarthNet Dataset for Remote Sensing Image Analysis”, arXiv:2407.03653.",
    "G. Sumbul et al., “BigEarthNet-MM: A Large-Scale, Multimodal, Multilabel Benchmark Archive for Remote Sensing "
    "Image Classification and Retrieval”, arXiv:2105.07921.",
)
_STEPS = {
    "wait": "waiting for pixels",
    "read": "reading pixels",
    "infer": "inference",
    "write": "writing",
}
_PARALLEL = ("read",)  # measured on other threads: it does not add up with the rest
_FIRST_SCORES = 4
_FILES = {
    "gpkg": "GeoPackage: drop it into QGIS; cells, dissolved areas and tables, with their colours",
    "classes": "GeoTIFF: code of the most probable class",
    "groups": "GeoTIFF: code of the most probable group",
    "labels": "GeoTIFF: the label set as a bit mask",
    "probabilities": "GeoTIFF: probability of every class",
    "unusual": "GeoTIFF: how unlike the model's training data each cell looks, in percent",
    "answered": "GeoTIFF: which model answered, 1 the first, 2 the fallback",
    "quicklook": "Picture of scene and map",
    "item": "STAC item",
    "model": "Model card",
    "fallback": "Model card of the fallback",
}


def class_table(tallies: Sequence[ClassTally]) -> str:
    largest = max(t.km2 for t in tallies) or 1
    rows = "".join(
        row(
            named(t.category, trained=t.trained),
            meter(t.category, t.km2 / largest),
            numbers(f"{t.km2:,.1f}", f"{t.cells:,}", f"{t.labelled:,}"),
            numbers(f"{t.threshold:.2f}{f' / {t.fallback:.2f}' if t.fallback is not None else ''}"),
        )
        for t in tallies
        if t.cells or t.labelled
    )
    if not rows:
        return "<p>No class was found anywhere.</p>"
    head = {"Class": "", "Area of cells whose most probable class it is": "bar", "km²": "n", "Cells": "n"}
    return table("Classes", {**head, "Cells that carry the label": "n", "Threshold": "n"}, rows, "classes")


def absent(tallies: Sequence[ClassTally]) -> str:
    names = [t.category.name for t in tallies if not (t.cells or t.labelled)]
    return f'<p class="note">Not found: {escape("; ".join(names))}.</p>' if names else ""


def groups(view: MapView) -> str:
    tallies = group_tallies(view)
    if not tallies or view.record.legend is None:
        return ""
    largest = max(t.km2 for t in tallies) or 1
    rows = "".join(
        row(named(t.category), meter(t.category, t.km2 / largest), numbers(f"{t.km2:,.1f}", f"{t.cells:,}"))
        for t in tallies
    )
    head = {"Group": "", "Area of cells whose most probable group it is": "bar", "km²": "n", "Cells": "n"}
    return section(
        "groups",
        f"Groups: {view.record.legend.title}",
        "<p>Cells by their most probable group; a group is as probable as its most probable class.</p>"
        + table("Groups", head, rows, "classes"),
    )


def unusual(view: MapView) -> str:
    """Where the scene looks unlike what the model was trained on; empty where the model cannot tell."""
    if view.unusual is None or view.answers.unusual is None or not view.scored.any():
        return ""
    share = view.unusual[view.scored].mean()
    bars = [np.histogram(view.answers.unusual[view.scored][:, i], 10, (0, 100))[0] for i in range(len(SCORES))]
    names = [f"{10 * i}–{10 * i + 10}" for i in range(10)]
    energy, distance = (columns(counts, names, f"{name} in percent") for name, counts in zip(SCORES, bars, strict=True))
    picture = unusual_image(view, *panel_size(view, 760, 760))
    stops = ", ".join("rgb({:.0f} {:.0f} {:.0f})".format(*unusual_colour(i / 4)) for i in range(5))
    return section(
        "unusual",
        "Does the model know such land?",
        f"<p><b>{percent(share)}</b> of the mapped cells look more unusual than {UNUSUAL} in 100 patches that were held "
        "apart from the training. There the answers are guesses; elsewhere this is no proof that they are right.</p>"
        f'<div class="pair"><div>{figure("How unusual each cell looks to the model", picture)}<ul class="key"><li>usual'
        f'<i class="ramp" style="background:linear-gradient(to right, {stops})"></i>unlike all that the model knows</li></ul>'
        f"</div><div><h3>By distance in the model's features</h3>{distance}<h3>By energy: no class speaks up</h3>{energy}"
        '<p class="note">Cells by percentile among held-apart patches. On land like that of the training all bars would be '
        "equally high.</p></div></div>",
    )


def skipped(view: MapView) -> str:
    status = by_status(view)
    rest = {name: n for name, n in status.items() if name != STATUS_NAMES[MAPPED]}
    if not rest:
        return "<p>Nothing: every cell of the scene was mapped.</p>"
    why = {
        "outside area": "outside the area that was asked for",
        "no data": "too few pixels with data in the patch",
        "cloud": "too much cloud or cloud shadow in the patch",
        "snow": "too much snow or ice in the patch",
        "no Sentinel-1": "too few pixels of Sentinel-1 in the patch; Sentinel-2 is there",
        "no Sentinel-2": "too few pixels of Sentinel-2 in the patch; Sentinel-1 is there",
    }
    rows = "".join(
        row(
            named(ALL_SKIPPED[name], why[name]) if name in ALL_SKIPPED else escape(why[name]),
            numbers(f"{n:,}", percent(n / view.mapped.size)),
        )
        for name, n in rest.items()
    )
    rule = view.record.provenance.get("skipped when")
    return (
        table("What was left out", {"Reason": "", "Cells": "n", "Share": "n"}, rows)
        + (f'<p class="note">Skipped when: {escape(rule)}.</p>' if rule else "")
        + (
            ""
            if view.record.scene.mask or view.record.scene.sensor == "sentinel-1"
            else '<p class="note">The scene has no cloud layer, so no cloud was looked for.</p>'
        )
    )


def timing_bar(timing: Mapping[str, float]) -> str:
    steps = {_STEPS[name]: timing[name] for name in _STEPS if name in timing and name not in _PARALLEL}
    if not steps:
        return "<p>Not measured.</p>"
    total = max(timing.get("total", 0.0), sum(steps.values()))
    steps["everything else"] = total - sum(steps.values())
    bar = "".join(
        f'<i class="t{i}" style="width:{100 * s / (total or 1):.2f}%" title="{escape(name)} {s:.1f} s"></i>'
        for i, (name, s) in enumerate(steps.items(), 1)
    )
    marks = key({f"{name} {s:,.1f} s": f"box t{i}" for i, (name, s) in enumerate(steps.items(), 1)})
    text = f"{total:,.1f} s in all"
    if timing.get("rate"):
        text += f", {timing['rate']:,.1f} patches/s"
    aside = "".join(
        f'<p class="note">{_STEPS[name].capitalize()} took {timing[name]:,.1f} s on other threads, beside the rest.</p>'
        for name in _PARALLEL
        if timing.get(name)
    )
    return f'<p>{text}.</p><div class="stack" aria-hidden="true">{bar}</div>{marks}{aside}'


def model(view: MapView) -> str:
    fallback = view.record.fallback
    if fallback is None:
        return _model(view.record.card)
    return _model(view.record.card) + "<h3>The fallback model</h3>" + _model(fallback.card)


def _model(card: ModelCard) -> str:
    bands = ", ".join(
        f"{b.name} ({b.unit}, {b.resampling})" if b.resampling != "nearest" else b.name for b in card.inputs
    )
    facts = {
        "Name": f"{card.title} ({card.name})",
        "What it is": card.description,
        "Origin": card.origin,
        "Bands": bands,
        "Patch": f"{card.size} x {card.size} pixels of {PIXEL} m",
        "Answers": f"{len(card.classes)} classes, {card.activation}"
        + (", calibrated" if card.calibration is not None else ", not calibrated"),
        "Licence": card.licence or "not stated",
    }
    return facts_list(facts) + _scores(card.scores)


def _scores(scores: Mapping[str, Any]) -> str:
    """The first ones as a table, the many that may follow folded."""
    if not scores:
        return '<p class="note">The card gives no measured score.</p>'
    rows = [row(escape(str(name)), _score(score)) for name, score in scores.items()]
    first, rest = ("".join(part) for part in (rows[:_FIRST_SCORES], rows[_FIRST_SCORES:]))
    head = {"Score": "", "Value": "n", "On what": ""}
    folded = f"<details><summary>{len(rows) - _FIRST_SCORES} more scores</summary>{table('More scores', head, rest)}</details>"
    return "<h3>Measured scores</h3>" + table("Measured scores", head, first) + (folded if rest else "")


def _score(score: Any) -> str:
    if not isinstance(score, Mapping):
        return numbers(_number(score)) + "<td></td>"
    value = _number(score.get("value", ""))
    if "low" in score and "high" in score:
        value += f" ({_number(score['low'])}–{_number(score['high'])})"
    known = ("value", "low", "high", "note")
    rest = [str(score["note"])] if score.get("note") else []
    rest += [f"{k} {_number(v)}" for k, v in score.items() if k not in known]
    return numbers(value) + f"<td>{escape('; '.join(rest))}</td>"


def _number(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.2f}" if 0.01 <= abs(value) < 100 else f"{value:.3g}"


def source(view: MapView) -> str:
    scene, grid = view.record.scene, view.record.grid
    left, bottom, right, top = scene.grid.bounds
    return facts_list(
        {
            "Scene": scene.name,
            "Acquired by": scene.instrument,
            **{f"Sentinel-1 ({i})": radar_words(p) for i, p in enumerate(scene.passes, 1)},
            **({"Coverage": text} if (text := view.record.provenance.get("coverage")) else {}),
            "Radiometry": scene.radiometry or "not described",
            "Baseline": scene.baseline or "unknown",
            "Tile": scene.tile or "none: not a whole Sentinel-2 tile",
            "Cloud layer": scene.mask.title if scene.mask else "none",
            "Grid": f"{grid.width:,} x {grid.height:,} pixels of {PIXEL} m, {grid.rows} rows x {grid.cols} columns of cells",
            "Coordinates": f"{view.record.provenance.get('CRS', scene.grid.crs)}, east {left:,.0f} to {right:,.0f} m, "
            f"north {bottom:,.0f} to {top:,.0f} m",
        }
    )


def radar_words(p: Pass) -> str:
    """One Sentinel-1 pass, for people."""
    facts = [p.name, p.acquired or "time unknown", p.radiometry]
    facts += [p.quantity] if p.quantity != "unknown" else []
    facts += [p.orbit] if p.orbit else []
    return "; ".join(facts + ([days_words(p.days)] if p.days is not None else []))


def file_links(files: Mapping[str, Path]) -> str:
    return "".join(
        f'<li><a href="{escape(quote(files[kind].name))}">{escape(files[kind].name)}</a> <span class="soft">{about}</span></li>'
        for kind, about in _FILES.items()
        if kind in files
    )


def citations(view: MapView) -> str:
    lines = [f"{view.attribution}." if view.attribution else "", *_DATASETS]
    lines.append(
        "Classes and colours follow CORINE Land Cover (European Union, Copernicus Land Monitoring Service, "
        "European Environment Agency)."
    )
    lines.append(f"Mapped with BigEarthNet Mapper {__version__}, model {view.record.card.name}.")
    return "".join(f"<blockquote>{escape(line)}</blockquote>" for line in lines if line)
