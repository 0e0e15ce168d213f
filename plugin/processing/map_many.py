"""Map many scenes: ``ben batch``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple, Type

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputFolder,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingUtils,
)

from ...ben_core.errors import BenError
from ...ben_core.job import Job
from ..dock.sources import Source, place_of, scenes_of
from ..dock.words import in_qgis_words
from ..engine import commands
from ..i18n import tr
from .base import REPORT, About, Listener, Values, refused, say_command
from .form import FILES, INTEGER
from .job_algorithm import JobAlgorithm

SOURCES = ("LAYERS", "FOLDER", "FILES", "LIST")
_LONGEST = 8000  # characters of scenes in a command; Windows takes 32,767 in all


class MapMany(JobAlgorithm):
    identifier = "mapmany"
    command = "batch"
    picture = "many"

    def __init__(self) -> None:
        super().__init__()
        self._scenes: List[str] = []
        self._more: Dict[str, Any] = {}

    def about(self) -> About:
        return About(
            title=tr("Map many scenes"),
            summary=tr("Map any number of scenes into one folder, and make one catalogue of them"),
            help=tr(
                "<p>Maps scene after scene with the same model and options, and ends with a catalogue: a STAC collection, "
                "mosaics, a table of all cells, counts by class, and a page with a map.</p>"
                "<p>A scene that cannot be mapped is named with the reason, and the others go on. A run that is cancelled or "
                "killed goes on where it stopped when it is started again with the same folder: what is done and unchanged "
                "stays as it is, what is new or failed is mapped.</p>"
                "<p>A list may give every scene options of its own, such as its Sentinel-1; the guide to batches describes "
                "it.</p>"
            ),
            tags=tr("batch,country,catalogue,mosaic,series,land cover,sentinel,bigearthnet"),
        )

    def initAlgorithm(self, configuration: Optional[Values] = None) -> None:  # noqa: N802  (names of QGIS)
        self.add_many(
            "LAYERS",
            tr("Scenes: raster layers"),
            tr("Layers with all bands are a scene each; layers of single bands that lie in one folder are one scene "
               "together. Layers, folder, files and list may be given together."),
        )  # fmt: skip
        self.add_folder(
            "FOLDER",
            tr("Scenes: folder"),
            tr("All products in it: .SAFE folders, zips, rasters, folders of band files."),
        )
        self.add_many(
            "FILES",
            tr("Scenes: files"),
            tr("Zips, rasters with all bands, STAC items and item collections. In qgis_process and in Python folders, "
               "too."),
            FILES,
        )  # fmt: skip
        self.add_file(
            "LIST",
            tr("Scenes: list"),
            tr("A path or an address a line (.txt), or a table with options for each scene (.csv, .toml)."),
            advanced=False,
            fileFilter=tr("Lists") + " (*.txt *.csv *.toml)",
        )
        self.add_options()
        self.add_tick(
            "CATALOGUE",
            tr("Make the catalogue"),
            tr("Mosaics, tables and the overview of everything in the folder, when all scenes are done."),
            True,
            advanced=False,
        )
        for name, words, tip in (
            ("WORKERS", tr("Processes"), tr("Map so many scenes at once. 0: one after the other, the next one being read "
                                            "while one is computed. More need memory for each.")),
            ("MAX_FAILURES", tr("Stop when so many scenes failed"), tr("0: never.")),
        ):  # fmt: skip
            self.add_number(name, words, tip, INTEGER, default=0, least=0)
        self.add_tick(
            "RETRY_SET_ASIDE",
            tr("Try scenes again that were set aside"),
            tr("A scene during which the engine died several times is not tried any more, unless you say so."),
        )
        self.add_destination(
            tr("Folder of the maps"),
            tr("Made where it is missing; scenes/ holds a folder a scene, catalogue/ what is made of all."),
        )
        self.add_outputs(
            REPORT("OVERVIEW", tr("Overview")),
            QgsProcessingOutputFolder("CATALOGUE_FOLDER", tr("Catalogue")),
            QgsProcessingOutputFile("COLLECTION", tr("STAC collection")),
            QgsProcessingOutputNumber("DONE", tr("Scenes that are done")),
            QgsProcessingOutputNumber("MAPPED", tr("Scenes mapped in this run")),
            QgsProcessingOutputNumber("FAILED", tr("Scenes that failed")),
            QgsProcessingOutputString("FAILURES", tr("Which scenes failed, and why")),
        )

    def checkParameterValues(self, parameters: Values, context: QgsProcessingContext) -> Tuple[bool, str]:  # noqa: N802
        fine, words = super().checkParameterValues(parameters, context)
        if fine and not any(parameters.get(name) for name in SOURCES):
            return False, tr("Choose the scenes: raster layers, a folder, files or a list.")
        return fine, words

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._scenes = self._given(parameters, context)
        try:
            self.job = Job(
                scene=tuple(self._scenes),
                out=self.parameterAsString(parameters, "OUTPUT", context),
                **self.options(parameters, context),
            )
        except BenError as e:
            raise refused(e) from e
        if sum(map(len, self._scenes)) > _LONGEST:
            path = Path(QgsProcessingUtils.generateTempFilename("scenes.txt"))
            path.write_text("\n".join(self._scenes), encoding="utf-8")
            self._scenes = [str(path)]
        self._more = {
            "workers": self.parameterAsInt(parameters, "WORKERS", context) or None,
            "max_failures": self.parameterAsInt(parameters, "MAX_FAILURES", context) or None,
            "no_catalogue": not self.parameterAsBool(parameters, "CATALOGUE", context),
            "retry_set_aside": self.parameterAsBool(parameters, "RETRY_SET_ASIDE", context),
        }
        return True

    def _given(self, parameters: Values, context: QgsProcessingContext) -> List[str]:
        """The paths of all scenes, each once."""
        found: List[str] = []
        if parameters.get("LAYERS"):
            layers = self.parameterAsLayerList(parameters, "LAYERS", context)
            if not layers:
                raise QgsProcessingException(tr("None of the scene's raster layers could be read."))
            found += [_place(source) for source in scenes_of(layers)]
        if parameters.get("FILES"):
            found += self.parameterAsFileList(parameters, "FILES", context)
        for name in ("FOLDER", "LIST"):
            path = self.parameterAsString(parameters, name, context)
            found += [path] if path else []
        return list(dict.fromkeys(found))

    def listener(self) -> Type[Listener]:
        return BatchListener

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        assert self.job is not None
        words = commands.batch_words(self.job, self._more, self._scenes)
        say_command(words, feedback)
        at = words.index("--")
        answer = self.run_engine([*words[:at], *commands.EVENTS, *words[at:]], feedback)
        if answer is None:
            return {}
        failures = [failure_words(f) for f in answer["failures"]]
        done = answer["done"] + answer["mapped"]
        feedback.pushInfo(
            tr("{done} of {total} scenes are done, {failed} failed.").format(
                done=done, total=answer["total"], failed=answer["failed"]
            )
        )
        if answer["full"]:
            raise QgsProcessingException(tr("The disk is full: {why}").format(why=answer["full"]))
        if answer["stopped"]:
            feedback.pushInfo(tr("The run was stopped; run it again to go on where it stopped."))
            return {}
        if not done and failures:
            raise QgsProcessingException("\n".join([tr("No scene could be mapped."), *failures[:20]]))
        catalogue = Path(self.job.out) / "catalogue"
        found = {"OVERVIEW": catalogue / "overview.html", "CATALOGUE_FOLDER": catalogue, "COLLECTION": catalogue / "collection.json"}  # fmt: skip
        return {
            "OUTPUT": self.job.out,
            "DONE": done,
            "MAPPED": answer["mapped"],
            "FAILED": answer["failed"],
            "FAILURES": "\n".join(failures),
            **{name: str(path) for name, path in found.items() if path.exists()},
        }


class BatchListener(Listener):
    """A line a scene that has ended; progress counts the parts of scenes that run, too."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        super().__init__(feedback)
        self._running: Dict[str, float] = {}  # scene -> share
        self._done, self._total = 0, 0

    def __call__(self, event: Values) -> None:
        if event["type"] == "scene":
            self._ended(event)
        elif "scene" not in event:
            super().__call__(event)
        elif event["type"] == "progress" and event.get("total"):
            self._running[event["scene"]] = event["done"] / event["total"]
            self._show()

    def progress(self, event: Values) -> None:
        if event.get("unit") == "scenes" and "failed" in event:  # of the batch; its catalogue counts scenes, too
            self._done, self._total = event["done"], event["total"]
            self._show()

    def _show(self) -> None:
        if self._total:
            self.feedback.setProgress(100 * min(1.0, (self._done + sum(self._running.values())) / self._total))

    def _ended(self, event: Values) -> None:
        name, state = event["scene"], event["state"]
        self._running.pop(name, None)
        if state == "done":
            cells, seconds = event.get("cells", {}).get("mapped", 0), event.get("seconds", 0)
            self.feedback.pushInfo(tr("{scene}: {n} patches in {t:.1f} s").format(scene=name, n=cells, t=seconds))
        elif state == "retry":
            self.feedback.pushInfo(
                tr("{scene}: tried again in {n:.0f} s. {why}").format(
                    scene=name, n=event["pause"], why=event["message"]
                )
            )
        elif state in ("failed", "set aside", "full"):
            self.feedback.reportError(failure_words({**event, "name": name}))


def failure_words(found: Mapping[str, Any]) -> str:
    """A scene that failed: which, why, what to do."""
    told = " ".join(str(found[key]) for key in ("message", "hint") if found.get(key))
    return f"{found['name']}: {in_qgis_words(told)}"


def _place(source: Source) -> str:
    if source.refusal:
        raise QgsProcessingException(f"{source.title}: {source.refusal}")
    return place_of(source)
