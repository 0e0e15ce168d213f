"""A model in the form that reBEN's models have on Hugging Face, so that ConfigILM loads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...models.card import ModelCard

if TYPE_CHECKING:
    from torch import Tensor

PREFIX = "model.vision_encoder."  # ConfigILM keeps timm's network there
CLASSES = 19  # BigEarthNetv2_0_ImageClassifier asserts as many

# (block, layers) of our ResNets that timm builds under a name; width 64 each
_RESNETS = {
    ("basic", (2, 2, 2, 2)): "resnet18",
    ("basic", (3, 4, 6, 3)): "resnet34",
    ("bottleneck", (3, 4, 6, 3)): "resnet50",
    ("bottleneck", (3, 4, 23, 3)): "resnet101",
    ("bottleneck", (3, 8, 36, 3)): "resnet152",
}


def timm_name(card: ModelCard) -> str | None:
    """The name by which timm builds the card's network, None where it builds no such one."""
    a = card.architecture
    if a.get("family") == "timm":
        return str(a["model"])
    if a.get("family") == "resnet" and a.get("width", 64) == 64:
        return _RESNETS.get((str(a.get("block")), tuple(a.get("layers", ()))))
    return None


def why_not(card: ModelCard) -> str | None:
    """Why ConfigILM cannot load the model, in words; None where it can."""
    if timm_name(card) is None:
        name = card.architecture.get("name") or card.architecture.get("family", "network")
        return f"timm builds no network like this one ({name})"
    if len(card.classes) != CLASSES:
        return f"reBEN's class asks for {CLASSES} classes, the model answers {len(card.classes)}"
    return None


def config(card: ModelCard, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """``config.json``: the fields of ILMConfiguration (ConfigILM 0.7.1).

    Class names stand in the order of the outputs; the published files say "0" to "18" there.
    """
    drop_path = recipe.get("drop_path")
    return {
        "_fusion_activation": "nn.Tanh()",
        "_fusion_method": "torch.mul",
        "channels": len(card.inputs),
        "class_names": list(card.classes),
        "classes": len(card.classes),
        "custom_fusion_activation": None,
        "custom_fusion_method": None,
        "drop_path_rate": float(card.architecture.get("drop_path", 0.15) if drop_path is None else drop_path),
        "drop_rate": float(recipe.get("drop_rate", 0.15)),
        "fusion_dropout_rate": 0.25,
        "fusion_hidden": 256,
        "fusion_in": 512,
        "fusion_out": 512,
        "hf_model_name": None,
        "image_size": card.resize or card.size,
        "load_pretrained_hf_if_available": True,
        "load_pretrained_timm_if_available": False,
        "max_sequence_length": 32,
        "network_type": 0,
        "t_dropout_rate": 0.25,
        "timm_model_name": timm_name(card),
        "use_pooler_output": True,
        "v_dropout_rate": 0.25,
        "visual_features_out": 512,
    }


def state(card: ModelCard, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Our network's tensors under ConfigILM's names."""
    ours = "model." if card.architecture.get("family") == "timm" else ""
    return {PREFIX + k.removeprefix(ours): v for k, v in weights.items()}
