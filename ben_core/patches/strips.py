"""Strips: the runs of grid rows in which a scene is read, mapped and journalled."""

from __future__ import annotations

from dataclasses import dataclass

from .grid import Grid

ROWS_OF_PIXELS = 1024  # the tallest block of a Sentinel-2 product: JP2 tiles of the 10 m bands
CELLS = 1024  # enough cells that the shorter last batch of a strip costs little


@dataclass(frozen=True)
class Strip:
    """Grid rows [first, last) and the pixel rows [top, bottom) of the 10 m grid that their patches cover."""

    number: int
    first: int
    last: int
    top: int
    bottom: int


def strips_of(grid: Grid) -> tuple[Strip, ...]:
    """All strips, north to south.

    A strip holds so many grid rows that it is no taller than about one JP2 tile and, where the rows are
    short, about ``CELLS`` cells: a function of the grid alone, so that a resumed run cuts the same ones.
    """
    tallest = max(1, ROWS_OF_PIXELS // grid.stride)
    rows = max(1, min(tallest, -(-CELLS // grid.cols)))
    found = []
    for number, first in enumerate(range(0, grid.rows, rows)):
        last = min(first + rows, grid.rows)
        found.append(Strip(number, first, last, grid.patch_top(first), grid.patch_top(last - 1) + grid.size))
    return tuple(found)
