"""What algorithms that adapt or evaluate share: the choice of a method, and a layer of true land cover as a file."""

from __future__ import annotations

from typing import Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingUtils,
    QgsVectorLayer,
)

from ..dock.sources import file_of
from ..i18n import tr
from .base import EngineAlgorithm, Values

METHODS = ("multilabel", "tong", "bn-only")

_FORMATS = ["gpkg", "geojson", "shp", "fgb", "gml"]


def add_adapting(form: EngineAlgorithm, method: str, words: str, reference: str, advanced: bool) -> None:
    """The parameter ``method``, and ``REFERENCE``; named by ``words`` and ``reference``."""
    form.add_choice(
        method,
        words,
        METHODS,
        tr(
            "multilabel: each class for itself. tong: one class a patch, as published. bn-only: only the statistics of "
            "the network's normalisation, the quickest."
        ),
        advanced,
    )
    form.add_reference(
        reference,
        tr("Land cover of the same place, where you have some: the guard then compares true scores, too. Nothing is "
           "learned from it."),
        advanced=advanced,
    )  # fmt: skip


def reference_file(
    algorithm: EngineAlgorithm, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
) -> Optional[str]:
    """The file of the layer ``REFERENCE``, None without one; memory layers and filters become a file. Raises
    QgsProcessingException for what has none."""
    layer = algorithm.parameterAsLayer(parameters, "REFERENCE", context)
    if layer is None:
        return None
    if isinstance(layer, QgsVectorLayer):
        return str(
            QgsProcessingUtils.convertToCompatibleFormat(layer, False, "reference", _FORMATS, "gpkg", context, feedback)
        )
    refusal, path = file_of(layer)
    if refusal:
        raise QgsProcessingException(f"{layer.name()}: {refusal}")
    return path
