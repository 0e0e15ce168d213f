"""``ben batch``: many scenes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import EXIT_CANCELLED, JobError
from ..events import Emit
from .batch_catalogue import COMMANDS as CATALOGUE_COMMANDS
from .batch_terminal import BatchTerminal, plan_lines, result_lines, status_lines
from .grouped import GroupedCommand, GroupedOption
from .options import answer_options, job_fields, shared_job_options
from .region_options import region_options
from .terminal import Answer, finishing

if TYPE_CHECKING:
    from ..batch.course import Stops
    from ..batch.sources import Found


class _Group(click.Group):
    """``ben batch SCENES…`` runs; ``ben batch status DIR`` and the like are commands of their own."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(name="batch", cls=_Group, short_help="Map many scenes, here or on a cluster.")
def command() -> None:
    """Map many scenes into one folder, and make one catalogue of them.

    \b
    ben batch SCENES… --out DIR             map what is missing (ben batch run --help: the options)
    ben batch SCENES… --out DIR --dry-run   what that would take, and what cannot be read
    ben batch status DIR                    how far it is
    ben batch catalogue DIR                 one catalogue of all that is mapped
    ben batch series DIR --tile T           a tile over its dates
    ben batch change DIR --tile T …         what changed in it
    """


for _command in CATALOGUE_COMMANDS:
    command.add_command(_command)


def _option(*names: str, group: str, **attributes: Any) -> Any:
    return click.option(*names, cls=GroupedOption, group=group, **attributes)


@command.command(name="run", cls=GroupedCommand, short_help="Map scenes into a folder (the default).")
@click.argument("scenes", nargs=-1)
@click.option("-o", "--out", type=click.Path(), required=True, help="Folder of the batch (made where missing).")
@click.option("--dry-run", is_flag=True, help="Open every scene and say what a run would take; map nothing.")
@click.option("--sample", type=click.IntRange(1), help="With --dry-run: open only so many scenes, spread evenly.")
@click.option(
    "--workers", type=click.IntRange(0), help="Processes on this machine, by Dask [default: one a GPU, or none]."
)
@click.option("--dask", metavar="tcp://HOST:PORT", help="Map on the Dask cluster at this address.")
@click.option(
    "--max-memory",
    metavar="SIZE",
    help="Ceiling for this machine's work, as 8GiB; bounds --batch too [default: 80 % of what is free].",
)
@click.option(
    "--max-failures", type=click.IntRange(0), default=0, help="Stop when so many scenes failed [default: never]."
)
@click.option(
    "--watch", type=float, default=0.0, metavar="SECONDS", help="Look for new products so often, until Ctrl-C."
)
@click.option("--no-catalogue", is_flag=True, help="Leave OUT/catalogue as it is.")
@answer_options
@_option(
    "--retries",
    group="Failures",
    type=click.IntRange(0),
    default=2,
    help="Further attempts where a failure may pass [default: 2].",
)
@_option("--retry-set-aside", group="Failures", is_flag=True, help="Try scenes again that took their runs down.")
@_option("--overwrite", group="Failures", is_flag=True, help="Map again what another engine or other weights made.")
@_option("--search", "area", group="Scenes of a catalogue", metavar="AREA", help="Scenes in AREA, as for ben search.")
@_option("--time", group="Scenes of a catalogue", metavar="FROM/TO", help="As for ben search.")
@_option(
    "--scene-cloud",
    group="Scenes of a catalogue",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Only scenes with at most so much cloud.",
)
@_option(
    "--catalog",
    group="Scenes of a catalogue",
    envvar="BEN_STAC_CATALOG",
    metavar="URL",
    help="A STAC API [default: Earth Search v1].",
)
@_option("--collection", group="Scenes of a catalogue", help="Its collection [default: sentinel-2-c1-l2a].")
@_option(
    "--limit",
    group="Scenes of a catalogue",
    type=click.IntRange(1, 10_000),
    help="At most so many scenes [default: 100].",
)
@shared_job_options
@region_options
def run(scenes: tuple[str, ...], out: str, dry_run: bool, as_json: bool, events: str | None, **given: Any) -> int:
    """Map SCENES: products, rasters, folders of them, globs, STAC items and item collections, lists (.txt, .csv, .toml).

    The options of ben map hold for every scene; a list gives others, and a name, to a scene. However a run ends, the same
    command goes on: what is done and unchanged stays. Ctrl-C lets the running scenes end, a second one stops them too. Any number of
    runs may share DIR.

    Exit codes: 0 all is done, 2 the job is wrong, 3 some scenes failed, 4 stopped.
    """
    answer = Answer(as_json, events, BatchTerminal)
    emit = answer.emit
    with finishing(emit) as done:
        from ..batch.opening import check_engine, check_out, standing
        from ..batch.plan import plan_batch
        from ..batch.run import hands_of, run_batch
        from ..batch.sources import find_scenes, tasks_of
        from ..batch.types import BatchOptions
        from ..batch.watching import Watched
        from ..regions.options import ASKED, asked_regions, need_segment

        search = _search(given)
        again, sample = given.pop("retry_set_aside"), given.pop("sample") or 0
        if sample and not dry_run:
            raise JobError(
                "--sample is given without --dry-run.", "Add --dry-run: only a plan may look at some scenes alone."
            )
        if dry_run and given["watch"]:
            raise JobError("--watch is given with --dry-run.", "Leave it out: a plan is of the scenes that are there.")
        options = BatchOptions(
            workers=_workers(given.pop("workers"), given["dask"], given["device"] or "auto"),
            max_memory=_size(given.pop("max_memory")),
            catalogue=not given.pop("no_catalogue"),
            **{k: given.pop(k) for k in ("dask", "max_failures", "retries", "watch", "overwrite")},
        )
        common = job_fields(given)
        asked_regions({**common, ASKED: True})  # before scenes are looked for
        folder = Path(out).absolute()
        layout = check_out(folder)
        extra = _searched(search) if search["area"] else []
        watched = Watched(scenes) if options.watch else None
        found = [*extra, *(watched.look() if watched else find_scenes(scenes))]
        if not found and watched is None:
            raise JobError("No scene was given.", "ben batch SCENES… --out DIR")
        if any(scene.options.get(ASKED) for scene in found):
            common = {ASKED: False, **common}  # how it is made may be said here, and to whom by a list
        asked_regions(common)
        with tempfile.TemporaryDirectory() as aside:
            items = Path(aside) if dry_run else layout.items
            tasks, notes = tasks_of(found, common, folder, items)
            if any(task.regions for task in tasks):
                need_segment()
            for note in notes:
                emit("warning", code="scenes", message=note)
            if dry_run:
                with hands_of(replace(options, workers=0)) as hands:
                    identity = hands.identity(tasks)
                if not options.overwrite:
                    check_engine(layout, identity)
                stand = standing(layout, tasks, identity, again)
                plan = plan_batch(stand.todo, folder, emit, sample)
                summary, lines, code = *plan_lines(stand, plan, max(options.workers, 1)), 0
            else:
                look = (lambda: tasks_of([*extra, *watched.look()], common, folder, items)[0]) if watched else None
                with _stopping(emit) as stops:
                    result = run_batch(
                        tasks, folder, options, emit, stops, retry_set_aside=again, look=look, build=_catalogue
                    )
                summary, lines, code = *result_lines(result, layout), result.exit_code
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        click.echo("\n".join(lines))
    return code


@command.command(name="status", short_help="How far a batch is.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with a row a scene.")
@click.option("--watch", type=click.FloatRange(0), metavar="SECONDS", help="Look again so often, until Ctrl-C.")
def status(folder: str, as_json: bool, watch: float | None) -> int:
    """How far the batch in FOLDER is: scenes done, running and failed, with the reasons, rate and time to go.

    Reads state files only; it may be asked while any number of runs work, from any machine.
    """
    from ..batch.status import status_of

    while True:
        found = status_of(Path(folder))
        if as_json:
            click.echo(json.dumps(found.to_dict(), indent=None if watch else 2, ensure_ascii=False))
        else:
            if watch and sys.stdout.isatty():
                click.clear()
            click.echo("\n".join(status_lines(found)))
        if not watch:
            return 0
        time.sleep(watch)


def _search(given: dict[str, Any]) -> dict[str, Any]:
    """Take the options of a search out of ``given``. Raises JobError where they are given without an area."""
    names = {
        "time": "time",
        "scene_cloud": "max_cloud",
        "catalog": "catalog",
        "collection": "collection",
        "limit": "limit",
    }
    search = {field: given.pop(name) for name, field in names.items()}
    area = given.pop("area")
    # The catalogue alone may come from the environment.
    alone = [n for n, field in names.items() if n != "catalog" and search[field] is not None]
    if not area and alone:
        raise JobError(
            f"--{alone[0].replace('_', '-')} is given without --search.", "It is about the scenes that --search finds."
        )
    return {"area": area, **search}


def _searched(search: dict[str, Any]) -> list[Found]:
    from ..batch.sources import items_of
    from ..scene.aoi import area_in_degrees
    from ..scene.search import search as ask

    options = {k: v for k, v in search.items() if v is not None and k != "area"}
    found = ask(area_in_degrees(search["area"], None), **options)
    return items_of(found.collection(), search["catalog"] or "the catalogue")


def _size(text: str | None) -> int:
    """Bytes of "8GiB", "500 MB" or a number."""
    if text is None:
        return 0
    m = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)[bB]?\s*", text)
    if not m:
        raise JobError(f"--max-memory {text!r} is no size.", "Write it as 8GiB, 500MB or a number of bytes.")
    base = 1024 if m[3] or (m[2] and not text.strip().lower().endswith("b")) else 1000
    return int(float(m[1]) * base ** " KMGT".index((m[2] or " ").upper()))


def _workers(asked: int | None, dask: str | None, device: str) -> int:
    """As asked; else a process a GPU, where there are several that the models may use."""
    if asked is not None or dask is not None or device not in ("auto", "cuda"):
        return asked or 0
    from ..batch.machines import gpus

    count = len(gpus())
    return count if count > 1 else 0


def _catalogue(out: Path, emit: Emit, stop: Callable[[], bool]) -> None:
    from ..batch.catalogue import build_catalogue

    build_catalogue(out, emit=emit, stop=stop)


@contextmanager
def _stopping(emit: Emit, seconds: float = 5.0) -> Iterator[Stops]:
    """What Ctrl-C and SIGTERM do: the first lets running scenes end, the second stops them, the third leaves at once.

    Where the scenes have not stopped ``seconds`` after the second one, the process ends: a thread in a decoder cannot be
    interrupted. Their journals hold whole strips; the next run goes on from them.
    """
    import threading

    from ..batch.claims import let_go
    from ..batch.course import Stops

    stops = Stops()
    timers: list[threading.Timer] = []

    def leave() -> None:
        let_go()  # of the claims: the scenes did not kill this process
        os._exit(EXIT_CANCELLED)

    def on_signal(*_: object) -> None:
        if stops.now.is_set():
            leave()
        if stops.drain.is_set():
            stops.now.set()
            timers.append(threading.Timer(seconds, leave))
            timers[-1].daemon = True
            timers[-1].start()
            return
        stops.drain.set()
        # Not from the handler itself: what it interrupted may be writing an event.
        threading.Thread(
            target=emit,
            args=("step",),
            kwargs={"name": "draining", "text": "The running scenes end; Ctrl-C once more stops them too"},
        ).start()

    before = {s: signal.signal(s, on_signal) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stops
    finally:
        for timer in timers:
            timer.cancel()
        for s, handler in before.items():
            signal.signal(s, handler)
