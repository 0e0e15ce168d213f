"""What algorithms that adapt or evaluate share: methods, and a layer of true land cover as a file for the engine."""

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
from ..i18n import tr

METHODS = ("multilabel", "tong", "bn-only")

_FORMATS = ["gpkg", "geojson", "shp", "fgb", "gml"]


def METHOD_WORDS() -> str:  # noqa: N802  (a constant in the user's language)
    return tr(
        "multilabel: each class for itself. tong: one class a patch, as published. bn-only: only the statistics of the "
        "network's normalisation, the quickest."
    )


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
