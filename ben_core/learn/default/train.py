"""Train the embedded model: python -m ben_core.learn.default.train --data DIR --out ben_core/embedded

One small ResNet on four 10 m bands, from the about 100 labelled patches at hand. The story:
read the patches; train once a fold, no tile in two folds, and keep what each network says of the
tiles it never saw; from these answers alone take the scores, the calibration and the thresholds;
train once more on everything with the same recipe; write weights, card and model card.
Seeded; on one machine and one number of threads the same bytes come out again.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ...models.card import ModelCard, Weights
from ...models.export import export_onnx
from ...models.networks.resnet import ResNet, from_architecture
from ...models.preprocess import Graph
from .card import CLASSES, INPUTS, NAME, Evidence, model_card, model_card_text
from .crops import Augmentation, Samples, batches
from .labelled_patches import Patch, read_patches

# The published statistics include clouds, so that clear visible bands vary little after normalisation.
# Training sees them multiplied by these; the first convolution takes the factors over in the end.
STRETCH = torch.tensor([3.0, 2.5, 2.0, 1.0]).view(1, -1, 1, 1)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights; chosen once, by the folds.

    balance       exponent with which rare classes are drawn, and weighed, more often than they occur
    pixel_weight  weight of the loss that reads the pixel maps
    average       decay of the running mean of the weights, which is what is kept
    """

    layers: tuple[int, ...] = (1, 1, 1, 1)
    width: int = 32
    drop_path: float = 0.1
    steps: int = 700
    batch: int = 32
    rate: float = 4e-3
    decay: float = 0.05
    smoothing: float = 0.02
    balance: float = 0.5
    pixel_weight: float = 1.0
    average: float = 0.99
    folds: int = 5
    seed: int = 2
    crops: Augmentation = field(default_factory=Augmentation)


def trained_classes(patches: Sequence[Patch]) -> np.ndarray:
    """(19,) bool: classes of at least 3 patches in at least 2 tiles. With less, a class is its tile."""
    present = np.stack([p.present for p in patches])
    tiles = np.array([p.tile for p in patches])
    return np.array([c.sum() >= 3 and len(set(tiles[c])) >= 2 for c in present.T])


def folds_by_tile(patches: Sequence[Patch], count: int, seed: int) -> np.ndarray:
    """(N,) fold of each patch; no tile in two folds. Of 2000 random splits the one with the classes spread best."""
    random = np.random.default_rng(seed)
    tiles, of_patch = np.unique([p.tile for p in patches], return_inverse=True)
    present = np.stack([p.present for p in patches]).astype(float)
    share = present / np.maximum(present.sum(0), 1)
    size = np.full((len(patches), 1), 3 / len(patches))  # the folds' sizes count as much as three classes
    best, lowest = np.zeros(len(patches), int), np.inf
    for _ in range(2000):
        fold = (random.permutation(len(tiles)) % count)[of_patch]
        spread = np.stack([np.hstack([share, size])[fold == k].sum(0) for k in range(count)])
        if spread.var(0).sum() < lowest:
            best, lowest = fold, spread.var(0).sum()
    return best


def train(patches: Sequence[Patch], recipe: Recipe, seed: int, answered: np.ndarray) -> ResNet:
    """A network trained on ``patches``; the loss leaves out the classes not ``answered``."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    samples = Samples.of(patches, INPUTS)
    counted = torch.from_numpy(answered).float()
    frequency = samples.present.mean(0).clamp_min(0.03)
    positive = ((1 - frequency) / frequency) ** recipe.balance
    rarest = (samples.present * counted / frequency).amax(1)
    stream = batches(samples, recipe.batch, rarest.clamp_min(1.0) ** recipe.balance, recipe.crops, random)

    network = from_architecture(architecture(recipe))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # Two readers of the pixel maps, at cells of 8 and 32 pixels; they serve training only.
    readers = nn.ModuleList(nn.Conv2d(c, len(CLASSES), 1) for c in (2 * recipe.width, network.num_features))
    parameters = [*network.parameters(), *readers.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps, pct_start=0.15)
    kept = copy.deepcopy(network).eval()
    network.train()
    for step in range(recipe.steps):
        batch = next(stream)
        # bfloat16 halves the time where the processor has it; the weights stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            image = (batch.image * STRETCH).contiguous(memory_format=torch.channels_last)
            maps = network.forward_maps(image)
        logits = network.classify(maps[-1].float().mean((2, 3)))
        soft = batch.target * (1 - 2 * recipe.smoothing) + recipe.smoothing
        error = F.binary_cross_entropy_with_logits(logits, soft, reduction="none", pos_weight=positive)
        loss = (error * batch.weight * counted).sum(1).mean() / counted.sum()
        for reader, features in zip(readers, (maps[1].float(), maps[3].float()), strict=True):
            shares = F.adaptive_avg_pool2d(batch.shares, (features.shape[2], features.shape[3]))
            cross_entropy = -(shares * F.log_softmax(reader(features), 1)).sum(1).mean()
            loss = loss + recipe.pixel_weight / len(readers) * cross_entropy
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        # The mean forgets its random start: its memory grows to 1 / (1 - average) steps.
        _blend(kept, network, 1 - min(recipe.average, (1 + step) / (10 + step)))
    with torch.no_grad():
        kept.conv1.weight.mul_(STRETCH)
    return kept


@torch.no_grad()
def _blend(kept: ResNet, network: ResNet, share: float) -> None:
    for old, new in zip(kept.state_dict().values(), network.state_dict().values(), strict=True):
        if old.is_floating_point():
            old.lerp_(new, share)
        else:
            old.copy_(new)


@torch.inference_mode()
def logits_of(network: ResNet, patches: Sequence[Patch]) -> np.ndarray:
    """(N, 19) logits of whole patches as they are."""
    return network(Samples.of(patches, INPUTS).images).numpy()


def held_apart_logits(patches: Sequence[Patch], fold: np.ndarray, recipe: Recipe, answered: np.ndarray) -> np.ndarray:
    """(N, 19): of each patch what the network says that saw no patch of its fold."""
    logits = np.zeros((len(patches), len(CLASSES)), np.float32)
    for k in range(recipe.folds):
        start = time.monotonic()
        network = train([p for p, f in zip(patches, fold, strict=True) if f != k], recipe, recipe.seed + k, answered)
        logits[fold == k] = logits_of(network, [p for p, f in zip(patches, fold, strict=True) if f == k])
        print(
            f"fold {k + 1} of {recipe.folds}: {(fold == k).sum()} patches apart, {time.monotonic() - start:.0f} s",
            flush=True,
        )
    return logits


def architecture(recipe: Recipe) -> dict:
    return {
        "name": f"ResNet-{2 * sum(recipe.layers) + 2}, width {recipe.width}",
        "family": "resnet",
        "block": "basic",
        "layers": list(recipe.layers),
        "width": recipe.width,
        "in_chans": len(INPUTS),
        "num_classes": len(CLASSES),
        "drop_path": recipe.drop_path,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train the embedded model on the labelled patches at hand.")
    parser.add_argument("--data", type=Path, required=True, help="folder that holds bigearthnet/")
    parser.add_argument("--out", type=Path, required=True, help="folder for weights and cards")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads; the weights' last digits depend on it")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="training steps a network")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    torch.set_flush_denormal(True)
    recipe = replace(Recipe(), steps=options.steps)

    patches = read_patches(options.data)
    answered = trained_classes(patches)
    fold = folds_by_tile(patches, recipe.folds, recipe.seed)
    tiles = len({p.tile for p in patches})
    print(f"{len(patches)} patches of {tiles} tiles, {answered.sum()} of {len(CLASSES)} classes have evidence")

    logits = held_apart_logits(patches, fold, recipe, answered)
    evidence = Evidence(tuple(patches), fold, logits, answered)
    for name, score in evidence.scores().items():
        print(f"{name}: {score}")
    network = train(patches, recipe, recipe.seed, answered)
    write_model(options.out, network, model_card(evidence, architecture(recipe)), evidence, asdict(recipe))
    print(f"{options.out / NAME}.json, .onnx and .safetensors, MODEL_CARD.md")


def write_model(out: Path, network: ResNet, card: ModelCard, evidence: Evidence, recipe: dict) -> None:
    """Weights for both runtimes, the card with their hashes, and MODEL_CARD.md."""
    from safetensors.torch import save

    out.mkdir(parents=True, exist_ok=True)
    tensors, onnx = out / f"{NAME}.safetensors", out / f"{NAME}.onnx"
    tensors.write_bytes(save({k: v.contiguous() for k, v in network.state_dict().items()}))
    export_onnx(card, Graph(card, network), onnx)
    card = replace(
        card,
        weights=tuple(
            Weights(file.name, runtime, "fp32", hashlib.sha256(file.read_bytes()).hexdigest())
            for file, runtime in ((onnx, "onnx"), (tensors, "torch"))
        ),
    )
    (out / f"{NAME}.json").write_text(card.to_json(), encoding="utf-8")
    (out / "MODEL_CARD.md").write_text(model_card_text(card, evidence, recipe), encoding="utf-8")


if __name__ == "__main__":
    main()
