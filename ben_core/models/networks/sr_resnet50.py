"""SR-ResNet50: an RFB-ESRGAN generator, and a ResNet-50 that looks at what it made up.

The order of things is that of the origin (majprojsuper_new.ipynb in Sudarshan-Hegde/Geo-Agri-Analyst): the
patch as an 8-bit picture, reduced to 32 x 32 by Pillow's bicubic filter, to [-1, 1], enlarged to 256 x 256,
bilinear to 224 x 224, and without further normalisation into torchvision's ResNet-50, whose last layer is
Dropout, 2048 to 512, ReLU, Dropout, 512 to 19.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ModelError
from . import check_keys, is_count
from .base import Network
from .resnet import ResNet
from .rfb_esrgan import GENERATOR_KEYS, Generator, generator

LOW = 32  # side of the image that the generator takes
SEEN = 224  # side of the image that the ResNet takes


class SRResNet50(Network):
    """Images (N, 3, size, size), reflectance in [0, 1] in the order red, green, blue, to logits (N, num_classes).

    layers  blocks of the ResNet's stages, ``resnet_width`` its first channels: (3, 4, 6, 3) and 64
    hidden  channels between the two linear layers: 512
    """

    low: Tensor

    def __init__(
        self,
        sr_model: Generator,
        num_classes: int,
        size: int = 120,
        layers: tuple[int, ...] = (3, 4, 6, 3),
        resnet_width: int = 64,
        hidden: int = 512,
    ) -> None:
        super().__init__()
        self.sr_model = sr_model
        self.backbone = ResNet("bottleneck", layers, 3, 0, resnet_width)
        self.num_features = self.backbone.num_features
        self.backbone.fc = nn.Sequential(
            nn.Dropout(0.4),
            nn.Linear(self.num_features, hidden),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(hidden, num_classes),
        )
        self.register_buffer("low", torch.from_numpy(pillow_bicubic(size, LOW)), persistent=False)

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features of the ResNet (N, num_features)."""
        return self.backbone.forward_features(self.enlarged(self.reduced(x)))

    def classify(self, features: Tensor) -> Tensor:
        return self.backbone.classify(features)

    def reduced(self, x: Tensor) -> Tensor:
        """The picture (N, 3, 32, 32) in [-1, 1] that the origin hands to the generator."""
        picture = (x * 255).floor()
        # Pillow reduces the rows, rounds to 8 bits, and then the columns.
        picture = _eight_bits(picture @ self.low.T)
        picture = _eight_bits(self.low @ picture)
        return picture / 255 * 2 - 1

    def enlarged(self, x: Tensor) -> Tensor:
        """What the ResNet sees: (N, 3, 224, 224). The generator was frozen in the origin's training, and is here."""
        with torch.no_grad():
            image = self.sr_model(x)
            return F.interpolate(image, size=(SEEN, SEEN), mode="bilinear", align_corners=False)


def _eight_bits(x: Tensor) -> Tensor:
    return (x + 0.5).floor().clamp(0, 255)


def pillow_bicubic(size: int, to: int) -> np.ndarray:
    """The weights of Pillow's bicubic reduction of one axis: float32 (to, size), each row sums to 1.

    Pillow widens the kernel (a = -0.5) by the factor of the reduction and leaves out what lies beyond the
    border (precompute_coeffs in src/libImaging/Resample.c).
    """
    factor = max(size / to, 1.0)
    centre = (np.arange(to) + 0.5) * size / to
    pixel = np.arange(size) + 0.5
    # Pillow cuts the support at whole pixels.
    first = np.maximum((centre - 2 * factor + 0.5).astype(int), 0)
    last = np.minimum((centre + 2 * factor + 0.5).astype(int), size)
    d = np.abs(pixel - centre[:, None]) / factor
    a = -0.5
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    far = ((d - 5) * d + 8) * d * a - 4 * a
    weights = np.where(d < 1, near, np.where(d < 2, far, 0.0))
    index = np.arange(size)
    weights[(index < first[:, None]) | (index >= last[:, None])] = 0.0
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def from_architecture(a: Mapping[str, Any]) -> SRResNet50:
    """{"variant": "trained" | "deployed", "num_classes": 19} and, optional, the other keys of ``generator``,
    "size" (120), "layers" ([3, 4, 6, 3]), "resnet_width" (64) and "hidden" (512). Raises ModelError."""
    check_keys(a, GENERATOR_KEYS | {"num_classes", "size", "layers", "resnet_width", "hidden"})
    layers = a.get("layers", [3, 4, 6, 3])
    if not isinstance(layers, (list, tuple)) or len(layers) != 4 or not all(is_count(n, 64) for n in layers):
        raise ModelError(
            f"The model card's SR-ResNet50 has the layers {layers!r}; needed are four counts from 1 to 64."
        )
    # The upper ends only keep a broken card from asking for terabytes.
    limits = (("num_classes", 4096, None), ("size", 1200, 120), ("resnet_width", 512, 64), ("hidden", 8192, 512))
    for key, most, default in limits:
        if not is_count(a.get(key, default), most):
            raise ModelError(
                f"The model card's SR-ResNet50 has {key} {a.get(key)!r}; needed is a number from 1 to {most}."
            )
    return SRResNet50(
        generator(a),
        a["num_classes"],
        a.get("size", 120),
        tuple(layers),
        a.get("resnet_width", 64),
        a.get("hidden", 512),
    )
