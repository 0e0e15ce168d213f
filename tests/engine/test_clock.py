"""Where the time of a run goes, as its progress tells."""

import time

import pytest

from ben_core.clock import Clock, Progress
from ben_core.events import Recorder


def test_progress_says_where_the_time_went() -> None:
    emit, clock = Recorder(), Clock()
    time.sleep(0.02)
    progress = Progress(emit, 2, 0, clock=clock)
    with clock("infer"):
        with clock("wait"):
            time.sleep(0.03)
        time.sleep(0.05)
        progress.add(2)
    (event,) = emit.of("progress")
    spent = event["spent"]
    assert event["done"] == 2 and set(spent) == {"open", "wait", "infer", "write"}
    assert spent["open"] >= 0.02 and spent["wait"] >= 0.03 and spent["infer"] >= 0.05
    assert sum(spent.values()) == pytest.approx(clock.summary()["total"], abs=0.02)


def test_progress_without_a_clock_says_nothing_of_it() -> None:
    emit = Recorder()
    Progress(emit, 1, 0, unit="tiles").add(1)
    assert "spent" not in emit.of("progress")[0]


def test_a_slow_rate_keeps_its_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """An epoch may take a minute: rounded to a tenth a second, that is none."""
    now = iter([0.0, 40.0, 80.0])
    monkeypatch.setattr("ben_core.clock.time.perf_counter", lambda: next(now))
    emit = Recorder()
    progress = Progress(emit, 20, 0, "epochs")
    progress.add(1)
    progress.add(1)
    assert [e["rate"] for e in emit.of("progress")] == [0.025, 0.025]
