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
from .networks.base import Network
from .resampling import bicubic_tf1


class Preprocess(nn.Module):
    """One tensor a band, each (N, h, w) at its native size, to an image (N, bands, size, size).

    The tensors come in card order, uint16 or int32 (DN) or float32 (dB). Each is resampled as its
    card entry says; at h = w = size that changes nothing, and "nearest" at a whole factor
    repeats pixels. Then x = (value - mean) / std, and the image is resized where the card says so.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, inputs: Sequence[BandInput], size: int, resize: int | None = None) -> None:
        super().__init__()
        self.size = size
        self.resize = resize
        self.inputs = tuple(inputs)
        # Not persistent: a state dict holds the network's own keys and nothing else.
        self.register_buffer(
            "mean", torch.tensor([b.mean for b in inputs], dtype=torch.float32).view(1, -1, 1, 1), persistent=False
        )
        self.register_buffer(
            "std", torch.tensor([b.std for b in inputs], dtype=torch.float32).view(1, -1, 1, 1), persistent=False
        )

    def forward(self, *bands: Tensor) -> Tensor:
        if len(bands) != len(self.inputs):
            raise ValueError(f"{len(bands)} bands given, {len(self.inputs)} needed")
        image = torch.cat([self._resampled(x, b) for x, b in zip(bands, self.inputs, strict=True)], dim=1)
        image = (image - self.mean) / self.std
        if self.resize is None:
            return image
        return F.interpolate(image, size=(self.resize, self.resize), mode="bilinear", align_corners=False)

    def _resampled(self, band: Tensor, b: BandInput) -> Tensor:
        x = band.unsqueeze(1).to(self.mean.dtype)
        if b.clip is not None:
            x = x.clamp(*b.clip)
        if b.resampling == "nearest":
            return F.interpolate(x, size=(self.size, self.size), mode="nearest")
        if b.resampling == "bicubic-tf1":
            return bicubic_tf1(x, self.size)
        return F.interpolate(x, size=(self.size, self.size), mode=b.resampling, align_corners=False)


class Graph(nn.Module):
    """Preprocessing and network in one: bands in card order to (logits (N, classes), features (N, D)).

    ``network`` comes from ``networks.build``: it answers ``forward_features(x) -> (N, D)`` and
    ``classify(features) -> (N, classes)``.
    """

    def __init__(self, card: ModelCard, network: Network) -> None:
        super().__init__()
        self.preprocess = Preprocess(card.inputs, card.size, card.resize)
        self.network = network

    def forward(self, *bands: Tensor) -> tuple[Tensor, Tensor]:
        features = self.network.forward_features(self.preprocess(*bands))
        return self.network.classify(features), features
