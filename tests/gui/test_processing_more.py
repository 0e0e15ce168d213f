"""Adapt model to scene, Map many scenes: as a person, qgis_process and a model of the designer run them."""

import json
import shutil
import time
from pathlib import Path

import pytest
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingModelAlgorithm,
    QgsProcessingModelChildAlgorithm,
    QgsProcessingModelChildParameterSource,
    QgsProcessingModelParameter,
    QgsProcessingParameterFile,
    QgsProcessingParameterFolderDestination,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from toolbox import Heard, in_thread, wait_for, zones_layer

BANDS = ("B02", "B03", "B04", "B08")
# A few patches only: what is tested is the way there and back.
QUICK = {"METHOD": "bn-only", "STRIDE": 120, "BLOCK": 1, "EXTENT": "363000,370200,1977000,1984200 [EPSG:32648]"}


def quick(thailand, out, **more):
    return {"FOLDER": str(thailand), **QUICK, "OUTPUT": str(out), **more}


# -- Adapt model to scene -------------------------------------------------------------------------------


def test_a_rejected_model_is_not_handed_over(run, thailand, tmp_path):
    reference = zones_layer({"211": (363_000, 1_977_000, 4000, 8000), "311": (367_000, 1_977_000, 4000, 8000)})
    reference.setName("CLC of the place")
    QgsProject.instance().addMapLayer(reference)
    heard = Heard()
    results = run("adaptmodel", quick(thailand, tmp_path, NAME="mine", KEEP_REJECTED=True), heard)
    assert results["VERDICT"] == "rejected" and results["REASONS"]
    assert results["ADAPTED"] == "" and results["USE"] == "embedded"
    assert Path(results["KEPT"]).name == "mine-rejected.json" and Path(results["KEPT"]).is_file()
    assert Path(results["REPORT"]).name == "mine_adaptation.html" and Path(results["REPORT"]).is_file()
    assert json.loads(Path(results["FIGURES"]).read_text(encoding="utf-8"))["verdict"] == "rejected"
    told = "\n".join(heard.words)
    assert "ben adapt" in told and "--method bn-only" in told and "--keep-rejected" in told
    assert "Verdict: rejected." in told and results["REASONS"].splitlines()[0] in told


def test_what_an_adaptation_cannot_do_is_said(run, thailand, tmp_path):
    with pytest.raises(QgsProcessingException, match="bank"):
        (tmp_path / "no.npz").write_bytes(b"nothing")
        run("adaptmodel", quick(thailand, tmp_path / "out", BANK=str(tmp_path / "no.npz")))
    with pytest.raises(QgsProcessingException, match="one of the three"):
        run("adaptmodel", {**QUICK, "OUTPUT": str(tmp_path)})
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*.json"))


def test_adapting_is_cancelled_in_two_seconds(provider, thailand, tmp_path):
    heard = Heard()
    parameters = quick(thailand, tmp_path, EXTENT=None, STRIDE=15)
    thread, ended = in_thread(provider, "adaptmodel", parameters, heard)
    wait_for(lambda: any("Predicting" in w for w in heard.words), 240)
    begun = time.monotonic()
    heard.cancel()
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - begun < 2.5
    assert ended == {"results": {}} and not list(tmp_path.glob("*.json"))


# -- Map many scenes ------------------------------------------------------------------------------------


@pytest.fixture
def corner(thailand, tmp_path):
    """``corner(name)``: a small scene of its own, 3 x 3 patches of the real one, as band files in a folder."""
    from osgeo import gdal

    def cut(name):
        folder = tmp_path / "scenes" / name
        folder.mkdir(parents=True)
        for band in BANDS:
            gdal.Translate(str(folder / f"{band}.tif"), str(thailand / f"{band}.tif"), srcWin=[0, 0, 360, 360])
        return folder

    return cut


def test_layers_and_a_list_become_one_catalogue(run, corner, tmp_path):
    first, second = corner("S2_first"), corner("S2_second")
    layers = [QgsRasterLayer(str(first / f"{b}.tif"), b) for b in BANDS]
    QgsProject.instance().addMapLayers(layers)
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0 not a raster")
    scenes = tmp_path / "scenes.csv"
    scenes.write_text(f"scene,name\n{second},zweite\n{broken},kaputt\n", encoding="utf-8")
    out, heard = tmp_path / "Länder karten", Heard()
    given = {"LAYERS": layers, "LIST": str(scenes), "OUTPUT": str(out), "MIN_VALID": 0.5}
    results = run("mapmany", given, heard)
    assert (results["DONE"], results["MAPPED"], results["FAILED"]) == (2, 2, 1)
    assert results["FAILURES"].startswith("kaputt: ") and any(e.startswith("kaputt: ") for e in heard.errors)
    assert Path(results["OVERVIEW"]).is_file() and Path(results["COLLECTION"]).is_file()
    assert {p.name for p in (out / "scenes").iterdir()} >= {"S2_first", "zweite"}
    told = "\n".join(heard.words)
    assert "ben batch run" in told and "--min-valid 0.5" in told and "zweite: 9 patches" in told
    assert heard.values == sorted(heard.values) and heard.values[-1] == 100, "progress of all"
    again = run("mapmany", {"FILES": [str(first)], "OUTPUT": str(out), "MIN_VALID": 0.5, "CATALOGUE": False})
    assert (again["DONE"], again["MAPPED"]) == (1, 0), "what is done stays"


def test_no_scene_at_all_is_an_error(run, tmp_path):
    with pytest.raises(QgsProcessingException, match="Choose the scenes"):
        run("mapmany", {"OUTPUT": str(tmp_path)})
    (tmp_path / "empty").mkdir()
    with pytest.raises(QgsProcessingException, match="holds no scenes"):
        run("mapmany", {"FOLDER": str(tmp_path / "empty"), "OUTPUT": str(tmp_path / "out")})
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\0 not a raster")
    with pytest.raises(QgsProcessingException, match="No scene could be mapped"):
        run("mapmany", {"FILES": [str(broken)], "OUTPUT": str(tmp_path / "out")})


def test_a_batch_is_cancelled_in_two_seconds_and_goes_on(provider, run, thailand, tmp_path):
    out, heard = tmp_path / "out", Heard()
    slow = {"FILES": [str(thailand)], "STRIDE": 20, "OUTPUT": str(out), "CATALOGUE": False}
    thread, ended = in_thread(provider, "mapmany", slow, heard)
    wait_for(lambda: list(out.glob("scenes/*/.ben-*/strip-*.npz")))
    begun = time.monotonic()
    heard.cancel()
    thread.join(10)
    assert not thread.is_alive() and time.monotonic() - begun < 2.5
    assert ended == {"results": {}} and not list(out.glob("scenes/*/*.tif"))
    results = run("mapmany", slow)
    assert results["MAPPED"] == 1 and "OVERVIEW" not in results
    assert "in the journal of an earlier run" in next(out.glob("logs/*.log")).read_text(encoding="utf-8"), (
        "it began anew"
    )


def test_many_scenes_with_qgis_process(qgis_process, corner, tmp_path):
    folder = corner("S2_a").parent
    found = qgis_process(
        "--json", "run", "bigearthnet_mapper:mapmany", "--", f"FOLDER={folder}", f"OUTPUT={tmp_path / 'out'}",
        "CLASS_THRESHOLDS=Urban fabric=0.2",
    )  # fmt: skip
    results = json.loads(found.stdout)["results"]
    assert results["DONE"] == 1 and results["FAILED"] == 0 and Path(results["OVERVIEW"]).is_file()


# -- what Map scene does before and after the map ---------------------------------------------------------


def test_a_10_m_map_and_a_fallback_model_with_map_scene(run, corner, ben_data, tmp_path):
    heard = Heard()
    given = {"MAKE_REGIONS": True, "MIN_AREA": 4, "FOLDER": str(corner("S2_c")), "OUTPUT": str(tmp_path / "finer")}
    results = run("mapscene", given, heard)
    assert any("--regions --min-area 4.0" in w for w in heard.words)
    assert QgsRasterLayer(results["REGIONS"], "r").isValid() and QgsVectorLayer(results["SEGMENTS"], "s").featureCount()
    opened = {Path(uri.partition("|")[0]).name for uri in run.context.layersToLoadOnCompletion()}
    assert opened == {"S2_c.gpkg", "S2_c_classes.tif", "S2_c_regions.tif"} and "VERDICT" not in results

    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    s2, s1 = min((root / "s2a" / "0000200").iterdir()), sorted((root / "s1" / "0000200").iterdir())
    both = {"FOLDER": str(s2), "S1_FILES": [str(p) for p in s1], "MODEL": "embedded-all", "FALLBACK_MODEL": "embedded"}
    results = run("mapscene", {**both, "OUTPUT": str(tmp_path / "both"), "OPEN": False})
    assert results["MAPPED"] > 5 and results["FILLED"] > 0, "without a fallback 5 of 9 are mapped"


# -- in a model of the designer ---------------------------------------------------------------------------


def test_adapt_then_map_in_a_model(provider, thailand, tmp_path):
    """A rejected model: the map is made with the original one, by the wire from one algorithm to the next."""
    child, source = QgsProcessingModelChildAlgorithm, QgsProcessingModelChildParameterSource
    model = QgsProcessingModelAlgorithm("Adapt, then map", "tests")
    for parameter in (
        QgsProcessingParameterFile("SCENE", "Scene", QgsProcessingParameterFile.Behavior.Folder),
        QgsProcessingParameterFolderDestination("MODELS", "Models"),
        QgsProcessingParameterFolderDestination("MAP", "Map"),
    ):
        model.addModelParameter(parameter, QgsProcessingModelParameter(parameter.name()))
    adapting, mapping = child("bigearthnet_mapper:adaptmodel"), child("bigearthnet_mapper:mapscene")
    adapting.setChildId("adapting")
    for name, value in QUICK.items():
        adapting.addParameterSources(name, [source.fromStaticValue(value)])
    adapting.addParameterSources("FOLDER", [source.fromModelParameter("SCENE")])
    adapting.addParameterSources("OUTPUT", [source.fromModelParameter("MODELS")])
    mapping.setChildId("mapping")
    mapping.addParameterSources("MODEL", [source.fromChildOutput("adapting", "USE")])
    mapping.addParameterSources("FOLDER", [source.fromModelParameter("SCENE")])
    mapping.addParameterSources("OPEN", [source.fromStaticValue(False)])
    mapping.addParameterSources("OUTPUT", [source.fromModelParameter("MAP")])
    for algorithm in (adapting, mapping):
        model.addChildAlgorithm(algorithm)
    assert model.toFile(str(tmp_path / "model.model3"))
    again = QgsProcessingModelAlgorithm()
    assert again.fromFile(str(tmp_path / "model.model3"))
    context, heard = QgsProcessingContext(), Heard()
    context.setProject(QgsProject.instance())
    given = {"SCENE": str(thailand), "MODELS": str(tmp_path / "models"), "MAP": str(tmp_path / "map")}
    _, fine = again.create().run(given, context, heard, {}, True)
    assert fine, heard.errors
    (report,) = (tmp_path / "models").glob("*_adaptation.json")
    assert json.loads(report.read_text(encoding="utf-8"))["verdict"] == "rejected"
    assert list((tmp_path / "map").glob("*.gpkg"))
    shutil.rmtree(tmp_path / "models")
