"""What a batch amounts to, before it runs: patches, hours, disk, and what cannot be read and why."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BenError
from ..events import Emit, silent
from ..job import Job
from ..machine import cores, free_disk
from ..models import find_card, load_model
from ..models.registry import choose, choose_fallback
from ..nomenclature import CLASSES
from ..patches.cells import cells_within
from ..patches.grid import Grid
from ..regions.options import RegionOptions
from ..run.plan import Plan, make_plan, scene_of
from ..run.preflight import BASE_BYTES, BYTES_PER_CELL, disk_bytes, estimate
from ..run.raw_radar import raw_grid
from ..scene.aoi import read_area
from ..scene.types import PixelGrid
from .finer import DISK_PER_PIXEL, SECONDS_PER_PIXEL, windows_of
from .layout import Layout, kept_patches
from .memory import grid_bytes, scene_bytes
from .work import Work

# What a scene costs beside decoding and inference: opening, radiometry, products (measured: benchmarks/README.md).
OVERHEAD = 1.0  # seconds


@dataclass(frozen=True)
class Unreadable:
    name: str
    source: str
    message: str
    hint: str


@dataclass(frozen=True)
class BatchPlan:
    """What is left to do.

    scenes, looked   how many are to be mapped, and how many of them were opened for these figures
    patches          of all, but where the map of patches is there and stays; extrapolated where not all were opened
    disk             bytes of the products, ``free`` bytes are there
    memory           bytes of the largest scene's process, one scene in flight
    seconds          of one worker like this machine; None where no scene could be tried
    raw              scenes with raw Sentinel-1, which is prepared when they are mapped: time and disk of that, in the
                     cache, are not in the above
    unreadable       what cannot be mapped and why
    """

    scenes: int
    looked: int
    patches: int
    disk: int
    free: int
    memory: int
    seconds: float | None
    raw: int
    unreadable: tuple[Unreadable, ...]


def plan_batch(works: Sequence[Work], out: Path, emit: Emit = silent, sample: int = 0) -> BatchPlan:
    """Open the scenes (milliseconds each, no pixels) and time the first that can be read.

    sample   open at most so many, spread evenly; 0: all
    emit     called with "progress" in scenes opened
    """
    step = -(-len(works) // sample) if sample else 1
    looked = works[::step]
    sizes: list[_Size] = []
    unreadable: list[Unreadable] = []
    rates: _Rates | None = None
    layout = Layout(out)
    with ThreadPoolExecutor(min(8, 2 * cores())) as pool:
        for i, opened in enumerate(pool.map(lambda work: _open(work, layout), looked), 1):
            if isinstance(opened, Unreadable):
                unreadable.append(opened)
            else:
                if rates is None and opened.plan is not None:
                    rates = _measured(opened.plan)
                sizes.append(opened.size)
            if i % 20 == 0 or i == len(looked):
                emit("progress", done=i, total=len(looked), rate=0.0, eta=None, unit="scenes opened")
    scale = len(works) / len(looked) if looked else 1.0
    patches = sum(s.cells for s in sizes)
    seconds = None
    if rates is not None:
        seconds = scale * sum(rates.of(size) + OVERHEAD for size in sizes)
    return BatchPlan(
        scenes=len(works),
        looked=len(looked),
        patches=round(scale * patches),
        disk=round(scale * sum(s.disk for s in sizes)),
        free=free_disk(out),
        memory=BASE_BYTES + max((s.memory for s in sizes), default=0),
        seconds=seconds,
        raw=round(scale * sum(s.raw for s in sizes)),
        unreadable=tuple(unreadable),
    )


@dataclass(frozen=True)
class _Size:
    """What is kept of an opened scene.

    pixels    native ones to decode; ``windows`` the model is asked in, and ``segmented`` pixels, for its 10 m map
    """

    cells: int
    pixels: int
    disk: int
    memory: int
    windows: int = 0
    segmented: int = 0
    raw: bool = False


@dataclass(frozen=True)
class _Opened:
    """``plan`` is None where raw Sentinel-1 is prepared first."""

    size: _Size
    plan: Plan | None


@dataclass(frozen=True)
class _Rates:
    """Seconds a cell of inference, and a native pixel of decoding."""

    cell: float
    pixel: float

    def of(self, size: _Size) -> float:
        passes = 2 if size.windows and size.cells else 1  # the 10 m map decodes the scene once more
        return (
            self.cell * (size.cells + size.windows)
            + self.pixel * passes * size.pixels
            + SECONDS_PER_PIXEL * size.segmented
        )


def _pixels(plan: Plan) -> int:
    return sum(plan.scene.bands[b].width * plan.scene.bands[b].height for b in plan.bands)


def _open(work: Work, layout: Layout) -> _Opened | Unreadable:
    try:
        opened = _opened(work)
        if kept_patches(layout, work.task.name, work.patches) is None:
            return opened
        size = opened.size  # its 10 m map alone is made, or is taken away
        size = replace(size, cells=0, pixels=size.pixels if size.windows else 0, disk=_finer_disk(size.segmented))
        return replace(opened, size=size)
    except BenError as e:
        return Unreadable(work.task.name, work.task.source, e.message, e.hint)
    except Exception as e:  # whatever a hostile file provokes: its own line, as when it is mapped
        return Unreadable(work.task.name, work.task.source, f"{type(e).__name__}: {e}", "")


def _opened(work: Work) -> _Opened:
    job, regions = work.task.job, work.task.regions
    grid = raw_grid(job)
    if grid is not None:
        return _Opened(_raw_size(job, grid, regions), None)
    scene = scene_of(job)
    chosen, spare = choose(job.model, scene.bands), choose_fallback(job.fallback_model)
    job = replace(job, model=chosen.name, fallback_model=spare.name if spare else None)
    plan = make_plan(job, scene, find_card(job.model), chosen.why, find_card(spare.name) if spare else None)
    size = _Size(plan.cells, _pixels(plan), disk_bytes(plan), scene_bytes(plan, regions))
    if regions is not None:
        pixels = scene.grid.width * scene.grid.height
        disk = size.disk + _finer_disk(pixels)
        size = replace(size, windows=windows_of(plan, regions), segmented=pixels, disk=disk)
    return _Opened(size, plan)


def _raw_size(job: Job, pixels: PixelGrid, regions: RegionOptions | None) -> _Size:
    """By the grid alone: what the model makes of it is known when the product is prepared."""
    grid = Grid(pixels.width, pixels.height, job.stride)
    inside = None if job.aoi is None else cells_within(read_area(job.aoi, job.aoi_crs, pixels), grid, pixels)
    cells = grid.rows * grid.cols if inside is None else int(inside.sum())
    count = pixels.width * pixels.height
    disk = cells * (BYTES_PER_CELL + 4 * len(CLASSES)) + (4 << 20)
    size = _Size(cells, 2 * count, disk, grid_bytes(pixels, grid, regions), raw=True)
    if regions is None:
        return size
    windows = (Grid(pixels.width, pixels.height, regions.stride, side) for side in regions.scales)
    count_windows = sum(g.rows * g.cols for g in windows)
    return replace(size, windows=count_windows, segmented=count, disk=disk + _finer_disk(count))


def _finer_disk(pixels: int) -> int:
    return round(DISK_PER_PIXEL * pixels)


def _measured(plan: Plan) -> _Rates | None:
    """Rates of this machine, from one block row of a scene and one batch."""
    job = plan.job
    try:
        model = load_model(
            job.model, runtime=job.runtime, device=job.device, precision=job.precision, threads=plan.threads
        )
        model.predict(model.blank(model.fit_batch(job.batch)))  # the first call is slower
        found = estimate(plan, model)
    except BenError:
        return None  # its own error comes when it is mapped
    pixel, cell = found.decode / max(_pixels(plan), 1), found.infer / max(plan.cells, 1)
    if model.placement.device == "cpu":
        return _Rates(cell, pixel)
    # On a GPU decoding and inference run side by side: the longer one counts.
    return _Rates(0.0, pixel) if found.decode > found.infer else _Rates(cell, 0.0)
