"""ben batch --regions: a scene's 10 m products belong to it, are made again when their options change, the same bytes."""

import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from ben_core.batch.layout import finished
from ben_core.batch.plan import BatchPlan, plan_batch
from ben_core.batch.run import run_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.types import BatchOptions
from ben_core.batch.work import Work
from ben_core.cli import run as cli
from ben_core.job import Job
from ben_core.regions import RegionOptions
from ben_core.regions.run import map_regions

from .small_scenes import ben, leftovers, make_bands, products, start, wait_for

OPTIONS = ("--regions", "--scales", "60,120", "--dense-stride", "60", "--no-catalogue")
SAME = RegionOptions(scales=(60, 120), stride=60)


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finer") / "scenes"
    for name, seed in (("one", 4), ("two", 5)):
        make_bands(folder / name, 240, 300, seed=seed)
    return folder


@pytest.fixture(scope="module")
def undisturbed(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finer") / "out"
    assert cli(["batch", str(scenes), "--out", str(out), *OPTIONS]) == 0
    return out


def again(scenes: Path, out: Path, regions: RegionOptions | None = SAME) -> tuple[int, int]:
    """How many were mapped, and how many were done before."""
    tasks, _ = tasks_of(find_scenes([str(scenes)]), {}, out.absolute(), out / "items", regions)
    tally = run_batch(tasks, out, BatchOptions(catalogue=False)).tally
    return tally.mapped, tally.done


def test_it_makes_what_ben_map_regions_makes(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    made = products(undisturbed)
    own = map_regions(Job(scene=(str(scenes / "two"),), out=str(tmp_path / "two")), SAME)
    assert len(own.products) == 6
    for path in own.products.values():
        assert made[f"scenes/two/{path.name}"] == path.read_bytes(), path.name
    done = {f.name: f for f in finished(undisturbed)}
    assert set(own.products) <= set(done["two"].files)
    assert done["one"].rasters["regions"].is_file() and not leftovers(undisturbed)


def test_again_when_missing_or_asked_otherwise(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    assert again(scenes, out) == (0, 2)
    (out / "scenes" / "one" / "one_regions.gpkg").unlink()
    assert again(scenes, out) == (1, 1)
    assert products(out) == products(undisturbed)
    assert again(scenes, out, replace(SAME, min_area=2.0)) == (2, 0)
    other = products(out)
    changed = {k for k, v in products(undisturbed).items() if other[k] != v}
    assert changed and all("_regions" in k for k in changed)
    assert again(scenes, out, None) == (2, 0)
    assert set(products(out)) == {k for k in products(undisturbed) if "_regions" not in k}


def test_killed_in_the_10_m_map(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    runner = start("batch", scenes, "--out", out, *OPTIONS)
    wait_for(lambda: list((out / "scenes").glob("*/.ben-*_regions-*")) or runner.poll() is not None)
    os.killpg(runner.pid, signal.SIGKILL)
    assert runner.wait() == -signal.SIGKILL
    done = ben("batch", scenes, "--out", out, *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert products(out) == products(undisturbed) and not leftovers(out)


def test_its_plan_counts_the_windows(scenes: Path, tmp_path: Path) -> None:
    def plan(regions: RegionOptions | None) -> BatchPlan:
        tasks, _ = tasks_of(find_scenes([str(scenes)]), {}, tmp_path / "out", tmp_path / "items", regions)
        return plan_batch([Work(task, "key") for task in tasks], tmp_path / "out")

    patches, finer = plan(None), plan(replace(SAME, stride=4))
    assert patches.seconds and finer.seconds and finer.seconds > patches.seconds + 5  # 4,000 windows a scene
    assert finer.disk > patches.disk and finer.patches == patches.patches == 2 * 6 and not finer.unreadable
    large = plan(RegionOptions(scales=(60, 480)))
    assert len(large.unreadable) == 2 and "fewer than one window of 480 x 480" in large.unreadable[0].message


def test_what_goes_to_a_worker_comes_back(scenes: Path, tmp_path: Path) -> None:
    tasks, _ = tasks_of(find_scenes([str(scenes)]), {}, tmp_path / "out", tmp_path / "items", SAME)
    for task in tasks:
        work = Work(task, "key")
        assert Work.from_dict(json.loads(json.dumps(work.to_dict()))) == work
