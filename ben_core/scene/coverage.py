"""How much of a scene each sensor has data for: an estimate before a run, from small windows spread over it."""

from __future__ import annotations

import numpy as np

from ..nomenclature import S1_BANDS
from .reader import BandReader
from .types import BandSource, Scene

PLACES = 8  # a side of the net: 64 windows a sensor touch few blocks of any file, and suffice for "about 90 %"
WINDOW = 16  # px


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
    side_x, side_y = min(WINDOW, band.width), min(WINDOW, band.height)
    rows = np.linspace(0, band.height - side_y, PLACES).astype(int)
    cols = np.linspace(0, band.width - side_x, PLACES).astype(int)
    good = total = 0
    with BandReader(band) as reader:
        for row in rows:
            for col in cols:
                values = reader.read_rows(int(row), int(row) + side_y, int(col), int(col) + side_x)
                there = np.isfinite(values) if values.dtype.kind == "f" else values != 0
                good += int(there.sum())
                total += there.size
    return good / total
