"""Asks the engine about the form's job in the background: what is the scene, does the model fit, what will it take.

The answer to an older question is never shown, and asking never blocks: the last question wins.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ...ben_core.job import Job
from ..engine.environment import Engine
from ..engine.process import EngineProcess

WAIT = 350  # ms after the last change, so that typing does not start a worker a key


class Inspector(QObject):
    """``ask(job)`` ends in one ``answered`` (JSON of ``ben info``) or ``failed`` (an error event)."""

    busy = pyqtSignal(bool)
    answered = pyqtSignal(dict)
    failed = pyqtSignal(dict)

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._engine: Optional[Engine] = None
        self._job: Optional[Job] = None
        self._process: Optional[EngineProcess] = None
        self._folder = tempfile.TemporaryDirectory(prefix="ben-info-")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WAIT)
        self._timer.timeout.connect(self._start)

    def ask(self, engine: Engine, job: Job) -> None:
        self.drop()
        self._engine, self._job = engine, job
        self.busy.emit(True)
        self._timer.start()

    def drop(self) -> None:
        """Forget what was asked; nothing will be answered."""
        self._timer.stop()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._finish)
            process.finished.connect(process.deleteLater)
            process.finished.connect(process.forget_log)
            process.cancel()
            self.busy.emit(False)

    def stop(self) -> None:
        """The panel goes away: wait for the worker, leave no file."""
        process = self._process
        self.drop()
        if process is not None:
            process.stop()
        self._folder.cleanup()

    def _start(self) -> None:
        assert self._engine is not None and self._job is not None
        file = Path(self._folder.name) / "job.json"
        file.write_text(self._job.to_json(), encoding="utf-8")
        self._process = EngineProcess(self._engine, ["info", "--json", "--job", str(file)], self)
        self._process.finished.connect(self._finish)
        self._process.start()

    def _finish(self, final: Dict[str, Any]) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.forget_log()
            process.deleteLater()
        self.busy.emit(False)
        if final["type"] == "done":
            self.answered.emit(final["result"])
        else:
            self.failed.emit(final)
