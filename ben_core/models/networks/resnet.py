"""ResNet v1.5 under the parameter names of torchvision and timm.

The names (conv1, bn1, layer1.0.conv1, ..., layer2.0.downsample.0, fc) are a contract: published
weights of resnet18, resnet50 and resnet101 load strictly. "v1.5" puts the stride of a bottleneck
on its 3x3 convolution, as both libraries do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ModelError
from . import check_keys, is_count
from .base import Network


class DropPath(nn.Module):
    """Leave a residual branch out for a random share ``rate`` of the samples, in training only."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if self.rate == 0.0 or not self.training:
            return x
        keep = 1.0 - self.rate
        return x * x.new_empty(x.shape[0], 1, 1, 1).bernoulli_(keep).div_(keep)


def _conv(in_chans: int, out_chans: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_chans, out_chans, kernel, stride, padding=kernel // 2, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_chans: int, planes: int, stride: int, drop_path: float) -> None:
        super().__init__()
        self.conv1 = _conv(in_chans, planes, 3, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = _conv(planes, planes, 3)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = _shortcut(in_chans, planes, stride)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(self.drop_path(y) + self.downsample(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_chans: int, planes: int, stride: int, drop_path: float) -> None:
        super().__init__()
        out_chans = planes * self.expansion
        self.conv1 = _conv(in_chans, planes, 1)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = _conv(planes, planes, 3, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = _conv(planes, out_chans, 1)
        self.bn3 = nn.BatchNorm2d(out_chans)
        self.downsample = _shortcut(in_chans, out_chans, stride)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(self.drop_path(y) + self.downsample(x))


def _shortcut(in_chans: int, out_chans: int, stride: int) -> nn.Module:
    if stride == 1 and in_chans == out_chans:
        return nn.Identity()
    return nn.Sequential(_conv(in_chans, out_chans, 1, stride), nn.BatchNorm2d(out_chans))


_BLOCKS: dict[str, type[BasicBlock] | type[Bottleneck]] = {"basic": BasicBlock, "bottleneck": Bottleneck}


class ResNet(Network):
    """Images (N, in_chans, H, W) to logits (N, num_classes); with no classes, to features alone.

    block      "basic" (resnet18, 34) or "bottleneck" (resnet50, 101, 152)
    layers     blocks of the four stages, e.g. (2, 2, 2, 2)
    width      channels of the stem; stage k works on width * 2**k channels (64 in the published networks)
    drop_path  share of skipped residual branches of the last block; it grows linearly from 0
    """

    fc: nn.Module | None
    layer1: nn.Module
    layer2: nn.Module
    layer3: nn.Module
    layer4: nn.Module

    def __init__(
        self,
        block: str,
        layers: Sequence[int],
        in_chans: int,
        num_classes: int,
        width: int = 64,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        Block = _BLOCKS[block]
        last = max(sum(layers) - 1, 1)
        rates = (drop_path * i / last for i in range(sum(layers)))
        self.conv1 = nn.Conv2d(in_chans, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        chans = width
        for k, depth in enumerate(layers):
            planes = width * 2**k
            stage = []
            for i in range(depth):
                stage.append(Block(chans, planes, stride=2 if k and i == 0 else 1, drop_path=next(rates)))
                chans = planes * Block.expansion
            setattr(self, f"layer{k + 1}", nn.Sequential(*stage))
        self.num_features = chans
        self.fc = nn.Linear(chans, num_classes) if num_classes else None
        self._initialise(".bn3" if Block is Bottleneck else ".bn2")

    def _initialise(self, last_norm: str) -> None:
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            # Each block starts as the identity: the last normalisation of its branch is zero.
            elif isinstance(module, nn.BatchNorm2d) and name.endswith(last_norm):
                nn.init.zeros_(module.weight)

    def forward_maps(self, x: Tensor) -> list[Tensor]:
        """The feature maps of the four stages: (N, C, H / 4, W / 4) to (N, num_features, H / 32, W / 32)."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return maps

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features (N, num_features)."""
        return F.adaptive_avg_pool2d(self.forward_maps(x)[-1], 1).flatten(1)

    def classify(self, features: Tensor) -> Tensor:
        return features[:, :0] if self.fc is None else self.fc(features)


def from_architecture(a: Mapping[str, Any]) -> ResNet:
    """{"block": "basic" | "bottleneck", "layers": [2, 2, 2, 2], "in_chans": 4, "num_classes": 19 (0: none)} and,
    optional, "width" (64) and "drop_path" (0.0). Raises ModelError."""
    check_keys(a, {"block", "layers", "width", "in_chans", "num_classes", "drop_path"})
    layers = a.get("layers")
    if a.get("block") not in tuple(_BLOCKS):
        raise ModelError(f"The model card's ResNet has the block {a.get('block')!r}.", "Known are: basic, bottleneck.")
    if not isinstance(layers, (list, tuple)) or len(layers) != 4 or not all(is_count(n, 64) for n in layers):
        raise ModelError(f"The model card's ResNet has the layers {layers!r}; needed are four counts from 1 to 64.")
    # The upper ends only keep a broken card from asking for terabytes.
    for key, most, default in (("in_chans", 64, None), ("width", 512, 64)):
        if not is_count(a.get(key, default), most):
            raise ModelError(f"The model card's ResNet has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    classes = a.get("num_classes")
    if not (is_count(classes, 4096) or (classes == 0 and type(classes) is int)):
        raise ModelError(f"The model card's ResNet has num_classes {classes!r}; needed is a number from 0 to 4096.")
    drop_path = a.get("drop_path", 0.0)
    if isinstance(drop_path, bool) or not isinstance(drop_path, (int, float)) or not 0 <= drop_path < 1:
        raise ModelError(f"The model card's ResNet has drop_path {drop_path!r}; needed is a number from 0 to below 1.")

    return ResNet(a["block"], layers, a["in_chans"], a["num_classes"], a.get("width", 64), float(drop_path))
