"""The panel as a dock of QGIS, with the tools that ask its results."""

from __future__ import annotations

from qgis.core import QgsProject
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtWidgets import QWidget

from ..i18n import tr
from ..result import ResultInspector
from ..settings import Settings
from .looks import WARN
from .many import ManyScenes
from .panel import Panel


class MapperDock(QgsDockWidget):
    """The panel as a dock of QGIS. It has ``stop()``: end what runs, drop what was added."""

    def __init__(self, iface: QgisInterface, settings: Settings) -> None:
        window: QWidget = iface.mainWindow()
        super().__init__(tr("BigEarthNet Mapper"), window)
        self.setObjectName("BigEarthNetMapper")

        def set_up_engine() -> None:
            from ..engine.dialog import EngineDialog

            dialog = EngineDialog(settings, window)
            dialog.exec()
            dialog.deleteLater()

        self.panel = Panel(QgsProject.instance(), iface.mapCanvas(), settings, set_up_engine, self)
        self.setWidget(self.panel)
        self.asking = ResultInspector(iface, self)
        for action in (self.asking.patch_action, self.asking.chart_action):
            self.panel.result_tab.add_tool(action)
        self.panel.result_tab.shown.connect(self.asking.set_result)
        self.asking.set_result(self.panel.result_tab.result)
        self.many = ManyScenes(self)
        self.panel.many_wanted.connect(self.map_many)
        self._iface = iface
        self.opened.connect(self._prefer_active_layer)

    def map_many(self) -> None:
        """The dialog of many scenes, with what the panel knows."""
        if self.many.open(self.panel.many()) is None:
            text = tr("Switch on the plugin “Processing”: it runs many scenes.")
            self.panel.notice.show_message(WARN, tr("Many scenes need QGIS's Processing."), text)

    def stop(self) -> None:
        self.many.close()
        self.asking.stop()
        self.panel.stop()

    def _prefer_active_layer(self) -> None:
        """The layer that a person works with is the scene that they mean."""
        layer = self._iface.activeLayer()
        if layer is not None and not self.panel.runner.running:
            self.panel.scene.prefer_layer(layer.id())


def make_dock(iface: QgisInterface, settings: Settings) -> MapperDock:
    """The panel, not yet added to the window."""
    return MapperDock(iface, settings)
