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
        there = {paths for paths, state in now.items() if all(map(_is_there, state))}
        stable = [
            s for s in found if s.item is not None or (s.paths in there and self._before.get(s.paths) == now[s.paths])
        ]
        self._before = now
        return stable


def _is_there(state: Any) -> bool:
    """Whether a path of ``source_state`` is there, and a folder not empty: a list may name what has yet to come."""
    return isinstance(state, str) or state[1:] not in ([[]], [None, None, None])


def watch(
    course: Course,
    tasks: Sequence[SceneTask],
    look: Look,
    todo: Callable[[Sequence[SceneTask]], Sequence[Work]],
    every: float,
    stops: Stops,
    emit: Emit,
) -> threading.Thread:
    """Add what ``look`` finds beyond ``tasks`` to the course, every so many seconds, until the batch ends.

    A product that has changed since it was taken is taken once more: its download had only paused.
    """
    known = {task.name: source_state((*task.job.scene, *task.job.s1)) for task in tasks}

    def run() -> None:
        while not stops.drain.wait(every) and not course.ending:
            try:
                now = [(task, source_state((*task.job.scene, *task.job.s1))) for task in look()]
                fresh = [task for task, state in now if known.get(task.name) != state]
                if fresh:
                    names = ", ".join(t.name for t in fresh[:5]) + (", …" if len(fresh) > 5 else "")
                    emit("step", name="watch", text=f"{len(fresh)} new or changed: {names}")
                    course.add(todo(fresh))
                known.update((task.name, state) for task, state in now)
            except Exception as e:  # the share is away, a name is taken: said, and looked again
                emit("warning", code="watch", message=f"Looking for new products failed: {e}")

    thread = threading.Thread(target=run, name="watch", daemon=True)
    thread.start()
    return thread
