"""The page of a catalogue: one file of HTML that needs nothing else, in the dress of a scene's report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ...products.fragments import meter, named, numbers, row, table, tiles, warnings
from ...products.legend import CATEGORIES, CATEGORY
from ...products.page import breakable, filled, page, resource, section
from ...products.words import counted, percent
from ...storage import write_bytes
from .charts import cover_over_time, over_time
from .counts import Counter, Key, Sums
from .cover import CoverCounter
from .entries import UNKNOWN_DAY, Entry
from .mosaic import Mosaic
from .overview_map import draw_map
from .rules import MEANINGS
from .stac import href

MOST_LINES = 1000  # scenes in the table; the list of all is a file
MOST_CHARTS = 24  # zones, or tiles where no zones were given, with a chart of their own
# The script shows it where there are many rows.
_FIND = (
    '<p class="find" id="find" hidden><label>Show scenes with <input type="search" id="word" placeholder="a tile, a date, a word">'
    '</label> <span id="found" role="status"></span></p>'
)
_FILES = {
    "collection": "STAC collection of all scenes: in QGIS, Browser panel › STAC",
    "patches": "Cells of all scenes as one table: drop it into QGIS",
    "counts": "Cells by class, area and time (CSV)",
    "scenes": "The list of the scenes (CSV)",
    "chart": "The chart of classes over time as a drawing (SVG)",
    "classes": "mosaic of the most probable class (GeoTIFF)",
    "probability": "mosaic of its probability (GeoTIFF)",
    "vrt": "both as one file (VRT)",
    "scenes_vrt": "class rasters of the scenes, the newest on top (VRT)",
    "regions_vrt": "10 m maps of the scenes, the newest on top (VRT)",
    "cover": "Cover by class, area and time, in hectares (CSV)",
    "cover_chart": "The chart of cover as a drawing (SVG)",
}


@dataclass(frozen=True)
class Failure:
    """A scene that could not be mapped, in words."""

    name: str
    message: str
    hint: str


@dataclass(frozen=True)
class SceneLine:
    """A mapped scene in the table; cells with and without an answer, and the most frequent class."""

    entry: Entry
    cells: float
    not_mapped: float
    main_class: str


@dataclass(frozen=True)
class Overview:
    """What the page shows; ``files`` by key are linked to."""

    title: str
    entries: Sequence[Entry]
    lines: Sequence[SceneLine]
    failed: Sequence[Failure]
    left_out: Mapping[str, str]
    counter: Counter
    cover: CoverCounter
    mosaics: Sequence[Mosaic]
    files: Mapping[str, Path]
    notes: Sequence[str]
    rule: str

    @property
    def total(self) -> Sums:
        total = Sums()
        for key, s in self.counter.ordered():
            if key.kind == "all":
                total.add(s)
        return total


def write_overview(o: Overview, path: Path) -> None:
    """Write the page. Raises StorageError."""
    write_bytes(path, render(o, path.parent).encode("utf-8"))


def render(o: Overview, folder: Path) -> str:
    body = (
        warnings("Before you use this catalogue", _cautions(o)),
        tiles(_figures(o)),
        _maps(o) if o.entries else "",
        section("scenes", "Scenes", _FIND + _scenes(o, folder)),
        section("files", "Files", f'<ul class="files">{_file_links(o, folder)}</ul>'),
    )
    return page(
        kicker="Land cover of many scenes",
        name=o.title,
        title=o.title,
        verdict=_verdict(o),
        body="\n".join(body),
        css=resource(__package__, "overview.css"),
        script=resource(__package__, "overview.js"),
    )


def _maps(o: Overview) -> str:
    """What is there to see where a scene was mapped: map, chart, classes."""
    sums = o.counter.ordered()
    return filled(
        __package__,
        "overview_maps.html",
        map=draw_map(o.entries, o.mosaics),
        map_note=escape(_map_note(o)),
        chart=_wide(over_time(sums)),
        more_charts=_more_charts(
            [key for key, _ in sums], "counts.csv", lambda kind, area: over_time(sums, kind, area)
        ),
        class_table=_class_table(o.total),
        cover=_cover(o) if o.cover.pieces else "",
    )


def _cover(o: Overview) -> str:
    """What the 10 m maps say; empty where no scene has one."""
    sums, total = o.cover.ordered(), o.cover.total
    order = sorted(range(len(CATEGORIES)), key=lambda i: (-total.hectares[i], i))
    largest = max(total.hectares.max(), 1e-9)
    rows = "".join(
        row(
            named(CATEGORIES[i]),
            meter(CATEGORIES[i], total.hectares[i] / largest),
            numbers(percent(total.hectares[i] / total.mapped), f"{total.hectares[i]:,.0f}"),
        )
        for i in order
        if total.hectares[i]
    )
    head = {"Class": "", "Cover, over all periods": "bar", "Share": "n", "Hectares, summed over periods": "n"}
    count = len(o.cover.pieces)
    scenes = counted(count, "scene") if count == len(o.entries) else f"{count:,} of {counted(len(o.entries), 'scene')}"
    return filled(
        __package__,
        "overview_cover.html",
        scenes=scenes,
        chart=_wide(cover_over_time(sums)),
        more_charts=_more_charts(
            [key for key, _ in sums], "cover.csv", lambda kind, area: cover_over_time(sums, kind, area)
        ),
        class_table=table("Cover by class", head, rows, "classes"),
    )


def _verdict(o: Overview) -> str:
    if not o.entries:
        return "No scene has been mapped yet: there is nothing to show but what went wrong."
    days = sorted(e.day for e in o.entries if e.time)
    places = len({e.place for e in o.entries})
    text = f"{counted(len(o.entries), 'scene')} of {counted(places, 'place')}"
    if days:
        text += f", {'on ' + days[0] if days[0] == days[-1] else f'from {days[0]} to {days[-1]}'},"
    text += f" {'was' if len(o.entries) == 1 else 'were'} mapped. "
    total = o.total
    order = sorted(range(len(CATEGORIES)), key=lambda i: (-total.main[i], i))[:3]
    shares = [f"{CATEGORIES[i].name} ({percent(total.main[i] / total.cells)})" for i in order if total.main[i]]
    if shares:
        text += f"Most often the most probable class of a cell is {shares[0]}"
        text += f", then {' and '.join(shares[1:])}." if shares[1:] else "."
    return text


def _cautions(o: Overview) -> list[str]:
    texts = list(o.notes)
    if o.left_out:
        texts.insert(
            0, f"{counted(len(o.left_out), 'mapped scene')} could not be read: nothing of it is in what follows."
        )
    if o.failed:
        texts.insert(0, f"{counted(len(o.failed), 'scene')} could not be mapped: the reasons stand in the table below.")
    return texts


def _figures(o: Overview) -> list[tuple[str, str]]:
    total = o.total
    figures = [
        (f"{len(o.entries):,}", counted(len(o.entries), "scene").partition(" ")[2] + " mapped"),
        (f"{len({e.place for e in o.entries}):,}", "places (tiles)"),
        (f"{total.cells:,.0f}", "cells mapped, over all dates"),
        (f"{len(o.failed) + len(o.left_out):,}", "scenes failed"),
    ]
    if o.mosaics and o.mosaics[-1].km2 is not None:
        figures.insert(2, (f"{o.mosaics[-1].km2:,.0f} km²", "of land mapped"))
    return figures


def _map_note(o: Overview) -> str:
    if not o.mosaics:
        return "Frames are the scenes' places."
    return (
        f"Colours: the most probable class; where scenes overlap, that of {MEANINGS[o.rule]} (rule “{o.rule}”). Frames "
        f"are the scenes' places; point at one for its dates. {o.mosaics[-1].target.crs[:40]}. "
    ) + " ".join(note for mosaic in o.mosaics[-1:] for note in mosaic.notes)


def _more_charts(keys: Sequence[Key], table: str, draw: Callable[[str, str], str]) -> str:
    """A chart by ``draw(kind, area)`` for every zone, or tile where no zones were given; ``table`` has the rest."""
    kind = "zone" if any(key.kind == "zone" for key in keys) else "tile"
    areas = sorted({key.area for key in keys if key.kind == kind})
    if kind == "tile" and len(areas) < 2:  # it is all
        return ""
    out = "".join(
        f"<details><summary>{escape(area)}</summary>{_wide(draw(kind, area))}</details>" for area in areas[:MOST_CHARTS]
    )
    more = len(areas) - MOST_CHARTS
    rest = ""
    if more > 0:
        rest = f'<p class="note">{counted(more, "further " + kind)}: see {table}.</p>'
    return f'<div class="areas">{out}</div>{rest}'


def _wide(drawing: str) -> str:
    """A drawing that scrolls where the page is too narrow for its letters."""
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Chart">{drawing}</div>'


def _class_table(total: Sums) -> str:
    order = sorted(range(len(CATEGORIES)), key=lambda i: (-total.main[i], -total.present[i], i))
    largest = max(total.main.max(), 1)
    rows = "".join(
        row(
            named(CATEGORIES[i]),
            meter(CATEGORIES[i], total.main[i] / largest),
            numbers(percent(total.main[i] / total.cells), f"{total.main[i]:,.0f}", f"{total.present[i]:,.0f}"),
        )
        for i in order
        if total.main[i] or total.present[i]
    )
    head = {"Class": "", "Cells whose most probable class it is, over all dates": "bar", "Share": "n", "Cells": "n"}
    return table("Classes", {**head, "Cells that carry the label": "n"}, rows, "classes")


def _scenes(o: Overview, folder: Path) -> str:
    rows = [_bad_row(f.name, "failed", f"{f.message} {f.hint}".strip()) for f in o.failed]
    rows += [_bad_row(name, "left out", why) for name, why in sorted(o.left_out.items())]
    rows += [_row(line, folder) for line in o.lines]
    shown = rows[:MOST_LINES]
    more = len(rows) - len(shown)
    head = {"Scene": "", "Tile": "", "Date": "", "Cells": "n", "Mapped": "", "Most frequent class": "", "Files": ""}
    found = table("Scenes", head, "".join(shown), "scenes")
    if more:
        found += f'<p class="note">{counted(more, "further scene")}: see scenes.csv.</p>'
    return found


def _bad_row(name: str, state: str, why: str) -> str:
    return (
        f'<tr class="bad"><th scope="row">{breakable(name)} <span class="badge">{state}</span></th>'
        f'<td colspan="6">{escape(why)}</td></tr>'
    )


def _row(line: SceneLine, folder: Path) -> str:
    e, scene = line.entry, line.entry.scene
    share = line.cells / ((line.cells + line.not_mapped) or 1)
    links = " ".join(
        f'<a href="{escape(href(scene.files[kind], folder))}">{text}</a>'
        for kind, text in (
            ("report", "report"),
            ("gpkg", "cells"),
            ("classes", "raster"),
            ("regions_page", "10 m"),
            ("item", "item"),
        )
        if kind in scene.files
    )
    main = named(CATEGORY[line.main_class]) if line.main_class in CATEGORY else escape(line.main_class)
    day = "unknown" if e.day == UNKNOWN_DAY else e.day
    return (
        f'<tr><th scope="row">{breakable(e.name)}</th><td>{escape(e.place)}</td><td class="day">{day}</td>'
        f'<td class="n">{line.cells:,.0f}</td><td class="mapped"><span class="part" aria-hidden="true">'
        f'<i style="width:{100 * share:.0f}%"></i></span> {percent(share)}</td><td>{main}</td>'
        f'<td class="links">{links}</td></tr>'
    )


def _file_links(o: Overview, folder: Path) -> str:
    out = []
    for key, path in {"collection": folder / "collection.json", **o.files}.items():
        place, _, kind = key.rpartition(":")
        if kind in _FILES:
            about = f"{place.replace('_10m', ' at 10 m')}: {_FILES[kind]}" if place else _FILES[kind]
            link = escape(href(path, folder))
            out.append(f'<li><a href="{link}">{escape(path.name)}</a> <span class="soft">{escape(about)}</span></li>')
    return "".join(out)
