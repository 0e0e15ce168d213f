"""One patch, explained: picture, labels, how much of it was seen, and the probability of every class."""

from __future__ import annotations

from typing import List, Optional

from qgis.PyQt.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QImage, QPainter, QPalette, QPen
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..dock.looks import escape, swatch
from ..dock.words import status_words
from ..i18n import tr
from .bars import Bar, BarChart
from .patch import Answer, Patch

_UNUSUAL = 0.99  # as in the report
# Arrow, step in rows and columns, tooltip: see PatchView.
_STEPS = ((Qt.ArrowType.LeftArrow, 0, -1), (Qt.ArrowType.UpArrow, -1, 0), (Qt.ArrowType.DownArrow, 1, 0), (Qt.ArrowType.RightArrow, 0, 1))  # fmt: skip


class Picture(QWidget):
    """A square picture with the cell's outline in it."""

    SIDE = 132

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._image: Optional[QImage] = None
        self._cell: Optional[QRectF] = None
        self._words = ""
        self.setFixedSize(self.SIDE, self.SIDE)

    def show_image(self, image: Optional[QImage], cell: Optional[QRectF], words: str) -> None:
        """``cell``: the cell's outline in parts (0 to 1) of the picture, None where cell and patch are the same."""
        self._image, self._cell, self._words = image, cell, words
        self.setAccessibleName(tr("Picture of the patch"))
        self.setToolTip(words)
        self.update()

    def paintEvent(self, event) -> None:  # noqa: N802  (a name of Qt)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(0.5, 0.5, self.width() - 1, self.height() - 1)
        if self._image is not None:
            painter.drawImage(frame, self._image)
            if self._cell is not None:
                box = QRectF(
                    frame.left() + self._cell.left() * frame.width(), frame.top() + self._cell.top() * frame.height(),
                    self._cell.width() * frame.width(), self._cell.height() * frame.height(),
                )  # fmt: skip
                for colour, width in ((QColor(0, 0, 0, 160), 3.0), (QColor(255, 255, 255), 1.2)):
                    painter.setPen(QPen(colour, width))
                    painter.drawRect(box)
        else:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(frame.adjusted(8, 8, -8, -8), int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._words)  # fmt: skip
        painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
        painter.drawRect(frame)
        painter.end()


class PatchView(QWidget):
    """``step`` carries (rows, columns) to the neighbour that is wanted."""

    step = pyqtSignal(int, int)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.picture = Picture()
        self.labels = QLabel()
        self.facts = QLabel()
        for label in (self.title, self.labels, self.facts):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.labels.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.chart = BarChart(tr("Probability of every class"))
        self.chart.setObjectName("probabilities")
        self.legend = QLabel(tr("bar: probability · tick: threshold · bold: label"))
        self.legend.setWordWrap(True)

        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        words = (
            tr("The patch in the west"), tr("The patch in the north"), tr("The patch in the south"),
            tr("The patch in the east"),
        )  # fmt: skip
        self.arrows: List[QToolButton] = []
        for (arrow, rows, cols), tip in zip(_STEPS, words):
            button = QToolButton()
            button.setArrowType(arrow)
            button.setAutoRaise(True)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _=False, r=rows, c=cols: self.step.emit(r, c))
            head.addWidget(button)
            self.arrows.append(button)
        body = QHBoxLayout()
        body.setSpacing(8)
        body.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignTop)
        body.addWidget(self.labels, 1, Qt.AlignmentFlag.AlignTop)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(body)
        column.addWidget(self.facts)
        column.addWidget(self.chart)
        column.addWidget(self.legend)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inner)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.patch: Optional[Patch] = None
        self.show_patch(None, None)

    def sizeHint(self) -> QSize:  # noqa: N802  (a name of Qt)
        return QSize(380, 620)

    def show_patch(self, patch: Optional[Patch], image: Optional[QImage], why: str = "") -> None:
        """``image``: its picture; where there is none, ``why`` says why."""
        self.patch = patch
        for button in self.arrows:
            button.setEnabled(patch is not None)
        for widget in (self.picture, self.labels, self.facts, self.chart, self.legend):
            widget.setVisible(patch is not None)
        if patch is None:
            self.title.setText(tr("Click a patch of the map."))
            self.chart.show_bars([])
            return
        place = tr("Row {row}, column {col}").format(row=patch.row, col=patch.col)
        index = tr("patch {index} of BigEarthNet").format(index=patch.ben_index) if patch.ben_index else ""
        self.title.setText(f"<b>{place}</b>" + (f"<br>{index}" if index else ""))
        self.picture.show_image(image, _inside(patch), why)
        self.labels.setText(_label_words(patch))
        self.facts.setText(" · ".join(_facts(patch)))
        self.facts.setToolTip(_unusual_words(patch))
        self.chart.show_bars([_bar(a) for a in patch.answers])
        for widget in (self.chart, self.legend):
            widget.setVisible(bool(patch.answers))


def _bar(answer: Answer) -> Bar:
    row, percent = answer.row, f"{answer.p:.0%}"
    if not row.trained:
        said = tr("{name}: {p}; the model was not trained for it, so it is never a label")
    elif answer.label:
        said = tr("{name}: {p}, a label (from {t:.0%} on)")
    else:
        said = tr("{name}: {p}, no label (from {t:.0%} on)")
    words = said.format(name=row.name, p=percent, t=row.threshold)
    if not row.trained:
        return Bar(row.name, 0.0, "–", row.colour, 1.0, False, words)
    return Bar(row.name, answer.p, percent, row.colour, row.threshold, answer.label, words)


def _label_words(patch: Patch) -> str:
    if patch.status != "mapped":
        return tr("<b>Not mapped</b><br>{why}").format(why=status_words(patch.status))
    if not patch.labels:
        return tr("<b>No label</b><br>No class reaches its threshold.")
    lines = [f"{_swatch(a.row.colour)} {a.row.name}" for a in patch.labels]
    return "<b>" + tr("Present") + "</b><br>" + "<br>".join(lines)


def _swatch(colour: str) -> str:
    """A legend's square as rich text: pale colours need their outline."""
    content = QBuffer()
    content.open(QIODevice.OpenModeFlag.WriteOnly)
    swatch(colour, 12).pixmap(12, 12).save(content, "PNG")
    return f"<img src='data:image/png;base64,{bytes(content.data().toBase64()).decode()}'>"


def _facts(patch: Patch) -> List[str]:
    shares = [(tr("valid pixels"), patch.valid), (tr("cloud"), patch.cloud), (tr("snow"), patch.snow)]
    if patch.valid_s1 is not None and patch.valid_s2 is not None:
        shares[:1] = [(tr("Sentinel-1"), patch.valid_s1), (tr("Sentinel-2"), patch.valid_s2)]
    facts = [f"{name}: {share:.0%}" for name, share in shares if share is not None]
    if patch.cloud is None:
        facts.append(tr("cloud: unknown"))
    if patch.entropy is not None:
        facts.append(tr("uncertainty: {e:.2f}").format(e=patch.entropy))
    if patch.model:
        facts.append(tr("model: {name}").format(name=escape(patch.model)))
    if patch.filled:
        facts.append(tr("the fallback model; the first could not: {why}").format(why=status_words(patch.filled)))
    if patch.unusual:
        share = max(patch.unusual.values())
        text = tr("how unusual: {p:.0%}").format(p=share)
        facts.append(f"<b>{text}</b>" if share >= _UNUSUAL else text)
    return facts


def _unusual_words(patch: Patch) -> str:
    if not patch.unusual:
        return ""
    words = {"energy": tr("by energy (no class speaks up)"), "distance": tr("by distance in the model's features")}
    lines = [tr("How unlike its training data the patch looks to the model; at 99 % and more the answer is a guess:")]
    return "\n".join([*lines, *(f"{p:.0%} {words[name]}" for name, p in patch.unusual.items())])


def _inside(patch: Patch) -> Optional[QRectF]:
    """The cell in parts of the patch; None where they are the same."""
    seen, cell = patch.seen, patch.cell.boundingBox()
    if cell.width() > 0.99 * seen.width() and cell.height() > 0.99 * seen.height():
        return None
    return QRectF(
        (cell.xMinimum() - seen.xMinimum()) / seen.width(), (seen.yMaximum() - cell.yMaximum()) / seen.height(),
        cell.width() / seen.width(), cell.height() / seen.height(),
    )  # fmt: skip
