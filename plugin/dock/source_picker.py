"""A list of sources to choose one from, and a button that opens others: from disk, or by their address."""

from __future__ import annotations

from typing import List, Optional, Sequence

from qgis.PyQt.QtCore import QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QInputDialog, QMenu, QToolButton, QWidget

from ..i18n import tr
from .looks import theme_icon, tool_button
from .sources import Source


class SourcePicker(QWidget):
    """``chosen`` when a person takes another source from the list; ``opened`` carries paths that were picked.

    ``nothing`` says what no choice is called; with ``optional`` it can be chosen.
    """

    chosen = pyqtSignal()
    opened = pyqtSignal(list)

    def __init__(
        self, name: str, title: str, nothing: str, optional: bool = False, parent: Optional[QWidget] = None
    ) -> None:
        super().__init__(parent)
        self._nothing, self._optional = nothing, optional
        self.combo = QComboBox()
        self.combo.setObjectName(name)
        self.combo.setAccessibleName(title)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.activated.connect(lambda _: self.chosen.emit())
        self.open_button = tool_button(f"{name}Open", "/mActionFileOpen.svg", tr("Open …"))
        self.open_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.open_button)
        self.open_button.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.combo, 1)
        row.addWidget(self.open_button)
        self.setFocusProxy(self.combo)

    @property
    def source(self) -> Optional[Source]:
        found = self.combo.currentData()
        return found if isinstance(found, Source) else None

    def fill(self, sources: Sequence[Source]) -> None:
        """List these; what is chosen stays where it is still there, else the first that is usable is chosen.

        One that is refused, such as a basemap, is chosen by people only, and gives way to the first that is usable.
        """
        before = self.source
        usable = [s for s in sources if not s.refusal]
        with QSignalBlocker(self.combo):
            self.combo.clear()
            if self._optional or not usable:
                self.combo.addItem(self._nothing)
            for s in sources:
                image = "/mIconRaster.svg" if s.layers else "/mIconFolder.svg"
                self.combo.addItem(theme_icon("/mIconWarning.svg" if s.refusal else image), s.title, s)
                tip = s.refusal or "\n".join(s.paths)
                self.combo.setItemData(self.combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
            # A folder's layers are loaded one by one: the scene grows, and is the same one.
            same = [s for s in sources if s == before] or [
                s for s in sources if before and set(s.layers) & set(before.layers)
            ]
            if same and not (same[0].refusal and usable):
                self.choose(same[0])
            elif not self._optional:
                self.choose(usable[0] if usable else None)

    def choose(self, source: Optional[Source]) -> None:
        """Take ``source`` (None: nothing); no signal."""
        for i in range(self.combo.count()):
            if self.combo.itemData(i) == source:
                self.combo.setCurrentIndex(i)
                return

    def sources(self) -> List[Source]:
        """All that are listed."""
        found = (self.combo.itemData(i) for i in range(self.combo.count()))
        return [s for s in found if isinstance(s, Source)]

    # -- what the button opens ------------------------------------------------------------------------

    def add_folder(self, words: str, title: str) -> None:
        self.menu.addAction(words, lambda: self._pick_folder(title))

    def add_files(self, words: str, title: str, kinds: str) -> None:
        self.menu.addAction(words, lambda: self._pick_files(title, kinds))

    def add_address(self, words: str, title: str, label: str) -> None:
        self.menu.addAction(words, lambda: self._ask_address(title, label))

    def _pick_folder(self, title: str) -> None:
        path = QFileDialog.getExistingDirectory(self, title)
        if path:
            self.opened.emit([path])

    def _pick_files(self, title: str, kinds: str) -> None:
        paths, _ = QFileDialog.getOpenFileNames(self, title, "", kinds)
        if paths:
            self.opened.emit(paths)

    def _ask_address(self, title: str, label: str) -> None:
        text, fine = QInputDialog.getText(self, title, label)
        if fine and text.strip():
            self.opened.emit([text.strip()])
