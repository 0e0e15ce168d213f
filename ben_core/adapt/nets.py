"""The network of a model as something that learns: loaded from its card, asked for answers, features and views."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import ModelError
from ..models.card import ModelCard, Weights
from ..models.export import dtype_of
from ..models.model import find_card, probabilities, verify_weights
from ..models.preprocess import Graph
from ..models.runtime import Bands, torch_device
from ..models.torch_runtime import load_graph
from .pseudo import centred, softmax
from .types import VIEWS, TargetPatches, Views

BATCH = 32  # fixed: answers must not depend on what fits


@dataclass(frozen=True)
class Start:
    """The model that is adapted: its card, the file of its PyTorch weights, and where it runs."""

    card: ModelCard
    path: Path
    weights: Weights
    device: torch.device
    why: str

    def graph(self) -> Graph:
        """Its network with its weights, in evaluation mode, on the device."""
        graph = load_graph(self.card, self.path)
        if not any(p.requires_grad for p in graph.parameters()):
            raise ModelError(f"Model {self.card.name!r} has no weights that could learn.", "Choose another --model.")
        return graph.to(self.device)


def start_of(model: str, device: str = "auto", threads: int = 1) -> Start:
    """Raises ModelError where the model has nothing that can be trained, saying which weights are needed."""
    card = find_card(model)
    weights = next((w for w in card.weights if w.runtime == "torch" and w.precision == "fp32"), None)
    if weights is None or not card.architecture:
        found = ", ".join(sorted({w.runtime for w in card.weights})) or "no"
        raise ModelError(
            f"Model {card.name!r} cannot be adapted: it has {found} weights only, and neither trainable weights nor features can be taken from these.",
            "Needed are PyTorch weights (NAME.safetensors, fp32) with the network's architecture in the card: get the "
            "model from its own files with `ben models import`, or choose another.",
            "untrainable",
        )
    if not card.classes:
        raise ModelError(f"Model {card.name!r} gives features and names no classes.", "Fine-tune it with `ben train`.")
    path = (card.folder or Path()) / weights.file
    verify_weights(path, weights)
    name, why = torch_device(device)
    where = torch.device(name)
    if where.type == "cpu":
        torch.set_num_threads(threads)
    return Start(card, path, weights, where, why)


def trained_classes(card: ModelCard) -> np.ndarray:
    """bool (C,): the classes that the model was given evidence of."""
    return np.array([c not in card.untrained for c in card.classes], bool)


def tensors(card: ModelCard, bands: Bands, device: torch.device) -> list[Tensor]:
    """One tensor an input in card order; DN as int32, which every operation takes."""
    arrays = (
        np.asarray(bands[b.name]).astype(np.int32 if dtype_of(b) == np.uint16 else np.float32) for b in card.inputs
    )
    return [torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays]


def confidence(card: ModelCard, p: np.ndarray, method: str) -> np.ndarray:
    """(N, C) what pseudo-labels are chosen by: one distribution a patch, or each class against its threshold."""
    if method != "tong":
        return centred(p, card.thresholds)
    return p if card.activation == "softmax" else softmax(p, trained_classes(card))


@torch.no_grad()
def answer(graph: Graph, card: ModelCard, bands: Bands) -> tuple[np.ndarray, np.ndarray]:
    """(p (N, C), features (N, D)) float32 of a batch; the graph is in evaluation mode. Raises ModelError on NaN."""
    device = next(graph.parameters()).device
    logits, features = (x.float().cpu().numpy() for x in graph(*tensors(card, bands, device)))
    if not (np.isfinite(logits).all() and np.isfinite(features).all()):
        raise ModelError(
            f"Model {card.name!r} answers NaN or infinity.",
            "Its weights are broken, or the scene's pixels are far from what it knows.",
        )
    return probabilities(card, logits), features


def answers(graph: Graph, card: ModelCard, target: TargetPatches, indices: np.ndarray) -> np.ndarray:
    """float32 (n, C): probabilities of these patches."""
    found = [answer(graph, card, target.read(part))[0] for part in in_batches(indices)]
    return np.concatenate(found) if found else np.zeros((0, len(card.classes)), np.float32)


def views_of(graph: Graph, card: ModelCard, target: TargetPatches, indices: Sequence[int] | np.ndarray) -> Views:
    """What the network says of these patches as they are, turned and mirrored."""
    p, features = [], []
    for part in in_batches(np.asarray(indices)):
        bands = target.read(part)
        said = [answer(graph, card, turn(bands, view)) for view in range(VIEWS)]
        p.append(np.stack([s[0] for s in said], 1))
        features.append(said[0][1])
    if not p:
        return Views(np.zeros((0, VIEWS, len(card.classes)), np.float32), np.zeros((0, 0), np.float32))
    return Views(np.concatenate(p), np.concatenate(features))


def turn(bands: Bands, view: int) -> dict[str, np.ndarray]:
    """Patches (N, h, w) a band under view 0 to 7: turned by ``view`` quarters, from 4 on mirrored as well."""

    def turned(x: np.ndarray) -> np.ndarray:
        x = np.rot90(x, view % 4, axes=(1, 2))
        return x[:, :, ::-1] if view >= 4 else x

    return {name: turned(x) for name, x in bands.items()}


def in_batches(indices: np.ndarray, size: int = BATCH) -> Iterator[np.ndarray]:
    for first in range(0, len(indices), size):
        yield indices[first : first + size]


@contextmanager
def repeatable() -> Iterator[None]:
    """cuDNN chooses the same kernels every time."""
    before = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before
