"""Networks by name: a card's ``architecture`` becomes a torch module. Torch is imported on use.

A family is a module here with ``from_architecture(a) -> Network``, which refuses with ModelError what
makes no sense: a card is a file that somebody sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...errors import ModelError

if TYPE_CHECKING:
    from .base import Network

# family -> module
FAMILIES = {
    "resnet": "resnet",
    "resnet_stats": "resnet_stats",
    "resnet_tf1": "resnet_tf",
    "resnet_tf2": "resnet_tf",
    "vgg_tf": "vgg_tf",
    "timm": "timm_network",
    "rfb_esrgan": "rfb_esrgan",
    "sr_resnet50": "sr_resnet50",
}


def build(architecture: Mapping[str, Any]) -> Network:
    """The network, with random weights, in training mode; ``architecture["family"]`` names its module.

    "name" (free text) may stand in every architecture. Raises ModelError.
    """
    family = architecture.get("family")
    if not isinstance(family, str) or family not in FAMILIES:
        raise ModelError(
            f"The model card describes a network of the family {family!r}.",
            f"This version builds: {', '.join(FAMILIES)}. Use the model's ONNX file instead.",
        )
    network: Network = import_module("." + FAMILIES[family], __name__).from_architecture(dict(architecture))
    return network


def check_keys(architecture: Mapping[str, Any], known: set[str]) -> None:
    """ModelError for keys that the family does not know."""
    unknown = sorted(set(architecture) - known - {"family", "name"})
    if unknown:
        raise ModelError(f"The model card's architecture has unknown keys: {', '.join(unknown)}.")


def is_count(value: Any, most: int) -> bool:
    """A whole number from 1 to ``most``; the upper end keeps a broken card from asking for terabytes."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
