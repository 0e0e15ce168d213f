"""The Processing algorithms: in the real ``qgis_process`` with a clean profile, and in a QGIS with layers."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bigearthnet_mapper.plugin.processing import Provider
from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelOutput,
    QgsProcessingModelParameter,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)

sys.path.insert(0, str(Path(__file__).parent))
from toolbox import Heard, in_thread, wait_for, zones_layer

BANDS = ("B02", "B03", "B04", "B08")
ALGORITHMS = ("mapscene", "mapmany", "adaptmodel", "sceneinfo", "zonestatistics", "evaluatemap")


@pytest.fixture(scope="module")
def finished(engine, thailand, tmp_path_factory):
    """A map of the Thailand scene, made by the command."""
    out = tmp_path_factory.mktemp("finished")
    command = [*engine.command(["map", str(thailand), "--out", str(out), "--name", "thai"])]
    subprocess.run(command, check=True, capture_output=True, env=engine.environment())
    return out


@pytest.fixture(scope="module")
def india(ben_data):
    """(A scene of Sentinel-2, two passes of Sentinel-1) of the same place."""
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    return min((root / "s2a" / "0000200").iterdir()), sorted((root / "s1" / "0000200").iterdir())


def stac_item(thailand, folder):
    """The band files as a STAC item."""
    path = folder / "item.json"
    assets = {b: {"href": str(thailand / f"{b}.tif"), "type": "image/tiff; application=geotiff"} for b in BANDS}
    properties = {"datetime": "2020-02-23T03:37:29Z", "platform": "sentinel-2a", "s2:processing_baseline": "02.14"}
    path.write_text(json.dumps({
        "type": "Feature", "stac_version": "1.0.0", "id": "thai-item", "collection": "sentinel-2-l2a", "geometry": None,
        "properties": properties, "assets": assets, "links": [],
    }))  # fmt: skip
    return path


# -- qgis_process ---------------------------------------------------------------------------------------


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


# -- in QGIS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALGORITHMS)
def test_each_explains_itself(provider, name):
    algorithm = provider.algorithm(name)
    assert algorithm.shortDescription() and algorithm.shortHelpString() and algorithm.tags()
    assert not algorithm.icon().isNull()
    silent = {"OVERWRITE"}  # its name says all
    assert {p.name() for p in algorithm.parameterDefinitions() if not (p.description() and p.help())} <= silent
    assert all(o.description() for o in algorithm.outputDefinitions())


def test_layers_and_a_selected_area(run, thailand, tmp_path):
    layers = [QgsRasterLayer(str(thailand / f"{b}.tif"), b) for b in BANDS]
    area = zones_layer({"in": (363_000, 1_982_000, 2000, 2000), "far": (100_000, 100_000, 10, 10)})
    QgsProject.instance().addMapLayers([*layers, area])
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
    layers = [QgsRasterLayer(str(first / f"{p}.tif"), p) for p in ("VV", "VH")]
    QgsProject.instance().addMapLayers(layers)
    heard = Heard()
    results = run("sceneinfo", {"S1_LAYERS": layers, "S1_FOLDER": str(second)}, heard)
    assert results["BANDS"] == "VV,VH" and results["PATCHES"] == 9 and not results["PROBLEM"]
    assert results["SENTINEL_1"].count("dB, by its negative values") == 2
    results = run("sceneinfo", {"S1_LAYERS": layers, "MODEL": "embedded-all"})
    assert "B02, B03, B04, B08" in results["PROBLEM"]


def test_a_stac_item_as_the_file(run, thailand, tmp_path):
    results = run("sceneinfo", {"FILE": str(stac_item(thailand, tmp_path))})
    assert results["SCENE"] == "thai-item" and results["PATCHES"] == 81
    with pytest.raises(QgsProcessingException, match="no item"):
        run("sceneinfo", {"FILE": f"{stac_item(thailand, tmp_path)}#other"})


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


def test_in_a_model_of_the_designer(run, thailand, tmp_path):
    """Map scene, then Statistics in zones of its cells: saved, read again, run as the designer runs it."""
    child, source = QgsProcessingModelChildAlgorithm, QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("Map, then count", "tests")
    for parameter in (
        QgsProcessingParameterFile("SCENE", "Scene", QgsProcessingParameterFile.Behavior.Folder),
        QgsProcessingParameterFeatureSource("ZONES", "Zones"),
        QgsProcessingParameterFolderDestination("MAP", "Map"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    mapping, counting = child("bigearthnet_mapper:mapscene"), child("bigearthnet_mapper:zonestatistics")
    mapping.setChildId("mapping")
    mapping.addParameterSources("FOLDER", [source.fromModelParameter("SCENE")])
    mapping.addParameterSources("STRIDE", [source.fromStaticValue(120)])
    mapping.addParameterSources("OPEN", [source.fromStaticValue(False)])
    mapping.addParameterSources("OUTPUT", [source.fromModelParameter("MAP")])
    counting.setChildId("counting")
    counting.addParameterSources("MAP", [source.fromChildOutput("mapping", "PATCHES")])
    counting.addParameterSources("ZONES", [source.fromModelParameter("ZONES")])
    counting.addParameterSources("FIELD", [source.fromStaticValue("name")])
    wanted = QgsProcessingModelOutput("COUNTED")
    wanted.setChildId("counting")
    wanted.setChildOutputName("OUTPUT")
    counting.setModelOutputs({"COUNTED": wanted})
    for algorithm in (mapping, counting):
        model.addChildAlgorithm(algorithm)
    assert model.toFile(str(tmp_path / "model.model3"))
    again = QgsProcessingModelAlgorithm()
    assert again.fromFile(str(tmp_path / "model.model3"))
    zones = zones_layer({"a": (363_000, 1_980_000, 4000, 4000)})
    QgsProject.instance().addMapLayer(zones)
    context, heard = QgsProcessingContext(), Heard()
    context.setProject(QgsProject.instance())
    (counted,) = {p.name() for p in again.destinationParameterDefinitions()} - {"MAP"}
    given = {
        "SCENE": str(thailand),
        "ZONES": zones.id(),
        "MAP": str(tmp_path / "map"),
        counted: str(tmp_path / "z.gpkg"),
    }
    results, fine = again.create().run(given, context, heard, {}, True)
    assert fine, heard.errors
    (feature,) = QgsVectorLayer(results[counted], "z", "ogr").getFeatures()
    assert feature["zone"] == "a" and feature["cells"] > 5


def test_another_layer_is_no_map(run, tmp_path):
    zones = zones_layer({"a": (0, 0, 1, 1)})
    QgsProject.instance().addMapLayer(zones)
    with pytest.raises(QgsProcessingException, match="is no map"):
        run("zonestatistics", {"MAP": zones.id(), "ZONES": zones.id(), "OUTPUT": str(tmp_path / "z.gpkg")})


def slow(thailand, out):
    return {"FOLDER": str(thailand), "STRIDE": 15, "OUTPUT": str(out), "OPEN": False}


def test_cancel_ends_in_two_seconds_and_a_second_run_goes_on(provider, run, thailand, tmp_path):
    heard = Heard()
    thread, ended = in_thread(provider, "mapscene", slow(thailand, tmp_path), heard)
    wait_for(lambda: any("patches" in w for w in heard.words[1:]))
    wait_for(lambda: list(tmp_path.glob(".ben-*/strip-*.npz")))
    begun = time.monotonic()
    heard.cancel()
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - begun < 2
    assert ended == {"results": {}}
    assert not list(tmp_path.glob("*.tif")), "half a map"
    again = Heard()
    assert run("mapscene", slow(thailand, tmp_path), again)["MAPPED"] > 5000
    assert any("in the journal of an earlier run" in w for w in again.words)


@pytest.mark.skipif(sys.platform != "linux", reason="finds the worker in /proc")
def test_a_killed_worker_is_an_error(provider, thailand, tmp_path):
    heard = Heard()
    thread, ended = in_thread(provider, "mapscene", slow(thailand, tmp_path), heard)
    wait_for(lambda: any("patches, model" in w for w in heard.words))
    own = [p for p in Path("/proc").glob("[0-9]*") if _child_of(p, os.getpid()) and b"launcher.py" in _words(p)]
    assert len(own) == 1
    os.kill(int(own[0].name), signal.SIGKILL)
    thread.join(10)
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
