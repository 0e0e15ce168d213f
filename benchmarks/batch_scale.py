"""Does a batch grow linearly? Tiny scenes planned, mapped, resumed, and made a catalogue of, in growing numbers.

    python benchmarks/batch_scale.py run --sizes 10 30 100          # the whole path, real inference on scenes of a patch
    python benchmarks/batch_scale.py ready --sizes 1000 10000        # plan, and run where all is done already
    python benchmarks/batch_scale.py catalogue --sizes 100 1000 10000

Each step is a process of its own: wall seconds, CPU seconds and peak memory are those of the operating system. The
scenes of ``catalogue`` were never mapped: the products of a few made scenes (4 x 4 cells) are linked over and over, each
with an item, a place and a date of its own; so the cells in the table lie where the few lie, all else is as in a real
batch. Those of ``ready`` are one mapped scene linked over and over, source and products, each with its own name and state.
"""

from __future__ import annotations

import argparse
import copy
import datetime
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio

ROOT = Path(__file__).parents[1]
BANDS = ("B02", "B03", "B04", "B08")
SIDE = 4  # cells a side of a scene of ``catalogue``
DATES = 10  # scenes of one place


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("run", "ready", "catalogue"))
    parser.add_argument("--sizes", type=int, nargs="+", required=True)
    parser.add_argument("--rule", default="latest")
    parser.add_argument("--out", type=Path, help="a file that the figures are appended to, a JSON object a line")
    given = parser.parse_args()
    for n in given.sizes:
        with tempfile.TemporaryDirectory(prefix="ben-scale-") as folder:
            if given.what == "catalogue":
                steps = catalogue_steps(Path(folder), n, given.rule)
            else:
                steps = run_steps(Path(folder), n) if given.what == "run" else ready_steps(Path(folder), n)
            for step, command in steps:
                report({"step": step, "scenes": n, **measure(command)}, given.out)


def measure(command: list[str]) -> dict[str, float]:
    """Run a command to its end: wall and CPU seconds, peak memory in MiB."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    told = child.stderr.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"{' '.join(command)}\nended with {child.returncode}:\n{told[-2000:]}")
    return {
        "wall_s": round(time.perf_counter() - start, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss / 1024, 1),
    }


def report(figures: dict[str, object], out: Path | None) -> None:
    line = json.dumps(figures)
    print(line, flush=True)
    if out:
        with out.open("a", encoding="utf-8") as f:
            f.write(line + "\n")


def ben(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "ben_core", *map(str, arguments)]


def run_steps(folder: Path, n: int) -> list[tuple[str, list[str]]]:
    """Scenes of one patch each: what a scene costs beyond its pixels."""
    scenes, out = folder / "scenes", folder / "out"
    scenes.mkdir()
    rng = np.random.default_rng(0)
    for i in range(n):
        with rasterio.open(
            scenes / f"scene_{i:05d}.tif", "w", driver="GTiff", width=120, height=120, count=4, dtype="uint16", nodata=0,
            crs="EPSG:32633", transform=rasterio.Affine(10, 0, 500_000 + 1200 * (i % 100), 0, -10, 5_400_000 - 1200 * (i // 100)),
        ) as f:  # fmt: skip
            f.write(rng.integers(200, 3000, (4, 120, 120), dtype=np.uint16))
            f.descriptions = BANDS
    files = folder / "list.txt"
    files.write_text("".join(f"{p}\n" for p in sorted(scenes.iterdir())), encoding="utf-8")
    batch = ("batch", files, "--out", out, "--threads", 1, "--acquired", "2021-06-01")
    return [
        ("plan", ben(*batch, "--dry-run")),
        ("run", ben(*batch, "--no-catalogue")),
        ("resume", ben(*batch, "--no-catalogue")),
        ("catalogue", ben("batch", "catalogue", out)),
    ]


def ready_steps(folder: Path, n: int) -> list[tuple[str, list[str]]]:
    """Scenes that are there, and the same that are mapped."""
    sys.path[:0] = [str(ROOT)]
    from ben_core.batch.identity import identity_here, job_key
    from ben_core.batch.sources import find_scenes, tasks_of

    run_steps(folder, 1)
    scenes, out, few = folder / "scenes", folder / "out", folder / "few"
    (first,) = scenes.iterdir()
    subprocess.run(ben("batch", first, "--out", few, "--no-catalogue", "--threads", 1), check=True, capture_output=True)
    document = json.loads((few / "state" / f"{first.stem}.done.json").read_bytes())
    many = folder / "many"
    many.mkdir()
    for i in range(n):
        os.link(first, many / f"copy_{i:05d}.tif")
    shutil.copytree(few / "state", out / "state", ignore=shutil.ignore_patterns("*.done.json"))
    shutil.copy(few / "batch.json", out / "batch.json")
    tasks, _ = tasks_of(find_scenes([str(many)]), {"threads": 1}, out, out / "items")
    identity = identity_here([tasks[0].job])
    for task in tasks:
        own = out / "scenes" / task.name
        own.mkdir(parents=True)
        for told in document["products"].values():
            os.link(few / "scenes" / first.stem / told["file"], own / told["file"])
        state = document | {"name": task.name, "job": job_key(task.job, identity)}
        (out / "state" / f"{task.name}.done.json").write_text(json.dumps(state), encoding="utf-8")
    return [
        ("resume, all done", ben("batch", many, "--out", out, "--threads", 1, "--no-catalogue")),
        ("status", ben("batch", "status", out)),
        ("plan of all", ben("batch", many, "--out", folder / "none", "--threads", 1, "--dry-run")),
    ]


def catalogue_steps(folder: Path, n: int, rule: str) -> list[tuple[str, list[str]]]:
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "engine")]
    from made_batch import country, make_batch

    made = make_batch(folder / "few", country(2, 1, 5, side=SIDE))
    link_scenes(made, folder / "out", n)
    shutil.rmtree(made)
    return [("catalogue of ready scenes", ben("batch", "catalogue", folder / "out", "--rule", rule))]


def link_scenes(few: Path, out: Path, n: int) -> None:
    """``n`` scenes of the products of ``few``: DATES at each place, places side by side in a square."""
    (out / "state").mkdir(parents=True)
    templates = []
    for state in sorted((few / "state").glob("*.done.json")):
        document = json.loads(state.read_bytes())
        own = few / "scenes" / document["name"]
        item = json.loads((own / document["products"]["item"]["file"]).read_bytes())
        templates.append((document, own, item))
    places = -(-n // DATES)
    across = int(np.ceil(np.sqrt(places)))
    first = datetime.date(2021, 1, 5)
    for i in range(n):
        document, own, item = copy.deepcopy(templates[i % len(templates)])
        place, date = divmod(i, DATES)
        row, col = divmod(place, across)
        name = f"scene_{place:05d}_{date:02d}"
        size = SIDE * 1200
        left, top = 300_000 + col * size, 5_400_000 - row * size
        day = (first + datetime.timedelta(days=30 * date)).isoformat() + "T10:10:31Z"
        scene = out / "scenes" / name
        scene.mkdir(parents=True)
        for kind, told in document["products"].items():
            if kind != "item":
                os.link(own / told["file"], scene / told["file"])
        bounds = [left, top - size, left + size, top]
        item["id"], item["properties"]["datetime"], item["properties"]["proj:bbox"] = name, day, bounds
        item["properties"]["grid:code"] = f"MGRS-P{place:05d}"
        told = json.dumps(item).encode()
        (scene / document["products"]["item"]["file"]).write_bytes(told)
        document |= {"name": name, "acquired": day, "bounds": bounds}
        document["products"]["item"]["size"] = len(told)
        (out / "state" / f"{name}.done.json").write_text(json.dumps(document), encoding="utf-8")


if __name__ == "__main__":
    main()
