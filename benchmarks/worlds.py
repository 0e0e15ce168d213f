"""Two worlds with labels in which a model meets land that it has not learnt from.

real     the labelled BigEarthNet patches at hand, windows of 640 m labelled by the pixels inside them; three folds of
         whole regions, so a model's target is land of regions that it never saw
painted  the generated landscape of ``ben sample``: the model learns three landscapes and meets others. It is no
         observation; but there are as many labels as one likes, and nothing differs but what a shift changed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from ben_core.learn.data.clc_codes import NO_CLASS
from ben_core.learn.default.crops import SIZE, Samples, pixel_classes
from ben_core.learn.default.evidence import MISSED, SILENT, risk_controlled
from ben_core.learn.default.folds import evident
from ben_core.learn.default.label_sets import common_sets, fill
from ben_core.learn.default.real_data import BANDS, open_real_data
from ben_core.learn.default.train import Recipe, architecture, inputs_of, task_of, train
from ben_core.learn.evaluate.metrics import fit_calibration
from ben_core.learn.types import Record
from ben_core.models.networks.resnet_stats import StatsResNet, from_architecture
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.sample.render import Scene

OPTICAL = BANDS["s2"]
WINDOW = 64  # px, the side of the crops that the networks learn from
FOLDS = 3
SOURCES, CHECK, TARGETS = (101, 102, 103), 104, (301, 302)  # landscapes of the painted world
SIDE = 1440  # px of a landscape
BLOCK = 2  # patches, the side of a group


@dataclass(frozen=True)
class Land:
    """Windows of land with labels.

    dn     uint16 (N, 4, WINDOW, WINDOW) of B02, B03, B04, B08
    truth  bool (N, 19) in ORDER_ALPHABETICAL; main int (N,): the class that covers most of each
    group  (N,) windows of one group share a place; guard and training never share one
    """

    dn: np.ndarray
    truth: np.ndarray
    main: np.ndarray
    group: np.ndarray

    def __len__(self) -> int:
        return len(self.dn)

    def rows(self, which: np.ndarray) -> Land:
        return Land(self.dn[which], self.truth[which], self.main[which], self.group[which])


@dataclass(frozen=True)
class World:
    """A trained model, the windows it learnt from, and land that it has not seen.

    trained      bool (19,) classes that the model answers
    calibration  (19, 2), thresholds (19,): fitted on land that is neither source nor target
    bank         rows of ``source`` for the bank: windows that share no patch
    """

    name: str
    network: StatsResNet
    trained: np.ndarray
    calibration: np.ndarray
    thresholds: np.ndarray
    source: Land
    target: Land
    bank: np.ndarray


def worlds(data: Path, cache: Path, recipe: Recipe, which: str) -> Iterator[World]:
    """The worlds called ``which`` ("real", "painted"); networks are kept in ``cache``."""
    cache.mkdir(parents=True, exist_ok=True)
    yield from (_real if which == "real" else _painted)(data, cache, recipe)


def _real(data: Path, cache: Path, recipe: Recipe) -> Iterator[World]:
    recipe = replace(recipe, folds=FOLDS)
    task = task_of(data, "s2", recipe)
    opened = open_real_data(data, "s2")
    samples = Samples.of(opened, task.records, inputs_of("s2"))
    land, patch = _windows(opened, task.records, task.region)
    fold = task.fold[patch]
    networks = []
    for k in range(FOLDS):
        apart = task.fold == k
        networks.append(
            _kept(
                cache / f"real-{k}-{recipe.steps}.pt",
                data,
                samples.rows(~apart),
                recipe,
                recipe.seed + k,
                task.answered,
            )
        )
    logits = np.zeros((len(land), len(ORDER_ALPHABETICAL)), np.float32)
    for k, network in enumerate(networks):
        logits[fold == k] = answers(network, land.dn[fold == k])[0]
    for k, network in enumerate(networks):
        others = fold != k
        pairs, thresholds = _fitted(land.truth[others], logits[others], task.answered)
        source, target = land.rows(others), land.rows(~others)
        alone = np.unique(source.group, return_index=True)[1]
        yield World(f"real {k + 1}", network, task.answered, pairs, thresholds, source, target, alone)


def _windows(opened, records: tuple[Record, ...], region: np.ndarray) -> tuple[Land, np.ndarray]:
    """The corners of each patch whose pixels are known, and the number of the patch of each. A group is a patch."""
    dn, maps, number = [], [], []
    for i, record in enumerate(records):
        classes = pixel_classes(opened, record)
        bands = opened.read(record, OPTICAL)
        image = np.stack([bands[b] for b in OPTICAL])
        for top in (0, SIZE - WINDOW):
            for left in (0, SIZE - WINDOW):
                here = slice(top, top + WINDOW), slice(left, left + WINDOW)
                if (classes[here] != NO_CLASS).mean() >= 0.75:
                    dn.append(image[(slice(None), *here)])
                    maps.append(classes[here])
                    number.append(i)
    return _land(np.stack(dn).astype(np.uint16), np.stack(maps), np.array(number)), np.array(number)


def _land(dn: np.ndarray, maps: np.ndarray, group: np.ndarray) -> Land:
    main = [np.bincount(m[m != NO_CLASS]).argmax() for m in maps]
    return Land(dn, np.array([_present(m) for m in maps]), np.array(main), group)


def _painted(data: Path, cache: Path, recipe: Recipe) -> Iterator[World]:
    painted = [landscape(seed) for seed in SOURCES]
    dn, classes = np.concatenate([d for d, _ in painted]), np.concatenate([c for _, c in painted])
    present = np.array([_present(c) for c in classes])
    trained = evident(present, np.arange(len(present)) % 7)
    samples = _samples(dn, classes, present)
    network = _kept(cache / f"painted-{recipe.steps}.pt", data, samples, recipe, recipe.seed, trained)
    check = _cut(*landscape(CHECK))
    pairs, thresholds = _fitted(check.truth, answers(network, check.dn)[0], trained)
    source = _cut(dn, classes, len(SOURCES))
    for seed in TARGETS:
        target, every = _cut(*landscape(seed)), np.arange(len(source))
        yield World(f"painted {seed}", network, trained, pairs, thresholds, source, target, every)


def landscape(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Patches of a generated landscape: uint16 (N, 4, 120, 120), int8 (N, 120, 120) classes; row by row."""
    strips = list(Scene(SIDE, SIDE, seed).strips())
    klass = np.concatenate([s.klass for s in strips]).astype(np.int8) - 1
    dn = np.stack([np.concatenate([s.dn[b] for s in strips]) for b in OPTICAL])
    n = SIDE // SIZE
    patches = (
        dn.reshape(len(OPTICAL), n, SIZE, n, SIZE).transpose(1, 3, 0, 2, 4).reshape(n * n, len(OPTICAL), SIZE, SIZE)
    )
    maps = klass.reshape(n, SIZE, n, SIZE).swapaxes(1, 2).reshape(n * n, SIZE, SIZE)
    return patches, maps


def _cut(dn: np.ndarray, classes: np.ndarray, landscapes: int = 1) -> Land:
    """One window out of the middle of each patch; a group is a block of patches."""
    first = (SIZE - WINDOW) // 2
    here = slice(first, first + WINDOW)
    n = SIDE // SIZE
    row, col = np.divmod(np.arange(n * n), n)
    block = row // BLOCK * n + col // BLOCK
    group = np.concatenate([block + k * 1000 for k in range(landscapes)])
    return _land(dn[:, :, here, here], classes[:, here, here], group)


def _samples(dn: np.ndarray, classes: np.ndarray, present: np.ndarray) -> Samples:
    from ben_core.learn.default.crops import class_shares

    inputs = inputs_of("s2")
    mean, std = (np.array([getattr(b, k) for b in inputs], np.float32)[:, None, None] for k in ("mean", "std"))
    return Samples(
        inputs,
        torch.from_numpy((dn.astype(np.float32) - mean) / std),
        class_shares(torch.from_numpy(classes), len(ORDER_ALPHABETICAL)),
        torch.from_numpy(present).float(),
        torch.ones(len(dn), dtype=torch.bool),
    )


def _present(classes: np.ndarray) -> np.ndarray:
    found = np.zeros(len(ORDER_ALPHABETICAL), bool)
    found[np.unique(classes[classes != NO_CLASS])] = True
    return found


def _kept(path: Path, data: Path, samples: Samples, recipe: Recipe, seed: int, trained: np.ndarray) -> StatsResNet:
    network = from_architecture(architecture(recipe, samples.inputs))
    if path.is_file():
        network.load_state_dict(torch.load(path, weights_only=True))
        return network.eval()
    network, blind = train(samples, recipe, seed, trained)
    if path.name.startswith("real"):  # in the painted world classes meet as its painter likes
        sets, shares = common_sets(data, recipe.label_sets)
        fill(network.sets, sets, shares, blind, (recipe.trust * trained).astype(np.float32))
    torch.save(network.state_dict(), path)
    return network.eval()


def _fitted(truth: np.ndarray, logits: np.ndarray, trained: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As the embedded models are: a pair a class, one common threshold."""
    pairs, thresholds = np.tile(SILENT, (len(trained), 1)), np.ones(len(trained))
    pairs[trained] = fit_calibration(truth[:, trained], logits[:, trained])
    z = pairs[trained, 0] * logits[:, trained] + pairs[trained, 1]
    thresholds[trained] = risk_controlled(truth[:, trained], 1 / (1 + np.exp(-z)), MISSED)
    return pairs, thresholds


def answers(network: StatsResNet, dn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits (N, 19) and features (N, D)."""
    inputs = inputs_of("s2")
    mean, std = (np.array([getattr(b, k) for b in inputs], np.float32)[:, None, None] for k in ("mean", "std"))
    parts = []
    for i in range(0, len(dn), 64):
        x = torch.from_numpy((dn[i : i + 64].astype(np.float32) - mean) / std)
        with torch.inference_mode():
            features = network.forward_features(x)
            parts.append((network.classify(features).numpy(), features.numpy()))
    return np.concatenate([z for z, _ in parts]), np.concatenate([f for _, f in parts])
