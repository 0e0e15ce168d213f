"""Which scene: a layer of the project, or a product picked or dropped; what the engine found in it."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from qgis.core import QgsProject
from qgis.gui import QgsCollapsibleGroupBoxBasic
from qgis.PyQt.QtCore import QDate, QLocale, QSignalBlocker, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from ..i18n import tr
from .bands_table import BandsTable
from .looks import BAD, MUTED, WARN, Words, escape, muted, theme_icon, wrap
from .sources import Source, source_of_paths, sources_of
from .words import in_panel_words


class SceneSection(QWidget):
    """``changed`` when another scene or another band is meant."""

    changed = pyqtSignal()

    def __init__(self, project: QgsProject, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._project = project
        self._picked: List[Source] = []
        self.combo = QComboBox()
        self.combo.setObjectName("scene")
        self.combo.setAccessibleName(tr("Scene"))
        self.combo.setToolTip(
            tr(
                "The scene to map: a raster layer of this project, or a Sentinel-2 product (SAFE folder or zip, band "
                "files) that you pick or drop here. Single-band layers of one folder are one scene."
            )
        )
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.activated.connect(self._choose)
        self.open_button = QToolButton()
        self.open_button.setObjectName("openScene")
        self.open_button.setIcon(theme_icon("/mActionFileOpen.svg"))
        self.open_button.setAccessibleName(tr("Open a scene from disk"))
        self.open_button.setToolTip(tr("Open a product that is not loaded: a zip, files, or a folder"))
        self.open_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.open_button)
        menu.addAction(tr("Folder (SAFE, or band files) …"), self._pick_folder)
        menu.addAction(tr("Files (zip, GeoTIFF, JP2) …"), self._pick_files)
        self.open_button.setMenu(menu)
        self.drop_hint = QLabel(
            tr("Drop a Sentinel-2 product here: a SAFE folder, a zip, a GeoTIFF or band files.")
            + "<br>"
            + tr("Or add its bands to the project as raster layers.")
        )
        self.drop_hint.setObjectName("dropHint")
        self.drop_hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.drop_hint.setMargin(12)
        wrap(self.drop_hint)
        self.drop_hint.setStyleSheet(
            f"#dropHint {{ border: 1px dashed {muted(self).name()}; border-radius: 4px; color: {muted(self).name()}; }}"
        )
        self.facts = Words("sceneFacts")
        self.radiometry = Words("radiometry")
        self.notes = Words("sceneNotes")
        self.bands = BandsTable()
        self.bands.edited.connect(self.changed)
        self.bands_box = QgsCollapsibleGroupBoxBasic(tr("Bands"))
        self.bands_box.setObjectName("bandsBox")
        self.bands_box.setAccessibleName(tr("Bands"))
        inside = QVBoxLayout(self.bands_box)
        inside.setContentsMargins(0, 2, 0, 2)
        inside.addWidget(self.bands)
        self.bands_box.setCollapsed(True)
        self.bands_box.hide()
        row = QHBoxLayout()
        row.setSpacing(3)
        row.addWidget(self.combo, 1)
        row.addWidget(self.open_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        for widget in (self.drop_hint, self.facts, self.radiometry, self.notes, self.bands_box):
            layout.addWidget(widget)
        self._last: Optional[Source] = None
        self._whole = True  # no band is missing
        for signal in (project.layersAdded, project.layersRemoved, project.readProject):
            signal.connect(self.refresh)
        self.refresh()

    def disconnect_project(self) -> None:
        for signal in (self._project.layersAdded, self._project.layersRemoved, self._project.readProject):
            signal.disconnect(self.refresh)

    # -- what is chosen -----------------------------------------------------------------------------

    @property
    def source(self) -> Optional[Source]:
        found = self.combo.currentData()
        return found if isinstance(found, Source) else None

    def values(self) -> Dict[str, Any]:
        """The job's ``scene`` and ``bands``; ``scene`` is () where there is none."""
        source = self.source
        return {"scene": source.paths if source else (), "bands": self.bands.chosen()}

    def open_paths(self, paths: Sequence[str]) -> None:
        """Take what a person picked or dropped as the scene."""
        source = source_of_paths(paths)
        self._picked = [source] + [s for s in self._picked if s != source]
        self.refresh()
        self.combo.setCurrentIndex(self.combo.findText(source.title))
        self._choose()

    def prefer_layer(self, layer_id: str) -> None:
        """Choose the source that this layer belongs to, where there is one."""
        for i in range(self.combo.count()):
            source = self.combo.itemData(i)
            if isinstance(source, Source) and layer_id in source.layers:
                self.combo.setCurrentIndex(i)
                self._choose()

    def refresh(self, *_: object) -> None:
        """The project's layers changed: list them again; what is chosen stays where it is still there."""
        sources = self._picked + sources_of(self._project)
        before = self.source
        with QSignalBlocker(self.combo):
            self.combo.clear()
            for s in sources:
                image = "/mIconRaster.svg" if s.layers else "/mIconFolder.svg"
                self.combo.addItem(theme_icon("/mIconWarning.svg" if s.refusal else image), s.title, s)
                index = self.combo.count() - 1
                self.combo.setItemData(index, s.refusal or "\n".join(s.paths), Qt.ItemDataRole.ToolTipRole)
            if not sources:
                self.combo.addItem(tr("No scene yet"))
            self.drop_hint.setVisible(not sources)
            usable = next((i for i, s in enumerate(sources) if not s.refusal), 0)
            # A folder's layers are loaded one by one: the scene grows, and is the same one.
            same = [i for i, s in enumerate(sources) if before and (s == before or set(s.layers) & set(before.layers))]
            self.combo.setCurrentIndex(same[0] if same else usable)
        if self.source != before:
            self._choose()

    def _choose(self, *_: object) -> None:
        source = self.source
        if source == self._last:
            return
        self._last = source
        self.bands.reset(source.choices if source else ())
        self.clear()
        if source is not None and source.refusal:
            self.facts.say(source.refusal, BAD)
        self.changed.emit()

    def _pick_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, tr("A Sentinel-2 product, or a folder of band files"))
        if path:
            self.open_paths([path])

    def _pick_files(self) -> None:
        kinds = tr("Scenes") + " (*.zip *.tif *.tiff *.jp2 *.vrt *.img MTD_MSI*.xml)"
        paths, _ = QFileDialog.getOpenFileNames(self, tr("A Sentinel-2 product, a raster, or band files"), "", kinds)
        if paths:
            self.open_paths(paths)

    # -- what was found -----------------------------------------------------------------------------

    def clear(self) -> None:
        for words in (self.facts, self.radiometry, self.notes):
            words.say("")
        self.bands_box.hide()

    def show_facts(self, facts: Mapping[str, Any], notes: Sequence[str]) -> None:
        """What ``ben info`` tells of scene and model."""
        scene = facts["scene"]
        self.facts.say("<br>".join(escape(line) for line in _scene_lines(scene)))
        self.radiometry.say(tr("Radiometry: {words}").format(words=escape(scene["radiometry"])), MUTED)
        self.notes.say("<br>".join("⚠ " + escape(in_panel_words(n)) for n in notes), WARN)
        if "model" in facts:
            self.show_bands(facts["model"]["bands"], scene["bands"], facts.get("fit", {}))

    def show_problem(self, message: str, hint: str, wanted: Sequence[Mapping[str, Any]]) -> None:
        """The scene cannot be opened as it is; bands can be assigned where that may help."""
        self.clear()
        self.facts.say("<br>".join(escape(in_panel_words(t)) for t in (message, hint) if t), BAD)
        if wanted and self.source is not None and self.source.choices:
            self.show_bands(wanted, {}, {})

    def show_bands(self, wanted: Sequence[Mapping[str, Any]], found: Mapping[str, Any], fit: Mapping[str, Any]) -> None:
        filled = fit.get("filled", [])
        self.bands.show_bands(wanted, found, filled)
        n = sum(1 for b in wanted if b["name"] in found)
        self.bands_box.setTitle(tr("Bands: {n} of {all} found").format(n=n, all=len(wanted)))
        self.bands_box.show()
        whole = n == len(wanted)
        if whole != self._whole:  # unfolds where something is missing, folds when it is found
            self.bands_box.setCollapsed(whole)
        self._whole = whole


def _scene_lines(scene: Mapping[str, Any]) -> List[str]:
    day = QDate.fromString(str(scene["acquired"] or "")[:10], Qt.DateFormat.ISODate)
    date = QLocale().toString(day, "d MMM yyyy") if day.isValid() else tr("date unknown")
    who = scene["platform"] or {"sentinel-2": "Sentinel-2"}.get(scene["sensor"], scene["sensor"])
    level = scene["level"] if scene["level"] != "unknown" else ""
    size = f"{scene['width'] / 100:.1f} × {scene['height'] / 100:.1f} km"
    baseline = tr("baseline {number}").format(number=scene["baseline"]) if scene["baseline"] else ""
    first = [who, level, baseline, date]
    second = [size, scene["crs"], scene["mask"] or tr("no cloud layer")]
    return [" · ".join(p for p in parts if p) for parts in (first, second)]
