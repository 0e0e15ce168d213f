"""What the algorithms share: they start the engine as the panel does, and tell Processing what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Tuple, Type

from qgis.core import (
    Qgis,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputHtml,
    QgsProcessingParameterVectorLayer,
    QgsProject,
)
from qgis.PyQt.QtGui import QIcon

from ...ben_core.errors import BenError
from ..dock.words import coverage_words, in_qgis_words
from ..engine.commands import EVENTS, shell_line
from ..engine.environment import Engine, describe_state, find_engine
from ..engine.process import run_blocking
from ..i18n import tr
from ..icons import icon
from ..settings import Settings
from .form import Form

Values = Dict[str, Any]
# After a batch, the dialog of older versions stumbles over pages (github.com/qgis/QGIS/issues/47884, seen in 3.22.16).
REPORT = QgsProcessingOutputHtml if Qgis.QGIS_VERSION_INT >= 32800 else QgsProcessingOutputFile


@dataclass(frozen=True)
class About:
    """What the toolbox says of an algorithm; ``help`` is HTML, ``tags`` are joined by commas."""

    title: str
    summary: str
    help: str
    tags: str


class EngineAlgorithm(Form):
    """An algorithm that is a command of the engine. Layers are touched in ``prepareAlgorithm`` (QGIS's own thread)
    only; ``processAlgorithm`` waits for the worker in a background thread.

    A subclass says ``identifier``, ``command``, ``picture``, ``about`` and its parameters.
    """

    identifier = ""  # in ``bigearthnet_mapper:IDENTIFIER``
    command = ""  # of ``ben``; the algorithm is offered where there is such a command
    picture = "mapper"  # resources/icons/PICTURE.svg

    def about(self) -> About:
        """In the user's language."""
        raise NotImplementedError

    def name(self) -> str:
        return self.identifier

    def displayName(self) -> str:  # noqa: N802  (names of QGIS, here and below)
        return self.about().title

    def shortDescription(self) -> str:  # noqa: N802
        return self.about().summary

    def shortHelpString(self) -> str:  # noqa: N802
        return self.about().help

    def tags(self) -> List[str]:
        return self.about().tags.split(",")

    def createInstance(self) -> "EngineAlgorithm":  # noqa: N802
        return type(self)()

    def icon(self) -> QIcon:
        return icon(self.picture)

    def group(self) -> str:
        return ""

    def groupId(self) -> str:  # noqa: N802
        return ""

    def canExecute(self) -> Tuple[bool, str]:  # noqa: N802
        settings = Settings.load()
        if find_engine(settings) is None:
            return False, _not_set_up(settings)
        return True, ""

    def run_engine(self, arguments: List[str], feedback: QgsProcessingFeedback) -> Optional[Values]:
        """The result of ``ben ARGUMENTS``; None where the user cancelled. Raises QgsProcessingException."""
        # Looked for again: in a background thread, after the dialog was opened, the engine may be gone.
        settings = Settings.load()
        engine = find_engine(settings)
        if engine is None:
            raise QgsProcessingException(_not_set_up(settings))
        return follow(engine, arguments, feedback, self.listener())

    def listener(self) -> "Type[Listener]":
        """What hears the run."""
        return Listener


class CommandAlgorithm(EngineAlgorithm):
    """One whose parameters become an argument list: ``arguments`` makes it, ``results`` reads what the engine answers.

    The log shows the command, so that the same can be done without QGIS.
    """

    def __init__(self) -> None:
        super().__init__()
        self._arguments: List[str] = []

    def add_map(self) -> None:
        """``MAP``: a finished map."""
        self.add(
            QgsProcessingParameterVectorLayer("MAP", tr("Map: layer of cells"), [QgsProcessing.TypeVectorPolygon]),
            tr("The cells (patches) of a finished map, or its GeoPackage."),
        )

    def map_file(self, parameters: Values, context: QgsProcessingContext) -> str:
        """The path of the finished map. Raises QgsProcessingException."""
        cells = self.parameterAsVectorLayer(parameters, "MAP", context)
        if cells is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "MAP"))
        return str(cells.source()).partition("|")[0]

    def arguments(
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> List[str]:
        """What follows ``ben``, without ``--events``; layers may be asked. Raises QgsProcessingException."""
        raise NotImplementedError

    def results(self, answer: Values) -> Values:
        """The outputs; ``answer`` is the result of the engine's last event, ``given`` what it was asked."""
        raise NotImplementedError

    def given(self, option: str) -> str:
        """What was given as ``option``; a temporary output asked for twice would be two."""
        return self._arguments[self._arguments.index(option) + 1]

    def prepareAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> bool:
        self._arguments = self.arguments(parameters, context, feedback)
        return True

    def processAlgorithm(  # noqa: N802
        self, parameters: Values, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Values:
        say_command(self._arguments, feedback)
        answer = self.run_engine([*self._arguments, *EVENTS], feedback)
        return {} if answer is None else self.results(answer)


def say_command(words: List[str], feedback: QgsProcessingFeedback) -> None:
    """The same run without QGIS, in the log."""
    line = shell_line(["ben", *words])
    feedback.pushCommandInfo(line if len(line) < 2000 else line[:2000] + "…")


class Listener:
    """Passes on to Processing what a run tells."""

    def __init__(self, feedback: QgsProcessingFeedback) -> None:
        self.feedback = feedback
        self._told = ("", 0)  # unit, tenths of it: a line in the log each

    def __call__(self, event: Values) -> None:
        kind, feedback = event["type"], self.feedback
        if kind == "progress" and event.get("total"):
            self.progress(event)
        elif kind == "step":
            feedback.pushInfo(str(event.get("text", "")))
        elif kind == "started":
            feedback.pushInfo(
                tr("{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})").format(**event)
            )
        elif kind == "warning":
            feedback.pushWarning(in_qgis_words(str(event.get("message", ""))))
        elif kind == "coverage":
            feedback.pushInfo(coverage_words(event))
        elif kind == "output":
            feedback.pushDebugInfo(f"{event.get('kind')}: {event.get('path')}")

    def progress(self, event: Values) -> None:
        """How far it is; a run of several parts tells each from 0 to all."""
        share, unit = event["done"] / event["total"], str(event.get("unit", ""))
        self.feedback.setProgress(100 * share)
        if int(10 * share) > (self._told[1] if self._told[0] == unit else 0):
            self._told = (unit, int(10 * share))
            if unit == "patches":
                self.feedback.setProgressText(_progress(event))


def follow(
    engine: Engine, arguments: List[str], feedback: QgsProcessingFeedback, listener: Type[Listener] = Listener
) -> Optional[Values]:
    """Run the worker and pass on what it tells; see ``EngineAlgorithm.run_engine``."""
    last = run_blocking(engine, arguments, listener(feedback), feedback.isCanceled)
    if last["type"] == "done":
        feedback.setProgress(100)
        return dict(last["result"])
    if last["type"] == "cancelled":
        feedback.pushInfo(str(last["message"]))
        return None
    if last.get("log"):
        feedback.pushDebugInfo(last["log"])
    words = (last["message"], last.get("hint"))
    raise QgsProcessingException("\n".join(in_qgis_words(part) for part in words if part))


def refused(error: BenError) -> QgsProcessingException:
    """The engine's error in QGIS's clothes."""
    return QgsProcessingException("\n".join(part for part in (error.message, error.hint) if part))


def open_when_done(context: QgsProcessingContext, uri: str, name: str) -> None:
    """Have QGIS add a layer to the project once the algorithm has ended; nothing where there is no project."""
    project: Optional[QgsProject] = context.project()
    if project is not None:
        context.addLayerToLoadOnCompletion(uri, QgsProcessingContext.LayerDetails(name, project, name))


def _progress(event: Values) -> str:
    return tr("{done} of {total} patches, {rate:.0f} a second, {eta:.0f} s to go").format(
        done=event["done"], total=event["total"], rate=event.get("rate") or 0, eta=event.get("eta") or 0
    )


def _not_set_up(settings: Settings) -> str:
    return f"{describe_state(settings)} " + tr("Choose Plugins > BigEarthNet Mapper > Set up engine…")
