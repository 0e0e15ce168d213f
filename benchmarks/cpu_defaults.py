"""Which settings of ONNX Runtime suit a CPU: the measurements behind the engine's defaults.

    python benchmarks/cpu_defaults.py [CARD] [--seconds 4]

Each row is one setting, run on ready batches for some seconds, the settings in turn and the turns repeated, so that a
machine that drifts hurts all alike. Printed: patches/s of wall time, patches per CPU second, both as a ratio
to the first row. Default model: ResNet-50 with random weights on ten bands.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CORES = len(os.sched_getaffinity(0))

# batch, threads, spinning, graph optimisation
SETTINGS = [
    (32, CORES, 0, "ALL"),
    (1, CORES, 0, "ALL"),
    (8, CORES, 0, "ALL"),
    (16, CORES, 0, "ALL"),
    (64, CORES, 0, "ALL"),
    (128, CORES, 0, "ALL"),
    (32, CORES, 1, "ALL"),
    (32, 1, 0, "ALL"),
    (32, CORES, 0, "EXTENDED"),
    (32, CORES, 0, "BASIC"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("card", nargs="?")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--turns", type=int, default=3)
    a = parser.parse_args()
    if a.card is None:
        from random_model import resnet50

        a.card = str(resnet50(ROOT / "bench-data"))

    import onnxruntime as ort

    from ben_core.models import find_card
    from ben_core.nomenclature import BANDS

    card = find_card(a.card)
    assert card.folder is not None
    path = str(card.folder / next(w.file for w in card.weights if w.runtime == "onnx"))
    rng = np.random.default_rng(0)
    sides = {b: 1200 // BANDS[b].resolution for b in card.bands}

    def session(threads: int, spin: int, level: str) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", str(spin))
        options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{level}")
        return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    found: dict[tuple[int, int, int, str], list[tuple[float, float]]] = {s: [] for s in SETTINGS}
    for _ in range(a.turns):
        for setting in SETTINGS:
            n, threads, spin, level = setting
            run = session(threads, spin, level)
            batch = {b: rng.integers(1, 4000, (n, side, side), np.uint16) for b, side in sides.items()}
            run.run(["logits"], batch)
            start, cpu, done = time.perf_counter(), cpu_seconds(), 0
            while time.perf_counter() - start < a.seconds:
                run.run(["logits"], batch)
                done += n
            found[setting].append((done / (time.perf_counter() - start), done / (cpu_seconds() - cpu)))
    base = [statistics.median(x[i] for x in found[SETTINGS[0]]) for i in (0, 1)]
    print(f"{card.name}, {ort.__version__}, {CORES} cores, median of {a.turns} turns of {a.seconds:g} s")
    print(
        f"{'batch':>6}{'threads':>9}{'spin':>6}{'graph':>10}{'patches/s':>11}{'ratio':>7}{'patches/CPU s':>15}{'ratio':>7}"
    )
    for (n, threads, spin, level), values in found.items():
        wall, cpu = (statistics.median(x[i] for x in values) for i in (0, 1))
        print(
            f"{n:>6}{threads:>9}{spin:>6}{level:>10}{wall:>11.1f}{wall / base[0]:>7.2f}{cpu:>15.1f}{cpu / base[1]:>7.2f}"
        )


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
