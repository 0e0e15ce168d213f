"""Wires the plugin into QGIS and out again: each thing added here has its removal in ``unload``."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QSettings, Qt, QTranslator
from qgis.PyQt.QtWidgets import QAction

from .i18n import tr
from .icons import icon
from .settings import Settings

MENU = "BigEarthNet Mapper"
TRANSLATIONS = Path(__file__).resolve().parents[1] / "resources" / "i18n"


class Plugin:
    """What QGIS holds of us."""

    def __init__(self, iface: QgisInterface) -> None:
        self.iface = iface
        self.settings = Settings.load()
        self.translator = _translator()
        self.provider = None
        self.dock = None
        self.actions = []

    def initProcessing(self) -> None:  # noqa: N802  (QGIS's name; qgis_process calls this one alone)
        from .processing import Provider

        self.provider = Provider()
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:  # noqa: N802
        from .dock import make_dock

        self.initProcessing()
        self.dock = make_dock(self.iface, self.settings)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.dock.hide()
        toggle = self.dock.toggleViewAction()
        toggle.setIcon(icon("mapper"))
        toggle.setToolTip(tr("Map a Sentinel scene into land-cover classes"))
        self._add(toggle, toolbar=True)
        engine = QAction(icon("engine"), tr("Set up engine…"), self.iface.mainWindow())
        engine.setToolTip(tr("Make, check or remove the environment in which the mapping runs"))
        engine.triggered.connect(self.set_up_engine)
        self._add(engine)

    def set_up_engine(self) -> None:
        from .engine.dialog import EngineDialog

        dialog = EngineDialog(self.settings, self.iface.mainWindow())
        dialog.exec()
        dialog.deleteLater()

    def unload(self) -> None:
        for action in self.actions:
            self.iface.removePluginMenu(MENU, action)
            self.iface.removeToolBarIcon(action)
        if self.dock is not None:
            self.dock.stop()
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
        for action in self.actions:
            action.deleteLater()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
        if self.translator is not None:
            QCoreApplication.removeTranslator(self.translator)
        self.dock = self.provider = self.translator = None
        self.actions = []

    def _add(self, action: QAction, toolbar: bool = False) -> None:
        self.iface.addPluginToMenu(MENU, action)
        if toolbar:
            self.iface.addToolBarIcon(action)
        self.actions.append(action)


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
