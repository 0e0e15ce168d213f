"""How far a batch is, from its state files alone: any machine may ask, whoever works."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from .claims import LIFETIME, died_here
from .layout import DONE, FAILED, Layout, read_failure, read_json

LATELY = 3600.0  # seconds that the rate looks back
FEWEST = 5  # ends that make a rate: scenes in flight together end together, and two ends tell nothing
TAIL = 4096  # bytes of a log


@dataclass(frozen=True)
class Status:
    """Scenes of a batch.

    total     of the last run's list; 0 where none was begun
    done      scenes whose last run made their products
    running   name, owner, seconds since it was claimed, seconds since its owner last was heard of ("silent", by this
              machine's clock), "interrupted": the owner is dead, or silent for longer than a claim lives; last line of its log
    failed    the documents of scenes whose last run failed
    rate      scenes done a second, over the last hour (or since the first one ended); 0 unknown, as after few
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


def status_of(out: Path) -> Status:
    """Read the state of the batch in ``out``. DataError where there is none."""
    layout = Layout(out)
    if read_json(layout.document) is None:
        raise DataError(f"{out} holds no batch.", "Give the --out of ben batch.", "no-batch")
    times = _times(layout.state)
    done = {n.removesuffix(DONE): t for n, t in times.items() if n.endswith(DONE)}
    failed = {n.removesuffix(FAILED): t for n, t in times.items() if n.endswith(FAILED)}
    # A scene that was done, changed and failed since has failed; one killed before it could drop its failure is done.
    for name in done.keys() & failed.keys():
        (done if failed[name] > done[name] else failed).pop(name)
    documents = (read_failure(layout, name) for name in sorted(failed))
    return Status(
        total=max((read_json(layout.total) or {}).get("total", 0), len(done)),
        done=len(done),
        running=tuple(_running(layout, times, {**done, **failed})),
        failed=tuple(d for d in documents if d is not None),
        rate=_rate(sorted(done.values())),
    )


def _times(folder: Path) -> dict[str, float]:
    """file name -> when it was written last, of all state files."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                found[entry.name] = entry.stat().st_mtime
            except FileNotFoundError:
                continue  # a claim that was let go just now
    return found


def _rate(times: list[float]) -> float:
    """Scenes a second: intervals between the ends of the scenes of the last hour before the newest one."""
    recent = [t for t in times if t > times[-1] - LATELY] if times else []
    return (len(recent) - 1) / (recent[-1] - recent[0]) if len(recent) >= FEWEST and recent[-1] > recent[0] else 0.0


def _running(layout: Layout, times: Mapping[str, float], ended: Mapping[str, float]) -> list[dict[str, Any]]:
    """Claimed scenes, without claims that a killed run left behind of a scene that has ended."""
    found: dict[str, dict[str, Any]] = {}
    claims = [n for n in times if ".claim-" in n and not n.startswith(".")]
    for claim in sorted(claims, key=lambda n: (n.rpartition("-")[0], int(n.rpartition("-")[2]))):
        name, touched = claim.rpartition(".claim-")[0], times[claim]
        if name in ended and ended[name] >= touched:
            continue
        told = read_json(layout.state / claim) or {}
        silent = max(time.time() - touched, 0.0)
        try:
            seconds = max(touched - float(told.get("since", touched)), 0.0)
        except (TypeError, ValueError):
            seconds = 0.0
        found[name] = {
            "name": name,
            "owner": told.get("owner", "?"),
            "seconds": seconds,
            "silent": silent,
            "interrupted": died_here(told) or silent > LIFETIME,
            "last": _last_line(layout.log(name)),
        }
    return list(found.values())


def _last_line(path: Path) -> str:
    try:
        with open(path, "rb") as f:
            f.seek(max(f.seek(0, os.SEEK_END) - TAIL, 0))
            lines = f.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return lines[-1] if lines else ""
