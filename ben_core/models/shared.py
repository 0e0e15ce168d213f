"""Overlapping windows through a ResNet whose convolutions are computed once for all of them.

A window by itself is convolved with zeros around it, and its features are the mean over its own 4 x 4 cells of 32 px.
Here the trunk runs over the whole strip: a window's features are the mean over cells that lie as its own would, which
between two cells are interpolated. So what is near a window's border is seen in the light of what is beyond it, and the
answers are not those of each window by itself; how far they are from them is measured in docs/regions.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import JobError, ModelError
from .card import BandInput, ModelCard
from .model import find_card, probabilities, verify_weights
from .networks.resnet import ResNet
from .networks.resnet_stats import FLOOR, StatsResNet
from .runtime import Placement, place
from .torch_runtime import load_graph

CELL = 32  # px: what the trunk of a ResNet makes one cell of
BLOCK = 1024  # px of the resampled strip across that are convolved at a time
WINDOWS = 256  # whose statistics are computed at a time


class SharedModel:
    """Made by ``load_shared``; answers windows of a strip. ``version`` names what computes.

    ``turn`` is held while the device computes: where several scenes share the model, a lock.
    """

    turn: AbstractContextManager[object] = nullcontext()

    def __init__(self, card: ModelCard, path: Path, placement: Placement, sha256: str, threads: int) -> None:
        self.card, self.placement, self.sha256, self.file = card, placement, sha256, path.name
        self.version = f"torch {torch.__version__}"
        self.device = torch.device(placement.device)
        if self.device.type == "cpu":
            torch.set_num_threads(threads)
        graph = load_graph(card, path).to(self.device)
        self.preprocess = graph.preprocess
        _require_shareable(card, graph.network)
        assert isinstance(graph.network, (ResNet, StatsResNet))
        self.network: ResNet | StatsResNet = graph.network
        self.trunk: ResNet = self.network if isinstance(self.network, ResNet) else self.network.backbone

    def answer(
        self, bands: Mapping[str, np.ndarray], steps: Mapping[str, int], tops: np.ndarray, lefts: np.ndarray, side: int
    ) -> np.ndarray:
        """Probabilities, float32 (N, classes), of windows of ``side`` px at (tops[i], lefts[i]) of a strip.

        bands  (rows, columns) a band at native size, beginning at one corner; ``steps``: 10 m pixels a native pixel
        tops, lefts, side  in 10 m pixels of the strip; windows lie inside it
        """
        with self.turn, torch.inference_mode():
            return self._answer(bands, steps, tops, lefts, side)

    def _answer(
        self, bands: Mapping[str, np.ndarray], steps: Mapping[str, int], tops: np.ndarray, lefts: np.ndarray, side: int
    ) -> np.ndarray:
        found = np.empty((len(tops), len(self.card.classes)), np.float32)
        if not len(tops):
            return found
        scale = self.card.size / side
        unit = max(steps.values())
        across = max(int(BLOCK / scale), side)
        for begin in range(int(lefts.min()), int(lefts.max()) + 1, across):
            here = np.flatnonzero((lefts >= begin) & (lefts < begin + across))
            if not here.size:
                continue
            x0, x1 = int(lefts[here].min()) // unit * unit, int(lefts[here].max()) + side
            image = self._image({n: a[:, x0 // steps[n] : -(-x1 // steps[n])] for n, a in bands.items()}, steps, scale)
            y, x = tops[here] * scale, (lefts[here] - x0) * scale
            logits = self.network.classify(self._features(image, y, x))
            if not bool(torch.isfinite(logits).all()):
                raise ModelError(f"Model {self.card.name!r} answers NaN or infinity.", "Its weights are broken.")
            found[here] = probabilities(self.card, logits.float().cpu().numpy())
        return found

    def _image(self, bands: Mapping[str, np.ndarray], steps: Mapping[str, int], scale: float) -> Tensor:
        """(1, bands, rows, columns) normalised, ``scale`` network pixels a pixel of 10 m."""
        height = min(a.shape[0] * steps[n] for n, a in bands.items())
        width = min(a.shape[1] * steps[n] for n, a in bands.items())
        layers = []
        for b in self.card.inputs:
            x = torch.from_numpy(np.ascontiguousarray(bands[b.name])).to(self.device)[None, None].float()
            if b.clip is not None:
                x = x.clamp(*b.clip)
            x = x[..., : height // steps[b.name], : width // steps[b.name]]
            layers.append(_resized(x, b, steps[b.name], (height, width), scale))
        image = torch.cat(layers, dim=1)
        return (image - self.preprocess.mean) / self.preprocess.std

    def _features(self, image: Tensor, y: np.ndarray, x: np.ndarray) -> Tensor:
        last = self.trunk.forward_maps(image)[-1]
        if isinstance(self.network, ResNet):
            return _pooled(last, y, x, self.card.size)
        net = self.network
        shares = _pooled(net.cells(last).softmax(1), y, x, self.card.size)
        hidden = torch.cat(
            [self._hidden(image, y[i : i + WINDOWS], x[i : i + WINDOWS]) for i in range(0, len(y), WINDOWS)]
        )
        return torch.cat([_pooled(last, y, x, self.card.size), (shares + FLOOR).log(), hidden], 1)

    def _hidden(self, image: Tensor, y: np.ndarray, x: np.ndarray) -> Tensor:
        """The part that statistics of the pixels themselves have in the features: exact, a window at a time."""
        assert isinstance(self.network, StatsResNet)
        net, size = self.network, self.card.size
        corners = zip(np.rint(y).astype(int).tolist(), np.rint(x).astype(int).tolist(), strict=True)
        windows = torch.stack([image[0, :, t : t + size, s : s + size] for t, s in corners])
        numbers: Tensor = ((net.statistics(windows) - net.centre) / net.spread).clamp(-4, 4)
        return F.relu(net.hidden(numbers))


def load_shared(name: str, *, device: str = "auto", precision: str = "auto", threads: int = 1) -> SharedModel:
    """Raises JobError or ModelError where the model cannot share convolutions, in words that say why."""
    card = find_card(name)
    if precision not in ("auto", "fp32"):
        raise JobError("--shared-convolution computes in fp32.", "Leave out --precision.")
    if not any(w.runtime == "torch" for w in card.weights):
        raise ModelError(
            f"Model {card.name!r} has no PyTorch weights, and an ONNX file takes windows of one size only.",
            "Leave out --shared-convolution.",
        )
    placement, weights = place(card, "torch", device, "fp32")
    path = (card.folder or Path()) / weights.file
    verify_weights(path, weights)
    return SharedModel(card, path, placement, weights.sha256, threads)


def _require_shareable(card: ModelCard, network: object) -> None:
    why = ""
    if not isinstance(network, (ResNet, StatsResNet)):
        why = f"its network ({card.architecture.get('family')}) is not one whose windows can share a map of features"
    elif card.resize is not None:
        why = f"it takes images resized to {card.resize} px"
    elif any(b.resampling == "bicubic-tf1" for b in card.inputs):
        why = "it resamples bands as TensorFlow 1 does, from the corner of each window"
    elif card.size % 8:
        why = f"its patches of {card.size} px fit no whole cells"
    if why:
        raise ModelError(
            f"Model {card.name!r} cannot share convolutions: {why}.", "Leave out --shared-convolution: exact, slower."
        )


def _resized(x: Tensor, band: BandInput, step: int, shape: tuple[int, int], scale: float) -> Tensor:
    """(1, 1, h, w) native pixels on the network's pixels."""
    size = round(shape[0] * scale), round(shape[1] * scale)
    if scale * step < 1:  # means over the pixels that a new one covers
        return F.interpolate(x, size=size, mode="area")
    if scale * step == 1:
        return x
    if scale == 1:
        smooth = {} if band.resampling == "nearest" else {"align_corners": False}
        return F.interpolate(x, size=size, mode=band.resampling, **smooth)
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def _pooled(maps: Tensor, y: np.ndarray, x: np.ndarray, size: int) -> Tensor:
    """(N, C): means over the cells of windows of ``size`` px at (y[i], x[i]) of maps (1, C, h, w).

    A window's cells lie at 0, 32, 64 ... px from its corner; between cells of the map it is interpolated.
    """
    cells = -(-size // CELL)
    (tops, row), (lefts, col) = (np.unique(v, return_inverse=True) for v in (y, x))
    down, across = (_weights(v / CELL, cells, n, maps) for v, n in zip((tops, lefts), maps.shape[2:], strict=True))
    grid = torch.einsum("yh,chw->cyw", down, maps[0].float())
    grid = torch.einsum("cyw,xw->cyx", grid, across)
    return grid[:, torch.from_numpy(row), torch.from_numpy(col)].T


def _weights(start: np.ndarray, cells: int, count: int, like: Tensor) -> Tensor:
    """(N, count): what each of ``count`` cells gives to the mean of ``cells`` cells from ``start`` on."""
    at = torch.arange(count, device=like.device, dtype=torch.float32)
    places = torch.from_numpy(start).to(like.device, torch.float32)[:, None] + torch.arange(cells, device=like.device)
    near = (1 - (places.clamp(max=count - 1)[..., None] - at).abs()).clamp(min=0)
    return near.mean(dim=1)
