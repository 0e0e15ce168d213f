"""Training batches out of labelled patches: random crops whose labels come from the pixels inside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...models.card import BandInput
from ...nomenclature import ORDER_ALPHABETICAL
from .labelled_patches import NO_CLASS, SIZE, Patch

CELL = 4  # pixels; crops lie on this lattice, and class shares are kept a cell


@dataclass(frozen=True)
class Samples:
    """Patches as tensors.

    images   (N, bands, 120, 120) normalised
    shares   (N, 19, 30, 30) share of each class in each cell of 4 x 4 pixels; zero where unknown
    present  (N, 19) 0 or 1
    mapped   (N,) bool: ``shares`` is known
    """

    images: Tensor
    shares: Tensor
    present: Tensor
    mapped: Tensor
    mean: Tensor
    std: Tensor

    @classmethod
    def of(cls, patches: Sequence[Patch], inputs: Sequence[BandInput]) -> Samples:
        mean = torch.tensor([b.mean for b in inputs]).view(1, -1, 1, 1)
        std = torch.tensor([b.std for b in inputs]).view(1, -1, 1, 1)
        images = torch.from_numpy(np.stack([p.image for p in patches]).astype(np.float32))
        unknown = np.full((SIZE, SIZE), NO_CLASS, np.int8)
        classes = torch.from_numpy(np.stack([unknown if p.classes is None else p.classes for p in patches]))
        shares = [F.avg_pool2d((classes == i).float(), CELL) for i in range(len(ORDER_ALPHABETICAL))]
        return cls(
            (images - mean) / std,
            torch.stack(shares, dim=1),
            torch.from_numpy(np.stack([p.present for p in patches])).float(),
            torch.tensor([p.classes is not None for p in patches]),
            mean,
            std,
        )


@dataclass(frozen=True)
class Augmentation:
    """How crops are cut and changed.

    side    side of a crop in pixels, a multiple of ``CELL`` below 120; the scale stays 10 m a pixel
    joined  share of the batches in which each crop's left part is another crop's
    light   spread of the logarithm of the gain: one a crop, and half of it a band
    haze    spread of one offset a crop, in DN
    """

    side: int = 64
    joined: float = 0.6
    light: float = 0.15
    haze: float = 80.0


@dataclass(frozen=True)
class Batch:
    """image (N, bands, side, side), target and its weight (N, 19), shares (N, 19, side / 4, side / 4)."""

    image: Tensor
    target: Tensor
    weight: Tensor
    shares: Tensor


def batches(samples: Samples, size: int, odds: Tensor, how: Augmentation, random: torch.Generator) -> Iterator[Batch]:
    """Endless batches of ``size`` crops; ``odds`` (N,) says how often each patch is drawn.

    A class is present in a crop where one of its pixels is. Of a patch without a pixel map only
    its absent classes are known to be absent from a crop; the others weigh nothing.
    """
    while True:
        rows = torch.multinomial(odds, size, replacement=True, generator=random)
        crops = [_crop(samples, row, how.side, random) for row in rows.tolist()]
        image = torch.stack([image for image, _ in crops])
        shares = torch.stack([share for _, share in crops])
        possible, mapped = samples.present[rows], samples.mapped[rows]
        if float(torch.rand(1, generator=random)) < how.joined:
            other = torch.randperm(size, generator=random)
            cells = how.side // CELL
            seam = int(torch.randint(cells // 4, 3 * cells // 4 + 1, (1,), generator=random))
            image = torch.cat([image[other, :, :, : seam * CELL], image[..., seam * CELL :]], dim=3)
            shares = torch.cat([shares[other, :, :, :seam], shares[..., seam:]], dim=3)
            possible, mapped = torch.maximum(possible, possible[other]), mapped & mapped[other]
        seen = (shares.amax((2, 3)) > 0).float()
        target = torch.where(mapped[:, None], seen, possible)
        weight = torch.where(mapped[:, None], torch.ones_like(seen), 1 - possible)
        yield Batch(_relit(image, samples, how, random), target, weight, shares)


def _crop(samples: Samples, row: int, side: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """One crop and its class shares, turned and mirrored alike."""
    top, left = torch.randint((SIZE - side) // CELL + 1, (2,), generator=random).tolist()
    turns, mirror = torch.randint(4, (2,), generator=random).tolist()
    cut = []
    for source, unit in ((samples.images, CELL), (samples.shares, 1)):
        y, x, length = top * unit, left * unit, side // CELL * unit
        crop = source[row, :, y : y + length, x : x + length].rot90(turns, (1, 2))
        cut.append(crop.flip(2) if mirror % 2 else crop)
    return cut[0], cut[1]


def _relit(image: Tensor, samples: Samples, how: Augmentation, random: torch.Generator) -> Tensor:
    """The crops under another light and haze, on the DN scale: DN * gain + offset."""
    n, bands = image.shape[:2]
    gain = how.light * torch.randn(n, 1, 1, 1, generator=random)
    gain = gain + how.light / 2 * torch.randn(n, bands, 1, 1, generator=random)
    offset = how.haze * torch.randn(n, 1, 1, 1, generator=random)
    return ((image * samples.std + samples.mean) * gain.exp() + offset - samples.mean) / samples.std
