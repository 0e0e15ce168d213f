"""Train the embedded model: python -m ben_core.learn.default_model --data DIR --out ben_core/embedded

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
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..models.card import ModelCard, Weights
from ..models.export import export_onnx
from ..models.networks import build
from ..models.networks.resnet import ResNet
from ..models.preprocess import Graph
from .default_model_card import CLASSES, INPUTS, NAME, Evidence, model_card, model_card_text
from .labelled_patches import NO_CLASS, SIZE, Patch, read_patches

CELL = 4  # pixels; crops lie on this lattice
MEAN = torch.tensor([b.mean for b in INPUTS]).view(1, -1, 1, 1)
STD = torch.tensor([b.std for b in INPUTS]).view(1, -1, 1, 1)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights; chosen once, by the folds.

    ``sides`` are the crop sides in pixels, one drawn a step (the scale stays 10 m a pixel),
    ``pixel_weight`` the weight of the pixel maps' loss, ``average`` the decay of the running mean of
    the weights, which is what is kept.
    """

    layers: tuple[int, ...] = (2, 2, 2, 2)
    width: int = 24
    drop_path: float = 0.1
    steps: int = 500
    batch: int = 32
    sides: tuple[int, ...] = (64, 80, 96, 120)
    rate: float = 2e-3
    decay: float = 0.05
    smoothing: float = 0.02
    mixup: float = 0.2
    pixel_weight: float = 0.5
    light: float = 0.08
    haze: float = 40.0
    average: float = 0.99
    folds: int = 5
    seed: int = 2


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


@dataclass(frozen=True)
class Samples:
    """Patches as tensors.

    images   (N, 4, 120, 120) normalised
    shares   (N, 19, 30, 30) share of each class in each cell of 4 x 4 pixels; zero where unknown
    present  (N, 19) 0 or 1
    mapped   (N,) bool: ``shares`` is known
    """

    images: torch.Tensor
    shares: torch.Tensor
    present: torch.Tensor
    mapped: torch.Tensor

    @classmethod
    def of(cls, patches: Sequence[Patch]) -> Samples:
        images = torch.from_numpy(np.stack([p.image for p in patches]).astype(np.float32))
        unknown = np.full((SIZE, SIZE), NO_CLASS, np.int8)
        classes = torch.from_numpy(np.stack([unknown if p.classes is None else p.classes for p in patches]))
        shares = [F.avg_pool2d((classes == i).float(), CELL) for i in range(len(CLASSES))]
        return cls(
            (images - MEAN) / STD,
            torch.stack(shares, dim=1),
            torch.from_numpy(np.stack([p.present for p in patches])).float(),
            torch.tensor([p.classes is not None for p in patches]),
        )


def batches(samples: Samples, recipe: Recipe, random: torch.Generator) -> Iterator[tuple[torch.Tensor, ...]]:
    """Endless augmented batches: image, target (N, 19), its weight (N, 19), shares a cell (N, 19, h, w).

    Each is a crop turned and mirrored at random, its labels taken from the pixels inside it. Of a
    cropped patch without a pixel map it is unknown which of its labels fell inside: they weigh nothing.
    """
    while True:
        side = recipe.sides[int(torch.randint(len(recipe.sides), (1,), generator=random))]
        rows = torch.randint(len(samples.images), (recipe.batch,), generator=random)
        images, shares = [], []
        for row in rows.tolist():
            y, x = (CELL * torch.randint((SIZE - side) // CELL + 1, (2,), generator=random)).tolist()
            turns, mirror = torch.randint(4, (2,), generator=random).tolist()
            for kept, source, unit in ((images, samples.images, 1), (shares, samples.shares, CELL)):
                top, left, length = y // unit, x // unit, side // unit
                crop = source[row, :, top : top + length, left : left + length].rot90(turns, (1, 2))
                kept.append(crop.flip(2) if mirror % 2 else crop)
        image, share = torch.stack(images), torch.stack(shares)
        target = samples.present[rows]
        weight = torch.ones_like(target)
        if side < SIZE:
            mapped = samples.mapped[rows]
            weight[~mapped] = 1 - target[~mapped]
            target[mapped] = (share[mapped].amax((2, 3)) > 0).float()
        # Light and haze: one gain a patch, a little a band, and one offset a patch, on the DN scale.
        n, bands = image.shape[:2]
        gain = recipe.light * torch.randn(n, 1, 1, 1, generator=random)
        gain = gain + recipe.light / 2 * torch.randn(n, bands, 1, 1, generator=random)
        haze = recipe.haze * torch.randn(n, 1, 1, 1, generator=random)
        yield (image + MEAN / STD) * gain.exp() + (haze - MEAN) / STD, target, weight, share


def train(patches: Sequence[Patch], recipe: Recipe, seed: int, answered: np.ndarray) -> ResNet:
    """A network trained on ``patches``; the loss leaves out the classes not ``answered``."""
    torch.manual_seed(seed)
    random = torch.Generator().manual_seed(seed)
    network = build(architecture(recipe))
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    per_cell = nn.Conv2d(network.num_features, len(CLASSES), 1)  # reads the pixel maps; training only
    parameters = [*network.parameters(), *per_cell.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=recipe.steps, pct_start=0.15)
    kept = copy.deepcopy(network).eval()
    counted = torch.from_numpy(answered).float()
    stream = batches(Samples.of(patches), recipe, random)
    network.train()
    for step in range(recipe.steps):
        image, target, weight, cells = next(stream)
        share = float(torch.distributions.Beta(recipe.mixup, recipe.mixup).sample()) if recipe.mixup else 1.0
        other = torch.randperm(len(image), generator=random)
        image, target, weight, cells = (share * t + (1 - share) * t[other] for t in (image, target, weight, cells))
        # bfloat16 halves the time where the processor has it; the weights stay float32.
        with torch.autocast("cpu", torch.bfloat16):
            features = network.forward_map(image.contiguous(memory_format=torch.channels_last)).float()
        logits = network.fc(features.mean((2, 3)))
        soft = target * (1 - 2 * recipe.smoothing) + recipe.smoothing
        loss = (F.binary_cross_entropy_with_logits(logits, soft, reduction="none") * weight * counted).sum(
            1
        ).mean() / counted.sum()
        shares = F.adaptive_avg_pool2d(cells, (features.shape[2], features.shape[3]))
        loss = loss - recipe.pixel_weight * (shares * F.log_softmax(per_cell(features), 1)).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        # The mean forgets its random start: its memory grows to 1 / (1 - average) steps.
        _blend(kept, network, 1 - min(recipe.average, (1 + step) / (10 + step)))
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
    return network(Samples.of(patches).images).numpy()


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
