"""How much memory a scene takes, and how many may be in flight under a ceiling."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import JobError
from ..machine import free_memory
from ..patches.grid import Grid
from ..patches.strips import ROWS_OF_PIXELS
from ..regions.options import RegionOptions
from ..run.plan import Plan
from ..run.preflight import BASE_BYTES, strip_bytes
from ..scene.types import PixelGrid

# What one scene takes beside its strips: the answers of its cells, and the products while they are written. Added up, not
# measured: 19 probabilities and 5 percentages as stored, a table of 40 columns of 8 bytes and texts, twice for its copies.
BYTES_PER_CELL = 3_000
# Of a 10 m map, beside its strips: graph and segments, measured on made scenes of 600 and 1,800 px a side (docs/batch_scale.md).
REGION_BYTES_PER_PIXEL = 30
BATCH_SHARE = 0.2  # of a ceiling beyond BASE_BYTES
SHARE = 0.8  # of the memory that is free, where the user names no ceiling


def scene_bytes(plan: Plan, regions: RegionOptions | None = None) -> int:
    """Bytes that a scene takes while it is mapped, its 10 m map included."""
    own = strip_bytes(plan) + plan.grid.rows * plan.grid.cols * BYTES_PER_CELL
    return own if regions is None else max(own, strip_bytes(plan) + _region_bytes(plan.scene.grid))


def grid_bytes(pixels: PixelGrid, grid: Grid, regions: RegionOptions | None) -> int:
    """The same of Sentinel-1 that has not been prepared yet, by its grid: two bands of float32, two strips of either."""
    strips = 2 * 2 * 4 * (ROWS_OF_PIXELS + grid.size) * pixels.width
    own = strips + grid.rows * grid.cols * BYTES_PER_CELL
    return own if regions is None else max(own, strips + _region_bytes(pixels))


def _region_bytes(pixels: PixelGrid) -> int:
    return round(REGION_BYTES_PER_PIXEL * pixels.width * pixels.height)


class Memory:
    """A ceiling that the scenes in flight stay under: a scene waits until there is room, or is alone.

    Where a ceiling was asked for, a part of it (``for_batches``) is the model's: its batches are chosen to fit.
    """

    def __init__(self, ceiling: int, limit: int = 0) -> None:
        """ceiling   bytes of the whole process; 0: a share of what is free, where the system tells, and of ``limit``."""
        self.asked = ceiling
        self.ceiling = ceiling or int(SHARE * min((n for n in (free_memory(), limit) if n), default=0))
        self.for_batches = int(BATCH_SHARE * max(ceiling - BASE_BYTES, 0))
        self._used = self.for_batches
        self._flying = 0
        self._room = threading.Condition()

    @contextmanager
    def room(self, need: int) -> Iterator[None]:
        """Wait for ``need`` bytes. JobError where they would not even fit alone under a ceiling that was asked for."""
        if self.asked and BASE_BYTES + self.for_batches + need > self.asked:
            least = BASE_BYTES + round(need / (1 - BATCH_SHARE))
            raise JobError(
                f"The scene needs about {least >> 20} MiB, --max-memory allows {self.asked >> 20} MiB.",
                "Raise --max-memory; memory grows with a scene's width and bands, not with its height.",
                "memory",
            )
        with self._room:
            self._room.wait_for(
                lambda: not self._flying or not self.ceiling or BASE_BYTES + self._used + need <= self.ceiling
            )
            self._used += need
            self._flying += 1
        try:
            yield
        finally:
            with self._room:
                self._used -= need
                self._flying -= 1
                self._room.notify_all()
