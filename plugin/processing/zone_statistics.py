"""Statistics in zones: ``ben zones``."""

from __future__ import annotations

from typing import List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputVectorLayer,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterVectorDestination,
)

from ..i18n import tr
from .base import About, CommandAlgorithm, Values


class ZoneStatistics(CommandAlgorithm):
    identifier = "zonestatistics"
    command = "zones"
    picture = "zones"

    def about(self) -> About:
        return About(
            title=tr("Statistics in zones"),
            summary=tr("Presence and mean probability of every class in each polygon"),
            help=tr(
                "<p>Counts the cells of a finished map in the polygons of a layer. For every polygon and class: the share of "
                "the mapped cells in which the class is present, and its mean probability. Cells that were not mapped are "
                "counted apart.</p>"
                "<p>A share of cells is no share of ground: a cell may carry several classes, and the shares of a polygon do "
                "not sum to 1.</p>"
                "<p>The result is a GeoPackage with the polygons (<code>share_…</code> and <code>p_…</code> a class, "
                "<code>main_class</code>) and a table of a row a polygon and class.</p>"
            ),
            tags=tr("zonal,statistics,polygons,share,district,catchment,land cover"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_map()
        self.add(
            QgsProcessingParameterFeatureSource("ZONES", tr("Zones"), [QgsProcessing.TypeVectorPolygon]),
            tr("Polygons in any CRS; the selected ones, where you tick it."),
        )
        self.add(
            QgsProcessingParameterField("FIELD", tr("Name of the zone"), None, "ZONES", optional=True),
            tr("Polygons that share its value are one zone. Left empty, each polygon is one."),
        )
        self.add_choice(
            "WEIGHT",
            tr("A cell counts"),
            ("centre", "area"),
            tr("centre: where its centre lies in the polygon. area: by the share of it that the polygon covers, which "
               "small and narrow polygons need."),
            advanced=False,
        )  # fmt: skip
        self.add(
            QgsProcessingParameterVectorDestination("OUTPUT", tr("Statistics"), QgsProcessing.TypeVectorPolygon),
            tr("A GeoPackage; it is replaced where it exists."),
        )
        self.add_outputs(
            QgsProcessingOutputVectorLayer("TABLE", tr("Row a zone and class"), QgsProcessing.TypeVector),
            QgsProcessingOutputNumber("CELLS", tr("Cells counted")),
            QgsProcessingOutputNumber("NOT_MAPPED", tr("Cells not mapped")),
        )

    def arguments(
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> List[str]:
        # Memory layers, selections and filters become a file; others are read where they lie.
        zones, layer = self.parameterAsCompatibleSourceLayerPathAndLayerName(
            parameters, "ZONES", context, ["gpkg", "geojson", "shp", "fgb", "gml"], "gpkg", feedback
        )
        found = ["zones", self.map_file(parameters, context), "--zones", zones, "--overwrite"]
        if layer:
            found += ["--layer", layer]
        field = self.parameterAsString(parameters, "FIELD", context)
        if field:
            found += ["--id-field", field]
        found += ["--weight", self.parameterAsEnumString(parameters, "WEIGHT", context)]
        return [*found, "--out", self.parameterAsOutputLayer(parameters, "OUTPUT", context)]

    def results(self, answer: Values) -> Values:
        out = self.given("--out")
        return {
            "OUTPUT": out,
            "TABLE": f"{out}|layername=statistics",
            "CELLS": answer["cells"],
            "NOT_MAPPED": answer["not_mapped"],
        }
