"""ben batch --regions: a scene's 10 m products belong to it, are made again when their options change, the same bytes."""

import json
import shutil
import signal
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ben_core.batch import plan as plan_module
from ben_core.batch.identity import finer_key, identity_here, job_key
from ben_core.batch.layout import Layout, finished
from ben_core.batch.opening import open_folder, standing
from ben_core.batch.plan import BatchPlan, plan_batch
from ben_core.batch.run import run_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.types import BatchOptions
from ben_core.batch.work import Work
from ben_core.cli import run as cli
from ben_core.errors import JobError
from ben_core.job import Job
from ben_core.regions import RegionOptions
from ben_core.regions.run import map_regions

from .dying import Moment, moments
from .small_scenes import PATIENCE, ben, leftovers, make_bands, products, start

OPTIONS = ("--regions", "--scales", "60,120", "--dense-stride", "60", "--no-catalogue")
ASKED = {"regions": True, "scales": "60,120", "dense_stride": 60}
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


def again(scenes: Path, out: Path, **asked: Any) -> tuple[int, int]:
    """How many were mapped, and how many were done before; ``asked`` beside ASKED."""
    tasks, _ = tasks_of(find_scenes([str(scenes)]), {**ASKED, **asked}, out.absolute(), out / "items")
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
    assert again(scenes, out, min_area=2.0) == (2, 0)
    other = products(out)
    changed = {k for k, v in products(undisturbed).items() if other[k] != v}
    assert changed and all("_regions" in k for k in changed)
    assert again(scenes, out, regions=False) == (2, 0)
    assert set(products(out)) == {k for k in products(undisturbed) if "_regions" not in k}


def test_killed_in_the_10_m_map(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    env = moments(tmp_path / "killed", Moment("*/scenes/*/.ben-*_regions-*"))
    runner = start("batch", scenes, "--out", out, *OPTIONS, **env)
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == -signal.SIGKILL, text
    begun = {p.parent.name for p in (out / "scenes").glob("*/.ben-*_regions-*")}
    for name in begun:  # as if it had died while it wrote these
        for path in (Layout(out).patches(name), Layout(out).done(name), Layout(out).failed(name)):
            path.with_name(f"{path.name}.0123456789ab.tmp").write_text("{")
    before = written(out, begun)
    assert len(before) >= 10 * len(begun) > 0, "its map of patches was there"
    done = ben("batch", scenes, "--out", out, *OPTIONS)
    assert done.returncode == 0, done.stderr
    assert products(out) == products(undisturbed) and not leftovers(out)
    assert written(out, begun) == before, "its map of patches was made once more"
    for name in begun:
        assert "The map of patches is there and stays" in (out / "logs" / f"{name}.log").read_text()


def written(out: Path, names: Collection[str] = ("one", "two")) -> dict[str, int]:
    """When the products of maps of patches were written."""
    files = (p for name in names for p in (out / "scenes" / name).glob(f"{name}*") if "_regions" not in p.name)
    return {p.relative_to(out).as_posix(): p.stat().st_mtime_ns for p in files}


def test_patches_stay_where_only_the_10_m_map_is_another(scenes: Path, tmp_path: Path, undisturbed: Path) -> None:
    out = tmp_path / "out"
    assert again(scenes, out, regions=False) == (2, 0) and not list(out.glob("state/*.patches.json"))
    before = written(out)
    assert again(scenes, out) == (2, 0) and products(out) == products(undisturbed)
    assert again(scenes, out, regions=False) == (2, 0) and not list(out.glob("state/*.patches.json"))
    assert again(scenes, out) == (2, 0) and written(out) == before and products(out) == products(undisturbed)
    (out / "scenes" / "one" / "one_classes.tif").write_bytes(b"cut off")
    assert again(scenes, out) == (1, 1) and products(out) == products(undisturbed)
    assert {k for k, when in written(out).items() if when != before[k]} == {k for k in before if "/one/" in k}
    assert again(scenes, out, stride=60) == (2, 0) and not set(written(out).values()) & set(before.values())


def test_what_draws_segments_decides_10_m_maps_alone(
    scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (task, *_), _ = tasks_of(find_scenes([str(scenes)]), {}, tmp_path, tmp_path)
    here = identity_here([task.job])
    other = replace(here, engine={**here.engine, "scikit-image": "0.1"})
    without = replace(here, engine={k: v for k, v in here.engine.items() if k not in ("scipy", "scikit-image")})
    patches = {job_key(task.job, identity) for identity in (here, other, without)}
    assert len(patches) == 1  # who installs the extra need not map 10,000 scenes again
    assert len({finer_key("patches", RegionOptions(), identity) for identity in (here, other, without)}) == 3
    assert len({finer_key("patches", RegionOptions(min_area=ha), here) for ha in (1, 1.0)}) == 1
    shared, exact = ([finer_key("patches", RegionOptions(shared=s), here)] for s in (True, False))
    monkeypatch.setattr("ben_core.batch.identity._version", lambda library: "another")
    assert finer_key("patches", RegionOptions(shared=True), here) not in shared
    assert finer_key("patches", RegionOptions(), here) in exact
    layout = Layout(tmp_path / "out")
    for identity in (here, without):  # who lacks it does not make the folder forget it
        open_folder(layout, identity, overwrite=False)
    with pytest.raises(JobError, match=r"scikit-image is 0\.1 here"):
        open_folder(layout, other, overwrite=False)


def test_its_plan_counts_the_windows(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        plan_module, "_measured", lambda plan: plan_module._Rates(cell=0.01, pixel=0.0)
    )  # not by a clock

    def plan(**asked: Any) -> BatchPlan:
        tasks, _ = tasks_of(find_scenes([str(scenes)]), asked, tmp_path / "out", tmp_path / "items")
        return plan_batch([Work(task, "key") for task in tasks], tmp_path / "out")

    patches, finer = plan(), plan(**{**ASKED, "dense_stride": 4})
    assert patches.seconds == pytest.approx(2 * (6 * 0.01 + plan_module.OVERHEAD))
    assert finer.seconds and 4_000 < (finer.seconds - patches.seconds) / 2 / 0.01 < 10_000  # windows a scene
    assert finer.disk > patches.disk and finer.patches == patches.patches == 2 * 6 and not finer.unreadable
    large = plan(regions=True, scales=[60, 480])
    assert len(large.unreadable) == 2 and "fewer than one window of 480 x 480" in large.unreadable[0].message


def test_a_plan_knows_what_stays(scenes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert again(scenes, out, regions=False) == (2, 0)
    tasks, _ = tasks_of(find_scenes([str(scenes)]), ASKED, out, out / "items")
    todo = standing(Layout(out), tasks, identity_here([task.job for task in tasks])).todo
    stays, anew = plan_batch(todo, out), plan_batch(todo, tmp_path / "elsewhere")
    assert (stays.patches, anew.patches) == (0, 12) and stays.scenes == 2 and 0 < stays.disk < anew.disk
    assert again(scenes, out) == (2, 0)
    tasks, _ = tasks_of(find_scenes([str(scenes)]), {}, out, out / "items")
    todo = standing(Layout(out), tasks, identity_here([task.job for task in tasks])).todo
    gone = plan_batch(todo, out)  # the 10 m maps are taken away: nothing is mapped
    assert (gone.scenes, gone.patches, gone.disk) == (2, 0, 0) and again(scenes, out, regions=False) == (2, 0)


def test_what_goes_to_a_worker_comes_back(scenes: Path, tmp_path: Path) -> None:
    tasks, _ = tasks_of(find_scenes([str(scenes)]), ASKED, tmp_path / "out", tmp_path / "items")
    for task in tasks:
        work = Work(task, "key")
        assert Work.from_dict(json.loads(json.dumps(work.to_dict()))) == work


# -- in lists ----------------------------------------------------------------------------------------------


def listed(scenes: Path, content: str, ending: str = "toml", **common: Any) -> dict[str, RegionOptions | None]:
    path = scenes.parent / f"list.{ending}"
    path.write_text(content, encoding="utf-8")
    tasks, _ = tasks_of(find_scenes([str(path)]), common, scenes.parent / "out", scenes.parent / "items")
    return {task.name: task.regions for task in tasks}


def test_a_list_says_which_scenes_get_one_and_how(scenes: Path) -> None:
    rows = "scene,regions,scales,dense_stride,min_area,vote,shared_convolution\n"
    table = rows + 'scenes/one,yes,"60,120",60,,,\nscenes/two,no,,,,,\n'
    assert listed(scenes, table, "csv") == {"one": SAME, "two": None}
    table = rows + "scenes/one,,,,2,mean,true\nscenes/two,,60;120;240,,,,\n"
    assert listed(scenes, table, "csv", **ASKED) == {
        "one": RegionOptions((60, 120), stride=60, min_area=2.0, vote="mean", shared=True),
        "two": RegionOptions((60, 120, 240), stride=60),
    }
    each = (
        'regions = true\nscales = [60, 120]\ndense_stride = 60\n[[scene]]\nscene = "scenes/one"\n'
        '[[scene]]\nscene = "scenes/two"\n'
    )
    assert listed(scenes, each) == {"one": SAME, "two": SAME}
    assert listed(scenes, each + "regions = false\n") == {"one": SAME, "two": None}
    assert listed(scenes, each + "dense_stride = 30\n")["two"] == RegionOptions((60, 120), stride=30)


def test_the_command_line_describes_what_a_list_asks_for(scenes: Path, tmp_path: Path, capfd: Any) -> None:
    path = scenes.parent / "asks.csv"
    line = ["batch", str(path), "-o", str(tmp_path / "out"), "--dry-run", "--scales", "60"]
    for asked, code, words in (("yes", 0, "2 scenes"), ("no", 2, "--scales is given without --regions")):
        path.write_text(f"scene,regions\nscenes/one,{asked}\nscenes/two,\n", encoding="utf-8")
        assert cli(line) == code
        assert words in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("dense_stride = 60", "--dense-stride is given without --regions"),
        ("regions = 'yes'", "--regions is on or off, not 'yes'"),
        ("regions = true\nscales = 60", "--scales cannot be 60"),
        ("regions = true\nscales = ['x']", "--scales cannot be ('x',)"),
        ("regions = true\nscales = '60;120'", "is not of the form"),
        ("regions = true\ndense_stride = 33", "--dense-stride 33 px is no even number"),
        ("regions = true\nmin_area = 'large'", "--min-area cannot be 'large'"),
        ("regions = true\nshared_convolution = 1", "--shared-convolution cannot be 1"),
        ("regions = true\nweights = [1]", "'weights', which is no option of a scene"),
    ],
)
def test_a_list_that_is_wrong_says_where(scenes: Path, content: str, words: str) -> None:
    with pytest.raises(JobError) as caught:
        listed(scenes, f'[[scene]]\nscene = "scenes/one"\n{content}\n')
    assert words in caught.value.message and "list.toml [[scene]] 1" in caught.value.message


def test_one_scene_with_and_one_without(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    """The plan counts the one alone; its products are those of a batch of all, and changing the list makes the other's."""
    path, out = scenes.parent / "some.csv", tmp_path / "out"

    def run(rows: str) -> tuple[int, int, BatchPlan]:
        path.write_text(f"scene,regions,scales,dense_stride\n{rows}", encoding="utf-8")
        tasks, _ = tasks_of(find_scenes([str(path)]), {}, out, out / "items")
        plan = plan_batch([Work(task, "key") for task in tasks], out)
        tally = run_batch(tasks, out, BatchOptions(catalogue=False)).tally
        return tally.mapped, tally.done, plan

    whole = products(undisturbed)
    mapped, done, some = run('scenes/one,true,"60,120",60\nscenes/two,,,\n')
    assert (mapped, done) == (2, 0)
    assert products(out) == {k: v for k, v in whole.items() if "two_regions" not in k}
    mapped, done, both = run('scenes/one,true,"60,120",60\nscenes/two,true,"60,120",60\n')
    assert (mapped, done) == (1, 1) and products(out) == whole
    mapped, done, none = run("scenes/one,,,\nscenes/two,no,,\n")
    assert (mapped, done) == (2, 0) and products(out) == {k: v for k, v in whole.items() if "_regions" not in k}
    assert none.disk < some.disk < both.disk and none.memory < some.memory and none.patches == both.patches
