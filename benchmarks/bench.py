"""The pipeline against its bare limits, in one run: `make bench`, or `python benchmarks/bench.py --help`.

Three stages on one scene, each in a process of its own, measured by the operating system:

    decode    every band of the model read once, strip by strip, nothing else
    runtime   ONNX Runtime on ready batches, nothing else
    pipeline  `ben map`, from the product files to the report

Printed are CPU seconds, wall seconds, patches/s and peak memory of each, and the ratios
pipeline / (decode + runtime) in CPU seconds and pipeline / limit in wall seconds, where the limit is
what this machine's cores could do at best: max((decode + runtime) CPU seconds / cores, the longer stage).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", nargs="?", help="a product; default: a full-size one, made in bench-data/")
    parser.add_argument(
        "--model", default="resnet50", help="'resnet50' (random weights, ten bands), 'embedded', or a card"
    )
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--spin", action="store_true", help="runtime stage: let waiting threads spin")
    parser.add_argument("--stage", choices=sorted(STAGES), help="run one stage in this process")
    parser.add_argument("--save", help="also append the table as JSON to this file")
    a = parser.parse_args()
    a.threads = a.threads or len(os.sched_getaffinity(0))
    if a.stage:
        STAGES[a.stage](a)
        return
    # Made in processes of their own: the peak memory of a stage counts what its parent held.
    if a.scene is None:
        a.scene = made("make_scene", "full_size_scene")
    if a.model == "resnet50":
        a.model = made("random_model", "resnet50")
    report(a, {stage: measure(a, stage) for stage in ("decode", "runtime", "pipeline")})


def made(module: str, function: str) -> str:
    """The path that ``module.function(bench-data)`` makes or finds."""
    code = (
        f"from {module} import {function}; print({function}(__import__('pathlib').Path({str(ROOT / 'bench-data')!r})))"
    )
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'benchmarks'}"}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()[-1]


def measure(a: argparse.Namespace, stage: str) -> dict[str, float]:
    """Run a stage as a process; its CPU seconds, wall seconds, peak MiB and patches."""
    command = [
        sys.executable,
        __file__,
        a.scene,
        "--model",
        a.model,
        "--batch",
        str(a.batch),
        "--threads",
        str(a.threads),
    ]
    command += ["--stage", stage] + (["--spin"] if a.spin else [])
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"stage {stage} failed")
    found = json.loads(said.splitlines()[-1])
    scale = 1024 if sys.platform != "darwin" else 1024**2
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.perf_counter() - start,
        "peak": usage.ru_maxrss / scale,
        **found,
    }


def report(a: argparse.Namespace, found: dict[str, dict[str, float]]) -> None:
    cores = a.threads
    print(
        f"{Path(a.scene).name}, {Path(a.model).stem}, batch {a.batch}, {cores} threads, {platform.processor() or platform.machine()}"
    )
    print(f"{'stage':<10}{'patches':>9}{'wall s':>9}{'CPU s':>9}{'patches/s':>11}{'peak MiB':>10}")
    for stage, f in found.items():
        print(
            f"{stage:<10}{f['patches']:>9.0f}{f['wall']:>9.1f}{f['cpu']:>9.1f}{f['patches'] / f['wall']:>11.1f}{f['peak']:>10.0f}"
        )
    bare = found["decode"]["cpu"] + found["runtime"]["cpu"]
    limit = max(bare / cores, found["decode"]["wall"], found["runtime"]["wall"])
    ratios = {
        "CPU: pipeline / (decode + runtime)": found["pipeline"]["cpu"] / bare,
        "wall: pipeline / limit": found["pipeline"]["wall"] / limit,
    }
    for name, value in ratios.items():
        print(f"{name:<40}{value:.3f}")
    if a.save:
        with open(a.save, "a") as f:
            f.write(
                json.dumps(
                    {
                        "scene": Path(a.scene).name,
                        "model": Path(a.model).stem,
                        "batch": a.batch,
                        "threads": cores,
                        **found,
                        **ratios,
                    }
                )
                + "\n"
            )


def decode(a: argparse.Namespace) -> None:
    from ben_core import Job, open_scene
    from ben_core.models import find_card
    from ben_core.patches.stream import read_strips
    from ben_core.run.plan import make_plan

    job = Job(scene=(a.scene,), out=".", model=a.model, threads=a.threads)
    plan = make_plan(job, open_scene([a.scene]), find_card(a.model))
    for _ in read_strips(plan.scene, plan.grid, plan.card.bands, plan.strips, plan.columns, a.threads):
        pass
    print(json.dumps({"patches": plan.cells}))


def runtime(a: argparse.Namespace) -> None:
    import numpy as np
    import onnxruntime

    from ben_core import Job, open_scene
    from ben_core.models import find_card
    from ben_core.nomenclature import BANDS
    from ben_core.run.plan import make_plan

    card = find_card(a.model)
    job = Job(scene=(a.scene,), out=".", model=a.model)
    cells = make_plan(job, open_scene([a.scene]), card).cells
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = a.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(a.spin)))
    assert card.folder is not None
    path = card.folder / next(w.file for w in card.weights if w.runtime == "onnx")
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    sides = {b: 1200 // BANDS[b].resolution for b in card.bands}
    batch = {b: rng.integers(1, 4000, (a.batch, side, side), np.uint16) for b, side in sides.items()}
    for done in range(0, cells, a.batch):
        n = min(a.batch, cells - done)
        session.run(["logits"], {b: x[:n] for b, x in batch.items()})
    print(json.dumps({"patches": cells}))


def pipeline(a: argparse.Namespace) -> None:
    from ben_core import Job, map_scene

    with tempfile.TemporaryDirectory() as out:
        result = map_scene(
            Job(
                scene=(a.scene,),
                out=out,
                model=a.model,
                batch=a.batch,
                threads=a.threads,
                device="cpu",
                max_cloud=1,
                max_snow=1,
                min_valid=0,
            )
        )
    print(json.dumps({"patches": result.cells["mapped"], **{k: v for k, v in result.timing.items() if k != "patches"}}))


STAGES = {"decode": decode, "runtime": runtime, "pipeline": pipeline}

if __name__ == "__main__":
    main()
