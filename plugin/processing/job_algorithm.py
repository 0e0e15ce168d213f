"""The parameters that describe a job, for the algorithms that take a scene: parameters to ``Job``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingUtils,
)

from ...ben_core.errors import BenError, JobError
from ...ben_core.job import MAX_BATCH, PATCH, PRECISIONS, RUNTIMES, S1_UNITS, Job
from ..dock.sources import file_of
from ..i18n import tr
from .base import EngineAlgorithm, Values, refused

SCENE = ("LAYERS", "FOLDER", "FILE")
RADAR = ("S1_LAYERS", "S1_FOLDER", "S1_FILES")
_DIGITS = 12  # of a coordinate in WKT


class JobAlgorithm(EngineAlgorithm):
    """``self.job`` is there after ``prepareAlgorithm``."""

    def __init__(self) -> None:
        super().__init__()
        self.job: Optional[Job] = None

    def add_scene(self) -> None:
        self.add(
            QgsProcessingParameterMultipleLayers(
                "LAYERS", tr("Scene: raster layers"), QgsProcessing.TypeRaster, optional=True
            ),
            tr(
                "One layer with all bands, or a layer a band. Choose one of layers, folder and file, or Sentinel-1 alone."
            ),
        )
        self.add(
            QgsProcessingParameterFile(
                "FOLDER", tr("or: folder"), QgsProcessingParameterFile.Behavior.Folder, optional=True
            ),
            tr("A Sentinel-2 product (.SAFE), or a folder with a file a band."),
        )
        self.add(
            QgsProcessingParameterFile(
                "FILE",
                tr("or: file"),
                optional=True,
                fileFilter=tr("Scenes") + " (*.zip *.xml *.tif *.tiff *.vrt *.jp2 *.json *.geojson);;"
                + tr("All files") + " (*)",
            ),
            tr("A zipped product, its MTD_MSIL2A.xml, a raster with all bands, or a STAC item: its file, its address, or "
               "COLLECTION.json#ID."),
        )  # fmt: skip
        self.add(
            QgsProcessingParameterMultipleLayers(
                "S1_LAYERS", tr("Sentinel-1: raster layers"), QgsProcessing.TypeRaster, optional=True
            ),
            tr("Terrain-corrected VV and VH of the same place, for models that read both sensors; without a scene above "
               "they are the scene. Layers, folder and files may be given together: of several passes the nearest in "
               "time comes first."),
        )  # fmt: skip
        self.add(
            QgsProcessingParameterFile(
                "S1_FOLDER", tr("Sentinel-1: folder"), QgsProcessingParameterFile.Behavior.Folder, optional=True
            ),
            tr("A product with VV and VH."),
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "S1_FILES", tr("Sentinel-1: files"), QgsProcessing.TypeFile, optional=True
            ),
            tr(
                "GeoTIFFs of one pass or several, VV and VH by their names. In qgis_process and in Python folders, too."
            ),
        )
        self.add(
            QgsProcessingParameterEnum(
                "S1_UNIT", tr("Sentinel-1 is stored as"), ["found", *S1_UNITS], False, "found", False, True
            ),
            tr("dB, power or amplitude, where neither names nor values tell."),
            advanced=True,
        )

    def add_options(self) -> None:
        number, integer = QgsProcessingParameterNumber.Type.Double, QgsProcessingParameterNumber.Type.Integer
        self.add(
            QgsProcessingParameterString("MODEL", tr("Model"), "embedded"),
            tr("“embedded”, “auto” (the best one on this machine that fits the scene), a published name such as "
               "reben/resnet50-s2-v0.2.0, a model card (.json), or an .onnx file with its card."),
        )  # fmt: skip
        self.add(
            QgsProcessingParameterNumber("STRIDE", tr("Cell size (pixels of 10 m)"), integer, PATCH, False, 1, PATCH),
            tr("120: each place is mapped once, in cells of 1.2 km. 60: cells of 600 m, four times as many patches."),
        )
        self.add(
            QgsProcessingParameterFeatureSource(
                "AREA", tr("Only this area"), [QgsProcessing.TypeVectorPolygon], optional=True
            ),
            tr("Polygons; cells that share ground with one are mapped. The selection, where you tick it."),
        )
        self.add(
            QgsProcessingParameterExtent("EXTENT", tr("or: only this extent"), optional=True),
            tr("A rectangle in any CRS, the map canvas for instance."),
        )
        self.add(
            QgsProcessingParameterNumber("THRESHOLD", tr("Threshold for all classes"), number, None, True, 0, 1),
            tr("Probability from which a class becomes a label. Left empty, each class has its own, by the model."),
        )
        for name, words, default, tip in (
            ("MIN_VALID", tr("Least share of valid pixels"), 0.9, tr("A patch with fewer is skipped.")),
            ("MAX_CLOUD", tr("Largest share of cloud"), 0.5, tr("Cloud and its shadow; a patch with more is skipped.")),
            ("MAX_SNOW", tr("Largest share of snow"), 0.5, tr("Snow and ice; a patch with more is skipped.")),
        ):
            self.add(QgsProcessingParameterNumber(name, words, number, default, False, 0, 1), tip, advanced=True)
        self.add(
            QgsProcessingParameterString("CLASS_THRESHOLDS", tr("Thresholds of single classes"), "", True, True),
            tr("A line a class: Urban fabric=0.15"),
            advanced=True,
        )
        self.add(
            QgsProcessingParameterString("BANDS", tr("Bands"), "", optional=True),
            tr("Where the names of bands say nothing: B02=1,B03=2,B04=3,B08=4 (number in the file, or a file's name)."),
            advanced=True,
        )
        for name, words in (("SCALE", tr("Scale of the values")), ("OFFSET", tr("Offset of the values"))):
            self.add(
                QgsProcessingParameterNumber(name, words, number, None, True),
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
        for name, words, choices in (
            ("DEVICE", tr("Device"), ("auto", "cpu", "cuda", "mps")),
            ("PRECISION", tr("Arithmetic"), PRECISIONS),
            ("RUNTIME", tr("Runtime"), RUNTIMES),
        ):
            self.add(
                QgsProcessingParameterEnum(name, words, choices, False, "auto", False, True),
                tr("What is asked for is had or refused; “auto” chooses, and the log says why."),
                advanced=True,
            )
        for name, words, most in (("BATCH", tr("Patches a batch"), MAX_BATCH), ("THREADS", tr("CPU threads"), None)):
            parameter = QgsProcessingParameterNumber(name, words, integer, 0, False, 0)
            if most is not None:
                parameter.setMaximum(most)
            self.add(parameter, tr("0: found by the engine."), advanced=True)

    def checkParameterValues(self, parameters: Values, context: QgsProcessingContext) -> Tuple[bool, str]:  # noqa: N802
        fine, words = super().checkParameterValues(parameters, context)
        given = sum(bool(parameters.get(name)) for name in SCENE)
        alone = given == 0 and any(parameters.get(name) for name in RADAR)
        if fine and given != 1 and not alone:
            return False, tr("Choose the scene by one of the three: raster layers, folder, file; or Sentinel-1 alone.")
        if fine and parameters.get("AREA") and parameters.get("EXTENT"):
            return False, tr("Choose an area or an extent, not both.")
        return fine, words

    def make_job(self, parameters: Values, context: QgsProcessingContext, out: str, **more: Any) -> Job:
        """The job that the parameters describe. Raises QgsProcessingException."""

        def number(name: str) -> Optional[float]:
            return None if parameters.get(name) is None else self.parameterAsDouble(parameters, name, context)

        def text(name: str) -> Optional[str]:
            return self.parameterAsString(parameters, name, context).strip() or None

        def choice(name: str) -> str:
            return self.parameterAsEnumString(parameters, name, context)

        aoi, aoi_crs = self._area(parameters, context)
        try:
            return Job(
                scene=tuple(self._scene(parameters, context)),
                s1=tuple(self._radar(parameters, context)),
                s1_unit=None if choice("S1_UNIT") == "found" else choice("S1_UNIT"),
                out=out,
                model=text("MODEL") or "embedded",
                stride=self.parameterAsInt(parameters, "STRIDE", context),
                aoi=aoi,
                aoi_crs=aoi_crs,
                threshold=_thresholds(number("THRESHOLD"), text("CLASS_THRESHOLDS")),
                min_valid=self.parameterAsDouble(parameters, "MIN_VALID", context),
                max_cloud=self.parameterAsDouble(parameters, "MAX_CLOUD", context),
                max_snow=self.parameterAsDouble(parameters, "MAX_SNOW", context),
                bands=_bands(text("BANDS")),
                scale=number("SCALE"),
                offset=number("OFFSET"),
                acquired=text("ACQUIRED"),
                allow_l1c=self.parameterAsBool(parameters, "ALLOW_L1C", context),
                device=choice("DEVICE"),
                precision=choice("PRECISION"),
                runtime=choice("RUNTIME"),
                batch=self.parameterAsInt(parameters, "BATCH", context),
                threads=self.parameterAsInt(parameters, "THREADS", context),
                **more,
            )
        except BenError as e:
            raise refused(e) from e

    def _scene(self, parameters: Values, context: QgsProcessingContext) -> List[str]:
        for name in ("FOLDER", "FILE"):
            path = self.parameterAsString(parameters, name, context)
            if path:
                return [path]
        return self._files_of(parameters, "LAYERS", context)

    def _radar(self, parameters: Values, context: QgsProcessingContext) -> List[str]:
        folder = self.parameterAsString(parameters, "S1_FOLDER", context)
        found = [*self._files_of(parameters, "S1_LAYERS", context), *([folder] if folder else [])]
        if parameters.get("S1_FILES"):
            found += self.parameterAsFileList(parameters, "S1_FILES", context)
        return list(dict.fromkeys(found))

    def _files_of(self, parameters: Values, name: str, context: QgsProcessingContext) -> List[str]:
        """The files of raster layers, each once."""
        if not parameters.get(name):
            return []
        paths = []
        for layer in self.parameterAsLayerList(parameters, name, context):
            refusal, path = file_of(layer)
            if refusal:
                raise QgsProcessingException(f"{layer.name()}: {refusal}")
            paths.append(path)
        if not paths:
            raise QgsProcessingException(tr("None of the scene's raster layers could be read."))
        return list(dict.fromkeys(paths))

    def _area(self, parameters: Values, context: QgsProcessingContext) -> Tuple[Optional[str], Optional[str]]:
        """The area as WKT and its CRS. Text, no file: the same area is the same job, and a stopped run resumes."""
        source = self.parameterAsSource(parameters, "AREA", context)
        if source is not None:
            parts = [f.geometry() for f in source.getFeatures() if f.hasGeometry()]
            whole = QgsGeometry.unaryUnion(parts) if parts else QgsGeometry()
            if whole.isEmpty():
                raise QgsProcessingException(tr("The area holds no polygon. Is a selection asked for, and empty?"))
            return whole.asWkt(_DIGITS), _name(source.sourceCrs())
        crs = self.parameterAsExtentCrs(parameters, "EXTENT", context)
        box = self.parameterAsExtent(parameters, "EXTENT", context, crs)
        return (None, None) if box.isEmpty() else (QgsGeometry.fromRect(box).asWkt(_DIGITS), _name(crs))


def write_job(job: Job, context: QgsProcessingContext) -> str:
    """The job as a file that lives as long as Processing's temporary files."""
    path = Path(QgsProcessingUtils.generateTempFilename("job.json"))
    path.write_text(job.to_json(), encoding="utf-8")
    return str(path)


def _name(crs: QgsCoordinateReferenceSystem) -> Optional[str]:
    """How the engine is told a CRS; None (degrees) where the layer has none."""
    if not crs.isValid():
        return None
    return crs.authid() if crs.authid().startswith("EPSG:") else crs.toWkt()


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
