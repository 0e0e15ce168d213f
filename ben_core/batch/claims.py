"""Claims: who works on which scene, as files that any number of runners on any number of machines agree on.

A claim is the file ``NAME.claim-N``. It appears with its content, by a hard link of a draft, so that exactly one of many
wins and nobody ever finds one without an owner. Its owner touches it; one that was not touched for ``LIFETIME`` seconds
has expired. Time is that of the file server: the claim's mtime is compared with that of a file touched just now in the
same folder, so clocks of hosts may differ as they like. A claim whose owner was a process of this very machine that is
no more has expired at once.

Whoever takes over an expired claim N makes claim N + 1 beside it, by the same means; the highest number owns. Nothing is
ever renamed or removed that might be somebody else's, and N - 1 tells how many owners died of a scene.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..storage import writing
from .layout import Layout, read_json

LIFETIME = 60.0  # seconds
WAIT = 0.5  # seconds between two looks at a claim that is waited for
_BEATS = 5  # touches a lifetime
_DRAFT, _CLOCK = ".claim-", ".clock-"  # files that live for a moment
# Of file systems without hard links: FAT, some network drives.
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}


def _pause(seconds: float) -> bool:
    time.sleep(seconds)
    return False


@dataclass
class Claim:
    """A claim that this process holds, until ``release``."""

    layout: Layout
    name: str
    number: int
    token: str

    @property
    def path(self) -> Path:
        return self.layout.claim(self.name, self.number)

    @property
    def deaths(self) -> int:
        """How many owners died while they worked on this scene."""
        return self.number - 1

    def touch(self) -> bool:
        """Keep it alive; False where it is lost: it expired, and somebody took over. Raises OSError: nobody can tell."""
        if not self._ours():
            return False
        os.utime(self.path)  # no times given: the file server's clock
        return True

    def _ours(self) -> bool:
        """By its content: who took over may have ended, and yet another one may hold a claim of our number."""
        try:
            told = json.loads(self.path.read_bytes())
        except (FileNotFoundError, ValueError):  # ValueError: another one's, being written
            return False
        return told.get("token") == self.token and not self.layout.claim(self.name, self.number + 1).exists()

    def release(self) -> None:
        """Let go; the highest number goes first, so that no gap ever shows. Raises OSError."""
        if not self._ours():
            return  # the scene is somebody else's by now
        for number in range(self.number, 0, -1):
            self.layout.claim(self.name, number).unlink(missing_ok=True)


class Claims:
    """Makes claims on one output folder and keeps them alive; use it as a context manager."""

    def __init__(self, layout: Layout, lifetime: float = LIFETIME) -> None:
        self.layout = layout
        self.lifetime = lifetime
        self._own = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._held: dict[str, Claim] = {}
        self._lost: set[str] = set()
        self._lock = threading.RLock()  # a signal handler may let go what the interrupted thread looks at
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Claims:
        self._thread.start()
        _OPEN.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self.release_all()
        _OPEN.discard(self)

    def take(self, name: str) -> Claim | None:
        """Claim a scene; None where somebody else works on it. Raises StorageError, OutputError."""
        with writing(self.layout.claim(name, 1)):
            return self._take(name)

    @contextmanager
    def waited(self, name: str, stop: Callable[[float], bool] = _pause) -> Iterator[bool]:
        """Claim a name for the body, after whoever has it now; False where ``stop`` said so.

        stop   waits so many seconds and tells whether to give up. Raises StorageError, OutputError.
        """
        while (claim := self.take(name)) is None:
            if stop(WAIT):
                yield False
                return
        try:
            yield True
        finally:
            self.release(claim)

    def _take(self, name: str) -> Claim | None:
        number, last = 1, None
        while (path := self.layout.claim(name, number)).exists():
            number, last = number + 1, path
        before = _identity(last) if last is not None else None  # before it is judged: see below
        if last is not None and not self.expired(last):
            return None
        claim = Claim(self.layout, name, number, uuid.uuid4().hex)
        content = {"token": claim.token, "owner": self._own, "since": time.time(), **here()}
        if not self._appear(claim.path, json.dumps(content).encode()):
            return None
        if last is not None and _identity(last) != before:
            # Between our two looks its next owner finished, and a new one began: the new one is alive.
            claim.path.unlink(missing_ok=True)
            return None
        with self._lock:
            self._held[name] = claim
            self._lost.discard(name)
        return claim

    def _appear(self, path: Path, content: bytes) -> bool:
        """Make a file with all its content at once; False where it is there already. Raises OSError."""
        draft = self.layout.state / f"{_DRAFT}{uuid.uuid4().hex}"
        try:
            draft.write_bytes(content)
            try:
                os.link(draft, path)
            except FileExistsError:
                # NFS: where a server's answer was lost it is asked again, and finds our own link.
                with open(draft, "rb") as f:
                    return os.fstat(f.fileno()).st_nlink > 1
            except OSError as e:
                if e.errno not in _NO_LINKS:
                    raise
                return _exclusively(path, content)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def release(self, claim: Claim) -> None:
        with self._lock:
            self._held.pop(claim.name, None)
        with suppress(OSError):  # the file server is away: it expires
            claim.release()

    def release_all(self) -> None:
        with self._lock:
            for claim in list(self._held.values()):
                self.release(claim)

    def tidy(self) -> None:
        """Remove what killed runs left beside scenes that are done or have failed. Raises StorageError, OutputError.

        Claims of other scenes stay: their numbers tell how often a scene took its owner down.
        """
        found = set()
        for path in list(self.layout.state.iterdir()):
            if path.name.startswith((_DRAFT, _CLOCK)):
                if self.expired(path):
                    path.unlink(missing_ok=True)
            elif ".claim-" in path.name:
                found.add(path.name.rpartition(".claim-")[0])
        for name in sorted(found):
            ended = self.layout.done(name).exists() or self.layout.failed(name).exists()
            if ended and (claim := self.take(name)) is not None:
                self.release(claim)

    def lost(self, claim: Claim) -> bool:
        """Whether somebody took the claim over (this machine slept, or its network was away)."""
        return claim.name in self._lost

    def expired(self, path: Path) -> bool:
        """Whether the owner of a claim is no more."""
        told = read_json(path)
        if told is not None and died_here(told):
            return True
        now = self._now()  # first: a pause before the next line makes a claim younger, never older
        try:
            # Opened: NFS then asks the server for the time, where a bare stat may answer from what it remembers.
            with open(path, "rb") as f:
                return now - os.fstat(f.fileno()).st_mtime > self.lifetime
        except FileNotFoundError:
            return False  # released just now: look again later

    def held(self, name: str) -> bool:
        """Whether somebody alive works on a scene."""
        number = 1
        while self.layout.claim(name, number).exists():
            number += 1
        return number > 1 and not self.expired(self.layout.claim(name, number - 1))

    def _now(self) -> float:
        """The file server's time."""
        clock = self.layout.state / f"{_CLOCK}{uuid.uuid4().hex}"
        try:
            clock.touch()
            return clock.stat().st_mtime
        finally:
            clock.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._end.wait(self.lifetime / _BEATS):
            with self._lock:
                held = list(self._held.values())
            for claim in held:
                with suppress(OSError):  # the file server is away: what became of the claim shows when it is back
                    if not claim.touch():
                        self._lost.add(claim.name)


_OPEN: weakref.WeakSet[Claims] = weakref.WeakSet()


def let_go() -> None:
    """Release all that this process holds: it ends at once because the user says so, which is no death of a scene."""
    for claims in list(_OPEN):
        claims.release_all()


def _exclusively(path: Path, content: bytes) -> bool:
    """As ``Claims._appear``, where files have no second name: killed within, a claim without an owner expires by time."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        return False
    try:
        with os.fdopen(descriptor, "wb") as f:
            f.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return True


def _identity(path: Path) -> tuple[object, ...] | None:
    try:
        return path.stat().st_ino, path.read_bytes()
    except OSError:
        return None


def here() -> dict[str, Any]:
    """This process, so that others on the same machine can tell whether it lives. Empty where that cannot be told."""
    started = _started(os.getpid())
    return {"machine": _machine(), "pid": os.getpid(), "started": started} if started else {}


def died_here(told: dict[str, Any]) -> bool:
    """Whether a claim's owner ran on this machine and does not run any more."""
    if not told.get("machine") or told["machine"] != _machine():
        return False
    return _started(told.get("pid", 0)) != told.get("started")


def _machine() -> str:
    """This boot of this machine, and its space of process numbers (a container has its own)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux: claims expire by time alone
        return ""


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks; "" where there is none (or it is dead and not yet buried)."""
    try:
        fields = Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError, TypeError):
        return ""
    return "" if fields[0] in "ZX" else fields[19]
