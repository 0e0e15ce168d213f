"""Colours and small widgets that follow the theme, light or dark."""

from __future__ import annotations

from typing import Callable, Tuple

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QFrame,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr

GOOD, WARN, BAD, MUTED = "good", "warn", "bad", "muted"
_CONTROLS = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QLineEdit)
# (on light, on dark): contrast of at least 4.5 on white and on #323232 or #1e1e1e
_TINTS = {GOOD: ("#1a7f37", "#56d364"), WARN: ("#8a5a00", "#e3b341"), BAD: ("#c0202c", "#ff8a84")}
_ICONS = {GOOD: "/mIconSuccess.svg", WARN: "/mIconWarning.svg", BAD: "/mIconCritical.svg", "": "/mIconInfo.svg"}


def is_dark(widget: QWidget) -> bool:
    """By the colour of text: QGIS's dark themes are style sheets, which colour labels and leave palettes light."""
    label = QLabel(widget)
    label.ensurePolished()
    light_text = label.palette().color(QPalette.ColorRole.WindowText).lightness() > 128
    label.deleteLater()
    return light_text


def tint(widget: QWidget, kind: str) -> QColor:
    return QColor(_TINTS[kind][is_dark(widget)])


def theme_icon(name: str) -> QIcon:
    """An icon of QGIS itself, so that it fits the user's theme."""
    return QgsApplication.getThemeIcon(name)


def tool_button(name: str, image: str, text: str) -> QToolButton:
    """A small button with a theme icon; ``text`` is its tooltip and what a screen reader says."""
    button = QToolButton()
    button.setObjectName(name)
    button.setIcon(theme_icon(image))
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolTip(text)
    return button


def name_parts(root: QWidget) -> None:
    """Name what QGIS's own composite widgets are made of (the button of a file field, the fold of a group) after them:
    screen readers read the part that has the focus. Tooltips need no such help: Qt shows the whole's."""
    for part in root.findChildren(QWidget):
        if (
            part.accessibleName()
            or not isinstance(part, _CONTROLS)
            or (isinstance(part, QAbstractButton) and part.text())
        ):
            continue
        whole = part.parentWidget()
        while whole is not None and whole is not root and not (whole.accessibleName() or isinstance(whole, QGroupBox)):
            whole = whole.parentWidget()
        if whole is not None and whole is not root:
            part.setAccessibleName(whole.accessibleName() or whole.title())


def swatch(colour: str, size: int = 14) -> QIcon:
    """A legend's square."""
    picture = QPixmap(size, size)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QPen(QColor(120, 120, 120)))
    painter.setBrush(QColor(colour))
    painter.drawRect(1, 1, size - 3, size - 3)
    painter.end()
    return QIcon(picture)


class Words(QLabel):
    """A line of small print that wraps, selectable; ``say`` gives it text and a colour."""

    def __init__(self, name: str, parent: "QWidget | None" = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        wrap(self)
        small = self.font()
        small.setPointSizeF(small.pointSizeF() * 0.92)
        self.setFont(small)
        self.setContentsMargins(1, 0, 0, 0)
        self.hide()

    def say(self, text: str, kind: str = "") -> None:
        self.setText(text)
        colour = muted(self) if kind == MUTED else tint(self, kind) if kind else None
        self.setStyleSheet(f"color: {colour.name()};" if colour else "")
        self.setVisible(bool(text))


class Notice(QFrame):
    """A message that stays until it is answered: icon, text that wraps, buttons below."""

    def __init__(self, parent: "QWidget | None" = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.icon = QLabel()
        self.text = QLabel()
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        wrap(self.text)
        self.close_button = QToolButton()
        self.close_button.setAutoRaise(True)
        self.close_button.setIcon(theme_icon("/mIconClose.svg"))
        self.close_button.setToolTip(tr("Close this message"))
        self.close_button.setAccessibleName(tr("Close this message"))
        self.close_button.clicked.connect(self.hide)
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(4)
        top = QHBoxLayout()
        for widget, stretch in ((self.icon, 0), (self.text, 1), (self.close_button, 0)):
            top.addWidget(widget, stretch, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(self.buttons)
        self.kind = ""
        self.hide()

    def show_message(self, kind: str, title: str, text: str, *actions: Tuple[str, Callable[[], None], str]) -> None:
        """``actions``: (label, what it does, tooltip)."""
        self.kind = kind
        colour = tint(self, kind) if kind else self.palette().color(QPalette.ColorRole.Highlight)
        self.setStyleSheet(
            f"#notice {{ border: 1px solid {colour.name()}; border-left: 4px solid {colour.name()}; border-radius: 3px; }}"
        )
        self.icon.setPixmap(theme_icon(_ICONS[kind]).pixmap(16, 16))
        head = f"<b>{breakable(title)}</b>" if title else ""
        self.text.setText("<br>".join(part for part in (head, breakable(text)) if part))
        self.setAccessibleName(f"{title} {text}".strip())
        while self.buttons.count():
            item = self.buttons.takeAt(0)
            if item.widget() is not None:
                item.widget().deleteLater()
        for label, do, tip in actions:
            button = QToolButton()
            button.setText(label)
            button.setToolTip(tip)
            button.setAccessibleName(label)
            button.setObjectName("notice" + label.split()[0])
            button.clicked.connect(lambda _=False, do=do: do())
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        self.show()


def wrap(label: QLabel) -> None:
    """Lines break at whatever width there is, and the label is as tall as they need."""
    label.setWordWrap(True)
    policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)


def muted(widget: QWidget) -> QColor:
    """Text that steps back, and can still be read."""
    palette = widget.window().palette()  # not its own: that may be muted already
    text, ground = palette.color(QPalette.ColorRole.WindowText), palette.color(QPalette.ColorRole.Window)
    parts = [round(0.72 * t + 0.28 * g) for t, g in zip(text.getRgb()[:3], ground.getRgb()[:3])]
    return QColor(*parts)


def breakable(text: str) -> str:
    """``text`` for rich text; long names of products may break at their underscores."""
    return escape(text).replace("_", "_\u200b")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
