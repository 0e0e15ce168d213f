"""Data sets: BigEarthNet as published, stores of our own, splits."""

from .opening import open_data_set
from .splits import find_leaks, official_splits, refuse_leaks, split_by_place, with_splits
from .store import Store, write_store

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
