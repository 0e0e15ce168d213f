"""Many scenes become maps. Read this first: sources -> tasks -> standing -> course -> hands -> catalogue."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import EXIT_CANCELLED, EXIT_DATA, EXIT_DONE, OutputError, StorageError
from ..events import Emit, silent
from ..products.journal import write_whole
from .claims import Claims
from .course import Course, Stops, Tally
from .layout import Layout, names
from .opening import Standing, check_out, open_folder, standing
from .runner import Hands, Here
from .types import BatchOptions, SceneTask
from .watching import Look, watch
from .work import Outcome, Work

CATALOGUE = ".catalogue"  # claimed like a scene; no scene's name begins with a dot


@dataclass(frozen=True)
class BatchResult:
    """What a run of a batch came to; ``tally`` counts the scenes, ``full`` is there where the disk ended it.

    stopped     the user ended it; the same command goes on
    unfinished  the catalogue was wanted, and not made because the user ended it
    given_up    --max-failures did
    failed      names of the scenes that failed, those among them that were ``set_aside``: not tried, because they took
                earlier runs down
    """

    tally: Tally
    failed: tuple[str, ...]
    set_aside: tuple[str, ...]
    stopped: bool
    unfinished: bool
    given_up: bool
    full: Outcome | None

    @property
    def exit_code(self) -> int:
        """0 all is done; 3 some scenes failed or were not reached; 4 the user stopped it before all was done."""
        if self.stopped and (self.tally.left or self.unfinished):
            return EXIT_CANCELLED
        return EXIT_DATA if self.tally.failed or self.tally.left or self.full else EXIT_DONE


Build = Callable[
    [Path, Emit, Callable[[], bool]], object
]  # makes OUT/catalogue where it is out of date; may be stopped


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
    stops = stops or Stops()
    emit, unheard = _one_at_a_time(emit, stops)
    layout = check_out(out)
    with hands_of(options) as hands:
        identity = hands.identity(tasks)
        open_folder(layout, identity, options.overwrite)
        write_whole(layout.total, json.dumps({"total": len(tasks)}).encode())
        stand = standing(layout, tasks, identity, retry_set_aside)
        _tell(stand, emit)
        course = Course(options, emit, stops, done=len(stand.done), open=look is not None)
        course.add(stand.todo)
        course.progress()
        if look is not None:

            def fresh(found: Sequence[SceneTask]) -> Sequence[Work]:
                theirs = hands.identity(found)
                open_folder(layout, theirs, overwrite=False)
                return standing(layout, found, theirs).todo

            watch(course, tasks, look, fresh, options.watch, stops, emit)
        if stand.todo or look is not None:
            hands.map_all(layout, course, identity, emit, stops)
    if unheard:
        raise unheard[0]
    with suppress(StorageError, OutputError):  # a full disk: the next run does it
        Claims(layout).tidy()
    aside = len(stand.set_aside)
    stopped = stops.drain.is_set() or stops.now.is_set()
    broken_off = stops.now.is_set() or (stopped and look is None)  # Ctrl-C is how watching ends
    wanted = build is not None and options.catalogue and course.full is None
    result = BatchResult(
        tally=replace(course.tally, total=course.tally.total + aside, failed=course.tally.failed + aside),
        failed=tuple(sorted(course.failed.union(stand.set_aside))),
        set_aside=stand.set_aside,
        stopped=stopped,
        unfinished=wanted and broken_off,
        given_up=course.given_up,
        full=course.full,
    )
    if build is not None and wanted and not broken_off:
        _catalogue(layout, build, emit, stops)
    return result


def hands_of(options: BatchOptions) -> Hands:
    """Who works, by the options."""
    if not options.workers and not options.dask:
        return Here(options)
    from .cluster import Cluster

    return Cluster(options)


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
    """One runner builds the catalogue; another that ends at the same time waits, and finds it up to date."""
    with Claims(layout) as claims, claims.waited(CATALOGUE, stops.now.wait) as ours:
        if ours and names(layout):
            build(layout.out, emit, stops.now.is_set)


def _one_at_a_time(emit: Emit, stops: Stops) -> tuple[Emit, list[OSError]]:
    """Scenes speak from several threads. Where nobody listens any more (a closed pipe), all stop; no scene failed of it."""
    lock, unheard = threading.Lock(), list[OSError]()

    def tell(type: str, **fields: object) -> None:
        with lock:
            if unheard:
                return
            try:
                emit(type, **fields)
            except OSError as e:
                unheard.append(e)
                stops.now.set()

    return tell, unheard
