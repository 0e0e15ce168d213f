"""What a person without a mouse, or without eyes, needs of every control: a name, and words on what it does."""

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTabBar,
    QWidget,
)

_CONTROLS = (
    QAbstractButton, QAbstractItemView, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QProgressBar,
)  # fmt: skip


def _named(widget, root):
    """The widget and what it is part of, up to ``root``."""
    while widget is not None and widget is not root:
        yield widget
        widget = widget.parentWidget()


def shortcomings(root: QWidget):
    """Controls under ``root`` without a tooltip (their own, or the one of the whole that they are part of), without a
    name, or out of reach of the Tab key."""
    for control in root.findChildren(QWidget):
        if not isinstance(control, _CONTROLS) or isinstance(control, QScrollBar) or _is_inside(control):
            continue
        what = f"{type(control).__name__} {control.objectName()!r} in {type(control.parentWidget()).__name__}"
        if not any(w.toolTip() for w in _named(control, root)):
            yield f"{what}: no tooltip"
        if not control.accessibleName() and not (isinstance(control, QAbstractButton) and control.text()):
            yield f"{what}: no name"
        if isinstance(control, (QComboBox, QAbstractSlider)) and not control.focusPolicy() & Qt.FocusPolicy.TabFocus:
            yield f"{what}: not reached by the Tab key"


def _is_inside(control):
    """Parts that Qt makes and names by itself: lists of combo boxes, buttons in fields and at the ends of tabs."""
    wholes = list(_named(control.parentWidget(), None))
    if any(isinstance(w, (QComboBox, QAbstractSpinBox, QLineEdit, QTabBar)) for w in wholes):
        return True
    return isinstance(control.parentWidget(), QAbstractItemView) or control.objectName().startswith("qt_")
