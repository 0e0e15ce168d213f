"""Data sets: BigEarthNet as published, stores of our own, splits.

Names are imported when they are asked for: judging a finished map (``ben evaluate --map``) takes the reference maps of
this package alone, and runs where the extra [learn] with its LMDB and Parquet is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .opening import open_data_set
    from .splits import find_leaks, official_splits, refuse_leaks, split_by_place, with_splits
    from .store import Store, write_store

_HOMES = {
    "Store": "store",
    "find_leaks": "splits",
    "official_splits": "splits",
    "open_data_set": "opening",
    "refuse_leaks": "splits",
    "split_by_place": "splits",
    "with_splits": "splits",
    "write_store": "store",
}

__all__ = [
    "Store",
    "find_leaks",
    "official_splits",
    "open_data_set",
    "refuse_leaks",
    "split_by_place",
    "with_splits",
    "write_store",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
