"""A real Dask cluster of processes, started and killed by the test: the bytes are those of one undisturbed process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ben_core.batch.run import run_batch
from ben_core.batch.types import BatchOptions
from ben_core.errors import DataError, JobError
from ben_core.events import read

from .dying import Moment, mark_of, moments
from .small_scenes import ENV, PATIENCE, ROOT, ben, leftovers, make_scenes, products, start, state, wait_for

pytest.importorskip("distributed")
from distributed import Nanny

from ben_core.batch import cluster as cluster_module
from ben_core.batch import local, remote
from ben_core.batch.cluster import Cluster

ENV.update(DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__DISK="False")


class Processes:
    """A scheduler and its workers, each a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []
        self.address = ""

    def _start(self, *args: str, **env: str) -> subprocess.Popen[bytes]:
        log = open(self.folder / f"{len(self.running)}.log", "wb")  # noqa: SIM115
        process = subprocess.Popen(
            [sys.executable, "-m", *args], cwd=self.folder, env={**ENV, **env}, stdout=log, stderr=log, start_new_session=True
        )  # fmt: skip
        self.running.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        told = self.folder / f"scheduler{len(self.running)}.json"
        started = self._start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)
        )  # fmt: skip
        self.address = wait_for(lambda: _address(told))
        return started

    def worker(self, **env: str) -> subprocess.Popen[bytes]:
        return self._start(
            "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard", "--death-timeout", f"{PATIENCE:.0f}", **env
        )  # fmt: skip

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _address(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes())["address"])
    except (OSError, ValueError):
        return ""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Processes]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    processes = Processes(folder)
    yield processes
    processes.close()


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scenes(tmp_path_factory.mktemp("dask") / "scenes")


@pytest.fixture(scope="module")
def undisturbed(scenes: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The products of one process without Dask."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    run = ben("batch", scenes, "--out", out, "--no-catalogue")
    assert run.returncode == 0, run.stderr
    return products(out)


CLAIM = "*/state/long.claim-1"
STRIP = "*/scenes/long/.ben-*/strip-0001.npz"


def test_killed_workers_cost_their_running_scenes(scenes: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    """Killed as soon as a scene is claimed, and the next one when it is half mapped."""
    out = tmp_path / "out"
    env = moments(tmp_path / "killed", Moment(CLAIM), Moment(STRIP))
    runner = start("batch", scenes, "--out", out, "--workers", "2", "--no-catalogue", "--events", "jsonl", **env)
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == 0 and mark_of(tmp_path / "killed", 1).exists(), text
    assert products(out) == undisturbed and not leftovers(out)
    events = [e for line in text.splitlines() if (e := read(line))]
    assert {e["scene"] for e in events if e["type"] == "started"} == {n.removesuffix(".done") for n in state(out)}
    assert [e for e in events if e["type"] == "progress" and e.get("scene") == "long"], "no word from inside a scene"


def test_the_only_worker_killed_while_it_publishes(scenes: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    env = moments(tmp_path / "killed", Moment("*/scenes/long/long_classes.tif"))
    runner = start("batch", scenes / "long", "--out", out, "--workers", "1", "--no-catalogue", **env)
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == 0 and mark_of(tmp_path / "killed").exists(), text
    assert products(out) == {k: v for k, v in undisturbed.items() if "/long/" in k} and not leftovers(out)


def nannies(cluster: Cluster) -> dict[int, Nanny]:
    assert cluster._local is not None
    return cluster._local._cluster.workers


def names(cluster: Cluster) -> set[int]:
    return {told["name"] for told in cluster.client.scheduler_info()["workers"].values()}


def restored(cluster: Cluster) -> set[int]:
    time.sleep(cluster_module.POLL)
    cluster.restore()
    return names(cluster) & set(nannies(cluster))


def test_a_worker_whose_nanny_fails_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed, its nanny cannot start it anew; killed together with its nanny: another comes, under a name of its own."""
    with Cluster(BatchOptions(workers=1)) as cluster:
        assert not cluster.restore() and names(cluster) == {0}
        monkeypatch.setattr(local, "PATIENCE", 1.0)
        monkeypatch.setattr(local, "PAUSE", 0.0)

        async def fail() -> None:
            raise OSError("no memory")

        nanny = nannies(cluster)[0]
        monkeypatch.setattr(nanny, "instantiate", fail)
        os.kill(nanny.pid, signal.SIGKILL)
        wait_for(lambda: 0 not in names(cluster))
        wait_for(lambda: restored(cluster) == {1})

        nanny = nannies(cluster)[1]
        cluster.client.sync(nanny.close)
        wait_for(lambda: restored(cluster) == {2})
        assert cluster.client.submit(os.getpid).result(timeout=PATIENCE) == nannies(cluster)[2].pid


def test_workers_that_never_start_are_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two: the other goes on alone. Both: an error in words; also where they fail from the beginning."""
    monkeypatch.setattr(local, "PAUSE", 0.01)
    tried = []

    async def fail(self: Nanny) -> None:
        tried.append(self.name)
        raise OSError("no memory")

    with Cluster(BatchOptions(workers=2)) as cluster:
        assert not cluster.restore()
        monkeypatch.setattr(Nanny, "instantiate", fail)
        cluster.client.sync(nannies(cluster)[0].close)
        told: list[str] = []
        wait_for(lambda: told.extend(cluster.restore()) or len(told) > local.TRIES)
        assert "the others go on" in told[-1] and len(set(told[:-1])) == 1
        assert tried == [2, 3, 4, 5, 6] and not restored(cluster) - {1} and tried[-1] == 6
        cluster.client.sync(nannies(cluster)[1].close)
        with pytest.raises(DataError, match="do not start"):
            wait_for(lambda: restored(cluster) == {99})
    with pytest.raises(DataError, match="do not start"), Cluster(BatchOptions(workers=1)):
        pass


def test_a_worker_without_the_extra_gets_no_10_m_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "error" not in remote.whoami([], finer=True)
    monkeypatch.setitem(sys.modules, "ben_core.regions.run", None)
    told = remote.whoami([], finer=True)
    assert "the extra [segment]" in remote.refusal(told, {}) and "error" not in remote.whoami([], finer=False)


def test_a_killed_scheduler_and_the_next_one(
    scenes: Path, undisturbed: dict[str, bytes], tmp_path: Path, cluster: Processes
) -> None:
    out = tmp_path / "out"
    scheduler = cluster.scheduler()
    cluster.worker(**moments(tmp_path / "killed", Moment(STRIP, pid=scheduler.pid, group=True)))
    runner = start("batch", scenes, "--out", out, "--dask", cluster.address, "--no-catalogue")
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode == 3 and f"The Dask scheduler at {cluster.address} went away." in text, text
    finished = set(state(out))
    cluster.scheduler()
    cluster.worker()
    run = ben("batch", scenes, "--out", out, "--dask", cluster.address, "--no-catalogue", "--json")
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["done"] >= len(finished)
    assert products(out) == undisturbed and not leftovers(out)


def test_a_worker_of_another_engine_gets_nothing(
    scenes: Path, undisturbed: dict[str, bytes], tmp_path: Path, cluster: Processes
) -> None:
    other = tmp_path / "other"
    shutil.copytree(ROOT / "ben_core", other / "ben_core", ignore=shutil.ignore_patterns("__pycache__"))
    with open(other / "ben_core" / "mapping.py", "a") as f:
        f.write("# another engine\n")
    cluster.scheduler()
    cluster.worker(PYTHONPATH=str(other))
    out = tmp_path / "out"
    args = ("batch", scenes, "--out", out, "--dask", cluster.address, "--no-catalogue", "--events", "jsonl")
    wait_for(lambda: b"Registered to" in (cluster.folder / "1.log").read_bytes())
    run = ben(*args)
    assert run.returncode == 2 and "another engine than this command: code is " in run.stderr
    assert not out.exists()

    cluster.worker()
    wait_for(lambda: b"Registered to" in (cluster.folder / "2.log").read_bytes())
    cluster.worker()  # joins while the batch runs
    run = ben(*args)
    assert run.returncode == 0, run.stderr
    events = [e for line in run.stdout.splitlines() if (e := read(line))]
    (warning,) = [e for e in events if e.get("code") == "worker-refused"]
    workers = {e["worker"] for e in events if e["type"] == "scene" and e["state"] == "done"}
    assert workers and not [w for w in workers if w in warning["message"]]
    assert products(out) == undisturbed


def test_ctrl_c_on_a_cluster(scenes: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    out = tmp_path / "out"
    args = ("batch", scenes, "--out", out, "--workers", "1", "--no-catalogue", "--events", "jsonl")
    env = moments(
        tmp_path / "told", Moment(STRIP, signal="SIGINT", group=True)
    )  # as a terminal does: to the workers too
    runner = start(*args, **env)
    text, _ = runner.communicate(timeout=PATIENCE)
    assert runner.returncode in (0, 4) and mark_of(tmp_path / "told").exists(), text
    assert "long.done" in state(out) and not leftovers(out), "a running scene was not ended"
    run = ben(*args)
    assert run.returncode == 0 and products(out) == undisturbed


def test_a_scheduler_that_is_not_there(scenes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "START", 0.5)
    with pytest.raises(JobError, match="No Dask scheduler answers at tcp"):
        run_batch([], tmp_path / "out", BatchOptions(dask="tcp://127.0.0.1:9"))
    assert not (tmp_path / "out").exists()


def test_dask_that_is_not_installed_is_told(scenes: Path, tmp_path: Path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('No module named distributed')")
    ENV["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{ROOT}"
    try:
        run = ben("batch", scenes, "--out", tmp_path / "out", "--workers", "2")
    finally:
        ENV["PYTHONPATH"] = str(ROOT)
    assert run.returncode == 2 and "bigearthnet-mapper[dask]" in run.stderr
