"""Training batches out of labelled patches: random crops whose labels come from the pixels inside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...models.card import BandInput
from ...nomenclature import ORDER_ALPHABETICAL
from ..data.clc_codes import NO_CLASS, class_indices
from ..train.augment import CELL, class_shares, relit
from ..types import DataSet, Record

SIZE = 120  # 10 m pixels, the side of a patch


@dataclass(frozen=True)
class Samples:
    """Patches as tensors.

    images   (N, bands, 120, 120) normalised
    shares   (N, 19, 30, 30) share of each class in each cell of 4 x 4 pixels; zero where unknown
    present  (N, 19) 0 or 1
    mapped   (N,) bool: ``shares`` is known
    """

    inputs: tuple[BandInput, ...]
    images: Tensor
    shares: Tensor
    present: Tensor
    mapped: Tensor

    @classmethod
    def of(cls, data: DataSet, records: Sequence[Record], inputs: Sequence[BandInput]) -> Samples:
        names = [b.name for b in inputs]
        mean, std = (np.array([getattr(b, k) for b in inputs], np.float32)[:, None, None] for k in ("mean", "std"))
        images, classes = [], []
        for record in records:
            bands = data.read(record, names)
            images.append((np.stack([bands[n] for n in names]).astype(np.float32) - mean) / std)
            classes.append(pixel_classes(data, record))
        return cls(
            tuple(inputs),
            torch.from_numpy(np.stack(images)),
            class_shares(torch.from_numpy(np.stack(classes)), len(ORDER_ALPHABETICAL)),
            torch.from_numpy(presence(records)).float(),
            torch.tensor([(c != NO_CLASS).any() for c in classes]),
        )

    def rows(self, which: np.ndarray) -> Samples:
        i = torch.from_numpy(np.flatnonzero(which))
        return Samples(self.inputs, self.images[i], self.shares[i], self.present[i], self.mapped[i])


def presence(records: Sequence[Record]) -> np.ndarray:
    """(N, 19) bool in ORDER_ALPHABETICAL."""
    return np.array([[c in (r.labels or ()) for c in ORDER_ALPHABETICAL] for r in records], bool)


def pixel_classes(data: DataSet, record: Record) -> np.ndarray:
    """(120, 120) int8 class of each pixel or NO_CLASS. A patch of one single label is that class throughout."""
    if record.mapped:
        return class_indices(data.reference(record)).astype(np.int8)
    alone = len(record.labels_43 or record.labels or ()) == 1 and len(record.labels or ()) == 1
    only = ORDER_ALPHABETICAL.index((record.labels or ())[0]) if alone else NO_CLASS
    return np.full((SIZE, SIZE), only, np.int8)


@dataclass(frozen=True)
class Augmentation:
    """How crops are cut and changed.

    side    side of a crop in pixels, a multiple of 8 below 120; the scale stays 10 m a pixel
    joined  share of the batches in which each crop's left part is another crop's
    light, haze   see ``train.augment.relit``
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
        yield Batch(relit(image, samples.inputs, how.light, how.haze, random), target, weight, shares)


def _crop(samples: Samples, row: int, side: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """One crop and its class shares, turned and mirrored alike; it lies on the lattice of the cells."""
    top, left = torch.randint((SIZE - side) // CELL + 1, (2,), generator=random).tolist()
    turns, mirror = torch.randint(4, (2,), generator=random).tolist()
    cut = []
    for source, unit in ((samples.images, CELL), (samples.shares, 1)):
        y, x, length = top * unit, left * unit, side // CELL * unit
        crop = source[row, :, y : y + length, x : x + length].rot90(turns, (1, 2))
        cut.append(crop.flip(2) if mirror % 2 else crop)
    return cut[0], cut[1]
