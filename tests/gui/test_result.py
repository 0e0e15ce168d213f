"""Asking a finished map: click a patch, walk to its neighbours, count the classes."""

import csv
import io
import subprocess

import pytest
from bigearthnet_mapper.plugin.dock.looks import is_dark
from bigearthnet_mapper.plugin.layers import KIND, Look, find_products, load_result
from bigearthnet_mapper.plugin.result import ResultInspector
from bigearthnet_mapper.plugin.result.bars import Bar, BarChart
from bigearthnet_mapper.plugin.result.chip import RADAR, Band, chip, find_bands, remember_bands
from bigearthnet_mapper.plugin.result.patch import patch_of
from qgis.core import QgsCoordinateReferenceSystem, QgsGeometry, QgsPointXY, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QPoint, Qt
from qgis.PyQt.QtGui import QColor, QGuiApplication, QPalette
from qgis.PyQt.QtWidgets import QApplication, QWidget

RGB = ("B04", "B03", "B02")


@pytest.fixture(scope="module")
def maps(engine, thailand, tmp_path_factory):
    """The Thailand scene at stride 120 and 60."""
    found = {}
    for stride in (120, 60):
        out = tmp_path_factory.mktemp("map")
        words = ["map", str(thailand), "--out", str(out), "--name", f"thai{stride}", "--stride", str(stride)]
        subprocess.run(engine.command(words), check=True, capture_output=True, env=engine.environment())
        found[stride] = out / f"thai{stride}.gpkg"
    return found


@pytest.fixture
def scene_layers(qgis_new_project, thailand):
    layers = [QgsRasterLayer(str(thailand / f"{b}.tif"), b) for b in RGB]
    QgsProject.instance().addMapLayers(layers)
    return layers


@pytest.fixture
def result(qgis_new_project, maps):
    return load_result(QgsProject.instance(), find_products(str(maps[60])))


@pytest.fixture
def inspector(qgis_iface, qgis_canvas, result):
    canvas = qgis_iface.mapCanvas()
    canvas.setDestinationCrs(result.patches.crs())
    canvas.resize(400, 400)
    canvas.setExtent(result.patches.extent())
    inspector = ResultInspector(qgis_iface)
    inspector.set_result(result)
    yield inspector
    inspector.stop()


def click(qtbot, canvas, point):
    """A person's click on the canvas at a point of the project."""
    place = canvas.getCoordinateTransform().transform(point)
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), round(place.y())))


def test_a_click_explains_the_patch(qtbot, qgis_iface, inspector, result, scene_layers):
    canvas = qgis_iface.mapCanvas()
    inspector.patch_action.trigger()
    assert canvas.mapTool() is inspector.tool and inspector.patch_action.isChecked()
    wanted = patch_of(result, 4, 7)
    click(qtbot, canvas, wanted.cell.centroid().asPoint())
    shown = inspector.view.patch
    assert (shown.row, shown.col) == (4, 7)
    bars = inspector.view.chart.bars
    assert len(bars) == 19 and [b.value for b in bars] == sorted((b.value for b in bars), reverse=True)
    feature = next(f for f in result.patches.getFeatures() if (f["row"], f["col"]) == (4, 7))
    for bar in bars:
        row = next(r for r in result.rows if r.name == bar.name)
        assert bar.value == (feature[row.column] if row.trained else 0) and bar.colour == row.colour
        assert bar.strong == (bar.name in feature["labels"].split(" | "))
        assert bar.mark == row.threshold or not row.trained
    for name in feature["labels"].split(" | "):
        assert name in inspector.view.labels.text()
    assert "100%" in inspector.view.facts.text()


def test_the_picture_is_the_place_of_the_patch(inspector, result, scene_layers):
    inspector.show_at(patch_of(result, 9, 9).cell.centroid().asPoint())
    image = inspector.view.picture._image
    assert image is not None and image.width() == image.height()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(colours) > 100, "one colour is no picture"
    seen = inspector.view.patch.seen
    assert seen.width() == pytest.approx(1200) and seen.height() == pytest.approx(1200)
    assert seen.contains(inspector.view.patch.cell.boundingBox())


def test_how_unusual_the_patch_is(inspector, result):
    feature = next(f for f in result.patches.getFeatures() if (f["row"], f["col"]) == (4, 7))
    inspector.show_at(feature.geometry().centroid().asPoint())
    scores = (feature["unusual_energy"], feature["unusual_distance"])
    assert inspector.view.patch.unusual == dict(zip(("energy", "distance"), scores))
    assert f"how unusual: {max(scores):.0%}" in inspector.view.facts.text()
    assert all(f"{score:.0%} by" in inspector.view.facts.toolTip() for score in scores)


def test_how_unusual_the_land_is_as_a_layer(result):
    node = next(n for n in result.group.findLayers() if n.layer().customProperty(KIND) == "unusual")
    renderer = node.layer().renderer()
    assert not node.isVisible() and node.layer().isValid()
    assert "distance" in node.layer().bandName(renderer.band())
    assert (renderer.classificationMin(), renderer.classificationMax()) == (0, 100)


def test_without_the_scene_the_picture_says_what_it_needs(inspector, result):
    inspector.show_at(result.patches.extent().center())
    assert inspector.view.picture._image is None and "B04" in inspector.view.picture.toolTip()


def test_the_run_remembers_where_the_colours_are(result, thailand):
    facts = {b: {"path": str(thailand / f"{b}.tif"), "index": 1} for b in (*RGB, "B08")}
    remember_bands(result.patches, facts)
    assert find_bands(QgsProject.instance(), result.patches) == {b: Band(str(thailand / f"{b}.tif"), 1) for b in RGB}
    facts = {p: {"path": f"{p}.tif", "index": 2, "unit": "power", "scale": 1.0, "offset": 0.0} for p in RADAR}
    remember_bands(result.patches, facts)
    assert find_bands(QgsProject.instance(), result.patches) == {p: Band(f"{p}.tif", 2, "power") for p in RADAR}


@pytest.mark.parametrize(
    ("unit", "scale", "stored"), [("dB", 1, -10), ("dB", 0.01, -1000), ("power", 1, 0.1), ("amplitude", 1, 0.1**0.5)]
)
def test_a_radar_picture_is_the_same_in_every_unit(tmp_path, unit, scale, stored):
    """VV of -10 dB and VH of -20 dB, with a corner that has no data: colours by the ranges of the engine's quick look."""
    from osgeo import gdal

    sources = {}
    for name, times in zip(RADAR, (1, {"dB": 2, "power": 0.1, "amplitude": 0.1**0.5}[unit])):
        raster = gdal.GetDriverByName("GTiff").Create(str(tmp_path / f"{name}.tif"), 120, 120, 1, gdal.GDT_Float32)
        raster.SetGeoTransform((500_000, 10, 0, 5_000_000, 0, -10))
        raster.SetProjection(QgsCoordinateReferenceSystem("EPSG:32632").toWkt())
        raster.GetRasterBand(1).SetNoDataValue(0)
        raster.GetRasterBand(1).Fill(stored * times)
        raster.GetRasterBand(1).WriteRaster(0, 0, 60, 60, b"\0" * 4 * 3600)
        raster = None
        sources[name] = Band(str(tmp_path / f"{name}.tif"), 1, unit, scale)
    box = QgsRectangle(500_000, 4_998_800, 501_200, 5_000_000)
    image = chip(sources, box, QgsCoordinateReferenceSystem("EPSG:32632").toWkt(), 120)
    colour = QColor(image.pixel(100, 100))
    expected = [1 + 254 * share for share in (12 / 20, 8 / 19, 10 / 15)]
    assert [colour.red(), colour.green(), colour.blue()] == pytest.approx(expected, abs=2)
    assert QColor(image.pixel(10, 10)).name() == "#000000", "no data is black"


@pytest.mark.parametrize("row, col", [(0, 0), (8, 8), (0, 8), (3, 4)])
def test_patches_at_the_edge_are_moved_inward(qgis_new_project, maps, row, col):
    """1068 px: the ninth cell is 108 px wide, and its patch begins 12 px further west (see patches/grid.py)."""
    result = load_result(QgsProject.instance(), find_products(str(maps[120])))
    patch, extent = patch_of(result, row, col), result.patches.extent()
    assert patch.seen.xMinimum() - extent.xMinimum() == pytest.approx(min(col * 1200, 10680 - 1200), abs=1e-3)
    assert extent.yMaximum() - patch.seen.yMaximum() == pytest.approx(min(row * 1200, 10680 - 1200), abs=1e-3)


def test_arrows_walk_and_stop_at_the_edge(qtbot, inspector, result):
    inspector.show_at(patch_of(result, 0, 1).cell.centroid().asPoint())
    west, north, south, east = inspector.view.arrows
    for button, place in ((west, (0, 0)), (west, (0, 0)), (north, (0, 0)), (east, (0, 1)), (south, (1, 1))):
        qtbot.keyClick(button, Qt.Key.Key_Space)
        assert (inspector.view.patch.row, inspector.view.patch.col) == place


def test_the_keyboard_alone_finds_a_patch(qtbot, inspector):
    inspector.patch_action.trigger()  # as its shortcut or the toolbar does
    assert inspector.view.patch is not None
    chart = inspector.view.chart
    chart.setFocus()
    qtbot.keyClick(chart, Qt.Key.Key_Down)
    assert chart.accessibleDescription() == chart.bars[0].words


def test_a_click_beside_the_map_and_in_another_crs(qtbot, qgis_iface, inspector, result):
    canvas = qgis_iface.mapCanvas()
    inspector.show_at(QgsPointXY(0, 0))
    assert inspector.view.patch is None and "Click a patch" in inspector.view.title.text()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    point = QgsGeometry.fromPointXY(patch_of(result, 3, 3).cell.centroid().asPoint())
    point.transform(inspector._transform())
    assert 100 < point.asPoint().x() < 105
    inspector.show_at(point.asPoint())
    assert (inspector.view.patch.row, inspector.view.patch.col) == (3, 3)


def test_a_skipped_patch_says_why(inspector, result):
    from dataclasses import replace

    shown = replace(patch_of(result, 3, 3), status="cloud", answers=(), cloud=0.83, entropy=None)
    inspector.view.show_patch(shown, None, "")
    assert "Not mapped" in inspector.view.labels.text() and "83%" in inspector.view.facts.text()
    assert not inspector.view.chart.isVisibleTo(inspector.view)


def test_counts_are_those_of_the_map(inspector, result, tmp_path):
    inspector.chart_action.trigger()
    window = inspector.counts
    features = list(result.patches.getFeatures())
    by_name = {c.name: c for c in window.counts}
    for row in result.rows:
        assert by_name[row.name].labelled == sum(row.name in f["labels"].split(" | ") for f in features)
        assert by_name[row.name].first == sum(f["top_class"] == row.name for f in features)
    assert window.chart.bars[0].value == 1
    window.copy_button.click()
    pasted = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text()), delimiter="\t"))
    window.save(str(tmp_path / "ä.csv"))
    saved = list(csv.DictReader((tmp_path / "ä.csv").open(encoding="utf-8")))
    assert pasted == saved and len(saved) == 19
    assert sum(int(r["cells_most_probable"]) for r in saved) == 324
    window.what.setCurrentIndex(1)
    assert sum(1 for b in window.chart.bars if b.strong) == sum(c.first > 0 for c in window.counts)


def test_counts_follow_the_slider(inspector, result):
    result.show(Look(0.9))
    inspector.show_counts()
    assert {c.name: c.labelled for c in inspector.counts.counts} == {
        r.name: result.count(r.name, 0.9) for r in result.rows
    }
    assert "90%" in inspector.counts.note.text()


def test_stop_leaves_nothing(qtbot, qgis_iface, qgis_canvas, result):
    canvas = qgis_iface.mapCanvas()
    items = len(canvas.scene().items())
    inspector = ResultInspector(qgis_iface)
    inspector.set_result(result)
    inspector.patch_action.trigger()
    inspector.show_counts()
    inspector.stop()
    qtbot.wait(50)
    assert canvas.mapTool() is None and len(canvas.scene().items()) == items
    assert not qgis_iface.mainWindow().findChildren(QgsDockWidget, "BigEarthNetMapperPatch")
    assert not [
        w for w in QApplication.topLevelWidgets() if w.objectName() == "BigEarthNetMapperCounts" and w.isVisible()
    ]


def test_the_chart_is_drawn_light_and_dark(inspector, result):
    """Bars in their colours, names readable on either background."""
    inspector.show_at(patch_of(result, 4, 7).cell.centroid().asPoint())
    chart = inspector.view.chart
    for window, text in (("#ffffff", "#000000"), ("#2b2b2b", "#eeeeee")):
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Window, QColor(window))
        palette.setColor(QPalette.ColorRole.WindowText, QColor(text))
        chart.setPalette(palette)
        chart.setAutoFillBackground(True)
        chart.resize(360, chart.sizeHint().height())
        image = chart.grab().toImage()
        found = {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}
        strong = next(b for b in chart.bars if b.strong)
        assert window in found and QColor(strong.colour).name() in found and text in found


def test_words_are_light_in_a_dark_theme_of_qgis(qtbot):
    """QGIS's dark themes are style sheets that colour labels only."""
    window = QWidget()
    qtbot.addWidget(window)
    window.setStyleSheet("QWidget { background: transparent } QLabel { color: #b2b2b2 }")
    chart = BarChart("chart", window)
    chart.show_bars([Bar("Arable land", 0.7, "70%", "#ffffa8", 0.4, True, "")])
    chart.resize(300, chart.sizeHint().height())
    image = chart.grab().toImage()
    names = {QColor(image.pixel(x, y)).name() for x in range(60) for y in range(image.height())}
    assert "#b2b2b2" in names and is_dark(window)
