"""The 10 m map of a scene of a batch (``--regions``), by the models that its process has loaded already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..events import Emit
from ..job import Job
from ..regions.options import RegionOptions, need_segment
from ..run.plan import Plan
from .models import SharedModels

# Measured on a made scene of 1,800 x 1,800 pixels (docs/batch_scale.md): segments, votes and products, windows apart.
SECONDS_PER_PIXEL = 4e-6
DISK_PER_PIXEL = 5.0  # bytes, most of them the segments' polygons


def make_regions(
    job: Job, options: RegionOptions, emit: Emit, stop: Callable[[], bool], models: SharedModels
) -> Mapping[str, Path]:
    """Kind -> path of the products of ``ben map --regions``. Raises as ``map_regions``."""
    need_segment()
    from ..regions.run import map_regions

    return map_regions(job, options, emit, stop, models, models.convolving).products


def windows_of(plan: Plan, options: RegionOptions) -> int:
    """How often the model is asked for the 10 m map. Raises JobError, DataError where the scene cannot have one."""
    from ..regions.dense import dense_plan

    return dense_plan(plan, options, plan.scene.mask).windows
