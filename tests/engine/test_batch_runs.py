"""Runs of the real command in one process: repeated, disturbed, killed at every stage; the bytes are the same."""

import errno
import json
import os
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from ben_core.batch import work
from ben_core.batch.layout import Layout, finished
from ben_core.batch.run import BatchResult, run_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.status import status_of
from ben_core.batch.types import BatchOptions
from ben_core.errors import BenError, JobError
from ben_core.events import Recorder, read
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.products import journal

from .dying import Moment, moments
from .small_scenes import PATIENCE, ben, catalogue, leftovers, make_bands, make_scenes, products, start, state, wait_for


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("batch") / "scenes")


@pytest.fixture(scope="module")
def undisturbed(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All three scenes and their catalogue."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run = ben("batch", scenes, "--out", out, "--json")
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert (summary["total"], summary["mapped"], summary["failed"], summary["left"]) == (3, 3, 0, 0)
    return out


def here(scenes: Path, out: Path, job: dict[str, Any] | None = None, **options: Any) -> tuple[BatchResult, Recorder]:
    """A batch in this process, without a catalogue."""
    heard = Recorder()
    tasks, _ = tasks_of(find_scenes([str(scenes)]), job or {}, out.absolute(), out / "items")
    return run_batch(tasks, out, BatchOptions(**options), heard), heard


def test_it_makes_what_ben_map_makes(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    made = products(undisturbed)
    for folder in ("long", "north"):
        map_scene(Job(scene=(str(scenes / folder),), out=str(tmp_path / folder)))
        alone = [p for p in (tmp_path / folder).iterdir() if not p.name.endswith("_report.html")]
        assert len(alone) > 8
        for path in alone:
            assert made[f"scenes/{folder}/{path.name}"] == path.read_bytes(), path.name
    assert not leftovers(undisturbed)
    assert catalogue(undisturbed)
    assert [f.name for f in finished(undisturbed)] == sorted(p.name for p in (undisturbed / "scenes").iterdir())
    long = next(f for f in finished(undisturbed) if f.name == "long")
    assert long.crs == "EPSG:32633" and sum(long.cells.values()) == 50 and long.gpkg.is_file()
    log = (undisturbed / "logs" / "long.log").read_text(encoding="utf-8")
    assert "Opening the scene" in log and re.search(r"Z progress: \d+ of 50 patches\n", log)


def test_again_only_what_is_missing_or_changed(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out, own = tmp_path / "out", tmp_path / "scenes"
    shutil.copytree(undisturbed, out)  # other times, same contents: a backup that was put back
    shutil.copytree(scenes, own)
    result, heard = here(own, out)
    assert not heard.of("scene") and result.tally.done == 3 and result.exit_code == 0

    make_bands(own / "new", seed=9)
    with open(out / "scenes" / "long" / "long.gpkg", "r+b") as f:  # same size, other content
        f.seek(5000)
        f.write(b"\xff\xff")
    shutil.rmtree(own / "north")
    make_bands(own / "north", seed=10)
    (safe,) = (out / "scenes").glob("S2*")
    (safe / f"{safe.name}_classes.tif").unlink()
    result, heard = here(own, out)
    done = sorted(e["scene"] for e in heard.of("scene") if e["state"] == "done")
    assert done == sorted(["long", "new", "north", safe.name])
    made, before = products(out), products(undisturbed)
    same = {k for k in before if made[k] == before[k]}
    assert {k for k in before if "/north/" not in k} <= same and "scenes/north/north_probabilities.tif" not in same


def test_what_fails_says_why_and_stops_nobody(scenes: Path, tmp_path: Path) -> None:
    own, out = tmp_path / "scenes", tmp_path / "out"
    shutil.copytree(scenes / "north", own / "north")
    shutil.copytree(scenes / "north", own / "south")
    data = (own / "south" / "B03.tif").read_bytes()
    (own / "south" / "B03.tif").write_bytes(data[: len(data) // 2])
    run = ben("batch", own, "--out", out, "--json", "--no-catalogue")
    assert run.returncode == 3
    summary = json.loads(run.stdout)
    assert (summary["mapped"], summary["failed"]) == (1, 1)
    (failure,) = summary["failures"]
    assert failure["name"] == "south" and "B03.tif" in failure["message"] and failure["attempts"] == 1
    assert "B03.tif" in (out / "logs" / "south.log").read_text(encoding="utf-8")
    status = status_of(out)
    assert (status.total, status.done, status.left, status.failed[0]["name"]) == (2, 1, 0, "south")
    assert "failed: south" in ben("batch", "status", out).stdout

    (own / "south" / "B03.tif").write_bytes(data)  # downloaded again
    result, _ = here(own, out)
    assert result.exit_code == 0 and result.tally.mapped == 1
    assert "south.failed" not in state(out) and not status_of(out).failed


def test_a_plan_before_the_run(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    own = tmp_path / "scenes"
    shutil.copytree(scenes, own)
    (own / "broken.tif").write_bytes(b"no raster")
    make_bands(own / "new", seed=9)
    out = tmp_path / "out"
    shutil.copytree(undisturbed, out)
    before = sorted(out.rglob("*"))
    run = ben("batch", own, "--out", out, "--dry-run", "--json")
    assert run.returncode == 0, run.stderr
    plan = json.loads(run.stdout)
    assert plan["scenes"]["to map"] == 2 and plan["scenes"]["done"] == 3 and plan["patches"] == 9
    assert 0 < plan["seconds"] < 600 and 1 << 20 < plan["disk"] < plan["free"]
    assert plan["unreadable"][0]["name"] == "broken" and "broken.tif" in plan["unreadable"][0]["message"]
    assert sorted(out.rglob("*")) == before, "a plan wrote something"
    text = ben("batch", own, "--out", tmp_path / "none", "--dry-run").stdout
    assert "patches  72 to map" in text and "cannot be read: " in text and not (tmp_path / "none").exists()


def test_products_that_vanish_while_it_runs(scenes: Path, tmp_path: Path) -> None:
    own = tmp_path / "scenes"
    shutil.copytree(scenes, own)
    tasks, _ = tasks_of(find_scenes([str(own)]), {}, tmp_path / "out", tmp_path / "items")
    shutil.rmtree(own / "north")
    result = run_batch(tasks, tmp_path / "out", BatchOptions())
    assert (result.tally.mapped, result.tally.failed, result.exit_code) == (2, 1, 3)
    assert "north" in state(tmp_path / "out")["north.failed"]["message"]


def test_another_engine_or_other_weights_are_refused(scenes: Path, tmp_path: Path) -> None:
    embedded, out = Path(work.__file__).parents[1] / "embedded", tmp_path / "out"
    for name in ("s2.json", "s2.onnx", "s2.safetensors"):
        shutil.copy(embedded / name, tmp_path / name)
    model = {"model": str(tmp_path / "s2.json")}
    assert here(scenes / "north", out, model)[0].exit_code == 0
    card = (tmp_path / "s2.json").read_text(encoding="utf-8")
    (tmp_path / "s2.json").write_text(card.replace("demonstration", "other"), encoding="utf-8")
    with pytest.raises(JobError, match="other weights: s2 is ") as caught:
        here(scenes / "north", out, model)
    assert "--overwrite" in caught.value.hint
    (tmp_path / "s2.json").write_text(card, encoding="utf-8")
    assert here(scenes / "north", out, model)[0].tally.done == 1
    document = json.loads((out / "batch.json").read_text())
    document["engine"]["version"] = "9.9"
    (out / "batch.json").write_text(json.dumps(document))
    with pytest.raises(JobError, match=r"version is 0\.1\.0 here and 9\.9 there"):
        here(scenes / "north", out, model)
    assert here(scenes / "north", out, model, overwrite=True)[0].exit_code == 0
    assert here(scenes / "north", out, model)[0].exit_code == 0


def test_a_folder_of_something_else_is_left_alone(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(BenError, match="something else than a batch"):
        here(scenes, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["precious.txt"]


def test_a_full_disk_ends_it_and_keeps_what_is_finished(
    scenes: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = journal.np.savez_compressed, []

    def fills(*args: Any, **kwargs: Any) -> None:
        calls.append(1)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(*args, **kwargs)

    monkeypatch.setattr(journal.np, "savez_compressed", fills)
    result, heard = here(scenes, tmp_path / "out")
    assert result.full is not None and "No space left" in result.full.message and result.exit_code == 3
    assert result.tally.failed == 0 and result.tally.left >= 1 and heard.of("scene")[-1]["state"] == "full"
    monkeypatch.undo()
    kept = {f.name for f in finished(tmp_path / "out")}
    result, _ = here(scenes, tmp_path / "out")
    assert result.exit_code == 0 and result.tally.done == len(kept)
    assert products(tmp_path / "out") == products(undisturbed)


def test_what_may_pass_is_tried_again(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def falters(job: Any, *args: Any) -> Any:
        calls.append(job.name)
        if len(calls) == 1:
            raise OSError(errno.EIO, "Input/output error", "B02.tif")
        return map_scene(job, *args)

    monkeypatch.setattr(work, "map_scene", falters)
    monkeypatch.setattr("ben_core.batch.course.BACKOFF", 0.01)
    result, heard = here(scenes / "north", tmp_path / "out")
    assert calls == ["north", "north"] and result.exit_code == 0
    assert [e["state"] for e in heard.of("scene")] == ["retry", "done"]


def test_memory_that_does_not_suffice_is_told(scenes: Path, tmp_path: Path) -> None:
    result, _ = here(scenes / "north", tmp_path / "out", max_memory=300 << 20)
    assert result.tally.failed == 1
    assert "--max-memory allows 300 MiB" in state(tmp_path / "out")["north.failed"]["message"]


# -- killed ------------------------------------------------------------------------------------------------

STAGES = {
    "claimed": "*/state/long.claim-1",
    "half mapped": "*/scenes/long/.ben-*/strip-0001.npz",
    "products renamed": "*/scenes/long/long_classes.tif",
    "catalogue written": "*/.catalogue-new/overview.html",
}


# Each line is the life of one output folder: a runner is killed at each of these stages, the next one goes on.
@pytest.mark.parametrize("stages", [["claimed", "half mapped"], ["products renamed", "catalogue written"]], ids=str)
def test_a_killed_runner_costs_its_running_scenes(
    scenes: Path, undisturbed: Path, tmp_path: Path, stages: list[str]
) -> None:
    out = tmp_path / "out"
    for stage in stages:
        runner = start("batch", scenes, "--out", out, **moments(tmp_path / stage, Moment(STAGES[stage])))
        text, _ = runner.communicate(timeout=PATIENCE)
        assert runner.returncode == -signal.SIGKILL, (stage, text)
    killed = state(out)
    run = ben("batch", scenes, "--out", out, "--json")
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert summary["done"] == len(killed) and summary["mapped"] == 3 - len(killed)
    assert products(out) == products(undisturbed) and catalogue(out) == catalogue(undisturbed)
    assert not leftovers(out)


def test_a_scene_that_takes_its_runs_down_is_set_aside(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "state").mkdir(parents=True)
    for number in range(1, 4):  # three owners, each killed
        claim = Layout(out).claim("north", number)
        claim.write_text("{}")
        os.utime(claim, (1, 1))
    result, _ = here(scenes, out)
    assert (result.tally.mapped, result.tally.failed, result.exit_code) == (2, 1, 3)
    assert "3 runs were killed" in state(out)["north.failed"]["message"]
    result, heard = here(scenes, out)
    assert result.set_aside == ("north",) and not heard.of("scene") and result.exit_code == 3
    run = ben("batch", scenes, "--out", out, "--retry-set-aside", "--no-catalogue")
    assert run.returncode == 0 and products(out) == products(undisturbed)


def test_ctrl_c_once_ends_the_running_scenes_and_twice_stops_them(
    scenes: Path, undisturbed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    env = moments(tmp_path / "told", Moment(STAGES["claimed"], signal="SIGINT"))
    runner = start("batch", scenes, "--out", out, "--events", "jsonl", **env)
    text, _ = runner.communicate(timeout=PATIENCE)
    first = state(out)
    # A busy machine may be late with the signal: then the catalogue may be there, too.
    assert runner.returncode == 4 or (len(first) == 3 and (out / "catalogue").exists()), text
    assert "long.done" in first and all(n.endswith(".done") for n in first) and not leftovers(out)

    runner = start("batch", scenes, "--out", out, "--no-catalogue", "--events", "jsonl")
    assert runner.stdout is not None
    for line in runner.stdout:
        if (event := read(line)) and event["type"] == "started":
            break
    runner.send_signal(signal.SIGINT)
    for line in runner.stdout:
        if (event := read(line)) and event.get("name") == "draining":
            runner.send_signal(signal.SIGINT)
            break
    runner.communicate(timeout=PATIENCE)
    assert runner.returncode in (0, 4)  # 0: all was done before the second one came
    assert not [n for n in leftovers(out) if ".claim-" in n], "a user's wish counts as a death of the scene"
    assert here(scenes, out)[0].exit_code == 0
    assert products(out) == products(undisturbed) and not leftovers(out)


def test_two_runners_share_a_folder(scenes: Path, undisturbed: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    runners = [start("batch", scenes, "--out", out, "--json") for _ in range(2)]
    told = []
    for runner in runners:
        text, _ = runner.communicate(timeout=PATIENCE)
        assert runner.returncode == 0, text
        told.append(json.loads(text[text.index("{") :]))
    assert sum(t["mapped"] for t in told) == 3, "a scene was mapped twice, or not at all"
    assert all(t["total"] == 3 and t["mapped"] + t["done"] == 3 for t in told)
    assert products(out) == products(undisturbed) and catalogue(out) == catalogue(undisturbed)
    assert not leftovers(out)


def test_watching_takes_what_arrives(scenes: Path, tmp_path: Path) -> None:
    incoming, out = tmp_path / "incoming", tmp_path / "out"
    incoming.mkdir()

    def arrive(name: str) -> None:
        """All at once: a copy that takes longer than two looks would be taken half."""
        shutil.copytree(scenes / "north", tmp_path / name)
        (tmp_path / name).rename(incoming / name)

    runner = start("batch", incoming, "--out", out, "--watch", "0.5", "--no-catalogue", "--json")
    wait_for(lambda: (out / "batch.json").exists())
    arrive("north")
    wait_for(lambda: (out / "state" / "north.done.json").exists())
    arrive("south")
    wait_for(lambda: (out / "state" / "south.done.json").exists())
    runner.send_signal(signal.SIGINT)
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == 0, text
    assert json.loads(text[text.index("{\n") :])["mapped"] == 2
