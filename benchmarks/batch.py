"""What ben batch costs beside its scenes, and what a second worker gains: small generated scenes, each way once.

    python benchmarks/batch.py [--scenes 12] [--size 1200]

Prints JSON: wall and CPU seconds of `map_scene` alone (model loaded once), of the embedded runner, of 1 and 2 Dask workers;
efficiency is the CPU time of the scenes alone, spread over all cores, against the wall time of each way.
CPU seconds count children too; on a machine that does other things they are the figure to trust.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ben_core.batch.models import SharedModels
from ben_core.batch.run import run_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.types import BatchOptions, SceneTask
from ben_core.machine import cores
from ben_core.mapping import map_scene
from ben_core.sample import make_sample


def measured(what: Callable[[], Any]) -> dict[str, float]:
    before, start = os.times(), time.perf_counter()
    what()
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    return {"wall": round(time.perf_counter() - start, 2), "cpu": round(cpu, 2)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--size", type=int, default=1200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        product = make_sample(root / "sample", size=asked.size).product
        (root / "scenes").mkdir()
        for i in range(asked.scenes):
            shutil.copytree(product, root / "scenes" / f"scene{i:03d}.SAFE")

        def tasks(out: str) -> list[SceneTask]:
            return tasks_of(find_scenes([str(root / "scenes")]), {}, root / out, root / "items")[0]

        def alone() -> None:
            models = SharedModels()
            for task in tasks("alone"):
                map_scene(task.job, load=models)

        def batch(out: str, workers: int) -> Callable[[], object]:
            return lambda: run_batch(tasks(out), root / out, BatchOptions(workers=workers))

        found = {
            "alone": measured(alone),
            "embedded": measured(batch("embedded", 0)),
            "1 worker": measured(batch("one", 1)),
            "2 workers": measured(batch("two", 2)),
        }
    n = asked.scenes
    found["overhead a scene"] = {
        name: round((found[name]["cpu"] - found["alone"]["cpu"]) / n, 3)
        for name in ("embedded", "1 worker", "2 workers")
    }
    # The ideal: the scenes' own CPU time, spread over all cores.
    found["efficiency"] = {
        name: round(found["alone"]["cpu"] / cores() / found[name]["wall"], 3) for name in found["overhead a scene"]
    }
    print(json.dumps({"scenes": n, "cores": cores(), "size": asked.size, **found}, indent=1))


if __name__ == "__main__":
    main()
