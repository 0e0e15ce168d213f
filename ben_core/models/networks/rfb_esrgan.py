"""The RFB-ESRGAN generator of the SR-ResNet50 project: RGB in [-1, 1] to RGB in [-1, 1], eight times as fine.

Parameter names are those of its checkpoints (conv_first, trunk_a.0.db1.conv1, trunk_rfb.0.rfb1.branch1.1,
rfb_up, upsample.0, conv_final.2): they load strictly. The same names, and the same weights, were run as two
different networks, which no checkpoint tells apart:

            RFB                           activation   trunk
trained     0.2 * fusion(branches) + x    ReLU         + output of the first convolution
deployed    LeakyReLU(fusion(branches))   LeakyReLU    -

"trained" is what the classifier was trained upon (majprojsuper_new.ipynb), "deployed" what the published
app runs (new-classifier-deployment/app.py) and what the generator itself was trained as
(majProjUltra.ipynb; all three in the repository Sudarshan-Hegde/Geo-Agri-Analyst). It is a small relative of
the network of the literature (Shang et al., arXiv 2005.12597), which enlarges sixteen times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ModelError
from . import check_keys, is_count
from .base import Network

VARIANTS = ("trained", "deployed")
SCALE = 8
RESIDUAL = 0.2
SLOPE = 0.2  # of LeakyReLU
# Pixels of the input around a pixel that ``rise`` looks at: one for each of its convolutions, the finer the less.
RISE_REACH = 2


def _activation(variant: str) -> nn.Module:
    return nn.ReLU() if variant == "trained" else nn.LeakyReLU(SLOPE)


class RFB(nn.Module):
    """Receptive field block: three pooled, dilated branches of 1/4, 3/8 and 3/8 of the channels, fused."""

    def __init__(self, width: int, variant: str) -> None:
        super().__init__()
        shares = (width // 4, 3 * width // 8, 3 * width // 8)
        self.branch1, self.branch2, self.branch3 = (
            nn.Sequential(
                nn.AvgPool2d(2 * k + 1, stride=1, padding=k),
                nn.Conv2d(width, share, 1),
                nn.ReLU(),
                nn.Conv2d(share, share, 3, padding=k, dilation=k),
                nn.ReLU(),
            )
            for k, share in enumerate(shares, 1)
        )
        self.conv_concat = nn.Sequential(nn.Conv2d(width, width, 1))
        self.residual = variant == "trained"

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_concat(torch.cat([self.branch1(x), self.branch2(x), self.branch3(x)], 1))
        return y * RESIDUAL + x if self.residual else F.leaky_relu(y, SLOPE)


class DenseBlock(nn.Module):
    """Five convolutions, each of which sees the input and all outputs before it."""

    def __init__(self, width: int, variant: str) -> None:
        super().__init__()
        growth = width // 2
        for i in range(5):
            setattr(self, f"conv{i + 1}", nn.Conv2d(width + i * growth, growth if i < 4 else width, 3, padding=1))
        self.activation = _activation(variant)

    def forward(self, x: Tensor) -> Tensor:
        seen = x
        for i in range(1, 5):
            seen = torch.cat([seen, self.activation(self.get_submodule(f"conv{i}")(seen))], 1)
        return self.get_submodule("conv5")(seen) * RESIDUAL + x


class _Chain(nn.Module):
    """Blocks one after the other, under numbered names, and a damped residual around them."""

    def __init__(self, name: str, blocks: list[nn.Module]) -> None:
        super().__init__()
        for i, block in enumerate(blocks, 1):
            self.add_module(f"{name}{i}", block)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for block in self.children():
            y = block(y)
        return y * RESIDUAL + x


class Generator(nn.Module):
    """Images (N, 3, h, w) to (N, 3, 8 h, 8 w), both in [-1, 1]; any h and w.

    rrdb, rrfdb  residual dense blocks (three DenseBlocks each) and residual RFB blocks (five RFBs each)
    width        channels, a multiple of 8
    """

    def __init__(self, variant: str, rrdb: int = 12, rrfdb: int = 6, width: int = 64) -> None:
        super().__init__()
        self.width = width
        self.conv_first = nn.Conv2d(3, width, 3, padding=1)
        self.trunk_a = nn.Sequential(
            *(_Chain("db", [DenseBlock(width, variant) for _ in range(3)]) for _ in range(rrdb))
        )
        self.trunk_rfb = nn.Sequential(*(_Chain("rfb", [RFB(width, variant) for _ in range(5)]) for _ in range(rrfdb)))
        self.rfb_up = RFB(width, variant)
        self.upsample = nn.Sequential(
            *(
                m
                for _ in range(3)
                for m in (nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2), _activation(variant))
            )
        )
        self.conv_final = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.LeakyReLU(SLOPE), nn.Conv2d(width, 3, 3, padding=1)
        )
        self.skip = variant == "trained"

    def forward(self, x: Tensor) -> Tensor:
        return self.rise(self.trunk(x))

    def trunk(self, x: Tensor) -> Tensor:
        """All that happens at the input's resolution: (N, width, h, w)."""
        first = self.conv_first(x)
        y = self.rfb_up(self.trunk_rfb(self.trunk_a(first)))
        return y + first if self.skip else y

    def rise(self, y: Tensor) -> Tensor:
        """What the trunk found, enlarged to the image. It looks ``RISE_REACH`` pixels of the input far."""
        return torch.tanh(self.conv_final(self.upsample(y)))

    @property
    def reach(self) -> int:
        """How many pixels of the input away a pixel can change the answer at most: 369 in the published network.

        Fifteen 3x3 convolutions in an RRDB, six pixels (pooling 3, dilation 3) in an RFB.
        """
        return 1 + 15 * len(self.trunk_a) + 6 * (5 * len(self.trunk_rfb) + 1) + RISE_REACH


class SuperResolution(Network):
    """A generator by itself. It labels nothing; its features are the means of its trunk, (N, width)."""

    def __init__(self, sr_model: Generator) -> None:
        super().__init__()
        self.sr_model = sr_model

    def forward_features(self, x: Tensor) -> Tensor:
        """x: reflectance in [0, 1], (N, 3, h, w) in the order red, green, blue."""
        return self.sr_model.trunk(x * 2 - 1).mean((2, 3))

    def classify(self, features: Tensor) -> Tensor:
        return features[:, :0]


GENERATOR_KEYS = {"variant", "rrdb", "rrfdb", "width"}


def generator(a: Mapping[str, Any]) -> Generator:
    """The generator of {"variant": "trained" | "deployed"} and, optional, "rrdb" (12), "rrfdb" (6), "width" (64).
    Raises ModelError."""
    if a.get("variant") not in VARIANTS:
        raise ModelError(
            f"The model card's RFB-ESRGAN has the variant {a.get('variant')!r}.",
            "Known are: " + ", ".join(VARIANTS) + ".",
        )
    # The upper ends only keep a broken card from asking for terabytes.
    for key, most, default in (("rrdb", 64, 12), ("rrfdb", 64, 6), ("width", 512, 64)):
        if not is_count(a.get(key, default), most):
            raise ModelError(f"The model card's RFB-ESRGAN has {key} {a[key]!r}; needed is a number from 1 to {most}.")
    width = a.get("width", 64)
    if width % 8:
        raise ModelError(f"The model card's RFB-ESRGAN has width {width}; needed is a multiple of 8.")
    return Generator(a["variant"], a.get("rrdb", 12), a.get("rrfdb", 6), width)


def from_architecture(a: Mapping[str, Any]) -> SuperResolution:
    """See ``generator``. Raises ModelError."""
    check_keys(a, GENERATOR_KEYS)
    return SuperResolution(generator(a))
