"""The two ways to ask a finished map: click a patch, or see the cells of every class."""

from __future__ import annotations

from typing import Optional

from qgis.core import QgsCoordinateTransform, QgsGeometry, QgsPointXY, QgsProject, QgsWkbTypes
from qgis.gui import QgisInterface, QgsDockWidget, QgsMapCanvas, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAction

from ..i18n import tr
from ..icons import icon
from ..layers import ResultLayers
from .chip import chip, find_bands, picture_words
from .counts import CountsWindow
from .patch import Patch, patch_at, patch_of
from .patch_view import PatchView, Picture


class PatchTool(QgsMapTool):
    """A click on the canvas; ``clicked`` carries the point in the CRS of the project."""

    clicked = pyqtSignal(QgsPointXY)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.WhatsThisCursor)

    def canvasReleaseEvent(self, event) -> None:  # noqa: N802  (a name of QGIS)
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(event.mapPoint())


class ResultInspector(QObject):
    """Holds the map tool, the panel of the patch and the actions ``patch_action`` and ``chart_action``.

    ``set_result`` says which map is asked; ``stop`` takes everything out of QGIS's window.
    """

    def __init__(self, iface: QgisInterface, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._iface = iface
        self._canvas: QgsMapCanvas = iface.mapCanvas()
        self._result: Optional[ResultLayers] = None
        self.counts: Optional[CountsWindow] = None
        self.view = PatchView()
        self.view.step.connect(self.step)
        self.dock = QgsDockWidget(tr("Patch"), iface.mainWindow())
        self.dock.setObjectName("BigEarthNetMapperPatch")
        self.dock.setWidget(self.view)
        iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.hide()
        self.dock.visibilityChanged.connect(self._seen)
        self.patch_action = QAction(icon("patch"), tr("Explain a patch"), self)
        self.patch_action.setCheckable(True)
        self.patch_action.setToolTip(
            tr("Click a patch of the map to see the probability of every class and its picture")
        )
        self.patch_action.triggered.connect(self._ask)
        self.chart_action = QAction(icon("chart"), tr("Cells by class"), self)
        self.chart_action.setToolTip(tr("Chart and table of the cells of every class"))
        self.chart_action.triggered.connect(self.show_counts)
        self.tool = PatchTool(self._canvas)
        self.tool.setAction(self.patch_action)
        self.tool.clicked.connect(self.show_at)
        self._outlines = [_outline(self._canvas, colour, width) for colour, width in (("#000000", 4), ("#ffffff", 2))]
        self.set_result(None)

    def stop(self) -> None:
        if self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)
        for outline in self._outlines:
            self._canvas.scene().removeItem(outline)
        self._outlines = []
        self._close_counts()
        self.dock.visibilityChanged.disconnect(self._seen)
        self._iface.removeDockWidget(self.dock)
        self.dock.deleteLater()
        self.tool.deleteLater()

    def set_result(self, result: Optional[ResultLayers]) -> None:
        """Ask another map, or none."""
        self._result = result
        for action in (self.patch_action, self.chart_action):
            action.setEnabled(result is not None)
        if result is None and self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)
        self._close_counts()
        self._show(None)

    def show_at(self, point: QgsPointXY) -> None:
        """Explain the patch at a point in the CRS of the project."""
        if self._result is not None:
            there = self._transform().transform(point, QgsCoordinateTransform.ReverseTransform)
            self._show(patch_at(self._result, there))
            self._raise()

    def step(self, rows: int, cols: int) -> None:
        """Explain a neighbour of the patch; nothing where there is none."""
        shown = self.view.patch
        if self._result is not None and shown is not None:
            found = patch_of(self._result, shown.row + rows, shown.col + cols)
            if found is not None:
                self._show(found)

    def show_counts(self) -> None:
        if self._result is None:
            return
        self._close_counts()
        self.counts = CountsWindow(self._result, self._iface.mainWindow())
        self.counts.show()

    def _close_counts(self) -> None:
        if self.counts is not None:
            self.counts.close()
            self.counts.deleteLater()
            self.counts = None

    def _ask(self, on: bool) -> None:
        if not on or self._result is None:
            self._canvas.unsetMapTool(self.tool)
            return
        self._canvas.setMapTool(self.tool)
        self._raise()
        if self.view.patch is None:  # a start for those who use no mouse
            self.show_at(self._canvas.center())

    def _raise(self) -> None:
        self.dock.show()
        self.dock.raise_()

    def _seen(self, visible: bool) -> None:
        if not visible and not self.dock.isVisible():
            self._draw(None)
        elif visible:
            self._draw(self.view.patch)

    def _show(self, patch: Optional[Patch]) -> None:
        image, why = None, ""
        if patch is not None and self._result is not None:
            sources = find_bands(QgsProject.instance(), self._result.patches)
            if sources is None:
                why = tr("No picture: load the scene's bands B04, B03 and B02, or VV and VH.")
            else:
                size = round(Picture.SIDE * self.view.devicePixelRatioF())
                image = chip(sources, patch.seen, self._result.patches.crs().toWkt(), size)
                why = picture_words(sources) if image else tr("The scene's files cannot be read.")
        self.view.show_patch(patch, image, why)
        self._draw(patch)

    def _draw(self, patch: Optional[Patch]) -> None:
        for outline in self._outlines:
            outline.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
            if patch is not None:
                geometry = QgsGeometry(patch.cell)
                geometry.transform(self._transform())
                outline.setToGeometry(geometry, None)

    def _transform(self) -> QgsCoordinateTransform:
        """From the map to the project."""
        assert self._result is not None
        project = QgsProject.instance()
        return QgsCoordinateTransform(
            self._result.patches.crs(), self._canvas.mapSettings().destinationCrs(), project
        )  # fmt: skip


def _outline(canvas: QgsMapCanvas, colour: str, width: int) -> QgsRubberBand:
    band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
    band.setStrokeColor(QColor(colour))
    band.setFillColor(QColor(0, 0, 0, 0))
    band.setWidth(width)
    return band
