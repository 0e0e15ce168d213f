"""Which scene: a layer of the project, or a product picked or dropped; what the engine found in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from qgis.core import QgsProject
from qgis.gui import QgsCollapsibleGroupBoxBasic
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QVBoxLayout, QWidget

from ...ben_core.nomenclature import S1_BANDS
from ..i18n import tr
from ..icons import icon
from .bands_table import BandsTable
from .looks import BAD, MUTED, WARN, Words, breakable, escape, muted, wrap
from .options_section import decimal
from .radar_section import RadarSection, day_words
from .source_picker import SourcePicker
from .sources import Source, is_raw_radar, sources_of, sources_of_paths
from .words import in_panel_words


class SceneSection(QWidget):
    """``changed`` when another scene or another band is meant."""

    changed = pyqtSignal()
    many_wanted = pyqtSignal()

    def __init__(self, project: QgsProject, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._project = project
        self._picked: List[Source] = []
        self.picker = SourcePicker("scene", tr("Scene"), tr("No scene yet"))
        self.combo = self.picker.combo
        self.combo.setToolTip(
            tr(
                "The scene to map: a raster layer of this project, or a Sentinel-2 or Sentinel-1 product (SAFE folder or "
                "zip, band files, STAC item) that you pick or drop here. Single-band layers of one folder are one scene."
            )
        )
        self.picker.open_button.setAccessibleName(tr("Open a scene"))
        self.picker.open_button.setToolTip(tr("Open a scene that is not loaded: from disk, or by its address"))
        self.picker.add_folder(tr("Folder (SAFE, or band files) …"), tr("A product, or a folder of band files"))
        kinds = tr("Scenes") + " (*.zip *.tif *.tiff *.jp2 *.vrt *.img *.json *.geojson MTD_MSI*.xml)"
        self.picker.add_files(
            tr("Files (zip, GeoTIFF, JP2, STAC item) …"), tr("A product, a raster, band files, or a STAC item"), kinds
        )
        self.picker.add_address(
            tr("Address (STAC item, GeoTIFF) …"), tr("A scene on a server"), tr("Address of a STAC item or a GeoTIFF:")
        )
        self.picker.menu.addSeparator()
        self.picker.menu.addAction(icon("many"), tr("Many scenes …"), self.many_wanted.emit)
        self.picker.chosen.connect(self._choose)
        self.picker.opened.connect(self.open_paths)
        self.drop_hint = QLabel(
            tr("Drop a scene here: a SAFE folder, a zip, a GeoTIFF, band files or a STAC item.")
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
        self.radar = RadarSection()
        self.radar.changed.connect(self._radar_changed)
        self.radar.opened.connect(self.open_radar)
        self.facts = Words("sceneFacts")
        self.radiometry = Words("radiometry")
        self.notes = Words("sceneNotes")
        self.bands = BandsTable()
        self.bands.edited.connect(self.changed)
        self.bands_box = QgsCollapsibleGroupBoxBasic(tr("Bands"))
        self.bands_box.setObjectName("bandsBox")
        self.bands_box.setAccessibleName(tr("Bands"))
        self.bands_box.setToolTip(tr("Which band of the scene the model reads as what; missing bands are red."))
        inside = QVBoxLayout(self.bands_box)
        inside.setContentsMargins(0, 2, 0, 2)
        inside.addWidget(self.bands)
        self.bands_box.setCollapsed(True)
        self.bands_box.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (
            self.picker, self.drop_hint, self.facts, self.radar, self.radiometry, self.notes, self.bands_box,
        ):  # fmt: skip
            layout.addWidget(widget)
        self.setFocusProxy(self.combo)
        self._last: Tuple[Optional[Source], Optional[Source]] = (None, None)
        self._found: Dict[str, Any] = {}  # the scene's own bands, as they were found last
        self._reads_radar, self._needs_radar = True, False  # the model that is meant
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
        return self.picker.source

    @property
    def refusal(self) -> str:
        """Why what is chosen cannot be opened, "" where it may."""
        return next((s.refusal for s in (self.source, self.radar.source) if s is not None and s.refusal), "")

    @property
    def has_both(self) -> bool:
        """Whether Sentinel-1 lies beside Sentinel-2."""
        return self.source is not None and not self.source.radar and self.radar.source is not None

    @property
    def is_raw(self) -> bool:
        """Whether Sentinel-1 is as ESA delivers it: in radar geometry, not yet on a map."""
        return any(is_raw_radar(path) for s in (self.source, self.radar.source) if s is not None for path in s.paths)

    def values(self) -> Dict[str, Any]:
        """The job's ``scene``, ``s1``, ``s1_unit`` and ``bands``; () for what there is not."""
        source, beside = self.source, self.radar.source
        paths = source.paths if source else ()
        alone = source is not None and source.radar
        return {
            "scene": () if alone else paths,
            "s1": paths if alone else beside.paths if beside else (),
            "s1_unit": self.radar.asked_unit,
            "bands": self.bands.chosen(),
        }

    def model_reads(self, radar: bool, needs_radar: bool) -> None:
        """What is known of the model: whether Sentinel-1 is of use to it, and whether it cannot do without."""
        self._reads_radar, self._needs_radar = radar, needs_radar
        self._choose()

    def open_paths(self, paths: Sequence[str]) -> None:
        """Take what a person picked or dropped; Sentinel-1 goes beside a scene of Sentinel-2 where it is of use."""
        found = sources_of_paths(paths)
        self._add(found)
        scene = next((s for s in found if not s.radar), None)
        radar = next((s for s in found if s.radar), None)
        if radar is not None and self._reads_radar and (scene or (self.source and not self.source.radar)):
            self.radar.choose(radar)
        else:
            scene = scene or radar
        if scene is not None:
            self.picker.choose(scene)
        self._choose()

    def open_radar(self, paths: Sequence[str]) -> None:
        """Take what was picked as Sentinel-1 beside the scene, whatever its names tell."""
        found = sources_of_paths(paths)
        source = replace(found[0], radar=True)
        if len(found) > 1:
            all_paths = tuple(path for s in found for path in s.paths)
            source = replace(
                source, paths=all_paths, choices=(), refusal=next((s.refusal for s in found if s.refusal), "")
            )
        self._add([source])
        self.radar.choose(source)
        self._choose()

    def prefer_layer(self, layer_id: str) -> None:
        """Choose the source that this layer belongs to; one of Sentinel-1 stays beside a scene of Sentinel-2, and none that
        is refused takes the place of one that is not."""
        found, chosen = next((s for s in self.picker.sources() if layer_id in s.layers), None), self.source
        worse = (
            chosen is not None
            and found is not None
            and ((found.radar and not chosen.radar) or bool(found.refusal and not chosen.refusal))
        )
        if found is not None and not worse:
            self.picker.choose(found)
            self._choose()

    def refresh(self, *_: object) -> None:
        """The project's layers changed: list them again; what is chosen stays where it is still there."""
        sources = self._picked + sources_of(self._project)
        self.picker.fill(sorted(sources, key=lambda s: s.radar))  # Sentinel-1 alone is the rarer wish
        self.radar.fill(sources)
        self._choose()

    def _add(self, sources: Sequence[Source]) -> None:
        self._picked = [*sources, *(s for s in self._picked if s not in sources)]
        self.refresh()

    def _choose(self, *_: object) -> bool:
        """Follow what is chosen now; whether that is another source than before."""
        source = self.source
        self.drop_hint.setVisible(source is None)
        alone = source is not None and source.radar
        beside = source is not None and not source.refusal and not alone and self._reads_radar
        self.radar.arrange(beside, self._needs_radar, alone or bool(set(S1_BANDS) & set(self.bands.chosen())))
        chosen = (source, self.radar.source)
        if chosen == self._last:
            return False
        if source != self._last[0]:
            self._found = {}
        self._last = chosen
        self.bands.set_choices(source, self.radar.source)
        self.clear()
        if self.refusal:
            self.facts.say(self.refusal, BAD)
        self.changed.emit()
        return True

    def _radar_changed(self) -> None:
        if not self._choose():  # its unit
            self.changed.emit()

    # -- what was found -----------------------------------------------------------------------------

    def clear(self) -> None:
        for words in (self.facts, self.radiometry, self.notes):
            words.say("")
        self.radar.show_passes(None)
        self.bands_box.hide()

    def show_facts(self, facts: Mapping[str, Any], notes: Sequence[str]) -> None:
        """What ``ben info`` tells of scene and model."""
        scene = facts["scene"]
        self._found = {name: b for name, b in scene["bands"].items() if name not in S1_BANDS}
        self.facts.say("<br>".join(escape(line) for line in _scene_lines(scene)))
        self.radar.show_passes(scene["passes"])
        self.radiometry.say(tr("Radiometry: {words}").format(words=escape(scene["radiometry"])), MUTED)
        self.notes.say("<br>".join("⚠ " + breakable(in_panel_words(n)) for n in notes), WARN)
        if "model" in facts:
            self.show_bands(facts["model"]["bands"], scene["bands"], facts.get("fit", {}))

    def show_problem(self, message: str, hint: str, wanted: Sequence[Mapping[str, Any]]) -> None:
        """The scene cannot be opened as it is; bands can be assigned where that may help."""
        self.clear()
        self.facts.say("<br>".join(breakable(in_panel_words(t)) for t in (message, hint) if t), BAD)
        if wanted and self.bands.assignable:
            self.show_bands(wanted, self._found, {})

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
    names = {"sentinel-2": "Sentinel-2", "sentinel-1": "Sentinel-1"}
    who = scene["platform"] or names.get(scene["sensor"], scene["sensor"])
    level = scene["level"] if scene["level"] != "unknown" else ""
    size = f"{decimal(scene['width'] / 100)} × {decimal(scene['height'] / 100)} km"
    baseline = tr("baseline {number}").format(number=scene["baseline"]) if scene["baseline"] else ""
    first = [who, level, baseline, day_words(scene["acquired"])]
    # Radar sees through clouds: nobody misses a cloud layer there.
    cloud = scene["mask"] or ("" if scene["sensor"] == "sentinel-1" else tr("no cloud layer"))
    second = [size, scene["crs"], cloud]
    return [" · ".join(p for p in parts if p) for parts in (first, second)]
