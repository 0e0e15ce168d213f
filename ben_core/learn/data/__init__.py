"""Data sets: BigEarthNet as published, stores of our own, splits."""

from .opening import open_data_set
from .store import Store, write_store

__all__ = ["Store", "open_data_set", "write_store"]
