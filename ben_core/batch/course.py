"""The course of a batch: what comes next, what is tried again and when, when it ends. Knows no files and no Dask."""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ..events import Emit
from .types import BatchOptions
from .work import SET_ASIDE, Outcome, Work

BACKOFF = 2.0  # seconds before the second attempt; doubled for each further one
BUSY = 2.0  # seconds until a scene that somebody else claimed is looked at again


@dataclass(frozen=True)
class Turn:
    """One attempt at a scene; ``avoid``: the worker on which the last one failed."""

    work: Work
    attempt: int = 1
    avoid: str | None = None


@dataclass
class Stops:
    """How a user ends a batch: ``drain`` lets the running scenes end, ``now`` stops them too (they resume)."""

    drain: threading.Event = field(default_factory=threading.Event)
    now: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Tally:
    """Numbers of scenes: ``done`` before or by others, ``mapped`` in this run, ``failed`` for good, ``left`` undone."""

    total: int
    done: int
    mapped: int
    failed: int

    @property
    def left(self) -> int:
        return self.total - self.done - self.mapped - self.failed


class Course:
    """Hands out turns and hears what became of them; for any number of threads."""

    def __init__(self, options: BatchOptions, emit: Emit, stops: Stops, done: int = 0, open: bool = False) -> None:
        """done   scenes that need no work; open   more may be added while it runs (a folder is watched)"""
        self.options = options
        self.emit = emit
        self.stops = stops
        self.open = open
        self.tally = Tally(done, done, 0, 0)
        self.full: Outcome | None = None  # the disk is full: nothing more is begun
        self.given_up = False  # --max-failures was reached
        self.failed: set[str] = set()  # names of scenes that failed for good
        self._ready: deque[Turn] = deque()
        self._later: list[tuple[float, int, Turn]] = []
        self._running: set[str] = set()
        self._waiting: set[str] = set()  # for other runners
        self._count = 0
        self._start = time.monotonic()
        self._change = threading.Condition()

    def add(self, works: Iterable[Work]) -> None:
        """More to do; a scene that failed and has changed since (its download had paused) has not failed."""
        with self._change:
            turns = [Turn(work) for work in works]
            self._ready.extend(turns)
            again = self.failed & {turn.work.task.name for turn in turns}
            self.failed -= again
            t = self.tally
            self.tally = replace(t, total=t.total + len(turns) - len(again), failed=t.failed - len(again))
            self._change.notify_all()

    @property
    def ending(self) -> bool:
        """Whether nothing more is begun."""
        return self.stops.drain.is_set() or self.stops.now.is_set() or self.full is not None or self.given_up

    def next(self, wait: bool = True) -> Turn | None:
        """The next turn. Waits while one may still come; None when there is none any more (``wait`` false: just now)."""
        with self._change:
            while not self.ending:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    self._ready.append(heapq.heappop(self._later)[2])
                if self._ready:
                    turn = self._ready.popleft()
                    self._running.add(turn.work.task.name)
                    return turn
                if not wait or not (self._later or self._running or self.open):
                    return None
                # At most a moment: a signal handler that sets ``stops`` cannot notify.
                self._change.wait(min(0.2, max(self._later[0][0] - now, 0.0)) if self._later else 0.2)
            return None

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing will."""
        with self._change:
            return not self._running and (self.ending or not (self._ready or self._later or self.open))

    def report(self, turn: Turn, outcome: Outcome, worker: str | None = None) -> None:
        """Hear what became of a turn, tell it, and decide what follows."""
        name = turn.work.task.name
        with self._change:
            self._running.discard(name)
            if outcome.kind == "busy":
                if name not in self._waiting:
                    self._waiting.add(name)
                    self.emit("scene", scene=name, state="busy", message="Another runner is at it.")
                self._put_off(turn, BUSY)
            elif outcome.kind == "stopped" and not self.ending:  # its worker left, nobody ended the batch
                self._put_off(turn, BUSY)
            elif outcome.kind == "failed" and outcome.passing and turn.attempt <= self.options.retries:
                pause = BACKOFF * 2 ** (turn.attempt - 1)
                self.emit(
                    "scene", scene=name, state="retry", message=outcome.message, pause=pause, attempt=turn.attempt
                )
                self._put_off(Turn(turn.work, turn.attempt + 1, worker), pause)
            else:
                self._settle(outcome, worker)
            self._change.notify_all()

    def requeue(self, turn: Turn) -> None:
        """Take a turn back that was never begun."""
        with self._change:
            self._running.discard(turn.work.task.name)
            self._ready.appendleft(turn)

    def _put_off(self, turn: Turn, seconds: float) -> None:
        self._count += 1
        heapq.heappush(self._later, (time.monotonic() + seconds, self._count, turn))

    def _settle(self, outcome: Outcome, worker: str | None) -> None:
        t = self.tally
        if outcome.kind == "full":
            self.full = outcome
        elif outcome.kind == "done":
            self.tally = replace(t, mapped=t.mapped + 1)
        elif outcome.kind == "already":
            self.tally = replace(t, done=t.done + 1)
        elif outcome.kind == "failed":
            self.tally = replace(t, failed=t.failed + 1)
            self.failed.add(outcome.name)
            limit = self.options.max_failures
            self.given_up = self.given_up or bool(limit and self.tally.failed >= limit)
        told = {
            k: v for k, v in outcome.to_dict().items() if v and k in ("code", "message", "hint", "cells", "seconds")
        }
        state = "set aside" if outcome.code == SET_ASIDE else outcome.kind
        where = {"worker": worker} if worker else {}
        self.emit("scene", scene=outcome.name, state=state, **told, **where)
        self.progress()

    def progress(self) -> None:
        """Tell how far all is: scenes that are done or have failed, of all."""
        t, spent = self.tally, time.monotonic() - self._start
        rate = t.mapped / spent if spent else 0.0
        eta = t.left / rate if rate else None
        self.emit(
            "progress",
            done=t.total - t.left,
            total=t.total,
            failed=t.failed,
            rate=round(rate, 4),
            eta=None if eta is None else round(eta, 1),
            unit="scenes",
        )
