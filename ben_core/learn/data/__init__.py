"""Data sets: BigEarthNet as published, stores of our own, splits."""

from .opening import open_data_set
from .store import Store

__all__ = ["Store", "open_data_set"]
