"""A small ResNet that also sees statistics of the patch, and answers in the light of which classes go together.

Made for a hundred labelled patches (docs/default_models.md): what a few numbers say about a patch (quantiles of
bands and indices, roughness) need not be learnt by convolutions, and which of the 19 classes occur together is known
from the published labels of hundreds of thousands of patches, without a pixel.
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
from .resnet import ResNet

QUANTILES = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
EVERY = 4  # every fourth pixel each way is enough for quantiles
BLOCK = 8  # pixels: the scale that separates texture (inside) from landscape (between)
FLOOR = 1e-3  # smallest share of a class, smallest probability


class Statistics(nn.Module):
    """(N, radar + optical, h, w) normalised to (N, ``count``) numbers; h and w are multiples of ``BLOCK``.

    radar     0 or 2 channels first: VV, VH in dB
    optical   0 or 4 channels behind: B02, B03, B04, B08 in DN
    ``mean`` and ``std`` turn the input back into these units.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, radar: int, optical: int) -> None:
        super().__init__()
        self.radar, self.optical = radar, optical
        self.register_buffer("mean", torch.zeros(radar + optical, 1, 1))
        self.register_buffer("std", torch.ones(radar + optical, 1, 1))
        q = len(QUANTILES)
        # Radar: 3 channels, pixels and blocks; optical: 4 bands, 3 indices, 5 kinds of steps; two a channel for roughness.
        self.count = (6 * q + 6 if radar else 0) + (12 * q + 14 if optical else 0)

    def forward(self, image: Tensor) -> Tensor:
        def every(step: int, top: int = 0, left: int = 0) -> Tensor:
            """In units, thinned first: most pixels are never looked at."""
            return image[..., top::step, left::step] * self.std + self.mean

        thinned, halves = every(EVERY), every(2)
        found = []
        if self.radar:
            blocks = F.avg_pool2d(image[:, :2] * self.std[:2] + self.mean[:2], BLOCK)
            found += [
                _quantiles(self._radar(thinned)),
                _quantiles(self._radar(blocks)),
                _roughness(self._radar(halves)),
            ]
        if self.optical:
            here = self._optical(thinned)
            right, down = self._optical(every(EVERY, left=1)), self._optical(every(EVERY, top=1))
            steps = (right - here).abs() + (down - here).abs()
            # Of the indices, the first (NDVI) steps where vegetation ends.
            found += [_quantiles(here), _quantiles(steps[:, :5]), _roughness(self._optical(halves))]
        return torch.cat(found, 1)

    def _radar(self, x: Tensor) -> Tensor:
        """VV, VH and their ratio, in units of 5 dB."""
        return torch.cat([x[:, :2], x[:, 1:2] - x[:, :1]], 1) / 5

    def _optical(self, x: Tensor) -> Tensor:
        """Logarithms of the four bands; vegetation (NDVI), water (NDWI) and green against red, stretched like them."""
        dn = x[:, self.radar :].clamp_min(1)
        _, green, red, infrared = dn.split(1, 1)
        pairs = ((infrared, red), (green, infrared), (green, red))
        return torch.cat([dn.log(), *(3 * (a - b) / (a + b) for a, b in pairs)], 1)


def _quantiles(x: Tensor) -> Tensor:
    """(N, C, h, w) to (N, C * quantiles)."""
    flat = x.flatten(2)
    ranks = [int(q * (flat.shape[2] - 1)) for q in QUANTILES]
    return flat.sort(dim=2).values[:, :, ranks].flatten(1)


def _roughness(x: Tensor) -> Tensor:
    """(N, 2 C) of every second pixel: deviation between the means of blocks, and mean deviation inside them."""
    mean = F.avg_pool2d(x, BLOCK // 2)
    inside = (F.avg_pool2d(x * x, BLOCK // 2) - mean * mean).clamp_min(0).sqrt()
    between = (mean - mean.mean((2, 3), keepdim=True)).square().mean((2, 3)).sqrt()
    return torch.cat([between, inside.mean((2, 3))], 1)


class LabelSets(nn.Module):
    """Logits in the light of which sets of labels exist: an exact posterior over them, back to one logit a class.

    sets      (K, classes) 0 or 1; ``log_share`` (K,) the logarithm of how often each occurs
    shift     (classes,) logits of a network that sees nothing; what is beyond them is evidence
    trust     (classes,) weight of a logit as evidence; classes of trust 0 are told by the others alone
    gate      (classes,) 1: the posterior's logit; 0: the logit as it came, which is how a new network starts
    """

    sets: Tensor
    log_share: Tensor
    shift: Tensor
    trust: Tensor
    gate: Tensor

    def __init__(self, count: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("sets", torch.zeros(count, classes))
        self.register_buffer("log_share", torch.zeros(count))
        for name in ("shift", "trust", "gate"):
            self.register_buffer(name, torch.zeros(classes))

    def forward(self, logits: Tensor) -> Tensor:
        evidence = (logits - self.shift) * self.trust
        odds = F.softmax(F.linear(evidence, self.sets) + self.log_share, dim=1)
        present = torch.mm(odds, self.sets).clamp(FLOOR, 1 - FLOOR)
        posterior = torch.log(present) - torch.log(1 - present)
        return logits + self.gate * (posterior - logits)


class StatsResNet(Network):
    """``backbone`` and ``statistics`` to features; a linear ``fc`` and ``sets`` to logits.

    features  pooled maps; logarithm of the share of each class among the cells of 32 pixels (``cells``);
              ``hidden`` numbers drawn from the statistics, whose usual ``centre`` and ``spread`` are taken off
    """

    centre: Tensor
    spread: Tensor

    def __init__(self, backbone: ResNet, radar: int, optical: int, hidden: int, classes: int, sets: int) -> None:
        super().__init__()
        self.backbone = backbone
        self.statistics = Statistics(radar, optical)
        self.register_buffer("centre", torch.zeros(self.statistics.count))
        self.register_buffer("spread", torch.ones(self.statistics.count))
        self.hidden = nn.Linear(self.statistics.count, hidden)
        self.drop = nn.Dropout(0.3)
        self.cells = nn.Conv2d(backbone.num_features, classes, 1)
        self.num_features = backbone.num_features + classes + hidden
        self.fc = nn.Linear(self.num_features, classes)
        self.sets = LabelSets(sets, classes)

    def gathered(self, image: Tensor, maps: list[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Features (N, num_features) from an image and the backbone's maps of it; besides, what reads pixel maps:
        the maps of the second stage (cells of 8 pixels) and logits of the classes a cell of 32 pixels."""
        last = maps[-1].float()
        cells = self.cells(last)
        shares = (cells.softmax(1).mean((2, 3)) + FLOOR).log()
        numbers = ((self.statistics(image) - self.centre) / self.spread).clamp(-4, 4)
        hidden = self.drop(F.relu(self.hidden(self.drop(numbers))))
        return torch.cat([last.mean((2, 3)), shares, hidden], 1), [maps[1], cells]

    def forward_features(self, x: Tensor) -> Tensor:
        return self.gathered(x, self.backbone.forward_maps(x))[0]

    def classify(self, features: Tensor) -> Tensor:
        logits: Tensor = self.sets(self.fc(features))
        return logits


def from_architecture(a: Mapping[str, Any]) -> StatsResNet:
    """{"layers": [1, 1, 1, 1], "width": 32, "radar": 0 | 2, "optical": 0 | 4, "hidden": 48, "label_sets": 1024,
    "num_classes": 19, "in_chans": radar + optical} and, optional, "drop_path". Raises ModelError."""
    from .resnet import from_architecture as resnet

    check_keys(
        a, {"layers", "width", "radar", "optical", "hidden", "label_sets", "num_classes", "in_chans", "drop_path"}
    )
    radar, optical = a.get("radar"), a.get("optical")
    if radar not in (0, 2) or optical not in (0, 4) or not radar + optical or a.get("in_chans") != radar + optical:
        raise ModelError(
            f"The model card's network sees {radar!r} radar and {optical!r} optical bands of {a.get('in_chans')!r} channels.",
            "Known are VV, VH (2), B02, B03, B04, B08 (4), or both.",
        )
    for key, most in (("hidden", 4096), ("label_sets", 65536), ("num_classes", 4096)):
        if not is_count(a.get(key), most):
            raise ModelError(f"The model card's network has {key} {a.get(key)!r}; needed is a number from 1 to {most}.")
    parts = {k: a[k] for k in ("layers", "width", "in_chans", "drop_path") if k in a}
    backbone = resnet({"block": "basic", "num_classes": 0, **parts})
    return StatsResNet(backbone, radar, optical, a["hidden"], a["num_classes"], a["label_sets"])
