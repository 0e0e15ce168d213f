"""Sentinel-1 on real data: BigEarthNet's own patches, the place in India, and models as they are published."""

import json
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio

from ben_core.cli import run
from ben_core.job import Job
from ben_core.mapping import MapResult, map_scene
from ben_core.models import load_model
from ben_core.models.card import ModelCard
from ben_core.patches.grid import Grid
from ben_core.run.plan import scene_of
from ben_core.scene import BandReader, Scene, open_scene
from ben_core.scene.radar_check import LEVELS

HERE = Path(__file__).parent
NEW = ("VV", "VH", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


@pytest.fixture(scope="module")
def india(ben_data: Path) -> dict[str, Any]:
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    s1 = sorted((root / "s1" / "0000200").iterdir())
    s2 = next((root / "s2a" / "0000200").glob("20200604*"))
    return {"scene": (str(s2),), "s1": tuple(map(str, s1))}


@pytest.fixture(scope="module")
def archive(ben_data: Path) -> Path:
    return ben_data / "bigearthnet"


def radar_patches(archive: Path, versions: str = "v[12]") -> list[Path]:
    """Every patch of the archive: a folder with VV and VH."""
    return sorted({path.parent for path in archive.glob(f"{versions}/BigEarthNet-S1*/**/S1*_VV.tif")})


def whole(scene: Scene, band: str) -> np.ndarray:
    with BandReader(scene.bands[band]) as reader:
        found: np.ndarray = reader.read_rows(0, reader.source.height)
        return found


def stored(folder: Path, band: str) -> np.ndarray:
    with rasterio.open(next(folder.glob(f"*_{band}.tif"))) as f:
        found: np.ndarray = f.read(1)
        return found


def answered(result: MapResult, card: ModelCard, row: int = 0, col: int = 0) -> np.ndarray:
    """Stored probabilities of a cell, in the order of the card."""
    with rasterio.open(result.products["probabilities"]) as f:
        named = dict(zip(f.descriptions, f.read()[:, row, col], strict=True))
    return np.array([named[c] for c in card.classes]) / 10_000


# -- BigEarthNet's own patches ----------------------------------------------------------------------------------------


def test_statistics_of_the_archive_are_reproduced(archive: Path, write_tif: Any) -> None:
    """Read as they are, or stored as power or amplitude: mean and deviation in dB of each patch stay what they were."""
    folders = radar_patches(archive)
    assert len(folders) >= 10
    for folder in folders:
        scene = open_scene([str(folder)])
        assert scene.passes[0].radiometry.startswith("dB") and scene.passes[0].acquired
        for band in ("VV", "VH"):
            np.testing.assert_array_equal(whole(scene, band), stored(folder, band))
    for folder in folders[::3]:
        db = {band: stored(folder, band).astype(np.float64) for band in ("VV", "VH")}
        for unit, factor in (("power", 10), ("amplitude", 20)):
            linear = np.stack([10 ** (db[b] / factor) for b in ("VV", "VH")]).astype(np.float32)
            path = write_tif(f"{folder.name}_{unit}.tif", linear, descriptions=["VV", "VH"])
            scene = open_scene([str(path)])
            for band in ("VV", "VH"):
                found = whole(scene, band)
                assert found.mean() == pytest.approx(db[band].mean(), abs=1e-3)
                assert found.std() == pytest.approx(db[band].std(), abs=1e-3)


def test_the_levels_we_check_against_are_those_of_patches(archive: Path) -> None:
    """Pooled over 87 patches of the test split: within a decibel of the published mean and deviation of the training split."""
    db = np.load(archive / "six_band_patches" / "patches.npz")["s1_db"].astype(np.float64) / 100
    for i, band in enumerate(("VV", "VH")):
        mean, deviation = LEVELS[band]
        assert db[..., i].mean() == pytest.approx(mean, abs=1) and db[..., i].std() == pytest.approx(deviation, abs=1)


def test_each_patch_is_one_cell_that_the_embedded_model_answers(archive: Path, tmp_path: Path) -> None:
    model = load_model("embedded-s1", device="cpu")
    for folder in radar_patches(archive)[::4]:
        result = map_scene(Job(scene=(str(folder),), out=str(tmp_path / folder.name), device="cpu"))
        assert result.cells["mapped"] == 1
        asked = model.predict({b: stored(folder, b)[None] for b in ("VV", "VH")})[0]
        np.testing.assert_allclose(answered(result, model.card), asked, atol=1e-4)


def test_paired_patches_are_answered_by_the_model_of_both(archive: Path, tmp_path: Path) -> None:
    """Sentinel-1 and Sentinel-2 of one place lie on one grid: no pixel is resampled."""
    model = load_model("embedded-all", device="cpu")
    pairs = 0
    for radar in radar_patches(archive, "v1"):
        told = json.loads(next(radar.glob("*_labels_metadata.json")).read_text())
        optical = archive / "v1" / "BigEarthNet-v1.0" / told["corresponding_s2_patch"]
        if not optical.is_dir():
            continue
        pairs += 1
        job = Job(scene=(str(optical),), s1=(str(radar),), out=str(tmp_path / radar.name), device="cpu")
        result = map_scene(job)
        item = json.loads(result.products["item"].read_text())
        assert result.cells["mapped"] == 1 and item["properties"]["ben:run"]["model"].startswith(model.card.name)
        given = {b: stored(radar if b in LEVELS else optical, b)[None] for b in model.card.bands}
        np.testing.assert_allclose(answered(result, model.card), model.predict(given)[0], atol=1e-4)
    assert pairs >= 3


# -- the place in India -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["embedded-s1", "embedded-all"])
def test_embedded_models_map_the_place_in_india(india: Any, tmp_path: Path, name: str) -> None:
    job = Job(**india, out=str(tmp_path), model=name, stride=60, device="cpu")
    result = map_scene(job)
    model = load_model(name, device="cpu")
    assert result.cells["mapped"] >= 9
    scene, patch = scene_of(job), Grid(270, 270, 60).patch(2, 2)
    cut = {
        b: np.ascontiguousarray(whole(scene, b)[None, patch.row : patch.row + 120, patch.col : patch.col + 120])
        for b in model.card.bands
    }
    np.testing.assert_allclose(answered(result, model.card, 2, 2), model.predict(cut)[0], atol=1e-4)


# -- published models, with made weights ----------------------------------------------------------------------------------


def reben_model(kind: str, folder: Path) -> str:
    origin = runpy.run_path(str(HERE / "test_reben.py"))
    order = origin["ORDERS"]["0.2.0", kind].split()
    published = origin["published"](folder, f"resnet18-{kind}-v0.2.0", len(order))
    return str(origin["reben"].import_model(published, kind, folder))


def mm_model(kind: str, folder: Path) -> str:
    """A checkpoint of BigEarthNet-MM, its network made narrow."""
    origin = runpy.run_path(str(HERE / "test_tf_import.py"))
    shapes = {"conv1__weights": (7, 7, {"s1": 2, "all": 12}[kind], 8)}
    dump = origin["dumped"](folder / "dump.npz", origin["variables"]("resnet_v1_50", **shapes))
    return str(origin["tf_mm"].import_model(dump, kind, folder))


@pytest.mark.parametrize(
    ("family", "kind"),
    [(reben_model, "s1"), (reben_model, "all"), (mm_model, "all")],
    ids=["reBEN resnet18 s1", "reBEN resnet18 all", "BigEarthNet-MM all"],
)
def test_published_models_map_with_made_weights(india: Any, tmp_path: Path, family: Any, kind: str) -> None:
    pytest.importorskip("torch")
    card = family(kind, tmp_path)
    result = map_scene(Job(**india, out=str(tmp_path / "o"), model=card, device="cpu"))
    bands = load_model(card, device="cpu").card.bands
    assert set(bands) == ({"VV", "VH"} if kind == "s1" else set(NEW))
    assert result.cells["mapped"] >= 4
    with rasterio.open(result.products["probabilities"]) as f:
        p = f.read(masked=True)
    assert p.count() == 19 * result.cells["mapped"] and p.std() > 0
    told = pyogrio.read_dataframe(result.products["gpkg"], layer="run")
    facts = dict(zip(told.key, told.value, strict=True))
    assert "Sentinel-1 1" in facts and ("Sentinel-2" in facts["sensor"]) == (kind == "all")


# -- killed and resumed ---------------------------------------------------------------------------------------------------


def test_a_killed_fused_run_goes_on_to_the_same_bytes(write_tif: Any, tmp_path: Path) -> None:
    """SIGKILL to the real command after its first strip, Sentinel-1 in two passes half a pixel beside the grid."""
    rng = np.random.default_rng(0)
    s1 = []
    for day in (11, 23):
        vv = rng.normal(-12, 2, (2460, 200)).astype(np.float32)
        vv[:, :day] = np.nan
        s1.append(
            write_tif(
                f"S1A_202006{day}_db.tif", np.stack([vv, vv - 7]), descriptions=["VV", "VH"],
                transform=rasterio.Affine(10, 0, 499_903, 0, -10, 5_000_095),
            )
        )  # fmt: skip
    for band in ("B02", "B03", "B04", "B08"):
        write_tif(f"S2A_MSIL2A_20200610T101031/{band}.tif", rng.integers(300, 3000, (2400, 120)).astype(np.uint16))
    told = {
        "scene": (str(tmp_path / "S2A_MSIL2A_20200610T101031"),),
        "s1": tuple(map(str, s1)),
        "device": "cpu",
        "batch": 3,
    }
    made = map_scene(Job(**told, out=str(tmp_path / "a")))
    assert made.cells["mapped"] == 20
    job = tmp_path / "job.json"
    job.write_text(Job(**told, out=str(tmp_path / "b")).to_json())
    command = [sys.executable, "-m", "ben_core", "map", "--job", str(job), "--events", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=HERE.parents[1]) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["type"] == "partial":
                os.kill(process.pid, signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert not [p for p in (tmp_path / "b").iterdir() if not p.name.startswith(".ben-")]
    assert run(["map", "--job", str(job)]) == 0
    for path in made.products.values():
        if path.suffix != ".html":
            assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes(), path.name
