"""What a week brings: a full disk, lost files, other weights, paused downloads, readers that leave, GPUs that are not ours."""

import dataclasses
import io
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ben_core.batch import course as course_module
from ben_core.batch import machines, watching
from ben_core.batch import work as work_module
from ben_core.batch.claims import Claims
from ben_core.batch.course import Course, Stops
from ben_core.batch.identity import Identity
from ben_core.batch.layout import Layout, finished
from ben_core.batch.models import SharedModels
from ben_core.batch.opening import open_folder
from ben_core.batch.run import BatchResult, run_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.status import status_of
from ben_core.batch.types import BatchOptions
from ben_core.batch.watching import Watched
from ben_core.batch.work import Outcome, Work
from ben_core.cli import run as cli
from ben_core.cli.batch import _workers
from ben_core.cli.batch_terminal import BatchTerminal
from ben_core.errors import DataError, JobError
from ben_core.events import Recorder, silent
from ben_core.models import find_card
from ben_core.models.files import sha256_of
from ben_core.run.preflight import BASE_BYTES
from ben_core.scene import handles, remote

from .made_items import make_item
from .small_scenes import BANDS, PATIENCE, leftovers, make_bands, products, state, wait_for
from .test_search import QUERY, Api
from .web_server import serving


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bands(tmp_path_factory.mktemp("trouble") / "north", seed=2)


@pytest.fixture(scope="module")
def mapped(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("mapped") / "out"
    assert here(scene, out)[0].exit_code == 0
    return out


def here(
    scenes: Path | str, out: Path, job: dict[str, Any] | None = None, **options: Any
) -> tuple[BatchResult, Recorder]:
    heard = Recorder()
    tasks, _ = tasks_of(find_scenes([str(scenes)]), job or {}, out.absolute(), out / "items")
    return run_batch(tasks, out, BatchOptions(**options), heard), heard


# -- storage -----------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of a size that the test sets."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_really_full(scene: Path, mapped: Path, small_disk: Path) -> None:
    """At every stage: claims and journal, products, the state file; each run goes on in the same folder."""
    out, stops = small_disk / "out", set()
    for size in (64, 160, 320, 480, 560, 640):
        subprocess.run(["mount", "-o", f"remount,size={size}k", small_disk], check=True)
        try:
            result, _ = here(scene, out)
        except Exception as e:  # before any scene: the batch as a whole
            assert type(e).__name__ == "StorageError", e
            continue
        if result.full is None:
            break
        stops.add(result.full.message)
        assert result.exit_code == 3 and result.tally.failed == 0
        assert "No space left" in result.full.message or "MB are free at " in result.full.message
        assert len(result.full.message) < 400
        assert not state(out) and not [p for p in out.glob("scenes/*/*") if p.is_file()]
    assert stops, "the disk was never full"
    subprocess.run(["mount", "-o", "remount,size=32m", small_disk], check=True)
    assert here(scene, out)[0].exit_code == 0
    assert products(out) == products(mapped) and not leftovers(out)


def test_a_broken_batch_json_is_no_new_folder(scene: Path, mapped: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    for content in ("", "{", "[]", "{}", '{"layout": 1}'):
        (out / "batch.json").write_text(content)
        with pytest.raises(DataError, match="is broken, or of another version"):
            here(scene, out)
    result, _ = here(scene, out, overwrite=True)
    assert result.exit_code == 0 and result.tally.done == 1, "the same engine made it: nothing to map again"


def test_state_files_that_were_cut_off_cost_their_scene_alone(scene: Path, mapped: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    done = out / "state" / "north.done.json"
    done.write_bytes(done.read_bytes()[:100])
    assert finished(out) == []
    result, _ = here(scene, out)
    assert result.tally.mapped == 1 and products(out) == products(mapped)


def test_state_files_that_were_broken_by_hand_are_none(
    scene: Path, mapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    done = out / "state" / "north.done.json"
    whole = json.loads(done.read_bytes())
    less = [{k: v for k, v in whole.items() if k != key} for key in ("products", "job", "cells", "bounds")]
    for document in (*less, {**whole, "products": []}, {**whole, "products": {"item": {"file": "north.json"}}}):
        done.write_text(json.dumps(document))
        assert finished(out) == []
        assert here(scene, out)[0].tally.mapped == 1 and products(out) == products(mapped)
    Layout(out).failed("gone").write_text("{}")
    assert cli(["batch", "status", str(out)]) == 0
    assert "failed: gone: No reason was told." in capsys.readouterr().out


def test_what_other_options_made_is_gone_before_a_scene_is_done(
    scene: Path, mapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    done, extra = out / "state" / "north.done.json", out / "scenes" / "north" / "north_regions.tif"
    extra.write_bytes(b"of other options")
    document = json.loads(done.read_bytes())
    document["products"]["regions"] = {**document["products"]["classes"], "file": extra.name}
    done.write_text(json.dumps({**document, "job": "of other options"}))
    write_done = work_module.write_done

    def killed(*args: Any) -> None:
        write_done(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(work_module, "write_done", killed)
    with pytest.raises(KeyboardInterrupt):
        here(scene, out)
    monkeypatch.undo()
    assert here(scene, out)[0].tally.done == 1 and products(out) == products(mapped)


def test_runs_that_begin_at_once_all_stand_in_batch_json(tmp_path: Path) -> None:
    """Each asks for another model: none may write over what another one wrote."""
    layout, gate, runs = Layout(tmp_path / "out"), threading.Barrier(6), range(6)

    def begin(n: int) -> None:
        gate.wait()
        open_folder(layout, Identity({"version": "1"}, {f"model {n}": {"model": "hash"}}), overwrite=False)

    with ThreadPoolExecutor(len(runs)) as pool:
        list(pool.map(begin, runs))
    document = json.loads(layout.document.read_bytes())
    assert sorted(document["models"]) == [f"model {n}" for n in runs] and document["engine"] == {"version": "1"}
    assert not leftovers(layout.out)


def test_a_run_tells_the_failures_of_its_own_scenes(
    scene: Path, mapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    (tmp_path / "bad.tif").write_bytes(b"no raster")
    assert cli(["batch", str(tmp_path / "bad.tif"), "--out", str(out), "--no-catalogue"]) == 3
    assert "failed: bad: " in capsys.readouterr().out
    assert cli(["batch", str(scene), "--out", str(out), "--no-catalogue"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"1 scene: 1 done before. {out}"]


# -- servers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "tries"), [("404", 1), ("410", 1), ("403", 1), ("500", 3), ("429", 3), ("cut", 3)])
@pytest.mark.parametrize("what", ["item.json", "B04.tif"])
def test_what_a_server_does_not_have_is_not_tried_again(
    scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, tries: int, what: str
) -> None:
    for module in (remote, handles):
        monkeypatch.setattr(module, "PAUSES", ())
    monkeypatch.setattr(course_module, "BACKOFF", 0.01)
    monkeypatch.setenv("GDAL_HTTP_MAX_RETRY", "0")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving() as web:
        for band in BANDS:
            web.files[f"s2/{band}.tif"] = (scene / f"{band}.tif").read_bytes()
        document = make_item({b: f"{b}.tif" for b in BANDS}, **{"s2:processing_baseline": "02.14"})
        web.files["s2/item.json"] = json.dumps(document).encode()
        web.broken, web.always = re.compile(re.escape(what)), answer
        result, heard = here(f"{web.address}/s2/item.json", tmp_path / "out")
    states = [e["state"] for e in heard.of("scene")]
    assert states == ["retry"] * (tries - 1) + ["failed"] and result.tally.failed == 1
    (failed,) = state(tmp_path / "out").values()
    assert what in failed["message"] and failed["attempts"] == tries
    assert answer == "cut" or f"HTTP {answer}" in failed["message"]


# -- status ------------------------------------------------------------------------------------------------


def test_status_tells_the_living_from_the_interrupted_and_knows_what_ended_last(mapped: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    layout = Layout(out)
    layout.total.write_text('{"total": 9}')
    claims = Claims(layout)
    for name in ("alive", "silent", "north"):
        assert claims.take(name)
    for name, seconds in (("silent", 100), ("north", 5000)):  # north is done: a killed run left its claim
        path = layout.claim(name, 1)
        path.write_text(json.dumps({**json.loads(path.read_text()), "machine": "another one"}))
        os.utime(path, (time.time() - seconds,) * 2)
    for name, done_at, failed_at in (("changed", 100, 50), ("healed", 50, 100)):
        for path, age in ((layout.done(name), done_at), (layout.failed(name), failed_at)):
            path.write_text(json.dumps({"name": name, "message": "It broke."}))
            os.utime(path, (time.time() - age,) * 2)
    found = status_of(out)
    assert {r["name"]: r["interrupted"] for r in found.running} == {"alive": False, "silent": True}
    assert (found.total, found.done, [f["name"] for f in found.failed], found.left) == (9, 2, ["changed"], 6)


def test_the_command_says_so(mapped: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    shutil.copytree(mapped, out)
    layout = Layout(out)
    layout.total.write_text('{"total": 3}')
    layout.claim("cut", 1).write_text("{}")
    os.utime(layout.claim("cut", 1), (time.time() - 7300,) * 2)
    assert cli(["batch", "status", str(out)]) == 0
    text = capsys.readouterr().out
    assert "1 of 3 done, 1 interrupted (no run is at work)" in text and "cut  nothing heard for 2 h" in text


# -- watching ----------------------------------------------------------------------------------------------


def test_a_download_that_paused_is_taken_again_when_it_goes_on(scene: Path, tmp_path: Path) -> None:
    """Two looks see the same half of a product, which is taken; when the rest has come it is taken once more."""
    incoming, out = tmp_path / "incoming", tmp_path / "out"
    (incoming / "north").mkdir(parents=True)
    for band in BANDS[:-1]:
        shutil.copy(scene / f"{band}.tif", incoming / "north")
    stops, watched = Stops(), Watched([str(incoming)])
    course = Course(BatchOptions(watch=0.02), silent, stops, open=True)

    looks = []

    def look() -> Any:
        looks.append(1)
        return tasks_of(watched.look(), {}, out, out / "items")[0]

    thread = watching.watch(course, [], look, lambda found: [Work(t, "key") for t in found], 0.02, stops, silent)
    first = course.next()
    assert first is not None
    course.report(first, Outcome("north", "failed", "scene", "It lacks bands."))
    rest = shutil.copy(scene / f"{BANDS[-1]}.tif", tmp_path)  # it comes at once: two looks may lie within a slow copy
    Path(rest).rename(incoming / "north" / f"{BANDS[-1]}.tif")
    second = course.next()
    assert second is not None and second.work.task.name == "north"
    course.report(second, Outcome("north", "done"))
    seen = len(looks)
    wait_for(lambda: len(looks) > seen + 3)
    assert course.next(wait=False) is None, "taken again though nothing changed"
    stops.drain.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_watching_ends_when_the_batch_does(tmp_path: Path) -> None:
    stops = Stops()
    course = Course(BatchOptions(watch=0.02), silent, stops, open=True)
    thread = watching.watch(course, [], lambda: [], lambda found: [], 0.02, stops, silent)
    course.given_up = True
    thread.join(PATIENCE)
    assert not thread.is_alive()


# -- models and memory -------------------------------------------------------------------------------------


def test_really_other_weights_are_refused(scene: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    card = find_card("embedded-s2")
    (weights,) = (w for w in card.weights if w.runtime == "torch")
    made = []
    for folder, shift in (("a", 0.0), ("b", 0.5)):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "mine.safetensors"
        tensors = load_file(Path(machines.__file__).parents[1] / "embedded" / weights.file)
        last = list(tensors)[-1]
        tensors[last] = tensors[last] + torch.tensor(shift, dtype=tensors[last].dtype)
        save_file(tensors, path)
        told = dataclasses.replace(weights, file=path.name, sha256=sha256_of(path))
        (tmp_path / folder / "mine.json").write_text(
            dataclasses.replace(card, name="mine", weights=(told,)).to_json(), encoding="utf-8"
        )
        made.append({"model": str(tmp_path / "mine.json"), "runtime": "torch"})
    out, place = tmp_path / "out", tmp_path
    for folder, refused in (("a", False), ("b", True), ("a", False)):
        for name in ("mine.json", "mine.safetensors"):
            shutil.copy(tmp_path / folder / name, place / name)
        if refused:
            with pytest.raises(JobError, match="other weights: mine is "):
                here(scene, out, made[0])
        else:
            assert here(scene, out, made[0])[0].exit_code == 0
    before = products(out)
    shutil.copy(tmp_path / "b" / "mine.json", place)
    shutil.copy(tmp_path / "b" / "mine.safetensors", place)
    result, _ = here(scene, out, made[0], overwrite=True)
    assert result.tally.mapped == 1
    assert products(out)["scenes/north/north_probabilities.tif"] != before["scenes/north/north_probabilities.tif"]


def test_max_memory_bounds_the_batch_and_changes_no_byte(scene: Path, mapped: Path, tmp_path: Path) -> None:
    models = SharedModels(for_batches=8 << 20)
    model = models("embedded", threads=1)
    assert 1 <= model.fit_batch(4000) < 32 and 1 <= model.fit_batch(0) < 32
    assert SharedModels()("embedded", threads=1).fit_batch(64) == 64
    out = tmp_path / "out"
    result, _ = here(scene, out, max_memory=BASE_BYTES + (45 << 20))  # 9 MiB are for batches
    assert result.exit_code == 0
    assert products(out) == products(mapped)


# -- readers, schedulers, catalogues, GPUs -----------------------------------------------------------------


def test_who_reads_the_events_may_leave_and_no_scene_failed_of_it(scene: Path, mapped: Path, tmp_path: Path) -> None:
    out, heard = tmp_path / "out", []

    def pipe(type: str, **fields: Any) -> None:
        heard.append(type)
        if "scene" in fields:
            raise BrokenPipeError(32, "Broken pipe")

    tasks, _ = tasks_of(find_scenes([str(scene)]), {}, out, out / "items")
    with pytest.raises(BrokenPipeError):
        run_batch(tasks, out, BatchOptions(), pipe)
    assert not [n for n in state(out) if n.endswith(".failed")]
    assert here(scene, out)[0].exit_code == 0 and products(out) == products(mapped)


@pytest.fixture
def mute() -> Iterator[str]:
    """A server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def test_no_scheduler_at_an_address_is_said_in_words(
    mute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    from ben_core.batch import cluster

    monkeypatch.setattr(cluster, "START", 0.3)
    for address in ("tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9", "tls://127.0.0.1:9", mute):
        with pytest.raises(JobError, match="No Dask scheduler answers at ") as caught:
            run_batch([], tmp_path / "out", BatchOptions(dask=address))
        assert address in caught.value.message and not caught.value.message.endswith((": .", ".."))
    with pytest.raises(JobError, match="--dask is empty"):
        BatchOptions(dask=" ")
    assert not (tmp_path / "out").exists()


def test_scenes_of_a_search(scene: Path, mapped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pystac_client")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    out = tmp_path / "out"
    with serving() as web:
        web.files.update({f"{band}.tif": (scene / f"{band}.tif").read_bytes() for band in BANDS})
        files = {band: f"{web.address}/{band}.tif" for band in BANDS}
        items = [make_item(files, id=f"S2_{n}", **{"eo:cloud_cover": 40 * n}) for n in range(2)]
        api = Api(web, items, QUERY)
        args = ["--search", "14.2,45.2,14.8,45.8", "--time", "2023-06", "--scene-cloud", "20", "--catalog", f"{web.address}/api"]  # fmt: skip
        assert cli(["batch", *args, "--out", str(out), "--no-catalogue"]) == 0
        assert api.asked[0]["query"] == {"eo:cloud_cover": {"lte": 20.0}}
        assert list(state(out)) == ["S2_0.done"] and (out / "items" / "S2_0.json").is_file()
        made, asked = products(out), len(web.requests)
        assert cli(["batch", *args, "--out", str(out), "--no-catalogue"]) == 0
        assert products(out) == made
        assert not [r for r in web.requests[asked:] if r[0].endswith(".tif")], "what is done was fetched again"


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands in for nvidia-smi")
def test_one_worker_a_gpu_that_we_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    monkeypatch.setattr(machines, "gpu_likely", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for count, workers in ((0, 0), (1, 0), (4, 4)):  # one GPU: this process alone, no Dask needed
        tool.write_text("#!/bin/sh\n" + "".join(f"echo 'GPU {i}: NVIDIA (UUID: x)'\n" for i in range(count)))
        tool.chmod(0o755)
        assert _workers(None, None, "auto") == workers
    assert machines.gpus() == ("0", "1", "2", "3")
    assert [_workers(None, None, d) for d in ("cpu", "cuda:1", "cuda")] == [0, 0, 4]
    assert _workers(0, None, "auto") == 0 and _workers(None, "tcp://x:1", "auto") == 0
    for given, ours in (("2,3", ("2", "3")), ("GPU-a", ("GPU-a",)), ("", ()), ("-1", ())):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
        assert machines.gpus() == ours


def test_lost_claims_do_not_hang_the_lanes(scene: Path, tmp_path: Path) -> None:
    """A runner whose scene was taken over waits for the other one, and counts the scene as done by it."""
    out = tmp_path / "out"
    layout = Layout(out.absolute())
    layout.state.mkdir(parents=True)
    other = Claims(layout)
    assert other.take("north")
    results: list[BatchResult] = []
    runner = threading.Thread(target=lambda: results.append(here(scene, out)[0]), daemon=True)
    runner.start()
    wait_for(layout.document.exists)
    other.release_all()
    runner.join(PATIENCE)
    assert results and results[0].exit_code == 0


def test_a_terminal_shows_how_far_all_and_each_are() -> None:
    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Screen()
    terminal = BatchTerminal(screen)
    terminal("progress", done=1, total=9, failed=0, rate=0.1, eta=80.0, unit="scenes")
    for n in range(5):
        terminal("progress", scene=f"scene-{n}", done=n + 1, total=10, rate=1.0, eta=1.0, unit="patches")
    assert "1/9" in screen.getvalue() and "scene-0 10%, scene-1 20%, scene-2 30%, 2 more" in screen.getvalue()
    terminal("scene", scene="scene-0", state="done", cells={}, seconds=1.0)
    assert "scene-1 20%, scene-2 30%, scene-3 40%, 1 more" in screen.getvalue()
    terminal("scene", scene="scene-9", state="failed", message="It broke.")
    assert "scene-9: " in screen.getvalue() and "It broke." in screen.getvalue()
