"""The parameters that say which scene and area, for the algorithms that take one scene: parameters to ``Job``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingUtils,
)

from ...ben_core.errors import BenError
from ...ben_core.job import S1_UNITS, Job
from ..dock.sources import file_of
from ..i18n import tr
from .base import Values, refused
from .form import FILES
from .job_algorithm import JobAlgorithm

SCENE = ("LAYERS", "FOLDER", "FILE")
RADAR = ("S1_LAYERS", "S1_FOLDER", "S1_FILES")
_DIGITS = 12  # of a coordinate in WKT


class SceneAlgorithm(JobAlgorithm):
    """``self.job`` is there after ``prepareAlgorithm``, which calls ``make_job``."""

    def add_scene(self) -> None:
        self.add_many(
            "LAYERS",
            tr("Scene: raster layers"),
            tr(
                "One layer with all bands, or a layer a band. Choose one of layers, folder and file, or Sentinel-1 alone."
            ),
        )
        self.add_folder("FOLDER", tr("or: folder"), tr("A Sentinel-2 product (.SAFE), or a folder with a file a band."))
        self.add_file(
            "FILE",
            tr("or: file"),
            tr("A zipped product, its MTD_MSIL2A.xml, a raster with all bands, or a STAC item: its file, its address, or "
               "COLLECTION.json#ID."),
            advanced=False,
            fileFilter=tr("Scenes") + " (*.zip *.xml *.tif *.tiff *.vrt *.jp2 *.json *.geojson);;"
            + tr("All files") + " (*)",
        )  # fmt: skip
        self.add_many(
            "S1_LAYERS",
            tr("Sentinel-1: raster layers"),
            tr("Terrain-corrected VV and VH of the same place, for models that read both sensors; without a scene above "
               "they are the scene. Layers, folder and files may be given together: of several passes the nearest in "
               "time comes first."),
        )  # fmt: skip
        self.add_folder("S1_FOLDER", tr("Sentinel-1: folder"), tr("A product with VV and VH."))
        self.add_many(
            "S1_FILES",
            tr("Sentinel-1: files"),
            tr(
                "GeoTIFFs of one pass or several, VV and VH by their names. In qgis_process and in Python folders, too."
            ),
            FILES,
        )
        self.add_choice(
            "S1_UNIT",
            tr("Sentinel-1 is stored as"),
            ("found", *S1_UNITS),
            tr("dB, power or amplitude, where neither names nor values tell."),
        )

    def add_area(self) -> None:
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
        aoi, aoi_crs = self._area(parameters, context)
        unit = self.parameterAsEnumString(parameters, "S1_UNIT", context)
        try:
            return Job(
                scene=tuple(self._scene(parameters, context)),
                s1=tuple(self._radar(parameters, context)),
                s1_unit=None if unit == "found" else unit,
                out=out,
                aoi=aoi,
                aoi_crs=aoi_crs,
                **self.options(parameters, context),
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
