"""The page of a catalogue: one file of HTML that needs nothing else, in the dress of a scene's report."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files as resources
from pathlib import Path
from string import Template

from ...products.fragments import meter
from ...products.legend import CATEGORIES
from ...products.quicklook import percent
from ...products.storage import write_bytes
from ...version import __version__
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
_FILES = {
    "collection": "STAC collection of all scenes: in QGIS, Browser panel › STAC",
    "patches": "Cells of all scenes as one table: drop it into QGIS",
    "counts": "Cells by class, area and time (CSV)",
    "scenes": "The list of the scenes (CSV)",
    "chart": "The chart above as a drawing (SVG)",
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
    here = resources(__package__)
    script = "\n" + here.joinpath("overview.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    css = resources("ben_core.products").joinpath("report.css").read_text(encoding="utf-8")
    return Template(here.joinpath("overview.html").read_text(encoding="utf-8")).substitute(
        title=escape(o.title),
        version=escape(__version__),
        css=css + here.joinpath("overview.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=f"sha256-{digest}",
        verdict=escape(_verdict(o)),
        warnings=_warnings(o),
        tiles=_tiles(o),
        maps=_maps(o) if o.entries else "",
        scenes=_scenes(o, folder),
        files=_file_links(o, folder),
    )


def _maps(o: Overview) -> str:
    """What is there to see where a scene was mapped: map, chart, classes."""
    page = resources(__package__).joinpath("overview_maps.html").read_text(encoding="utf-8")
    sums = o.counter.ordered()
    return Template(page).substitute(
        map=draw_map(o.entries, o.mosaics),
        map_note=escape(_map_note(o)),
        chart=over_time(sums),
        more_charts=_more_charts(
            [key for key, _ in sums], "counts.csv", lambda kind, area: over_time(sums, kind, area)
        ),
        class_rows=_class_rows(o.total),
        cover=_cover(o) if o.cover.pieces else "",
    )


def _cover(o: Overview) -> str:
    """What the 10 m maps say; empty where no scene has one."""
    sums, total = o.cover.ordered(), o.cover.total
    order = sorted(range(len(CATEGORIES)), key=lambda i: (-total.hectares[i], i))
    largest = max(total.hectares.max(), 1e-9)
    rows = "".join(
        f"{_class_head(i)}{meter(CATEGORIES[i], total.hectares[i] / largest)}"
        f'<td class="n">{percent(total.hectares[i] / total.mapped)}</td><td class="n">{total.hectares[i]:,.0f}</td></tr>'
        for i in order
        if total.hectares[i]
    )
    count = len(o.cover.pieces)
    scenes = _many(count, "scene") if count == len(o.entries) else f"{count:,} of {_many(len(o.entries), 'scene')}"
    return Template(resources(__package__).joinpath("overview_cover.html").read_text(encoding="utf-8")).substitute(
        scenes=scenes,
        chart=cover_over_time(sums),
        more_charts=_more_charts(
            [key for key, _ in sums], "cover.csv", lambda kind, area: cover_over_time(sums, kind, area)
        ),
        rows=rows,
    )


def _verdict(o: Overview) -> str:
    if not o.entries:
        return "No scene has been mapped yet: there is nothing to show but what went wrong."
    days = sorted(e.day for e in o.entries if e.time)
    places = len({e.place for e in o.entries})
    text = f"{_many(len(o.entries), 'scene')} of {_many(places, 'place')}"
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


def _warnings(o: Overview) -> str:
    texts = list(o.notes)
    if o.left_out:
        texts.insert(0, f"{_many(len(o.left_out), 'mapped scene')} could not be read and is not in what follows.")
    if o.failed:
        texts.insert(0, f"{_many(len(o.failed), 'scene')} could not be mapped: the reasons stand in the table below.")
    if not texts:
        return ""
    items = "".join(f"<li>{escape(t)}</li>" for t in texts)
    return f'<aside class="warnings"><h2>Before you use this catalogue</h2><ul>{items}</ul></aside>'


def _tiles(o: Overview) -> str:
    total = o.total
    tiles = [
        (f"{len(o.entries):,}", "scenes mapped"),
        (f"{len({e.place for e in o.entries}):,}", "places (tiles)"),
        (f"{total.cells:,.0f}", "cells mapped, over all dates"),
        (f"{len(o.failed) + len(o.left_out):,}", "scenes failed"),
    ]
    if o.mosaics and o.mosaics[-1].km2 is not None:
        tiles.insert(2, (f"{o.mosaics[-1].km2:,.0f} km²", "of land mapped"))
    return "".join(f"<li><b>{escape(value)}</b><span>{escape(what)}</span></li>" for value, what in tiles)


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
        f"<details><summary>{escape(area)}</summary>{draw(kind, area)}</details>" for area in areas[:MOST_CHARTS]
    )
    more = len(areas) - MOST_CHARTS
    rest = ""
    if more > 0:
        rest = f'<p class="note">{_many(more, "further " + kind)}: see {table}.</p>'
    return f'<div class="areas">{out}</div>{rest}'


def _class_rows(total: Sums) -> str:
    order = sorted(range(len(CATEGORIES)), key=lambda i: (-total.main[i], -total.present[i], i))
    largest = max(total.main.max(), 1)
    return "".join(
        f"{_class_head(i)}{meter(CATEGORIES[i], total.main[i] / largest)}"
        f'<td class="n">{percent(total.main[i] / total.cells)}</td><td class="n">{total.main[i]:,.0f}</td>'
        f'<td class="n">{total.present[i]:,.0f}</td></tr>'
        for i in order
        if total.main[i] or total.present[i]
    )


def _class_head(i: int) -> str:
    """The beginning of a class's row."""
    return (
        f'<tr><th scope="row"><span class="name"><span class="swatch" style="background:{CATEGORIES[i].colour}"></span>'
        f"<span>{escape(CATEGORIES[i].name)}</span></span></th>"
    )


def _scenes(o: Overview, folder: Path) -> str:
    rows = [_bad_row(f.name, "failed", f"{f.message} {f.hint}".strip()) for f in o.failed]
    rows += [_bad_row(name, "left out", why) for name, why in sorted(o.left_out.items())]
    rows += [_row(line, folder) for line in o.lines]
    shown = rows[:MOST_LINES]
    more = len(rows) - len(shown)
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="scenes"><table class="scenes"><thead><tr>'
        '<th scope="col">Scene</th><th scope="col">Tile</th><th scope="col">Date</th><th scope="col" class="n">Cells</th>'
        '<th scope="col">Mapped</th><th scope="col">Most frequent class</th><th scope="col">Files</th></tr></thead>'
        f'<tbody id="rows">{"".join(shown)}</tbody></table></div>'
    )
    if more:
        table += f'<p class="note">{_many(more, "further scene")}: see scenes.csv.</p>'
    return table


def _bad_row(name: str, state: str, why: str) -> str:
    return (
        f'<tr class="bad"><th scope="row">{_name(name)} <span class="badge">{state}</span></th>'
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
    colour = next((c.colour for c in CATEGORIES if c.name == line.main_class), "transparent")
    day = "unknown" if e.day == UNKNOWN_DAY else e.day
    return (
        f'<tr><th scope="row">{_name(e.name)}</th><td>{escape(e.place)}</td><td class="day">{day}</td>'
        f'<td class="n">{line.cells:,.0f}</td><td><span class="part" title="{percent(share)} of the cells">'
        f'<i style="width:{100 * share:.0f}%"></i></span></td><td><span class="name"><span class="swatch" '
        f'style="background:{colour}"></span><span>{escape(line.main_class)}</span></span></td><td class="links">{links}</td></tr>'
    )


def _name(name: str) -> str:
    return escape(name).replace("_", "_<wbr>")


def _file_links(o: Overview, folder: Path) -> str:
    out = []
    for key, path in {"collection": folder / "collection.json", **o.files}.items():
        place, _, kind = key.rpartition(":")
        if kind in _FILES:
            about = f"{place.replace('_10m', ' at 10 m')}: {_FILES[kind]}" if place else _FILES[kind]
            link = escape(href(path, folder))
            out.append(f'<li><a href="{link}">{escape(path.name)}</a> – {escape(about)}</li>')
    return "".join(out)


def _many(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
