"""The Processing algorithms in a QGIS with layers."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bigearthnet_mapper.plugin.processing import Provider
from person import load
from qgis.core import (
    QgsApplication,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from toolbox import ALGORITHMS, Heard, cancel, in_thread, stac_item, wait_for, zones_layer


@pytest.fixture(scope="module")
def finished(engine, thailand, tmp_path_factory):
    """A map of the Thailand scene, made by the command."""
    out = tmp_path_factory.mktemp("finished")
    command = [*engine.command(["map", str(thailand), "--out", str(out), "--name", "thai"])]
    subprocess.run(command, check=True, capture_output=True, env=engine.environment())
    return out


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_explains_itself(provider, name):
    algorithm = provider.algorithm(name)
    assert algorithm.shortDescription() and algorithm.shortHelpString() and algorithm.tags()
    assert not algorithm.icon().isNull()
    silent = {"OVERWRITE"}  # its name says all
    assert {p.name() for p in algorithm.parameterDefinitions() if not (p.description() and p.help())} <= silent
    assert all(o.description() for o in algorithm.outputDefinitions())


def test_layers_and_a_selected_area(run, thailand, tmp_path):
    layers = load(thailand)
    area = zones_layer({"in": (363_000, 1_982_000, 2000, 2000), "far": (100_000, 100_000, 10, 10)})
    QgsProject.instance().addMapLayer(area)
    area.selectByExpression("name = 'in'")
    heard = Heard()
    results = run(
        "mapscene",
        {
            "LAYERS": layers,
            "AREA": QgsProcessingFeatureSourceDefinition(area.id(), selectedFeaturesOnly=True),
            "OUTPUT": str(tmp_path / "out"),
            "NAME": "part",
        },
        heard,
    )
    assert 4 <= results["MAPPED"] <= 9
    assert heard.values[-1] == 100 and any("ben map" in w for w in heard.words)
    assert any("demonstration model" in w for w in heard.words), "the run's warnings were not told"
    opened = run.context.layersToLoadOnCompletion()
    assert {Path(uri.partition("|")[0]).name for uri in opened} == {"part.gpkg", "part_classes.tif"}
    patches = QgsVectorLayer(results["PATCHES"], "p", "ogr")
    assert patches.isValid() and patches.renderer().type() == "categorizedSymbol"


def test_sentinel_1_alone_from_layers(run, india, tmp_path):
    _, (first, second) = india
    layers = load(first, "VV", "VH")
    heard = Heard()
    results = run("sceneinfo", {"S1_LAYERS": layers, "S1_FOLDER": str(second)}, heard)
    assert results["BANDS"] == "VV,VH" and results["PATCHES"] == 9 and not results["PROBLEM"]
    assert results["SENTINEL_1"].count("dB, by its negative values") == 2
    results = run("sceneinfo", {"S1_LAYERS": layers, "MODEL": "embedded-all"})
    assert "B02, B03, B04, B08" in results["PROBLEM"]


def test_a_stac_item_as_the_file(run, thailand, tmp_path):
    path = tmp_path / "item.json"
    path.write_text(json.dumps(stac_item("thai-item", thailand)))
    results = run("sceneinfo", {"FILE": str(path)})
    assert results["SCENE"] == "thai-item" and results["PATCHES"] == 81
    with pytest.raises(QgsProcessingException, match="no item"):
        run("sceneinfo", {"FILE": f"{path}#other"})


@pytest.mark.parametrize("kind", ["polygons", "raster"])
def test_a_map_is_evaluated_against_a_reference(run, finished, tmp_path, kind):
    if kind == "polygons":
        reference = zones_layer({"211": (363_000, 1_978_000, 5000, 9000), "311": (368_000, 1_978_000, 5000, 9000)})
        given = {"CODE_FIELD": "name"}
    else:
        from osgeo import gdal, gdal_array  # noqa: F401  (arrays in and out)

        path = str(tmp_path / "clc.tif")
        source = gdal.Open(str(finished / "thai_classes.tif"))
        made = gdal.GetDriverByName("GTiff").Create(path, source.RasterXSize, source.RasterYSize, 1, gdal.GDT_UInt16)
        made.SetGeoTransform(source.GetGeoTransform())
        made.SetProjection(source.GetProjection())
        made.GetRasterBand(1).Fill(211)
        made = None
        reference, given = QgsRasterLayer(path, "clc"), {}
    QgsProject.instance().addMapLayer(reference)
    cells = f"{finished / 'thai.gpkg'}|layername=patches"
    results = run("evaluatemap", {"MAP": cells, "REFERENCE": reference, "OUTPUT": str(tmp_path / "out"), **given})
    assert Path(results["REPORT"]).is_file() and 0 < results["CELLS"] <= 81
    assert 0 <= results["AP_MACRO"] <= 1 and 0 <= results["F1_MICRO"] <= 1
    assert json.loads(Path(results["FIGURES"]).read_text(encoding="utf-8"))["patches"] == results["CELLS"]


def test_an_extent_in_degrees(run, thailand, tmp_path):
    results = run(
        "mapscene",
        {"FOLDER": str(thailand), "EXTENT": "103.72,103.74,17.92,17.94 [EPSG:4326]", "OUTPUT": str(tmp_path), "OPEN": False},
    )  # fmt: skip
    assert 1 <= results["MAPPED"] <= 16
    assert not run.context.layersToLoadOnCompletion()


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "one of the three"),
        ({"FOLDER": "SCENE", "FILE": "SCENE"}, "one of the three"),
        ({"FOLDER": "SCENE", "AREA": "ZONES", "EXTENT": "0,1,0,1 [EPSG:4326]"}, "not both"),
        ({"FOLDER": "SCENE", "EXTENT": "0,1,0,1 [EPSG:4326]"}, "outside the scene"),
        ({"FOLDER": "SCENE", "CLASS_THRESHOLDS": "Lava=0.2"}, "Lava"),
        ({"FOLDER": "SCENE", "CLASS_THRESHOLDS": "nonsense"}, "nonsense"),
        ({"FOLDER": "SCENE", "BANDS": "B02"}, "B02"),
        ({"FOLDER": "SCENE", "MODEL": "nothing.onnx"}, "nothing.onnx"),
        ({"FOLDER": "SCENE", "DEVICE": "cuda"}, "cuda"),
        ({"FOLDER": "SCENE", "GROUPS": "clc1", "LEGEND": "x.json"}, "not both"),
    ],
)
def test_what_cannot_work_is_said(run, thailand, tmp_path, parameters, words):
    zones = zones_layer({"a": (363_000, 1_980_000, 2000, 2000)})
    QgsProject.instance().addMapLayer(zones)
    stand_in = {"SCENE": str(thailand), "ZONES": zones.id()}
    given = {k: stand_in.get(v, v) for k, v in parameters.items()}
    with pytest.raises(QgsProcessingException, match=words):
        run("mapscene", {**given, "OUTPUT": str(tmp_path / "out")})


def test_zones_in_a_memory_layer_with_a_selection(run, finished, tmp_path):
    zones = zones_layer({"a": (363_000, 1_980_000, 4000, 4000), "b": (368_000, 1_980_000, 4000, 4000)})
    QgsProject.instance().addMapLayer(zones)
    zones.selectByExpression("name = 'b'")
    results = run(
        "zonestatistics",
        {
            "MAP": f"{finished / 'thai.gpkg'}|layername=patches",
            "ZONES": QgsProcessingFeatureSourceDefinition(zones.id(), selectedFeaturesOnly=True),
            "FIELD": "name",
            "OUTPUT": str(tmp_path / "z.gpkg"),
        },
    )
    layer = QgsVectorLayer(results["OUTPUT"], "z", "ogr")
    (feature,) = layer.getFeatures()
    assert feature["zone"] == "b" and feature["cells"] == results["CELLS"] > 5
    assert 0 <= feature["share_arable_land"] <= 1


def test_another_layer_is_no_map(run, tmp_path):
    zones = zones_layer({"a": (0, 0, 1, 1)})
    QgsProject.instance().addMapLayer(zones)
    with pytest.raises(QgsProcessingException, match="is no map"):
        run("zonestatistics", {"MAP": zones.id(), "ZONES": zones.id(), "OUTPUT": str(tmp_path / "z.gpkg")})


def slow(thailand, out):
    """Some seconds of work on any machine."""
    return {"FOLDER": str(thailand), "STRIDE": 30, "THREADS": 1, "OUTPUT": str(out), "OPEN": False}


def test_cancel_ends_in_two_seconds_and_a_second_run_goes_on(provider, run, thailand, tmp_path):
    heard = Heard()
    thread, ended = in_thread(provider, "mapscene", slow(thailand, tmp_path), heard)
    wait_for(lambda: any("patches" in w for w in heard.words[1:]))
    wait_for(lambda: list(tmp_path.glob(".ben-*/strip-*.npz")))
    cancel(heard, thread, ended)
    assert not list(tmp_path.glob("*.tif")), "half a map"
    again = Heard()
    assert run("mapscene", slow(thailand, tmp_path), again)["MAPPED"] > 1000
    assert any("in the journal of an earlier run" in w for w in again.words)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_a_killed_worker_is_an_error(provider, thailand, tmp_path):
    heard = Heard()
    thread, ended = in_thread(provider, "mapscene", slow(thailand, tmp_path), heard)
    wait_for(lambda: any("patches, model" in w for w in heard.words))
    own = [p for p in Path("/proc").glob("[0-9]*") if _child_of(p, os.getpid()) and b"launcher.py" in _words(p)]
    assert len(own) == 1
    os.kill(int(own[0].name), signal.SIGKILL)
    thread.join(60)
    assert not thread.is_alive() and "died" in ended["error"]


def _child_of(process, parent):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1]) == parent
    except (OSError, ValueError):
        return False


def _words(process):
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_without_an_engine_the_toolbox_says_what_to_do(provider, monkeypatch):
    monkeypatch.setattr("bigearthnet_mapper.plugin.processing.base.find_engine", lambda settings: None)
    fine, words = provider.algorithm("mapscene").canExecute()
    assert not fine and "Set up engine" in words


def test_an_algorithm_appears_with_its_command_only(qgis_app, monkeypatch):
    monkeypatch.setattr("bigearthnet_mapper.plugin.processing.provider.COMMANDS", ("map", "info"))
    provider = Provider()
    QgsApplication.processingRegistry().addProvider(provider)
    assert {a.name() for a in provider.algorithms()} == {"mapscene", "sceneinfo"}
    QgsApplication.processingRegistry().removeProvider(provider)
