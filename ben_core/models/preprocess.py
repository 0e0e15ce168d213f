"""The preprocessing that belongs to a model, as part of its graph: native integers in, logits out.

Resampling and normalisation inside the graph mean that what crosses to the device is what the
scene stores, and that every runtime prepares its input in the same way.

DN 0 (Sentinel-2's nodata) is no special value here: it is normalised like any other number, as in
the training of the published networks (ConfigILM neither masks nor clips). Whether a patch holds
enough valid pixels to be answered at all is decided before it comes here.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .card import BandInput, ModelCard
from .networks.resnet import ResNet


class Preprocess(nn.Module):
    """One tensor a band, each (N, h, w) at its native size, to an image (N, bands, size, size).

    The tensors come in card order, uint16 or int32 (DN) or float32 (dB). Each is resampled as its
    card entry says; at h = w = size that changes nothing, and "nearest" at a whole factor
    repeats pixels. Then x = (value - mean) / std.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, inputs: Sequence[BandInput], size: int) -> None:
        super().__init__()
        self.size = size
        self.resamplings = tuple(b.resampling for b in inputs)
        # Not persistent: a state dict holds the network's own keys and nothing else.
        self.register_buffer(
            "mean", torch.tensor([b.mean for b in inputs], dtype=torch.float32).view(1, -1, 1, 1), persistent=False
        )
        self.register_buffer(
            "std", torch.tensor([b.std for b in inputs], dtype=torch.float32).view(1, -1, 1, 1), persistent=False
        )

    def forward(self, *bands: Tensor) -> Tensor:
        if len(bands) != len(self.resamplings):
            raise ValueError(f"{len(bands)} bands given, {len(self.resamplings)} needed")
        image = torch.cat([self._resized(x, how) for x, how in zip(bands, self.resamplings, strict=True)], dim=1)
        return (image - self.mean) / self.std

    def _resized(self, band: Tensor, how: str) -> Tensor:
        x = band.unsqueeze(1).to(self.mean.dtype)
        if how == "nearest":
            return F.interpolate(x, size=(self.size, self.size), mode="nearest")
        return F.interpolate(x, size=(self.size, self.size), mode=how, align_corners=False)


class Graph(nn.Module):
    """Preprocessing and network in one: bands in card order to (logits (N, classes), features (N, D)).

    ``network`` comes from ``networks.build``: it answers ``forward_features`` and holds its classifier as ``fc``.
    """

    def __init__(self, card: ModelCard, network: ResNet) -> None:
        super().__init__()
        self.preprocess = Preprocess(card.inputs, card.size)
        self.network = network

    def forward(self, *bands: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.forward_features(self.preprocess(*bands))
        return self.network.fc(features), features
