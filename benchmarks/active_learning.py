"""What choosing patches is worth: macro AP over the cycles of active learning, against choosing at random.

The labelled patches of BigEarthNet at hand whose pixels are known (87 maps, 5 of one label) are cut into quarters of
600 m, labelled by the rule of BigEarthNet (a pixel is enough, 75 % known). Five folds by tile; in each, a tenth of
the other folds is labelled at random, then a tenth more a cycle is asked for. In every cycle a small network is
trained anew on what is labelled (statistics of the four bands and of two indices, one hidden layer, whose output is
the feature that DBSS looks at); it has seen no label but those, which a network trained on these patches before could
not say.

    python benchmarks/active_learning.py [--seeds 20] [--picture docs/pictures/active-learning.png]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import average_precision_score
from torch import Tensor, nn

from ben_core.learn.data.clc_codes import NO_CLASS
from ben_core.learn.default.crops import SIZE, pixel_classes
from ben_core.learn.default.real_data import BANDS, open_real_data
from ben_core.learn.select.agreement import agree, most_certain
from ben_core.learn.select.centres import score
from ben_core.learn.select.choose import Guard, choose
from ben_core.learn.types import DataSet
from ben_core.nomenclature import ORDER_ALPHABETICAL

OPTICAL = BANDS["s2"]
FOLDS, START, STEP, CYCLES = 5, 0.1, 0.1, 5  # 10 % to 60 %
QUARTER, KNOWN = SIZE // 2, 0.75
HIDDEN, STEPS, RATE, DECAY = 64, 120, 5e-3, 1e-2
POSITIVES = 15  # classes with fewer windows among all are too rare to score
STRATEGIES = {
    "random": "at random",
    "spread": "at random, but no two quarters of one patch a cycle",
    "dbss": "DBSS, border of present and absent a class (ben select)",
    "single": "DBSS as published (--single-label)",
    "ssas": "DBSS + SSAS (as many pseudo-labels again)",
}
COLOURS = {"random": "#6b6b6b", "spread": "#a9a9a9", "dbss": "#d1495b", "single": "#edae49", "ssas": "#00798c"}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path(os.environ.get("BEN_DATA", "../shared/data")))
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument(
        "--strategies", default=",".join(STRATEGIES), help="what to run; the rest is kept from --result"
    )
    options.add_argument("--result", type=Path, default=Path("benchmarks/results/active_learning.json"))
    options.add_argument("--picture", type=Path, default=Path("docs/pictures/active-learning.png"))
    given = options.parse_args()
    torch.set_num_threads(1)
    start = time.process_time()

    x, y, patch, tile = windows(open_real_data(given.data, "s2"))
    scored = np.flatnonzero(y.sum(axis=0) >= POSITIVES)
    fold = folds(tile)
    print(f"{len(x)} windows of {len(set(patch))} patches, {len(set(tile))} tiles; {len(scored)} classes are scored")
    asked = given.strategies.split(",")
    kept = {} if asked == list(STRATEGIES) else json.loads(given.result.read_text(encoding="utf-8"))["curves"]
    curves = {s: np.array(kept.get(s, np.zeros((given.seeds, CYCLES + 1)))) for s in STRATEGIES}
    ceiling = np.zeros(given.seeds)
    for seed in range(given.seeds):
        for strategy in asked:
            answers = np.zeros((CYCLES + 1, *y.shape), np.float32)
            for f in range(FOLDS):
                answers[:, fold == f] = cycles(strategy, x, y, patch, fold, f, seed)
            curves[strategy][seed] = [macro_ap(y, p, scored) for p in answers]
            print(f"seed {seed} {strategy:7s} " + " ".join(f"{v:.3f}" for v in curves[strategy][seed]), flush=True)
        whole = np.zeros(y.shape, np.float32)
        for f in range(FOLDS):
            pool = fold != f
            net = train(x[pool], y[pool], np.ones((int(pool.sum()), y.shape[1]), bool), seed)
            whole[~pool] = answer(net, x[~pool])[0]
        ceiling[seed] = macro_ap(y, whole, scored)

    shares = [START + STEP * c for c in range(CYCLES + 1)]
    result = {
        "what": "macro AP by share of the pool that a person labelled; a row a seed",
        "windows": len(x), "patches": len(set(patch)), "tiles": len(set(tile)),
        "classes": [ORDER_ALPHABETICAL[i] for i in scored], "shares": shares,
        "curves": {s: np.round(c, 4).tolist() for s, c in curves.items()}, "all labelled": np.round(ceiling, 4).tolist(),
    }  # fmt: skip
    given.result.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for s, c in curves.items():
        gain = (c - curves["random"])[:, 1:].mean(axis=1)
        low, high = interval(gain)
        print(
            f"{STRATEGIES[s]:58s} gain over random, cycles 1-{CYCLES}: {gain.mean():+.3f} ({low:+.3f} to {high:+.3f})"
        )
    print(f"all labelled: {ceiling.mean():.3f}; {time.process_time() - start:.0f} CPU seconds")
    draw(given.picture, shares, curves, ceiling)


def windows(data: DataSet) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Statistics (N, D), labels bool (N, 19), number of the patch (N,), tile (N,) of the quarters with known pixels."""
    xs, ys, numbers, tiles = [], [], [], []
    for number, record in enumerate(data.records):
        classes = pixel_classes(data, record)
        bands = data.read(record, OPTICAL)
        image = np.stack([bands[b] for b in OPTICAL]).astype(np.float64)
        for top in (0, QUARTER):
            for left in (0, QUARTER):
                here = slice(top, top + QUARTER), slice(left, left + QUARTER)
                seen = classes[here]
                if (seen != NO_CLASS).mean() < KNOWN:
                    continue
                present = np.zeros(len(ORDER_ALPHABETICAL), bool)
                present[np.unique(seen[seen != NO_CLASS])] = True
                xs.append(statistics(image[(slice(None), *here)]))
                ys.append(present)
                numbers.append(number)
                tiles.append(record.tile)
    x = np.array(xs, np.float32)
    return (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-6), np.array(ys), np.array(numbers), np.array(tiles)


def statistics(image: np.ndarray) -> np.ndarray:
    """Levels, spread and texture of four bands (in logarithms), of NDVI and of NDWI."""
    blue, green, red, nir = image
    layers = [*np.log1p(image), (nir - red) / (nir + red + 1), (green - nir) / (green + nir + 1)]
    told = []
    for a in layers:
        told += [a.mean(), a.std(), *np.percentile(a, (5, 50, 95))]
        told += [np.abs(np.diff(a, axis=0)).mean() + np.abs(np.diff(a, axis=1)).mean()]
    return np.array([*told, np.log1p(blue.min())])


def folds(tile: np.ndarray) -> np.ndarray:
    """Fold of each window; whole tiles, the largest first to the smallest fold."""
    names, counts = np.unique(tile, return_counts=True)
    held, of = np.zeros(FOLDS), {}
    for i in np.argsort(-counts, kind="stable"):
        of[names[i]] = int(held.argmin())
        held[of[names[i]]] += counts[i]
    return np.array([of[t] for t in tile])


def cycles(
    strategy: str, x: np.ndarray, y: np.ndarray, patch: np.ndarray, fold: np.ndarray, f: int, seed: int
) -> np.ndarray:
    """(cycles + 1, held-apart windows, 19): the answers after each cycle."""
    random = np.random.default_rng([seed, f])
    pool, test = np.flatnonzero(fold != f), np.flatnonzero(fold == f)
    step = round(STEP * len(pool))
    labels, known = y[pool].copy(), np.ones(y[pool].shape, bool)
    human = np.zeros(len(pool), bool)
    human[random.choice(len(pool), round(START * len(pool)), replace=False)] = True  # the same for all strategies
    pseudo = np.zeros(len(pool), bool)
    out, before = [], None
    for cycle in range(CYCLES + 1):
        used = human | pseudo
        net = train(x[pool][used], labels[used], known[used], seed)
        out.append(answer(net, x[test])[0])
        p, features = answer(net, x[pool])
        free = np.flatnonzero(~human)  # a person may be asked what a pseudo-label says, and is right
        if cycle == CYCLES:
            break
        if strategy == "random":
            new = random.choice(free, step, replace=False)
        elif strategy == "spread":
            new = spread(random.permutation(free), patch[pool], step)
        else:
            scores = score(features[free], features[human], y[pool][human], single_label=strategy == "single")
            guard = Guard(0.25, lambda i, at=patch[pool][free]: at == at[i])
            new = free[[c.index for c in choose(scores, step, 0.4, guard)]]
        human[new] = True
        pseudo[new] = False
        labels[new], known[new] = y[pool][new], True
        if strategy == "ssas" and before is not None:
            half = np.full(y.shape[1], 0.5)
            found = agree(p, before, half, half)
            accepted = most_certain(found, p, before, step, human | pseudo)
            labels[accepted], known[accepted] = found.present[accepted], found.agreed[accepted]
            pseudo[accepted] = True
        before = p
    return np.stack(out)


def spread(order: np.ndarray, patch: np.ndarray, count: int) -> np.ndarray:
    """The first ``count`` of an order, those of a patch that was there already only when nothing else is left."""
    _, first = np.unique(patch[order], return_index=True)
    again = np.setdiff1d(np.arange(len(order)), first)
    return order[np.concatenate([np.sort(first), again])[:count]]


def train(x: np.ndarray, y: np.ndarray, known: np.ndarray, seed: int) -> nn.Sequential:
    """A network of one hidden layer; labels that nobody knows take no part in its loss."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(0.2), nn.Linear(HIDDEN, y.shape[1]))
    optimiser = torch.optim.AdamW(net.parameters(), RATE, weight_decay=DECAY)
    inputs, targets, counted = torch.from_numpy(x), torch.from_numpy(y).float(), torch.from_numpy(known).float()
    for _ in range(STEPS):
        loss = nn.functional.binary_cross_entropy_with_logits(net(inputs), targets, counted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net.eval()


@torch.inference_mode()
def answer(net: nn.Sequential, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (N, 19) and features (N, HIDDEN)."""
    features: Tensor = net[1](net[0](torch.from_numpy(x)))
    return torch.sigmoid(net[3](features)).numpy(), features.numpy()


def macro_ap(y: np.ndarray, p: np.ndarray, classes: np.ndarray) -> float:
    return float(np.mean([average_precision_score(y[:, c], p[:, c]) for c in classes]))


def interval(values: np.ndarray) -> tuple[float, float]:
    """95 % of Student's t for the mean over seeds."""
    from scipy.stats import t

    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean() - half), float(values.mean() + half)


def draw(path: Path, shares: list[float], curves: dict[str, np.ndarray], ceiling: np.ndarray) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.6), dpi=120)
    x = 100 * np.array(shares)
    for s, c in curves.items():
        low, high = np.transpose([interval(c[:, k]) for k in range(c.shape[1])])
        axes.fill_between(x, low, high, color=COLOURS[s], alpha=0.13, linewidth=0)
        axes.plot(x, c.mean(axis=0), "o-", color=COLOURS[s], label=STRATEGIES[s], linewidth=2, markersize=5)
    axes.axhline(ceiling.mean(), color="#222222", linestyle=":", linewidth=1.2)
    axes.text(x[0], ceiling.mean() + 0.002, "all labelled", fontsize=9, va="bottom")
    axes.set_xlabel("share of the pool that a person has labelled (%)")
    axes.set_ylabel("macro AP on tiles held apart")
    axes.set_xticks(x)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25)
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    seeds = len(ceiling)
    axes.set_title(f"Mean of {seeds} seeds, band: 95 % interval over seeds", fontsize=10, loc="left")
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    main()
