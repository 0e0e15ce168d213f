"""Opening an output folder: whose it is, what is done in it, what remains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import DataError, OutputError
from ..products.journal import write_whole
from ..storage import writing
from .claims import Claims
from .identity import Identity, finer_key, job_key, refused
from .layout import LAYOUT, Layout, read_failure, read_json
from .types import SceneTask
from .work import SET_ASIDE, Work, is_done

PARTS = ("engine", "models")  # of batch.json
FOLDER = ".folder"  # claimed like a scene, by who writes batch.json; no scene's name begins with a dot


@dataclass(frozen=True)
class Standing:
    """How the scenes of a batch stand.

    todo        what is to be mapped, ``changed`` (by name) and ``again`` (failed before) among it
    done        names whose products are there and are what their jobs make
    changed     names that are done, but of another product, with other options or by another engine
    again       names that failed in an earlier run
    set_aside   names that are not tried: they took their runs down
    """

    todo: tuple[Work, ...]
    done: tuple[str, ...]
    changed: tuple[str, ...]
    again: tuple[str, ...]
    set_aside: tuple[str, ...]


def check_engine(layout: Layout, identity: Identity) -> None:
    """JobError where the folder was made by another engine or other weights."""
    document = read_json(layout.document)
    if document is None and not layout.document.exists():
        return
    known = document is not None and all(isinstance(document.get(part), dict) for part in PARTS)
    if document is None or document.get("layout") != LAYOUT or not known:
        raise DataError(
            f"{layout.document} is broken, or of another version of ben batch.",
            "Give another --out; or --overwrite, which maps everything again if this engine did not make it.",
        )
    if words := identity.differs(document):
        raise refused(str(layout.out), words)


def open_folder(layout: Layout, identity: Identity, overwrite: bool) -> None:
    """Make the folder where it is missing, and write down whose it is. Raises JobError, OutputError, StorageError."""
    with writing(layout.out):
        for folder in (layout.state, layout.logs, layout.scenes):
            folder.mkdir(parents=True, exist_ok=True)
    with Claims(layout) as claims, claims.waited(FOLDER):  # two runners may begin at once
        if not overwrite:
            check_engine(layout, identity)
        before = {} if overwrite else read_json(layout.document) or {}
        document = {"layout": LAYOUT, **identity.to_dict()}
        # What an earlier run knew stays: this one may lack an extra, or ask for another model.
        for part in PARTS:
            document[part] = {**before.get(part, {}), **document[part]}
        if before != document:
            write_whole(layout.document, (json.dumps(document, indent=1) + "\n").encode())


def standing(layout: Layout, tasks: Sequence[SceneTask], identity: Identity, retry_set_aside: bool = False) -> Standing:
    """What is done and what is not. Looks at the files of every scene, opens none. Raises StorageError."""
    todo, done, changed, again, aside = [], [], [], [], []
    for task in tasks:
        patches = job_key(task.job, identity)
        work = Work(task, finer_key(patches, task.regions, identity), patches)
        if is_done(layout, task.name, work.key):
            done.append(task.name)
            continue
        failure = read_failure(layout, task.name)
        fatal = failure is not None and failure.get("code") == SET_ASIDE and failure.get("job") == work.key
        if fatal and not retry_set_aside:
            aside.append(task.name)
            continue
        if failure is not None:
            again.append(task.name)
        elif layout.done(task.name).exists():
            changed.append(task.name)
        todo.append(work)
    return Standing(tuple(todo), tuple(done), tuple(changed), tuple(again), tuple(aside))


def check_out(out: Path) -> Layout:
    """The layout of a folder that may be a batch's. OutputError where it holds something else."""
    layout = Layout(out.absolute())
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file.", "Give the name of a folder.")
    if (
        out.is_dir()
        and not layout.document.exists()
        and any(p.name not in _OWN and p.name[0] != "." for p in out.iterdir())
    ):
        raise OutputError(
            f"{out} holds something else than a batch.", "Give an empty folder, or the --out of an earlier ben batch."
        )
    return layout


_OWN = {"batch.json", "state", "logs", "scenes", "catalogue", "items"}
