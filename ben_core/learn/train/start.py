"""Where a run starts: a new network by name, or a model that has a card. Also what of it learns, and how fast."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import ModelError
from ...models.card import BandInput, ModelCard
from ...models.importers.reben import STATISTICS
from ...models.model import find_card, verify_weights
from ...models.networks import build
from ...models.networks.base import Network
from ...models.networks.resnet import ResNet
from ...models.strict import read_shapes, read_state, require_same_shapes, shapes_of
from ...nomenclature import ORDER_ALPHABETICAL, S1_BANDS
from .config import BAND_SETS, Config

_RESNETS = {
    "resnet18": ("basic", (2, 2, 2, 2)),
    "resnet34": ("basic", (3, 4, 6, 3)),
    "resnet50": ("bottleneck", (3, 4, 6, 3)),
    "resnet101": ("bottleneck", (3, 4, 23, 3)),
    "resnet152": ("bottleneck", (3, 8, 36, 3)),
}
DROP_PATH = 0.15  # reBEN


@dataclass(frozen=True)
class Start:
    """A card without weights and scores, its network, and the keys of the classifier in the state dict.

    base       the card that is fine-tuned, None for a new network
    new_head   the classifier starts from random weights
    """

    card: ModelCard
    network: Network
    head: frozenset[str]
    base: ModelCard | None = None
    new_head: bool = True


def bands_of(config: Config) -> tuple[str, ...]:
    """The bands that a run reads, in the order of its inputs. Raises ModelError where the model is not there."""
    if config.model:
        return find_card(config.model).bands
    return config.bands or BAND_SETS["s2"]


def start_of(config: Config, name: str) -> Start:
    """The network of a run in training mode, its new weights drawn from ``config.seed``.

    Raises ModelError where the architecture or the model is not there or cannot be trained.
    """
    torch.manual_seed(config.seed)
    return _fine_tuned(config, name) if config.model else _new(config, name)


def _new(config: Config, name: str) -> Start:
    bands = bands_of(config)
    lacking = [b for b in bands if b not in STATISTICS]
    if lacking and config.statistics == "published":
        raise ModelError(f"reBEN publishes no statistics of {', '.join(lacking)}.", "Use --statistics measured.")
    inputs = tuple(BandInput(b, *STATISTICS.get(b, (0.0, 1.0)), unit="dB" if b in S1_BANDS else "DN") for b in bands)
    classes = config.classes or ORDER_ALPHABETICAL
    architecture: dict = {"name": config.architecture, "in_chans": len(inputs), "num_classes": len(classes)}
    if config.architecture in _RESNETS:
        block, layers = _RESNETS[config.architecture]
        architecture |= {"family": "resnet", "block": block, "layers": list(config.layers or layers)}
        if config.width:
            architecture["width"] = config.width
        if config.layers or config.width:
            architecture["name"] = (
                f"{config.architecture}, layers {config.layers or layers}, width {config.width or 64}"
            )
    elif config.layers or config.width:
        raise ModelError(f"layers and width shape our ResNets, not {config.architecture!r}.")
    else:
        architecture |= {"family": "timm", "model": config.architecture, "image_size": config.crop or 120}
        if config.crop:
            raise ModelError("Networks of timm are built for one size of image.", "Leave out --crop.")
    architecture |= _drop_path(architecture["family"], config)
    card = ModelCard(
        name=name,
        title="",
        description="",
        inputs=_optional(inputs, config),
        classes=classes,
        thresholds=(0.5,) * len(classes),
        weights=(),
        architecture=architecture,
    )
    return Start(card, build(architecture), head_keys(architecture))


def _fine_tuned(config: Config, name: str) -> Start:
    base = find_card(config.model)
    weights = next((w for w in base.weights if w.runtime == "torch" and w.precision == "fp32"), None)
    if weights is None or not base.architecture:
        raise ModelError(
            f"Model {base.name!r} has no PyTorch weights, which training starts from.",
            "Import it from its own files with `ben models import`, or choose another.",
        )
    if config.bands and set(config.bands) != set(base.bands):
        raise ModelError(
            f"Model {base.name!r} takes the bands {', '.join(base.bands)}; asked are {', '.join(config.bands)}.",
            "Leave out --bands: a model is fine-tuned on its own.",
        )
    if config.statistics == "measured":
        raise ModelError(f"Model {base.name!r} brings its own statistics.", "Leave out --statistics measured.")
    wanted = config.classes or base.classes or ORDER_ALPHABETICAL
    keep = bool(base.classes) and set(wanted) == set(base.classes)
    classes = base.classes if keep else wanted
    architecture = {**base.architecture, "num_classes": len(classes)}
    architecture |= _drop_path(str(architecture["family"]), config)
    network, head = build(architecture), head_keys(architecture)

    path = (base.folder or Path()) / weights.file
    verify_weights(path, weights)
    what = f"The weights {path.name} do not fit the network of {base.name!r}"
    without = lambda shapes: {k: v for k, v in shapes.items() if keep or k not in head}  # noqa: E731
    require_same_shapes(
        without(shapes_of(network)), without(read_shapes(path)), what, "Card and weights do not belong together."
    )
    network.load_state_dict({**network.state_dict(), **without(read_state(path))})
    card = replace(
        base,
        name=name,
        inputs=_optional(base.inputs, config),
        classes=classes,
        thresholds=(0.5,) * len(classes),
        weights=(),
        activation="sigmoid",
        calibration=None,
        untrained=(),
        novelty=None,
        architecture=architecture,
        scores={},
        folder=None,
    )
    return Start(card, network, head, base, not keep)


def _drop_path(family: str, config: Config) -> dict[str, float]:
    able = family in ("resnet", "resnet_stats", "timm")
    if config.drop_path and not able:
        raise ModelError(f"A network of the family {family!r} leaves out no branches.", "Leave out --drop-path.")
    rate = DROP_PATH if config.drop_path is None else config.drop_path
    return {"drop_path": rate} if able else {}


def _optional(inputs: Sequence[BandInput], config: Config) -> tuple[BandInput, ...]:
    """The inputs with the mean as ``fill`` of the optional ones: 0 after normalisation, but for rounding."""
    unknown = set(config.optional_bands) - {b.name for b in inputs}
    if unknown or (config.optional_bands and len(config.optional_bands) == len(inputs)):
        raise ModelError("optional_bands must name some, and not all, of the model's bands.")
    return tuple(
        replace(b, fill=b.mean if b.unit == "dB" else float(round(b.mean))) if b.name in config.optional_bands else b
        for b in inputs
    )


def head_keys(architecture: dict) -> frozenset[str]:
    """Keys of the state dict that belong to the classifier: those whose shape follows the number of classes."""
    with torch.device("meta"):
        one, two = (shapes_of(build({**architecture, "num_classes": n})) for n in (1, 2))
    return frozenset(k for k in two if one.get(k) != two[k])


class Learner(nn.Module):
    """What learns: the network and, for the map loss, readers of its feature maps that serve training only.

    In training ``frozen`` keeps all but the classifier in evaluation mode, so that batch norm neither
    normalises by the batch nor moves.
    """

    def __init__(self, start: Start, config: Config) -> None:
        super().__init__()
        self.network = start.network
        self.drop_rate = config.drop_rate
        self.frozen = config.freeze == "backbone"
        self.readers = nn.ModuleList()
        if config.map_loss:
            if not isinstance(start.network, ResNet):
                raise ModelError("The map loss reads the feature maps of our ResNets only.", "Leave out --map-loss.")
            with torch.no_grad():
                chans = [
                    m.shape[1]
                    for m in start.network.eval().forward_maps(torch.zeros(1, len(start.card.inputs), 64, 64))
                ]
            # At cells of 8 and 32 pixels.
            self.readers.extend(nn.Conv2d(chans[k], len(start.card.classes), 1) for k in (1, 3))
        for name, parameter in start.network.named_parameters():
            parameter.requires_grad_(parameter.requires_grad and (not self.frozen or name in start.head))

    def train(self, mode: bool = True) -> Learner:
        super().train(mode)
        if self.frozen:
            self.network.eval()
        return self

    def forward(self, image: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, classes) and a map of logits a reader."""
        if not self.readers:
            features, readings = self.network.forward_features(image), []
        else:
            assert isinstance(self.network, ResNet)
            maps = self.network.forward_maps(image)
            features = maps[-1].mean((2, 3))
            readings = [read(maps[k]) for read, k in zip(self.readers, (1, 3), strict=True)]
        features = nn.functional.dropout(features, self.drop_rate, self.training)
        return self.network.classify(features), readings


def parameter_groups(learner: Learner, head: frozenset[str], config: Config) -> list[dict]:
    """What learns, in groups for the optimiser; "scale" is a group's share of the learning rate.

    With layer_decay d the classifier has 1, the last block d, the one before it d * d, and so on; a block is the
    first part of a parameter's name with the number behind it ("layer1.0"), in the order of the network.
    """
    blocks: dict[str, list[nn.Parameter]] = {}
    top = list(learner.readers.parameters())
    for name, parameter in learner.network.named_parameters():
        if not parameter.requires_grad:
            continue
        if name in head:
            top.append(parameter)
        else:
            match = re.match(r"(?:model\.|backbone\.)?\w+(?:\.\d+|\.unit_\d+)?", name)
            blocks.setdefault(match[0] if match else name, []).append(parameter)
    groups: list[dict] = [{"params": top, "scale": 1.0}] if top else []
    for depth, parameters in enumerate(reversed(blocks.values()), 1):
        groups.append({"params": parameters, "scale": config.layer_decay**depth})
    if config.layer_decay == 1:
        groups = [{"params": [p for g in groups for p in g["params"]], "scale": 1.0}]
    return groups
