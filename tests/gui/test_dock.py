"""The dock as a person uses it: real widgets, real worker, a real scene."""

import os
import subprocess
from pathlib import Path

import fair
import pytest
from bigearthnet_mapper.plugin.dock.panel_layout import RESULT
from bigearthnet_mapper.plugin.dock.state import State
from bigearthnet_mapper.plugin.layers import KIND, Look
from person import begin, choose, click, drop, finish, load, ready, run, until
from qgis.core import QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtTest import QTest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "maps of mine"


def colours_of(result):
    """What the renderer answers for every patch: value -> number of patches."""
    from collections import Counter

    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(result.patches))
    expression = QgsExpression(result.patches.renderer().classAttribute())
    assert expression.prepare(context)
    found = Counter()
    for feature in result.patches.getFeatures():
        context.setFeature(feature)
        found[expression.evaluate(context)] += 1
    assert not expression.hasEvalError()
    return found


def test_from_loaded_layers_to_a_map_looked_at_and_reopened(panel, qtbot, thailand, out, tmp_path):
    assert panel.machine.state is State.EMPTY and not panel.run_button.isEnabled()
    load(thailand)
    ready(qtbot, panel)
    assert "4 of 4" in panel.scene.bands_box.title()
    assert "81 patches" in panel.expected.text() and "CPU" in panel.device.text()
    assert "Radiometry" in panel.scene.radiometry.text()
    click(qtbot, panel.run_button)  # loaded, opened, run: the third click
    assert panel.machine.state is State.RUNNING and not panel.form.isEnabled()
    result = finish(qtbot, panel)
    assert panel.tabs.currentIndex() == RESULT and result.mapped == 81
    layers = {layer.customProperty(KIND): layer for layer in QgsProject.instance().mapLayers().values()}
    assert {"patches", "areas", "classes", "probabilities"} <= set(layers)
    assert "2020-02-23" in result.group.name()
    assert result.probabilities.name().endswith(max(result.rows, key=lambda r: result.count(r.name, None)).name)

    own = colours_of(result)
    click(qtbot, panel.result_tab.own)
    panel.result_tab.slider.setFocus()
    qtbot.keyClick(panel.result_tab.slider, Qt.Key.Key_End)
    assert panel.result_tab.spin.value() == 100 and set(colours_of(result)) == {"(no label)"}
    panel.result_tab.slider.setValue(20)
    assert set(colours_of(result)) != {"(no label)"}
    click(qtbot, panel.result_tab.none_button)
    name = max(panel.result_tab._items, key=lambda n: result.count(n, 0.2))
    item = panel.result_tab._items[name]
    item.setCheckState(0, Qt.CheckState.Checked)
    shown = colours_of(result)
    assert set(shown) <= {name, "(no label)"} and shown[name] > 0
    assert int(item.text(1)) == shown[name]

    project = str(tmp_path / "project.qgz")
    assert QgsProject.instance().write(project)
    QgsProject.instance().clear()
    assert panel.result_tab.result is None
    QgsProject.instance().read(project)
    again = panel.result_tab.result
    assert again.look == Look(0.2, frozenset({name})) and colours_of(again) == shown
    panel.result_tab.tick_all(True)
    panel.result_tab.own.setChecked(True)
    assert colours_of(again) == own

    QgsProject.instance().clear()
    panel.result_tab.open_wanted.emit(str(out / f"{again.products.stem}_report.html"))
    assert panel.result_tab.result.mapped == 81 and colours_of(panel.result_tab.result) == own


def test_preview_cancel_resume(panel, qtbot, thailand, out):
    load(thailand)
    panel.resolution.setValue(240)
    panel.advanced.threads.setValue(1)  # slow on every machine
    begin(qtbot, panel)
    until(qtbot, panel.runner.preview_layers)
    (first, *_) = panel.runner.preview_layers()
    strip = QgsProject.instance().mapLayer(first)
    assert strip.isValid() and strip.renderer().type() == "paletted" and strip.crs().authid() == "EPSG:32648"
    assert panel.machine.state is State.RUNNING
    pid = panel.runner._process.pid
    begun = fair.now()
    click(qtbot, panel.run_button)
    until(qtbot, lambda: panel.machine.state is State.READY)
    assert fair.now() - begun < 2 and not Path(f"/proc/{pid}").exists()
    assert not list(out.glob("*.gpkg")), "a stopped run leaves no product"
    until(qtbot, lambda: panel.run_button.isEnabled())
    assert panel.run_button.text() == "Resume"
    panel.resolution.setValue(480)
    assert panel.run_button.text() == "Run", "another job is no resumption"
    panel.resolution.setValue(240)
    assert panel.run_button.text() == "Resume"
    run(qtbot, panel)
    assert any(e.get("name") == "resume" for e in panel.runner.events), "it began anew"
    assert not panel.runner.preview_layers() and not [
        layer for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(KIND) == "preview"
    ]


def test_a_killed_worker_is_an_error_with_a_report(panel, qtbot, thailand):
    load(thailand)
    panel.resolution.setValue(120)
    begin(qtbot, panel)
    os.kill(panel.runner._process.pid, 9)
    until(qtbot, lambda: panel.machine.state is not State.RUNNING)
    assert panel.machine.state is State.ERROR and panel.notice.isVisible()
    assert "died" in panel.notice.text.text()
    click(qtbot, panel.notice.findChild(type(panel.copy_button), "noticeCopy"))
    report = QGuiApplication.clipboard().text()
    assert '"stride": 12' in report and "QGIS 3" in report and "died" in report


def test_the_copied_command_line_makes_the_same_map(panel, qtbot, thailand, out, tmp_path):
    load(thailand)
    panel.advanced.max_cloud.setValue(40)
    panel.advanced.name.setText("it's mine, $HOME")
    panel.advanced.name.editingFinished.emit()
    ready(qtbot, panel)
    click(qtbot, panel.copy_button)
    line = QGuiApplication.clipboard().text()
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", line], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    products = [out / f"it's mine, $HOME_{end}" for end in ("classes.tif", "probabilities.tif", "item.json")]
    by_hand = [path.read_bytes() for path in products]
    click(qtbot, panel.run_button)
    assert "exists already" in panel.notice.text.text() and panel.machine.state is State.READY
    click(qtbot, panel.notice.findChild(type(panel.copy_button), "noticeReplace"))
    finish(qtbot, panel)
    assert [path.read_bytes() for path in products] == by_hand
    assert '"max_cloud": 0.4' in panel.log.report()


def test_bands_are_assigned_by_hand_where_names_tell_nothing(panel, qtbot, thailand, tmp_path):
    from osgeo import gdal

    stack = tmp_path / "stack.tif"
    gdal.BuildVRT(
        str(tmp_path / "stack.vrt"), [str(thailand / f"{b}.tif") for b in ("B08", "B04", "B03", "B02")], separate=True
    )
    gdal.Translate(str(stack), str(tmp_path / "stack.vrt"))
    panel.scene.open_paths([str(stack)])
    until(qtbot, lambda: panel.scene.bands_box.isVisible() and "Bands: 0 of 4" in panel.scene.bands_box.title())
    assert not panel.run_button.isEnabled() and "without names" in panel.scene.facts.text()
    for number, band in enumerate(("B08", "B04", "B03", "B02"), start=1):
        until(qtbot, lambda b=band: panel.findChild(object, "band" + b) is not None)
        combo = panel.scene.bands.findChild(type(panel.scene.combo), "band" + band)
        assert "missing" in combo.currentText()
        choose(combo, number)
    ready(qtbot, panel)
    assert panel.job().bands == {"B08": 1, "B04": 2, "B03": 3, "B02": 4}


def test_what_cannot_be_mapped_is_refused_in_words(panel, qtbot, tmp_path):
    panel.scene.open_paths([str(tmp_path / "gone.tif")])
    assert "no file" in panel.scene.facts.text()
    remote = QgsRasterLayer("type=xyz&url=http://localhost/%7Bz%7D/%7Bx%7D/%7By%7D.png", "tiles", "wms")
    QgsProject.instance().addMapLayer(remote)
    panel.scene.prefer_layer(remote.id())
    assert "service" in panel.scene.facts.text() and panel.machine.state is State.EMPTY


def test_a_tilde_is_the_home_folder(panel, thailand, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    load(thailand)
    panel.output.setFilePath("~/maps")
    assert panel.job().out == str(tmp_path / "maps")


def test_an_empty_canvas_goes_to_the_scene(panel, qtbot, thailand):
    from qgis.core import QgsCoordinateReferenceSystem

    panel._canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:32648"))
    panel.scene.open_paths([str(thailand)])
    patches = run(qtbot, panel).patches.extent()
    assert panel._canvas.extent().contains(patches) and panel._canvas.extent().width() < 2 * patches.width()


def test_a_dropped_folder_is_the_scene(panel, qtbot, thailand):
    drop(panel, thailand)
    ready(qtbot, panel)
    assert panel.job().scene == (str(thailand),) and "cloud mask" in panel.scene.facts.text()


def test_areas_keep_their_crs(panel, qtbot, thailand):
    load(thailand)
    ready(qtbot, panel)
    whole = panel._facts["run"]["cells"]
    layer = QgsVectorLayer("Polygon?crs=EPSG:4326", "area", "memory")
    from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsFeature, QgsGeometry

    utm = QgsCoordinateReferenceSystem("EPSG:32648")
    transform = QgsCoordinateTransform(utm, layer.crs(), QgsProject.instance())
    for box in (QgsRectangle(363000, 1984000, 365000, 1986000), QgsRectangle(368000, 1978000, 372000, 1982000)):
        feature = QgsFeature()
        geometry = QgsGeometry.fromRect(box)
        geometry.transform(transform)
        feature.setGeometry(geometry)
        layer.dataProvider().addFeatures([feature])
    QgsProject.instance().addMapLayer(layer)
    panel.area.layer_combo.setLayer(layer)
    panel.area.combo.setCurrentIndex(2)
    ready(qtbot, panel)
    both = panel._facts["run"]["cells"]
    panel.area.selected.setChecked(True)
    assert "selected" in panel.expected.text() and not panel.run_button.isEnabled()
    layer.select(next(iter(layer.getFeatures())).id())
    ready(qtbot, panel)
    one = panel._facts["run"]["cells"]
    assert 0 < one < both < whole == 81
    # 2 km x 2 km from 391 m and 1088 m inside the scene touch 2 x 3 cells of 1200 m
    assert one == 6

    panel.area.combo.setCurrentIndex(1)
    assert "shows nothing" in panel.expected.text() and not panel.run_button.isEnabled()
    panel._canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    to_web = QgsCoordinateTransform(utm, QgsCoordinateReferenceSystem("EPSG:3857"), QgsProject.instance())
    panel._canvas.setExtent(to_web.transformBoundingBox(QgsRectangle(364000, 1980000, 366000, 1982000)))
    panel.area.combo.setCurrentIndex(1)
    ready(qtbot, panel)
    assert 4 <= panel._facts["run"]["cells"] < 40
    panel._canvas.setExtent(QgsRectangle(0, 0, 1000, 1000))
    until(qtbot, lambda: "outside the scene" in panel.expected.text())
    assert "Polygon" not in panel.expected.text() and "WKT" not in panel.expected.text()
    panel._canvas.setDestinationCrs(QgsCoordinateReferenceSystem.fromProj("+proj=lcc +lat_1=17 +lat_2=18 +lon_0=104"))
    assert panel.job().aoi_crs == "EPSG:4326"  # a CRS that the engine has no name of


def test_nothing_is_left_when_the_panel_stops(panel, qtbot, thailand):
    load(thailand)
    panel.resolution.setValue(60)
    begin(qtbot, panel)
    pid, folder = panel.runner._process.pid, panel.runner._folder
    panel.stop()
    panel.stop = lambda: None  # the fixture's turn: once is enough
    assert not Path(f"/proc/{pid}").exists() and not folder.exists()
    QgsProject.instance().clear()  # reaches no widget of a panel that was stopped
    QTest.qWait(50)


def test_the_panel_fits_a_narrow_dock(panel):
    assert panel.minimumSizeHint().width() <= 320
    assert panel.form.minimumSizeHint().width() <= 310
