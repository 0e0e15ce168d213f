"""The Processing algorithms in the real ``qgis_process`` with a clean profile."""

import json
from pathlib import Path

import pytest
from person import BANDS
from qgis.core import QgsVectorLayer
from toolbox import ALGORITHMS


def test_the_toolbox_lists_them(qgis_process):
    found = json.loads(qgis_process("--json", "list").stdout)["providers"]["bigearthnet_mapper"]["algorithms"]
    assert set(found) == {f"bigearthnet_mapper:{n}" for n in ALGORITHMS}


def test_map_then_zones_with_qgis_process(qgis_process, thailand, tmp_path):
    out = tmp_path / "Karte ä"
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:mapscene", "--", *(f"LAYERS={thailand / b}.tif" for b in BANDS),
        f"OUTPUT={out}", "NAME=t", "STRIDE=60", "MAX_CLOUD=0.9", "CLASS_THRESHOLDS=Urban fabric=0.2",
    )  # fmt: skip
    results = json.loads(found.stdout)["results"]
    assert results["MAPPED"] == 324 and results["SKIPPED"] == 0
    for kind in ("CLASSES", "LABELS", "PROBABILITIES", "REPORT", "ITEM"):
        assert Path(results[kind]).is_file()
    areas = QgsVectorLayer(results["PATCHES"], "t", "ogr").extent()
    zones = tmp_path / "zones.geojson"
    ring = [
        [areas.xMinimum(), areas.yMinimum()],
        [areas.xMaximum(), areas.yMinimum()],
        [areas.xMaximum(), areas.yMaximum()],
    ]
    zones.write_text(json.dumps({
        "type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32648"}},
        "features": [{"type": "Feature", "properties": {"name": "half"},
                      "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}],
    }))  # fmt: skip
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:zonestatistics", "--", f"MAP={out / 't.gpkg'}", f"ZONES={zones}",
        "FIELD=name", "WEIGHT=area", f"OUTPUT={tmp_path / 'z.gpkg'}",
    )  # fmt: skip
    results = json.loads(found.stdout)["results"]
    assert results["CELLS"] == pytest.approx(165, abs=1)  # of 324; cells at the scene's edges are narrower
    table = QgsVectorLayer(results["TABLE"], "t", "ogr")
    assert table.featureCount() == 19 and {f["zone"] for f in table.getFeatures()} == {"half"}


def test_info_with_qgis_process(qgis_process, thailand, tmp_path):
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:sceneinfo", "--", f"FOLDER={thailand}", f"HTML={tmp_path / 'i.html'}"
    )
    results = json.loads(found.stdout)["results"]
    assert results["PATCHES"] == 81 and results["CRS"] == "EPSG:32648" and "B8A" in results["BANDS"]
    assert results["MEMORY"] > 1e8 and not results["PROBLEM"]
    assert "Major TOM" in (tmp_path / "i.html").read_text(encoding="utf-8")


def test_both_sensors_with_qgis_process(qgis_process, india, tmp_path):
    s2, s1 = india
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:mapscene", "--", f"FOLDER={s2}", *(f"S1_FILES={p}" for p in s1),
        "MODEL=embedded-all", "S1_UNIT=db", f"OUTPUT={tmp_path}", "NAME=both",
    )  # fmt: skip
    results = json.loads(found.stdout)["results"]
    assert results["MAPPED"] == 5 and results["SKIPPED"] == 4
    patches = QgsVectorLayer(results["PATCHES"], "p", "ogr")
    assert {f["status"] for f in patches.getFeatures()} == {"mapped", "no Sentinel-1", "no Sentinel-2"}


def test_an_error_in_qgis_process_is_the_engines_sentence(qgis_process, tmp_path):
    found = qgis_process(
        "run", "bigearthnet_mapper:mapscene", "--", f"FOLDER={tmp_path}", f"OUTPUT={tmp_path / 'o'}", check=False
    )
    assert found.returncode != 0
    assert "holds no Sentinel-2 product" in found.stdout + found.stderr
    assert "Traceback" not in found.stdout + found.stderr


def test_many_scenes_with_qgis_process(qgis_process, corner, tmp_path):
    folder = corner("S2_a").parent
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:mapmany", "--", f"FOLDER={folder}", f"OUTPUT={tmp_path / 'out'}",
        "CLASS_THRESHOLDS=Urban fabric=0.2",
    )  # fmt: skip
    results = json.loads(found.stdout)["results"]
    assert results["DONE"] == 1 and results["FAILED"] == 0 and Path(results["OVERVIEW"]).is_file()
