"""The panel."""

from __future__ import annotations

from qgis.gui import QgisInterface
from qgis.PyQt.QtWidgets import QDockWidget

from ..i18n import tr
from ..settings import Settings


def make_dock(iface: QgisInterface, settings: Settings) -> QDockWidget:
    """The panel, not yet added to the window. It has ``stop()``: end what runs, drop what was added."""
    dock = QDockWidget(tr("BigEarthNet Mapper"), iface.mainWindow())
    dock.setObjectName("BigEarthNetMapper")
    dock.stop = lambda: None
    return dock
