"""``ben doctor`` in a window: versions, devices, self-test, and a button that copies it all."""

from __future__ import annotations

from html import escape
from typing import Any, Dict, Optional

from qgis.PyQt.QtWidgets import QApplication, QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

from ..i18n import tr
from ..icons import icon
from .environment import Engine
from .process import EngineProcess

GOOD, BAD = "#2e9e4f", "#e0453a"  # readable on light and on dark


class DoctorDialog(QDialog):
    """Asks the engine and shows what it says."""

    def __init__(self, engine: Engine, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("BigEarthNet Mapper: check of the engine"))
        self.setWindowIcon(icon("engine"))
        self.report = ""
        self.text = QTextBrowser()
        self.text.setAccessibleName(tr("Result of the check"))
        self.text.setPlainText(tr("The engine checks itself …"))
        buttons = QDialogButtonBox()
        self.copy = buttons.addButton(tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip(tr("Copy all of it as text, for a report"))
        self.copy.setEnabled(False)
        close = buttons.addButton(tr("Close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setToolTip(tr("Close this window"))
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addWidget(buttons)
        self.resize(620, 560)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.report))
        buttons.rejected.connect(self.reject)
        self._process = EngineProcess(engine, ["doctor", "--json"], self)
        self._process.finished.connect(self._show)
        self._process.start()

    def _show(self, end: Dict[str, Any]) -> None:
        self._process.forget_log()
        if end["type"] == "done":
            self.report, html = as_text(end["result"]), as_html(end["result"])
        else:
            words = [end["message"], end.get("hint", ""), end.get("log", "")]
            self.report = "\n".join(filter(None, words))
            html = (
                f"<p style='color:{BAD}'>{escape(words[0])}</p><p>{escape(words[1])}</p><pre>{escape(words[2])}</pre>"
            )
        self.text.setHtml(html)
        self.copy.setEnabled(True)

    def done(self, result: int) -> None:
        """Also by Escape or the window's cross: the engine ends with the window."""
        self._process.stop()
        super().done(result)


def as_text(found: Dict[str, Any]) -> str:
    """What ``ben doctor --json`` found, as plain lines."""
    lines = []
    for title, values in found.items():
        if isinstance(values, dict):
            lines += [title, *(f"  {name:<20}{value}" for name, value in values.items())]
    return "\n".join(lines)


def as_html(found: Dict[str, Any]) -> str:
    """The same for a QTextBrowser; colours of text and ground are the theme's."""
    good = found.get("ok") is True
    verdict = tr("All is well.") if good else tr("Something is wrong: see the self-test.")
    parts = [f"<h3 style='color:{GOOD if good else BAD}'>{escape(verdict)}</h3><table cellspacing='0' cellpadding='2'>"]
    sections = sorted(
        ((t, v) for t, v in found.items() if isinstance(v, dict)), key=lambda pair: pair[0] != "self-test"
    )
    for title, values in sections:
        parts.append(f"<tr><td colspan='2'><b>{escape(title)}</b></td></tr>")
        for name, value in values.items():
            text = escape(str(value))
            if title == "self-test":
                ok = text.startswith("ok")
                text = f"<span style='color:{GOOD if ok else BAD}'>{'✓' if ok else '✗'}</span> {text}"
            parts.append(f"<tr><td>&nbsp;&nbsp;{escape(name)}&nbsp;&nbsp;</td><td>{text}</td></tr>")
    return "".join(parts) + "</table>"
