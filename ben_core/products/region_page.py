"""One page of a 10 m map: the scene beside it, cover by class in hectares, and what the numbers mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..storage import write_bytes
from .fragments import depended_on, figure, named, numbers, row, table
from .legend import CATEGORIES, UNMAPPED, Category
from .page import filled, page, resource
from .picture import PAPER
from .words import day, percent

if TYPE_CHECKING:
    from .regions import RegionMap

_BLANK = Category(UNMAPPED, "No answer", "#d8d4cc")
_LARGEST = 1600  # px: the map is drawn with all its pixels up to this side


def write_page(found: RegionMap, path: Path) -> None:
    """Raises StorageError."""
    write_bytes(path, render_page(found).encode("utf-8"))


def render_page(found: RegionMap) -> str:
    panels = figure("The 10 m map", map_picture(found), flat=False)
    if found.picture is not None:
        panels = figure("Natural colour", Image.fromarray(np.moveaxis(found.picture, 0, 2)), "JPEG") + panels
    body = filled(
        __package__,
        "region_page.html",
        panels=panels,
        cover=_cover(found),
        provenance=depended_on("Everything that the map depended on", found.provenance),
    )
    return page(
        kicker="10 m land-cover map",
        name=found.name,
        title=f"10 m map of {found.name}",
        facts=_facts(found),
        verdict=_verdict(found),
        body=body,
        css=resource(__package__, "region_page.css"),
    )


def map_picture(found: RegionMap) -> Image.Image:
    """Every ``step``-th pixel in the classes' colours."""
    colours = np.full((256, 3), PAPER, np.uint8)
    for c in CATEGORIES:
        colours[c.code] = c.rgb
    step, grid = found.step, found.grid
    lines = [found.coded(y, y + 1)[0, step // 2 :: step] for y in range(step // 2, grid.height, step)]
    return Image.fromarray(colours[np.stack(lines)])


def step_for(width: int, height: int) -> int:
    """10 m pixels a pixel of the pictures."""
    return max(1, -(-max(width, height) // _LARGEST))


def cover(found: RegionMap) -> list[tuple[Category, float, float]]:
    """(class, hectares, of which below threshold) of every class that covers something, largest first; no answer last."""
    area = np.bincount(found.codes, found.hectares, 256)
    unsure = np.bincount(found.codes, np.where(found.sure, 0, found.hectares), 256)
    order = sorted(np.flatnonzero(area).tolist(), key=lambda c: (c == UNMAPPED, -area[c], c))
    return [(CATEGORIES[c - 1] if c != UNMAPPED else _BLANK, float(area[c]), float(unsure[c])) for c in order]


def _facts(found: RegionMap) -> str:
    when = day(found.acquired) if found.acquired else "Acquisition time unknown"
    return " · ".join([when, found.title, f"{len(found.size):,} segments"])


def _verdict(found: RegionMap) -> str:
    rows, total = cover(found), float(found.hectares.sum())
    answered = [(c.name, ha) for c, ha, _ in rows if c is not _BLANK]
    text = f"{total:,.0f} ha were cut into {len(found.size):,} segments of {total / max(len(found.size), 1):.1f} ha on average. "
    if not answered:
        return text + "No window could be answered."
    text += f"Most are {answered[0][0]} ({percent(answered[0][1] / total)})"
    text += "".join(f", {name} ({percent(ha / total)})" for name, ha in answered[1:3]) + ". "
    unsure = sum(u for c, _, u in rows if c is not _BLANK)
    if unsure:
        text += f"{percent(unsure / total)} of the area is unsure: there the class does not reach its own threshold."
    return text


def _cover(found: RegionMap) -> str:
    covered, total = cover(found), float(found.hectares.sum()) or 1.0
    if not covered:
        return "<p>Nothing was segmented.</p>"
    widest = max(ha for _, ha, _ in covered)
    rows = "".join(
        row(
            named(c),
            _bar(c, ha / widest, 0 if c is _BLANK else unsure / ha),
            numbers(f"{ha:,.1f}", percent(ha / total), "–" if c is _BLANK else percent(unsure / ha)),
        )
        for c, ha, unsure in covered
    )
    head = {"Class": "", "Area; its unsure part is striped": "bar", "Hectares": "n", "Share": "n", "Of it unsure": "n"}
    return table("Cover by class", head, rows, "classes")


def _bar(category: Category, length: float, unsure: float) -> str:
    """``length`` of the widest bar; striped is the share ``unsure`` of it."""
    return (
        f'<td class="bar"><span class="meter striped" style="width:{100 * length:.2f}%;--sure:{100 * (1 - unsure):.2f}%;'
        f'--c:{category.colour}"></span></td>'
    )
