"""Through the dock: a model adapted before it maps, a 10 m map, a fallback model, raw Sentinel-1, many scenes."""

import shlex
from pathlib import Path

from bigearthnet_mapper.plugin.dock import result_tab
from bigearthnet_mapper.plugin.dock.many import scenes_known
from bigearthnet_mapper.plugin.dock.sources import sources_of_paths
from bigearthnet_mapper.plugin.dock.state import State
from bigearthnet_mapper.plugin.layers import KIND
from bigearthnet_mapper.plugin.products import find_products
from bigearthnet_mapper.plugin.result import ResultInspector
from person import BANDS, choose_model, click, finish, load, ready, run, until
from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsProject
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QToolButton


def test_adapt_first(panel, qtbot, corner, monkeypatch):
    opened = []
    monkeypatch.setattr(result_tab.QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    panel.scene.open_paths([str(corner("S2_corner", 480))])  # the smallest that can be adapted to
    ready(qtbot, panel)
    adapting = panel.model.adapting
    assert not adapting.rows.isVisible() and "--adapt" not in panel.command_line(panel.job(), panel.extras())
    click(qtbot, adapting.tick)
    assert adapting.rows.isVisible()
    adapting.method.setCurrentIndex(adapting.method.findData("bn-only"))
    ready(qtbot, panel)
    click(qtbot, panel.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert words[words.index("--adapt") :][:3] == ["--adapt", "--adapt-method", "bn-only"]
    click(qtbot, panel.run_button)
    finish(qtbot, panel)
    assert "rejected: the original" in panel.notice.text.text()
    panel.notice.findChild(QToolButton, "noticeBefore").click()
    assert panel.result_tab.adaptation_button.isVisible()
    click(qtbot, panel.result_tab.adaptation_button)
    assert len(opened) == 2 and opened[0] == opened[1] and opened[0].name.endswith("_adaptation.html")
    package = panel.result_tab.result.products.package
    QgsProject.instance().clear()
    assert not panel.result_tab.adaptation_button.isVisible()
    panel.result_tab.open_wanted.emit(str(package))
    assert panel.result_tab.adaptation_button.isVisible(), "the comparison is found again"


def test_a_10_m_map_lies_on_top(panel, qtbot, corner):
    panel.scene.open_paths([str(corner("S2_corner"))])
    panel.advanced.make_regions.setChecked(True)
    assert "--min-area" not in panel.command_line(panel.job(), panel.extras()), "the engine's own default"
    panel.advanced.min_area.setValue(4)
    ready(qtbot, panel)
    words = shlex.split(panel.command_line(panel.job(), panel.extras()))
    assert words[words.index("--regions") :][:3] == ["--regions", "--min-area", "4.0"]
    click(qtbot, panel.run_button)
    result = finish(qtbot, panel)
    assert "10 m map:" in panel.notice.text.text() and not panel.result_tab.adaptation_button.isVisible()
    layers = {n.layer().customProperty(KIND): n for n in result.group.findLayers()}
    assert layers["regions"].isVisible() and layers["regions"].layer().renderer().type() == "paletted"
    assert layers["segments"].layer().renderer().type() == "categorizedSymbol"
    panel.result_tab.tick_all(False)
    assert {c.color.alpha() for c in layers["regions"].layer().renderer().classes()} == {0}
    assert find_products(str(result.products.path("_regions.gpkg"))) == result.products


def test_a_fallback_model_answers_what_the_first_may_not(panel, qtbot, india, qgis_iface):
    s2, s1 = india
    choose_model(qtbot, panel, "embedded-all")
    panel.advanced.setCollapsed(False)
    assert not panel.advanced.fallback.isVisible()
    panel.scene.open_paths([str(p) for p in (s2, *s1)])
    ready(qtbot, panel)
    assert panel.advanced.fallback.isVisible() and not panel.advanced.dem.isVisible()
    assert "embedded-s1" in [panel.advanced.fallback.itemData(i) for i in range(panel.advanced.fallback.count())]
    panel.advanced.fallback.setCurrentIndex(panel.advanced.fallback.findData("embedded"))
    assert panel.job().fallback_model == "embedded"
    result = run(qtbot, panel)
    assert "by the fallback model" in panel.notice.text.text()
    filled = next(f for f in result.patches.getFeatures() if isinstance(f["filled"], str))
    inspector = ResultInspector(qgis_iface, panel)
    canvas = qgis_iface.mapCanvas()
    before = canvas.mapSettings().destinationCrs()
    try:
        inspector.set_result(result)
        shown = QgsCoordinateReferenceSystem("EPSG:3857")  # whatever the canvas shows: here not the map's own
        canvas.setDestinationCrs(shown)
        to_canvas = QgsCoordinateTransform(result.patches.crs(), shown, QgsProject.instance())
        inspector.show_at(to_canvas.transform(filled.geometry().centroid().asPoint()))
        facts = inspector.view.facts.text()
        assert f"model: {filled['model']}" in facts and "the fallback model; the first could not: " in facts
    finally:
        inspector.stop()
        canvas.setDestinationCrs(before)


def test_raw_sentinel_1_asks_for_a_terrain_model(panel, qtbot, ben_data, tmp_path):
    (raw,) = (ben_data / "sentinel1" / "grd_safe_rome_real_metadata_zero_pixels").glob("*.SAFE")
    until(qtbot, lambda: panel.model.combo.count() > 5)
    panel.advanced.setCollapsed(False)
    panel.scene.open_paths([str(raw)])
    until(qtbot, lambda: "choose one under Advanced" in panel.expected.text())
    assert not panel.run_button.isEnabled() and panel.advanced.dem.isVisible()
    panel.advanced.dem.setFilePath(str(raw.parent / "Rome-30m-DEM.tif"))
    panel.advanced.geoid.setCurrentIndex(panel.advanced.geoid.findData("none"))
    ready(qtbot, panel)
    words = shlex.split(panel.command_line(panel.job(), panel.extras()))
    assert words[words.index("--geoid") + 1] == "none" and words[words.index("--s1") + 1] == str(raw)
    click(qtbot, panel.run_button)
    until(qtbot, lambda: panel.machine.state is not State.RUNNING)
    assert panel.machine.state is State.ERROR and "VV" in panel.notice.text.text(), "it has VV only"


def test_many_scenes_begin_with_what_the_panel_knows(panel, corner, thailand, qtbot):
    layers, corner = load(thailand), corner("S2_corner")
    panel.scene.open_paths([str(corner)])
    panel.resolution.setValue(600)
    known = panel.many()
    assert set(known["LAYERS"]) == {layer.id() for layer in layers} and known["FILES"] == [str(corner)]
    assert known["STRIDE"] == 60 and known["MODEL"] == "embedded" and known["OUTPUT"].endswith("maps of mine")
    files = [str(corner / f"{b}.tif") for b in BANDS]
    assert scenes_known(QgsProject.instance(), sources_of_paths(files))["FILES"] == [str(corner)]
    with qtbot.waitSignal(panel.many_wanted):
        next(a for a in panel.scene.picker.menu.actions() if "Many" in a.text()).trigger()
