"""Train the embedded models: python -m ben_core.learn.default.train --data DIR --out ben_core/embedded

Three small networks (s2: four 10 m bands; s1: radar; all: both), from the about 100 labelled patches at hand. The
story, once a sensor set: read the patches; train once a fold, no region in two folds, and keep what each network says
of the regions it never saw; from these answers alone take scores, calibration, thresholds and what is usual; train
once more on everything with the same recipe; write weights, card and model card.
Seeded, one thread a network; on one machine the same bytes come out again, however many processes share the work.
"""

from __future__ import annotations

import argparse
import copy
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...models.card import BandInput
from ...models.importers.reben import STATISTICS
from ...models.importers.writing import write_model
from ...models.networks.resnet_stats import StatsResNet, from_architecture
from ...models.novelty import fit_space, joint_energy
from ...nomenclature import ORDER_ALPHABETICAL, S1_BANDS
from ..train.losses import map_reading, positive_weights
from ..types import Record
from .card import model_card, model_card_text
from .crops import Augmentation, Samples, batches, presence
from .evidence import Evidence
from .folds import evident, folds_of, regions
from .label_sets import common_sets, fill
from .real_data import BANDS, open_real_data

# The published statistics include clouds, so that clear visible bands vary little after normalisation.
# Training sees them multiplied by these; the first convolution takes the factors over in the end.
_STRETCH = {"B02": 3.0, "B03": 2.5, "B04": 2.0}


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights; chosen once, by the folds (docs/default_models.md).

    balance       exponent with which rare classes are drawn, and weighed, more often than they occur
    pixel_weight  weight of the loss that reads the pixel maps
    average       decay of the running mean of the weights, which is what is kept
    trust         weight of a logit as evidence against the shares of the label sets
    """

    layers: tuple[int, ...] = (1, 1, 1, 1)
    width: int = 24
    hidden: int = 48
    drop_path: float = 0.1
    steps: int = 700
    batch: int = 32
    rate: float = 4e-3
    decay: float = 0.05
    smoothing: float = 0.02
    balance: float = 0.5
    pixel_weight: float = 1.0
    average: float = 0.99
    label_sets: int = 1024
    trust: float = 0.5
    folds: int = 5
    seed: int = 2
    crops: Augmentation = field(default_factory=Augmentation)


def inputs_of(sensors: str) -> tuple[BandInput, ...]:
    """The channels of a sensor set, normalised as the published reBEN models."""
    return tuple(BandInput(b, *STATISTICS[b], unit="dB" if b in S1_BANDS else "DN") for b in BANDS[sensors])


def architecture(recipe: Recipe, inputs: Sequence[BandInput]) -> dict:
    radar = sum(b.unit == "dB" for b in inputs)
    return {
        "name": f"ResNet-{2 * sum(recipe.layers) + 2} with statistics and label sets, width {recipe.width}",
        "family": "resnet_stats",
        "layers": list(recipe.layers),
        "width": recipe.width,
        "radar": radar,
        "optical": len(inputs) - radar,
        "hidden": recipe.hidden,
        "label_sets": recipe.label_sets,
        "in_chans": len(inputs),
        "num_classes": len(ORDER_ALPHABETICAL),
        "drop_path": recipe.drop_path,
    }


def train(samples: Samples, recipe: Recipe, seed: int, answered: np.ndarray) -> tuple[StatsResNet, np.ndarray]:
    """A network trained on all ``samples``, without label sets yet; the loss leaves out the classes not ``answered``.

    Besides, (19,) the logits that a network would learn to answer if it saw nothing: what a logit says beyond them
    is evidence. (To take off more would reward, where folds are judged together, whatever was rare in training.)
    """
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    counted = torch.from_numpy(answered).float()
    count = samples.present.sum(0)
    positive = positive_weights(count, torch.full_like(count, len(samples.present)), recipe.balance)
    rarest = (samples.present * counted * len(samples.present) / count.clamp_min(1)).amax(1)
    stream = batches(samples, recipe.batch, rarest.clamp_min(1.0) ** recipe.balance, recipe.crops, random)

    network = _new_network(samples, recipe)
    # A second reader of the pixel maps, at cells of 8 pixels, serves training only.
    reader = nn.Conv2d(2 * recipe.width, len(ORDER_ALPHABETICAL), 1)
    parameters = [*network.parameters(), *reader.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps, pct_start=0.15)
    kept = copy.deepcopy(network).eval()
    network.train()
    known, seen = torch.zeros(len(count)), torch.zeros(len(count))
    for step in range(recipe.steps):
        batch = next(stream)
        known, seen = known + batch.weight.sum(0), seen + (batch.weight * batch.target).sum(0)
        features, (fine, cells) = _seen(network, batch.image, samples.inputs)
        soft = batch.target * (1 - 2 * recipe.smoothing) + recipe.smoothing
        error = F.binary_cross_entropy_with_logits(network.fc(features), soft, reduction="none", pos_weight=positive)
        loss = (error * batch.weight * counted).sum(1).mean() / counted.sum()
        loss = loss + recipe.pixel_weight * map_reading((reader(fine.float()), cells), batch.shares).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        # The mean forgets its random start: its memory grows to 1 / (1 - average) steps.
        _blend(kept, network, 1 - min(recipe.average, (1 + step) / (10 + step)))
    with torch.no_grad():
        kept.backbone.conv1.weight.mul_(_stretch(samples.inputs))
    share = (seen / known.clamp_min(1)).clamp(0.01, 0.99)
    return kept, (share.logit() + positive.log()).numpy()


def _new_network(samples: Samples, recipe: Recipe) -> StatsResNet:
    """Random weights; what is usual for the statistics comes from whole training patches."""
    network = from_architecture(architecture(recipe, samples.inputs))
    with torch.no_grad():
        for name in ("mean", "std"):
            values = torch.tensor([getattr(b, name) for b in samples.inputs])
            getattr(network.statistics, name).copy_(values[:, None, None])
        numbers = network.statistics(samples.images)
        network.centre.copy_(numbers.mean(0))
        network.spread.copy_(numbers.std(0).clamp_min(1e-3))
        # The share of a class among the cells speaks for that class from the start.
        first = network.backbone.num_features
        network.fc.weight[:, first : first + len(ORDER_ALPHABETICAL)].copy_(torch.eye(len(ORDER_ALPHABETICAL)))
        network.fc.bias.fill_(1.5)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def _stretch(inputs: Sequence[BandInput]) -> Tensor:
    return torch.tensor([_STRETCH.get(b.name, 1.0) for b in inputs]).view(1, -1, 1, 1)


def _seen(network: StatsResNet, image: Tensor, inputs: Sequence[BandInput]) -> tuple[Tensor, list[Tensor]]:
    """Features and maps of a network in training: convolutions see the stretched image in bfloat16, which halves
    the time where the processor has it; weights and statistics stay float32."""
    stretched = (image * _stretch(inputs)).contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        maps = network.backbone.forward_maps(stretched)
    return network.gathered(image, maps)


@torch.no_grad()
def _blend(kept: nn.Module, network: nn.Module, share: float) -> None:
    for old, new in zip(kept.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, share)
        else:
            old.copy_(new)


@dataclass(frozen=True)
class Trained:
    """What a worker sends back: (N, 19) logits and (N,) distances of the rows that it was asked about, and its time."""

    logits: np.ndarray
    distances: np.ndarray
    features: np.ndarray  # (training patches, D)
    state: dict[str, Tensor]
    seconds: float


def trained_apart(
    data: Path, sensors: str, recipe: Recipe, apart: np.ndarray, answered: np.ndarray, seed: int
) -> Trained:
    """Train without the patches ``apart`` (N,) bool, put in the label sets, and ask about them. Runs in a worker."""
    _settle()
    start = time.monotonic()
    opened = open_real_data(data, sensors)
    samples = Samples.of(opened, opened.records, inputs_of(sensors))
    inside = samples.rows(~apart)
    network, blind = train(inside, recipe, seed, answered)
    sets, shares = common_sets(data, recipe.label_sets)
    fill(network.sets, sets, shares, blind, (recipe.trust * answered).astype(np.float32))
    features, _ = asked(network, inside)
    space = fit_space(features)
    there, logits = asked(network, samples.rows(apart))
    return Trained(logits, space.distances(there), features, network.state_dict(), time.monotonic() - start)


@torch.inference_mode()
def asked(network: StatsResNet, samples: Samples) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D) and logits (N, 19) of whole patches as they are."""
    if not len(samples.images):
        return np.zeros((0, network.num_features), np.float32), np.zeros((0, len(ORDER_ALPHABETICAL)), np.float32)
    features = network.forward_features(samples.images)
    return features.numpy(), network.classify(features).numpy()


def _settle() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)


@dataclass(frozen=True)
class Task:
    """One sensor set: its patches and who judges whom."""

    sensors: str
    records: tuple[Record, ...]
    region: np.ndarray
    fold: np.ndarray
    answered: np.ndarray


def task_of(data: Path, sensors: str, recipe: Recipe) -> Task:
    records = tuple(open_real_data(data, sensors).records)
    present, region = presence(records), regions(records)
    return Task(
        sensors, records, region, folds_of(region, present, recipe.folds, recipe.seed), evident(present, region)
    )


def make(task: Task, out: Path, recipe: Recipe, parts: Sequence[Trained]) -> None:
    """Write one model. ``parts`` are the networks of the folds, and behind them that of all patches."""
    logits = np.zeros((len(task.records), len(ORDER_ALPHABETICAL)), np.float32)
    distances = np.zeros(len(task.records))
    for k, part in enumerate(parts[:-1]):
        logits[task.fold == k], distances[task.fold == k] = part.logits, part.distances
    final = parts[-1]
    evidence = Evidence(task.sensors, task.records, task.region, task.fold, logits, task.answered)
    energies = joint_energy(logits[:, task.answered])
    inputs = inputs_of(task.sensors)
    shape = architecture(recipe, inputs)
    card = model_card(evidence, inputs, shape, fit_space(final.features), energies, distances)
    network = from_architecture(shape)
    network.load_state_dict(final.state)
    write_model(card, network, out, overwrite=True)
    (out / f"{task.sensors}.md").write_text(model_card_text(card, evidence, asdict(recipe)), encoding="utf-8")
    print(
        f"{task.sensors}: " + ", ".join(f"{k} {v['value']}" for k, v in card.scores.items() if not k.startswith("AP ")),
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the embedded models on the labelled patches at hand.")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds bigearthnet/")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and cards")
    parser.add_argument("--sensors", nargs="+", choices=tuple(BANDS), default=tuple(BANDS), help="which models")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="training steps a network")
    parser.add_argument("--jobs", type=int, default=2, help="networks trained at a time, one thread each")
    options = parser.parse_args(arguments)
    recipe = replace(Recipe(), steps=options.steps)
    tasks = [task_of(options.data, sensors, recipe) for sensors in options.sensors]
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as workers:
        waiting = [_sent(workers, task, options.data, recipe) for task in tasks]
        for task, futures in zip(tasks, waiting, strict=True):
            tiles = len({r.tile for r in task.records})
            print(
                f"{task.sensors}: {len(task.records)} patches, {tiles} tiles, {len(set(task.region))} regions; "
                f"{task.answered.sum()} of {len(ORDER_ALPHABETICAL)} classes have evidence",
                flush=True,
            )
            parts = []
            for k, future in enumerate(futures):
                parts.append(future.result())
                what = f"fold {k + 1} of {recipe.folds}" if k < recipe.folds else "all patches"
                print(f"  {what}: {parts[-1].seconds:.0f} s", flush=True)
            make(task, options.out, recipe, parts)


def _sent(workers: ProcessPoolExecutor, task: Task, data: Path, recipe: Recipe) -> list[Future[Trained]]:
    apart = [task.fold == k for k in range(recipe.folds)] + [np.zeros(len(task.records), bool)]
    return [
        workers.submit(trained_apart, data, task.sensors, recipe, rows, task.answered, recipe.seed + k)
        for k, rows in enumerate(apart)
    ]


if __name__ == "__main__":
    main()
