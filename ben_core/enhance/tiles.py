"""How an area is cut into tiles that are drawn one by one: integers only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..patches.grid import Window

CORE = 256  # pixels of 10 m that a tile contributes a side; one of 400 x 400 with its context takes 0.7 GB


@dataclass(frozen=True)
class Tile:
    """``core`` is what a tile contributes, ``seen`` what the generator looks at: the core and its context."""

    core: Window
    seen: Window

    @property
    def context(self) -> tuple[int, int, int, int]:
        """Pixels of ``seen`` above, below, left and right of ``core``."""
        top, left = self.core.row - self.seen.row, self.core.col - self.seen.col
        return top, self.seen.height - self.core.height - top, left, self.seen.width - self.core.width - left


def tiles_of(area: Window, width: int, height: int, margin: int, core: int = CORE) -> Iterator[Tile]:
    """Tiles of ``area``, row by row. Each sees ``margin`` pixels around its core, as far as the scene of
    ``width`` x ``height`` pixels goes: at its edges the generator pads, as it does with a whole scene."""
    for row in range(area.row, area.row + area.height, core):
        for col in range(area.col, area.col + area.width, core):
            inner = Window(col, row, min(core, area.col + area.width - col), min(core, area.row + area.height - row))
            yield Tile(inner, around(inner, width, height, margin))


def around(inner: Window, width: int, height: int, margin: int) -> Window:
    """``inner`` with ``margin`` pixels at every side, clipped to ``width`` x ``height``."""
    left, top = max(inner.col - margin, 0), max(inner.row - margin, 0)
    right = min(inner.col + inner.width + margin, width)
    bottom = min(inner.row + inner.height + margin, height)
    return Window(left, top, right - left, bottom - top)
