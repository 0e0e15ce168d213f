"""What the journal hands to the products: probabilities on the grid, with validity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..models.card import ModelCard
from ..models.novelty import SCORES
from ..nomenclature import Legend
from ..patches.grid import Grid
from ..scene.types import Scene

# What became of a cell. Numbers stand in journal and GeoPackage: never renumber.
# NO_S1, NO_S2: the model reads both sensors and only the other one has data.
MAPPED, OUTSIDE, NODATA, CLOUD, SNOW, NO_S1, NO_S2 = range(7)
STATUS_NAMES = ("mapped", "outside area", "no data", "cloud", "snow", "no Sentinel-1", "no Sentinel-2")

PROBABILITY_STEPS = 10_000  # stored probability = round(p * 10000), uint16; 65535 = not mapped
NOT_MAPPED = 65535
NOT_SCORED = 255  # of ``unusual``
UNUSUAL = 99  # percent: a cell counts as unusual where either score reaches it


@dataclass(frozen=True)
class Probabilities:
    """Answers on the grid; axis order (rows, cols[, classes]), row 0 in the north.

    p        uint16 (rows, cols, classes): probability x 10000, 65535 where ``status`` is not MAPPED
    status   uint8 (rows, cols): MAPPED, OUTSIDE, NODATA, CLOUD, SNOW, NO_S1 or NO_S2
    valid, cloud, snow   uint8 (rows, cols): percent of the patch's pixels, 255 where OUTSIDE
    classes  class names in the order of axis 2
    unusual  uint8 (rows, cols, 2): percent, axis 2 as in ``models.novelty.SCORES``, 255 where not mapped;
             None where the model cannot tell
    sensors  uint8 (rows, cols, 2): ``valid`` of Sentinel-1 and of Sentinel-2; None where one of them is read
    missed   uint8 (rows, cols): what ``status`` would be without the fallback model; None where there is none
    """

    p: np.ndarray
    status: np.ndarray
    valid: np.ndarray
    cloud: np.ndarray
    snow: np.ndarray
    classes: tuple[str, ...]
    unusual: np.ndarray | None = None
    sensors: np.ndarray | None = None
    missed: np.ndarray | None = None

    def __post_init__(self) -> None:
        rows, cols, n = self.p.shape
        if n != len(self.classes):
            raise ValueError(f"{n} probabilities a cell, {len(self.classes)} class names")
        for a in (self.status, self.valid, self.cloud, self.snow):
            if a.shape != (rows, cols):
                raise ValueError(f"layer of shape {a.shape} on a grid of {(rows, cols)}")
        if self.unusual is not None and self.unusual.shape != (rows, cols, len(SCORES)):
            raise ValueError(f"scores of shape {self.unusual.shape} on a grid of {(rows, cols)}")
        if self.sensors is not None and self.sensors.shape != (rows, cols, 2):
            raise ValueError(f"validity of sensors of shape {self.sensors.shape} on a grid of {(rows, cols)}")
        if self.missed is not None and self.missed.shape != (rows, cols):
            raise ValueError(f"status of the first model of shape {self.missed.shape} on a grid of {(rows, cols)}")

    @property
    def by_fallback(self) -> np.ndarray:
        """bool (rows, cols): the fallback model answered."""
        if self.missed is None:
            return np.zeros(self.status.shape, bool)
        return (self.status == MAPPED) & (self.missed != MAPPED)

    def labels(self, thresholds: Sequence[float], fallback: Sequence[float] | None = None) -> np.ndarray:
        """bool (rows, cols, classes): p >= threshold a class, that of ``fallback`` where the fallback model answered;
        False where not mapped."""
        labels = (self.p >= _steps(thresholds)) & (self.status == MAPPED)[..., None]
        if fallback is not None:
            filled = self.by_fallback
            labels[filled] = self.p[filled] >= _steps(fallback)
        return labels

    def top(self) -> np.ndarray:
        """uint8 (rows, cols): index of the most probable class (first of equals), 255 where not mapped."""
        best = self.p.argmax(axis=2).astype(np.uint8)
        best[self.status != MAPPED] = 255
        return best


def _steps(thresholds: Sequence[float]) -> np.ndarray:
    return np.ceil(np.asarray(thresholds, dtype=np.float64) * PROBABILITY_STEPS - 1e-9)


@dataclass(frozen=True)
class Fallback:
    """The model of the cells that the first one could not answer; ``thresholds`` one a class, in the card's order."""

    card: ModelCard
    thresholds: tuple[float, ...]

    def threshold(self, name: str) -> float:
        return self.thresholds[self.card.classes.index(name)]


@dataclass(frozen=True)
class RunRecord:
    """All that products say about a run. ``timing`` and ``host`` go into the report only.

    thresholds   one a class, in the order of ``classes``
    provenance   flat name -> value in display order (engine, scene, radiometry, model, device, ...),
                 free of times, hosts and absolute paths: it stands in GeoPackage and STAC item
    timing       seconds by name ("total", "read", "infer", "write", "wait for pixels", ...), "rate" in patches/s
    """

    scene: Scene
    grid: Grid
    card: ModelCard
    thresholds: tuple[float, ...]
    provenance: Mapping[str, str]
    warnings: tuple[tuple[str, str], ...] = ()
    legend: Legend | None = None
    timing: Mapping[str, float] = field(default_factory=dict)
    host: Mapping[str, str] = field(default_factory=dict)
    quicklook: np.ndarray | None = None  # uint8 (3, h, w): RGB overview of the scene, None where bands are missing
    colours: str = "natural colour"  # what the overview shows
    fallback: Fallback | None = None
