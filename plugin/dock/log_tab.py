"""What happened, line by line, and a report to send to somebody who can help."""

from __future__ import annotations

import json
import platform
from datetime import datetime
from typing import Any, Dict, Optional

from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR
from qgis.PyQt.QtGui import QFontDatabase, QGuiApplication
from qgis.PyQt.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ...ben_core.job import Job
from ...ben_core.version import __version__
from ..engine.environment import Engine
from ..i18n import tr
from .looks import theme_icon
from .words import coverage_words


class LogTab(QWidget):
    """Lines with their time; ``report`` is what "Copy report" copies."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._job: Optional[Job] = None
        self._engine: Optional[Engine] = None
        self._tail = ""
        self.text = QPlainTextEdit()
        self.text.setObjectName("log")
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(5000)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName(tr("Log"))
        self.text.setToolTip(tr("What the engine told, newest last"))
        self.text.setPlaceholderText(tr("What a run tells appears here."))
        self.copy_button = QPushButton(theme_icon("/mActionEditCopy.svg"), tr("Copy report"))
        self.copy_button.setObjectName("copyReport")
        self.copy_button.setToolTip(tr("Copy versions, job and log to the clipboard, to send to somebody who can help"))
        self.copy_button.clicked.connect(self.copy_report)
        self.clear_button = QPushButton(tr("Clear"))
        self.clear_button.setToolTip(tr("Empty the log"))
        self.clear_button.clicked.connect(self.text.clear)
        row = QHBoxLayout()
        row.addWidget(self.copy_button)
        row.addStretch(1)
        row.addWidget(self.clear_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.text, 1)
        layout.addLayout(row)

    def start(self, engine: Engine, job: Job, command: str) -> None:
        self._engine, self._job, self._tail = engine, job, ""
        self.line("$ " + command)

    def line(self, text: str) -> None:
        self.text.appendPlainText(f"{datetime.now():%H:%M:%S} {text}")

    def on_event(self, event: Dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "step":
            self.line(str(event["text"]))
        elif kind == "started":
            self.line("{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})".format(**event))
        elif kind == "partial":
            self.line(
                tr("Rows {first} to {last} are mapped").format(first=event["first_row"] + 1, last=event["last_row"])
            )
        elif kind == "warning":
            self.line(tr("Note: {message}").format(message=event["message"]))
        elif kind == "coverage":
            self.line(coverage_words(event))
        elif kind == "output":
            self.line(str(event["path"]))
        elif kind == "done":
            self.line(tr("Done in {n:.1f} s").format(n=event["result"]["timing"]["total"]))
        elif kind in ("error", "cancelled"):
            self.line(f"{event['message']} {event.get('hint', '')}".strip())
            self._tail = str(event.get("log", ""))
            for line in self._tail.splitlines():
                self.line("  | " + line)

    def report(self) -> str:
        engine = f"{self._engine.python} ({self._engine.kind})" if self._engine else "none"
        job = json.dumps(self._job.to_dict(), indent=1, ensure_ascii=False) if self._job else "none"
        head = (
            f"BigEarthNet Mapper {__version__}, QGIS {Qgis.QGIS_VERSION}, Qt {QT_VERSION_STR}, "
            f"Python {platform.python_version()}, {platform.platform()}\nEngine: {engine}"
        )
        return f"{head}\n\nJob:\n{job}\n\nLog:\n{self.text.toPlainText()}\n"

    def copy_report(self) -> None:
        QGuiApplication.clipboard().setText(self.report())
