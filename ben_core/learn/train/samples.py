"""From a data set to batches: who trains, who judges, and in which order.

Order, crops and turns are functions of seed, epoch and patch alone. So a batch is the same whoever reads it, in
whichever process, and a resumed run needs no memory of what was drawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset

from ...errors import DataError
from ...models.card import BandInput
from ...models.export import dtype_of
from ...nomenclature import BANDS, S1_BANDS, class_of_clc
from ..types import DataSet, Record
from .augment import NO_CLASS, Batch, Sample, cut, turned
from .config import Config

SIZE = 120  # 10 m pixels, the side of BigEarthNet's patches


@dataclass(frozen=True)
class Parts:
    """Records that train and records that judge, and what of the data set was left out ("snow" -> 12)."""

    train: tuple[Record, ...]
    validation: tuple[Record, ...]
    left_out: dict[str, int]

    def fingerprint(self, bands: Sequence[str]) -> str:
        """Short hash of patches, labels and bands: a resumed run must find the same."""
        h = hashlib.sha256(repr(tuple(bands)).encode())
        for part in (self.train, self.validation):
            for r in part:
                h.update(repr((r.id, r.labels, r.unsure, r.mapped)).encode())
            h.update(b"|")
        return h.hexdigest()[:16]


def parts_of(data: DataSet, config: Config, bands: Sequence[str]) -> Parts:
    """Labelled patches of the splits train and validation. Raises DataError where they cannot serve."""
    lacking = [b for b in bands if b not in data.bands]
    if lacking:
        raise DataError(
            f"{data.title} has no band {', '.join(lacking)}; it has {', '.join(data.bands)}.",
            "Choose others with --bands, or open it together with its Sentinel-1 part (--s1).",
        )
    doubled = len(data.records) - len({r.id for r in data.records})
    if doubled:
        raise DataError(f"{data.title} names {doubled} patches twice.", "A patch needs an id of its own.")
    left_out: dict[str, int] = {}
    parts: dict[str, list[Record]] = {"train": [], "validation": []}
    for r in data.records:
        why = _why_not(r, config)
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        elif r.split in parts:
            parts[r.split].append(r)
    if not parts["train"]:
        told = ", ".join(f"{n} {why}" for why, n in left_out.items())
        raise DataError(
            f"{data.title} has no patch to train on{f' ({told})' if told else ''}.",
            "Training takes labelled patches of the split 'train'; see docs/training.md on splits.",
        )
    if config.validate and not any(r.labels for r in parts["validation"]):
        raise DataError(
            f"{data.title} has no labelled patch in the split 'validation'.",
            "Give it one (docs/training.md on splits), or train for a fixed number of --epochs with --no-validate.",
        )
    used = parts["train"] + parts["validation"]
    alone = sum(r.s1_id is None for r in used) if set(bands) & set(S1_BANDS) else 0
    if alone:
        raise DataError(f"{alone} of {len(used)} patches have no Sentinel-1 partner.", "Choose bands without VV, VH.")
    needing = "crop" if config.crop else "map_loss" if config.map_loss else ""
    unmapped = sum(not r.mapped for r in parts["train"])
    if needing and 2 * unmapped > len(parts["train"]):
        raise DataError(
            f"{unmapped} of {len(parts['train'])} training patches have no reference map, which {needing} learns from.",
            f"Leave out --{needing.replace('_', '-')}, or use a data set with reference maps (v2).",
        )
    return Parts(tuple(parts["train"]), tuple(parts["validation"] if config.validate else ()), left_out)


def _why_not(r: Record, config: Config) -> str:
    if r.labels is None:
        return "unlabelled"
    if r.excluded and not (config.excluded and "no label" not in r.excluded):
        return r.excluded[0]
    return "without a split" if r.split is None else ""


def truth_of(records: Sequence[Record], classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(N, classes) bool each: present, known."""
    shape = (len(records), len(classes))
    truth = np.array([[c in (r.labels or ()) for c in classes] for r in records], dtype=bool).reshape(shape)
    known = np.array([[c not in r.unsure for c in classes] for r in records], dtype=bool).reshape(shape)
    return truth, known


def measured_statistics(
    data: DataSet, records: Sequence[Record], inputs: Sequence[BandInput]
) -> list[tuple[float, float]]:
    """(mean, standard deviation) a band over the native pixels of the records."""
    sums = np.zeros((len(inputs), 3))
    for r in records:
        bands = data.read(r, [b.name for b in inputs])
        for total, b in zip(sums, inputs, strict=True):
            x = bands[b.name].astype(np.float64)
            total += (x.size, x.sum(), (x * x).sum())
    n, s, ss = sums.T
    return [
        (m, v) for m, v in zip((s / n).tolist(), np.sqrt(np.maximum(ss / n - (s / n) ** 2, 0)).tolist(), strict=True)
    ]


class Patches(TorchDataset):
    """Samples by (epoch, position in ``records``); epoch -1: as they are, for judging."""

    def __init__(
        self,
        data: DataSet,
        records: Sequence[Record],
        inputs: Sequence[BandInput],
        classes: Sequence[str],
        config: Config,
    ) -> None:
        self.data, self.records, self.inputs, self.classes, self.config = data, records, inputs, classes, config
        self.bands = tuple(b.name for b in inputs)
        index = {c: i for i, c in enumerate(classes)}
        self.index_of_code = np.full(1000, NO_CLASS, np.int8)
        for code in range(1000):
            self.index_of_code[code] = index.get(class_of_clc(code) or "", NO_CLASS)

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, key: tuple[int, int]) -> Sample:
        epoch, at = key
        sample = self.whole(self.records[at], maps=epoch >= 0)
        if epoch < 0:
            return sample
        config, random = self.config, np.random.default_rng([self.config.seed, epoch, at])
        if config.crop:
            sample = cut(sample, SIZE, config.crop, random)
        quarters, left, down = random.integers((4, 2, 2)).tolist()
        # Upside down is a half turn and a mirror.
        flips = config.flips
        return turned(sample, (quarters if config.turns else 0) + 2 * down * flips, bool((left + down) % 2 and flips))

    def whole(self, record: Record, maps: bool) -> Sample:
        """Raises DataError where pixels have another size than their band's, or are no numbers."""
        bands = self.data.read(record, self.bands)
        for name in self.bands:
            side, x = SIZE * 10 // BANDS[name].resolution, bands[name]
            if x.shape != (side, side):
                raise DataError(
                    f"Band {name} of patch {record.id} has {' x '.join(map(str, x.shape))} pixels, not {side} x {side}."
                )
            if x.dtype.kind == "f" and not np.isfinite(x).all():
                raise DataError(
                    f"Band {name} of patch {record.id} holds NaN or infinity.", "Leave the patch out, or mend it."
                )
        truth, known = truth_of([record], self.classes)
        classes = None
        if maps and record.mapped and (self.config.crop or self.config.map_loss or self.config.cutmix):
            codes = self.data.reference(record)
            classes = self.index_of_code[np.minimum(codes, 999)]
            # What the labels leave out (or nobody knows) the map does not bring back.
            allowed = np.append(truth[0] & known[0], False)
            classes = np.where(allowed[classes], classes, NO_CLASS).astype(np.int8)
        return Sample(bands, truth[0].astype(np.float32), known[0].astype(np.float32), classes)

    def batch(self, samples: Sequence[Sample]) -> Batch:
        """Samples of one size as tensors; DN stay uint16."""
        side = samples[0].bands[self.bands[0]].shape[0] * BANDS[self.bands[0]].resolution // 10
        none = np.full((side, side), NO_CLASS, np.int8)
        return Batch(
            [_tensor([s.bands[b.name].astype(dtype_of(b)) for s in samples]) for b in self.inputs],
            _tensor([s.target for s in samples]),
            _tensor([s.weight for s in samples]),
            _tensor([none if s.classes is None else s.classes for s in samples]),
            torch.tensor([s.classes is not None for s in samples]),
        )


def _tensor(arrays: Sequence[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(arrays)))


@lru_cache(maxsize=2)
def order(count: int, seed: int, epoch: int) -> np.ndarray:
    """(count,) the patches of an epoch in the order in which they are seen."""
    return np.random.default_rng([seed, epoch]).permutation(count)


@dataclass(frozen=True)
class Plan:
    """Which patches each step takes: ``steps`` an epoch of ``batch`` each, cut into ``chunks`` for all processes.

    A last, smaller batch of an epoch is left out; another order next epoch brings its patches back.
    """

    count: int
    batch: int
    chunks: int
    seed: int

    @property
    def steps(self) -> int:
        return self.count // self.batch

    def chunks_of(self, step: int) -> list[list[tuple[int, int]]]:
        """The (epoch, patch) keys of a step, a list a chunk; chunks differ by one patch at most."""
        epoch, at = divmod(step, self.steps)
        rows = order(self.count, self.seed, epoch)[at * self.batch : (at + 1) * self.batch]
        return [[(epoch, int(i)) for i in part] for part in np.array_split(rows, self.chunks)]


def plan_of(count: int, config: Config, world: int) -> Plan:
    """Raises DataError where there are fewer patches than processes."""
    batch = min(config.batch, count)
    each = min(config.micro_batch or batch, -(-batch // world))
    chunks = world * -(-batch // (world * each))
    if chunks > batch:
        raise DataError(
            f"{batch} patches a step cannot be shared by {chunks} parts of {world} processes.",
            "Start fewer processes, or give a larger --batch.",
        )
    return Plan(count, batch, chunks, config.seed)


def feed(patches: Patches, keys: Iterable[list[tuple[int, int]]], workers: int, pin: bool) -> DataLoader:
    """Batches in the order of ``keys``, read ahead by ``workers`` processes (0: read when asked for)."""
    return DataLoader(
        patches,
        batch_sampler=keys,
        collate_fn=patches.batch,
        num_workers=workers,
        pin_memory=pin,
        prefetch_factor=4 if workers else None,
    )
