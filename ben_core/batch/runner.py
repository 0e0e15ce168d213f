"""The embedded runner: one process, the models loaded once, two scenes in flight a device."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ..events import Emit
from .claims import Claims
from .course import Course, Stops
from .layout import Layout
from .memory import Memory
from .models import SharedModels
from .types import BatchOptions
from .work import Workshop, map_one

# While the device works on one scene, the next one is opened and decoded, and the last one's products are written.
FLIGHT = 2


def run_here(layout: Layout, course: Course, options: BatchOptions, emit: Emit, stops: Stops) -> None:
    """Map what ``course`` hands out, until it is over."""
    with Claims(layout) as claims:
        shop = Workshop(layout, claims, SharedModels(), Memory(options.max_memory))

        def lane() -> None:
            try:
                while (turn := course.next()) is not None:
                    course.report(turn, map_one(shop, turn.work, turn.attempt, emit, stops.now.is_set))
            except BaseException:  # nobody hears us any more, or a bug: the other lane must not wait for this one
                stops.now.set()
                raise

        with ThreadPoolExecutor(FLIGHT, thread_name_prefix="scene") as pool:
            for lane_ended in [pool.submit(lane) for _ in range(FLIGHT)]:
                lane_ended.result()
