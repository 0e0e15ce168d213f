"""A bar chart: names, bars in their own colours, figures. Painted with the theme's colours, light or dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence

from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from qgis.PyQt.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import QLabel, QSizePolicy, QToolTip, QWidget


@dataclass(frozen=True)
class Bar:
    """One line of the chart.

    value   length, 0 to 1
    figure  what stands behind the bar
    mark    a tick at 0 to 1 (a threshold), None: none
    strong  drawn full, its name bold; others are pale
    words   the line as a sentence: tooltip and screen reader
    """

    name: str
    value: float
    figure: str
    colour: str
    mark: Optional[float] = None
    strong: bool = True
    words: str = ""


class BarChart(QLabel):
    """Lines from top to bottom; the arrow keys walk through them.

    A label by kind: QGIS's dark themes are style sheets, which give a label its colours and a bare widget none.
    """

    PAD = 4

    def __init__(self, name: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._bars: List[Bar] = []
        self._current = -1
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    @property
    def bars(self) -> List[Bar]:
        return list(self._bars)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        self._bars = list(bars)
        self._current = -1
        self.setAccessibleDescription("; ".join(b.words for b in bars if b.strong))
        self.updateGeometry()
        self.update()

    def line_height(self) -> int:
        return QFontMetrics(self.font()).height() + 5

    def sizeHint(self) -> QSize:  # noqa: N802  (names of Qt, here and below)
        return QSize(280, len(self._bars) * self.line_height() + 2 * self.PAD)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(200, self.sizeHint().height())

    def words_at(self, y: float) -> str:
        """The sentence of the line at height ``y``; "" where there is none."""
        i = int((y - self.PAD) // self.line_height())
        return self._bars[i].words if 0 <= i < len(self._bars) else ""

    def keyPressEvent(self, event) -> None:  # noqa: N802
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(event.key())
        if step is None or not self._bars:
            super().keyPressEvent(event)
            return
        self._current = min(max(self._current + step, 0), len(self._bars) - 1)
        words = self._bars[self._current].words
        self.setAccessibleDescription(words)
        line = self.line_height()
        QToolTip.showText(
            self.mapToGlobal(self.rect().topLeft()) + QPoint(8, self.PAD + line * (self._current + 1)), words
        )
        self.update()

    def event(self, event) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words_at(event.pos().y()), self)
            return True
        return super().event(event)

    def paintEvent(self, event) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, line = self.palette(), self.line_height()
        text = palette.color(QPalette.ColorRole.WindowText)
        faint = QColor(text)
        faint.setAlphaF(0.15)
        metrics = QFontMetrics(self.font())
        figures = max((metrics.horizontalAdvance(b.figure) for b in self._bars), default=0) + 6
        wanted = max((metrics.horizontalAdvance(b.name) for b in self._bars), default=0) * 1.1 + 12
        names = int(min(wanted, (self.width() - figures) * 0.58))
        left, right = names + 6.0, float(self.width() - figures - 2)
        bottom = self.PAD + line * len(self._bars)
        painter.setPen(QPen(faint, 1))
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = round(left + share * (right - left)) + 0.5
            painter.drawLine(QPointF(x, self.PAD), QPointF(x, bottom))
        for i, bar in enumerate(self._bars):
            self._paint_line(painter, bar, QRectF(0, self.PAD + i * line, self.width(), line), left, right, text)
            if i == self._current and self.hasFocus():
                painter.setPen(QPen(palette.color(QPalette.ColorRole.Highlight), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(0.5, self.PAD + i * line, self.width() - 1.5, line), 2, 2)
        painter.end()

    def _paint_line(self, painter: QPainter, bar: Bar, box: QRectF, left: float, right: float, text: QColor) -> None:
        ink = QColor(text)
        ink.setAlphaF(1.0 if bar.strong else 0.75)
        font = self.font()
        font.setBold(bar.strong and bar.mark is not None)
        painter.setFont(font)
        painter.setPen(ink)
        name = QFontMetrics(font).elidedText(bar.name, Qt.TextElideMode.ElideRight, int(left - 10))
        painter.drawText(QRectF(2, box.top(), left - 8, box.height()), int(Qt.AlignmentFlag.AlignVCenter), name)
        painter.drawText(
            QRectF(right + 4, box.top(), self.width() - right - 6, box.height()),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), bar.figure,
        )  # fmt: skip
        fill = QColor(bar.colour)
        fill.setAlphaF(1.0 if bar.strong else 0.45)
        edge = QColor(text)
        edge.setAlphaF(0.55 if bar.strong else 0.3)
        length = max(0.0, min(bar.value, 1.0)) * (right - left)
        if length > 0:
            painter.setPen(QPen(edge, 1))
            painter.setBrush(QBrush(fill))
            painter.drawRoundedRect(QRectF(left + 0.5, box.top() + 3, max(length, 1.5), box.height() - 6), 1.5, 1.5)
        if bar.mark is not None and bar.mark < 1:
            x = left + bar.mark * (right - left)
            halo = QColor("#202020" if text.lightness() > 128 else "#ffffff")
            for colour, width in ((halo, 4.0), (text, 1.6)):  # seen on any bar
                painter.setPen(QPen(colour, width))
                painter.drawLine(QPointF(x, box.top() + 1), QPointF(x, box.bottom() - 1))
