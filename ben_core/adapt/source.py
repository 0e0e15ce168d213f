"""Labelled source patches that are learned from beside the scene's, so that what the model knew stays known."""

from __future__ import annotations

import numpy as np

from ..errors import DataError, JobError
from ..learn.train.augment import Batch
from ..learn.train.config import Config
from ..learn.train.samples import Patches
from ..learn.types import DataSet
from ..models.card import ModelCard


class Source:
    """Draws batches from the labelled records of a data set (of its training split, where it has splits)."""

    def __init__(self, data: DataSet, card: ModelCard) -> None:
        lacking = [b for b in card.bands if b not in data.bands]
        if lacking:
            raise JobError(
                f"{data.title} has no band {', '.join(lacking)}, which model {card.name!r} takes.",
                "Give another --source, or leave it out.",
            )
        records = [r for r in data.records if r.labels and not r.excluded and r.split in (None, "train")]
        if not records:
            raise DataError(f"{data.title} has no labelled patch to learn from.", "Give another --source.")
        self.title = data.title
        self.records = records
        self._patches = Patches(data, records, card.inputs, card.classes, Config(turns=True))

    def fingerprint(self) -> str:
        return repr([(r.id, r.labels, r.unsure) for r in self.records])

    def batch(self, n: int, seed: list[int]) -> Batch:
        """``n`` records (all, where there are fewer), turned and mirrored at random."""
        random = np.random.default_rng(seed)
        rows = random.choice(len(self.records), min(n, len(self.records)), replace=False)
        turns = int(random.integers(2**31))
        return self._patches.batch([self._patches[(turns, int(i))] for i in rows])
