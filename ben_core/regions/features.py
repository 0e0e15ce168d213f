"""The bands as the segmentation sees them: on 10 m, robustly scaled, with what is to be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DataError
from ..nomenclature import S1_BANDS
from ..patches.stream import MASK
from ..scene import Scene
from ..scene.types import PIXEL

TAIL = 0.01  # share of the pixels at either end of a band that is cut off
FINEST, COARSEST = 10, 20  # metres
NOT_RADAR = "Regions need a Sentinel-2 scene; map this one without --regions."


def segment_bands(scene: Scene) -> tuple[str, ...]:
    """The optical bands of 10 and 20 m. Raises DataError where there is none."""
    found = tuple(b for b, s in scene.bands.items() if b not in S1_BANDS and FINEST <= s.resolution <= COARSEST)
    if not found:
        raise DataError(
            f"{scene.name} has no optical band of 10 or 20 m to segment.",
            NOT_RADAR,
        )
    return found


def usable(scene: Scene, bands: Mapping[str, np.ndarray], height: int, width: int) -> np.ndarray:
    """bool (height, width) on 10 m: every band has data, and no cloud, cloud shadow or snow is known to be there.

    bands   native pixels by name, MASK among them where the scene has one; they begin at one corner
    """
    found = np.ones((height, width), bool)
    for name, pixels in bands.items():
        if name == MASK:
            assert scene.mask is not None
            out = (*scene.mask.nodata, *scene.mask.cloud, *scene.mask.snow)
            good, step = ~np.isin(pixels, out), scene.mask.source.resolution // PIXEL
        else:
            good, step = pixels != 0, scene.bands[name].resolution // PIXEL
        found &= _repeated(good, step, height, width)
    return found


def _repeated(a: np.ndarray, step: int, height: int, width: int) -> np.ndarray:
    """Coarse pixels on 10 m; what the scene has beyond the last whole coarse pixel repeats it."""
    row = np.minimum(np.arange(height) // step, a.shape[0] - 1)
    col = np.minimum(np.arange(width) // step, a.shape[1] - 1)
    found: np.ndarray = a[row[:, None], col]
    return found


class Histogram:
    """Counts of the DN of each band over the usable pixels: exact percentiles, whatever comes in which order."""

    def __init__(self, bands: Sequence[str]) -> None:
        self.counts = {name: np.zeros(1 << 16, np.int64) for name in bands}

    def add(self, name: str, pixels: np.ndarray) -> None:
        self.counts[name] += np.bincount(pixels.ravel(), minlength=1 << 16)

    def ranges(self) -> Mapping[str, tuple[int, int]]:
        """(low, high) DN of each band: ``TAIL`` of the pixels lie below, as many above. (0, 1) where there is no pixel."""
        found = {}
        for name, counts in self.counts.items():
            share = np.cumsum(counts) / max(int(counts.sum()), 1)
            low, high = int(np.searchsorted(share, TAIL)), int(np.searchsorted(share, 1 - TAIL))
            found[name] = (low, max(high, low + 1)) if counts.any() else (0, 1)
        return found


@dataclass(frozen=True)
class Scaling:
    """DN to [0, 1] by ``ranges``; bands in their order."""

    ranges: Mapping[str, tuple[int, int]]

    def __call__(self, scene: Scene, bands: Mapping[str, np.ndarray], height: int, width: int) -> np.ndarray:
        """float32 (bands, height, width) of native pixels that begin at one corner.

        20 m bands are interpolated: repeated, their pixels' borders would look like borders of fields.
        """
        found = np.empty((len(self.ranges), height, width), np.float32)
        for out, (name, (low, high)) in zip(found, self.ranges.items(), strict=True):
            scaled = ((bands[name].astype(np.float32) - low) / (high - low)).clip(0, 1)
            out[:] = scaled if scene.bands[name].resolution == PIXEL else _finer(scaled, height, width)
        return found


def _finer(a: np.ndarray, height: int, width: int) -> np.ndarray:
    """Twice as fine, bilinear between pixel centres; the outermost pixels repeat."""
    for axis, want in ((0, height), (1, width)):
        a = np.moveaxis(a, axis, 0)
        padded = np.concatenate([a[:1], a, a[-1:]])
        fine = np.empty((2 * len(a), *a.shape[1:]), np.float32)
        fine[0::2] = 0.75 * a + 0.25 * padded[:-2]
        fine[1::2] = 0.75 * a + 0.25 * padded[2:]
        if len(fine) < want:
            fine = np.concatenate([fine, fine[-1:]])
        a = np.moveaxis(fine[:want], 0, axis)
    return a
