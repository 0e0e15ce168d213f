"""Time and memory of the 10 m map of a full-size scene (10980 x 10980 px).

    python benchmarks/regions_full.py SCENE [--scales 120] [--stride 120] [--threads 2]

SCENE: the product that make_scene.py made, say. Few windows by default: what
is measured is what a scene's size costs beside the model, whose windows a second stand in the summary. One JSON line.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ben_core.job import Job
from ben_core.regions import RegionOptions, parse_scales
from ben_core.regions.run import map_regions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", type=Path)
    parser.add_argument("--scales", default="120")
    parser.add_argument("--stride", type=int, default=120)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    steps: list[tuple[str, float, float, int]] = []

    def emit(_: str, **fields: Any) -> None:
        if "text" in fields:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            steps.append((fields["name"], time.monotonic(), time.process_time(), peak))
            print(f"{peak:6d} MiB  {fields['text']}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="ben-regions-") as out:
        job = Job(scene=(str(options.scene),), out=out, threads=options.threads)
        found = map_regions(job, RegionOptions(parse_scales(options.scales), stride=options.stride), emit)
        emit("step", name="end", text="Done")
        size = {kind: path.stat().st_size for kind, path in found.products.items()}
    stages = {
        a[0]: {"wall": round(b[1] - a[1], 1), "cpu": round(b[2] - a[2], 1), "peak MiB at its end": b[3]}
        for a, b in pairwise(steps)
    }
    print(json.dumps({"scene": options.scene.name, "scales": options.scales, "stride": options.stride, "threads": options.threads,
                      "segments": found.segments, "stages": stages, "bytes": size}))  # fmt: skip


if __name__ == "__main__":
    main()
