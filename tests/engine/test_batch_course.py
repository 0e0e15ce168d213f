"""The course of a batch: retries with back-off, limits, ends."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ben_core.batch import course as module
from ben_core.batch.course import Course, Stops, Turn
from ben_core.batch.memory import Memory
from ben_core.batch.types import BatchOptions, SceneTask
from ben_core.batch.work import Outcome, Work
from ben_core.errors import JobError
from ben_core.events import Recorder
from ben_core.job import Job

from .small_scenes import PATIENCE


def works(count: int) -> list[Work]:
    return [Work(SceneTask(f"s{i}", Job(scene=("x",), out="y"), "x"), "key") for i in range(count)]


def begin(count: int, **options: Any) -> tuple[Course, Recorder]:
    heard = Recorder()
    course = Course(BatchOptions(**options), heard, Stops())
    course.add(works(count))
    return course, heard


def failure(turn: Turn, passing: bool = False) -> Outcome:
    return Outcome(turn.work.task.name, "failed", "remote", "The server is away.", passing=passing)


def take(course: Course) -> Turn:
    turn = course.next()
    assert turn is not None
    return turn


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACKOFF", 0.05)
    monkeypatch.setattr(module, "BUSY", 0.05)


def test_what_may_pass_is_tried_again_later_and_elsewhere_and_then_no_more() -> None:
    course, heard = begin(1, retries=2)
    start, pauses = time.monotonic(), []
    for attempt in (1, 2, 3):
        turn = take(course)
        pauses.append(time.monotonic() - start)
        assert turn.attempt == attempt and turn.avoid == (None if attempt == 1 else f"worker{attempt - 1}")
        course.report(turn, failure(turn, passing=True), f"worker{attempt}")
    assert course.next() is None and course.tally.failed == 1
    assert pauses[1] >= 0.05 and pauses[2] - pauses[1] >= 0.1
    assert [e["state"] for e in heard.of("scene")] == ["retry", "retry", "failed"]


def test_a_worker_that_leaves_takes_no_scene_with_it() -> None:
    course, _ = begin(1)
    course.report(turn := take(course), Outcome("s0", "stopped"))  # its worker was retired
    assert take(course) == turn and course.tally.left == 1
    course.stops.drain.set()
    course.report(turn, Outcome("s0", "stopped"))
    assert course.next() is None and course.over and course.tally.left == 1


def test_what_cannot_pass_is_not_tried_again() -> None:
    course, _ = begin(2)
    for _ in range(2):
        turn = take(course)
        course.report(turn, failure(turn))
    assert course.next() is None and course.over and course.tally.failed == 2


def test_what_failed_and_has_changed_since_has_not_failed() -> None:
    course, _ = begin(2)
    turn = take(course)
    course.report(turn, failure(turn))
    assert course.tally.failed == 1 and course.failed == {"s0"}
    course.add(works(1))
    assert (course.tally.total, course.tally.failed, course.tally.left) == (2, 0, 2) and not course.failed
    for _ in range(2):
        turn = take(course)
        course.report(turn, Outcome(turn.work.task.name, "done"))
    assert course.next() is None and (course.tally.mapped, course.tally.left) == (2, 0)


def test_max_failures_ends_it() -> None:
    course, _ = begin(5, max_failures=2)
    for _ in range(2):
        turn = take(course)
        course.report(turn, failure(turn))
    assert course.next() is None and course.given_up and course.tally.left == 3


def test_a_full_disk_ends_it_and_a_scene_is_not_called_failed() -> None:
    course, _ = begin(3)
    turn = take(course)
    course.report(turn, Outcome("s0", "full", "storage", "No space left on device."))
    assert course.next() is None and course.full is not None and course.tally.failed == 0 and course.tally.left == 3


def test_what_others_work_on_is_waited_for() -> None:
    course, heard = begin(1)
    for _ in range(3):
        turn = take(course)
        course.report(turn, Outcome("s0", "busy"))
    turn = take(course)
    course.report(turn, Outcome("s0", "already"))
    assert course.next() is None and course.tally.done == 1
    assert [e["state"] for e in heard.of("scene")] == ["busy", "already"], "said once"


def test_draining_hands_out_nothing_more_and_waits_for_nobody() -> None:
    course, _ = begin(3)
    turn = take(course)
    course.stops.drain.set()
    assert course.next() is None and not course.over
    course.report(turn, Outcome("s0", "done"))
    assert course.over and course.tally.mapped == 1 and course.tally.left == 2


def test_a_lane_waits_while_another_one_may_fail_and_be_tried_again() -> None:
    course, _ = begin(1)
    turn, got = take(course), []
    other = threading.Thread(target=lambda: got.append(course.next()))
    other.start()
    course.report(turn, failure(turn, passing=True))
    other.join(PATIENCE)
    assert got and got[0].attempt == 2


def test_scenes_in_flight_stay_under_the_ceiling() -> None:
    memory = Memory(2 << 30)
    flying, most, lock = 0, 0, threading.Lock()

    def fly() -> None:
        nonlocal flying, most
        with memory.room(900 << 20):
            with lock:
                flying += 1
                most = max(most, flying)
            time.sleep(0.02)
            with lock:
                flying -= 1

    threads = [threading.Thread(target=fly) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert most == 1  # 350 MiB of the process and twice 900 MiB are more than 2 GiB
    with pytest.raises(JobError, match="--max-memory allows 2048 MiB"), memory.room(2 << 30):
        pass


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="given together"):
        BatchOptions(workers=2, dask="tcp://x:1")
    with pytest.raises(JobError, match="--retries -1"):
        BatchOptions(retries=-1)


def test_a_rate_needs_more_than_two_scenes_that_ended_together() -> None:
    from ben_core.batch.status import LATELY, _rate

    assert _rate([]) == _rate([100.0]) == _rate([100.0, 100.02]) == 0
    assert _rate([100.0 + 10 * i for i in range(6)]) == pytest.approx(0.1)
    assert _rate([0.0, *(2 * LATELY + 10 * i for i in range(6))]) == pytest.approx(0.1)  # not since yesterday
