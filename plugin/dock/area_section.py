"""Which part of the scene: all of it, what the canvas shows, or polygons of a layer."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsFeature,
    QgsGeometry,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.gui import QgsMapCanvas, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from ...ben_core.errors import DataError, JobError
from ..i18n import tr

WHOLE, CANVAS, LAYER = "whole", "canvas", "layer"


class AreaSection(QWidget):
    """``changed`` when another area is meant."""

    changed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self.combo = QComboBox()
        self.combo.setObjectName("area")
        self.combo.setMinimumContentsLength(6)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setAccessibleName(tr("Area"))
        self.combo.setToolTip(tr("Map all of the scene, or only the cells that touch an area"))
        for text, mode in ((tr("Whole scene"), WHOLE), (tr("What the map shows now"), CANVAS)):
            self.combo.addItem(text, mode)
        self.combo.addItem(tr("Polygons of a layer"), LAYER)
        self.layer_combo = QgsMapLayerComboBox()
        self.layer_combo.setObjectName("areaLayer")
        self.layer_combo.setAccessibleName(tr("Layer of the area"))
        self.layer_combo.setToolTip(tr("The polygons of this layer are the area, in whatever CRS they are"))
        self.layer_combo.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer)
        self.layer_combo.setMinimumContentsLength(6)
        self.layer_combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.selected = QCheckBox(tr("Selected features only"))
        self.selected.setObjectName("areaSelected")
        self.selected.setToolTip(tr("Take only the polygons that are selected in that layer"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.combo, self.layer_combo, self.selected):
            layout.addWidget(widget)
        self.combo.currentIndexChanged.connect(self._update)
        self.layer_combo.layerChanged.connect(self._layer_changed)
        self.selected.toggled.connect(self.changed)
        canvas.extentsChanged.connect(self._on_canvas)
        self._layer: Optional[QgsVectorLayer] = None
        self._layer_changed()
        self._update()

    def disconnect_project(self) -> None:
        self._canvas.extentsChanged.disconnect(self._on_canvas)
        self._watch(None)

    @property
    def mode(self) -> str:
        return str(self.combo.currentData())

    def values(self) -> Dict[str, Any]:
        """The job's ``aoi`` and ``aoi_crs``. Raises JobError or DataError where the area is none."""
        if self.mode == CANVAS:
            return _canvas_area(self._canvas)
        if self.mode == LAYER:
            layer = self.layer_combo.currentLayer()
            if not isinstance(layer, QgsVectorLayer):
                raise JobError(tr("No polygon layer is chosen as the area."), tr("Load one, or map the whole scene."))
            return {"aoi": str(write_area(layer, self.selected.isChecked(), areas_folder()))}
        return {}

    def _update(self) -> None:
        self.layer_combo.setVisible(self.mode == LAYER)
        self.selected.setVisible(self.mode == LAYER)
        self.changed.emit()

    def _layer_changed(self, *_: object) -> None:
        layer, before = self.layer_combo.currentLayer(), self._layer
        self._watch(layer if isinstance(layer, QgsVectorLayer) else None)
        if self._layer is not before and self.mode == LAYER:  # QGIS tells of other layers' coming and going, too
            self.changed.emit()

    def _watch(self, layer: Optional[QgsVectorLayer]) -> None:
        try:
            if self._layer is not None:
                self._layer.selectionChanged.disconnect(self._on_selection)
        except (RuntimeError, TypeError):
            pass  # the layer is gone, and its connections with it
        self._layer = layer
        if layer is not None:
            layer.selectionChanged.connect(self._on_selection)

    def _on_selection(self, *_: object) -> None:
        if self.mode == LAYER and self.selected.isChecked():
            self.changed.emit()

    def _on_canvas(self) -> None:
        if self.mode == CANVAS:
            self.changed.emit()


def areas_folder() -> Path:
    """Areas stay here under a name made of their content: the same area is the same job, which can be resumed."""
    return Path(QgsApplication.qgisSettingsDirPath()) / "bigearthnet_mapper_areas"


def _canvas_area(canvas: QgsMapCanvas) -> Dict[str, Any]:
    if canvas.extent().isEmpty():
        raise JobError(tr("The map shows nothing yet."), tr("Load a layer, or map the whole scene."))
    area = QgsGeometry.fromRect(canvas.extent())
    crs = canvas.mapSettings().destinationCrs()
    if not crs.authid().startswith("EPSG:"):  # a CRS of the user's own: what every engine knows
        known = QgsCoordinateReferenceSystem("EPSG:4326")
        area = area.densifyByCount(20)
        area.transform(QgsCoordinateTransform(crs, known, QgsProject.instance()))
        crs = known
    return {"aoi": area.asWkt(3 if not crs.isGeographic() else 7), "aoi_crs": crs.authid()}


def write_area(layer: QgsVectorLayer, selected: bool, folder: Path) -> Path:
    """Polygons of a layer as a GeoPackage in the layer's own CRS. Raises DataError where there are none."""
    features = layer.getSelectedFeatures() if selected else layer.getFeatures()
    content = hashlib.sha256(layer.crs().toWkt().encode())
    copies = []
    for feature in features:
        if not feature.hasGeometry():
            continue
        copy = QgsFeature()
        copy.setGeometry(feature.geometry())
        copies.append(copy)
        content.update(bytes(feature.geometry().asWkb()))
    if not copies:
        raise DataError(
            tr("Layer {name} has no polygon that is selected.").format(name=layer.name())
            if selected
            else tr("Layer {name} has no polygon.").format(name=layer.name()),
            tr("Select some, or choose another area."),
        )
    path = folder / f"area-{content.hexdigest()[:16]}.gpkg"
    if path.exists():
        return path
    if not layer.crs().isValid():
        raise DataError(tr("Layer {name} has no CRS.").format(name=layer.name()), tr("Set it in its properties."))
    folder.mkdir(parents=True, exist_ok=True)
    area = QgsVectorLayer("MultiPolygon", "area", "memory")
    area.setCrs(layer.crs())
    area.dataProvider().addFeatures(copies)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "area"
    aside = path.with_name(path.stem + ".part.gpkg")
    error, message, *_ = QgsVectorFileWriter.writeAsVectorFormatV3(
        area, str(aside), QgsProject.instance().transformContext(), options
    )
    if error != QgsVectorFileWriter.WriterError.NoError:
        raise DataError(tr("The area cannot be written: {why}").format(why=message), "")
    aside.replace(path)
    return path
