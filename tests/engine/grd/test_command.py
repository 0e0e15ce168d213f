"""``ben s1 prepare``, and raw products in ``ben map``, ``ben info`` and ``ben batch``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.batch.plan import plan_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.work import Work
from ben_core.cli import run
from ben_core.errors import JobError
from ben_core.events import Recorder
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.run.raw_radar import NotPrepared, Recipe, prepared_job
from ben_core.scene.grd import open_grd
from ben_core.scene.grd.frame import footprint_grid

from .. import made_grd as made

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


def test_commands(safe: Path, recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "prepared"
    bounds = ",".join(f"{v:g}" for v in (291000, 4652400, 293400, 4654800))
    given = ["--dem", recipe.dem, "--geoid", recipe.geoid]
    assert run(["s1", "prepare", str(safe), *given, "--crs", "EPSG:32633", "--bounds", bounds, "-o", str(out)]) == 0
    (path,) = out.iterdir()
    assert "240 x 240 pixels in EPSG:32633, VV on 100.0%" in capsys.readouterr().out
    assert run(["map", str(path), "--model", "embedded-s1", "--out", str(tmp_path / "map")]) == 0
    assert len(list((tmp_path / "map").glob("*_sigma0_dB*_classes.tif"))) == 1
    assert run(["s1", "prepare", str(safe), "-o", str(out)]) == 2
    assert run(["map", str(safe), "--out", str(tmp_path / "map")]) == 2
    assert "--dem FILE" in capsys.readouterr().err
    assert run(["map", str(path), "--dem", recipe.dem, "--out", str(tmp_path / "map")]) == 2
    assert "--dem is for raw Sentinel-1 products" in capsys.readouterr().err


def test_info_tells_what_is_known_before_preparing(
    safe: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEN_CACHE", str(tmp_path))
    assert run(["info", str(safe), "--json"]) == 2
    printed = capsys.readouterr()
    assert "--dem FILE" in printed.err
    found = json.loads(printed.out)
    assert "terrain model" in found["run"]["impossible"] and "--dem FILE" in found["run"]["remedy"]
    scene, (raw,) = found["facts"]["scene"], found["facts"]["raw"]
    assert (scene["platform"], scene["acquired"], scene["crs"]) == ("Sentinel-1B", "2021-12-23T05:11:22Z", "EPSG:32633")
    assert scene["width"] > 25_000 and set(scene["bands"]) == {"VV", "VH"} and scene["mask"] is None
    assert scene["passes"][0]["orbit"] == "descending, relative orbit 22"
    assert (raw["polarisations"], raw["processor"], raw["needs"]) == (["VV", "VH"], "003.40", "s1-dem")
    assert found["facts"]["model"]["name"] and found["facts"]["fit"] == {"missing": [], "filled": []}
    assert run(["info", str(safe), "--height", "50"]) == 0
    out = capsys.readouterr().out
    assert "ben map prepares Sentinel-1" in out and "descending, relative orbit 22" in out
    with pytest.raises(NotPrepared):
        prepared_job(Job(scene=(str(safe),), out="o", height=50.0), make=False)
    assert not list(tmp_path.iterdir())  # nothing was prepared
    assert run(["info", str(made.real_safe(data)), "--height", "50"]) == 3
    assert "lacks files of VH" in capsys.readouterr().err


def test_raw_product_beside_sentinel_2_is_prepared_once(
    safe: Path,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BEN_CACHE", str(tmp_path / "cache"))
    s2 = tmp_path / "S2_B02.tif"
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 1,
        "width": 240,
        "height": 240,
        "crs": "EPSG:32633",
        "nodata": 0,
    }
    with rasterio.open(s2, "w", transform=from_origin(291000, 4654800, 10, 10), **profile) as d:
        d.write(np.full((1, 240, 240), 900, np.uint16))
    job = Job(
        scene=(str(s2),),
        s1=(str(safe),),
        model="embedded-s1",
        out=str(tmp_path / "map"),
        dem=recipe.dem,
        geoid=recipe.geoid,
        bands={"B02": 1},
    )
    assert Job.from_json(job.to_json()) == job
    asked = ["info", *("--s2", job.scene[0]), *("--s1", job.s1[0]), "--dem", recipe.dem, "--geoid", recipe.geoid]
    asked += ["--bands", "B02=1", "--model", "embedded-s1", "--json"]
    assert run(asked) == 0
    before = json.loads(capsys.readouterr().out)
    assert "first" in before["run"] and before["facts"]["scene"]["width"] == 240
    assert set(before["facts"]["scene"]["bands"]) == {"B02", "VV", "VH"}
    first = Recorder()
    result = map_scene(job, first)
    assert result.cells["mapped"] == 4
    assert any("Preparing" in e["text"] for e in first.of("step"))
    assert not any(e["code"] == "warped" for e in first.of("warning"))  # it lies on the grid of Sentinel-2
    assert run(asked) == 0  # what is in the cache is told as any scene
    after = json.loads(capsys.readouterr().out)
    assert after["facts"]["run"]["cells"] == 4 and after["facts"]["scene"]["passes"][0]["orbit"] == "descending"
    again = Recorder()
    ready, _ = prepared_job(job, again)
    assert ready.dem is None and ready.scene == job.scene
    assert [e["text"] for e in again.of("step")] == [f"{made.NAME} was prepared before: {ready.s1[0]}"]
    with pytest.raises(JobError, match="--s1-unit power is for all of Sentinel-1"):
        prepared_job(replace(job, s1_unit="power"))
    # Another terrain model is another product; its gaps are said again when the result comes from the cache.
    dem = made.write_dem(tmp_path / "dem.tif", 20.0)
    with rasterio.open(dem, "r+") as d:
        d.write(
            np.full((1, 20, 20), -9999, np.float32),
            window=rasterio.windows.Window(*d.index(12.488, 42.012)[::-1], 20, 20),
        )
    for _ in range(2):
        other, notes = prepared_job(Job(scene=(str(s2),), s1=(str(safe),), out="map", dem=str(dem), bands={"B02": 1}))
        assert other.s1 != ready.s1
        assert [code for code, _ in notes] == ["s1-dem-voids"]


def test_a_plan_of_many_takes_raw_products_as_they_are(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    common = {"dem": recipe.dem, "geoid": recipe.geoid, "model": "embedded-s1"}
    tasks, _ = tasks_of(find_scenes([str(safe)]), common, tmp_path / "out", tmp_path / "items")
    plan = plan_batch([Work(task, "key") for task in tasks], tmp_path / "out")
    grid = footprint_grid(open_grd(safe))
    assert not plan.unreadable and plan.raw == 1 and plan.seconds is None
    assert plan.patches == -(-grid.width // 120) * -(-grid.height // 120) and plan.disk > 700 * plan.patches
    tasks, _ = tasks_of(find_scenes([str(safe)]), {}, tmp_path / "out", tmp_path / "items")
    (told,) = plan_batch([Work(task, "key") for task in tasks], tmp_path / "out").unreadable
    assert "needs a terrain model" in told.message and "--dem" in told.hint
