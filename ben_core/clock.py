"""Where the time of a run goes, and how far it is."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from .events import Emit


class Clock:
    """Seconds by name on the main thread; what is measured inside something else is taken off it.

    "read" is the exception: seconds of decoding on other threads, added by ``add``.
    """

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.seconds: dict[str, float] = defaultdict(float)
        self._inner = [0.0]

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        self._inner.append(0.0)
        try:
            yield
        finally:
            spent = time.perf_counter() - start
            self.seconds[name] += spent - self._inner.pop()
            self._inner[-1] += spent

    def add(self, name: str, amount: float) -> None:
        self.seconds[name] += amount

    def summary(self) -> dict[str, float]:
        """read, wait, infer, write and total in seconds; patches mapped in this run, rate in patches/s."""
        total = time.perf_counter() - self.start
        s = {name: round(self.seconds[name], 3) for name in ("read", "wait", "infer", "write")}
        patches = self.seconds["patches"]
        return {**s, "total": round(total, 3), "patches": patches, "rate": round(patches / total, 1) if total else 0.0}


class Progress:
    """Emits "progress" at most some times a second.

    The rate counts from the first batch on: what is spent before it (opening, the first strip) comes once.
    """

    EVERY = 0.2  # seconds

    def __init__(self, emit: Emit, total: int, done: int, unit: str = "patches", clock: Clock | None = None) -> None:
        self.emit = emit
        self.clock = clock
        self.opening = clock.summary()["total"] if clock else 0.0
        self.unit = unit
        self.total = total
        self.done = done
        self.base: tuple[int, float] | None = None  # cells and time at the end of the first batch
        self.start = self.last = time.perf_counter()

    def add(self, cells: int) -> None:
        if not cells:
            return
        self.done += cells
        now = time.perf_counter()
        if now - self.last >= self.EVERY or self.done == self.total:
            cells_before, then = self.base or (self.done - cells, self.start)
            rate = (self.done - cells_before) / max(now - then, 1e-6)
            eta = (self.total - self.done) / rate
            told = {"done": self.done, "total": self.total, "rate": float(f"{rate:.3g}"), "eta": round(eta, 1)}
            self.emit("progress", unit=self.unit, **told, **self._spent())
            self.last = now
        if self.base is None:
            self.base = (self.done, now)

    def _spent(self) -> dict[str, dict[str, float]]:
        """Where the seconds went so far: opening, waiting for pixels, writing; the model has the rest."""
        if self.clock is None:
            return {}
        s = self.clock.summary()
        infer = round(max(s["total"] - self.opening - s["wait"] - s["write"], 0.0), 3)
        return {"spent": {"open": self.opening, "wait": s["wait"], "infer": infer, "write": s["write"]}}
