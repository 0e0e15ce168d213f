"""How far a batch is, from its state files alone: any machine may ask, whoever works."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from .layout import Layout, failures, names, read_json

LATELY = 3600.0  # seconds that the rate looks back
TAIL = 4096  # bytes of a log


@dataclass(frozen=True)
class Status:
    """Scenes of a batch.

    total     of the last run's list; 0 where none was begun
    running   name, seconds since it was claimed, last line of its log
    failed    the documents of failed scenes
    rate      scenes done a second, over the last hour (or since the first one ended); 0 unknown
    """

    total: int
    done: int
    running: tuple[Mapping[str, Any], ...]
    failed: tuple[Mapping[str, Any], ...]
    rate: float

    @property
    def left(self) -> int:
        return max(self.total - self.done - len(self.failed), 0)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "left": self.left, "eta": self.left / self.rate if self.rate else None}


def look(out: Path) -> Status:
    """Read the state of the batch in ``out``. DataError where there is none."""
    layout = Layout(out)
    if read_json(layout.document) is None:
        raise DataError(f"{out} holds no batch.", "Give the --out of ben batch.", "no-batch")
    done = names(layout)
    times = sorted(_mtime(layout.done(name)) for name in done)
    failed = tuple(failures(layout))
    return Status(
        total=max((read_json(layout.total) or {}).get("total", 0), len(done)),
        done=len(done),
        running=tuple(_running(layout, set(done))),
        failed=failed,
        rate=_rate(times),
    )


def _rate(times: list[float]) -> float:
    """Scenes a second: intervals between the ends of the scenes of the last hour before the newest one."""
    recent = [t for t in times if t > times[-1] - LATELY] if times else []
    return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) > 1 and recent[-1] > recent[0] else 0.0


def _running(layout: Layout, done: set[str]) -> list[dict[str, Any]]:
    """Claimed scenes. Some of their owners may have died: a run of ben batch notices that, and only it may say so."""
    found: dict[str, dict[str, Any]] = {}
    with os.scandir(layout.state) as entries:
        claims = sorted(e.name for e in entries if ".claim-" in e.name and not e.name.startswith("."))
    for claim in claims:
        name = claim.rpartition(".claim-")[0]
        path = layout.state / claim
        told, log = read_json(path) or {}, layout.log(name)
        try:
            seconds = max(_mtime(path) - float(told.get("since", _mtime(path))), 0.0)
        except (TypeError, ValueError):
            seconds = 0.0
        found[name] = {"name": name, "owner": told.get("owner", "?"), "seconds": seconds, "last": _last_line(log)}
    return list(found.values())


def _last_line(path: Path) -> str:
    try:
        with open(path, "rb") as f:
            f.seek(max(f.seek(0, os.SEEK_END) - TAIL, 0))
            lines = f.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""


def _mtime(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
