"""The options of ben map --regions, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from ..events import Emit
from ..job import Job
from ..regions.options import ASKED, NAMES, asked_regions, need_segment
from .options import Command

if TYPE_CHECKING:
    from ..regions import RegionOptions

Stop = Callable[[], bool]
_OPTIONS = (
    click.option("--regions", is_flag=True, default=None, help="Also make a 10 m map by segments (extra [segment])."),
    click.option("--scales", metavar="PX,PX,…", help="Sides of its windows in 10 m pixels [default: 60,120,240]."),
    click.option("--dense-stride", type=int, help="Distance of its windows in 10 m pixels [default: 30]."),
    click.option(
        "--min-area", type=float, metavar="HA", help="Area of its smallest segment in hectares [default: 0.5]."
    ),
    click.option(
        "--vote",
        type=click.Choice(("colours", "mean")),
        help="How a segment gets its class: by its colour's part in what the windows saw, or by their mean alone "
        "[default: colours].",
    ),
    click.option(
        "--shared-convolution",
        is_flag=True,
        default=None,
        help="Convolve overlapping windows once: faster, other probabilities (docs/regions.md). PyTorch, ResNet only.",
    ),
)


def region_options(command: Command) -> Command:
    """Give a command the options of a 10 m map."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def with_regions(options: dict[str, Any]) -> Regions:
    """What ``ben map`` is to do about a 10 m map; takes its options out of ``options``. Raises JobError."""
    names = [name for name in (ASKED, *NAMES) if name in options]
    given = {name: value for name in names if (value := options.pop(name)) is not None}
    wanted, _ = asked_regions(given)
    if wanted is not None:
        need_segment()
    return Regions(wanted)


@dataclass(frozen=True)
class Regions:
    """The 10 m map that a command also makes; without ``wanted`` it makes none."""

    wanted: RegionOptions | None = None

    def check(self, job: Job, emit: Emit, stop: Stop) -> None:
        """Refuse before the run what would be refused after it."""
        if self.wanted is not None:
            from ..regions.run import check_regions

            check_regions(job, self.wanted, emit, stop)

    def patches(self, job: Job, emit: Emit, stop: Stop) -> Job:
        """The job of the map of patches: where this command died in its 10 m map, its own map of patches is in the way."""
        if self.wanted is None or job.overwrite:
            return job
        from ..regions.run import unfinished

        if not unfinished(job, self.wanted, emit, stop):
            return job
        emit(
            "step", name="again", text="Going on with a 10 m map that was stopped; its map of patches is made once more"
        )
        return replace(job, overwrite=True)

    def make(self, job: Job, emit: Emit, stop: Stop) -> dict[str, Any]:
        """Make it; what belongs in the command's summary."""
        if self.wanted is None:
            return {}
        from ..regions.run import map_regions

        found = map_regions(job, self.wanted, emit, stop)
        return {
            "regions": {
                "products": {kind: str(path) for kind, path in found.products.items()},
                "segments": found.segments,
                "hectares": dict(found.hectares),
                "timing": dict(found.timing),
                "warnings": [{"code": c, "message": m} for c, m in found.warnings],
            }
        }
