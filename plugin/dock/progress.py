"""How far a run is, how fast, and where its time goes."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from qgis.PyQt.QtCore import QLocale, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QPainter
from qgis.PyQt.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from ..i18n import tr
from .looks import Words
from .options_section import duration

# Okabe and Ito's colours, told apart by everybody: opening, waiting for pixels, the model, writing.
_COLOURS = {"open": "#999999", "wait": "#0072b2", "infer": "#e69f00", "write": "#009e73"}


class TimeBar(QWidget):
    """A thin bar of the shares of time."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._spent: Mapping[str, float] = {}
        self.setFixedHeight(5)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_spent(self, spent: Mapping[str, float]) -> None:
        self._spent = spent
        self.update()

    def paintEvent(self, _event: Any) -> None:  # noqa: N802  (Qt's name)
        total = sum(self._spent.values())
        if not total:
            return
        painter = QPainter(self)
        left = 0.0
        for name, colour in _COLOURS.items():
            width = self.width() * self._spent.get(name, 0.0) / total
            painter.fillRect(QRectF(left, 0, width, self.height()), QColor(colour))
            left += width
        painter.end()


class ProgressView(QWidget):
    """Fed with the events of a run."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        self.bar.setObjectName("progress")
        self.bar.setAccessibleName(tr("Progress of the map"))
        self.bar.setToolTip(tr("How much of the map is finished"))
        self.bar.setTextVisible(True)
        self.line = Words("progressLine")
        self.time = TimeBar()
        self.shares = Words("timeShares")
        self.shares.setTextFormat(Qt.TextFormat.RichText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.bar, self.line, self.time, self.shares):
            layout.addWidget(widget)

    def start(self) -> None:
        self.bar.setRange(0, 0)
        self.line.say(tr("Starting the engine …"))
        self.time.hide()
        self.shares.say("")

    def on_event(self, event: Dict[str, Any]) -> None:
        if event["type"] == "step":
            self.line.say(str(event["text"]))
            if event["name"] == "write":
                self.bar.setRange(0, 0)
        elif event["type"] == "progress":
            self._progress(event)

    def _progress(self, event: Mapping[str, Any]) -> None:
        number = QLocale().toString
        self.bar.setRange(0, int(event["total"]))
        self.bar.setValue(int(event["done"]))
        words = {
            "patches": tr("{done} of {total} patches · {rate}/s · {eta} left"),
            "windows": tr("10 m map: {done} of {total} windows · {rate}/s · {eta} left"),
            "rows": tr("10 m map: {done} of {total} rows · {eta} left"),
            "epochs": tr("Adapting the model: {done} of {total} epochs · {eta} left"),
            "blocks": tr("Preparing Sentinel-1: {done} of {total} blocks · {eta} left"),
        }
        self.line.say(
            words.get(event.get("unit", "patches"), words["patches"]).format(
                done=number(int(event["done"])),
                total=number(int(event["total"])),
                rate=number(int(event["rate"])),
                eta=duration(event["eta"]),
            )
        )
        spent = event.get("spent")
        if spent:
            self.time.show_spent(spent)
            self.time.show()
            self.time.setAccessibleName(_shares(spent))
            self.shares.say(_shares(spent))


def _shares(spent: Mapping[str, float]) -> str:
    total = sum(spent.values()) or 1.0
    words = {"open": tr("opening"), "wait": tr("reading"), "infer": tr("model"), "write": tr("writing")}
    return " &nbsp; ".join(
        f'<span style="color:{_COLOURS[name]}">■</span>&nbsp;{words[name]}&nbsp;{spent.get(name, 0.0) / total:.0%}'
        for name in _COLOURS
    )
