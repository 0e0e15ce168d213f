"""The lists of patch names that belong to BigEarthNet v1: splits, and patches to leave out. CSV, also .gz and .bz2."""

from __future__ import annotations

import bz2
import csv
import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ...errors import DataError, reason
from .names import is_s1, is_v1_s2

_OPEN: Mapping[str, Callable[..., IO[str]]] = {".bz2": bz2.open, ".gz": gzip.open}
# File names as the archives and their tools spell them.
SPLIT_OF_NAME = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}
_REASON_OF_NAME = {
    "patches_with_seasonal_snow": "snow",
    "patches_with_cloud_and_shadow": "cloud",
    "patches_with_no_19_class_targets": "no label",
}


@dataclass(frozen=True)
class Lists:
    """What a folder of lists says. ``splits``: split by S2 name; ``excluded``: reasons by S2 name; ``files``: read."""

    splits: Mapping[str, str] = field(default_factory=dict)
    excluded: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: tuple[str, ...] = ()


def list_name(path: Path) -> str:
    """The base name up to the first dot: train.csv.bz2 -> train."""
    return path.name.partition(".")[0]


def read_pairs(path: Path) -> list[tuple[str, str | None]]:
    """(S2 name, S1 name or None) a row of a list without header; blank lines are skipped.

    Raises DataError naming file and line where a name is none of BigEarthNet v1, or stands twice.
    """
    pairs: list[tuple[str, str | None]] = []
    seen: dict[str, int] = {}
    opener = _OPEN.get(path.suffix.lower(), open)
    try:
        with opener(path, "rt", newline="", encoding="utf-8-sig") as file:
            for line, row in enumerate(csv.reader(file), start=1):
                names = [cell.strip() for cell in row]
                if not any(names):
                    continue
                if len(names) > 2 or not is_v1_s2(names[0]) or (len(names) == 2 and not is_s1(names[1])):
                    raise DataError(
                        f"Line {line} of {path} names no patch of BigEarthNet: {', '.join(names)[:120]!r}.",
                        "A row is the name of a Sentinel-2 patch, or that and the name of its Sentinel-1 partner.",
                    )
                if names[0] in seen:
                    raise DataError(f"{names[0]} stands twice in {path}: lines {seen[names[0]]} and {line}.")
                seen[names[0]] = line
                pairs.append((names[0], names[1] if len(names) == 2 else None))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as e:
        raise DataError(
            f"The list {path} cannot be read: {reason(e)}.", "Give a CSV file, or one packed as .gz or .bz2."
        ) from e
    return pairs


def read_lists(folder: Path) -> Lists:
    """The lists in a folder, known by their names (train, val, test, patches_with_…). Raises DataError.

    A patch in two splits is refused: whoever trains on one would be judged on what was learnt.
    """
    splits: dict[str, str] = {}
    excluded: dict[str, tuple[str, ...]] = {}
    files = []
    for path in sorted(p for p in folder.iterdir() if ".csv" in p.suffixes):
        name = list_name(path)
        if name in SPLIT_OF_NAME:
            split = SPLIT_OF_NAME[name]
            for patch, _ in read_pairs(path):
                if splits.setdefault(patch, split) != split:
                    raise DataError(f"{patch} stands in two splits of {folder}: {splits[patch]} and {split}.")
        elif name in _REASON_OF_NAME:
            for patch, _ in read_pairs(path):
                excluded[patch] = (*excluded.get(patch, ()), _REASON_OF_NAME[name])
        else:
            continue
        files.append(path.name)
    return Lists(splits, excluded, tuple(files))
