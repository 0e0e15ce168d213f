"""The answers of one strip while they come in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..models import Answers
from ..models.novelty import SCORES
from ..patches.stream import Batch, StripPixels
from ..products.journal import StripAnswers
from ..products.types import MAPPED, NOT_MAPPED, NOT_SCORED, OUTSIDE, PROBABILITY_STEPS
from .asked import Asked
from .plan import Plan


class Sheet:
    """Which cells of a strip which model answers is decided when it is made, from the pixels alone.

    cells      of the first model: (rows, columns)
    leftover   of the fallback model: (rows, columns) of what the first one may not answer and it may
    left       cells of the first model that have no answer yet
    spare      the pixels for the fallback model, None where it has nothing to do
    skipped    cells of the area that nobody answers
    """

    def __init__(self, plan: Plan, pixels: StripPixels) -> None:
        self.strip, self.classes = pixels.strip, plan.card.classes
        inside = plan.inside[self.strip.first : self.strip.last]
        first, fallback = plan.first, plan.fallback
        self.missed = np.where(inside, first.status(pixels, plan.job), np.uint8(OUTSIDE))
        self.status, valid = self.missed.copy(), first.valid(pixels)
        if fallback is not None:
            fills = inside & (self.missed != MAPPED) & (fallback.status(pixels, plan.job) == MAPPED)
            self.status[fills] = MAPPED
            valid = np.where(fills, fallback.valid(pixels), valid)
        self.cells = self._where(self.missed == MAPPED)
        self.leftover = self._where((self.status == MAPPED) & (self.missed != MAPPED))
        self.left = len(self.cells[0])
        self.skipped = int(inside.sum()) - int((self.status == MAPPED).sum())
        self.spare: StripPixels | None = None
        if fallback is not None and len(self.leftover[0]):
            self.spare = replace(pixels, bands={name: pixels.bands[name] for name in fallback.bands})
        self.p = np.full((*inside.shape, len(self.classes)), NOT_MAPPED, np.uint16)
        self.unusual = np.full((*inside.shape, len(SCORES)), NOT_SCORED, np.uint8)
        self.valid, self.cloud, self.snow = (_percent(f, inside) for f in (valid, pixels.cloud, pixels.snow))
        self.sensors = np.full((*inside.shape, 2), 255, np.uint8)
        for i, (read, share) in enumerate(zip(plan.sensors, (pixels.valid_s1, pixels.valid_s2), strict=True)):
            if read:
                self.sensors[..., i] = _percent(share, inside)
        self.rgb = pixels.overview(plan.rgb, plan.overview)

    def _where(self, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, cols = np.nonzero(cells)
        return rows + self.strip.first, cols

    def put(self, model: Asked, batch: Batch, answers: Answers) -> None:
        """Take what a model says of a batch; its classes come into the order of the run's."""
        cells = batch.rows - self.strip.first, batch.cols
        self.p[cells] = np.rint(answers.p[:, model.order(self.classes)] * PROBABILITY_STEPS).astype(np.uint16)
        if answers.unusual is not None:
            self.unusual[cells] = answers.unusual

    def answers(self) -> StripAnswers:
        return StripAnswers(
            self.p, self.status, self.valid, self.cloud, self.snow, self.unusual, self.rgb, self.sensors, self.missed
        )


def _percent(fraction: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.where(inside, np.rint(fraction * 100), 255).astype(np.uint8)
