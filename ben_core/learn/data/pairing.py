"""Pairs of a Sentinel-2 and a Sentinel-1 patch of BigEarthNet MM: the rows of its lists, and what they name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import DataError, JobError
from ...events import Emit
from ..types import Record
from .lists import SPLIT_OF_NAME, list_name, read_pairs
from .names import is_s1
from .pixels import S1, S2, read_band
from .version1 import patch_names, read_record, read_s1_record


@dataclass(frozen=True)
class Pair:
    """A row of a list: where it belongs, and the names of its patches."""

    split: str
    s2: str
    s1: str | None


def read_lists_of_pairs(
    lists: Iterable[Path], s1: Path | None, emit: Emit, known: Collection[str] | None = None
) -> dict[str, list[Pair]]:
    """The rows of the lists by split, each list named after its split (one of ``known``, where that is given).

    Partners that a list does not name are looked for in ``s1``. Raises JobError, DataError.
    """
    pairs: dict[str, list[Pair]] = {}
    seen: dict[str, str] = {}
    for path in lists:
        split = list_name(path)
        if split in pairs:
            raise JobError(f"Two lists are called {split}: each is a split of its own.")
        if known is not None and split not in known:
            raise JobError(
                f"The list {path} is called {split!r}, which is no split.",
                "A store knows train, val (or validation) and test.",
            )
        pairs[split] = [Pair(split, s2, s1) for s2, s1 in read_pairs(path)]
        for pair in pairs[split]:
            if seen.setdefault(pair.s2, split) != split:
                raise DataError(
                    f"{pair.s2} stands in two lists: {seen[pair.s2]} and {split}.",
                    "A patch may be in one split only.",
                    "split-leak",
                )
        if not pairs[split]:
            raise DataError(f"The list {path} is empty.")
    if not pairs:
        raise JobError(
            "No list of patches was given.", "Give the CSV files of the splits: -n train.csv val.csv test.csv"
        )
    named = any(p.s1 for rows in pairs.values() for p in rows)
    if s1 is None:
        if named:
            emit(
                "warning",
                code="no_s1",
                message="The lists name Sentinel-1 patches, and no folder of them was given (-r1): Sentinel-2 only.",
            )
        return {split: [replace(p, s1=None) for p in rows] for split, rows in pairs.items()}
    if all(p.s1 for rows in pairs.values() for p in rows):
        return pairs
    emit("step", name="pair", text=f"Looking for the Sentinel-1 partners in {s1}")
    partners = {r.id: r.s1_id for r in (read_s1_record(s1 / n) for n in patch_names(s1, is_s1))}
    return {
        split: [p if p.s1 else replace(p, s1=partners.get(p.s2, "")) for p in rows] for split, rows in pairs.items()
    }


def load(pair: Pair, s2: Path, s1: Path | None, pixels: bool = True) -> tuple[Record, dict[str, np.ndarray]]:
    """Record and bands of a pair, checked. Raises DataError naming patch and file."""
    folder = s2 / pair.s2
    if not folder.is_dir():
        raise DataError(
            f"Patch {pair.s2} is missing: {folder}.",
            "Take it from the archive again, or go on without: --on-error skip.",
        )
    record = replace(read_record(folder), split=SPLIT_OF_NAME.get(pair.split))
    bands = {b: read_band(folder / f"{pair.s2}_{b}.tif", b, pair.s2) for b in S2} if pixels else {}
    if s1 is None:
        return record, bands
    if not pair.s1:
        raise DataError(
            f"Patch {pair.s2} has no Sentinel-1 partner in {s1}.",
            "Leave -r1 out for Sentinel-2 only, or go on without the patch: --on-error skip.",
        )
    if not (s1 / pair.s1).is_dir():
        raise DataError(
            f"Patch {pair.s1} is missing: {s1 / pair.s1}.",
            "Take it from the archive again, or go on without: --on-error skip.",
        )
    partner = read_s1_record(s1 / pair.s1)
    if partner.id != pair.s2:
        raise DataError(f"The list pairs {pair.s2} with {pair.s1}, whose metadata names {partner.id}.")
    if pixels:
        bands |= {b: read_band(s1 / pair.s1 / f"{pair.s1}_{b}.tif", b, pair.s2) for b in S1}
    return replace(record, s1_id=pair.s1), bands
