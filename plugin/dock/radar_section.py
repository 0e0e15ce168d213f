"""Sentinel-1: what lies beside a scene of Sentinel-2, in which unit it is stored, and what was found of it."""

from __future__ import annotations

from typing import Any, List, Mapping, Optional, Sequence

from qgis.PyQt.QtCore import QDate, QLocale, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...ben_core.job import S1_UNITS
from ..i18n import tr
from .looks import BAD, MUTED, Words, escape
from .source_picker import SourcePicker
from .sources import Source

_SHOWN = 3  # passes that are told one by one
_RASTERS = "(*.tif *.tiff *.img *.vrt *.json *.geojson)"


class RadarSection(QWidget):
    """The row of the product, shown where it can be of use, and that of its unit, shown where there is one.

    ``changed`` when another product or unit is meant; ``opened`` carries paths that were picked.
    """

    changed = pyqtSignal()
    opened = pyqtSignal(list)

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.picker = SourcePicker("radar", tr("Sentinel-1 beside it"), tr("none"), optional=True)
        self.picker.combo.setMinimumContentsLength(5)  # the row has a label, and the panel may be 320 px wide
        self.picker.combo.setToolTip(
            tr(
                "Terrain-corrected VV and VH of the same place, for models that read both sensors: layers of this "
                "project, or products that you pick or drop here. Of several passes the nearest in time comes first."
            )
        )
        self.picker.open_button.setAccessibleName(tr("Open Sentinel-1 from disk"))
        self.picker.open_button.setToolTip(tr("Open Sentinel-1 that is not loaded: a folder, or files"))
        self.picker.add_folder(tr("Folder (VV and VH) …"), tr("A Sentinel-1 product: a folder with VV and VH"))
        kinds = tr("Sentinel-1") + " " + _RASTERS
        self.picker.add_files(
            tr("Files (GeoTIFF), one or several …"), tr("Files of Sentinel-1, of one pass or several"), kinds
        )
        self.picker.chosen.connect(self._chosen)
        self.picker.opened.connect(self.opened)
        label = QLabel(tr("Sentinel-1"))
        label.setBuddy(self.picker.combo)
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label)
        row.addWidget(self.picker, 1)
        self.unit = QComboBox()
        self.unit.setObjectName("radarUnit")
        self.unit.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.unit.setMinimumContentsLength(5)
        self.unit.setAccessibleName(tr("Sentinel-1 is stored as"))
        self.unit.setToolTip(
            tr(
                "What the numbers of Sentinel-1 are. It is found by names, tags and values; say it where the panel "
                "tells that nothing tells."
            )
        )
        words = {"db": tr("decibels (dB)"), "power": tr("power (linear)"), "amplitude": tr("amplitude")}
        self.unit.addItem(tr("found by itself"), "")
        for unit in S1_UNITS:
            self.unit.addItem(words[unit], unit)
        self.unit.currentIndexChanged.connect(lambda _: self.changed.emit())
        unit_label = QLabel(tr("Stored as"))
        unit_label.setBuddy(self.unit)
        self._unit_row = QWidget()
        unit_row = QHBoxLayout(self._unit_row)
        unit_row.setContentsMargins(0, 0, 0, 0)
        unit_row.addWidget(unit_label)
        unit_row.addWidget(self.unit, 1)
        self.passes = Words("passes")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self._row, self._unit_row, self.passes):
            layout.addWidget(widget)
        self._declined = False  # a person chose "none"
        self._beside = self._needed = False
        self._passes: Optional[Sequence[Mapping[str, Any]]] = None
        self._unit_row.hide()

    # -- what is chosen -----------------------------------------------------------------------------

    @property
    def source(self) -> Optional[Source]:
        """What lies beside the scene; None where nothing does, or nothing may."""
        return self.picker.source if self._beside else None

    @property
    def asked_unit(self) -> Optional[str]:
        """The job's ``s1_unit``."""
        return (self.unit.currentData() or None) if self._unit_row.isVisibleTo(self) else None

    def fill(self, sources: Sequence[Source]) -> None:
        self.picker.fill([s for s in sources if s.radar])
        self._choose_needed()

    def choose(self, source: Source) -> None:
        self._declined = False
        self.picker.choose(source)

    def arrange(self, beside: bool, needed: bool, is_scene: bool) -> None:
        """``beside``: it may lie beside the scene, ``needed``: the model wants it, ``is_scene``: it is the scene."""
        self._beside, self._needed = beside, needed
        self._row.setVisible(beside)
        self._choose_needed()
        self._unit_row.setVisible(is_scene or self.source is not None)
        self._say()
        self.setVisible(beside or is_scene)

    def _chosen(self) -> None:
        self._declined = self.picker.source is None
        self.changed.emit()

    def _choose_needed(self) -> None:
        """A model that wants Sentinel-1 gets what the project has of it, unless a person said "none"."""
        if self._beside and self._needed and not self._declined and self.picker.source is None:
            usable = [s for s in self.picker.sources() if not s.refusal]
            if usable:
                self.picker.choose(usable[-1])  # all that is loaded, where there are several

    # -- what was found -----------------------------------------------------------------------------

    def show_passes(self, passes: Optional[Sequence[Mapping[str, Any]]]) -> None:
        """``passes`` as ``ben info`` tells them; None where nothing is known yet."""
        self._passes = passes
        self._say()

    def _say(self) -> None:
        passes = self._passes or ()
        if self._passes is not None and not passes and self._needed:
            self.passes.say(
                tr("This model reads Sentinel-1, too: choose VV and VH of the same place, or another model."), BAD
            )
            return
        lines = [pass_words(p) for p in passes[:_SHOWN]]
        if len(passes) > _SHOWN:
            lines.append(tr("and {n} more").format(n=len(passes) - _SHOWN))
        self.passes.say("<br>".join(escape(line) for line in lines), MUTED if lines else "")
        self.passes.setToolTip("\n".join(f"{p['name']}: {p['radiometry']}" for p in passes))


def pass_words(found: Mapping[str, Any]) -> str:
    """One pass: satellite, date, distance in time."""
    facts: List[str] = [str(found["platform"] or "Sentinel-1"), day_words(found["acquired"])]
    if found["days"] is not None:
        days = round(found["days"])
        one = {0: tr("the same day"), 1: tr("a day after Sentinel-2"), -1: tr("a day before Sentinel-2")}
        after = tr("{n} days after Sentinel-2") if days > 0 else tr("{n} days before Sentinel-2")
        facts.append(one.get(days, after.format(n=abs(days))))
    return " · ".join(facts)


def day_words(time: Optional[str]) -> str:
    """The day of an ISO 8601 time as people write it."""
    day = QDate.fromString(str(time or "")[:10], Qt.DateFormat.ISODate)
    return QLocale().toString(day, "d MMM yyyy") if day.isValid() else tr("date unknown")
