"""Runs of the real command: killed, stopped, repeated, on a full disk; the products are the same bytes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from ben_core.events import read

ROOT = Path(__file__).parents[2]
BANDS = ("B02", "B03", "B04", "B08")


def make_scene(folder: Path, width: int, height: int, seed: int = 0) -> Path:
    """Four tiled GeoTIFF bands of smooth noise, one nodata corner; a strip of 256 rows at a time."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    for band in BANDS:
        with rasterio.open(
            folder / f"{band}.tif", "w", driver="GTiff", width=width, height=height, count=1, dtype="uint16", nodata=0,
            crs="EPSG:32633", transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000), tiled=True, compress="zstd",
        ) as f:  # fmt: skip
            for row in range(0, height, 256):
                h = min(256, height - row)
                coarse = rng.integers(200, 3000, (h // 16 + 1, width // 16 + 1))
                part = np.kron(coarse, np.ones((16, 16), np.int64))[:h, :width] + rng.integers(0, 60, (h, width))
                if row == 0:
                    part[:, :200] = 0
                f.write(part.astype(np.uint16), 1, window=rasterio.windows.Window(0, row, width, h))
    return folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_scene(tmp_path_factory.mktemp("runs") / "scene", 720, 5000)


def ben(*args: Any, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ben_core", *map(str, args)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        **kwargs,
    )


def products(out: Path) -> dict[str, bytes]:
    """Everything in a folder but the report, which holds timings."""
    return {p.name: p.read_bytes() for p in out.iterdir() if p.is_file() and not p.name.endswith("_report.html")}


@pytest.fixture(scope="module")
def undisturbed(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("runs") / "undisturbed"
    run = ben("map", scene, "--out", out, "--json")
    assert run.returncode == 0, run.stderr
    summary = json.loads(run.stdout)
    assert summary["cells"]["no data"] > 0 and summary["cells"]["mapped"] > 200
    assert not [p for p in out.iterdir() if p.name.startswith(".")], "the journal was left behind"
    assert all(Path(p).is_file() for p in summary["products"].values())
    return products(out)


def interrupt(scene: Path, out: Path, event: str, count: int, how: signal.Signals) -> tuple[int, float]:
    """Start a run, send ``how`` at the ``count``-th ``event``; the exit code and the seconds until it ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ben_core", "map", str(scene), "--out", str(out), "--events", "jsonl"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        found = read(line)
        if found and (found["type"] == event or found.get("name") == event):
            count -= 1
            if count == 0:
                break
    assert count == 0, f"the run ended before its event {event!r}"
    start = time.monotonic()
    process.send_signal(how)
    process.stdout.read()
    return process.wait(timeout=60), time.monotonic() - start


@pytest.mark.parametrize(
    ("event", "count"), [("started", 1), ("partial", 1), ("partial", 3), ("progress", 2), ("write", 1)]
)
def test_killed_at_any_moment_the_next_run_makes_the_same_bytes(
    scene: Path, undisturbed: dict[str, bytes], tmp_path: Path, event: str, count: int
) -> None:
    code, _ = interrupt(scene, tmp_path, event, count, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert not products(tmp_path), "a killed run left products"
    again = ben("map", scene, "--out", tmp_path)
    assert again.returncode == 0, again.stderr
    if event == "partial":
        assert "in the journal of an earlier run" in again.stderr
    assert products(tmp_path) == undisturbed


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_within_two_seconds_and_resumed(
    scene: Path, undisturbed: dict[str, bytes], tmp_path: Path, how: signal.Signals
) -> None:
    code, seconds = interrupt(scene, tmp_path, "partial", 2, how)
    assert code == 4 and seconds < 2
    assert not products(tmp_path)
    assert ben("map", scene, "--out", tmp_path).returncode == 0
    assert products(tmp_path) == undisturbed


@pytest.mark.parametrize("options", [("--batch", "7"), ("--threads", "1"), ("--runtime", "torch")])
def test_the_map_does_not_depend_on_batch_threads_or_runtime(
    scene: Path, undisturbed: dict[str, bytes], tmp_path: Path, options: tuple[str, str]
) -> None:
    run = ben("map", scene, "--out", tmp_path, "--name", "scene", *options)
    assert run.returncode == 0, run.stderr
    with (
        rasterio.open(tmp_path / "scene_probabilities.tif") as f,
        rasterio.MemoryFile(undisturbed["scene_probabilities.tif"]) as m,
        m.open() as g,
    ):
        a, b = f.read().astype(int), g.read().astype(int)
    assert (a == 65535).sum() == (b == 65535).sum()
    assert np.abs(a - b).max() <= 1  # steps of 0.0001


def test_existing_products_are_refused_then_replaced(
    scene: Path, undisturbed: dict[str, bytes], tmp_path: Path
) -> None:
    for name, content in undisturbed.items():
        (tmp_path / name).write_bytes(content[:10])
    run = ben("map", scene, "--out", tmp_path)
    assert run.returncode == 2 and "--overwrite" in run.stderr
    run = ben("map", scene, "--out", tmp_path, "--overwrite")
    assert run.returncode == 0 and products(tmp_path) == undisturbed


def test_events_end_with_exactly_one_final_event(scene: Path, tmp_path: Path) -> None:
    for args, last in (
        (("--out", tmp_path / "a"), "done"),
        (("--out", tmp_path / "b", "--device", "cuda:99"), "error"),
    ):
        run = ben("map", scene, "--events", "jsonl", *args)
        found = [read(line) for line in run.stdout.splitlines()]
        assert all(found), "a line on stdout is no event"
        types = [e["type"] for e in found if e]
        assert types[-1] == last and sum(t in ("done", "error", "cancelled") for t in types) == 1
    assert run.returncode == 2 and "cuda" in run.stderr and "Traceback" not in run.stderr


def test_the_job_file_is_the_command_line(scene: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"scene": [str(scene)], "out": str(tmp_path / "out")}))
    assert ben("map", "--job", job).returncode == 0
    assert products(tmp_path / "out") == undisturbed


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("mount"), reason="a full disk needs root, to mount a small one"
)
def test_a_full_disk_is_said_and_the_run_resumes(scene: Path, undisturbed: dict[str, bytes], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        run = ben("map", scene, "--out", disk)
        assert run.returncode == 3 and "Traceback" not in run.stderr
        assert "space" in run.stderr and "run the same command again" in run.stderr
        assert not products(disk)
        subprocess.run(["mount", "-o", "remount,size=50m", str(disk)], check=True)
        again = ben("map", scene, "--out", disk)
        assert again.returncode == 0, again.stderr
        assert products(disk) == undisturbed
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_memory_does_not_grow_with_the_height_of_the_scene(tmp_path: Path) -> None:
    # GDAL's block cache is bounded, but by more than these scenes hold: only a small one lets the rest be seen.
    code = (
        "import sys, resource; from ben_core.scene import handles; handles.GDAL_OPTIONS['GDAL_CACHEMAX'] = 16 << 20;"
        "from ben_core.cli import run; c = run(sys.argv[1:]);"
        "print(c, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    peaks = []
    for height in (2400, 4800):
        folder = make_scene(tmp_path / f"h{height}", 2400, height)
        run = subprocess.run(
            [sys.executable, "-c", code, "map", str(folder), "--out", str(tmp_path / "out"), "--threads", "2"],
            cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        status, peak = run.stderr.splitlines()[-1].split()
        assert status == "0", run.stderr
        peaks.append(int(peak) / 1024)
    # Held whole, the taller scene would take 4 bands x 2400 x 2400 x 2 bytes = 44 MiB more.
    assert peaks[1] - peaks[0] < 22, f"peak memory in MiB: {peaks}"
