"""The report of a run: one page of HTML that needs nothing else, for a person to enjoy and to check."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files as resources
from pathlib import Path
from string import Template

import numpy as np

from ..scene.types import PIXEL
from ..version import __version__
from . import sections
from .answered import answered_section
from .fragments import badge, columns, data_url, rows, sample
from .hover import MOST_CELLS, hover_data
from .palette import FILLED, legend_of, shown
from .picture import map_image, panel_size, scene_image
from .quicklook import cell_size, percent
from .storage import write_bytes
from .tally import ClassTally, by_status, class_tallies, confidence, label_counts
from .types import OUTSIDE, STATUS_NAMES
from .view import MapView

MANY_UNUSUAL = 0.1  # of the mapped cells: more are told of on top
_PANEL = 760  # px, the largest side of a picture


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
        class_rows=sections.class_rows(tallies),
        absent=sections.absent(tallies),
        groups=sections.groups(view),
        confidence=columns(confidence(view), [f".{i}–{'1' if i == 9 else f'.{i + 1}'}" for i in range(10)], "p"),
        label_counts=columns(label_counts(view), [*map(str, range(6)), "6+"], "labels"),
        unusual=sections.unusual(view),
        answered=answered_section(view),
        skipped=sections.skipped(view),
        timing=sections.timing_bar(record.timing),
        model=sections.model(view),
        source=sections.source(view),
        files=sections.file_links(files),
        cite=sections.citations(view),
        provenance=rows({**record.provenance, **{f"host: {k}": v for k, v in record.host.items()}}),
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
    text += f"; {percent(none / n)} carry none, since no class reaches its threshold." if none else "."
    if filled := int(view.filled.sum()):
        text += f" {filled:,} of them ({percent(filled / n)}) were answered by the fallback model."
    return text


def _facts(view: MapView) -> str:
    record = view.record
    facts = [_when(view), record.scene.instrument]
    facts.append(f"model: {record.card.title}" + (f", else {record.fallback.card.title}" if record.fallback else ""))
    return escape(" · ".join(facts))


def _when(view: MapView) -> str:
    time = view.acquired
    if time is None:
        return "Acquisition time unknown"
    day = f"{time.day} {time:%B %Y}"
    return day if (time.hour, time.minute) == (0, 0) else f"{day}, {time:%H:%M} UTC"


def _warnings(view: MapView, tallies: Sequence[ClassTally]) -> str:
    texts = [text for _, text in view.record.warnings]
    texts += [text for text in view.record.card.warnings if text not in texts]
    if view.unusual is not None and view.scored.any() and (share := view.unusual[view.scored].mean()) > MANY_UNUSUAL:
        texts.append(
            f"{percent(share)} of the mapped cells look unlike the patches that the model was trained on: its answers "
            "there are guesses. See “Does the model know such land?” below."
        )
    untrained = [t.category.name for t in tallies if not t.trained]
    if untrained:
        texts.append(
            "The model had no evidence for these classes, so its answers for them mean nothing: "
            + "; ".join(untrained)
            + "."
        )
    fallback = view.record.fallback
    if fallback and (silent := sorted(set(fallback.card.untrained) - set(untrained))):
        texts.append("The fallback model had no evidence for these classes: " + "; ".join(silent) + ".")
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
            f'<figure><figcaption>The scene in {view.record.colours}</figcaption><div class="frame"><img '
            f'src="{data_url(overview, "JPEG")}" alt="The scene in {view.record.colours}"></div></figure>'
        )
    about = f"Map of the most probable class of each {cell_size(view)} cell; the legend and the table below hold it in words"
    figures.append(
        f"<figure><figcaption>Most probable class of each {cell_size(view)} cell</figcaption>"
        f'<div class="frame" tabindex="0" aria-describedby="tip"><img class="map" '
        f'src="{data_url(map_image(view, *size), "PNG")}" alt="{escape(about)}"></div></figure>'
    )
    return "\n".join(figures)


def _hint(view: MapView) -> str:
    if view.mapped.size > MOST_CELLS:
        return f"Details of single cells are left out of pages with more than {MOST_CELLS:,} cells: see the GeoPackage."
    return "Point at a cell, or choose one with the arrow keys once the map has the focus, to see its labels."


def _legend(view: MapView) -> str:
    entries = legend_of(shown(view))
    total = sum(n for _, n in entries) or 1
    if view.filled.any():
        entries.append((FILLED, int(view.filled.sum())))
    untrained = view.record.card.untrained
    return "".join(
        f"<li>{sample(c)}<span>{escape(c.name)}{badge(c.name not in untrained)}</span>"
        f'<span class="share">{percent(n / total)}</span></li>'
        for c, n in entries
    )
