"""The algorithms of the Processing toolbox."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..icons import icon


class Provider(QgsProcessingProvider):
    """The group "BigEarthNet Mapper" of the toolbox."""

    def id(self) -> str:
        return "bigearthnet_mapper"

    def name(self) -> str:
        return "BigEarthNet Mapper"

    def icon(self) -> QIcon:
        return icon("mapper")

    def loadAlgorithms(self) -> None:  # noqa: N802  (QGIS's name)
        pass
