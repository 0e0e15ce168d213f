"""The report of a run: one page of HTML that needs nothing else, for a person to enjoy and to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..scene.types import PIXEL
from ..storage import write_bytes
from . import sections
from .answered import answered_section
from .fragments import columns, depended_on, figure, legend, tiles, warnings
from .hover import MOST_CELLS, hover_data
from .page import filled, page, resource
from .palette import FILLED, legend_of, shown
from .picture import map_image, panel_size, scene_image
from .quicklook import cell_size
from .tally import ClassTally, by_status, class_tallies, confidence, label_counts
from .types import OUTSIDE, STATUS_NAMES
from .view import MapView
from .words import day, percent

MANY_UNUSUAL = 0.1  # of the mapped cells: more are told of on top
_PANEL = 760  # px, the largest side of a picture


def write_report(view: MapView, files: Mapping[str, Path], path: Path) -> None:
    """Write the page; ``files`` (kind -> path) are linked to. Raises StorageError."""
    write_bytes(path, render_report(view, files).encode("utf-8"))


def render_report(view: MapView, files: Mapping[str, Path]) -> str:
    record, tallies = view.record, class_tallies(view)
    body = filled(
        __package__,
        "report.html",
        warnings=warnings("Before you use this map", _cautions(view, tallies)),
        tiles=tiles(_figures(view, tallies)),
        maps=_maps(view),
        hint=_hint(view),
        legend=_legend(view),
        patch=f"{record.grid.size * PIXEL / 1000:g} km",
        class_table=sections.class_table(tallies),
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
        provenance=depended_on(
            "Everything that the run depended on",
            {**record.provenance, **{f"host: {k}": v for k, v in record.host.items()}},
        ),
        hover=hover_data(view),
    )
    return page(
        kicker="Land-cover map",
        name=record.scene.name,
        title=f"Land-cover map of {record.scene.name}",
        facts=_facts(view),
        verdict=verdict(view, tallies),
        body=body,
        css=resource(__package__, "report.css"),
        script=resource(__package__, "report.js"),
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
    return " · ".join(facts)


def _when(view: MapView) -> str:
    time = view.acquired
    if time is None:
        return "Acquisition time unknown"
    return day(time) if (time.hour, time.minute) == (0, 0) else f"{day(time)}, {time:%H:%M} UTC"


def _cautions(view: MapView, tallies: Sequence[ClassTally]) -> list[str]:
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
    return texts


def _figures(view: MapView, tallies: Sequence[ClassTally]) -> list[tuple[str, str]]:
    figures = [
        (f"{view.mapped.sum():,}", "cells mapped"),
        (f"{sum(t.km2 for t in tallies):,.0f} km²", "area of these cells"),
        (str(sum(t.labelled > 0 for t in tallies)), "classes found"),
    ]
    if view.mapped.any():
        figures.append((f"{np.median(view.top_p[view.mapped]):.2f}", "median top probability"))
    if view.record.timing.get("rate"):
        figures.append((f"{view.record.timing['rate']:,.0f} /s", "patches mapped"))
    return figures


def _maps(view: MapView) -> str:
    size = panel_size(view, _PANEL, _PANEL)
    overview, title = scene_image(view, *size), f"Most probable class of each {cell_size(view)} cell"
    scene = figure(f"The scene in {view.record.colours}", overview, "JPEG") if overview is not None else ""
    about = f"Map of the most probable class of each {cell_size(view)} cell; the legend and the table below hold it in words"
    return scene + figure(title, map_image(view, *size), alt=about, focus=True)


def _hint(view: MapView) -> str:
    if view.mapped.size > MOST_CELLS:
        return f"Details of single cells are left out of pages with more than {MOST_CELLS:,} cells: see the GeoPackage."
    return "Point at a cell, or choose one with the arrow keys once the map has the focus, to see its labels."


def _legend(view: MapView) -> str:
    entries = legend_of(shown(view))
    total = sum(n for _, n in entries) or 1
    if view.filled.any():
        entries.append((FILLED, int(view.filled.sum())))
    return legend([(c, c.name, percent(n / total)) for c, n in entries], view.record.card.untrained)
