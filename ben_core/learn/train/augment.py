"""How training patches are varied: turned and cut as native pixels, then relit and mixed as images.

Cutting and turning work on one patch in numpy, before pixels of 20 and 60 m are resampled; a crop's labels are
those of the pixels inside it. Light, band dropout and mixing work on batches of normalised images, on the device.
Random numbers come from generators that the caller seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...models.card import BandInput
from ...nomenclature import BANDS

NO_CLASS = -1
CELL = 4  # pixels; class shares for the map loss are taken a cell


@dataclass(frozen=True)
class Sample:
    """One labelled patch.

    bands    pixels by name at native size, (h, w)
    target   (classes,) float32, 1 where present
    weight   (classes,) float32, 0 where nobody knows
    classes  (side, side) int8, class index of each 10 m pixel or NO_CLASS; None without a reference map
    """

    bands: Mapping[str, np.ndarray]
    target: np.ndarray
    weight: np.ndarray
    classes: np.ndarray | None


def turned(sample: Sample, quarters: int, mirror: bool) -> Sample:
    """The patch turned by so many quarters and then mirrored left to right. Labels stay."""

    def turn(x: np.ndarray) -> np.ndarray:
        x = np.rot90(x, quarters)
        return x[:, ::-1] if mirror else x

    classes = None if sample.classes is None else turn(sample.classes)
    return replace(sample, bands={k: turn(x) for k, x in sample.bands.items()}, classes=classes)


def lattice(bands: Sequence[str]) -> int:
    """Step in 10 m pixels of the places where a crop may begin: whole pixels of every band."""
    return max(BANDS[b].resolution // 10 if b in BANDS else 1 for b in bands)


def cut(sample: Sample, size: int, side: int, random: np.random.Generator) -> Sample:
    """A random crop of ``side`` out of a patch of ``size``, in 10 m pixels.

    With a reference map a class is present where one of its pixels lies inside. Without one only the absent
    classes are known to be absent; the others weigh nothing.
    """
    step = lattice(tuple(sample.bands))
    top, left = (int(n) * step for n in random.integers((size - side) // step + 1, size=2))

    def window(x: np.ndarray) -> np.ndarray:
        unit = size // x.shape[0]
        return x[top // unit : (top + side) // unit, left // unit : (left + side) // unit]

    bands = {k: window(x) for k, x in sample.bands.items()}
    if sample.classes is None:
        return replace(sample, bands=bands, weight=sample.weight * (sample.target == 0))
    classes = window(sample.classes)
    return replace(sample, bands=bands, classes=classes, target=present(classes, len(sample.target)))


def present(classes: np.ndarray, count: int) -> np.ndarray:
    """(count,) float32: 1 where the class has a pixel."""
    inside = np.bincount(classes[classes != NO_CLASS].ravel(), minlength=count) > 0
    return inside.astype(np.float32)


class Batch(NamedTuple):
    """bands: one tensor (N, h, w) an input in card order; target, weight (N, classes); classes (N, side, side)
    int8, NO_CLASS where unknown; mapped (N,) bool: ``classes`` is known."""

    bands: list[Tensor]
    target: Tensor
    weight: Tensor
    classes: Tensor
    mapped: Tensor

    def to(self, device: torch.device) -> Batch:
        bands = [x.to(device, non_blocking=True) for x in self.bands]
        return Batch(bands, *(x.to(device, non_blocking=True) for x in self[1:]))  # type: ignore[attr-defined]


def class_shares(classes: Tensor, count: int) -> Tensor:
    """(N, count, side / CELL, side / CELL) share of each class in each cell; zero where unknown."""
    one_hot = torch.stack([classes == i for i in range(count)], 1).float()
    return torch.nn.functional.avg_pool2d(one_hot, CELL)


def relit(image: Tensor, inputs: Sequence[BandInput], light: float, haze: float, random: torch.Generator) -> Tensor:
    """Normalised images (N, bands, h, w) under another light and haze: DN * gain + offset, dB + gain in dB.

    light  spread of the logarithm of the gain: one a patch, and half of it a band
    haze   spread of one offset a patch, in DN; radar sees none
    """
    n, bands = image.shape[:2]
    gain = light * torch.randn(n, 1, generator=random) + light / 2 * torch.randn(n, bands, generator=random)
    offset = haze * torch.randn(n, 1, generator=random).expand(n, bands)
    radar = torch.tensor([b.unit == "dB" for b in inputs])
    # ln(gain) in dB: 10 / ln(10)
    offset = torch.where(radar, gain * 10 / math.log(10), offset)
    gain = torch.where(radar, 1.0, gain.exp())
    mean, std = (torch.tensor([getattr(b, k) for b in inputs]) for k in ("mean", "std"))
    # ((x * std + mean) * gain + offset - mean) / std
    shift = (mean * (gain - 1) + offset) / std
    gain, shift = (x.to(image.device, image.dtype)[:, :, None, None] for x in (gain, shift))
    return image * gain + shift


def blanked(image: Tensor, inputs: Sequence[BandInput], chance: float, random: torch.Generator) -> Tensor:
    """Optional bands (those with a ``fill``) replaced by it, each with this chance in each patch."""
    optional = torch.tensor([b.fill is not None for b in inputs])
    gone = (torch.rand(len(image), len(inputs), generator=random) < chance) & optional
    fill = torch.tensor([0.0 if b.fill is None else (b.fill - b.mean) / b.std for b in inputs])
    gone, fill = gone.to(image.device), fill.to(image.device, image.dtype)
    return torch.where(gone[:, :, None, None], fill[None, :, None, None], image)


def mixed_up(image: Tensor, batch: Batch, alpha: float, random: torch.Generator) -> tuple[Tensor, Batch]:
    """mixup (Zhang et al., 2018): each image and its target blended with another's, one share a batch.

    An answer counts where both patches' are known. Maps of blended patches mean nothing: they become unknown.
    """
    share, other = _beta(alpha, random), torch.randperm(len(image), generator=random).to(image.device)
    blended = batch._replace(
        target=share * batch.target + (1 - share) * batch.target[other],
        weight=torch.minimum(batch.weight, batch.weight[other]),
        classes=torch.full_like(batch.classes, NO_CLASS),
        mapped=torch.zeros_like(batch.mapped),
    )
    return share * image + (1 - share) * image[other], blended


def cut_mixed(image: Tensor, batch: Batch, alpha: float, random: torch.Generator) -> tuple[Tensor, Batch]:
    """CutMix (Yun et al., 2019): a box of each image is another's, the same box in the whole batch.

    Where both patches have reference maps, the target is what is present in the pieced map (label propagation,
    Burgert et al., 2024); elsewhere targets blend by area.
    """
    share, other = _beta(alpha, random), torch.randperm(len(image), generator=random).to(image.device)
    side = batch.classes.shape[-1]
    box = max(1, min(side, round(side * math.sqrt(1 - share))))
    top, left = torch.randint(side - box + 1, (2,), generator=random).tolist()
    scale = image.shape[-1] / side  # a card may ask for a resized image
    rows, cols = (slice(round(at * scale), round((at + box) * scale)) for at in (top, left))
    image, classes = image.clone(), batch.classes.clone()
    image[:, :, rows, cols] = image[other][:, :, rows, cols]
    pasted = (slice(None), slice(top, top + box), slice(left, left + box))
    classes[pasted] = batch.classes[other][pasted]
    mapped = batch.mapped & batch.mapped[other]
    share = 1 - box * box / side**2
    blend = share * batch.target + (1 - share) * batch.target[other]
    seen = torch.stack([(classes == i).flatten(1).any(1) for i in range(batch.target.shape[1])], 1).float()
    target = torch.where(mapped[:, None], seen, blend)
    return image, batch._replace(
        target=target, weight=torch.minimum(batch.weight, batch.weight[other]), classes=classes, mapped=mapped
    )


def _beta(alpha: float, random: torch.Generator) -> float:
    # torch's own sampler takes no generator; the seed it draws here keeps one source of randomness.
    seed = int(torch.randint(2**31, (1,), generator=random))
    return float(np.random.default_rng(seed).beta(alpha, alpha))
