"""Adapt model to scene: ``ben adapt``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Optional

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingUtils,
)

from ...ben_core.job import PATCH
from ..dock.words import verdict_words
from ..engine import commands
from ..i18n import tr
from .base import REPORT, About, Values, say_command
from .form import INTEGER, NUMBER
from .scene_algorithm import SceneAlgorithm
from .truth import add_adapting, reference_file


class AdaptModel(SceneAlgorithm):
    identifier = "adaptmodel"
    command = "adapt"
    picture = "adapt"

    def __init__(self) -> None:
        super().__init__()
        self._settings: Dict[str, Any] = {}
        self._beside: Dict[str, Any] = {}

    def about(self) -> About:
        return About(
            title=tr("Adapt model to scene"),
            summary=tr("Fine-tune a model on the scene it is to map, without labels; worse models are refused"),
            help=tr(
                "<p>A model that learned elsewhere, in another year or from another sensor is taught by the scene itself: "
                "patches of which it is sure, and which labelled source patches confirm, become its teachers.</p>"
                "<p>A guard then compares both models on parts of the scene that nothing was learned from. Its verdict is "
                "<b>adopted</b>, <b>adopted with warning</b> or <b>rejected</b>; a rejected model is not handed over. The "
                "page shows both maps side by side, what changed, and why the guard said so.</p>"
                "<p>The original model stays as it is. <i>Model to map with</i> is the adapted one, or the original where "
                "the guard rejected it: connect it to <i>Map scene</i> in a model of the designer.</p>"
                "<p>It needs an engine with PyTorch, and takes minutes to hours without a GPU. A run that is cancelled goes "
                "on where it stopped when it is started again with the same parameters.</p>"
            ),
            tags=tr("domain adaptation,fine-tuning,pseudo-labels,transfer,training,deep learning"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_scene()
        self.add_model()
        self.add_area()
        add_adapting(self, "METHOD", tr("Method"), tr("Reference"), advanced=False)
        self.add_file(
            "BANK",
            tr("Source bank"),
            tr("Labelled patches that confirm what the model believes, made by “ben bank”. Left empty, the one that came "
               "with the model."),
            extension="npz",
        )  # fmt: skip
        self._add_settings()
        self.add_text("NAME", tr("Name of the adapted model"), tr("The model's and the scene's name where left empty."))
        self.add_tick(
            "KEEP_REJECTED", tr("Keep a rejected model"), tr("To study it; its name says that it was rejected.")
        )
        self.add_reading()
        self.add_terrain()
        self.add_device()
        self.add_tick("OVERWRITE", tr("Replace an adapted model that exists"), "", True)
        self.add_destination(tr("Folder of the adapted model"), tr("Made where it is missing."))
        self.add_outputs(
            QgsProcessingOutputFile("ADAPTED", tr("Adapted model; empty where it was rejected")),
            QgsProcessingOutputString("USE", tr("Model to map with: the adapted one, else the original")),
            QgsProcessingOutputString("VERDICT", tr("Verdict of the guard")),
            QgsProcessingOutputString("REASONS", tr("Its reasons")),
            REPORT("REPORT", tr("Before and after")),
            QgsProcessingOutputFile("KEPT", tr("Rejected model that was kept")),
            QgsProcessingOutputFile("FIGURES", tr("Every figure, as JSON")),
            QgsProcessingOutputNumber("PATCHES", tr("Patches that taught")),
        )

    def _add_settings(self) -> None:
        """Of the training; left empty, the engine's defaults hold."""
        for name, words, kind, most, tip in (
            ("ROUNDS", tr("Rounds"), INTEGER, 100, tr("The labels are made anew this often; 2 where left empty.")),
            ("EPOCHS", tr("Epochs a round"), INTEGER, 1000, tr("Passes over the labels, at most; 10 where left empty.")),
            ("ACCEPT", tr("Present from"), NUMBER, 1, tr("Probability above which a class counts as present, its threshold taken as 0.5; 0.7 where left empty.")),
            ("AGREEMENT", tr("Agreement of source patches"), NUMBER, 1, tr("Share of the nearest source patches that must agree; 0.6 where left empty.")),
            ("STRIDE", tr("Distance of patches (pixels of 10 m)"), INTEGER, PATCH, tr("A smaller one gives more patches to learn from. Left empty, it is found by the size of the scene.")),
            ("BLOCK", tr("Side of a block in patches"), INTEGER, 100, tr("Parts of the scene that are held apart are whole blocks; 3 where left empty.")),
            ("SEED", tr("Seed"), INTEGER, None, tr("Of all that is drawn by chance; the same seed makes the same model.")),
        ):  # fmt: skip
            self.add_number(name, words, tip, kind, least=0, most=most)
        self.add_tick(
            "FREEZE",
            tr("Teach the classifier alone"),
            tr("The network that sees stays as it is; quicker, and less can go wrong."),
        )

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self.job = self.make_job(
            parameters,
            context,
            out=self.parameterAsString(parameters, "OUTPUT", context),
            overwrite=self.parameterAsBool(parameters, "OVERWRITE", context),
        )
        self._settings = {"method": self.parameterAsEnumString(parameters, "METHOD", context)}
        for name in ("ROUNDS", "EPOCHS", "STRIDE", "BLOCK", "SEED"):
            if parameters.get(name) is not None:
                self._settings[name.lower()] = self.parameterAsInt(parameters, name, context)
        for name in ("ACCEPT", "AGREEMENT"):
            if parameters.get(name) is not None:
                self._settings[name.lower()] = self.parameterAsDouble(parameters, name, context)
        if self.parameterAsBool(parameters, "FREEZE", context):
            self._settings["freeze"] = "backbone"
        self._beside = {
            "name": self.parameterAsString(parameters, "NAME", context).strip() or None,
            "bank": self.parameterAsString(parameters, "BANK", context) or None,
            "reference": reference_file(self, parameters, context, feedback),
            "keep_rejected": self.parameterAsBool(parameters, "KEEP_REJECTED", context),
        }
        return True

    def options(self, parameters: Values, context: QgsProcessingContext) -> Dict[str, Any]:
        found = super().options(parameters, context)
        found.pop("stride")  # of the training, not of a map
        return found

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        assert self.job is not None
        say_command(commands.adapt_words(self.job, self._settings, self._beside), feedback)
        file = Path(QgsProcessingUtils.generateTempFilename("adapt.json"))
        asked = commands.adapt_asked(self.job, self._settings, self._beside)
        file.write_text(json.dumps(asked, ensure_ascii=False), encoding="utf-8")
        answer = self.run_engine(commands.adapt_job(str(file)), feedback)
        if answer is None:
            return {}
        verdict = answer["verdict"]
        feedback.pushInfo(tr("Verdict: {verdict}.").format(verdict=verdict_words(verdict["word"])))
        for reason in verdict["reasons"]:
            feedback.pushInfo(f"  {reason}")
        page = answer["page"]
        return {
            "OUTPUT": self.job.out,
            "ADAPTED": answer["model"] or "",
            "USE": answer["model"] or self.job.model,
            "VERDICT": verdict["word"],
            "REASONS": "\n".join(verdict["reasons"]),
            "KEPT": answer["kept"] or "",
            "PATCHES": answer["patches"],
            **({"REPORT": page, "FIGURES": str(Path(page).with_suffix(".json"))} if page else {}),
        }
