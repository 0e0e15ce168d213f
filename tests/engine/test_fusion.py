"""Sentinel-1 and -2 mapped together: by the command's own path, against the model asked directly."""

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.errors import Cancelled, DataError, JobError
from ben_core.events import Recorder
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.models import load_model
from ben_core.models.card import BandInput
from ben_core.patches.grid import Grid
from ben_core.products.stretch import radar_colours
from ben_core.run.plan import scene_of
from ben_core.scene import BandReader, Scene, open_scene
from ben_core.scene.decibels import LOWEST

pytest.importorskip("torch")
MODELS = runpy.run_path(str(Path(__file__).with_name("test_models.py")))

LEVELS = {"VV": (-12.64, 5.13), "VH": (-19.35, 5.59)}
SIX = ("B02", "B03", "B04", "B08", "VV", "VH")
# The two orders of the published models (reBEN v0.2.0 and v0.1.1).
NEW = ("VV", "VH", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
OLD = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B11", "B12", "B8A", "VH", "VV")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Factory of models with random weights: bands -> path of the card."""
    made: dict[tuple[str, ...], str] = {}

    def make(bands: tuple[str, ...]) -> str:
        if bands not in made:
            inputs = tuple(BandInput(b, *LEVELS[b], "dB") if b in LEVELS else BandInput(b, 1000, 800) for b in bands)
            card = MODELS["a_card"](bands, inputs=inputs)
            made[bands] = str(MODELS["save"](card, tmp_path_factory.mktemp("model")))
        return made[bands]

    return make


@pytest.fixture(scope="module")
def india(ben_data: Path) -> dict[str, Any]:
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    s1 = sorted((root / "s1" / "0000200").iterdir())
    s2 = next((root / "s2a" / "0000200").glob("20200604*"))
    return {"scene": (str(s2),), "s1": tuple(map(str, s1))}


def whole(scene: Scene, band: str) -> np.ndarray:
    with BandReader(scene.bands[band]) as reader:
        return reader.read_rows(0, reader.source.height)


def probabilities(out: Path) -> np.ndarray:
    with rasterio.open(next(out.glob("*_probabilities.tif"))) as f:
        return f.read()


def products(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file() and not p.name.endswith("_report.html")}


@pytest.mark.parametrize("bands", [SIX, NEW, OLD], ids=["six", "v0.2.0", "v0.1.1"])
def test_the_map_is_what_the_model_says_of_both(india: Any, model: Any, tmp_path: Path, bands: tuple[str, ...]) -> None:
    record = Recorder()
    job = Job(**india, out=str(tmp_path), model=model(bands), stride=60)
    result = map_scene(job, record)
    assert result.cells["mapped"] >= 9 and result.cells["cloud"] == 0
    (seen,) = record.of("coverage")
    assert 0.9 < seen["sentinel_1"] < 1 and 0.9 < seen["sentinel_2"] < 1
    assert [round(p["days"]) for p in seen["passes"]] == [3, 91]

    scene, grid = scene_of(job), Grid(270, 270, 60, unit=2 if "B05" in bands else 1)
    patch, step = grid.patch(2, 2), {b: scene.bands[b].resolution // 10 for b in bands}
    cut = {
        b: whole(scene, b)[None, patch.row // step[b] :, patch.col // step[b] :][:, : 120 // step[b], : 120 // step[b]]
        for b in bands
    }
    asked = load_model(model(bands)).predict(cut)
    steps = np.rint(np.asarray(getattr(asked, "p", asked))[0] * 10_000)
    card_classes = load_model(model(bands)).card.classes
    with rasterio.open(result.products["probabilities"]) as f:
        named = dict(zip(f.descriptions, f.read()[:, 2, 2], strict=True))
    found = np.array([named.get(c, np.nan) for c in card_classes])
    assert np.isfinite(found).all() and np.abs(found - steps).max() <= 1

    run = dict(
        zip(*(pyogrio.read_dataframe(result.products["gpkg"], layer="run")[c] for c in ("key", "value")), strict=True)
    )
    assert "3 days after Sentinel-2" in run["Sentinel-1 1"] and "91 days" in run["Sentinel-1 2"]
    assert "Sentinel-1" in run["coverage"] and "nearest in time" in run["Sentinel-1 mosaic"]
    item = json.loads(result.products["item"].read_text())
    assert item["properties"]["instruments"] == ["msi", "c-sar"]
    assert sum(link["rel"] == "derived_from" for link in item["links"]) == 3


def test_the_order_of_inputs_and_a_stack_of_both_change_nothing(india: Any, model: Any, tmp_path: Path) -> None:
    told = {"model": model(SIX), "stride": 60, "name": "m"}
    map_scene(Job(**india, out=str(tmp_path / "a"), **told))
    map_scene(Job(scene=india["scene"], s1=india["s1"][::-1], out=str(tmp_path / "b"), **told))
    assert products(tmp_path / "a") == products(tmp_path / "b")

    scene = open_scene(india["scene"], s1=india["s1"])
    g = scene.grid
    with rasterio.open(
        tmp_path / "stack.tif", "w", driver="GTiff", width=g.width, height=g.height, count=6, dtype="float32", crs=g.crs,
        transform=from_origin(g.left, g.top, 10, 10),
    ) as f:  # fmt: skip
        for i, band in enumerate(reversed(SIX), 1):
            f.write(whole(scene, band).astype(np.float32), i)
            f.set_band_description(i, band)
    map_scene(Job(scene=(str(tmp_path / "stack.tif"),), out=str(tmp_path / "c"), **told))
    np.testing.assert_array_equal(probabilities(tmp_path / "a"), probabilities(tmp_path / "c"))


def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(write_tif: Any, model: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vv = rng.normal(-12, 2, (2100, 200)).astype(np.float32)
    s1 = write_tif(
        "S1.tif", np.stack([vv, vv - 7]), descriptions=["VV", "VH"], transform=from_origin(499_903, 5_000_090, 10, 10)
    )
    dn = rng.integers(300, 3000, (4, 2040, 120)).astype(np.uint16)
    s2 = write_tif("S2.tif", dn, descriptions=["B02", "B03", "B04", "B08"])
    told = {"scene": (str(s2),), "s1": (str(s1),), "model": model(SIX), "batch": 4}
    map_scene(Job(**told, out=str(tmp_path / "a")))  # 17 cells in strips of 8, 8 and 1
    count = iter(range(100))
    with pytest.raises(Cancelled):
        map_scene(Job(**told, out=str(tmp_path / "b")), stop=lambda: next(count) >= 4)
    record = Recorder()
    map_scene(Job(**told, out=str(tmp_path / "b")), record)
    assert any(e["name"] == "resume" for e in record.of("step"))
    assert products(tmp_path / "a") == products(tmp_path / "b")


@pytest.fixture
def made(write_tif: Any) -> dict[str, Any]:
    """600 x 240 px: Sentinel-1 lacks the east, Sentinel-2 the west; the rest of the north is clouded."""
    rng = np.random.default_rng(0)
    vv = (-12 + rng.normal(0, 2, (240, 600))).astype(np.float32)
    vv[:, 480:] = np.nan
    s1 = write_tif("S1A_20200611_db.tif", np.stack([vv - 7, vv]), descriptions=["Sigma0_VH", "Sigma0_VV"])
    for band in ("B02", "B03", "B04", "B08"):
        dn = rng.integers(300, 3000, (240, 600)).astype(np.uint16)
        dn[:, :120] = 0
        write_tif(f"S2A_MSIL2A_20200610T101031/{band}.tif", dn, nodata=0)
    scl = np.full((240, 600), 4, np.uint8)
    scl[:120] = 9
    folder = write_tif("S2A_MSIL2A_20200610T101031/SCL.tif", scl).parent
    return {"scene": (str(folder),), "s1": (str(s1),)}


def test_cells_that_lack_a_sensor_say_which(made: Any, model: Any, tmp_path: Path) -> None:
    result = map_scene(Job(**made, out=str(tmp_path / "o"), model=model(SIX)))
    cells = pyogrio.read_dataframe(result.products["gpkg"], layer="patches").sort_values(["row", "col"])
    north, south = cells[cells.row == 0], cells[cells.row == 1]
    assert north.status.tolist() == ["no Sentinel-2", "cloud", "cloud", "cloud", "no Sentinel-1"]
    assert south.status.tolist() == ["no Sentinel-2", "mapped", "mapped", "mapped", "no Sentinel-1"]
    assert south.valid_s1.tolist() == [1, 1, 1, 1, 0] and south.valid_s2.tolist() == [0, 1, 1, 1, 1]
    assert cells[cells.status != "mapped"].top_class.isna().all()
    page = result.products["report"].read_text()
    assert "too few pixels of Sentinel-1" in page and "natural colour" in page
    styles = pyogrio.read_dataframe(result.products["gpkg"], layer="layer_styles").styleQML
    assert any("no Sentinel-1" in text for text in styles)


def test_radar_alone_maps_through_clouds(made: Any, model: Any, tmp_path: Path) -> None:
    card = model(("VV", "VH"))
    beside = map_scene(Job(**made, out=str(tmp_path / "beside"), model=card))
    assert beside.cells["mapped"] == 8 and beside.cells["cloud"] == 0 and beside.cells["no data"] == 2
    alone = map_scene(Job(scene=made["s1"], out=str(tmp_path / "alone"), model=card))
    np.testing.assert_array_equal(probabilities(tmp_path / "beside"), probabilities(tmp_path / "alone"))
    item = json.loads(beside.products["item"].read_text())
    assert item["properties"]["datetime"].startswith("2020-06-11")  # of what was read, not of the scene it lies on
    assert [link["href"] for link in item["links"] if link["rel"] == "derived_from"] == ["S1A_20200611_db"]
    page = alone.products["report"].read_text()
    assert "radar colours" in page and "Sentinel-1A, sigma0" in page and "no cloud was looked for" not in page
    cells = pyogrio.read_dataframe(alone.products["gpkg"], layer="patches")
    assert "valid_s1" not in cells and cells.cloud.isna().all()
    assert json.loads(alone.products["item"].read_text())["properties"]["constellation"] == "sentinel-1"


def test_a_model_of_sentinel_2_says_that_it_leaves_radar_out(made: Any, model: Any, tmp_path: Path) -> None:
    card = model(("B02", "B03", "B04", "B08"))
    both = map_scene(Job(**made, out=str(tmp_path / "a"), model=card))
    alone = map_scene(Job(scene=made["scene"], out=str(tmp_path / "b"), model=card))
    assert "s1-unread" in {code for code, _ in both.warnings} - {code for code, _ in alone.warnings}
    np.testing.assert_array_equal(probabilities(tmp_path / "a"), probabilities(tmp_path / "b"))
    run = pyogrio.read_dataframe(both.products["gpkg"], layer="run")
    assert not any("S1A" in value for value in run.value)


def test_a_few_missing_pixels_do_not_take_the_answer(write_tif: Any, model: Any, tmp_path: Path) -> None:
    vv = np.random.default_rng(0).normal(-12, 2, (120, 240)).astype(np.float32)
    vv[5:9, 10:30] = np.nan
    s1 = write_tif("S1_db.tif", np.stack([vv, vv - 7]), descriptions=["VV", "VH"])
    map_scene(Job(scene=(str(s1),), out=str(tmp_path / "o"), model=model(("VV", "VH"))))
    found = probabilities(tmp_path / "o")
    assert found.shape[1:] == (1, 2) and (found <= 10_000).all() and found[:, 0, 0].max() > 0


def test_a_model_of_both_needs_both(made: Any, model: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="VV, VH"):
        map_scene(Job(scene=made["scene"], out=str(tmp_path), model=model(SIX)))
    with pytest.raises(DataError, match="B02"):
        map_scene(Job(scene=made["s1"], out=str(tmp_path), model=model(SIX)))


def test_jobs_carry_sentinel_1(made: Any) -> None:
    job = Job(**made, out="o", s1_unit="db")
    assert Job.from_json(job.to_json()) == job and job.to_dict()["s1"] == list(made["s1"])
    assert Job(scene=(), s1=Path("a.tif"), out="o").s1 == ("a.tif",)
    with pytest.raises(JobError, match="s1-unit"):
        Job(**made, out="o", s1_unit="linear")
    with pytest.raises(JobError, match="no scene"):
        Job(scene=(), out="o")


def test_the_command_takes_s2_and_s1(made: Any, model: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ben_core.cli import run

    given = ["--s2", *made["scene"], "--s1", *made["s1"], "--model", model(SIX)]
    assert run(["info", *given, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "with Sentinel-1A" in told["sensor"]
    assert "hours after Sentinel-2" in told["Sentinel-1"][0]
    assert run(["map", *given, "--out", str(tmp_path / "o")]) == 0
    assert run(["map", *made["scene"], *given, "--out", str(tmp_path / "p")]) != 0
    assert "given twice" in capsys.readouterr().err


def test_radar_colours_leave_no_data_black() -> None:
    db = np.array([[[-12.0, -12, -40]], [[-19, -19, -50]]]).repeat(5, axis=1)
    codes = np.rint((db - LOWEST) * 100).astype(np.uint16)
    codes[:, :, 1] = 0
    picture = radar_colours(codes)
    assert picture.shape == (3, 5, 3) and not picture[:, :, 1].any()
    assert picture[:2, 2, 0].min() > 90 and picture[:2, 2, 2].tolist() == [1, 1]
