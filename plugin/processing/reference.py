"""A layer of true land cover as a file that the engine reads."""

from __future__ import annotations

from qgis.core import (
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from ..dock.sources import file_of

_FORMATS = ["gpkg", "geojson", "shp", "fgb", "gml"]


def reference_file(layer: QgsMapLayer, context: QgsProcessingContext, feedback: QgsProcessingFeedback) -> str:
    """The layer's file; memory layers and filters become one. Raises QgsProcessingException for what has none."""
    if isinstance(layer, QgsVectorLayer):
        return str(
            QgsProcessingUtils.convertToCompatibleFormat(layer, False, "reference", _FORMATS, "gpkg", context, feedback)
        )
    refusal, path = file_of(layer)
    if refusal:
        raise QgsProcessingException(f"{layer.name()}: {refusal}")
    return path
