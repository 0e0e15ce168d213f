"""Claims: one owner, whoever races; the dead are told from the slow without trusting any clock."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ben_core.batch import claims as module
from ben_core.batch.claims import Claim, Claims, here, let_go
from ben_core.batch.layout import Layout
from ben_core.errors import BenError, OutputError, StorageError

from .small_scenes import ENV, ROOT, wait_for


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.state.mkdir()
    return layout


def elsewhere(path: Path) -> None:
    """Let a claim look as if it were made on another machine."""
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps({**told, "machine": "another one"}))


def age(path: Path, seconds: float) -> None:
    """Let a claim be untouched for so long, by the clock of the file system."""
    now = path.stat().st_mtime
    os.utime(path, (now - seconds, now - seconds))


def race(layout: Layout, runners: int) -> list[Claim]:
    """As many runners as that claim at the same time."""
    gate, won = threading.Barrier(runners), []

    def run() -> None:
        claims = Claims(layout, lifetime=60)
        gate.wait()
        claim = claims.take("scene")
        if claim is not None:
            won.append(claim)

    threads = [threading.Thread(target=run) for _ in range(runners)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return won


def test_one_of_many_wins(layout: Layout) -> None:
    for _ in range(20):
        (claim,) = race(layout, 8)
        assert claim.number == 1
        claim.release()
        assert not list(layout.state.glob("scene.claim-*"))


def test_one_of_many_takes_over_what_expired(layout: Layout) -> None:
    for deaths in range(1, 8):
        for claim in race(layout, 8):
            assert claim.number == deaths
            elsewhere(claim.path)
            age(claim.path, 61)
    (last,) = race(layout, 8)
    assert last.deaths == 7
    last.release()
    assert not list(layout.state.glob("scene.claim-*"))


def test_the_clock_of_a_host_does_not_matter(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Claims(layout).take("scene")
    assert claim is not None
    elsewhere(claim.path)
    for skew in (-1e6, 1e6):
        real = time.time
        monkeypatch.setattr(time, "time", lambda real=real, skew=skew: real() + skew)
        assert Claims(layout).take("scene") is None
        monkeypatch.undo()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim is touched every 0.1 s, and expires after its minute: who is late here for some seconds loses nothing."""
    monkeypatch.setattr(module, "_BEATS", 600)


def test_a_heartbeat_keeps_a_claim_and_its_end_lets_go(layout: Layout, quick: None) -> None:
    with Claims(layout) as mine:
        claim = mine.take("scene")
        assert claim is not None
        elsewhere(claim.path)
        for _ in range(2):
            age(claim.path, 61)
            wait_for(lambda: time.time() - claim.path.stat().st_mtime < 30)
        assert Claims(layout).take("scene") is None
    assert not list(layout.state.iterdir())


def test_who_was_away_too_long_learns_that_the_scene_is_lost(layout: Layout, quick: None) -> None:
    with Claims(layout) as mine:
        claim = mine.take("scene")
        assert claim is not None
        layout.claim("scene", 2).write_text("{}")  # somebody took over
        wait_for(lambda: mine.lost(claim))
        mine.release(claim)
        assert layout.claim("scene", 1).exists() and layout.claim("scene", 2).exists(), "it let go what is not its own"


def test_a_takeover_that_came_too_late_is_taken_back(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between our look at an expired claim and our own, its next owner finishes, and another one begins."""
    old = Claims(layout).take("scene")
    assert old is not None
    late, expired = Claims(layout), Claims.expired

    def slowly(self: Claims, path: Path) -> bool:
        found = expired(self, path)
        if self is late:
            old.path.unlink()
            assert Claims(layout).take("scene") is not None
        return found

    elsewhere(old.path)
    age(old.path, 61)
    monkeypatch.setattr(Claims, "expired", slowly)
    assert late.take("scene") is None
    assert [p.name for p in layout.state.glob("scene.claim-*")] == ["scene.claim-1"]


@pytest.mark.skipif(not here(), reason="this system does not tell when a process began")
def test_a_killed_owner_of_this_machine_is_known_at_once(layout: Layout) -> None:
    code = (
        "import sys, time; from pathlib import Path; from ben_core.batch.claims import Claims; "
        "from ben_core.batch.layout import Layout; "
        "assert Claims(Layout(Path(sys.argv[1]))).take('scene'); print('mine', flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, layout.out], cwd=ROOT, env=ENV, stdout=subprocess.PIPE)
    assert owner.stdout is not None and owner.stdout.readline() == b"mine\n"
    assert Claims(layout).take("scene") is None
    owner.kill()
    owner.wait()
    claim = Claims(layout).take("scene")
    assert claim is not None and claim.deaths == 1


def test_a_claim_of_our_number_may_be_another_ones_by_now(layout: Layout) -> None:
    """The machine slept: its claim was taken over, that owner ended, and a third one began."""
    claims = Claims(layout)
    old = claims.take("scene")
    assert old is not None
    old.path.unlink()
    third = Claims(layout).take("scene")
    assert third is not None and third.path == old.path
    assert not old.touch(), "it kept another one's claim alive"
    claims.release(old)
    assert third.touch(), "it let another one's claim go"


def test_a_file_server_that_is_away_costs_no_claim(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, quick: None
) -> None:
    with Claims(layout) as mine:
        claim = mine.take("scene")
        assert claim is not None
        calls = []

        def away(path: Path, *_: object) -> None:
            calls.append(path)
            raise OSError(errno.EIO, "Input/output error")

        with monkeypatch.context() as gone:
            gone.setattr("ben_core.batch.claims.os.utime", away)
            wait_for(lambda: len(calls) >= 3)  # the heartbeat goes on
        assert not mine.lost(claim)
        age(claim.path, 100)
        wait_for(lambda: time.time() - claim.path.stat().st_mtime < 50)
        assert not mine.lost(claim)


@pytest.mark.parametrize(
    ("number", "error", "words", "remedy"),
    [
        (errno.ENOSPC, StorageError, "No space left", "Free space there"),
        (errno.EROFS, OutputError, "Read-only", "in which you may write"),
    ],
)
def test_no_claim_can_be_made_where_nothing_can_be_written(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, number: int, error: type[BenError], words: str, remedy: str
) -> None:
    claim = Claims(layout).take("scene")
    assert claim is not None
    elsewhere(claim.path)

    def full(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "touch", full)
    with pytest.raises(error, match=words) as caught:
        Claims(layout).take("scene")
    assert remedy in caught.value.hint


def test_who_leaves_at_once_because_the_user_says_so_lets_go(layout: Layout) -> None:
    with Claims(layout) as mine:
        assert mine.take("a") and mine.take("b")
        let_go()
        assert not list(layout.state.glob("*.claim-*"))


def test_what_the_dead_left_beside_an_ended_scene_is_removed(layout: Layout) -> None:
    for name in ("done", "failed", "open", "alive"):
        claim = Claims(layout).take(name)
        assert claim is not None
        if name != "alive":
            elsewhere(claim.path)
            age(claim.path, 61)
    for name in ("done", "alive"):
        layout.done(name).write_text("{}")
    layout.failed("failed").write_text("{}")
    Claims(layout).tidy()
    assert sorted(p.name for p in layout.state.glob("*.claim-*")) == ["alive.claim-1", "open.claim-1"]


def test_a_claim_is_never_seen_without_its_owner(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner may be killed at any moment: a claim that tells nothing would block the scene until it expires."""
    link, seen = os.link, list[bytes]()

    def watched(draft: Path, claim: Path) -> None:
        assert not claim.exists()
        link(draft, claim)
        seen.append(claim.read_bytes())  # at the first moment that it is there

    monkeypatch.setattr("ben_core.batch.claims.os.link", watched)
    claim = Claims(layout).take("scene")
    assert claim is not None and [json.loads(text)["pid"] for text in seen] == [os.getpid()]
    assert claim.path.read_bytes() == seen[0]


def test_drafts_of_the_dead_are_removed(layout: Layout) -> None:
    with Claims(layout) as mine:
        claim = mine.take("scene")
        assert claim is not None
        for kind in ("claim", "clock"):
            for state in ("young", "old"):
                draft = layout.state / f".{kind}-{state}"
                draft.write_bytes(claim.path.read_bytes())
                elsewhere(draft)
                age(draft, 61 if state == "old" else 1)
        mine.tidy()
        assert sorted(p.name for p in layout.state.glob(".c*")) == [".claim-young", ".clock-young"]


def lost_answer(*paths: Path) -> None:
    """NFS: the server linked, its answer went astray, and asked again it says that the file is there."""
    os.link(*paths)
    raise FileExistsError(errno.EEXIST, "File exists")


def no_links(*_: Path) -> None:
    raise OSError(errno.EOPNOTSUPP, "Operation not supported")


@pytest.mark.parametrize("link", [lost_answer, no_links])
def test_file_systems_that_link_badly_have_claims_too(
    layout: Layout, monkeypatch: pytest.MonkeyPatch, link: Any
) -> None:
    own = SimpleNamespace(**{**vars(os), "link": link})  # for the claims alone: lost_answer links for true
    monkeypatch.setattr("ben_core.batch.claims.os", own)
    claims = Claims(layout)
    claim = claims.take("scene")
    assert claim is not None and claim.touch() and claims.take("scene") is None
    claims.release(claim)
    assert not list(layout.state.iterdir())
