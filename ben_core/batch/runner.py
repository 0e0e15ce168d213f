"""Who works: ``Hands`` is the seam; ``Here`` is this process, the models loaded once, two scenes in flight."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

from ..events import Emit
from .claims import Claims
from .course import Course, Stops
from .identity import Identity, identity_here
from .layout import Layout
from .memory import Memory
from .models import SharedModels
from .types import BatchOptions, SceneTask
from .work import Workshop, map_one

# While the device works on one scene, the next one is opened and decoded, and the last one's products are written.
FLIGHT = 2


class Hands(Protocol):
    """This process (``Here``), or the workers of a Dask cluster (``cluster.Cluster``)."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None) -> None: ...

    def identity(self, tasks: Sequence[SceneTask]) -> Identity:
        """Who maps. Raises JobError, ModelError where models that tasks ask for cannot run there."""

    def map_all(self, layout: Layout, course: Course, identity: Identity, emit: Emit, stops: Stops) -> None:
        """Map what ``course`` hands out, until it is over."""


class Here:
    """The embedded runner."""

    def __init__(self, options: BatchOptions) -> None:
        self.options = options

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def identity(self, tasks: Sequence[SceneTask]) -> Identity:
        return identity_here(task.job for task in tasks)

    def map_all(self, layout: Layout, course: Course, identity: Identity, emit: Emit, stops: Stops) -> None:
        with Claims(layout) as claims:
            memory = Memory(self.options.max_memory)
            shop = Workshop(layout, claims, SharedModels(memory.for_batches), memory)

            def lane() -> None:
                try:
                    while (turn := course.next()) is not None:
                        course.report(turn, map_one(shop, turn.work, turn.attempt, emit, stops.now.is_set))
                except BaseException:  # nobody hears us any more, or a bug: the other lane must not wait for this one
                    stops.now.set()
                    raise

            with ThreadPoolExecutor(FLIGHT, thread_name_prefix="scene") as pool:
                for ended in [pool.submit(lane) for _ in range(FLIGHT)]:
                    ended.result()
