"""Through the dock: a product on disk (SAFE folder, zip), and a published model from its hub to the map."""

import os
import runpy
import shutil
import subprocess
from pathlib import Path

import pytest
from bigearthnet_mapper.plugin.result import ResultInspector
from person import choose_model, click, ready, run, until
from qgis.core import QgsProject

ENGINE_TESTS = Path(__file__).resolve().parents[1] / "engine"


@pytest.fixture(scope="module")
def safe(engine, tmp_path_factory):
    """A generated product, 6 x 6 km."""
    folder = tmp_path_factory.mktemp("Produkt ä")
    words = ["sample", str(folder), "--size", "600"]
    subprocess.run(engine.command(words), check=True, capture_output=True, env=engine.environment())
    return next(folder.glob("*.SAFE"))


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_product_is_mapped_and_a_patch_of_it_explained(panel, qtbot, qgis_iface, safe, tmp_path, packed):
    path = str(safe)
    if packed:
        path = shutil.make_archive(str(tmp_path / safe.name), "zip", safe.parent, safe.name)
    panel.scene.open_paths([path])
    ready(qtbot, panel)
    assert all(words in panel.scene.facts.text() for words in ("Sentinel-2A", "L2A", "05.09", "21 Jun 2023"))
    assert "1000" in panel.scene.radiometry.text() and not panel.scene.bands.chosen()
    result = run(qtbot, panel)
    assert result.mapped > 10 and result.group.name() == "28TEL 2023-06-21 (S2A)"
    inspector = ResultInspector(qgis_iface)
    try:
        qgis_iface.mapCanvas().setDestinationCrs(result.patches.crs())
        inspector.set_result(result)
        inspector.show_at(result.patches.extent().center())
        assert inspector.view.patch.status == "mapped" and inspector.view.picture._image is not None
    finally:
        inspector.stop()


def test_a_published_model_is_fetched_and_maps(panel, qtbot, engine, thailand, tmp_path, monkeypatch):
    name, repo = "reben/resnet18-s2-v0.2.0", "BIFOLD-BigEarthNetv2-0/resnet18-s2-v0.2.0"
    make = "import runpy, sys, pathlib; runpy.run_path(sys.argv[1])['published'](pathlib.Path(sys.argv[2]))"
    command = [engine.python, "-c", make, str(ENGINE_TESTS / "test_reben.py"), str(tmp_path / "repository")]
    subprocess.run(command, check=True, capture_output=True, cwd=ENGINE_TESTS.parents[1], env=engine.environment())
    files = {f"{repo}/{p.name}": p.read_bytes() for p in (tmp_path / "repository" / Path(repo).name).iterdir()}
    for variable in [n for n in os.environ if n.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    model = panel.model
    with runpy.run_path(str(ENGINE_TESTS / "hub_server.py"))["running"]() as hub:
        hub.files = files
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        choose_model(qtbot, panel, name)
        click(qtbot, model.fetch_button)
        until(qtbot, lambda: model.bar.maximum() > 0)  # how much of how many MB
        until(qtbot, lambda: not model.bar.isVisible())
    assert model.here and not model.fetch_button.isVisible(), model.message.text()
    until(qtbot, lambda: "10 bands" in model.summary.text())
    panel.scene.open_paths([str(thailand)])
    result = run(qtbot, panel)
    assert result.mapped == 81 and all(row.trained for row in result.rows)
    assert "unusual" not in {
        layer.customProperty("bigearthnet/kind") for layer in QgsProject.instance().mapLayers().values()
    }


def test_what_is_embedded_is_in_the_list(panel, qtbot, engine):
    import json

    words = engine.command(["models", "list", "--json"])
    rows = json.loads(subprocess.run(words, check=True, capture_output=True, env=engine.environment()).stdout)
    embedded = {row["name"] for row in rows if row["family"] == "embedded"}
    assert embedded
    until(qtbot, lambda: all(panel.model.combo.findData(name) >= 0 for name in embedded))
    assert panel.model.name == "embedded", "whichever fits the scene"
