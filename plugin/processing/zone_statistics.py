"""Statistics in zones: ``ben zones``."""

from __future__ import annotations

from typing import List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
    QgsProcessingParameterVectorLayer,
)

from ..engine.commands import EVENTS, shell_line
from ..i18n import tr
from .base import EngineAlgorithm, Values, file_of_vector


class ZoneStatistics(EngineAlgorithm):
    command = "zones"
    picture = "zones"

    def __init__(self) -> None:
        super().__init__()
        self.arguments: List[str] = []

    def name(self) -> str:
        return "zonestatistics"

    def displayName(self) -> str:  # noqa: N802  (names of QGIS, here and below)
        return tr("Statistics in zones")

    def shortDescription(self) -> str:  # noqa: N802
        return tr("Presence and mean probability of every class in each polygon")

    def tags(self) -> "list[str]":
        return tr("zonal,statistics,polygons,share,district,catchment,land cover").split(",")

    def shortHelpString(self) -> str:  # noqa: N802
        return tr(
            "<p>Counts the cells of a finished map in the polygons of a layer. For every polygon and class: the share of "
            "the mapped cells in which the class is present, and its mean probability. Cells that were not mapped are "
            "counted apart.</p>"
            "<p>A share of cells is no share of ground: a cell may carry several classes, and the shares of a polygon do "
            "not sum to 1.</p>"
            "<p>The result is a GeoPackage with the polygons (<code>share_…</code> and <code>p_…</code> a class, "
            "<code>main_class</code>) and a table of a row a polygon and class.</p>"
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802
        polygons = [QgsProcessing.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterVectorLayer("MAP", tr("Map: layer of cells"), polygons),
            tr("The cells (patches) of a finished map, or its GeoPackage."),
        )
        self.add(
            QgsProcessingParameterFeatureSource("ZONES", tr("Zones"), polygons),
            tr("Polygons in any CRS; the selected ones, where you tick it."),
        )
        self.add(
            QgsProcessingParameterField("FIELD", tr("Name of the zone"), None, "ZONES", optional=True),
            tr("Polygons that share its value are one zone. Left empty, each polygon is one."),
        )
        self.add(
            QgsProcessingParameterEnum("WEIGHT", tr("A cell counts"), ["centre", "area"], False, "centre", False, True),
            tr("centre: where its centre lies in the polygon. area: by the share of it that the polygon covers, which "
               "small and narrow polygons need."),
        )  # fmt: skip
        self.add(
            QgsProcessingParameterVectorDestination("OUTPUT", tr("Statistics"), QgsProcessing.TypeVectorPolygon),
            tr("A GeoPackage; it is replaced where it exists."),
        )
        self.addOutput(QgsProcessingOutputVectorLayer("TABLE", tr("Row a zone and class"), QgsProcessing.TypeVector))
        self.addOutput(QgsProcessingOutputNumber("CELLS", tr("Cells counted")))
        self.addOutput(QgsProcessingOutputNumber("NOT_MAPPED", tr("Cells not mapped")))

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        cells = self.parameterAsVectorLayer(parameters, "MAP", context)
        if cells is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "MAP"))
        # Memory layers, selections and filters become a file; others are read where they lie.
        zones, layer = self.parameterAsCompatibleSourceLayerPathAndLayerName(
            parameters, "ZONES", context, ["gpkg", "geojson", "shp", "fgb", "gml"], "gpkg", feedback
        )
        self.arguments = ["zones", file_of_vector(cells), "--zones", zones, "--overwrite"]
        if layer:
            self.arguments += ["--layer", layer]
        field = self.parameterAsString(parameters, "FIELD", context)
        if field:
            self.arguments += ["--id-field", field]
        self.arguments += ["--weight", self.parameterAsEnumString(parameters, "WEIGHT", context)]
        return True

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        out = self.parameterAsOutputLayer(parameters, "OUTPUT", context)
        arguments = [*self.arguments, "--out", out]
        feedback.pushCommandInfo(shell_line(["ben", *arguments]))
        result = self.run_engine([*arguments, *EVENTS], feedback)
        if result is None:
            return {}
        return {
            "OUTPUT": out,
            "TABLE": f"{out}|layername=statistics",
            "CELLS": result["cells"],
            "NOT_MAPPED": result["not_mapped"],
        }
