"""Through the dock: Sentinel-1 beside Sentinel-2 and alone, from folders and loaded layers, and STAC items as scenes."""

import json
import shlex

from bigearthnet_mapper.plugin.dock import sources
from bigearthnet_mapper.plugin.result import ResultInspector
from bigearthnet_mapper.plugin.result.chip import RADAR, find_bands
from person import choose, choose_model, click, drop, load, ready, run, until
from qgis.core import QgsProject
from qgis.PyQt.QtGui import QGuiApplication
from toolbox import stac_item


def test_both_sensors_dropped_one_after_the_other(panel, qtbot, india, tmp_path):
    s2, s1 = india
    choose_model(qtbot, panel, "embedded-all")
    drop(panel, s2)
    until(qtbot, lambda: "Bands: 4 of 6" in panel.scene.bands_box.title())
    assert "VV + VH" in panel.expected.text() and not panel.run_button.isEnabled()
    assert "choose VV and VH" in panel.scene.radar.passes.text() and panel.scene.radar.passes.isVisible()
    assert panel.scene.bands.item(0, 1).text() == "missing: Sentinel-1"
    drop(panel, *s1)
    ready(qtbot, panel)
    assert panel.job().scene == (str(s2),) and panel.job().s1 == tuple(map(str, s1))
    said = panel.scene.radar.passes.text()
    assert "3 days after Sentinel-2" in said and "91 days after" in said
    assert "dB, by its negative values" in panel.scene.radiometry.text()
    click(qtbot, panel.copy_button)
    words = shlex.split(QGuiApplication.clipboard().text())
    assert [words[i + 1] for i, w in enumerate(words) if w == "--s1"] == list(map(str, s1)) and words[-1] == str(s2)
    result = run(qtbot, panel)
    assert result.mapped == 5 and "no Sentinel-1" in panel.notice.text.text()
    assert "Sentinel-1 has" in panel.log.text.toPlainText()
    # a word on the unit is part of the job
    panel.tabs.setCurrentIndex(0)
    unit = panel.scene.radar.unit
    unit.setCurrentIndex(unit.findData("db"))
    ready(qtbot, panel)
    assert panel.job().s1_unit == "db"


def test_a_model_of_sentinel_2_leaves_sentinel_1_alone(panel, qtbot, india):
    s2, s1 = india
    drop(panel, s2, s1[0])  # both at once
    ready(qtbot, panel)
    assert panel.job().s1 == (str(s1[0]),) and "6 of 6" in panel.scene.bands_box.title()
    choose_model(qtbot, panel, "embedded-s2")
    until(qtbot, lambda: "4 of 4" in panel.scene.bands_box.title())
    assert panel.job().s1 == () and not panel.scene.radar.isVisible()
    choose_model(qtbot, panel, "embedded-all")
    ready(qtbot, panel)
    assert panel.job().s1 == (str(s1[0]),), "what was chosen is forgotten"


def test_loaded_layers_of_sentinel_1_are_taken_where_they_are_wanted(panel, qtbot, india):
    s2, s1 = india
    load(s2, "B2", "B3", "B4", "B8")
    for folder in s1:
        load(folder, "VV", "VH")
    ready(qtbot, panel)
    assert not panel.scene.source.radar and panel.job().s1 == ()
    choose_model(qtbot, panel, "embedded-all")
    until(qtbot, lambda: panel.job().s1)
    ready(qtbot, panel)
    assert sorted(panel.job().s1) == sorted(str(f / f"{p}.tif") for f in s1 for p in ("VV", "VH"))
    assert "All loaded Sentinel-1 (2)" in panel.scene.radar.picker.combo.currentText()
    panel.scene.radar.picker.combo.setCurrentIndex(0)  # a person's "none" stands
    panel.scene.radar.picker.combo.activated.emit(0)
    until(qtbot, lambda: "VV + VH" in panel.expected.text())
    assert panel.job().s1 == ()


def test_sentinel_1_alone_is_mapped_and_a_patch_of_it_shown(panel, qtbot, qgis_iface, india):
    _, s1 = india
    drop(panel, *s1)
    ready(qtbot, panel)
    assert panel.job().scene == () and len(panel.job().s1) == 2
    assert "Sentinel-1A" in panel.scene.facts.text() and "2 of 2" in panel.scene.bands_box.title()
    result = run(qtbot, panel)
    assert result.mapped == 8 and result.group.name() == "S1A 2020-09-03", "the newest pass comes first"
    bands = find_bands(QgsProject.instance(), result.patches)
    assert set(bands) == set(RADAR) and bands["VV"].unit == "dB"
    inspector = ResultInspector(qgis_iface)
    try:
        qgis_iface.mapCanvas().setDestinationCrs(result.patches.crs())
        inspector.set_result(result)
        inspector.show_at(result.patches.extent().center())
        image = inspector.view.picture._image
        assert "Radar" in inspector.view.picture.toolTip() and image is not None
        colours = {image.pixel(x, y) for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
        assert len(colours) > 100, "one colour is no picture"
    finally:
        inspector.stop()


def test_bands_without_names_are_assigned_for_both_sensors(panel, qtbot, india, tmp_path):
    from osgeo import gdal

    s2, s1 = india
    stack = str(tmp_path / "two.tif")
    gdal.BuildVRT(str(tmp_path / "two.vrt"), [str(s1[0] / f"{p}.tif") for p in ("VH", "VV")], separate=True)
    gdal.Translate(stack, str(tmp_path / "two.vrt"))
    choose_model(qtbot, panel, "embedded-all")
    drop(panel, s2)
    until(qtbot, lambda: "4 of 6" in panel.scene.bands_box.title())
    panel.scene.open_radar([stack])
    until(qtbot, lambda: "no VV or VH" in panel.scene.facts.text() or "without names" in panel.scene.facts.text())
    assert "4 of 6" in panel.scene.bands_box.title(), "what is known of Sentinel-2 is kept"
    for band, number in (("VV", 2), ("VH", 1)):
        until(qtbot, lambda b=band: panel.scene.bands.findChild(type(panel.scene.combo), "band" + b) is not None)
        choose(panel.scene.bands.findChild(type(panel.scene.combo), "band" + band), number)
    ready(qtbot, panel)
    assert panel.job().bands == {"VV": 2, "VH": 1}


def test_a_stac_item_is_a_scene_and_a_collection_several(panel, qtbot, thailand, tmp_path):
    one, many, none = (tmp_path / n for n in ("item.json", "found.geojson", "none.json"))
    one.write_text(json.dumps(stac_item("first", thailand)))
    collection = {"type": "FeatureCollection", "features": [stac_item(name, thailand) for name in ("second", "third")]}
    many.write_text(json.dumps(collection))
    none.write_text("{}")
    drop(panel, one)
    ready(qtbot, panel)
    assert panel.scene.combo.currentText() == "first" and "4 of 4" in panel.scene.bands_box.title()
    drop(panel, many)
    ready(qtbot, panel)
    assert panel.job().scene == (f"{many}#second",)
    listed = [panel.scene.combo.itemText(i) for i in range(panel.scene.combo.count())]
    assert {"first", "second", "third"} <= set(listed)
    none.write_text(json.dumps({**collection, "features": []}))
    drop(panel, none)
    assert "without a scene" in panel.scene.facts.text()
    none.write_text("{}")
    drop(panel, none)
    until(qtbot, lambda: "no STAC item" in panel.scene.facts.text())
    assert not panel.run_button.isEnabled()


def test_addresses_are_sources():
    (item_,) = sources.sources_of_paths(["https://example.org/catalogue/S2A_item.json?sig=secret"])
    assert item_.paths == ("https://example.org/catalogue/S2A_item.json?sig=secret",) and item_.title == "S2A_item.json"
    (one,) = sources.sources_of_paths(["s3://bucket/found.json#S2A_1"])
    assert one.title == "S2A_1" and not one.refusal
    (odd,) = sources.sources_of_paths(["/vsizip/there.zip/B02.tif"])
    assert odd.refusal and not odd.paths
