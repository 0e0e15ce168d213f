"""Do the levels of Sentinel-1 agree with those that the models saw? A look at small samples before a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import DataError
from ..nomenclature import S1_BANDS
from .decibels import decibels
from .files import sample
from .reader import BandReader
from .types import BandSource, Scene

# Mean and standard deviation of BigEarthNet v2's training split (ConfigILM, BENv2_utils, "120_nearest").
LEVELS = {"VV": (-12.643863677978516, 5.133493900299072), "VH": (-19.352558135986328, 5.590505599975586)}
FAR = 2.0  # standard deviations: the medians of 87 test patches lie within 3.2 (open water), of their 90 % within 2.4


def check_backscatter(scene: Scene) -> list[tuple[str, str]]:
    """Notes (code, message): "s1-level", "s1-swapped". DataError where a band holds no value on the scene at all."""
    bands = [b for b in S1_BANDS if b in scene.bands]
    notes, medians = [], {}
    for band in bands:
        source = scene.bands[band]
        values = decibels(sample(source.path, source.driver, source.index), source)
        seen = values[np.isfinite(values)]
        if not seen.size:
            seen = _look_everywhere(scene, band)
        mean, deviation = LEVELS[band]
        medians[band] = float(np.median(seen))
        off = (medians[band] - mean) / deviation
        if abs(off) > FAR:
            notes.append(
                (
                    "s1-level",
                    f"Half of the sampled {band} lies {'above' if off > 0 else 'below'} {medians[band]:.1f} dB, where "
                    f"BigEarthNet has {mean:.1f} dB on average: open water, or another unit or calibration than assumed "
                    "(--s1-unit).",
                )
            )
    if len(medians) == 2 and medians["VH"] > medians["VV"]:
        notes.append(
            (
                "s1-swapped",
                f"VH ({medians['VH']:.1f} dB) is stronger than VV ({medians['VV']:.1f} dB), which no land does: are the "
                "polarisations named the wrong way round? Give --bands VV=…,VH=… if so.",
            )
        )
    return notes


def _look_everywhere(scene: Scene, band: str) -> np.ndarray:
    """The first values of a band, which small windows missed. DataError where there is none."""
    source: BandSource = scene.bands[band]
    for values in _strips(source):
        seen = values[np.isfinite(values)]
        if seen.size:
            return seen
    raise DataError(
        f"{scene.name} has no Sentinel-1 data: every pixel of {band} on its grid is missing or marked as no data.",
        "Is it the right product? Was it processed and downloaded whole?",
        "nodata",
    )


def _strips(source: BandSource) -> Iterator[np.ndarray]:
    with BandReader(source) as reader:
        for row in range(0, source.height, source.block_rows):
            yield reader.read_rows(row, min(row + source.block_rows, source.height))
