"""Watching folders for new products: a product is taken when it has not changed between two looks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..errors import BenError
from ..events import Emit
from .course import Course, Stops
from .identity import source_state
from .layout import Layout
from .opening import standing
from .sources import Found, find_scenes
from .types import SceneTask

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


class Watcher(threading.Thread):
    """Looks for new products until the user ends the batch."""

    def __init__(
        self, layout: Layout, course: Course, tasks: Sequence[SceneTask], look: Look, every: float, stops: Stops, emit: Emit
    ) -> None:  # fmt: skip
        super().__init__(name="watch", daemon=True)
        self.layout, self.course, self.look, self.every, self.stops, self.emit = (
            layout,
            course,
            look,
            every,
            stops,
            emit,
        )
        self.known = {task.name for task in tasks}
        self.start()

    def run(self) -> None:
        while not self.stops.drain.wait(self.every) and not self.stops.now.is_set():
            try:
                fresh = [task for task in self.look() if task.name not in self.known]
                self.known.update(task.name for task in fresh)
                if fresh:
                    self.emit("step", name="watch", text=f"{len(fresh)} new: {', '.join(t.name for t in fresh[:5])}")
                    self.course.add(standing(self.layout, fresh).todo)
            except Exception as e:  # the share is away, a name is taken: said, and looked again
                self.emit("warning", code="watch", message=f"Looking for new products failed: {e}")
