"""Adapt model to scene, Map many scenes, and what Map scene does before and after the map."""

import json
from pathlib import Path

import pytest
from person import load
from qgis.core import (
    QgsProcessingException,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from toolbox import QUICK, Heard, cancel, in_thread, wait_for, zones_layer


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
    wait_for(lambda: any("Predicting" in w for w in heard.words))
    cancel(heard, thread, ended, 2.5)
    assert not list(tmp_path.glob("*.json"))


# -- Map many scenes ------------------------------------------------------------------------------------


def test_layers_and_a_list_become_one_catalogue(run, corner, tmp_path):
    first, second = corner("S2_first"), corner("S2_second")
    layers = load(first)
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
    slow = {"FILES": [str(thailand)], "STRIDE": 30, "THREADS": 1, "OUTPUT": str(out), "CATALOGUE": False}
    thread, ended = in_thread(provider, "mapmany", slow, heard)
    wait_for(lambda: list(out.glob("scenes/*/.ben-*/strip-*.npz")))
    cancel(heard, thread, ended, 2.5)
    assert not list(out.glob("scenes/*/*.tif"))
    results = run("mapmany", slow)
    assert results["MAPPED"] == 1 and "OVERVIEW" not in results
    assert "in the journal of an earlier run" in next(out.glob("logs/*.log")).read_text(encoding="utf-8"), (
        "it began anew"
    )


# -- what Map scene does before and after the map ---------------------------------------------------------


def test_a_10_m_map_and_a_fallback_model_with_map_scene(run, corner, india, tmp_path):
    heard = Heard()
    given = {"MAKE_REGIONS": True, "MIN_AREA": 4, "FOLDER": str(corner("S2_c")), "OUTPUT": str(tmp_path / "finer")}
    results = run("mapscene", given, heard)
    assert any("--regions --min-area 4.0" in w for w in heard.words)
    assert QgsRasterLayer(results["REGIONS"], "r").isValid() and QgsVectorLayer(results["SEGMENTS"], "s").featureCount()
    opened = {Path(uri.partition("|")[0]).name for uri in run.context.layersToLoadOnCompletion()}
    assert opened == {"S2_c.gpkg", "S2_c_classes.tif", "S2_c_regions.tif"} and "VERDICT" not in results

    s2, s1 = india
    both = {"FOLDER": str(s2), "S1_FILES": [str(p) for p in s1], "MODEL": "embedded-all", "FALLBACK_MODEL": "embedded"}
    results = run("mapscene", {**both, "OUTPUT": str(tmp_path / "both"), "OPEN": False})
    assert results["MAPPED"] > 5 and results["FILLED"] > 0, "without a fallback 5 of 9 are mapped"
