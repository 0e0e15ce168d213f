"""What a person does at the panel, with real widgets; the machine may be busy meanwhile."""

from bigearthnet_mapper.plugin.dock.state import State
from qgis.core import QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QMimeData, QPoint, Qt, QUrl
from qgis.PyQt.QtGui import QDropEvent

BANDS = ("B02", "B03", "B04", "B08")
LONG = 300_000  # ms


def until(qtbot, condition):
    qtbot.waitUntil(lambda: bool(condition()), timeout=LONG)


def click(qtbot, widget):
    assert widget.isEnabled()
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def choose(combo, data):
    """Choose the row of a combo box that stands for ``data``, as a person does."""
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def choose_model(qtbot, panel, name):
    until(qtbot, lambda: panel.model.combo.findData(name) >= 0)
    choose(panel.model.combo, name)


def load(folder, *names):
    """The files of a folder as layers of the project: of these bands, else of the four that the models read."""
    layers = [QgsRasterLayer(str(folder / f"{name}.tif"), name) for name in names or BANDS]
    QgsProject.instance().addMapLayers(layers)
    return layers


def drop(panel, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(p)) for p in paths])
    place, buttons, keys = QPoint(20, 20), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(place, Qt.DropAction.CopyAction, data, buttons, keys))


def ready(qtbot, panel):
    """Wait until the form's job is known to be one that can run."""
    until(qtbot, lambda: panel.machine.state is State.READY and panel.run_button.isEnabled())


def begin(qtbot, panel):
    """Press Run, and wait for the first patches."""
    ready(qtbot, panel)
    click(qtbot, panel.run_button)
    until(qtbot, lambda: panel.progress.bar.value() > 0)


def finish(qtbot, panel):
    """Wait for the map of a run."""
    until(qtbot, lambda: panel.machine.state is not State.RUNNING)
    assert panel.machine.state is State.DONE, panel.notice.text.text()
    return panel.result_tab.result


def run(qtbot, panel):
    """Press Run, wait for the map."""
    ready(qtbot, panel)
    click(qtbot, panel.run_button)
    return finish(qtbot, panel)
