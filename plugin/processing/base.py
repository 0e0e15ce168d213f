"""What the algorithms share: they start the engine as the panel does, and tell Processing what it says."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterDefinition,
    QgsProject,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QIcon

from ...ben_core.errors import BenError
from ..engine.environment import Engine, find_engine
from ..engine.process import run_blocking
from ..i18n import tr
from ..icons import icon
from ..settings import Settings

Values = Dict[str, Any]


class EngineAlgorithm(QgsProcessingAlgorithm):
    """An algorithm that is a command of the engine. Layers are touched in ``prepareAlgorithm`` (QGIS's own thread)
    only; ``processAlgorithm`` waits for the worker in a background thread."""

    command = ""  # of ``ben``
    picture = "mapper"

    def createInstance(self) -> "EngineAlgorithm":  # noqa: N802  (names of QGIS, here and below)
        return type(self)()

    def icon(self) -> QIcon:
        return icon(self.picture)

    def group(self) -> str:
        return ""

    def groupId(self) -> str:  # noqa: N802
        return ""

    def canExecute(self) -> Tuple[bool, str]:  # noqa: N802
        if find_engine(Settings.load()) is None:
            return False, _not_set_up()
        return True, ""

    def add(self, parameter: QgsProcessingParameterDefinition, words: str = "", advanced: bool = False) -> None:
        """Add a parameter; ``words`` explain it, ``advanced`` ones are folded away."""
        parameter.setHelp(words)
        if advanced:
            parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.addParameter(parameter)

    def run_engine(self, arguments: List[str], feedback: QgsProcessingFeedback) -> Optional[Values]:
        """The result of ``ben ARGUMENTS``; None where the user cancelled. Raises QgsProcessingException."""
        # Looked for again: in a background thread, after the dialog was opened, the engine may be gone.
        engine = find_engine(Settings.load())
        if engine is None:
            raise QgsProcessingException(_not_set_up())
        return follow(engine, arguments, feedback)


def follow(engine: Engine, arguments: List[str], feedback: QgsProcessingFeedback) -> Optional[Values]:
    """Run the worker and pass on what it tells; see ``EngineAlgorithm.run_engine``."""
    told = 0  # tenths: a line in the log each

    def tell(event: Values) -> None:
        nonlocal told
        kind = event["type"]
        if kind == "progress" and event.get("total"):
            share = event["done"] / event["total"]
            feedback.setProgress(100 * share)
            if int(10 * share) > told:
                told = int(10 * share)
                feedback.setProgressText(_progress(event))
        elif kind == "step":
            feedback.pushInfo(str(event.get("text", "")))
        elif kind == "started":
            feedback.pushInfo(
                tr("{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})").format(**event)
            )
        elif kind == "warning":
            feedback.pushWarning(str(event.get("message", "")))
        elif kind == "output":
            feedback.pushDebugInfo(f"{event.get('kind')}: {event.get('path')}")

    last = run_blocking(engine, arguments, tell, feedback.isCanceled)
    if last["type"] == "done":
        feedback.setProgress(100)
        return dict(last["result"])
    if last["type"] == "cancelled":
        feedback.pushInfo(str(last["message"]))
        return None
    if last.get("log"):
        feedback.pushDebugInfo(last["log"])
    raise QgsProcessingException("\n".join(part for part in (last["message"], last.get("hint")) if part))


def refused(error: BenError) -> QgsProcessingException:
    """The engine's error in QGIS's clothes."""
    return QgsProcessingException("\n".join(part for part in (error.message, error.hint) if part))


def open_when_done(context: QgsProcessingContext, uri: str, name: str) -> None:
    """Have QGIS add a layer to the project once the algorithm has ended; nothing where there is no project."""
    project: Optional[QgsProject] = context.project()
    if project is not None:
        context.addLayerToLoadOnCompletion(uri, QgsProcessingContext.LayerDetails(name, project, name))


def file_of_vector(layer: QgsVectorLayer) -> str:
    """The path of the file that a vector layer reads."""
    return str(layer.source()).partition("|")[0]


def _progress(event: Values) -> str:
    return tr("{done} of {total} patches, {rate:.0f} a second, {eta:.0f} s to go").format(
        done=event["done"], total=event["total"], rate=event.get("rate") or 0, eta=event.get("eta") or 0
    )


def _not_set_up() -> str:
    return tr("The engine is not set up yet. Choose Plugins > BigEarthNet Mapper > Set up engine…")
