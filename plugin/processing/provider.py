"""The provider: which algorithms the toolbox offers."""

from __future__ import annotations

from typing import List

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ...ben_core.version import COMMANDS, __version__
from ..icons import icon
from .adapt_model import AdaptModel
from .evaluate_map import EvaluateMap
from .map_many import MapMany
from .map_scene import MapScene
from .scene_info import SceneInfo
from .zone_statistics import ZoneStatistics

ALGORITHMS = (
    MapScene,
    MapMany,
    AdaptModel,
    SceneInfo,
    ZoneStatistics,
    EvaluateMap,
)  # each has the ``command`` of the engine that it stands for


class Provider(QgsProcessingProvider):
    """The group "BigEarthNet Mapper" of the toolbox."""

    def id(self) -> str:
        return "bigearthnet_mapper"

    def name(self) -> str:
        return "BigEarthNet Mapper"

    def longName(self) -> str:  # noqa: N802  (names of QGIS, here and below)
        return f"BigEarthNet Mapper {__version__}"

    def icon(self) -> QIcon:
        return icon("mapper")

    def loadAlgorithms(self) -> None:  # noqa: N802
        for algorithm in ALGORITHMS:
            if algorithm.command in COMMANDS:
                self.addAlgorithm(algorithm())

    def supportedOutputVectorLayerExtensions(self) -> List[str]:  # noqa: N802
        return ["gpkg"]  # the engine writes GeoPackages

    def supportedOutputRasterLayerExtensions(self) -> List[str]:  # noqa: N802
        return ["tif"]

    def supportsNonFileBasedOutput(self) -> bool:  # noqa: N802
        return False
