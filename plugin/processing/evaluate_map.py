"""Evaluate map: ``ben evaluate --map``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Mapping, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
)

from ..i18n import tr
from .base import REPORT, About, CommandAlgorithm, Values
from .truth import reference_file

_SCORES = (("AP_MACRO", "AP macro"), ("AP_MICRO", "AP micro"))
_DECISIONS = (("F1_MACRO", "F1 macro"), ("F1_MICRO", "F1 micro"))


class EvaluateMap(CommandAlgorithm):
    identifier = "evaluatemap"
    command = "evaluate"
    picture = "chart"

    def about(self) -> About:
        return About(
            title=tr("Evaluate map"),
            summary=tr("Score a finished map against the land cover of the place"),
            help=tr(
                "<p>Compares the cells of a finished map with a reference such as CORINE Land Cover: polygons or a raster "
                "in any CRS, with CORINE's codes, or with others that a table explains.</p>"
                "<p>The report is one page: scores by class and over all, with intervals drawn by whole blocks of cells, "
                "curves, confusion, calibration, and where the map hits and misses. Every figure is in a JSON file.</p>"
                "<p>A reference is older, coarser and itself not free of errors: read the scores as agreement.</p>"
            ),
            tags=tr("accuracy,validation,corine,confusion,precision,recall,score,reference"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_map()
        self.add_reference(
            tr("Reference"), tr("Land cover of the same place: polygons or a raster, in any CRS."), optional=False
        )
        self.add_text(
            "CODE_FIELD",
            tr("Field of the codes"),
            tr("Of polygons; left empty, the one that is named like CODE_18."),
            advanced=False,
        )
        self.add_file(
            "CODES",
            tr("What other codes mean"),
            tr("A table for codes that are not CORINE's; the guide to training describes it."),
            extension="csv",
        )
        self.add_choice(
            "THRESHOLDS",
            tr("Thresholds"),
            ("card", "tuned", "0.5"),
            tr(
                "Whose labels come first in the report: the model's own, the best ones here, or 0.5. The report has all."
            ),
        )
        self.add_destination(
            tr("Folder of the report"), tr("Made where it is missing; an earlier report of the same map is replaced.")
        )
        self.add_outputs(
            REPORT("REPORT", tr("Report")),
            QgsProcessingOutputFile("FIGURES", tr("Every figure, as JSON")),
            QgsProcessingOutputNumber("CELLS", tr("Cells compared")),
            *(QgsProcessingOutputNumber(name, title) for name, title in (*_SCORES, *_DECISIONS)),
        )

    def arguments(
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> List[str]:
        found = ["evaluate", "--map", self.map_file(parameters, context), "--overwrite"]
        reference = reference_file(self, parameters, context, feedback)
        if reference is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "REFERENCE"))
        found += ["--reference", reference]
        found += ["--thresholds", self.parameterAsEnumString(parameters, "THRESHOLDS", context)]
        for option, name in (("--code-field", "CODE_FIELD"), ("--map-codes", "CODES")):
            value = self.parameterAsString(parameters, name, context).strip()
            found += [option, value] if value else []
        return [*found, "--out", self.parameterAsString(parameters, "OUTPUT", context)]

    def results(self, answer: Values) -> Values:
        ((report, figures),) = answer["files"].values()
        found = json.loads(Path(figures).read_text(encoding="utf-8"))
        return {
            "OUTPUT": self.given("--out"),
            "REPORT": report,
            "FIGURES": figures,
            "CELLS": found["patches"],
            **_numbers(_SCORES, found["scores"]),
            **_numbers(_DECISIONS, found["decisions"][0]["scores"]),
        }


def _numbers(wanted: Any, scores: Mapping[str, Any]) -> Values:
    """The scores that could be told."""
    values = {name: (scores.get(title) or {}).get("value") for name, title in wanted}
    return {name: value for name, value in values.items() if value is not None}
