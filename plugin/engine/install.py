"""Make the engine's private environment: a folder of its own, pinned packages, nothing of QGIS touched.

    FOLDER/venv         the environment
    FOLDER/python       the Python that uv fetched, where it did
    FOLDER/cache        what was fetched so far; removed at the end
    FOLDER/engine.json  written last: without it the environment counts as half made and is built anew from the cache

Knows Qt, not QGIS.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from qgis.PyQt.QtCore import QLockFile, QObject, QProcess, QProcessEnvironment, QTimer, pyqtSignal

from ...ben_core.version import __version__
from ..i18n import tr
from .choose import Builder
from .environment import LOCKS, MARKER, OWN, Engine, clean_environment, lock_file, lock_hash, python_in
from .failures import explain, no_builder
from .process import CANCEL_KILL

PYTHON = "3.11"  # the one that uv fetches: the engine's tests run on it
# pip's words from a network and from a folder; uv's.
_TAKEN = re.compile(
    r"^\s*(?:Collecting ([A-Za-z0-9_.-]+)|Processing .*?([A-Za-z0-9_.]+)-[^/\\]*\.whl|Downloaded ([A-Za-z0-9_.-]+))"
)
_TOTAL = re.compile(r"^Resolved (\d+) packages")

Step = Tuple[str, Callable[[], List[str]]]


class Installer(QObject):
    """One set-up. ``progress`` carries words and a percentage (-1: unknown), ``line`` each line of the tools' output,
    ``finished`` exactly one event: done, error or cancelled."""

    progress = pyqtSignal(str, int)
    line = pyqtSignal(str)
    finished = pyqtSignal(dict)

    def __init__(
        self,
        folder: str,
        variant: str,
        builder: Optional[Builder],
        wheels: str = "",
        variables: Optional[Mapping[str, str]] = None,
        parent: Optional[QObject] = None,
    ) -> None:
        """``folder`` is made; ``variant`` names a lock file; ``wheels`` is a folder to install from, "" the network."""
        super().__init__(parent)
        self.folder = Path(folder)
        self.variant = variant
        self.builder = builder
        self.wheels = wheels
        self.variables = dict(variables or {})
        self._lock = QLockFile(str(self.folder) + ".lock")
        self._lock.setStaleLockTime(0)
        self._steps: Iterator[Step] = iter(())
        self._output: List[str] = []
        self._buffer = b""
        self._taken: Dict[str, bool] = {}
        self._total = len(set(re.findall(r"^([a-z0-9-]+)==", lock_file(variant).read_text("utf-8"), re.MULTILINE)))
        self._text = ""
        self._cancelled = self._ended = False
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self._process.setStandardInputFile(QProcess.nullDevice())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_step_finished)
        self._process.errorOccurred.connect(self._on_process_error)
        self._killer = QTimer(self)
        self._killer.setSingleShot(True)
        self._killer.setInterval(CANCEL_KILL)
        self._killer.timeout.connect(self._process.kill)

    def start(self) -> None:
        if self.builder is None:
            self._end(no_builder(bool(self.wheels)))
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._lock.tryLock(100):
                message = tr("Another window of QGIS is setting up the engine in this folder.")
                hint = tr("Wait until it has finished: {folder}").format(folder=self.folder)
                self._end({"type": "error", "code": "busy", "message": message, "hint": hint, "log": ""})
                return
            (self.folder / MARKER).unlink(missing_ok=True)
            if (self.folder / "venv").exists():
                self.progress.emit(tr("Clearing what an earlier set-up left …"), -1)
                _remove(self.folder / "venv")
        except OSError as e:
            self._end(explain(str(e)))
            return
        self._steps = iter(self._plan())
        self._next()

    def cancel(self) -> None:
        """End it; what was fetched stays for the next try. Returns at once."""
        if self._ended or self._cancelled:
            return
        self._cancelled = True
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self._close()
        elif sys.platform == "win32":
            self._process.kill()
        else:
            self._process.terminate()
            self._killer.start()

    def stop(self) -> None:
        """Cancel and wait (QGIS closes)."""
        self.cancel()
        self._process.waitForFinished(CANCEL_KILL)

    def _plan(self) -> Iterator[Step]:
        assert self.builder is not None
        venv, uv = self.folder / "venv", self.builder.program
        lock = str(lock_file(self.variant))
        offline = ["--no-index", "--find-links", self.wheels] if self.wheels else []
        pip = ["-m", "pip", "install", "--no-input", "--progress-bar", "off", "--require-hashes", "--only-binary=:all:"]
        if self.builder.kind == "bootstrap":
            tools = self.folder / "tools"
            uv = str(tools / "bin" / ("uv.exe" if sys.platform == "win32" else "uv"))
            fetch = [*pip, "--target", str(tools), "--upgrade", "-r", str(LOCKS / "requirements-uv.txt")]
            yield tr("Fetching uv …"), lambda: [self.builder.program, "-I", *fetch]
        if self.builder.kind == "venv":
            yield tr("Making the environment …"), lambda: [self.builder.program, "-I", "-m", "venv", str(venv)]
            yield tr("Installing packages …"), lambda: [str(python_in(venv)), "-I", *pip, *offline, "-r", lock]
        else:
            quiet = ["--no-python-downloads", "--offline"] if self.wheels else []
            yield (
                tr("Making the environment …"),
                lambda: [
                    uv,
                    "venv",
                    "--no-project",
                    "--python",
                    PYTHON if not quiet else ">=" + PYTHON,
                    *quiet,
                    str(venv),
                ],
            )
            install = ["pip", "install", "--python", str(python_in(venv)), "--require-hashes", "--only-binary=:all:"]
            yield tr("Installing packages …"), lambda: [uv, *install, *offline, "-r", lock]
        engine = Engine(str(python_in(venv)))
        yield tr("Trying the engine …"), lambda: engine.command(["doctor"])

    def _environment(self) -> Dict[str, str]:
        cache = str(self.folder / "cache")
        return {
            **clean_environment(os.environ),
            **self.variables,
            "PIP_CACHE_DIR": cache,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_USER": "0",
            "UV_CACHE_DIR": cache,
            "UV_PYTHON_INSTALL_DIR": str(self.folder / "python"),
            "UV_SYSTEM_CERTS": "1",  # a proxy of an organisation signs with a certificate that only the system knows
            "NO_COLOR": "1",
        }

    def _next(self) -> None:
        step = next(self._steps, None)
        if self._cancelled or step is None:
            self._close()
            return
        self._text, command = step[0], step[1]()
        self._output, self._buffer, self._taken = [], b"", {}
        self.progress.emit(self._text, -1)
        self.line.emit("> " + " ".join(command))
        environment = QProcessEnvironment()
        for name, value in self._environment().items():
            environment.insert(name, value)
        self._process.setProcessEnvironment(environment)
        self._process.setWorkingDirectory(str(self.folder))
        self._process.start(command[0], command[1:])

    def _read(self) -> None:
        self._buffer += bytes(self._process.readAllStandardOutput())
        *lines, self._buffer = self._buffer.split(b"\n")
        for raw in lines:
            text = raw.decode("utf-8", "replace").rstrip()
            self._output.append(text)
            self.line.emit(text)
            total, taken = _TOTAL.match(text), _TAKEN.match(text)
            if total:
                self._total = int(total[1])
            if taken:
                package = next(filter(None, taken.groups()))
                self._taken[package.lower()] = True
                percent = min(99, round(100 * len(self._taken) / max(1, self._total)))
                self.progress.emit(f"{self._text} {package}", percent)
            elif text.startswith(("Installing collected", "Prepared ")):
                self.progress.emit(tr("Unpacking the packages …"), -1)

    def _on_step_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        if self._buffer:
            self._output.append(self._buffer.decode("utf-8", "replace"))
        if self._cancelled or (code == 0 and status == QProcess.ExitStatus.NormalExit):
            self._next()
        else:
            self._end(explain("\n".join(self._output), bool(self.wheels)))

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._end(explain(self._process.errorString(), bool(self.wheels)))

    def _close(self) -> None:
        """All steps are through, or the user stopped it."""
        if self._cancelled:
            self._end({"type": "cancelled", "message": tr("Stopped. What was fetched is kept for the next try.")})
            return
        try:
            marker = {"variant": self.variant, "lock": lock_hash(self.variant), "version": __version__, "kind": OWN}
            aside = self.folder / (MARKER + ".new")
            aside.write_text(json.dumps(marker), encoding="utf-8")
            shutil.rmtree(self.folder / "cache", ignore_errors=True)
            shutil.rmtree(self.folder / "tools", ignore_errors=True)
            os.replace(aside, self.folder / MARKER)
        except OSError as e:
            self._end(explain(str(e)))
            return
        self._end({"type": "done", "result": marker})

    def _end(self, event: Dict[str, Any]) -> None:
        if not self._ended:
            self._ended = True
            self._killer.stop()
            self._lock.unlock()
            self.finished.emit(event)


def remove_engine(folder: str) -> None:
    """Remove all that ``Installer`` made in ``folder``, and the folder. Raises OSError where a file is in use."""
    path = Path(folder)
    if path.exists():
        (path / MARKER).unlink(missing_ok=True)  # first: what is half removed must not count as an engine
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a tree, with the read-only files that Windows refuses to remove."""

    def writable(function: Callable[[str], Any], name: str, _: Any) -> None:
        os.chmod(name, 0o700)
        function(name)

    shutil.rmtree(path, onerror=writable)
