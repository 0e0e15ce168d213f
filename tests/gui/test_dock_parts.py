"""Parts of the dock by themselves: sources, states, models that cannot be had, an engine that is not there."""

from pathlib import Path

import pytest
from bigearthnet_mapper.plugin.dock import sources
from bigearthnet_mapper.plugin.dock.mapper_dock import make_dock
from bigearthnet_mapper.plugin.dock.options_section import duration, expected
from bigearthnet_mapper.plugin.dock.panel import Panel
from bigearthnet_mapper.plugin.dock.state import Machine, State
from bigearthnet_mapper.plugin.dock.words import in_panel_words
from bigearthnet_mapper.plugin.layers import ClassRow, Products, find_products, patch_expression
from bigearthnet_mapper.plugin.settings import Settings
from controls import shortcomings
from person import choose, choose_model, click, load, until
from qgis.core import QgsExpression, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QLocale, Qt
from qgis.PyQt.QtGui import QTextDocument
from qgis.PyQt.QtWidgets import QMainWindow


class Window(QMainWindow):
    """As much of QGIS's interface as the dock asks for."""

    def __init__(self):
        super().__init__()
        self.canvas = QgsMapCanvas(self)
        self.active = None

    def mainWindow(self):  # noqa: N802
        return self

    def mapCanvas(self):  # noqa: N802
        return self.canvas

    def activeLayer(self):  # noqa: N802
        return self.active


@pytest.fixture(autouse=True)
def no_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", (tmp_path / "no hub").as_uri())


def test_a_model_that_cannot_be_fetched_says_why(panel, qtbot):
    choose_model(qtbot, panel, "reben/resnet50-s2-v0.2.0")
    button = panel.model.fetch_button
    assert button.isVisible() and "94.5 MB" in button.text() and "MIT" in panel.model.summary.text()
    click(qtbot, button)
    assert panel.model.bar.isVisible() and not panel.model.combo.isEnabled()
    until(qtbot, lambda: not panel.model.bar.isVisible())
    assert "no hub" in panel.model.message.text() and panel.model.combo.isEnabled() and button.isVisible()


def test_a_published_model_of_both_sensors_offers_the_row_of_sentinel_1(panel, qtbot, thailand):
    load(thailand)
    choose_model(qtbot, panel, "reben/resnet50-s2-v0.2.0")
    assert not panel.scene.radar.isVisible()
    choose_model(qtbot, panel, "reben/resnet50-all-v0.2.0")
    assert panel.scene.radar.picker.isVisible()
    until(qtbot, lambda: "not on this machine" in panel.expected.text())
    assert not panel.run_button.isEnabled() and "choose VV and VH" in panel.scene.radar.passes.text()


def test_without_an_engine_the_panel_offers_to_set_it_up(qgis_new_project, qtbot, engine, tmp_path, monkeypatch):
    monkeypatch.delenv("BEN_ENGINE_PYTHON", raising=False)
    monkeypatch.setattr(
        "bigearthnet_mapper.plugin.engine.environment._candidates", lambda s: ((s.engine_python, "given"),)
    )
    settings = Settings(output=str(tmp_path), engine_root=str(tmp_path))
    (Path(settings.engine_folder) / "venv").mkdir(parents=True)
    canvas = QgsMapCanvas()
    qtbot.addWidget(canvas)

    def set_up():
        settings.engine_python = engine.python

    panel = Panel(QgsProject.instance(), canvas, settings, set_up)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.engine is None and not panel.run_button.isEnabled() and panel.notice.isVisible()
    assert "not finished" in panel.notice.text.text()
    click(qtbot, panel.notice.findChild(type(panel.copy_button), "noticeSet"))
    assert panel.engine is not None and not panel.notice.isVisible()
    panel.stop()


def test_a_basemap_is_no_scene_unless_a_person_says_so(panel, thailand):
    tiles = QgsRasterLayer("type=xyz&url=http://localhost/%7Bz%7D/%7Bx%7D/%7By%7D.png", "tiles", "wms")
    QgsProject.instance().addMapLayer(tiles)
    assert panel.scene.source is None and panel.scene.drop_hint.isVisible() and not panel.scene.facts.isVisible()
    panel.scene.prefer_layer(tiles.id())
    assert "service" in panel.scene.facts.text() and not panel.scene.drop_hint.isVisible()
    load(thailand)
    assert panel.scene.source.paths and panel.scene.source.title != "tiles"
    panel.scene.prefer_layer(tiles.id())
    assert panel.scene.source.title != "tiles"


def test_a_message_about_another_job_goes(panel, thailand):
    load(thailand)
    panel.notice.show_message("warn", "This map exists already.", "", ("Replace it", lambda: None, ""))
    panel.resolution.setValue(600)
    assert not panel.notice.isVisible()


def test_layers_that_come_and_go_change_nothing_that_was_asked(panel, qtbot, thailand):
    """A run's own layers must not make the form another job: what is known of the scene would be forgotten."""
    area = QgsVectorLayer("Polygon?crs=EPSG:4326", "area", "memory")
    QgsProject.instance().addMapLayer(area)
    choose(panel.area.combo, "layer")
    panel.model.adapting.tick.setChecked(True)
    QgsProject.instance().removeMapLayer(area)
    other = [QgsVectorLayer("Polygon?crs=EPSG:4326", name, "memory") for name in ("area", "a map's patches")]
    QgsProject.instance().addMapLayer(other[0])
    with qtbot.assertNotEmitted(panel.area.changed), qtbot.assertNotEmitted(panel.model.changed):
        QgsProject.instance().addMapLayer(other[1])
        QgsProject.instance().removeMapLayer(other[1])
    choose(panel.area.combo, "whole")
    QgsProject.instance().removeMapLayer(other[0])
    strips = QgsRasterLayer(str(thailand / "B02.tif"), "strip")
    with qtbot.assertNotEmitted(panel.model.changed):
        QgsProject.instance().addMapLayer(strips)
        QgsProject.instance().removeMapLayer(strips)


def test_a_long_name_breaks_inside_a_message(panel, qtbot):
    panel.resize(320, 700)
    panel.notice.show_message("warn", "", "/maps/S2A_MSIL2A_20230621T112111_N0509_R022_T28TEL_20230621T152111")
    text = QTextDocument()
    text.setHtml(panel.notice.text.text())
    text.setDefaultFont(panel.notice.text.font())
    text.setTextWidth(240)
    assert text.idealWidth() <= 240


def test_a_typed_resolution_is_whole_pixels(panel, qtbot):
    panel.resolution.setFocus()
    panel.resolution.selectAll()
    qtbot.keyClicks(panel.resolution, "594")
    qtbot.keyClick(panel.resolution, Qt.Key.Key_Return)
    assert panel.resolution.value() == 590 and panel.resolution.text() == "590 m" and panel.resolution.stride() == 59


def test_numbers_are_written_as_the_language_writes_them(qgis_app):
    before = QLocale()
    try:
        QLocale.setDefault(QLocale("de_DE"))
        assert "0,4 GB" in expected({"cells": 81, "seconds": 0.2, "memory": 4e8})
    finally:
        QLocale.setDefault(before)
    assert [duration(s) for s in (0.2, 119, 300, 7200)] == [
        "1\u00a0s",
        "119\u00a0s",
        "5\u00a0min",
        "2\u00a0h\u00a00\u00a0min",
    ]


def test_the_dock_prefers_the_active_layer_and_fits_320_px(
    qgis_new_project, qtbot, engine, thailand, tmp_path, monkeypatch
):
    monkeypatch.setenv("BEN_ENGINE_PYTHON", engine.python)
    window = Window()
    qtbot.addWidget(window)
    dock = make_dock(window, Settings(output=str(tmp_path)))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    from osgeo import gdal

    gdal.Translate(str(tmp_path / "picture.tif"), str(thailand / "thumbnail.png"))
    picture = QgsRasterLayer(str(tmp_path / "picture.tif"), "a picture")
    bands = [QgsRasterLayer(str(thailand / f"{b}.tif"), b) for b in ("B02", "B03")]
    QgsProject.instance().addMapLayers([picture, *bands])
    assert dock.panel.scene.source.title == "a picture"
    window.active = bands[1]
    window.show()
    dock.opened.emit()
    assert set(dock.panel.scene.source.layers) == {b.id() for b in bands}
    assert dock.panel.minimumSizeHint().width() <= 320
    dock.stop()
    window.removeDockWidget(dock)


def test_every_control_says_what_it_is_and_does(panel, qtbot, tmp_path, thailand, engine, settings):
    from bigearthnet_mapper.plugin.engine.dialog import EngineDialog
    from bigearthnet_mapper.plugin.result.patch_view import PatchView

    panel.scene.open_paths([str(thailand)])
    until(qtbot, lambda: panel.scene.bands_box.isVisible())
    panel.notice.show_message("", "title", "text", ("Do it", lambda: None, "what it does"))
    dialog, view = EngineDialog(settings), PatchView()
    for root in (panel, dialog, view):
        qtbot.addWidget(root)
        assert not list(shortcomings(root))
    wanted, order = ["scene", "radar", "model", "area", "resolution", "run"], []
    widget = panel.scene.combo.nextInFocusChain()
    while widget is not panel.scene.combo and len(order) < 1000:  # as Tab goes, from the scene to the button
        order.append(widget.objectName())
        widget = widget.nextInFocusChain()
    assert [n for n in order if n in wanted[1:]][:5] == wanted[1:], order


def test_a_product_opened_by_gdal_is_the_product(tmp_path):
    safe = tmp_path / "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57.SAFE"
    safe.mkdir()
    xml = safe / "MTD_MSIL2A.xml"
    xml.touch()

    class Layer:
        def providerType(self):  # noqa: N802
            return "gdal"

        def source(self):
            return f"SENTINEL2_L2A:{xml}:10m:EPSG_32633"

    assert sources.file_of(Layer()) == ("", str(xml))
    (source,) = sources.sources_of_paths([str(safe)])
    assert source.paths == (str(safe),) and not source.choices and not source.radar


def test_states_that_make_no_sense_are_refused(qtbot):
    machine = Machine()
    with pytest.raises(ValueError, match="from empty to running"):
        machine.to(State.RUNNING)
    machine.form_changed(True)
    machine.to(State.RUNNING)
    machine.form_changed(False)
    assert machine.state is State.RUNNING, "a run that goes on stays"
    machine.to(State.ERROR)
    machine.form_changed(True)
    assert machine.state is State.READY


def test_hints_of_the_terminal_name_the_controls_of_the_panel():
    assert in_panel_words("Choose another with --out, or relax --max-cloud.") == (
        "Choose another with ‘Output’, or relax ‘Cloud at most’."
    )
    assert in_panel_words("--nonsense") == "--nonsense"
    for what in ("B02=1,B03=2,… (numbers from 1)", "B02=FILE,…"):
        assert in_panel_words(f"Say which is which: --bands {what}.") == "Say which is which: ‘Bands’."


@pytest.mark.parametrize(
    ("stem", "title"),
    [
        ("S2A_MSIL2A_20170613T101031_N0500_R022_T33UUP_20170613T101031", "33UUP 2017-06-13 (S2A)"),
        ("S2B_MSIL2A_20200223T033729_N9999_R061_T48QUE", "48QUE 2020-02-23 (S2B)"),
        ("mine", "mine"),
        ("mine_2020-02-23", "mine_2020-02-23"),
    ],
)
def test_maps_are_named_by_scene_and_date(stem, title, tmp_path):
    assert Products(tmp_path, stem).title() == title


def test_what_is_no_map_is_refused(tmp_path):
    from bigearthnet_mapper.ben_core.errors import DataError

    (tmp_path / "other.gpkg").touch()
    for path in (tmp_path, tmp_path / "other.gpkg", tmp_path / "gone_item.json"):
        with pytest.raises(DataError, match="no finished map"):
            find_products(str(path))


def test_expressions_of_patches_parse_for_any_choice():
    rows = [ClassRow("Arable land", "p_arable_land", 0.4, True), ClassRow("Pastures", "p_pastures", 0.3, False)]
    for chosen in ([], rows[:1], rows[1:], rows):
        for threshold in (None, 0.0, 0.5, 1.0):
            assert not QgsExpression(patch_expression(chosen, threshold)).hasParserError()
