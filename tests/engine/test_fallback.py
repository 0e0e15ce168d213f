"""A second model for the cells that the first may not answer: by its own rules, marked in every product."""

import dataclasses
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio

from ben_core.batch.run import run_batch
from ben_core.batch.types import BatchOptions, SceneTask
from ben_core.cli import run
from ben_core.errors import JobError
from ben_core.job import Job
from ben_core.mapping import MapResult, map_scene
from ben_core.models import find_card
from ben_core.models.card import BandInput
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.patches import stream
from ben_core.run.plan import make_plan, scene_of

pytest.importorskip("torch")
MODELS = runpy.run_path(str(Path(__file__).with_name("test_models.py")))

OPTICAL = ("B02", "B03", "B04", "B08")
LEVELS = {"VV": (-12.64, 5.13), "VH": (-19.35, 5.59)}
REVERSED = ORDER_ALPHABETICAL[::-1]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Cards of random weights: "both", "s2", and "s1", whose classes stand in another order and begin elsewhere."""
    wanted: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
        "both": ((*OPTICAL, "VV", "VH"), {}),
        "s2": (OPTICAL, {"name": "eye"}),
        "s1": (("VH", "VV"), {"name": "ear", "classes": REVERSED, "thresholds": tuple(np.linspace(0.3, 0.7, 19))}),
    }
    made = {}
    for name, (bands, changes) in wanted.items():
        inputs = tuple(BandInput(b, *LEVELS[b], "dB") if b in LEVELS else BandInput(b, 1000, 800) for b in bands)
        card = MODELS["a_card"](bands, inputs=inputs, **changes)
        made[name] = str(MODELS["save"](card, tmp_path_factory.mktemp(name)))
    return made


@pytest.fixture
def place(write_tif: Any) -> Any:
    """Factory of a place in ``rows`` rows of five cells: Sentinel-1 lacks the east, Sentinel-2 the west, and the first
    row is clouded."""

    def make(rows: int = 2) -> dict[str, Any]:
        rng = np.random.default_rng(0)
        shape = (120 * rows, 600)
        vv = (-12 + rng.normal(0, 2, shape)).astype(np.float32)
        vv[:, 480:] = np.nan
        s1 = write_tif("S1A_20200611_db.tif", np.stack([vv - 7, vv]), descriptions=["Sigma0_VH", "Sigma0_VV"])
        for band in OPTICAL:
            dn = rng.integers(300, 3000, shape).astype(np.uint16)
            dn[:, :120] = 0
            write_tif(f"S2A_MSIL2A_20200610T101031/{band}.tif", dn, nodata=0)
        scl = np.full(shape, 4, np.uint8)
        scl[:120] = 9
        folder = write_tif("S2A_MSIL2A_20200610T101031/SCL.tif", scl).parent
        return {"scene": (str(folder),), "s1": (str(s1),), "name": "m"}

    return make


def cells(result: MapResult) -> Any:
    return pyogrio.read_dataframe(result.products["gpkg"], layer="patches").sort_values(["row", "col"])


def bands_of(path: Path) -> np.ndarray:
    with rasterio.open(path) as f:
        found: np.ndarray = f.read()
    return found


def products(out: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file() and not p.name.endswith("_report.html")}


def test_each_cell_is_what_its_model_alone_says(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    told = place()
    made = map_scene(Job(**told, out=str(tmp_path / "o"), model=models["both"], fallback_model=models["s1"]))
    first = map_scene(Job(**told, out=str(tmp_path / "a"), model=models["both"]))
    other = map_scene(Job(**told, out=str(tmp_path / "b"), model=models["s1"]))
    answered = bands_of(made.products["answered"])[0]
    assert answered.tolist() == [[2, 2, 2, 2, 0], [2, 1, 1, 1, 0]] and made.by_fallback == 5
    for kind in ("probabilities", "labels", "classes"):
        found = bands_of(made.products[kind])
        for code, alone in ((1, first), (2, other)):
            np.testing.assert_array_equal(
                found[:, answered == code], bands_of(alone.products[kind])[:, answered == code]
            )
    assert bands_of(made.products["probabilities"])[:, answered == 0].min() == 65535
    table = cells(made)
    assert table.status.tolist() == [*["mapped"] * 4, "no Sentinel-1", *["mapped"] * 4, "no Sentinel-1"]
    assert table.model.fillna("").tolist() == [*["ear"] * 4, "", "ear", *["tiny"] * 3, ""]
    assert table.filled.fillna("").tolist() == ["no Sentinel-2", *["cloud"] * 3, "", "no Sentinel-2", *[""] * 4]
    assert table.valid.tolist() == [1, 1, 1, 1, 0, 1, 1, 1, 1, 0]
    assert table.valid_s2.tolist() == [0, 1, 1, 1, 1, 0, 1, 1, 1, 1]


def test_in_a_batch_it_is_the_same(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    """Two scenes share two models: the fallback answers while the first model is in the middle of its scene."""
    told = place(3)
    job = Job(**told, out=str(tmp_path / "o"), model=models["both"], fallback_model=models["s1"])
    alone = products(map_scene(job).products["gpkg"].parent)
    out = tmp_path / "batch"
    tasks = [SceneTask(n, dataclasses.replace(job, name=n, out=str(out / "scenes" / n)), n) for n in ("m", "n")]
    results: list[Any] = []
    runner = threading.Thread(target=lambda: results.append(run_batch(tasks, out, BatchOptions())), daemon=True)
    runner.start()
    runner.join(60)
    assert results, "the batch hangs"
    assert results[0].tally.mapped == 2 and products(out / "scenes" / "m") == alone


def test_every_product_says_which_model_answered(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    made = map_scene(Job(**place(), out=str(tmp_path), model=models["both"], fallback_model=models["s1"]))
    thresholds = dict(zip(REVERSED, np.linspace(0.3, 0.7, 19), strict=True))
    table = pyogrio.read_dataframe(made.products["gpkg"], layer="classes")
    assert dict(zip(table.name, table.fallback_threshold, strict=True)) == pytest.approx(thresholds)
    assert set(table.threshold) == {0.5}
    fields = pyogrio.read_dataframe(made.products["gpkg"], layer="fields").field.tolist()
    assert {"model", "filled"} <= set(fields)
    told = pyogrio.read_dataframe(made.products["gpkg"], layer="run")
    run_facts = dict(zip(told.key, told.value, strict=True))
    assert run_facts["fallback model"] == "ear: Tiny"
    assert run_facts["fallback answered"] == "5 cells: 3 cloud, 2 no Sentinel-2"
    styles = pyogrio.read_dataframe(made.products["gpkg"], layer="layer_styles")
    assert styles.styleName.tolist() == ["patches by class", "areas by class", "patches by model"]
    assert styles.useAsDefault.tolist() == [True, True, False] and "ear (fallback)" in styles.styleQML[2]
    item = json.loads(made.products["item"].read_text())
    assert [link["href"] for link in item["links"] if link["rel"] == "mlm:model"] == [
        "./m_model.json",
        "./m_fallback.json",
    ]
    legend = item["assets"]["answered"]["classification:classes"]
    assert [(c["value"], c["title"]) for c in legend] == [(0, "Not mapped"), (1, "tiny"), (2, "ear (fallback)")]
    with rasterio.open(made.products["answered"]) as f:
        assert f.tags()["VALUE_02"] == "ear (fallback)" and f.nodata == 0
    with rasterio.open(made.products["labels"]) as f:
        assert f.tags()["BIT_00"] == f"{ORDER_ALPHABETICAL[0]} (p >= 0.5, by the fallback model p >= 0.7)"
    assert find_card(str(made.products["fallback"])).name == "ear"
    page = made.products["report"].read_text()
    assert "Which model answered?" in page and "Answered by the fallback model" in page
    assert "5 of them (62.5&nbsp;%) were answered by the fallback model" in page
    data = json.loads(page.partition('id="cells">')[2].partition("</script>")[0])
    assert data["fallback"] == "ear" and data["reasons"][3] == "cloud"


@pytest.mark.parametrize(
    ("first", "fallback", "expected"),
    [
        ("s2", "s1", [[2, 2, 2, 2, 0], [2, 1, 1, 1, 1]]),  # cloud and the west by radar
        ("both", "s2", [[0, 0, 0, 0, 0], [0, 1, 1, 1, 2]]),  # the other way: what radar lacks by Sentinel-2
        ("s1", "s2", [[1, 1, 1, 1, 0], [1, 1, 1, 1, 2]]),  # cloud is no matter to the first model
    ],
)
def test_any_model_that_reads_another_sensor_may_fill(
    place: Any, models: dict[str, str], tmp_path: Path, first: str, fallback: str, expected: list[list[int]]
) -> None:
    made = map_scene(Job(**place(), out=str(tmp_path), model=models[first], fallback_model=models[fallback]))
    assert bands_of(made.products["answered"])[0].tolist() == expected
    assert made.cells["mapped"] == np.count_nonzero(expected)


def test_scores_of_one_model_only(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    """The embedded model can tell how unusual a patch is, the first one here cannot: what it says stays empty."""
    made = map_scene(Job(**place(), out=str(tmp_path), model=models["both"], fallback_model="embedded"))
    table = cells(made)
    by_radar = table.model == find_card("embedded-s1").name
    assert by_radar.sum() == 5
    assert table.unusual_distance[by_radar].notna().all() and table.unusual_distance[~by_radar].isna().all()
    assert (bands_of(made.products["unusual"])[0] == 255).sum() == 5
    assert "Does the model know such land?" in made.products["report"].read_text()


def test_bands_are_decoded_once(place: Any, models: dict[str, str], tmp_path: Path, monkeypatch: Any) -> None:
    read: list[tuple[str, int, int]] = []
    original = stream.BandReader.read_rows

    def counted(self: Any, row0: int, row1: int, *rest: Any, **options: Any) -> np.ndarray:
        read.append((f"{self.source.path} {self.source.index}", row0, row1))
        return original(self, row0, row1, *rest, **options)

    told = place(18)
    plain = Job(**told, out=str(tmp_path / "a"), model=models["both"])
    monkeypatch.setattr(stream.BandReader, "read_rows", counted)
    map_scene(plain)
    alone, read[:] = sorted(read), []
    map_scene(Job(**told, out=str(tmp_path / "b"), model=models["both"], fallback_model=models["s1"]))
    assert sorted(read) == alone


def test_a_killed_run_goes_on_to_the_same_bytes(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    told = place(18)  # strips of 8, 8 and 2 rows
    job = {**told, "model": models["both"], "fallback_model": models["s1"], "batch": 4}
    map_scene(Job(**job, out=str(tmp_path / "a")))
    (tmp_path / "job.json").write_text(Job(**job, out=str(tmp_path / "b")).to_json())
    command = [sys.executable, "-m", "ben_core", "map", "--job", str(tmp_path / "job.json"), "--events", "jsonl"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    ) as p:
        assert p.stdout is not None
        for line in p.stdout:
            if json.loads(line)["type"] == "partial":
                os.kill(p.pid, signal.SIGKILL)
                break
    assert p.returncode == -signal.SIGKILL and not products(tmp_path / "b")
    assert run(["map", "--job", str(tmp_path / "job.json")]) == 0
    assert products(tmp_path / "a") == products(tmp_path / "b")


def test_the_key_knows_the_fallback(place: Any, models: dict[str, str]) -> None:
    job = Job(**place(), out="o", model=models["both"])
    scene, card = scene_of(job), find_card(models["both"])
    plain = make_plan(job, scene, card).facts()
    filled = make_plan(job, scene, card, fallback_card=find_card(models["s1"])).facts()
    assert "fallback" not in plain and {k: filled[k] for k in plain} == {**plain, "scene": filled["scene"]}
    assert "ear" in filled["fallback"]


def test_what_cannot_stand_in_is_refused(place: Any, models: dict[str, str], tmp_path: Path) -> None:
    told = {**place(), "out": str(tmp_path / "o")}
    with pytest.raises(JobError, match="reads all sensors"):
        map_scene(Job(**told, model=models["s1"], fallback_model=models["both"]))
    with pytest.raises(JobError, match="reads all sensors"):
        map_scene(Job(**told, model=models["both"], fallback_model=models["both"]))
    with pytest.raises(JobError, match=r"VV, VH|VH, VV") as e:
        map_scene(Job(scene=told["scene"], out=told["out"], model=models["s2"], fallback_model="embedded"))
    assert "--s1" in e.value.hint
    fewer = MODELS["a_card"](
        ("VV", "VH"), classes=ORDER_ALPHABETICAL[:18], thresholds=(0.5,) * 18,
        architecture={"family": "resnet", "block": "basic", "layers": [1, 1, 1, 1], "width": 8, "in_chans": 2, "num_classes": 18},
    )  # fmt: skip
    with pytest.raises(JobError, match="answers other classes"):
        map_scene(Job(**told, model=models["both"], fallback_model=str(MODELS["save"](fewer, tmp_path))))
    with pytest.raises(JobError, match="wrong kind"):
        Job(**told, fallback_model=1)
    assert not (tmp_path / "o").exists() or not products(tmp_path / "o")


def test_the_commands_take_it(place: Any, models: dict[str, str], tmp_path: Path, capfd: Any) -> None:
    told = place()
    given = ["--s2", *told["scene"], "--s1", *told["s1"], "--model", models["both"], "--fallback-model", "embedded"]
    assert run(["info", *given]) == 0
    assert "for cells the model may not answer" in capfd.readouterr().out
    assert run(["map", *given, "--out", str(tmp_path / "o")]) == 0
    assert "Mapped 8 of 10 cells, 5 of them by the fallback model" in capfd.readouterr().out
    assert run(["map", *given, "--out", str(tmp_path / "p"), "--json"]) == 0
    assert '"by_fallback": 5' in capfd.readouterr().out
