"""Watching folders for new products: a product is taken when it has not changed between two looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import BenError
from ..events import Emit
from .course import Course, Stops
from .identity import source_state
from .sources import Found, find_scenes
from .types import SceneTask
from .work import Work

Look = Callable[[], Sequence[SceneTask]]  # the tasks of all products that are there by now


class Watched:
    """What lies in folders and globs."""

    def __init__(self, given: Sequence[str]) -> None:
        self.given = tuple(given)
        self._before: dict[tuple[str, ...], list[Any]] = {}

    def look(self) -> list[Found]:
        """The scenes that are as they were at the look before: a download that goes on is not among them."""
        found: list[Found] = []
        for text in self.given:
            try:
                found += find_scenes([text])
            except BenError as e:
                if e.code != "missing":  # an empty folder fills later
                    raise
        now = {scene.paths: source_state(scene.paths) for scene in found}
        stable = [s for s in found if s.item is not None or self._before.get(s.paths) == now[s.paths]]
        self._before = now
        return stable


def watch(
    course: Course,
    known: set[str],
    look: Look,
    todo: Callable[[Sequence[SceneTask]], Sequence[Work]],
    every: float,
    stops: Stops,
    emit: Emit,
) -> threading.Thread:
    """Add what ``look`` finds beyond ``known`` to the course, every so many seconds, until the user ends the batch."""

    def run() -> None:
        while not stops.drain.wait(every) and not stops.now.is_set():
            try:
                fresh = [task for task in look() if task.name not in known]
                if fresh:
                    emit("step", name="watch", text=f"{len(fresh)} new: {', '.join(t.name for t in fresh[:5])}")
                    course.add(todo(fresh))
                known.update(task.name for task in fresh)
            except Exception as e:  # the share is away, a name is taken: said, and looked again
                emit("warning", code="watch", message=f"Looking for new products failed: {e}")

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    return thread
