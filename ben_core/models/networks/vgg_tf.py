"""VGG as TF-Slim builds it for BigEarthNet: fully convolutional, zeros around the 7x7 layer, pooled before the classes.

"vgg_16/conv1/conv1_1/weights" of a checkpoint is "conv1.conv1_1.weight" here.
Source: tf_slim 1.1.0, nets/vgg.py, with fc_conv_padding="SAME" and global_pool=True.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ModelError
from . import check_keys, is_count
from .base import Network


class SlimVGG(Network):
    """Images (N, in_chans, H, W), sides of 32 and more, to logits (N, num_classes).

    layers  convolutions of the five stages: (2, 2, 3, 3, 3) in VGG-16, (2, 2, 4, 4, 4) in VGG-19
    width   channels of the first stage; they double until eightfold (64 in the published networks)
    hidden  channels of fc6 and fc7, the features (4096 in the published networks)
    """

    def __init__(
        self, layers: Sequence[int], in_chans: int, num_classes: int, width: int = 64, hidden: int = 4096
    ) -> None:
        super().__init__()
        chans = in_chans
        for k, depth in enumerate(layers, 1):
            stage = nn.Sequential()
            for i in range(1, depth + 1):
                planes = width * min(2 ** (k - 1), 8)
                stage.add_module(f"conv{k}_{i}", nn.Conv2d(chans, planes, 3, padding=1))
                stage.add_module(f"relu{k}_{i}", nn.ReLU())
                chans = planes
            stage.add_module(f"pool{k}", nn.MaxPool2d(2))  # an odd side loses its last pixel: VALID in TensorFlow
            self.add_module(f"conv{k}", stage)
        self.stages = len(layers)
        self.num_features = hidden
        self.fc6 = nn.Conv2d(chans, hidden, 7, padding=3)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.fc8 = nn.Linear(hidden, num_classes)

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features (N, hidden)."""
        for k in range(1, self.stages + 1):
            x = self.get_submodule(f"conv{k}")(x)
        x = F.dropout(F.relu(self.fc6(x)), 0.5, self.training)
        return F.relu(self.fc7(x)).mean((2, 3))

    def classify(self, features: Tensor) -> Tensor:
        return self.fc8(F.dropout(features, 0.5, self.training))


def from_architecture(a: Mapping[str, Any]) -> SlimVGG:
    """{"layers": [2, 2, 3, 3, 3], "in_chans": 10, "num_classes": 19} and, optional, "width" (64) and
    "hidden" (4096). Raises ModelError."""
    check_keys(a, {"layers", "width", "hidden", "in_chans", "num_classes"})
    layers = a.get("layers")
    if not isinstance(layers, (list, tuple)) or len(layers) != 5 or not all(is_count(n, 16) for n in layers):
        raise ModelError(f"The model card's VGG has the layers {layers!r}; needed are five counts from 1 to 16.")
    # The upper ends only keep a broken card from asking for terabytes.
    for key, most, default in (
        ("in_chans", 64, None),
        ("num_classes", 4096, None),
        ("width", 128, 64),
        ("hidden", 8192, 4096),
    ):
        if not is_count(a.get(key, default), most):
            raise ModelError(f"The model card's VGG has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    return SlimVGG(layers, a["in_chans"], a["num_classes"], a.get("width", 64), a.get("hidden", 4096))
