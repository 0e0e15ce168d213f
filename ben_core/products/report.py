"""The report of a run: one page of HTML that needs nothing else, for a person to enjoy and to check."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files as resources
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from ..scene.types import PIXEL
from ..version import __version__
from .hover import MOST_CELLS, hover_data
from .legend import Category
from .palette import NO_LABEL, SKIPPED, legend_of, shown
from .picture import map_image, panel_size, scene_image, swatch
from .quicklook import cell_size, percent
from .storage import write_bytes
from .tally import ClassTally, by_status, class_tallies, confidence, group_tallies, label_counts
from .types import MAPPED, OUTSIDE, STATUS_NAMES
from .view import MapView

_PANEL = 760  # px, the largest side of a picture

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


def write_report(view: MapView, files: Mapping[str, Path], path: Path) -> None:
    """Write the page; ``files`` (kind -> path) are linked to. Raises StorageError."""
    write_bytes(path, render_report(view, files).encode("utf-8"))


def render_report(view: MapView, files: Mapping[str, Path]) -> str:
    record, scene = view.record, view.record.scene
    here = resources(__package__)
    script = "\n" + here.joinpath("report.js").read_text(encoding="utf-8")
    tallies = class_tallies(view)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(here.joinpath("report.html").read_text(encoding="utf-8")).substitute(
        scene=escape(scene.name),
        heading=escape(scene.name).replace("_", "_<wbr>"),
        version=escape(__version__),
        css=here.joinpath("report.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
        facts=_facts(view),
        verdict=escape(verdict(view, tallies)).replace(" %", "&nbsp;%"),
        warnings=_warnings(view, tallies),
        tiles=_tiles(view, tallies),
        shape=f"{record.grid.width / record.grid.height:.6f}",
        maps=_maps(view),
        hint=_hint(view),
        legend=_legend(view),
        patch=f"{record.grid.size * PIXEL / 1000:g} km",
        class_rows=_class_rows(tallies),
        absent=_absent(tallies),
        groups=_groups(view),
        confidence=_columns(confidence(view), [f".{i}–{'1' if i == 9 else f'.{i + 1}'}" for i in range(10)], "p"),
        label_counts=_columns(label_counts(view), [*map(str, range(6)), "6+"], "labels"),
        skipped=_skipped(view),
        timing=_timing(record.timing),
        model=_model(view),
        source=_source(view),
        files=_files(files),
        cite=_cite(view),
        provenance=_rows({**record.provenance, **{f"host: {k}": v for k, v in record.host.items()}}),
        hover=hover_data(view),
    )


def verdict(view: MapView, tallies: Sequence[ClassTally]) -> str:
    """The run in two or three sentences of plain text."""
    status, n = by_status(view), int(view.mapped.sum())
    asked = view.mapped.size - status.get(STATUS_NAMES[OUTSIDE], 0)
    text = f"{n:,} of {asked:,} cells {'in the area ' if asked < view.mapped.size else ''}were mapped"
    if not n:
        return text + ": there is nothing to show."
    text += f" ({percent(n / asked)}). " if n < asked else ". "
    first = [t for t in tallies if t.cells][:3]
    shares = [f"{t.category.name} ({percent(t.cells / n)})" for t in first]
    text += f"Most often the most probable class is {shares[0]}"
    text += f", then {' and '.join(shares[1:])}. " if shares[1:] else ". "
    none = int((view.n_labels[view.mapped] == 0).sum())
    text += f"A mapped cell carries {view.n_labels[view.mapped].mean():.1f} labels on average"
    return text + (f"; {percent(none / n)} carry none, since no class reaches its threshold." if none else ".")


def _facts(view: MapView) -> str:
    record = view.record
    facts = [f"{view.acquired:%-d %B %Y, %H:%M} UTC" if view.acquired else "Acquisition time unknown"]
    facts += [f"{record.scene.platform or record.scene.sensor} {record.scene.level}", f"model: {record.card.title}"]
    return escape(" · ".join(facts))


def _warnings(view: MapView, tallies: Sequence[ClassTally]) -> str:
    texts = [text for _, text in view.record.warnings]
    texts += [text for text in view.record.card.warnings if text not in texts]
    untrained = [t.category.name for t in tallies if not t.trained]
    if untrained:
        texts.append(
            "The model had no evidence for these classes, so its answers for them mean nothing: "
            + "; ".join(untrained)
            + "."
        )
    if not texts:
        return ""
    items = "".join(f"<li>{escape(t)}</li>" for t in texts)
    return f'<aside class="warnings" aria-labelledby="warned"><h2 id="warned">Before you use this map</h2><ul>{items}</ul></aside>'


def _tiles(view: MapView, tallies: Sequence[ClassTally]) -> str:
    tiles = [
        (f"{view.mapped.sum():,}", "cells mapped"),
        (f"{sum(t.km2 for t in tallies):,.0f} km²", "area of these cells"),
        (str(sum(t.labelled > 0 for t in tallies)), "classes found"),
    ]
    if view.mapped.any():
        tiles.append((f"{np.median(view.top_p[view.mapped]):.2f}", "median top probability"))
    if view.record.timing.get("rate"):
        tiles.append((f"{view.record.timing['rate']:,.0f} /s", "patches mapped"))
    return "".join(f"<li><b>{escape(value)}</b><span>{escape(what)}</span></li>" for value, what in tiles)


def _maps(view: MapView) -> str:
    size = panel_size(view, _PANEL, _PANEL)
    figures = []
    overview = scene_image(view, *size)
    if overview is not None:
        figures.append(
            f'<figure><figcaption>The scene in natural colour</figcaption><div class="frame"><img '
            f'src="{_data_url(overview, "JPEG")}" alt="The scene in natural colour"></div></figure>'
        )
    about = f"Map of the most probable class of each {cell_size(view)} cell; the legend and the table below hold it in words"
    figures.append(
        f"<figure><figcaption>Most probable class of each {cell_size(view)} cell</figcaption>"
        f'<div class="frame" tabindex="0" aria-describedby="tip"><img class="map" '
        f'src="{_data_url(map_image(view, *size), "PNG")}" alt="{escape(about)}"></div></figure>'
    )
    return "\n".join(figures)


def _hint(view: MapView) -> str:
    if view.mapped.size > MOST_CELLS:
        return f"Details of single cells are left out of pages with more than {MOST_CELLS:,} cells: see the GeoPackage."
    return "Point at a cell, or choose one with the arrow keys once the map has the focus, to see its labels."


def _legend(view: MapView) -> str:
    entries = legend_of(shown(view))
    total = sum(n for _, n in entries) or 1
    untrained = view.record.card.untrained
    return "".join(
        f"<li>{_swatch(c)}<span>{escape(c.name)}{_badge(c.name not in untrained)}</span>"
        f'<span class="share">{percent(n / total)}</span></li>'
        for c, n in entries
    )


def _class_rows(tallies: Sequence[ClassTally]) -> str:
    largest = max(t.km2 for t in tallies) or 1
    return "".join(
        f'<tr><th scope="row"><span class="name">{_swatch(t.category)}<span>{escape(t.category.name)}'
        f"{_badge(t.trained)}</span></span></th>{_meter(t.category, t.km2 / largest)}"
        f'<td class="n">{t.km2:,.1f}</td><td class="n">{t.cells:,}</td><td class="n">{t.labelled:,}</td>'
        f'<td class="n">{t.threshold:.2f}</td></tr>'
        for t in tallies
        if t.cells or t.labelled
    )


def _absent(tallies: Sequence[ClassTally]) -> str:
    names = [t.category.name for t in tallies if not (t.cells or t.labelled)]
    return f'<p class="note">Not found: {escape("; ".join(names))}.</p>' if names else ""


def _groups(view: MapView) -> str:
    tallies = group_tallies(view)
    if not tallies or view.record.legend is None:
        return ""
    largest = max(t.km2 for t in tallies) or 1
    rows = "".join(
        f'<tr><th scope="row"><span class="name">{_swatch(t.category)}<span>{escape(t.category.name)}</span></span></th>'
        f'{_meter(t.category, t.km2 / largest)}<td class="n">{t.km2:,.1f}</td><td class="n">{t.cells:,}</td></tr>'
        for t in tallies
    )
    return (
        f'<section aria-labelledby="groups"><h2 id="groups">Groups: {escape(view.record.legend.title)}</h2>'
        "<p>Cells by their most probable group; a group is as probable as its most probable class.</p>"
        '<div class="scroll"><table class="classes"><thead><tr><th scope="col">Group</th><th scope="col" class="bar">'
        'Area of cells whose most probable group it is</th><th scope="col" class="n">km²</th>'
        f'<th scope="col" class="n">Cells</th></tr></thead><tbody>{rows}</tbody></table></div></section>'
    )


def _columns(counts: np.ndarray, names: Sequence[str], unit: str) -> str:
    """A bar chart; every bar carries its share as text."""
    total, largest = max(int(counts.sum()), 1), max(int(counts.max()), 1)
    bars = "".join(
        f'<li title="{n:,} cells"><b>{percent(n / total) if n else ""}</b><i style="height:{78 * n / largest:.1f}%"></i>'
        f"<span>{escape(name)}</span></li>"
        for n, name in zip(counts.tolist(), names, strict=True)
    )
    return f'<ul class="columns" aria-label="share of the mapped cells by {escape(unit)}">{bars}</ul>'


def _skipped(view: MapView) -> str:
    status = by_status(view)
    rest = {name: n for name, n in status.items() if name != STATUS_NAMES[MAPPED]}
    if not rest:
        return "<p>Nothing: every cell of the scene was mapped.</p>"
    why = {
        "outside area": "outside the area that was asked for",
        "no data": "too few pixels with data in the patch",
        "cloud": "too much cloud or cloud shadow in the patch",
        "snow": "too much snow or ice in the patch",
    }
    rows = "".join(
        f'<tr><th scope="row">{_swatch(SKIPPED[name]) if name in SKIPPED else ""}{escape(why[name])}</th>'
        f'<td class="n">{n:,}</td><td class="n">{percent(n / view.mapped.size)}</td></tr>'
        for name, n in rest.items()
    )
    rule = view.record.provenance.get("skipped when")
    return (
        '<table class="reasons"><thead><tr><th scope="col">Reason</th><th scope="col" class="n">Cells</th>'
        f'<th scope="col" class="n">Share</th></tr></thead><tbody>{rows}</tbody></table>'
        + (f'<p class="note">Skipped when: {escape(rule)}.</p>' if rule else "")
        + (
            ""
            if view.record.scene.mask
            else '<p class="note">The scene has no cloud layer, so no cloud was looked for.</p>'
        )
    )


def _timing(timing: Mapping[str, float]) -> str:
    steps = {_STEPS[name]: timing[name] for name in _STEPS if name in timing and name not in _PARALLEL}
    if not steps:
        return "<p>Not measured.</p>"
    total = max(timing.get("total", 0.0), sum(steps.values()))
    steps["everything else"] = total - sum(steps.values())
    bar = "".join(
        f'<i style="width:{100 * s / (total or 1):.2f}%;background:var(--t{i})" title="{escape(name)} {s:.1f} s"></i>'
        for i, (name, s) in enumerate(steps.items(), 1)
    )
    key = "".join(
        f'<li><span class="swatch" style="background:var(--t{i})"></span>{escape(name)} {s:,.1f} s</li>'
        for i, (name, s) in enumerate(steps.items(), 1)
    )
    text = f"{total:,.1f} s in all"
    if timing.get("rate"):
        text += f", {timing['rate']:,.1f} patches/s"
    aside = "".join(
        f'<p class="note">{_STEPS[name].capitalize()} took {timing[name]:,.1f} s on other threads, beside the rest.</p>'
        for name in _PARALLEL
        if timing.get(name)
    )
    return f'<p>{text}.</p><div class="stack" aria-hidden="true">{bar}</div><ul class="keyline">{key}</ul>{aside}'


def _model(view: MapView) -> str:
    card = view.record.card
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
    scores = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>{_score(score)}</tr>' for name, score in card.scores.items()
    )
    table = (
        '<h3>Measured scores</h3><div class="scroll"><table class="keys"><tbody>' + scores + "</tbody></table></div>"
        if scores
        else '<p class="note">The card gives no measured score.</p>'
    )
    return _list(facts) + table


def _score(score: Any) -> str:
    if not isinstance(score, Mapping):
        return f'<td class="n">{escape(_number(score))}</td><td></td>'
    value = _number(score.get("value", ""))
    if "low" in score and "high" in score:
        value += f" ({_number(score['low'])}–{_number(score['high'])})"
    known = ("value", "low", "high", "note")
    rest = [str(score["note"])] if score.get("note") else []
    rest += [f"{k} {_number(v)}" for k, v in score.items() if k not in known]
    return f'<td class="n">{escape(value)}</td><td>{escape("; ".join(rest))}</td>'


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _source(view: MapView) -> str:
    scene, grid = view.record.scene, view.record.grid
    left, bottom, right, top = scene.grid.bounds
    return _list(
        {
            "Scene": scene.name,
            "Radiometry": scene.radiometry or "not described",
            "Baseline": scene.baseline or "unknown",
            "Tile": scene.tile or "none: not a whole Sentinel-2 tile",
            "Cloud layer": scene.mask.title if scene.mask else "none",
            "Grid": f"{grid.width:,} x {grid.height:,} pixels of {PIXEL} m, {grid.rows} rows x {grid.cols} columns of cells",
            "Coordinates": f"{view.record.provenance.get('CRS', scene.grid.crs)}, east {left:,.0f} to {right:,.0f} m, "
            f"north {bottom:,.0f} to {top:,.0f} m",
        }
    )


_FILES = {
    "gpkg": "GeoPackage: drop it into QGIS; cells, dissolved areas and tables, with their colours",
    "classes": "GeoTIFF: code of the most probable class",
    "groups": "GeoTIFF: code of the most probable group",
    "labels": "GeoTIFF: the label set as a bit mask",
    "probabilities": "GeoTIFF: probability of every class",
    "quicklook": "Picture of scene and map",
    "item": "STAC item",
    "model": "Model card",
}


def _files(files: Mapping[str, Path]) -> str:
    return "".join(
        f'<li><a href="{escape(quote(files[kind].name))}">{escape(files[kind].name)}</a> <span class="soft">{about}</span></li>'
        for kind, about in _FILES.items()
        if kind in files
    )


def _cite(view: MapView) -> str:
    lines = [f"{view.attribution}." if view.attribution else "", *_DATASETS]
    lines.append(
        "Classes and colours follow CORINE Land Cover (European Union, Copernicus Land Monitoring Service, "
        "European Environment Agency)."
    )
    lines.append(f"Mapped with BigEarthNet Mapper {__version__}, model {view.record.card.name}.")
    return "".join(f"<blockquote>{escape(line)}</blockquote>" for line in lines if line)


def _list(facts: Mapping[str, str]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items() if v) + "</dl>"


def _rows(facts: Mapping[str, str]) -> str:
    return "".join(f'<tr><th scope="row">{escape(k)}</th><td>{escape(str(v))}</td></tr>' for k, v in facts.items())


def _badge(trained: bool) -> str:
    return "" if trained else '<span class="badge">not trained</span>'


def _meter(category: Category, share: float) -> str:
    if not share:
        return '<td class="bar"></td>'
    return f'<td class="bar"><span class="meter" style="width:{100 * share:.1f}%;background:{category.colour}"></span></td>'


def _swatch(category: Category) -> str:
    if category is NO_LABEL or category in SKIPPED.values():
        return (
            f'<span class="swatch" style="background-image:url({_data_url(swatch(category, 32, 24), "PNG")})"></span>'
        )
    return f'<span class="swatch" style="background:{category.colour}"></span>'


def _data_url(image: Image.Image, kind: str) -> str:
    stream = io.BytesIO()
    image.save(stream, kind, optimize=True, **({"quality": 86} if kind == "JPEG" else {}))
    return f"data:image/{kind.lower()};base64,{base64.b64encode(stream.getvalue()).decode()}"
