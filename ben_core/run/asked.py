"""A model as a run asks it: which bands of the scene it gets, which cells it may answer, where its labels begin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import JobError
from ..job import Job
from ..models import BandInput, ModelCard
from ..models.model import constant
from ..nomenclature import S1_BANDS, S2_BANDS
from ..patches.stream import StripPixels
from ..products.types import CLOUD, MAPPED, NO_S1, NO_S2, NODATA, SNOW
from ..scene import Scene


@dataclass(frozen=True)
class Asked:
    """bands      those to read: the model's, without what the scene lacks and the card has a ``fill`` for
    thresholds    one a class, in card order
    """

    card: ModelCard
    bands: tuple[str, ...]
    thresholds: tuple[float, ...]

    @property
    def filled(self) -> tuple[BandInput, ...]:
        """The bands for which the model takes a constant, because the scene lacks them."""
        return tuple(b for b in self.card.inputs if b.name not in self.bands)

    @property
    def sensors(self) -> tuple[bool, bool]:
        """Whether it reads Sentinel-1 and whether it reads Sentinel-2."""
        return any(b in S1_BANDS for b in self.bands), any(b in S2_BANDS for b in self.bands)

    def order(self, classes: tuple[str, ...]) -> list[int]:
        """Where each of ``classes`` stands among the card's own."""
        return [self.card.classes.index(c) for c in classes]

    def feed(self, patches: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """What the network takes for patches (n, h, w) a band: no NaN, and constants for the bands that are missing."""
        n = len(next(iter(patches.values())))
        return {**self.whole(patches), **{b.name: constant(b, n, self.card.size) for b in self.filled}}

    def whole(self, bands: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Pixels by band, of any shape, without NaN.

        Missing dB are the model's mean, which says nothing once it is normalised: a patch may lack a tenth of its
        pixels (``min_valid``), and one NaN would take all its answers.
        """
        means = {b.name: b.mean for b in self.card.inputs}
        return {
            name: np.where(np.isnan(a), np.float32(means[name]), a) if a.dtype.kind == "f" else a
            for name, a in bands.items()
        }

    def valid(self, pixels: StripPixels) -> np.ndarray:
        """float32 (rows, cols): the share of each patch's pixels that has data of every sensor that it reads."""
        shares = [share for read, share in zip(self.sensors, (pixels.valid_s1, pixels.valid_s2), strict=True) if read]
        return np.minimum.reduce(shares)

    def status(self, pixels: StripPixels, job: Job) -> np.ndarray:
        """uint8 (rows, cols): MAPPED where it may answer a cell of the strip, else why not. Cloud hides Sentinel-2 only."""
        radar, optical = self.sensors
        status = np.full(pixels.valid_s1.shape, MAPPED, np.uint8)
        if optical:
            status[pixels.snow > job.max_snow] = SNOW
            status[pixels.cloud > job.max_cloud] = CLOUD
        no_s1 = pixels.valid_s1 < job.min_valid if radar else np.zeros(status.shape, bool)
        no_s2 = pixels.valid_s2 < job.min_valid if optical else np.zeros(status.shape, bool)
        status[no_s1] = NO_S1 if optical else NODATA
        status[no_s2] = NO_S2 if radar else NODATA
        status[no_s1 & no_s2] = NODATA
        return status


def asked(job: Job, scene: Scene, card: ModelCard) -> Asked:
    """The model of this card on a scene. JobError where --threshold does not fit it."""
    return Asked(card, read_bands(scene, card), _thresholds(job, card))


def read_bands(scene: Scene, card: ModelCard) -> tuple[str, ...]:
    """The model's bands without those that the scene lacks and the card has a ``fill`` for."""
    return tuple(b.name for b in card.inputs if b.name in scene.bands or b.fill is None)


def check_fallback(first: Asked, fallback: Asked, scene: Scene) -> None:
    """JobError where a fallback model cannot stand in for the first one."""
    name, other = f"--fallback-model {fallback.card.name}", f"model {first.card.name!r}"
    if set(fallback.card.classes) != set(first.card.classes):
        odd = sorted(set(fallback.card.classes) ^ set(first.card.classes))
        raise JobError(
            f"{name} answers other classes than {other}: {odd[0]!r} is known to one of them only.",
            "Choose a fallback of the same classes: one map has one legend.",
        )
    if fallback.card.size != first.card.size:
        raise JobError(
            f"{name} sees patches of {fallback.card.size} px, {other} of {first.card.size} px.",
            "Choose a fallback of the same patch size.",
        )
    missing = [b for b in fallback.bands if b not in scene.bands]
    if missing:
        raise JobError(
            f"{name} reads {', '.join(missing)}, which {scene.name} lacks.",
            "Give Sentinel-1 with --s1, or leave the fallback out."
            if set(missing) <= set(S1_BANDS)
            else "Choose a fallback that the scene has the bands for, or leave it out.",
        )
    if all(read for read, needed in zip(fallback.sensors, first.sensors, strict=True) if needed):
        raise JobError(
            f"{name} reads all sensors that {other} reads: it could answer no cell that this one cannot.",
            "A fallback reads less: for models of Sentinel-2, or of both, one of Sentinel-1 alone ('embedded-s1').",
        )


def _thresholds(job: Job, card: ModelCard) -> tuple[float, ...]:
    if job.threshold is None:
        return card.thresholds
    if isinstance(job.threshold, (int, float)):
        # A class without evidence stays silent whatever the threshold of the others.
        return tuple(1.0 if c in card.untrained else float(job.threshold) for c in card.classes)
    foreign = sorted(set(job.threshold) - set(card.classes))
    if foreign:
        raise JobError(f"--threshold names {foreign[0]!r}, which model {card.name!r} does not answer.")
    return tuple(float(job.threshold.get(c, t)) for c, t in zip(card.classes, card.thresholds, strict=True))
