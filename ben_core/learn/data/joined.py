"""Several data sets as one: labels of yesterday and labels of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...errors import DataError
from ..types import DataSet, Record


class Joined:
    """The patches of several data sets, with the bands that all of them have.

    A patch of which one set knows the labels and another does not is taken from the first. Raises DataError where two
    sets label the same patch, or share no band.
    """

    def __init__(self, sets: Sequence[DataSet]) -> None:
        self.title = " and ".join(s.title for s in sets)
        self.bands = tuple(b for b in sets[0].bands if all(b in s.bands for s in sets))
        if not self.bands:
            raise DataError(f"The data sets share no band: {self.title}.", "Train on one of them, or open with --s1.")
        found: dict[str, tuple[Record, DataSet]] = {}
        for data in sets:
            for record in data.records:
                other = found.get(record.id)
                if other is not None and record.labels is not None and other[0].labels is not None:
                    raise DataError(
                        f"Patch {record.id} is labelled in {other[1].title} and in {data.title}.", "Give one of them."
                    )
                if other is None or record.labels is not None:
                    found[record.id] = record, data
        self.records = [found[name][0] for name in sorted(found)]
        self._home = {name: data for name, (_, data) in found.items()}

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        return self._home[record.id].read(record, bands)

    def reference(self, record: Record) -> np.ndarray:
        return self._home[record.id].reference(record)


def join(sets: Sequence[DataSet]) -> DataSet:
    """One data set of one or several."""
    return sets[0] if len(sets) == 1 else Joined(sets)
