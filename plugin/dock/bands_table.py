"""Which band of the scene is which, as a table: found by name, to be corrected, what is missing in red."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Mapping, Sequence, Tuple, Union

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QBrush
from qgis.PyQt.QtWidgets import QAbstractItemView, QComboBox, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ...ben_core.nomenclature import BANDS
from ..i18n import tr
from .looks import BAD, WARN, tint
from .sources import Choice, Source

Where = Union[int, str]
Choices = Tuple[Choice, ...]
OPTICAL, RADAR = "sentinel-2", "sentinel-1"


class BandsTable(QTableWidget):
    """A row a band that the model takes; ``edited`` when a person assigned one."""

    edited = pyqtSignal()

    def __init__(self, parent: "QWidget | None" = None) -> None:
        super().__init__(0, 2, parent)
        self.setObjectName("bands")
        self.setAccessibleName(tr("Bands"))
        self.setToolTip(tr("Which band of the scene the model reads as what; missing bands are red."))
        self.setHorizontalHeaderLabels([tr("Band"), tr("Read from")])
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._choices: Dict[str, Choices] = {}  # by sensor
        self._chosen: Dict[str, Where] = {}
        self._found: Dict[str, Where] = {}

    def set_choices(self, scene: "Source | None", radar: "Source | None") -> None:
        """Another scene, or other Sentinel-1 beside it: what was assigned by hand to what is gone is over."""
        own = scene.choices if scene is not None else ()
        alone = scene is not None and scene.radar
        choices = {
            OPTICAL: () if alone else own,
            # A file of many bands may hold both sensors.
            RADAR: own if alone else radar.choices if radar is not None else own if _numbered(own) else (),
        }
        kept = {name: where for name, where in self._chosen.items() if choices[_sensor(name)] == self._from(name)}
        self._choices, self._chosen, self._found = choices, kept, {}
        self.setRowCount(0)

    @property
    def assignable(self) -> bool:
        return any(self._choices.values())

    def chosen(self) -> Dict[str, Where]:
        """The job's ``bands``: {} where all were found by name.

        A file with many bands is read by numbers alone, so one correction names all of them.
        """
        files = {self._from(name) for name in self._chosen if _numbered(self._from(name))}
        return {**{name: where for name, where in self._found.items() if self._from(name) in files}, **self._chosen}

    def _from(self, name: str) -> "Choices":
        """What a band may be read from."""
        return self._choices.get(_sensor(name), ())

    def show_bands(self, wanted: Sequence[Mapping[str, Any]], scene: Mapping[str, Any], filled: Sequence[str]) -> None:
        """``wanted``: the model's bands; ``scene``: what was found (both as ``ben info`` tells them)."""
        if not self._chosen:
            self._found = {name: self._where(name, b) for name, b in scene.items() if self._from(name)}
        self.setRowCount(len(wanted))
        for row, band in enumerate(wanted):
            name = str(band["name"])
            item = QTableWidgetItem(_title(name))
            item.setToolTip(_title(name))
            self.setItem(row, 0, item)
            there = name in scene
            if not there:
                item.setForeground(QBrush(tint(self, WARN if name in filled else BAD)))
            if self._from(name):
                self.removeCellWidget(row, 1)
                self.setItem(row, 1, None)
                self.setCellWidget(row, 1, self._combo(name, there, name in filled))
            else:
                self.removeCellWidget(row, 1)
                self.setItem(row, 1, self._words(band, scene.get(name), name in filled))
        self._fit()

    def _combo(self, name: str, there: bool, filled: bool) -> QComboBox:
        combo = QComboBox()
        combo.setObjectName("band" + name)
        combo.setAccessibleName(tr("Read {band} from").format(band=name))
        combo.setToolTip(tr("Choose which band of the scene is {band}.").format(band=name))
        combo.setFrame(False)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(8)
        if not there:
            combo.addItem(tr("a constant stands for it") if filled else tr("missing: choose …"), None)
            combo.setStyleSheet(f"QComboBox {{ color: {tint(self, WARN if filled else BAD).name()}; }}")
        for choice in self._from(name):
            combo.addItem(choice.text, choice.value)
        where = self._chosen.get(name, self._found.get(name))
        if where is not None:
            combo.setCurrentIndex(max(combo.findData(where), 0))
        combo.activated.connect(lambda _, n=name, c=combo: self._assign(n, c.currentData()))
        return combo

    def _assign(self, name: str, where: "Where | None") -> None:
        if where is None or self._chosen.get(name, self._found.get(name)) == where:
            return
        self._chosen[name] = where
        self.edited.emit()

    def _words(self, band: Mapping[str, Any], found: "Mapping[str, Any] | None", filled: bool) -> QTableWidgetItem:
        if found is not None:
            item = QTableWidgetItem(tr("found, {n} m").format(n=found["resolution"]))
            item.setToolTip(str(found["path"]))
            return item
        text = tr("a constant stands for it") if filled else tr("missing")
        if band["sensor"] == RADAR and not filled:
            text = tr("missing: Sentinel-1")
        item = QTableWidgetItem(text)
        item.setForeground(QBrush(tint(self, WARN if filled else BAD)))
        return item

    def _where(self, name: str, band: Mapping[str, Any]) -> Where:
        return int(band["index"]) if _numbered(self._from(name)) else Path(str(band["path"])).name

    def _fit(self) -> None:
        """As tall as its rows: the panel scrolls, not the table in it."""
        rows = sum(self.rowHeight(i) for i in range(self.rowCount()))
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth() + 1)


def _sensor(name: str) -> str:
    return BANDS[name].sensor


def _numbered(choices: Choices) -> bool:
    """Whether bands are told by their numbers in one file."""
    return any(isinstance(c.value, int) for c in choices)


def _title(name: str) -> str:
    words = {
        "B02": tr("blue"),
        "B03": tr("green"),
        "B04": tr("red"),
        "B08": tr("near infrared"),
        "B8A": tr("narrow near infrared"),
        "B11": tr("short-wave infrared 1"),
        "B12": tr("short-wave infrared 2"),
        "VV": tr("radar"),
        "VH": tr("radar, crossed"),
    }
    if name in words:
        return f"{name} {words[name]}"
    wavelength = BANDS[name].wavelength
    return f"{name} {wavelength:.0f} nm" if wavelength else name
