"""The parameters that are options of a job, whatever the scenes: parameters to fields of ``Job``."""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional, Sequence, Tuple

from qgis.core import QgsProcessingContext, QgsProcessingException, QgsProcessingParameterString

from ...ben_core.errors import JobError
from ...ben_core.job import MAX_BATCH, PATCH, PRECISIONS, RUNTIMES, Job
from ..i18n import tr
from .base import EngineAlgorithm, Values, refused
from .form import INTEGER


class JobAlgorithm(EngineAlgorithm):
    """``self.job`` is there after ``prepareAlgorithm``."""

    def __init__(self) -> None:
        super().__init__()
        self.job: Optional[Job] = None

    def add_options(self) -> None:
        """All options of a map."""
        self.add_model()
        self.add_stride()
        self.add_area()
        self.add_thresholds()
        self.add_fallback()
        self.add_reading()
        self.add_terrain()
        self.add_device()
        self.add_computing()

    def add_model(self) -> None:
        self.add(
            QgsProcessingParameterString("MODEL", tr("Model"), "embedded"),
            tr("“embedded”, “auto” (the best one on this machine that fits the scene), a published name such as "
               "reben/resnet50-s2-v0.2.0, a model card (.json), or an .onnx file with its card."),
        )  # fmt: skip

    def add_stride(self) -> None:
        self.add_number(
            "STRIDE",
            tr("Cell size (pixels of 10 m)"),
            tr("120: each place is mapped once, in cells of 1.2 km. 60: cells of 600 m, four times as many patches."),
            INTEGER,
            default=PATCH,
            least=1,
            most=PATCH,
            advanced=False,
        )

    def add_area(self) -> None:
        """None: an area is one scene's."""

    def add_thresholds(self) -> None:
        self.add_number(
            "THRESHOLD",
            tr("Threshold for all classes"),
            tr("Probability from which a class becomes a label. Left empty, each class has its own, by the model."),
            least=0,
            most=1,
            advanced=False,
        )
        for name, words, default, tip in (
            ("MIN_VALID", tr("Least share of valid pixels"), 0.9, tr("A patch with fewer is skipped.")),
            ("MAX_CLOUD", tr("Largest share of cloud"), 0.5, tr("Cloud and its shadow; a patch with more is skipped.")),
            ("MAX_SNOW", tr("Largest share of snow"), 0.5, tr("Snow and ice; a patch with more is skipped.")),
        ):
            self.add_number(name, words, tip, default=default, least=0, most=1)
        self.add_text(
            "CLASS_THRESHOLDS", tr("Thresholds of single classes"), tr("A line a class: Urban fabric=0.15"), lines=True
        )

    def add_reading(self) -> None:
        self.add_text(
            "BANDS",
            tr("Bands"),
            tr("Where the names of bands say nothing: B02=1,B03=2,B04=3,B08=4 (number in the file, or a file's name)."),
        )
        self.add_number(
            "SCALE",
            tr("Scale of the values"),
            tr("Reflectance x 10000 = value x scale + offset; by the metadata where left empty."),
        )
        self.add_number(
            "OFFSET",
            tr("Offset of the values"),
            tr("See scale; -1000 for values of baseline 04.00 and later without metadata."),
        )
        self.add_text(
            "ACQUIRED", tr("Acquisition time"), tr("ISO 8601, for scenes that do not tell it: 2020-02-23T03:37:29Z")
        )
        self.add_tick(
            "ALLOW_L1C",
            tr("Take a Level-1C product"),
            tr("Top of atmosphere; the models saw surface reflectance (Level-2A). Read such a map with care."),
        )

    def add_fallback(self) -> None:
        self.add_text(
            "FALLBACK_MODEL",
            tr("Fallback model"),
            tr("Answers cells that the model may not, such as cells under cloud that Sentinel-1 sees; “embedded” and “auto” "
               "mean models of Sentinel-1. The map says which model answered."),
        )  # fmt: skip

    def add_terrain(self) -> None:
        """What raw Sentinel-1 (GRD) needs to be laid on a map."""
        self.add_file(
            "DEM",
            tr("Terrain model"),
            tr("For raw Sentinel-1 products (GRD): heights as one raster that covers the scene."),
        )
        self.add_text(
            "GEOID",
            tr("Heights above"),
            tr("What the heights are above, where the terrain model does not say it: egm96, egm2008, none (the ellipsoid), "
               "or the file of a grid."),
        )  # fmt: skip
        self.add_number(
            "HEIGHT",
            tr("or: one height for all land (metres)"),
            tr("Above the ellipsoid, in place of a terrain model; mountains end up where they are not."),
        )

    def add_device(self) -> None:
        self._add_computing("DEVICE", tr("Device"), ("auto", "cpu", "cuda", "mps"))
        self._add_count("THREADS", tr("CPU threads"))

    def add_computing(self) -> None:
        self._add_computing("PRECISION", tr("Arithmetic"), PRECISIONS)
        self._add_computing("RUNTIME", tr("Runtime"), RUNTIMES)
        self._add_count("BATCH", tr("Patches a batch"), MAX_BATCH)

    def _add_computing(self, name: str, words: str, choices: Sequence[str]) -> None:
        tip = tr("What is asked for is had or refused; “auto” chooses, and the log says why.")
        self.add_choice(name, words, choices, tip)

    def _add_count(self, name: str, words: str, most: Optional[int] = None) -> None:
        self.add_number(name, words, tr("0: found by the engine."), INTEGER, default=0, least=0, most=most)

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
