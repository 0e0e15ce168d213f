"""One page of a 10 m map: the scene beside it, cover by class in hectares, and what the numbers mean."""

from __future__ import annotations

from html import escape
from importlib.resources import files as resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..version import __version__
from .fragments import data_url, rows
from .legend import CATEGORIES, UNMAPPED
from .picture import PAPER
from .quicklook import percent
from .storage import write_bytes

if TYPE_CHECKING:
    from .regions import RegionMap

_BLANK = "#d8d4cc"
_LARGEST = 1600  # px: the map is drawn with all its pixels up to this side


def write_page(found: RegionMap, path: Path) -> None:
    """Raises StorageError."""
    write_bytes(path, render_page(found).encode("utf-8"))


def render_page(found: RegionMap) -> str:
    here = resources(__package__)
    panels = [("The 10 m map", map_picture(found), "PNG")]
    if found.picture is not None:
        panels.insert(0, ("Natural colour", Image.fromarray(np.moveaxis(found.picture, 0, 2)), "JPEG"))
    return Template(here.joinpath("region_page.html").read_text(encoding="utf-8")).substitute(
        scene=escape(found.name),
        heading=escape(found.name).replace("_", "_<wbr>"),
        css=here.joinpath("report.css").read_text(encoding="utf-8"),
        facts=escape(_facts(found)),
        verdict=escape(_verdict(found)),
        shape=f"{found.grid.width / found.grid.height:.6f}",
        panels="".join(
            f'<figure><figcaption>{title}</figcaption><div class="frame"><img src="{data_url(image, kind)}" alt="{title}">'
            "</div></figure>"
            for title, image, kind in panels
        ),
        cover=_cover(found),
        provenance=rows(found.provenance),
        version=escape(__version__),
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


def _facts(found: RegionMap) -> str:
    when = f"{found.acquired.day} {found.acquired:%B %Y}" if found.acquired else "Acquisition time unknown"
    return " · ".join([when, found.title, f"{len(found.size):,} segments"])


def _verdict(found: RegionMap) -> str:
    from .regions import cover

    rows_, total = cover(found), float(found.hectares.sum())
    named = [(CATEGORIES[c - 1].name, ha) for c, ha, _ in rows_ if c != UNMAPPED]
    text = f"{total:,.0f} ha were cut into {len(found.size):,} segments of {total / max(len(found.size), 1):.1f} ha on average. "
    if not named:
        return text + "No window could be answered."
    text += f"Most are {named[0][0]} ({percent(named[0][1] / total)})"
    text += "".join(f", {name} ({percent(ha / total)})" for name, ha in named[1:3]) + ". "
    unsure = sum(u for c, _, u in rows_ if c != UNMAPPED)
    if unsure:
        text += f"{percent(unsure / total)} of the area is unsure: there the class does not reach its own threshold."
    return text


def _cover(found: RegionMap) -> str:
    from .regions import cover

    found_rows, total = cover(found), float(found.hectares.sum()) or 1.0
    widest = max((ha for _, ha, _ in found_rows), default=1.0)
    lines = []
    for code, ha, unsure in found_rows:
        name, colour = (
            ("No answer", _BLANK) if code == UNMAPPED else (CATEGORIES[code - 1].name, CATEGORIES[code - 1].colour)
        )
        sure = (ha - unsure) / widest * 100
        lines.append(
            f'<tr><th scope="row"><i class="swatch" style="background:{colour}"></i>{escape(name)}</th><td class="n">{ha:,.1f}</td>'
            f'<td class="n">{percent(ha / total)}</td><td class="n">{percent(unsure / ha)}</td>'
            f'<td class="bar"><b style="width:{sure:.2f}%;background:{colour}"></b>'
            f'<b class="unsure" style="width:{unsure / widest * 100:.2f}%;--c:{colour}"></b></td></tr>'
        )
    return "".join(lines)
