"""One command of the engine in a process of its own: events as they come, cancel, and always exactly one end.

Knows Qt, not QGIS. The laws of the seam stand in docs/architecture.md.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional

from qgis.PyQt.QtCore import QEventLoop, QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

from ...ben_core.events import FINAL, read
from ..i18n import tr
from .environment import Engine

Event = Dict[str, Any]

# ms that a worker has to end: after cancel, which is to take two seconds in all (the engine leaves by itself after
# 1500, unless a library holds its signals), and after its last event
CANCEL_KILL, LAST_KILL = 1650, 2000
AGAIN = 250  # ms until a batch is asked twice: the first time it would let its running scenes end
TAIL = 4000  # bytes of stderr that an error shows


class EngineProcess(QObject):
    """``ben ARGUMENTS`` on ``engine``.

    ``happened`` carries every event but the last (with ``--events jsonl``); ``finished`` carries the last, exactly once:
    done, error or cancelled. A command without events ends in done with its JSON output as ``result``. Where the worker
    dies without a last word, the error is made up from its exit and the tail of its stderr (``log`` in the event).
    """

    happened = pyqtSignal(dict)  # not "event": QObject has a method of that name
    finished = pyqtSignal(dict)

    def __init__(self, engine: Engine, arguments: List[str], parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._command = engine.command(arguments)
        self._events = "--events" in arguments
        self._asked_twice = arguments[:1] == ["batch"]
        self._buffer = b""
        self._final: Optional[Event] = None
        self._ended = False
        self._cancelled = False
        # stderr goes to a file: nobody drains a second pipe, and a full one stops the worker.
        handle, self._log_path = tempfile.mkstemp(prefix="ben-", suffix=".log")
        os.close(handle)
        self._process = QProcess(self)
        environment = QProcessEnvironment()
        for name, value in engine.environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._process.setStandardErrorFile(self._log_path)
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._killer = QTimer(self)
        self._killer.setSingleShot(True)
        self._killer.timeout.connect(self._process.kill)

    @property
    def pid(self) -> int:
        """The worker's process id, 0 where it does not run."""
        return int(self._process.processId())

    @property
    def running(self) -> bool:
        return self._process.state() != QProcess.ProcessState.NotRunning

    def start(self) -> None:
        self._process.start(self._command[0], self._command[1:])

    def cancel(self) -> None:
        """Ask the worker to end; kill it where it has not in time. Returns at once."""
        if self._ended or self._cancelled:
            return
        self._cancelled = True
        if sys.platform == "win32":  # terminate() closes windows there, and the worker has none
            self._process.kill()
        else:
            self._process.terminate()
            if self._asked_twice:
                QTimer.singleShot(AGAIN, self._process.terminate)
            self._killer.start(CANCEL_KILL)

    def stop(self) -> None:
        """Cancel and wait until the worker is gone (the plugin unloads, QGIS closes)."""
        self.cancel()
        if self.running and not self._process.waitForFinished(CANCEL_KILL):
            self._process.kill()
            self._process.waitForFinished(1000)

    def forget_log(self) -> None:
        """Remove the log file."""
        with suppress(OSError):
            os.unlink(self._log_path)

    def log_tail(self) -> str:
        """The end of what the worker wrote on stderr."""
        try:
            with open(self._log_path, "rb") as file:
                file.seek(max(0, os.path.getsize(self._log_path) - TAIL))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def _read(self) -> None:
        self._buffer += bytes(self._process.readAllStandardOutput())
        if not self._events:
            return
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            found = read(line.decode("utf-8", "replace"))
            if found is None or self._final is not None:
                continue
            if found["type"] in FINAL:
                self._final = found
                self._killer.start(LAST_KILL)  # a library that hangs while it unloads must not hold the answer
            else:
                self.happened.emit(found)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(
                _error(
                    "start",
                    tr("The engine's Python could not be started: {python}").format(python=self._command[0]),
                    tr("Set up the engine again."),
                    self._process.errorString(),
                )
            )

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._end(self._final or self._made_up(code, status))

    def _end(self, final: Event) -> None:
        if self._ended:
            return
        self._ended = True
        self._killer.stop()
        self.finished.emit(final)

    def _made_up(self, code: int, status: QProcess.ExitStatus) -> Event:
        if self._cancelled:
            return {"type": "cancelled", "message": tr("The run was stopped; run it again to go on where it stopped.")}
        if not self._events and status == QProcess.ExitStatus.NormalExit:
            try:
                return {"type": "done", "result": json.loads(self._buffer.decode("utf-8"))}
            except ValueError:
                pass  # the reason stands on stderr
        log = self.log_tail()
        if status == QProcess.ExitStatus.NormalExit:
            # The engine's own words: "ben: message", then the remedy on an indented line.
            lines = [line.strip() for line in log.splitlines() if line.strip()]
            start = next((i for i, line in enumerate(lines) if line.startswith("ben: ")), len(lines) - 1)
            said = [line[5:] if line.startswith("ben: ") else line for line in lines[max(start, 0) :]]
            if not said:
                said = [tr("The engine ended without an answer."), tr("Set up the engine again.")]
            return _error(f"exit-{code}", said[0], " ".join(said[1:]), log)
        return _error(
            "crashed",
            tr("The engine's process died before it had finished."),
            tr("Often the memory was full, or another program ended it. Finished strips are kept: run again to go on."),
            log,
        )


def _error(code: str, message: str, hint: str, log: str) -> Event:
    return {"type": "error", "code": code, "message": message, "hint": hint, "log": log}


def run_blocking(
    engine: Engine,
    arguments: List[str],
    on_event: Callable[[Event], None] = lambda event: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Event:
    """Run ``ben ARGUMENTS`` and return the last event; for threads (Processing) and tests.

    ``on_event`` is called in this thread, ``is_cancelled`` is asked ten times a second.
    """
    loop = QEventLoop()
    last: List[Event] = []
    process = EngineProcess(engine, arguments)
    process.happened.connect(on_event)
    process.finished.connect(last.append)
    process.finished.connect(loop.quit)
    watch = QTimer()
    watch.setInterval(100)
    watch.timeout.connect(lambda: is_cancelled() and process.cancel())
    watch.start()
    process.start()
    if not last:  # a process that cannot start ends at once
        loop.exec()
    process.forget_log()
    return last[0]
