"""Whether the model is adapted to the scene before it maps it, and how."""

from __future__ import annotations

from typing import Any, Dict, Optional

from qgis.core import QgsMapLayer, QgsMapLayerProxyModel, QgsVectorLayer
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QFormLayout, QVBoxLayout, QWidget

from ...ben_core.errors import JobError
from ..i18n import tr
from .sources import file_of


class AdaptBox(QWidget):
    """A tick; where it is set, the rows that belong to it. ``changed`` when something else is asked for."""

    changed = pyqtSignal()

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.tick = QCheckBox(tr("Adapt to this scene first"))
        self.tick.setObjectName("adapt")
        self.tick.setToolTip(
            tr(
                "Fine-tune the model on this very scene, without labels, before it maps it. A guard compares both on parts "
                "that nothing was learned from; where the adapted one is no better, the original makes the map. Needs "
                "PyTorch, and minutes to hours without a GPU."
            )
        )
        self.method = QComboBox()
        self.method.setObjectName("adaptMethod")
        self.method.setAccessibleName(tr("Method"))
        self.method.setToolTip(tr("How the model is taught by the scene; the guide to adaptation explains it"))
        for value, text in (
            ("", tr("each class for itself")),
            ("tong", tr("one class a patch (Tong et al.)")),
            ("bn-only", tr("statistics only (quick)")),
        ):
            self.method.addItem(text, value)
        self.reference = QgsMapLayerComboBox()
        self.reference.setObjectName("adaptReference")
        self.reference.setAccessibleName(tr("Reference"))
        self.reference.setToolTip(
            tr("Land cover of the same place, where you have some: the guard then compares true scores, too")
        )
        self.reference.setFilters(QgsMapLayerProxyModel.Filter.PolygonLayer | QgsMapLayerProxyModel.Filter.RasterLayer)
        self.reference.setAllowEmptyLayer(True, tr("none"))
        self.reference.setCurrentIndex(0)
        for combo in (self.method, self.reference):
            combo.setMinimumContentsLength(6)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.rows = QWidget()
        form = QFormLayout(self.rows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setContentsMargins(18, 0, 0, 0)
        form.setVerticalSpacing(3)
        form.addRow(tr("Method"), self.method)
        form.addRow(tr("Reference"), self.reference)
        self.rows.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.tick)
        layout.addWidget(self.rows)
        self.tick.toggled.connect(self.rows.setVisible)
        self.tick.toggled.connect(self.changed)
        self.method.currentIndexChanged.connect(lambda _: self.changed.emit())
        self._layer: Optional[QgsMapLayer] = None
        self.reference.layerChanged.connect(self._reference_changed)

    def values(self) -> Dict[str, Any]:
        """Fields of ``Extras``. Raises JobError where the reference is no file."""
        if not self.tick.isChecked():
            return {}
        layer = self.reference.currentLayer()
        return {
            "adapt": True,
            "method": self.method.currentData() or None,
            "reference": None if layer is None else _file(layer),
        }

    def _reference_changed(self, layer: Optional[QgsMapLayer]) -> None:
        before, self._layer = self._layer, layer
        if layer is not before and self.tick.isChecked():  # QGIS tells of other layers' coming and going, too
            self.changed.emit()


def _file(layer: QgsMapLayer) -> str:
    if not isinstance(layer, QgsVectorLayer):
        refusal, path = file_of(layer)
        if refusal:
            raise JobError(f"{layer.name()}: {refusal}")
        return path
    path, _, rest = str(layer.source()).partition("|")
    if layer.providerType() != "ogr" or "subset=" in rest or ("layername=" in rest and not _only_layer(layer)):
        raise JobError(
            tr("{layer}: the reference must be a file with this one layer, all of it.").format(layer=layer.name()),
            tr("Save it as a file of its own (layer menu, Export)."),
        )
    return path


def _only_layer(layer: QgsVectorLayer) -> bool:
    return len(layer.dataProvider().subLayers()) <= 1
