"""What ``ben batch`` shows: a bar of scenes on a terminal, plain lines in a log, tables at the end."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

import click

from .terminal import Terminal

if TYPE_CHECKING:
    from ..batch.layout import Layout
    from ..batch.opening import Standing
    from ..batch.plan import BatchPlan
    from ..batch.run import BatchResult
    from ..batch.status import Status

EACH = 3  # running scenes behind the bar
SHOWN = 20  # failures in a table; all of them stand in state/*.failed.json


class BatchTerminal(Terminal):
    """Events of a batch for a person: a line a scene that ended, a bar of all and behind it how far each running scene
    is; what else happens inside scenes is logged."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        super().__init__(stream)
        self.shares: dict[str, float] = {}  # of the running scenes

    def __call__(self, type: str, **fields: Any) -> None:
        if "scene" in fields and type != "scene":
            if type == "progress" and self.bar is not None and fields["total"]:
                self.shares[fields["scene"]] = fields["done"] / fields["total"]
                self._each()
            return
        super().__call__(type, **fields)

    def _each(self) -> None:
        names = sorted(self.shares)
        told = [f"{n if len(n) <= 24 else n[:23] + '…'} {self.shares[n]:.0%}" for n in names[:EACH]]
        self.bar.set_postfix_str(", ".join(told) + (f", {len(names) - EACH} more" if len(names) > EACH else ""))

    def _step(self, text: str, **_: Any) -> None:
        self._line(text)

    def _scene(self, scene: str, state: str, **fields: Any) -> None:
        message = fields.get("message", "")
        if self.shares.pop(scene, None) is not None and self.bar is not None:
            self._each()
        if state == "done":
            if not self.live:
                self._line(
                    f"{scene}: {fields.get('cells', {}).get('mapped', 0)} patches in {fields.get('seconds', 0):.1f} s"
                )
        elif state == "retry":
            self._line(f"{scene}: {message} Tried again in {fields['pause']:.0f} s.")
        elif state in ("failed", "set aside", "full"):
            mark = click.style(state, fg="red", bold=True) if self.live else state
            self._line(f"{scene}: {mark}: {message}")

    def _progress(self, done: int, total: int, eta: float | None, unit: str, **fields: Any) -> None:  # type: ignore[override]
        if self.live:
            super()._progress(done=done, total=total, rate=fields.get("rate", 0.0), eta=eta or 0.0, unit=unit)
        elif time.monotonic() - self.last >= self.LOG_EVERY or done == total:
            self.last = time.monotonic()
            self._line(f"{done} of {total} {unit}" + (f", about {duration(eta)} to go" if eta else ""))
        if done == total:
            self._close()


def duration(seconds: float) -> str:
    """Seconds in the unit that a person would choose."""
    for limit, unit, name in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 86_400:.1f} days"


def size(count: float) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / 2**20:.0f} MiB"


def plan_lines(stand: Standing, plan: BatchPlan, workers: int) -> tuple[dict[str, Any], list[str]]:
    """A plan as JSON and as lines."""
    seconds = None if plan.seconds is None else plan.seconds / workers
    summary: dict[str, Any] = {
        "scenes": {
            "to map": len(stand.todo),
            "done": len(stand.done),
            "changed": len(stand.changed),
            "failed before": len(stand.again),
            "set aside": len(stand.set_aside),
            "raw, prepared when mapped": plan.raw,
            "unreadable": len(plan.unreadable),
        },
        "patches": plan.patches,
        "seconds": None if seconds is None else round(seconds, 1),
        "disk": plan.disk,
        "free": plan.free,
        "memory": plan.memory,
        "unreadable": [vars(u) for u in plan.unreadable],
    }
    lines = [
        f"scenes   {_counted(summary['scenes'])}",
        f"patches  {plan.patches:,} to map",
        "time     "
        + (
            "unknown: no scene could be tried"
            if seconds is None
            else f"about {duration(seconds)} on {workers} worker{'s' * (workers > 1)} like this machine"
        ),
        f"disk     about {size(plan.disk)}, {size(plan.free)} are free"
        + (": too little" if plan.disk > plan.free else ""),
        f"memory   about {size(plan.memory)} for the largest scene",
    ]
    if plan.raw:
        lines.append(
            "raw      Sentinel-1 is prepared when it is mapped: its time, and its disk in the cache, come on top"
        )
    for u in plan.unreadable[:SHOWN]:
        lines.append(f"cannot be read: {u.source}\n    {u.message} {u.hint}".rstrip())
    if len(plan.unreadable) > SHOWN:
        lines.append(f"… and {len(plan.unreadable) - SHOWN} more (--json lists all)")
    return summary, lines


def _counted(scenes: Mapping[str, int]) -> str:
    """Numbers of scenes as a line: what is to be mapped, and what of it was changed, failed, ..., and the rest."""
    apart = ("to map", "done", "set aside")
    among = ", ".join(f"{n} {name}" for name, n in scenes.items() if n and name not in apart)
    told = [f"{n} {name}" for name in apart if (n := scenes[name])]
    if among:
        told[0] += f" ({among})"
    return ", ".join(told) or "none"


def result_lines(result: BatchResult, layout: Layout) -> tuple[dict[str, Any], list[str]]:
    """What a run came to, as JSON and as lines."""
    from ..batch.layout import read_failure

    t = result.tally
    failed = [found for name in result.failed if (found := read_failure(layout, name)) is not None]
    summary = {
        "total": t.total,
        "mapped": t.mapped,
        "done": t.done,
        "failed": t.failed,
        "left": t.left,
        "stopped": result.stopped,
        "failures": [{k: f.get(k) for k in ("name", "source", "code", "message", "hint", "attempts")} for f in failed],
        "full": result.full.message if result.full else None,
    }
    parts = ((t.mapped, "mapped"), (t.done, "done before"), (t.failed, "failed"), (t.left, "left"))
    words = ", ".join(f"{n} {w}" for n, w in parts if n)
    lines = [f"{t.total} scene{'s' * (t.total != 1)}: {words or 'nothing to do'}. {layout.out}"]
    lines += _failures(failed)
    if result.full:
        lines += [f"The disk is full: {result.full.message}", f"    {result.full.hint}"]
    elif result.given_up:
        lines.append("Stopped by --max-failures; the same command goes on.")
    elif result.stopped and (t.left or result.unfinished):
        lines.append("Stopped; the same command goes on.")
    return summary, lines


def _failures(failed: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [f"failed: {f['name']}: {f['message']} {f.get('hint', '')}".rstrip() for f in failed[:SHOWN]]
    if len(failed) > SHOWN:
        lines.append(f"… and {len(failed) - SHOWN} more: state/*.failed.json")
    return lines


def status_lines(found: Status) -> list[str]:
    """How far a batch is, as a table."""
    parts = [f"{found.done} done"]
    if found.total:
        parts = [f"{found.done} of {found.total} done"]
    cut = [r for r in found.running if r["interrupted"]]
    working = [r for r in found.running if not r["interrupted"]]
    counts = ((len(working), "running"), (len(cut), "interrupted"), (len(found.failed), "failed"))
    parts += [f"{n} {w}" for n, w in counts if n]
    lines = [", ".join(parts) + (" (no run is at work)" if not working and found.left else "")]
    if found.rate:
        eta = f", about {duration(found.left / found.rate)} to go" if found.left else ""
        lines.append(f"{found.rate * 3600:,.0f} scenes an hour lately{eta}")
    lines += [f"running: {r['name']}  {duration(r['seconds'])}  {r['last']}" for r in working[:SHOWN]]
    lines += [f"interrupted: {r['name']}  nothing heard for {duration(r['silent'])}  {r['last']}" for r in cut[:SHOWN]]
    return lines + _failures(found.failed)
