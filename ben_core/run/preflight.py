"""What a run will need, before it starts: memory, disk, time. Measured on this machine where it can be."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ..machine import peak_memory
from ..models import Model
from ..patches.strips import strips_of
from ..scene import BandReader
from ..scene.types import PIXEL, BandSource
from .plan import Plan

# Whole processes of `ben map` on Linux with the embedded model: imports, GDAL's block cache, products.
BASE_BYTES = 350 << 20
# Measured on products of 8,464 cells: GeoPackage 480, probabilities at most 2 a class, journal the same.
BYTES_PER_CELL = 700


@dataclass(frozen=True)
class Estimate:
    """memory, disk in bytes; seconds of the whole run, of which decode and infer."""

    memory: int
    disk: int
    seconds: float
    decode: float
    infer: float
    batch: int


def estimate(plan: Plan, model: Model, fallback: Model | None = None) -> Estimate:
    """Time one block row of one band and one batch, and scale up. A cell is counted for the first model: how many the
    fallback will answer is not known before the pixels are."""
    before = peak_memory()
    batch = min(m.fit_batch(plan.job.batch) for m in (model, fallback) if m)
    grown = max(peak_memory() - before, 0)
    start = time.perf_counter()
    model.predict(model.blank(batch))
    infer = (time.perf_counter() - start) / batch * plan.cells

    sources = [plan.scene.bands[b] for b in plan.bands]
    rows = sum(s.bottom - s.top for s in plan.strips)
    share = rows / plan.grid.height
    pixels = sum(s.width * s.height for s in sources) * min(share, 1.0)
    decode = _seconds_per_pixel(sources[0]) * pixels / plan.threads

    on_cpu = model.placement.device == "cpu"
    seconds = decode + infer if on_cpu else max(decode, infer)
    return Estimate(BASE_BYTES + grown + strip_bytes(plan), disk_bytes(plan), seconds, decode, infer, batch)


def strip_bytes(plan: Plan) -> int:
    """Memory of the strips that are held at once."""
    tallest = max(s.bottom - s.top for s in strips_of(plan.grid))
    held = 3 if plan.fallback else 2
    return sum(
        (held * tallest * PIXEL // s.resolution + 2 * s.block_rows) * s.width * (4 if s.backscatter else 2)
        for s in (plan.scene.bands[b] for b in plan.bands)
    )


def disk_bytes(plan: Plan) -> int:
    """What the products take, and the journal while they are made."""
    return plan.cells * (BYTES_PER_CELL + 4 * len(plan.card.classes)) + (4 << 20)


def _seconds_per_pixel(source: BandSource) -> float:
    """By decoding the middle block row of a band once."""
    top = source.height // 2 // source.block_rows * source.block_rows
    bottom = min(top + source.block_rows, source.height)
    with BandReader(source) as reader:
        start = time.perf_counter()
        reader.read_rows(top, bottom)
        return (time.perf_counter() - start) / ((bottom - top) * source.width)
