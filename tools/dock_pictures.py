"""Pictures of the dock in each of its states, from a real run, for docs and for looking at.

    with a QGIS application running and the plugin loaded as ``bigearthnet_mapper``:
    draw_dock(folder, scene, both)  ->  dock_empty.png, dock_ready.png, dock_running.png, dock_done.png, dock_error.png …

``python tools/dock_pictures.py FOLDER SCENE BOTH`` does it by itself (BEN_ENGINE_PYTHON names the engine).
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, List, Sequence

from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtGui import QColor, QPalette
from qgis.PyQt.QtWidgets import QApplication, QMainWindow

ROOT = Path(__file__).resolve().parents[1]
BANDS = ("B02", "B03", "B04", "B08")
WIDTH, NARROW, HEIGHT = 400, 320, 640


def wait_for(condition: Callable[[], bool], seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the dock did not get there")
        QApplication.processEvents()
        time.sleep(0.01)


def load_bands(scene: Path, bands: Sequence[str] = BANDS) -> None:
    """One layer a band, as a user who dragged the files into QGIS has them."""
    layers = [QgsRasterLayer(str(scene / f"{band}.tif"), band) for band in bands]
    QgsProject.instance().addMapLayers(layers)


def draw_dock(folder: Path, scene: Path, both: Path) -> List[Path]:
    """All pictures, light and dark; returns their paths. ``both``: a folder as SSL4EO-S12 has them, s1/ and s2a/."""
    made = [*_draw(folder, scene, "", WIDTH), *_draw(folder, scene, "_narrow", NARROW)]
    made += _draw_both(folder, both)
    before = QApplication.palette()
    QApplication.setPalette(dark_palette())
    try:
        made += _draw(folder, scene, "_dark", WIDTH)
    finally:
        QApplication.setPalette(before)
    return made


def _draw(folder: Path, scene: Path, suffix: str, width: int) -> List[Path]:
    from bigearthnet_mapper.plugin.dock.mapper_dock import make_dock
    from bigearthnet_mapper.plugin.dock.panel_layout import FORM, LOG
    from bigearthnet_mapper.plugin.dock.state import State
    from bigearthnet_mapper.plugin.settings import Settings

    folder.mkdir(parents=True, exist_ok=True)
    project = QgsProject.instance()
    project.clear()
    window = Window()
    made: List[Path] = []
    with tempfile.TemporaryDirectory() as out:
        os.environ["HOME"] = out
        dock = make_dock(window, Settings(output="~/maps"))
        panel = dock.panel
        dock.setWidget(None)
        panel.setParent(None)
        panel.resize(width, HEIGHT)
        panel.show()
        state = panel.machine

        def keep(name: str) -> None:
            QApplication.processEvents()
            path = folder / f"dock_{name}{suffix}.png"
            panel.grab().save(str(path))
            made.append(path)

        wait_for(lambda: panel.model.combo.count() > 5 and bool(panel.model.wanted()))
        keep("empty")
        load_bands(scene, BANDS[:2])
        wait_for(lambda: "2 of 4" in panel.scene.bands_box.title())
        keep("missing")
        load_bands(scene, BANDS[2:])
        wait_for(lambda: state.state is State.READY)
        keep("ready")
        panel.resolution.setValue(240)
        wait_for(lambda: state.state is State.READY)
        panel.run_button.click()
        wait_for(lambda: panel.progress.bar.value() > 0.3 * max(panel.progress.bar.maximum(), 1) > 0)
        keep("running")
        wait_for(lambda: state.state is not State.RUNNING)
        keep("done")
        panel.tabs.setCurrentIndex(LOG)
        keep("log")
        panel.tabs.setCurrentIndex(FORM)
        panel.resolution.setValue(120)
        wait_for(lambda: state.state is State.READY)
        panel.run(replace=True)
        wait_for(lambda: panel.progress.bar.value() > 0)
        os.kill(panel.runner._process.pid, signal.SIGKILL)  # as the system does where the memory is full
        wait_for(lambda: state.state is State.ERROR)
        keep("error")
        panel.advanced.setCollapsed(False)
        panel.resize(width, 1100)
        keep("advanced")
        dock.stop()
        project.clear()
        panel.deleteLater()
    return made


def _draw_both(folder: Path, both: Path) -> List[Path]:
    """A model of both sensors: Sentinel-1 missing, and found."""
    from bigearthnet_mapper.plugin.dock.mapper_dock import make_dock
    from bigearthnet_mapper.plugin.dock.state import State
    from bigearthnet_mapper.plugin.settings import Settings

    place = next((both / "s1").iterdir()).name
    optical, radar = min((both / "s2a" / place).iterdir()), sorted((both / "s1" / place).iterdir())
    made: List[Path] = []
    with tempfile.TemporaryDirectory() as out:
        os.environ["HOME"] = out
        dock = make_dock(Window(), Settings(output="~/maps"))
        panel, combo = dock.panel, dock.panel.model.combo
        dock.setWidget(None)
        panel.setParent(None)
        panel.resize(WIDTH, HEIGHT + 100)
        panel.show()
        wait_for(lambda: combo.findData("embedded-all") >= 0)
        combo.setCurrentIndex(combo.findData("embedded-all"))
        combo.activated.emit(combo.currentIndex())
        panel.scene.open_paths([str(optical)])
        for name, condition in (
            ("radar_missing", lambda: "4 of 6" in panel.scene.bands_box.title()),
            ("radar", lambda: panel.machine.state is State.READY),
        ):
            wait_for(condition)
            QApplication.processEvents()
            path = folder / f"dock_{name}.png"
            panel.grab().save(str(path))
            made.append(path)
            panel.scene.open_paths([str(p) for p in radar])
        panel.model.adapting.tick.setChecked(True)
        panel.advanced.make_regions.setChecked(True)
        panel.advanced.setCollapsed(False)
        panel.resize(WIDTH, 1400)
        wait_for(lambda: panel.machine.state is State.READY)
        path = folder / "dock_options.png"
        panel.grab().save(str(path))
        made.append(path)
        dock.stop()
        QgsProject.instance().clear()
        panel.deleteLater()
    return made


class Window(QMainWindow):
    """As much of QGIS's interface as the dock asks for."""

    def __init__(self) -> None:
        super().__init__()
        self._canvas = QgsMapCanvas(self)

    def mainWindow(self) -> "Window":  # noqa: N802  (names of QgisInterface)
        return self

    def mapCanvas(self) -> QgsMapCanvas:  # noqa: N802
        return self._canvas

    def activeLayer(self) -> None:  # noqa: N802
        return None


def dark_palette() -> QPalette:
    """A dark theme, for whoever looks at widgets without a desktop."""
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: "#2b2b2b", role.Base: "#1f1f1f", role.AlternateBase: "#2b2b2b", role.Button: "#3a3a3a",
        role.ToolTipBase: "#3a3a3a", role.WindowText: "#e4e4e4", role.Text: "#e4e4e4", role.ButtonText: "#e4e4e4",
        role.ToolTipText: "#e4e4e4", role.BrightText: "#ffffff", role.Highlight: "#3d7ab5",
        role.HighlightedText: "#ffffff", role.Link: "#7ab8f5", role.Light: "#4a4a4a", role.Midlight: "#404040",
        role.Mid: "#303030", role.Dark: "#1a1a1a", role.Shadow: "#000000",
    }  # fmt: skip
    for which, colour in colours.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor("#8a8a8a"))
    return palette


def _load_plugin() -> None:
    spec = importlib.util.spec_from_file_location(
        "bigearthnet_mapper", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bigearthnet_mapper"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    application = QgsApplication([], True)
    application.setStyle("fusion")
    application.initQgis()
    _load_plugin()
    for picture in draw_dock(*map(Path, sys.argv[1:])):
        print(picture)
