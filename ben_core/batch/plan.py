"""What a batch amounts to, before it runs: patches, hours, disk, and what cannot be read and why."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BenError
from ..events import Emit, silent
from ..machine import cores
from ..models import find_card, load_model
from ..models.registry import choose
from ..plan import Plan, make_plan, scene_of
from ..preflight import BASE_BYTES, disk_bytes, estimate
from .memory import scene_bytes
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
    patches          of all; extrapolated where not all were opened
    disk             bytes of the products, ``free`` bytes are there
    memory           bytes of the largest scene's process, one scene in flight
    seconds          of one worker like this machine; None where no scene could be tried
    unreadable       what cannot be mapped and why
    """

    scenes: int
    looked: int
    patches: int
    disk: int
    free: int
    memory: int
    seconds: float | None
    unreadable: tuple[Unreadable, ...]


def plan_batch(works: Sequence[Work], out: Path, emit: Emit = silent, sample: int = 0) -> BatchPlan:
    """Open the scenes (milliseconds each, no pixels) and time the first that can be read.

    sample   open at most so many, spread evenly; 0: all
    emit     called with "progress" in scenes opened
    """
    step = -(-len(works) // sample) if sample else 1
    looked = works[::step]
    plans: list[_Size] = []
    unreadable: list[Unreadable] = []
    rates: _Rates | None = None
    with ThreadPoolExecutor(min(8, 2 * cores())) as pool:
        for i, opened in enumerate(pool.map(_open, looked), 1):
            if isinstance(opened, Unreadable):
                unreadable.append(opened)
            else:
                if rates is None:
                    rates = _measured(opened)
                plans.append(_Size.of(opened))
            if i % 20 == 0 or i == len(looked):
                emit("progress", done=i, total=len(looked), rate=0.0, eta=None, unit="scenes opened")
    scale = len(works) / len(looked) if looked else 1.0
    patches = sum(p.cells for p in plans)
    seconds = None
    if rates is not None:
        seconds = scale * sum(rates.cell * p.cells + rates.pixel * p.pixels + OVERHEAD for p in plans)
    return BatchPlan(
        scenes=len(works),
        looked=len(looked),
        patches=round(scale * patches),
        disk=round(scale * sum(p.disk for p in plans)),
        free=_free(out),
        memory=BASE_BYTES + max((p.memory for p in plans), default=0),
        seconds=seconds,
        unreadable=tuple(unreadable),
    )


@dataclass(frozen=True)
class _Size:
    """What is kept of an opened scene."""

    cells: int
    pixels: int
    disk: int
    memory: int

    @classmethod
    def of(cls, plan: Plan) -> _Size:
        return cls(plan.cells, _pixels(plan), disk_bytes(plan), scene_bytes(plan))


@dataclass(frozen=True)
class _Rates:
    """Seconds a cell of inference, and a native pixel of decoding."""

    cell: float
    pixel: float


def _pixels(plan: Plan) -> int:
    return sum(plan.scene.bands[b].width * plan.scene.bands[b].height for b in plan.bands)


def _open(work: Work) -> Plan | Unreadable:
    job = work.task.job
    try:
        scene = scene_of(job)
        job = replace(job, model=choose(job.model, scene.bands).name)
        return make_plan(job, scene, find_card(job.model))
    except BenError as e:
        return Unreadable(work.task.name, work.task.source, e.message, e.hint)
    except Exception as e:  # whatever a hostile file provokes: its own line, as when it is mapped
        return Unreadable(work.task.name, work.task.source, f"{type(e).__name__}: {e}", "")


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


def _free(path: Path) -> int:
    path = path.absolute()
    return shutil.disk_usage(next(p for p in (path, *path.parents) if p.is_dir())).free
