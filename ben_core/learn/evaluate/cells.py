"""A map's hits and misses, one small picture a class."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ...products.fragments import data_url, key, named
from ...products.legend import CATEGORY
from ...products.words import counted, short
from .evaluation import Cells, Evaluation
from .words import there

# Found, missed, false alarm: told apart by the colour-blind too (M. Okabe and K. Ito, 2008); silent; not judged.
_COLOURS = {
    "found": (0, 158, 115, 255),
    "missed": (213, 94, 0, 255),
    "false": (0, 114, 178, 255),
    "silent": (150, 146, 138, 90),
}
_LARGEST = 420  # px


def hits_and_misses(evaluation: Evaluation) -> str:
    cells = evaluation.cells
    if cells is None:
        return ""
    figures = "".join(
        f"<figure><figcaption>{named(CATEGORY[c.name], short(c.name))}</figcaption>"
        f'<img src="{data_url(picture(cells, i), "PNG")}" alt="Where {c.name} was found, missed or falsely given"></figure>'
        for i, c in there(evaluation)
    )
    return (
        f"<p>Each judged cell in its place, a class at a time; {counted(len(cells.row), 'cell')} of "
        f"{cells.rows} rows and {cells.cols} columns. Blank cells were not judged.</p>"
        + key({"found": "box hit", "missed": "box miss", "false alarm": "box alarm", "rightly silent": "box silent"})
        + f'<div class="cells">{figures}</div>'
    )


def picture(cells: Cells, column: int) -> Image.Image:
    """RGBA of one class, whole pixels a cell."""
    row, col = np.array(cells.row, int), np.array(cells.col, int)
    true = (np.array(cells.truth, np.int64) >> column & 1).astype(bool)
    given = (np.array(cells.given, np.int64) >> column & 1).astype(bool)
    image = np.zeros((cells.rows, cells.cols, 4), np.uint8)
    for kind, mask in (
        ("found", true & given),
        ("missed", true & ~given),
        ("false", ~true & given),
        ("silent", ~true & ~given),
    ):
        image[row[mask], col[mask]] = _COLOURS[kind]
    times = max(1, _LARGEST // max(cells.rows, cells.cols))
    return Image.fromarray(np.kron(image, np.ones((times, times, 1), np.uint8)))
