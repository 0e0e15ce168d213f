"""How much of a scene each sensor has data for: an estimate before a run, from windows spread evenly over it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..nomenclature import S1_BANDS
from .reader import BandReader
from .types import BandSource, Scene

PLACES = 8  # a side of the net: 64 windows a sensor touch few blocks of any file, and suffice for "about 90 %"
WINDOW = 16  # px
SMALL = 1024  # px: a band whose sides have no more is read whole


def sampled_coverage(scene: Scene) -> dict[str, float]:
    """Share (0 to 1) of the sampled pixels with data, by sensor; {} for scenes without Sentinel-1."""
    if not scene.passes:
        return {}
    radar = [b for name, b in scene.bands.items() if name in S1_BANDS]
    optical = [b for name, b in scene.bands.items() if name not in S1_BANDS]
    found = {}
    if radar:
        found["sentinel_1"] = min(_share(b) for b in radar)
    if optical:
        found["sentinel_2"] = _share(optical[0])
    return {name: round(share, 3) for name, share in found.items()}


def _share(band: BandSource) -> float:
    good = total = 0
    with BandReader(band) as reader:
        for rows in _parts(band.height):
            for cols in _parts(band.width):
                values = reader.read_rows(*rows, *cols)
                there = np.isfinite(values) if values.dtype.kind == "f" else values != 0
                good += int(there.sum())
                total += there.size
    return good / total


def _parts(size: int) -> list[tuple[int, int]]:
    """First and last + 1 pixel of PLACES equal parts of a side; of a long one the middles of the parts alone."""
    edges = np.linspace(0, size, PLACES + 1).astype(int)
    if size > SMALL:
        return [(int(m) - WINDOW // 2, int(m) + WINDOW // 2) for m in (edges[1:] + edges[:-1]) / 2]
    return [(int(a), int(b)) for a, b in pairwise(edges) if b > a]
