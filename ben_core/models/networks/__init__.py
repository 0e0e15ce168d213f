"""Networks by name: a card's ``architecture`` becomes a torch module. Torch is imported on use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import ModelError

if TYPE_CHECKING:
    from .resnet import ResNet

_BLOCKS = ("basic", "bottleneck")
_KEYS = {"name", "family", "block", "layers", "width", "in_chans", "num_classes", "drop_path"}


def build(architecture: Mapping[str, Any]) -> ResNet:
    """The network, with random weights, in training mode.

    ``architecture``: {"family": "resnet", "block": "basic" | "bottleneck", "layers": [2, 2, 2, 2],
    "in_chans": 4, "num_classes": 19} and, optional, "width" (64), "drop_path" (0.0)
    and "name" (free text).
    The result answers ``forward(x) -> logits`` and ``forward_features(x) -> (N, num_features)``.
    Raises ModelError for anything else: a card is a file that somebody sent.
    """
    a = dict(architecture)
    if a.get("family") != "resnet":
        raise ModelError(
            f"The model card describes a network of the family {a.get('family')!r}.",
            "This version builds: resnet. Use the model's ONNX file instead.",
        )
    unknown = sorted(set(a) - _KEYS)
    layers = a.get("layers")
    if unknown:
        raise ModelError(f"The model card's architecture has unknown keys: {', '.join(unknown)}.")
    if a.get("block") not in _BLOCKS:
        raise ModelError(f"The model card's ResNet has the block {a.get('block')!r}.", "Known are: basic, bottleneck.")
    if not isinstance(layers, (list, tuple)) or len(layers) != 4 or not all(_count(n, 64) for n in layers):
        raise ModelError(f"The model card's ResNet has the layers {layers!r}; needed are four counts from 1 to 64.")
    # The upper ends only keep a broken card from asking for terabytes.
    for key, most, default in (("in_chans", 64, None), ("num_classes", 4096, None), ("width", 512, 64)):
        if not _count(a.get(key, default), most):
            raise ModelError(f"The model card's ResNet has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    drop_path = a.get("drop_path", 0.0)
    if isinstance(drop_path, bool) or not isinstance(drop_path, (int, float)) or not 0 <= drop_path < 1:
        raise ModelError(f"The model card's ResNet has drop_path {drop_path!r}; needed is a number from 0 to below 1.")

    from .resnet import ResNet

    return ResNet(a["block"], layers, a["in_chans"], a["num_classes"], a.get("width", 64), float(drop_path))


def _count(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
