"""How much context a tile needs for its pixels to be those of the whole image: measured, not believed.

Through its hundreds of layers a pixel of the published generator can hear of pixels 369 away; what it hears
fades long before, how soon depends on the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..patches.grid import Window
from .tiles import Tile, around

TOLERANCE = 0.5e-4  # reflectance: half a DN
PROBE = 16  # pixels a side of the places where it is measured
FIRST = 8

Draw = Callable[[Tile], np.ndarray]  # reflectance (3, 8 h, 8 w) of the tile's core


def measured_margin(draw: Draw, probes: Sequence[Window], width: int, height: int, reach: int) -> int:
    """The smallest of 8, 16, 32 ... pixels of context from which twice as many change nothing, at any probe.

    "Nothing" is half a DN. At most ``reach``, which is exact whatever the weights.
    """
    margin = FIRST
    for probe in probes:
        answer = draw(Tile(probe, around(probe, width, height, margin)))
        while margin < reach:
            wider = draw(Tile(probe, around(probe, width, height, min(2 * margin, reach))))
            if np.abs(wider - answer).max() <= TOLERANCE:
                break
            margin, answer = min(2 * margin, reach), wider
    return margin


def probes_of(area: Window) -> list[Window]:
    """Two places on the area's diagonal."""
    side_x, side_y = min(PROBE, area.width), min(PROBE, area.height)
    return [
        Window(area.col + (area.width - side_x) * k // 3, area.row + (area.height - side_y) * k // 3, side_x, side_y)
        for k in (1, 2)
    ]
