"""Which patches belong together, and how far scores move when whole groups of them are drawn again and again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..types import Record
from .metrics import Ranking, areas

FEWEST_GROUPS = 5  # fewer say too little about what another tile would have given
_BLOCK = 100_000.0  # m, about the side of an MGRS tile
_CHUNK = 50  # draws held in memory at a time


@dataclass(frozen=True)
class Groups:
    """The unit of drawing and of folds.

    index  (N,) number of each patch's group, 0 .. count - 1
    count  number of groups
    word   what a group is, in the plural: "tiles", "patches"
    note   why it is no better unit, empty where it is the best one
    """

    index: np.ndarray
    count: int
    word: str
    note: str = ""

    def folds(self, wanted: int = 5) -> np.ndarray:
        """(N,) number of each patch's fold, groups kept whole, folds of about one size; at most ``count`` folds."""
        sizes = np.bincount(self.index, minlength=self.count)
        filled = np.zeros(min(wanted, self.count), np.int64)
        fold = np.empty(self.count, np.int64)
        for group in np.argsort(-sizes, kind="stable"):
            fold[group] = filled.argmin()
            filled[fold[group]] += sizes[group]
        return fold[self.index]


def groups_of(records: Sequence[Record]) -> Groups:
    """Tiles where every record has one or a place, else, or where there are too few tiles, single patches."""
    names = [r.tile or _block(r) for r in records]
    if None in names:
        return single(len(names), "Tiles or places of some patches are unknown, so single patches were drawn.")
    return grouped(np.array(names), "tiles")


def grouped(names: np.ndarray, word: str) -> Groups:
    """Groups of one name (N,) each; single patches where there are too few names."""
    unique, index = np.unique(names, return_inverse=True)
    if len(unique) < FEWEST_GROUPS:
        return single(
            len(names),
            f"There are only {len(unique)} {word}, too few to draw; single patches were drawn, and since "
            "neighbours are alike the intervals are too narrow.",
        )
    return Groups(index, len(unique), word)


def single(n: int, note: str) -> Groups:
    return Groups(np.arange(n), n, "patches", note)


def _block(record: Record) -> str | None:
    if record.place is None:
        return None
    return f"{record.place.crs} {record.place.left // _BLOCK:.0f} {record.place.top // _BLOCK:.0f}"


class Draws:
    """Groups drawn with replacement, the same for all who ask: differences of two models are paired by that."""

    def __init__(self, groups: Groups, draws: int = 1000, seed: int = 0) -> None:
        self.groups = groups
        random = np.random.default_rng(seed)
        even = np.full(groups.count, 1 / groups.count)
        self.times = np.stack([random.multinomial(groups.count, even) for _ in range(draws)]).astype(np.uint16)

    def __iter__(self) -> Iterator[np.ndarray]:
        """How often each patch was drawn, (N,), draw by draw."""
        for times in self.times:
            yield times[self.groups.index]

    def areas(self, ranking: Ranking, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """AP and AUROC of each draw, (draws,) each; ``known`` (N, …) tells which answers ``ranking`` was made of."""
        index = self.groups.index.reshape(-1, *(1,) * (known.ndim - 1))
        group = np.broadcast_to(index, known.shape)[known]
        if not len(group):
            return np.full((2, len(self.times)), np.nan)[0], np.full(len(self.times), np.nan)
        if self.groups.count * 4 > len(group):  # few answers a group: count each answer
            each = [areas(*ranking.steps(times[group])) for times in self.times]
            return np.array([a for a, _ in each]), np.array([u for _, u in each])
        true, false = ranking.by_group(group, self.groups.count)
        parts = []
        for i in range(0, len(self.times), _CHUNK):
            times = self.times[i : i + _CHUNK].astype(np.float64)
            parts.append(areas(np.cumsum(times @ true, axis=1), np.cumsum(times @ false, axis=1)))
        return np.concatenate([a for a, _ in parts]), np.concatenate([u for _, u in parts])

    def totals(self, values: np.ndarray) -> np.ndarray:
        """Sums over the drawn patches of ``values`` (N, …): float64 (draws, …)."""
        flat = values.reshape(len(values), -1).astype(np.float64)
        sums = np.zeros((self.groups.count, flat.shape[1]))
        np.add.at(sums, self.groups.index, flat)
        parts = [self.times[i : i + _CHUNK] @ sums for i in range(0, len(self.times), _CHUNK)]
        return np.concatenate(parts).reshape(len(self.times), *values.shape[1:])
