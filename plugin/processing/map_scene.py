"""Map scene: ``ben map``."""

from __future__ import annotations

from typing import Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputRasterLayer,
    QgsProcessingOutputString,
    QgsProcessingOutputVectorLayer,
)

from ...ben_core.nomenclature import LEGENDS
from ..dock.words import adaptation_words
from ..engine import commands
from ..i18n import tr
from .base import REPORT, About, Values, open_when_done, say_command
from .scene_algorithm import SceneAlgorithm, write_job
from .truth import METHODS, add_adapting, reference_file


class MapScene(SceneAlgorithm):
    identifier = "mapscene"
    command = "map"
    picture = "map"
    extras = commands.Extras()

    def about(self) -> About:
        return About(
            title=tr("Map scene"),
            summary=tr("Map a Sentinel-2 or Sentinel-1 scene into the 19 land-cover classes of BigEarthNet"),
            help=tr(
                "<p>Cuts a scene of Sentinel-2, of Sentinel-1, or of both into patches of 1.2 x 1.2 km, asks a neural network which of BigEarthNet's 19 "
                "land-cover classes are <b>present</b> in each, and writes a multi-label map.</p>"
                "<p>A label says that a class is present in the patch; it does not say how much of it the class covers. "
                "A patch may carry several labels, one or none.</p>"
                "<p><b>Results</b> (they appear together, when all are finished): cells as polygons with all probabilities, "
                "areas of the same most probable class, rasters of classes, labels and probabilities, a STAC item and a "
                "report.</p>"
                "<p>A run that is cancelled or killed goes on where it stopped when it is started again with the same "
                "parameters and the same folder.</p>"
            ),
            tags=tr("land cover,classification,sentinel,bigearthnet,corine,deep learning,neural network"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_scene()
        self.add_options()
        self.add_choice(
            "GROUPS",
            tr("Further map by groups of classes"),
            ("no", *LEGENDS),
            tr("clc1 and clc2 are CORINE levels 1 and 2."),
        )
        self.add_file(
            "LEGEND",
            tr("or: by a legend of my own"),
            tr("A JSON file with groups, colours and classes; the user guide shows one."),
            extension="json",
        )
        self._add_extras()
        self.add_text(
            "NAME",
            tr("Name of the products"),
            tr("What their file names begin with; the scene's name where left empty."),
            advanced=False,
        )
        self.add_tick("OVERWRITE", tr("Replace products that exist"), "", True)
        self.add_tick(
            "OPEN",
            tr("Add the map to the project"),
            tr("Cells and class map, with their styles, when the run has ended."),
            True,
            advanced=False,
        )
        self.add_destination(tr("Folder of the map"), tr("Made where it is missing."))
        polygons = QgsProcessing.TypeVectorPolygon
        self.add_outputs(
            QgsProcessingOutputVectorLayer("PATCHES", tr("Cells"), polygons),
            QgsProcessingOutputVectorLayer("AREAS", tr("Areas"), polygons),
            QgsProcessingOutputRasterLayer("CLASSES", tr("Most probable class")),
            QgsProcessingOutputRasterLayer("LABELS", tr("Label sets")),
            QgsProcessingOutputRasterLayer("PROBABILITIES", tr("Probabilities")),
            REPORT("REPORT", tr("Report")),
            QgsProcessingOutputFile("ITEM", tr("STAC item")),
            QgsProcessingOutputNumber("MAPPED", tr("Cells mapped")),
            QgsProcessingOutputNumber("SKIPPED", tr("Cells skipped")),
            QgsProcessingOutputNumber("FILLED", tr("Cells answered by the fallback model")),
            QgsProcessingOutputRasterLayer("REGIONS", tr("10 m map")),
            QgsProcessingOutputVectorLayer("SEGMENTS", tr("Segments"), polygons),
            QgsProcessingOutputString("VERDICT", tr("Verdict of the guard")),
            REPORT("COMPARISON", tr("Before and after")),
        )

    def _add_extras(self) -> None:
        """What is done before the map and after it."""
        self.add_tick(
            "ADAPT",
            tr("Adapt the model to this scene first"),
            tr("Where the guard finds the adapted model no better, the original makes the map. “Adapt model to scene” does "
               "this step alone, with all its settings."),
        )  # fmt: skip
        add_adapting(self, "ADAPT_METHOD", tr("Method of adaptation"), tr("Reference of adaptation"), advanced=True)
        self.add_tick(
            "MAKE_REGIONS",
            tr("Also make a 10 m map"),
            tr("Cuts the scene into segments and names each by windows of several sizes; here areas are cover. Takes several "
               "times as long, and needs the engine with PyTorch."),
        )  # fmt: skip
        self.add_number("MIN_AREA", tr("Smallest segment (hectares)"), tr("0.5 where left empty."), least=0.01)

    def _extras(
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> commands.Extras:
        method = self.parameterAsEnumString(parameters, "ADAPT_METHOD", context)
        area = parameters.get("MIN_AREA")
        return commands.Extras(
            adapt=self.parameterAsBool(parameters, "ADAPT", context),
            method=None if method == METHODS[0] else method,
            reference=reference_file(self, parameters, context, feedback),
            regions=self.parameterAsBool(parameters, "MAKE_REGIONS", context),
            min_area=None if area is None else self.parameterAsDouble(parameters, "MIN_AREA", context),
        )

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        groups = self.parameterAsEnumString(parameters, "GROUPS", context)
        legend = self.parameterAsString(parameters, "LEGEND", context)
        if legend and groups != "no":
            raise QgsProcessingException(tr("Choose groups of CORINE or a legend of your own, not both."))
        self.extras = self._extras(parameters, context, feedback)
        self.job = self.make_job(
            parameters,
            context,
            out=self.parameterAsString(parameters, "OUTPUT", context),
            name=self.parameterAsString(parameters, "NAME", context).strip() or None,
            regroup=legend or (None if groups == "no" else groups),
            overwrite=self.parameterAsBool(parameters, "OVERWRITE", context),
        )
        return True

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        say_command(commands.map_words(self.job, self.extras), feedback)
        result = self.run_engine(commands.map_job(write_job(self.job, context), self.extras), feedback)
        if result is None:
            return {}
        products, cells = result["products"], result["cells"]
        patches = f"{products['gpkg']}|layername=patches"
        finer = result.get("regions", {}).get("products", {})
        adaptation = result.get("adaptation")
        if adaptation:
            feedback.pushInfo(adaptation_words(adaptation["verdict"]["word"]))
        if self.parameterAsBool(parameters, "OPEN", context):
            if finer:
                open_when_done(context, finer["regions"], tr("{scene}: 10 m map").format(scene=result["stem"]))
            open_when_done(context, patches, tr("{scene}: cells").format(scene=result["stem"]))
            open_when_done(context, products["classes"], tr("{scene}: classes").format(scene=result["stem"]))
        return {
            "OUTPUT": self.job.out,
            "PATCHES": patches,
            "AREAS": f"{products['gpkg']}|layername=areas",
            "CLASSES": products["classes"],
            "LABELS": products["labels"],
            "PROBABILITIES": products["probabilities"],
            "REPORT": products["report"],
            "ITEM": products["item"],
            "MAPPED": cells["mapped"],
            "SKIPPED": sum(n for name, n in cells.items() if name not in ("mapped", "outside area")),
            "FILLED": result["by_fallback"],
            **(
                {"REGIONS": finer["regions"], "SEGMENTS": f"{finer['regions_gpkg']}|layername=segments"}
                if finer
                else {}
            ),
            **({"VERDICT": adaptation["verdict"]["word"], "COMPARISON": adaptation["page"]} if adaptation else {}),
        }
