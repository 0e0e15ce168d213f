"""From the scenes that the panel knows to the dialog of "Map many scenes": the same runner, started from Processing."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtWidgets import QDialog

from .sources import Source, place_of, scenes_of

ALGORITHM = "bigearthnet_mapper:mapmany"


def scenes_known(project: QgsProject, picked: List[Source]) -> Dict[str, Any]:
    """The project's scenes and those that were picked from disk, as parameters of the algorithm."""
    loaded = [s for s in scenes_of(project.mapLayers().values()) if not s.radar and not s.refusal]
    files = [place_of(s) for s in picked if not s.layers and not s.radar and not s.refusal]
    found: Dict[str, Any] = {}
    if loaded:
        found["LAYERS"] = [i for s in loaded for i in s.layers]
    if files:
        found["FILES"] = files
    return found


class ManyScenes(QObject):
    """Opens the dialog, one at a time; ``close`` before the algorithms go."""

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._dialog: Optional[QDialog] = None

    def open(self, parameters: Dict[str, Any]) -> Optional[QDialog]:
        """The dialog with ``parameters`` filled in; None where QGIS runs without its Processing plugin."""
        if self._dialog is None:
            try:
                from processing import createAlgorithmDialog
            except ImportError:
                return None
            self._dialog = createAlgorithmDialog(ALGORITHM, parameters)
            if self._dialog is None:
                return None
            self._dialog.destroyed.connect(self._gone)  # by itself, when it was closed and its run has ended
        self._dialog.show()
        self._dialog.raise_()
        return self._dialog

    def close(self) -> None:
        if self._dialog is not None:
            self._dialog.close()

    def _gone(self) -> None:
        self._dialog = None
