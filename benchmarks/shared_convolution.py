"""How far shared convolutions are from exact windows, and how much faster, on one scene, in one run.

    python benchmarks/shared_convolution.py SCENE [--model NAME|random] [--scales 60,120,240] [--stride 30] [--device cpu]

random: the ResNet-50 of random_model.py. Both answers come from PyTorch in fp32. One JSON line: CPU and wall seconds of either (reading included), the largest
and the mean absolute difference of the probabilities by window size, and how many windows keep their first class.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ben_core.clock import Clock
from ben_core.events import silent
from ben_core.job import Job
from ben_core.models import find_card, load_model
from ben_core.models.shared import load_shared
from ben_core.regions import RegionOptions, parse_scales
from ben_core.regions.dense import answered, dense_plan
from ben_core.run.plan import make_plan, scene_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene")
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--scales", default="60,120,240")
    parser.add_argument("--stride", type=int, default=30)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    if o.model == "random":
        from random_model import resnet50

        o.model = str(resnet50(Path(__file__).resolve().parents[1] / "bench-data"))
    job = Job(scene=(o.scene,), out=".", model=o.model)
    plan = make_plan(job, scene_of(job), find_card(o.model))
    dense = dense_plan(plan, RegionOptions(parse_scales(o.scales), stride=o.stride), plan.scene.mask)
    exact = load_model(o.model, runtime="torch", device=o.device, precision="fp32", threads=o.threads)
    shared = load_shared(o.model, device=o.device, threads=o.threads)
    result: dict = {"scene": plan.scene.name, "model": plan.card.name, "scales": o.scales, "stride": o.stride,
                    "device": o.device, "threads": o.threads, "windows": dense.windows}  # fmt: skip
    found = {}
    for name, model, batch in (("shared", shared, 0), ("exact", exact, exact.batch)):
        wall, cpu = time.monotonic(), time.process_time()
        found[name] = answered(dense, model, batch, Clock(), silent, lambda: False).votes
        result[name] = {"wall": round(time.monotonic() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    for kind in ("wall", "cpu"):
        result[f"{kind} ratio"] = round(result["exact"][kind] / result["shared"][kind], 2)
    result["difference"] = {}
    for a, b in zip(found["exact"], found["shared"], strict=True):
        p, q = (v.p[a.answered] / 10_000 for v in (a, b))
        result["difference"][a.grid.size] = {
            "max": round(float(np.abs(p - q).max()), 4),
            "mean": round(float(np.abs(p - q).mean()), 4),
            "same first class": round(float((p.argmax(1) == q.argmax(1)).mean()), 4),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
