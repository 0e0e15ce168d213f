"""The parameters that are options of a job, whatever the scenes: parameters to fields of ``Job``."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFile,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from ...ben_core.errors import JobError
from ...ben_core.job import MAX_BATCH, PATCH, PRECISIONS, RUNTIMES, Job
from ..i18n import tr
from .base import EngineAlgorithm, Values, refused

NUMBER, INTEGER = QgsProcessingParameterNumber.Type.Double, QgsProcessingParameterNumber.Type.Integer


class JobAlgorithm(EngineAlgorithm):
    """``self.job`` is there after ``prepareAlgorithm``."""

    def __init__(self) -> None:
        super().__init__()
        self.job: Optional[Job] = None

    def add_model(self) -> None:
        self.add(
            QgsProcessingParameterString("MODEL", tr("Model"), "embedded"),
            tr("“embedded”, “auto” (the best one on this machine that fits the scene), a published name such as "
               "reben/resnet50-s2-v0.2.0, a model card (.json), or an .onnx file with its card."),
        )  # fmt: skip

    def add_stride(self) -> None:
        self.add(
            QgsProcessingParameterNumber("STRIDE", tr("Cell size (pixels of 10 m)"), INTEGER, PATCH, False, 1, PATCH),
            tr("120: each place is mapped once, in cells of 1.2 km. 60: cells of 600 m, four times as many patches."),
        )

    def add_thresholds(self) -> None:
        self.add(
            QgsProcessingParameterNumber("THRESHOLD", tr("Threshold for all classes"), NUMBER, None, True, 0, 1),
            tr("Probability from which a class becomes a label. Left empty, each class has its own, by the model."),
        )
        for name, words, default, tip in (
            ("MIN_VALID", tr("Least share of valid pixels"), 0.9, tr("A patch with fewer is skipped.")),
            ("MAX_CLOUD", tr("Largest share of cloud"), 0.5, tr("Cloud and its shadow; a patch with more is skipped.")),
            ("MAX_SNOW", tr("Largest share of snow"), 0.5, tr("Snow and ice; a patch with more is skipped.")),
        ):
            self.add(QgsProcessingParameterNumber(name, words, NUMBER, default, False, 0, 1), tip, advanced=True)
        self.add(
            QgsProcessingParameterString("CLASS_THRESHOLDS", tr("Thresholds of single classes"), "", True, True),
            tr("A line a class: Urban fabric=0.15"),
            advanced=True,
        )

    def add_reading(self) -> None:
        self.add(
            QgsProcessingParameterString("BANDS", tr("Bands"), "", optional=True),
            tr("Where the names of bands say nothing: B02=1,B03=2,B04=3,B08=4 (number in the file, or a file's name)."),
            advanced=True,
        )
        for name, words in (("SCALE", tr("Scale of the values")), ("OFFSET", tr("Offset of the values"))):
            self.add(
                QgsProcessingParameterNumber(name, words, NUMBER, None, True),
                tr("Reflectance x 10000 = value x scale + offset; by the metadata where left empty. -1000 for values of "
                   "baseline 04.00 and later without metadata."),
                advanced=True,
            )  # fmt: skip
        self.add(
            QgsProcessingParameterString("ACQUIRED", tr("Acquisition time"), "", optional=True),
            tr("ISO 8601, for scenes that do not tell it: 2020-02-23T03:37:29Z"),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterBoolean("ALLOW_L1C", tr("Take a Level-1C product"), False),
            tr("Top of atmosphere; the models saw surface reflectance (Level-2A). Read such a map with care."),
            advanced=True,
        )

    def add_fallback(self) -> None:
        self.add(
            QgsProcessingParameterString("FALLBACK_MODEL", tr("Fallback model"), "", optional=True),
            tr("Answers cells that the model may not, such as cells under cloud that Sentinel-1 sees; “embedded” and “auto” "
               "mean models of Sentinel-1. The map says which model answered."),
            advanced=True,
        )  # fmt: skip

    def add_terrain(self) -> None:
        """What raw Sentinel-1 (GRD) needs to be laid on a map."""
        self.add(
            QgsProcessingParameterFile("DEM", tr("Terrain model"), optional=True),
            tr("For raw Sentinel-1 products (GRD): heights as one raster that covers the scene."),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString("GEOID", tr("Heights above"), "", optional=True),
            tr("What the heights are above, where the terrain model does not say it: egm96, egm2008, none (the ellipsoid), "
               "or the file of a grid."),
            advanced=True,
        )  # fmt: skip
        self.add(
            QgsProcessingParameterNumber("HEIGHT", tr("or: one height for all land (metres)"), NUMBER, None, True),
            tr("Above the ellipsoid, in place of a terrain model; mountains end up where they are not."),
            advanced=True,
        )

    def add_device(self) -> None:
        self._add_choice("DEVICE", tr("Device"), ("auto", "cpu", "cuda", "mps"))
        self._add_count("THREADS", tr("CPU threads"))

    def add_computing(self) -> None:
        self._add_choice("PRECISION", tr("Arithmetic"), PRECISIONS)
        self._add_choice("RUNTIME", tr("Runtime"), RUNTIMES)
        self._add_count("BATCH", tr("Patches a batch"), MAX_BATCH)

    def _add_choice(self, name: str, words: str, choices: Sequence[str]) -> None:
        self.add(
            QgsProcessingParameterEnum(name, words, list(choices), False, "auto", False, True),
            tr("What is asked for is had or refused; “auto” chooses, and the log says why."),
            advanced=True,
        )

    def _add_count(self, name: str, words: str, most: Optional[int] = None) -> None:
        parameter = QgsProcessingParameterNumber(name, words, INTEGER, 0, False, 0)
        if most is not None:
            parameter.setMaximum(most)
        self.add(parameter, tr("0: found by the engine."), advanced=True)

    def options(self, parameters: Values, context: QgsProcessingContext) -> Dict[str, Any]:
        """Fields of a job, of the parameters that the algorithm has; they are named alike. Raises QgsProcessingException."""

        def number(name: str) -> Optional[float]:
            return None if parameters.get(name) is None else self.parameterAsDouble(parameters, name, context)

        def text(name: str) -> Optional[str]:
            return self.parameterAsString(parameters, name, context).strip() or None

        def integer(name: str) -> int:
            return int(self.parameterAsInt(parameters, name, context))

        def fraction(name: str) -> float:
            return float(self.parameterAsDouble(parameters, name, context))

        def choice(name: str) -> str:
            return str(self.parameterAsEnumString(parameters, name, context))

        kinds: Dict[Callable[[str], Any], Tuple[str, ...]] = {
            lambda name: text(name) or "embedded": ("MODEL",),
            integer: ("STRIDE", "BATCH", "THREADS"),
            fraction: ("MIN_VALID", "MAX_CLOUD", "MAX_SNOW"),
            lambda name: _thresholds(number(name), text("CLASS_THRESHOLDS")): ("THRESHOLD",),
            lambda name: _bands(text(name)): ("BANDS",),
            number: ("SCALE", "OFFSET", "HEIGHT"),
            text: ("ACQUIRED", "FALLBACK_MODEL", "DEM", "GEOID"),
            lambda name: self.parameterAsBool(parameters, name, context): ("ALLOW_L1C",),
            choice: ("DEVICE", "PRECISION", "RUNTIME"),
        }
        return {
            name.lower(): read(name)
            for read, names in kinds.items()
            for name in names
            if self.parameterDefinition(name) is not None
        }


def _thresholds(common: Optional[float], lines: Optional[str]) -> Any:
    if not lines:
        return common
    if common is not None:
        raise QgsProcessingException(tr("Give one threshold for all classes, or thresholds of single classes."))
    found: Dict[str, float] = {}
    for line in lines.splitlines():
        name, _, value = line.rpartition("=")
        try:
            if line.strip():
                found[name.strip()] = float(value)
        except ValueError:
            raise QgsProcessingException(
                tr("“{line}” is no threshold of a class; write: Urban fabric=0.15").format(line=line)
            ) from None
    return found


def _bands(text: Optional[str]) -> Dict[str, Any]:
    found: Dict[str, Any] = {}
    for part in (text or "").split(","):
        name, given, where = (p.strip() for p in part.partition("="))
        if part.strip() and not (name and given and where):
            raise refused(JobError(tr("“{text}” names no bands.").format(text=text), "B02=1,B03=2,B04=3,B08=4"))
        if part.strip():
            found[name] = int(where) if where.isdecimal() else where
    return found
