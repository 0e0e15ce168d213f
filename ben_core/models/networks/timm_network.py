"""Architectures of timm (the extra [timm]): what of reBEN is no ResNet. timm is imported on use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from ...errors import JobError, ModelError
from . import check_keys, is_count
from .base import Network


class TimmNetwork(Network):
    """A network of timm in our interface. In the state dict timm's names stand behind "model."."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward_features(self, x: Tensor) -> Tensor:
        """Pooled features (N, D): what timm gives its classifier."""
        return self.model.forward_head(self.model.forward_features(x), pre_logits=True)

    def classify(self, features: Tensor) -> Tensor:
        return self.model.get_classifier()(features)


def from_architecture(a: Mapping[str, Any]) -> TimmNetwork:
    """{"model": "vit_base_patch8_224", "in_chans": 12, "num_classes": 19, "image_size": 120} and, optional,
    "drop_path" (0.0), which acts in training only.

    Raises ModelError, and JobError where timm is not installed.
    """
    check_keys(a, {"model", "in_chans", "num_classes", "image_size", "drop_path"})
    name = a.get("model")
    # timm would fetch what is named hf-hub:… or open what is named local-dir:…
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9_]+", name):
        raise ModelError(f"The model card names the timm architecture {name!r}.", "Needed is a name as timm lists it.")
    for key, most in (("in_chans", 64), ("num_classes", 4096), ("image_size", 1024)):
        if not is_count(a.get(key), most):
            raise ModelError(f"The model card's {name} has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    timm = _timm(name)
    if not timm.is_model(name):
        raise ModelError(
            f"timm {timm.__version__} knows no architecture {name!r}.", "Use the model's ONNX file instead."
        )
    drop_path = a.get("drop_path", 0.0)
    if isinstance(drop_path, bool) or not isinstance(drop_path, (int, float)) or not 0 <= drop_path < 1:
        raise ModelError(f"The model card's {name} has drop_path {drop_path!r}; needed is a number from 0 to below 1.")
    wishes = {"img_size": a["image_size"], **({"drop_path_rate": float(drop_path)} if drop_path else {})}
    return TimmNetwork(_create(timm, name, {"in_chans": a["in_chans"], "num_classes": a["num_classes"]}, wishes))


def _create(timm: Any, name: str, needed: dict[str, int], wishes: dict[str, Any]) -> nn.Module:
    """ConfigILM.py leaves out what an architecture does not take: convolutions take any size, mixers drop no paths."""
    while True:
        try:
            return timm.create_model(name, pretrained=False, **needed, **wishes)
        except TypeError as e:
            refused = [key for key in wishes if key in str(e)]
            if not refused:
                raise
            del wishes[refused[0]]


def _timm(name: str) -> Any:
    try:
        import timm
    except ImportError as e:
        raise JobError(
            f"The network {name} needs timm, which is not installed ({e}).",
            "Install it: pip install 'bigearthnet-mapper[timm]', or run the model from its ONNX file.",
        ) from e
    return timm
