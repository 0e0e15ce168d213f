"""Splits that keep places apart: official ones looked up, new ones made by geography, all of them checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...events import Emit, silent
from ...nomenclature import ORDER_ALPHABETICAL
from ..types import SPLITS, Place, Record
from .lists import read_lists
from .neighbours import pairs_within, places_of
from .table import split_columns

SHARES = (0.5, 0.25, 0.25)  # of BigEarthNet v2
GAP = 1200.0  # metres between two splits: one patch, so that no two of them touch
_UNITS = 24  # blocks that a split needs at least to be balanced
_PIXEL = 10.0  # metres; footprints that share less lie side by side


@dataclass(frozen=True)
class Leak:
    """Two patches of one place in two splits."""

    one: Record
    other: Record

    def __str__(self) -> str:
        return f"{self.one.id} ({self.one.split}) and {self.other.id} ({self.other.split})"


def find_leaks(records: Sequence[Record]) -> list[Leak]:
    """The places that stand in two splits, at whatever dates: a pair of patches each.

    Footprints that overlap by more than a pixel are one place. Records without split or footprint are not looked at.
    """
    records = [r for r in records if r.split is not None and r.place is not None]
    places, own = places_of(records)
    first: list[dict[str, Record]] = [{} for _ in places]  # by split
    leaks = []
    for record, place in zip(records, own.tolist(), strict=True):
        for split, other in first[place].items():
            if split != record.split and record.split not in first[place]:
                leaks.append(Leak(other, record))
        first[place].setdefault(str(record.split), record)
    for i, j in pairs_within(places, -_PIXEL).tolist():
        found = ((a, b) for s, a in first[i].items() for t, b in first[j].items() if s != t)
        leaks.extend(Leak(a, b) for a, b in found)
    return sorted(leaks, key=lambda leak: (leak.one.id, leak.other.id))


def refuse_leaks(records: Sequence[Record]) -> None:
    """Raises DataError, listing them, where a place stands in two splits."""
    leaks = find_leaks(records)
    if leaks:
        shown = "; ".join(map(str, leaks[:5])) + (f"; and {len(leaks) - 5:,} more" if len(leaks) > 5 else "")
        raise DataError(
            f"{len(leaks):,} places stand in two splits: {shown}.",
            "Scores on them would flatter: leave one of each pair out, or split by place.",
            "split-leak",
        )


def official_splits(path: str | Path) -> Mapping[str, str]:
    """Split by patch name: from a folder of BigEarthNet v1's lists, or metadata.parquet of v2.

    The table of v2 also names the patch of v1 that each of its patches was cut along. Raises DataError.
    """
    return read_lists(Path(path)).splits if Path(path).is_dir() else split_columns(Path(path))


def with_splits(records: Sequence[Record], splits: Mapping[str, str]) -> list[Record]:
    """The records in the splits given; in none where none is given."""
    return [replace(r, split=splits.get(r.id)) for r in records]


def split_by_place(
    records: Sequence[Record],
    shares: tuple[float, float, float] = SHARES,
    gap: float = GAP,
    seed: int = 0,
    emit: Emit = silent,
) -> list[Record]:
    """The records in train, validation and test, so that no two splits have patches less than ``gap`` metres apart.

    Whole tiles go to one split where there are many, else square blocks; shares hold for the count of patches and of
    each class as well as the blocks allow. Patches along the borders are taken out (split None): first of train, then
    of validation. Deterministic for a seed, whatever the order of the records.

    Raises DataError where a footprint is unknown, or the patches lie too close together to be told apart.
    """
    if len(shares) != len(SPLITS) or min(shares) <= 0 or gap < 0:
        raise ValueError(f"shares {shares} or gap {gap} make no split")
    ordered = sorted(records, key=lambda r: r.id)
    places, own = places_of(ordered)
    unit = _units(ordered, places, own)
    chosen = _balance(unit, _contents(ordered), np.array(shares) / sum(shares), np.random.default_rng(seed))
    of_record = chosen[unit]
    of_place = np.empty(len(places), np.int64)
    of_place[own] = of_record  # a place is in one unit, so all its dates are in one split
    near = pairs_within(places, gap)
    for loser in (0, 1):  # train gives way to both, validation to test
        border = of_place[near]
        fought = (border[:, 0] != border[:, 1]) & (border >= 0).all(axis=1)
        losers = near[fought][border[fought] == loser]
        of_place[losers] = -1
    result = [
        replace(r, split=SPLITS[s] if s >= 0 else None) for r, s in zip(ordered, of_place[own].tolist(), strict=True)
    ]
    _report(result, emit)
    return result


def _units(records: Sequence[Record], places: Sequence[Place], own: np.ndarray) -> np.ndarray:
    """For each record the number of the tile or block that goes to one split as a whole."""
    tiles = [r.tile for r in records]
    if None not in tiles and len(set(tiles)) >= _UNITS // 2:
        by_place: dict[int, str] = {}
        for place, tile in zip(own.tolist(), tiles, strict=True):
            by_place.setdefault(place, str(tile))
        return _numbered([by_place[p] for p in own.tolist()])
    side = 64 * max(p.side for p in places)
    while True:
        blocks = [(p.crs, p.left // side, p.top // side) for p in places]
        if len(set(blocks)) >= _UNITS or side <= 2 * max(p.side for p in places):
            return _numbered([blocks[p] for p in own.tolist()])
        side /= 2


def _numbered(keys: Sequence[object]) -> np.ndarray:
    numbers = {key: i for i, key in enumerate(dict.fromkeys(keys))}
    return np.array([numbers[key] for key in keys], np.int64)


def _contents(records: Sequence[Record]) -> np.ndarray:
    """(records, 20): 1 for the patch itself, then 1 a class that is present."""
    contents = np.zeros((len(records), 1 + len(ORDER_ALPHABETICAL)))
    contents[:, 0] = 1
    index = {name: 1 + i for i, name in enumerate(ORDER_ALPHABETICAL)}
    for row, record in zip(contents, records, strict=True):
        row[[index[name] for name in record.labels or ()]] = 1
    return contents


def _balance(unit: np.ndarray, contents: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The split of each unit: shares of the patches and of each class come as near to ``shares`` as may be.

    Units are dealt out roughly from the largest down, each to where it does least harm, then moved while that helps.
    """
    count = int(unit.max()) + 1
    if count < len(shares):
        raise DataError(
            "The patches lie too close together to be split by place.", "Take more of them, or train without a split."
        )
    held = np.zeros((count, contents.shape[1]))
    np.add.at(held, unit, contents)
    held = held[:, held.sum(axis=0) > 0]
    held = held / held.sum(axis=0)  # share of each class in a unit
    chosen = np.full(count, -1)
    dealt = np.zeros((len(shares), held.shape[1]))

    def place(u: int) -> None:
        harm = [((dealt[s] + held[u] - shares[s]) ** 2 - (dealt[s] - shares[s]) ** 2).sum() for s in range(len(shares))]
        chosen[u] = int(np.argmin(harm))
        dealt[chosen[u]] += held[u]

    size = held.sum(axis=1) * rng.uniform(0.7, 1.3, count)
    for u in np.argsort(-size, kind="stable").tolist():
        place(u)
    for _ in range(20):
        before = chosen.copy()
        for u in rng.permutation(count).tolist():
            if (chosen == chosen[u]).sum() > 1:
                dealt[chosen[u]] -= held[u]
                place(u)
        if (chosen == before).all():
            break
    return chosen


def _report(records: Sequence[Record], emit: Emit) -> None:
    left_out = sum(r.split is None for r in records)
    if left_out:
        emit(
            "warning",
            code="border",
            message=f"{left_out:,} of {len(records):,} patches lie between two splits and are in none.",
        )
    present = {label for r in records for label in r.labels or ()}
    for split in SPLITS:
        of = [r for r in records if r.split == split]
        if not of:
            raise DataError(
                f"No patch is left for {split}: the patches lie too close together to be split by place.",
                "Take more of them, or a smaller gap.",
            )
        lacking = sorted(present - {label for r in of for label in r.labels or ()})
        if lacking:
            emit("warning", code="class_lacking", message=f"No patch of {split} has: {'; '.join(lacking)}.")
