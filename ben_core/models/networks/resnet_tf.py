"""ResNet v1 and v2 as TF-Slim builds them, under its own parameter names.

Against torchvision's ResNet: the stride of a block is in its *last* unit, on the 3x3 convolution, and the last
block has none; a unit that keeps its width takes every s-th pixel of its input as shortcut; the pool behind the
first convolution is padded as TensorFlow's SAME. v2 normalises before each convolution and once at the end.

"block1/unit_1/bottleneck_v1/conv1/BatchNorm/gamma" of a checkpoint is "block1.unit_1.conv1.norm.weight" here.
Source of both: tf_slim 1.1.0, nets/resnet_v1.py, resnet_v2.py, resnet_utils.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ModelError
from . import check_keys, is_count
from .base import Network

# tf_slim's arg scope asks for 1e-5; tf.nn.fused_batch_norm of TensorFlow 1, which it ends in, raises that to
# cuDNN's minimum.
EPSILON = 1.001e-5
_VERSION = {"resnet_tf1": 1, "resnet_tf2": 2}


class ConvNorm(nn.Conv2d):
    """Convolution, normalisation and, where wanted, ReLU. Stride 2 pads by explicit zeros on both sides alike."""

    def __init__(self, in_chans: int, out_chans: int, kernel: int, stride: int = 1, relu: bool = True) -> None:
        super().__init__(in_chans, out_chans, kernel, stride, padding=kernel // 2, bias=False)
        self.norm = _norm(out_chans)
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(super().forward(x))
        return F.relu(y) if self.relu else y


class UnitV1(nn.Module):
    """Bottleneck: ReLU after the sum."""

    def __init__(self, in_chans: int, planes: int, stride: int) -> None:
        super().__init__()
        out_chans = 4 * planes
        self.shortcut = (
            _Subsample(stride) if in_chans == out_chans else ConvNorm(in_chans, out_chans, 1, stride, relu=False)
        )
        self.conv1 = ConvNorm(in_chans, planes, 1)
        self.conv2 = ConvNorm(planes, planes, 3, stride)
        self.conv3 = ConvNorm(planes, out_chans, 1, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.shortcut(x) + self.conv3(self.conv2(self.conv1(x))))


class UnitV2(nn.Module):
    """Bottleneck with normalisation and ReLU before its convolutions; a shortcut that widens starts behind them."""

    def __init__(self, in_chans: int, planes: int, stride: int) -> None:
        super().__init__()
        out_chans = 4 * planes
        self.widens = in_chans != out_chans
        self.preact = _norm(in_chans)
        self.shortcut = nn.Conv2d(in_chans, out_chans, 1, stride) if self.widens else _Subsample(stride)
        self.conv1 = ConvNorm(in_chans, planes, 1)
        self.conv2 = ConvNorm(planes, planes, 3, stride)
        self.conv3 = nn.Conv2d(planes, out_chans, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.preact(x))
        return self.shortcut(y if self.widens else x) + self.conv3(self.conv2(self.conv1(y)))


class _Subsample(nn.Module):
    """Every s-th pixel, from the first."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x if self.stride == 1 else F.max_pool2d(x, 1, self.stride)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPSILON)


def max_pool_same(x: Tensor) -> Tensor:
    """TensorFlow's 3x3 max pool of stride 2 with SAME padding: (..., h, w) to (..., ceil(h / 2), ceil(w / 2)).

    An odd side is padded by one pixel at both ends, an even one at its far end only, which is what the open
    windows of ceil_mode stand for.
    """
    return F.max_pool2d(x, 3, 2, padding=(int(x.shape[-2]) % 2, int(x.shape[-1]) % 2), ceil_mode=True)


class SlimResNet(Network):
    """Images (N, in_chans, H, W) to logits (N, num_classes); with no classes, to features alone.

    version  1 or 2
    layers   units of the four blocks: (3, 4, 6, 3), (3, 4, 23, 3) or (3, 8, 36, 3) in the published networks
    width    channels of the first convolution; block k works on width * 2**k (64 in the published networks)
    """

    def __init__(self, version: int, layers: Sequence[int], in_chans: int, num_classes: int, width: int = 64) -> None:
        super().__init__()
        Unit = UnitV1 if version == 1 else UnitV2
        self.conv1 = (
            ConvNorm(in_chans, width, 7, 2) if version == 1 else nn.Conv2d(in_chans, width, 7, stride=2, padding=3)
        )
        chans = width
        for k, depth in enumerate(layers):
            block = nn.Sequential()
            for i in range(depth):
                stride = 2 if i == depth - 1 and k < len(layers) - 1 else 1
                block.add_module(f"unit_{i + 1}", Unit(chans, width * 2**k, stride))
                chans = 4 * width * 2**k
            self.add_module(f"block{k + 1}", block)
        self.blocks = len(layers)
        self.num_features = chans
        self.postnorm = _norm(chans) if version == 2 else None
        self.logits = nn.Linear(chans, num_classes) if num_classes else None

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features (N, num_features)."""
        x = max_pool_same(self.conv1(x))
        for k in range(self.blocks):
            x = self.get_submodule(f"block{k + 1}")(x)
        if self.postnorm is not None:
            x = F.relu(self.postnorm(x))
        return x.mean((2, 3))

    def classify(self, features: Tensor) -> Tensor:
        return features[:, :0] if self.logits is None else self.logits(features)


def from_architecture(a: Mapping[str, Any]) -> SlimResNet:
    """{"family": "resnet_tf1" | "resnet_tf2", "layers": [3, 4, 6, 3], "in_chans": 10, "num_classes": 19 (0: none)}
    and, optional, "width" (64). Raises ModelError."""
    check_keys(a, {"layers", "width", "in_chans", "num_classes"})
    layers, classes = a.get("layers"), a.get("num_classes")
    if not isinstance(layers, (list, tuple)) or len(layers) != 4 or not all(is_count(n, 64) for n in layers):
        raise ModelError(f"The model card's ResNet has the layers {layers!r}; needed are four counts from 1 to 64.")
    # The upper ends only keep a broken card from asking for terabytes.
    for key, most, default in (("in_chans", 64, None), ("width", 512, 64)):
        if not is_count(a.get(key, default), most):
            raise ModelError(f"The model card's ResNet has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    if not (is_count(classes, 4096) or (classes == 0 and type(classes) is int)):
        raise ModelError(f"The model card's ResNet has num_classes {classes!r}; needed is a number from 0 to 4096.")
    return SlimResNet(_VERSION[a["family"]], layers, a["in_chans"], a["num_classes"], a.get("width", 64))
