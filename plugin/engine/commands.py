"""Argument lists of the engine's commands, and a job as the command line that a person would type. Knows no Qt."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
from typing import Any, List, Mapping, Sequence

from ...ben_core.job import Job

EVENTS = ["--events", "jsonl"]
_FLAGS = ("overwrite", "allow_l1c")


def map_job(job_file: str) -> List[str]:
    """Map the scene of a job file, telling events."""
    return ["map", "--job", job_file, *EVENTS]


def info(job: Job) -> List[str]:
    """Describe the scene of ``job`` and what a run would need, as JSON."""
    return ["info", *options(job, output=False), "--json", *_scene(job)]


def model_info(name: str) -> List[str]:
    """Describe a model, as JSON."""
    return ["info", "--json", "--", name]


def doctor() -> List[str]:
    return ["doctor", "--json"]


def options(job: Job, output: bool = True) -> List[str]:
    """The options of ``ben map`` (``ben info`` without ``output``) that say what ``job`` says; defaults are left out."""
    found: List[str] = []
    if output:
        found += ["--out", job.out]
    for f in dataclasses.fields(Job):
        value = getattr(job, f.name)
        if f.name in ("scene", "out") or value == _default(f) or (f.name == "overwrite" and not output):
            continue
        name = "--" + f.name.replace("_", "-")
        if f.name in _FLAGS:
            found.append(name)
        elif f.name == "s1":
            for path in value:
                found += _given(name, path)
        elif f.name == "threshold" and isinstance(value, Mapping):
            for label, p in value.items():
                found += [name, f"{label}={p}"]
        elif f.name == "bands":
            found += [name, ",".join(f"{band}={where}" for band, where in value.items())]
        else:
            found += _given(name, value)
    return found


def _given(name: str, value: Any) -> List[str]:
    """An option with its value; "--offset -1000" would read as two options."""
    return [f"{name}={value}"] if str(value).startswith("-") else [name, str(value)]


def _default(f: "dataclasses.Field[Any]") -> Any:
    return f.default if f.default_factory is dataclasses.MISSING else f.default_factory()


def map_words(job: Job) -> List[str]:
    """``map`` and what follows it, as a person would type it."""
    return ["map", *options(job), *_scene(job)]


def _scene(job: Job) -> List[str]:
    return ["--", *job.scene] if job.scene else []


def shell_line(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
