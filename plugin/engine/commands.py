"""Argument lists of the engine's commands, and a job as the command line that a person would type. Knows no Qt."""

from __future__ import annotations

import dataclasses
import shlex
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence

from ...ben_core.job import Job

EVENTS = ["--events", "jsonl"]
_FLAGS = ("overwrite", "allow_l1c")


@dataclass(frozen=True)
class Extras:
    """What ``ben map`` does before a job and after it.

    adapt      adapt the model to the scene first, by ``method`` (None: the engine's default), compared with the true
               labels of ``reference`` where there are some
    regions    also a 10 m map of segments of at least ``min_area`` hectares (None: the engine's default)
    """

    adapt: bool = False
    method: Optional[str] = None
    reference: Optional[str] = None
    regions: bool = False
    min_area: Optional[float] = None

    def words(self) -> List[str]:
        """Options of ``ben map``."""
        adapting = {"adapt": True, "adapt_method": self.method, "reference": self.reference} if self.adapt else {}
        drawing = {"regions": True, "min_area": self.min_area} if self.regions else {}
        return _named({**adapting, **drawing})


def map_job(job_file: str, extras: Extras = Extras()) -> List[str]:
    """Map the scene of a job file, telling events."""
    return ["map", "--job", job_file, *extras.words(), *EVENTS]


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
        elif f.name in ("s1", "orbit"):
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


def map_words(job: Job, extras: Extras = Extras()) -> List[str]:
    """``map`` and what follows it, as a person would type it."""
    return ["map", *options(job), *extras.words(), *_scene(job)]


def _scene(job: Job) -> List[str]:
    return ["--", *job.scene] if job.scene else []


def adapt_job(job_file: str) -> List[str]:
    """Adapt a model as a file of ``adapt_asked`` says, telling events."""
    return ["adapt", "--job", job_file, *EVENTS]


def adapt_asked(job: Job, settings: Mapping[str, Any], beside: Mapping[str, Any]) -> Dict[str, Any]:
    """What ``ben adapt --job`` reads. ``settings`` (of the training) and ``beside`` (bank, reference …) are named as the
    options of ``ben adapt``, with underscores."""
    return {"job": job.to_dict(), "adapt": dict(settings), **beside}


def adapt_words(job: Job, settings: Mapping[str, Any], beside: Mapping[str, Any]) -> List[str]:
    """``adapt`` and what follows it, as a person would type it."""
    return ["adapt", *options(job), *_named({**settings, **beside}), *_scene(job)]


def batch_words(job: Job, more: Mapping[str, Any], scenes: Sequence[str]) -> List[str]:
    """``batch run`` of ``scenes`` with the options of ``job``, whose own scene does not count."""
    return ["batch", "run", *options(job), *_named(more), "--", *scenes]


def _named(values: Mapping[str, Any]) -> List[str]:
    """Options by their names; False, None and "" are left out, True is a flag."""
    found: List[str] = []
    for name, value in values.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            found.append(option)
        elif value is not False and value not in (None, ""):
            found += _given(option, value)
    return found


def shell_line(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
