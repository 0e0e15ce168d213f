"""Many scenes become maps. Read this first: sources -> tasks -> standing -> course -> runner or cluster -> catalogue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import EXIT_CANCELLED, EXIT_DATA, EXIT_DONE
from ..events import Emit, silent
from ..products.journal import write_whole
from .claims import Claims
from .course import Course, Stops, Tally
from .layout import Layout
from .opening import Standing, check_out, open_folder, standing
from .types import BatchOptions, SceneTask
from .watching import Look, Watcher
from .work import Outcome

CATALOGUE = ".catalogue"  # claimed like a scene; no scene's name begins with a dot


@dataclass(frozen=True)
class BatchResult:
    """What a run of a batch came to; ``tally`` counts the scenes, ``full`` is there where the disk ended it.

    stopped     the user ended it; the same command goes on
    given_up    --max-failures did
    set_aside   scenes that were not tried, because they took earlier runs down
    """

    tally: Tally
    set_aside: tuple[str, ...]
    stopped: bool
    given_up: bool
    full: Outcome | None

    @property
    def exit_code(self) -> int:
        """0 all is done; 3 some scenes failed or were not reached; 4 the user stopped it before all was done."""
        if self.stopped and self.tally.left:
            return EXIT_CANCELLED
        bad = self.tally.failed or self.tally.left or self.set_aside or self.full
        return EXIT_DATA if bad else EXIT_DONE


Build = Callable[[Path, Emit], object]  # makes OUT/catalogue


def run_batch(
    tasks: Sequence[SceneTask],
    out: Path,
    options: BatchOptions,
    emit: Emit = silent,
    stops: Stops | None = None,
    *,
    retry_set_aside: bool = False,
    look: Look | None = None,
    build: Build | None = None,
) -> BatchResult:
    """Map scenes into ``out``; whatever happens, the same call goes on where it ended.

    tasks   made by ``sources.tasks_of`` for this ``out``
    emit    called with every event: those of a scene have ``scene``; "scene" tells its end, "progress" in scenes is of all
    look    with ``options.watch``: finds new products
    build   makes the catalogue at the end
    Raises JobError, OutputError, StorageError for the batch as a whole; what is wrong with a scene is in the result.
    """
    emit, stops = _one_at_a_time(emit), stops or Stops()
    layout = check_out(out)
    open_folder(layout, tasks, options.overwrite)
    write_whole(layout.total, json.dumps({"total": len(tasks)}).encode())
    stand = standing(layout, tasks, retry_set_aside)
    _tell(stand, emit)
    course = Course(options, emit, stops, done=len(stand.done), open=look is not None)
    course.add(stand.todo)
    course.progress()
    watcher = Watcher(layout, course, tasks, look, options.watch, stops, emit) if look is not None else None
    if stand.todo or look is not None:
        _map_all(layout, course, options, emit, stops)
    if watcher is not None:
        watcher.join()
    result = BatchResult(
        tally=replace(course.tally, total=course.tally.total + len(stand.set_aside), failed=course.tally.failed + len(stand.set_aside)),
        set_aside=stand.set_aside,
        stopped=stops.drain.is_set() or stops.now.is_set(),
        given_up=course.given_up,
        full=course.full,
    )  # fmt: skip
    if build is not None and options.catalogue and not result.stopped and result.full is None:
        _catalogue(layout, build, emit, stops)
    return result


def _map_all(layout: Layout, course: Course, options: BatchOptions, emit: Emit, stops: Stops) -> None:
    if options.workers or options.dask:
        from .cluster import run_on_dask

        run_on_dask(layout, course, options, emit, stops)
    else:
        from .runner import run_here

        run_here(layout, course, options, emit, stops)


def _tell(stand: Standing, emit: Emit) -> None:
    parts = [
        (len(stand.todo), "to map"),
        (len(stand.done), "done already"),
        (len(stand.changed), "changed since they were mapped"),
        (len(stand.again), "failed before and are tried again"),
        (len(stand.set_aside), "set aside (--retry-set-aside tries them)"),
    ]
    words = ", ".join(f"{n} {text}" for n, text in parts if n) or "none"
    emit("step", name="batch", text=f"Scenes: {words}")


def _catalogue(layout: Layout, build: Build, emit: Emit, stops: Stops) -> None:
    """One runner builds the catalogue; another one that ends at the same time waits and looks whether it is up to date."""
    with Claims(layout) as claims:
        while (claim := claims.take(CATALOGUE)) is None:
            if stops.drain.wait(1.0) or stops.now.is_set():
                return
        try:
            emit("step", name="catalogue", text="Building the catalogue")
            build(layout.out, emit)
        finally:
            claims.release(claim)


def _one_at_a_time(emit: Emit) -> Emit:
    """Scenes speak from several threads."""
    lock = threading.Lock()

    def tell(type: str, **fields: object) -> None:
        with lock:
            emit(type, **fields)

    return tell
