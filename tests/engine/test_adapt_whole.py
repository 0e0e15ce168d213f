"""Adaptation from the command to the map with the guard that users have; what is refused before anything is read."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.features import shapes
from shapely.geometry import shape

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

sys.path.insert(0, str(Path(__file__).parent))
from made_scene import QUICK, job_of, make_model, make_scene  # noqa: E402

from ben_core.adapt.handover import _card  # noqa: E402
from ben_core.adapt.nets import start_of  # noqa: E402
from ben_core.adapt.norms import with_norms  # noqa: E402
from ben_core.adapt.reference import reference_of  # noqa: E402
from ben_core.adapt.run import Beside, adapt_scene  # noqa: E402
from ben_core.adapt.types import WARNING, AdaptOptions, Verdict  # noqa: E402
from ben_core.cli import run as ben  # noqa: E402
from ben_core.errors import JobError, ModelError  # noqa: E402
from ben_core.events import Recorder  # noqa: E402
from ben_core.models.card import ModelCard  # noqa: E402
from ben_core.scene import open_scene  # noqa: E402

LEVELS = {"lake": 200.0, "wood": 800.0, "field": 1500.0}  # of made_scene
CODES = 'word,meaning\nlake,512\nwood,Coniferous forest\nfield,"Arable land"\n'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, its bank, a scene of the very land that it learned from, and who owns what there: truth.gpkg, codes.csv."""
    folder = tmp_path_factory.mktemp("world")
    make_model(folder)
    make_scene(folder / "scene", gain=1.0)
    with rasterio.open(folder / "scene" / "B02.tif") as file:
        pixels, crs, transform = file.read(1), file.crs, file.transform
    number = np.abs(pixels[..., None] - np.array(list(LEVELS.values()))).argmin(-1).astype(np.uint8)
    found = [(shape(geometry), list(LEVELS)[int(k)]) for geometry, k in shapes(number, transform=transform)]
    polygons = gpd.GeoDataFrame({"landuse": [word for _, word in found]}, geometry=[g for g, _ in found], crs=crs)
    polygons.to_file(folder / "truth.gpkg")
    (folder / "codes.csv").write_text(CODES, encoding="utf-8")
    return folder


def mapped(world: Path, out: Path, *more: str) -> int:
    return ben(["map", str(world / "scene"), "--model", str(world / "known" / "known.json"), "-o", str(out), "--threads", "1", "--device", "cpu", *more])  # fmt: skip


# What a user gets


def test_a_scene_of_the_source_domain_is_not_harmed(
    world: Path, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing to gain, so the original makes the map, to the byte, and page and JSON say so."""
    monkeypatch.setattr("ben_core.cli.adapt.adapt_options", lambda given: replace(QUICK, rounds=1))
    truth = ["--reference", str(world / "truth.gpkg"), "--code-field", "landuse", "--map-codes", str(world / "codes.csv")]  # fmt: skip
    assert mapped(world, tmp_path / "a", "--adapt", "--bank", str(world / "bank.npz"), *truth, "--json") == 0
    told = json.loads(capfd.readouterr().out)
    verdict = told["adaptation"]["verdict"]
    assert verdict["word"] == "rejected" and verdict["reasons"][0].startswith("No gain")
    assert told["adaptation"]["adapted"] == "batch-norm statistics and weights"  # there was something to reject
    scores = verdict["figures"]["truth"]
    assert all(scores[m]["before"] > 0.9 and scores[m]["after"] >= scores[m]["before"] - 0.02 for m in ("AP macro", "F1 micro"))  # fmt: skip
    assert told["adaptation"]["model"] is None and not (tmp_path / "a" / "known-scene.json").exists()
    (warning,) = (w["message"] for w in told["warnings"] if w["code"] == "rejected")
    assert "the original made this map. No gain" in warning
    assert warning.split(": ")[0] in next((tmp_path / "a").glob("*_report.html")).read_text(encoding="utf-8")
    assert not list((tmp_path / "a").glob(".ben-*"))
    assert mapped(world, tmp_path / "b") == 0
    for file in (tmp_path / "b").glob("*.tif"):
        assert file.read_bytes() == (tmp_path / "a" / file.name).read_bytes(), file.name


def test_a_card_names_what_the_guard_doubts(world: Path) -> None:
    verdict = Verdict(WARNING, ("It looks nearer.", "Only a little."), {})
    about = {"scene": "s", "method": "multilabel", "adapted": "batch-norm statistics", "patches": 0}
    card = _card("a", ModelCard.read(world / "known" / "known.json"), verdict, about)
    assert "It looks nearer. Only a little." in card.warnings[-1] and "batch-norm statistics);" in card.description


# Batch norm by default


@pytest.mark.parametrize(
    ("options", "norms"),
    [({}, True), ({"bn": False}, False), ({"method": "tong"}, False), ({"method": "tong", "bn": True}, True),
     ({"method": "bn-only"}, True), ({"freeze": "backbone"}, False), ({"freeze": "backbone", "bn": True}, True)],
)  # fmt: skip
def test_who_gets_the_statistics_of_the_scene(options: dict[str, Any], norms: bool) -> None:
    asked = AdaptOptions(**options)
    assert asked.norms is norms and AdaptOptions.from_dict(asked.to_dict()).norms is norms


def test_a_network_without_batch_norm_says_so(world: Path) -> None:
    card = start_of(str(world / "known" / "known.json")).card
    plain, events = torch.nn.Linear(2, 2), Recorder()
    assert not with_norms(plain, card, AdaptOptions(), events)  # type: ignore[arg-type]
    assert [e["code"] for e in events.of("warning")] == ["no-norms"]
    for options in (AdaptOptions(bn=True), AdaptOptions(method="bn-only")):
        with pytest.raises(ModelError, match="no batch norm"):
            with_norms(plain, card, options, events)  # type: ignore[arg-type]


# The reference


def test_what_decides_the_truth_decides_the_key(world: Path, tmp_path: Path) -> None:
    """A Shapefile's codes lie beside the file that is named."""
    grid = open_scene([str(world / "scene")]).grid
    gpd.read_file(world / "truth.gpkg").to_file(tmp_path / "t.shp")
    codes = tmp_path / "codes.csv"
    codes.write_text(CODES)
    ask = lambda: reference_of(str(tmp_path / "t.shp"), "landuse", str(codes), grid).fingerprint()  # type: ignore[union-attr]  # noqa: E731
    first = ask()
    assert ask() == first
    codes.write_text(CODES.replace("512", "523"))
    assert ask() != first
    codes.write_text(CODES)
    table = tmp_path / "t.dbf"
    table.write_bytes(table.read_bytes().replace(b"field", b"wood "))
    assert ask() != first


@pytest.mark.parametrize(
    ("beside", "says"),
    [({"code_field": "landuse"}, "goes with --reference"), ({"map_codes": "clc-raster"}, "goes with --reference"),
     ({"reference": "truth.gpkg", "code_field": "nowhere"}, "nowhere"),
     ({"reference": "truth.gpkg", "code_field": "landuse", "map_codes": "no.csv"}, "no table")],
)  # fmt: skip
def test_a_reference_that_cannot_be_understood_costs_nothing(
    world: Path, tmp_path: Path, beside: dict[str, str], says: str
) -> None:
    told = {k: str(world / v) if k == "reference" else v for k, v in beside.items()}
    with pytest.raises(JobError, match=says):
        adapt_scene(job_of(world / "scene", world / "known" / "known.json", tmp_path / "out"), QUICK, beside=Beside(**told))  # fmt: skip
    assert not (tmp_path / "out").exists()


# What a job may say


@pytest.mark.parametrize(("field", "value"), [("fallback_model", "embedded"), ("threshold", 0.3), ("regroup", "clc1")])
def test_what_only_maps_take_is_refused(world: Path, tmp_path: Path, field: str, value: Any, capfd: Any) -> None:
    job = {**job_of(world / "scene", world / "known" / "known.json", tmp_path / "out").to_dict(), field: value}
    (tmp_path / "job.json").write_text(json.dumps({"job": job}))
    assert ben(["adapt", "--job", str(tmp_path / "job.json")]) == 2
    assert f"says {field}, which belongs to maps" in capfd.readouterr().err


def test_raw_radar_is_asked_for_its_terrain_as_by_ben_map(world: Path, tmp_path: Path, capfd: Any) -> None:
    assert ben(["adapt", str(world / "scene"), "-o", str(tmp_path), "--dem", "dem.tif"]) == 2
    assert "--dem is for raw Sentinel-1 products" in capfd.readouterr().err
