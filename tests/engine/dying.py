"""Processes that are killed, or told to stop, at a given moment of their own work: no test has to be quick enough for it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from .small_scenes import ROOT

# Python imports a module of this name when it starts. It listens to what the interpreter is about to do with files.
_HOOK = """
import fnmatch, json, os, signal, sys

def listen():
    left = json.loads(os.environ["BEN_MOMENTS"])
    due = []

    def hook(event, args):
        while due:  # what matched has been done by now
            moment = due.pop()
            (os.killpg if moment["group"] else os.kill)(moment["pid"] or (os.getpgrp() if moment["group"] else os.getpid()), getattr(signal, moment["signal"]))
        if event not in ("open", "os.link", "os.rename", "os.mkdir"):
            return
        path = args[1] if event in ("os.link", "os.rename") else args[0]
        if isinstance(path, int) or path is None:
            return
        path = os.fsdecode(path)
        for moment in left:
            if fnmatch.fnmatch(path, moment["path"]):
                if moment["after"] and not os.path.exists(moment["after"]):
                    continue
                try:  # of all processes and threads, one alone
                    os.close(os.open(moment["mark"], os.O_CREAT | os.O_EXCL))
                except FileExistsError:
                    continue
                due.append(moment)

    sys.addaudithook(hook)

if "BEN_MOMENTS" in os.environ:
    listen()
"""


@dataclass(frozen=True)
class Moment:
    """Once, when a file at ``path`` (a pattern) has been opened, linked, renamed or made: whom to send which signal.

    pid   None: who has done it; group: to all of that process's group
    """

    path: str
    pid: int | None = None
    signal: str = "SIGKILL"
    group: bool = False


def moments(folder: Path, *given: Moment) -> dict[str, str]:
    """The environment of processes to which these happen, one after the other; ``folder`` (made) keeps what has happened."""
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HOOK)
    marks = ["", *(str(mark_of(folder, i)) for i in range(len(given)))]
    told = [{**asdict(m), "mark": marks[i + 1], "after": marks[i]} for i, m in enumerate(given)]
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", "BEN_MOMENTS": json.dumps(told)}


def mark_of(folder: Path, number: int = 0) -> Path:
    """A file that is there from the moment on."""
    return folder / f"moment-{number}"
