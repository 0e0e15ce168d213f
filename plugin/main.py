"""Wires the plugin into QGIS and out again: each thing added here has its removal in ``unload``."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QSettings, Qt, QTranslator
from qgis.PyQt.QtWidgets import QMenu

from .i18n import tr
from .icons import icon
from .settings import Settings

TRANSLATIONS = Path(__file__).resolve().parents[1] / "resources" / "i18n"


class Plugin:
    """What QGIS holds of us."""

    def __init__(self, iface: QgisInterface) -> None:
        self.iface = iface
        self.settings = Settings.load()
        self.translator = _translator()
        self.provider = None
        self.dock = None
        self.menu = None

    def initProcessing(self) -> None:  # noqa: N802  (QGIS's name; qgis_process calls this one alone)
        from .processing import Provider

        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:  # noqa: N802
        from .dock.mapper_dock import make_dock

        self.initProcessing()
        self.dock = make_dock(self.iface, self.settings)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.hide()
        toggle = self.dock.toggleViewAction()
        toggle.setIcon(icon("mapper"))
        toggle.setToolTip(tr("Map a Sentinel scene into land-cover classes"))
        self.iface.addToolBarIcon(toggle)
        # A menu of our own: the one that addPluginToMenu makes stays in memory for good.
        self.menu = QMenu(tr("BigEarthNet Mapper"), self.iface.mainWindow())
        self.menu.setIcon(icon("mapper"))
        self.menu.addAction(toggle)
        engine = self.menu.addAction(icon("engine"), tr("Set up engine…"))
        engine.setToolTip(tr("Make, check or remove the environment in which the mapping runs"))
        engine.triggered.connect(self.dock.panel.set_up_engine)
        many = self.menu.addAction(icon("many"), tr("Map many scenes…"))
        many.setToolTip(tr("Map any number of scenes into one folder, and make one catalogue of them"))
        many.triggered.connect(self.dock.map_many)
        self.iface.pluginMenu().addMenu(self.menu)

    def unload(self) -> None:
        if self.dock is not None:
            self.iface.pluginMenu().removeAction(self.menu.menuAction())
            self.menu.deleteLater()
            self.iface.removeToolBarIcon(self.dock.toggleViewAction())
            self.dock.stop()
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
        self.dock = self.menu = self.provider = self.translator = None


def _translator() -> "QTranslator | None":
    """The words of the user's language, installed; None where there are none (English)."""
    stored = QSettings()
    language = QLocale.system().name()
    if stored.value("locale/overrideFlag", False, bool):
        language = stored.value("locale/userLocale", language, str)
    translator = QTranslator()
    if not translator.load(str(TRANSLATIONS / f"bigearthnet_mapper_{language[:2]}.qm")):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
