"""Pictures of the whole QGIS window with a finished map. Runs inside QGIS: see tools/screenshots.sh.

BEN_SCENE is a folder of band files, BEN_PICTURES the folder of the pictures.
"""

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import processing
import qgis.utils
from osgeo import gdal
from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMultiBandColorRenderer,
    QgsProject,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget
from qgis.utils import iface

SCENE, PICTURES = Path(os.environ["BEN_SCENE"]), Path(os.environ["BEN_PICTURES"])


def settle(seconds=0.3):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.01)


def until(condition, seconds=600):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("QGIS did not get there")
        settle(0.05)


def drawn():
    """The canvas has rendered all layers."""
    iface.mapCanvas().waitWhileRendering()
    settle(0.5)
    until(lambda: not iface.mapCanvas().isDrawing())


def keep(widget, name):
    settle()
    widget.grab().save(str(PICTURES / f"{name}.png"))


def true_colour(folder):
    """The scene as a user has it on the canvas: red, green, blue, stretched."""
    path = str(Path(folder) / "true_colour.vrt")
    gdal.BuildVRT(path, [str(SCENE / f"{b}.tif") for b in ("B04", "B03", "B02")], separate=True).FlushCache()
    layer = QgsRasterLayer(path, "Sentinel-2, 23 February 2020")
    layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), 1, 2, 3))
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )
    QgsProject.instance().addMapLayer(layer)
    QgsProject.instance().setCrs(layer.crs())
    return layer


def draw(folder):
    window = iface.mainWindow()
    window.move(0, 0)
    window.resize(1360, 860)
    for dock in window.findChildren(QDockWidget):
        if dock.objectName() not in ("Layers", "BigEarthNetMapper"):
            dock.hide()
    true_colour(folder)
    plugin = qgis.utils.plugins["bigearthnet_mapper"]
    dock, panel = plugin.dock, plugin.dock.panel
    dock.show()
    window.resizeDocks([dock, window.findChild(QDockWidget, "Layers")], [370, 250], Qt.Orientation.Horizontal)
    panel.scene.open_paths([str(SCENE)])
    panel.output.setFilePath("/home/me/maps")  # reads better than a temporary folder
    panel.resolution.setValue(600)
    until(lambda: panel.run_button.isEnabled())
    iface.mapCanvas().zoomToFullExtent()
    drawn()
    keep(window, "qgis_ready")
    panel.output.setFilePath(str(Path(folder) / "maps"))
    until(lambda: panel.run_button.isEnabled())
    panel.run_button.click()
    until(lambda: panel.result_tab.result is not None)
    result = panel.result_tab.result
    panel.result_tab.opacity.setOpacity(0.6)
    iface.layerTreeView().collapseAllNodes()
    result.group.setExpanded(True)
    result.group.findLayer(result.patches).setExpanded(True)
    panel.notice.hide()
    panel.zoom_to(result)
    asking = dock.asking
    asking.patch_action.trigger()
    asking.show_at(asking._transform().transform(_telling(result).cell.centroid().asPoint()))
    asking.dock.setFloating(True)
    asking.dock.resize(380, 640)
    settle()
    keep(asking.dock, "patch")
    asking.dock.setFloating(False)
    window.splitDockWidget(dock, asking.dock, Qt.Orientation.Horizontal)
    layers = window.findChild(QDockWidget, "Layers")
    window.resizeDocks([layers, dock, asking.dock], [250, 320, 320], Qt.Orientation.Horizontal)
    panel.zoom_to(result)
    drawn()
    keep(window, "qgis_window")
    asking.show_counts()
    keep(asking.counts, "counts")
    asking.counts.close()
    dialog = processing.createAlgorithmDialog(
        "bigearthnet_mapper:mapscene", {"FOLDER": "/home/me/scenes/" + SCENE.name, "STRIDE": 60}
    )
    dialog.resize(900, 640)
    dialog.show()
    keep(dialog, "processing")
    dialog.close()
    asking.dock.setFloating(True)
    asking.dock.resize(380, 640)
    QgsApplication.setUITheme("Night Mapping")  # last: the way back leaves dark widgets
    keep(asking.dock, "patch_dark")


def _telling(result):
    """A patch with several labels, not at the edge."""
    from bigearthnet_mapper.plugin.result.patch import patch_of

    places = [(f["n_labels"] or 0, f["row"], f["col"]) for f in result.patches.getFeatures() if 2 < f["row"] < 14 and 2 < f["col"] < 14]  # fmt: skip
    _, row, col = max(places)
    return patch_of(result, row, col)


def main():
    code = 0
    try:
        # Not in the system's temporary folder: QGIS marks layers that lie there.
        with tempfile.TemporaryDirectory(dir=PICTURES) as folder:
            draw(folder)
            QgsProject.instance().clear()
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os._exit(code)  # QGIS would ask about the changed project


assert QgsApplication.instance() is not None
QTimer.singleShot(1500, main)
