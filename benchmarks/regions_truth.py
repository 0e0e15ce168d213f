"""Class rasters against the truth of a made sample (ben sample), on the pixels that all of them name.

    python benchmarks/regions_truth.py TRUTH.tif MAP.tif [MAP.tif ...]

One JSON line a map: overall accuracy, kappa, and the mean F1 of the classes that the embedded model has learnt. No score on
a made landscape says how good a model is; the maps are compared with one another.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import rasterio

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ben_core.models import find_card
from ben_core.products.legend import CODES

N = max(CODES.values()) + 1


def main() -> None:
    with rasterio.open(sys.argv[1]) as file:
        truth = file.read(1)
    maps = {}
    for path in sys.argv[2:]:
        with rasterio.open(path) as file:
            step = round(file.res[0] / 10)
            maps[path] = file.read(1).repeat(step, axis=0).repeat(step, axis=1)[: truth.shape[0], : truth.shape[1]]
    there = (truth > 0) & np.logical_and.reduce([m > 0 for m in maps.values()])
    card = find_card("embedded")
    learnt = [CODES[c] for c in card.classes if c not in card.untrained]
    for path, codes in maps.items():
        table = np.bincount(truth[there].astype(int) * N + codes[there], minlength=N * N).reshape(N, N)
        share = table / table.sum()
        agree, chance = float(np.trace(share)), float((share.sum(0) * share.sum(1)).sum())
        f1 = 2 * np.diag(table) / np.maximum(table.sum(0) + table.sum(1), 1)
        print(json.dumps({
            "map": Path(path).name, "pixels": int(there.sum()), "overall accuracy": round(agree, 4),
            "kappa": round((agree - chance) / (1 - chance), 4), "mean F1": round(float(f1[learnt].mean()), 4),
        }))  # fmt: skip


if __name__ == "__main__":
    main()
