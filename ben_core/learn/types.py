"""What the learning commands pass to one another: labelled patches, whatever archive they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..errors import DataError
from ..nomenclature import CLASSES

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lies: upper left corner in the metres of ``crs`` ("EPSG:32633"), and its side in metres."""

    crs: str
    left: float
    top: float
    side: float = 1200.0


@dataclass(frozen=True, slots=True)
class Record:
    """One patch of a data set without its pixels.

    id        its name in the data set, unique there (v1: name of the S2 patch; v2: patch_id)
    labels    names of the 19 classes present, None where nobody has labelled it; () means "none of the 19"
    split     "train", "validation", "test", or None where the data set has no split
    s1_id     name of the Sentinel-1 partner, None where there is none
    tile      MGRS tile ("33UUP"), None where unknown
    place     footprint, None where unknown
    country   None where unknown
    acquired  ISO 8601, None where unknown
    excluded  reasons to leave it out: "snow", "cloud", "no label"
    mapped    a reference map gives the class of each pixel (``DataSet.reference``)
    unsure    classes of which nobody knows whether they are present (left open by a labeller, or pseudo-labels on
              which two models disagree): neither positive nor negative, so they take no part in loss and metrics
    labels_43 names of the 43 classes of BigEarthNet v1 (CORINE level 3), None where the archive has none
    """

    id: str
    labels: tuple[str, ...] | None = None
    split: str | None = None
    s1_id: str | None = None
    tile: str | None = None
    place: Place | None = None
    country: str | None = None
    acquired: str | None = None
    excluded: tuple[str, ...] = ()
    mapped: bool = False
    unsure: tuple[str, ...] = ()
    labels_43: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        unknown = [c for c in (*(self.labels or ()), *self.unsure) if c not in CLASSES]
        if unknown:
            raise DataError(
                f"Patch {self.id} has labels outside the 19 classes: {unknown}.",
                "43-class labels are converted by the reader of the archive; see ben_core/nomenclature.py.",
            )
        both = sorted(set(self.labels or ()) & set(self.unsure))
        if both:
            raise DataError(f"Patch {self.id} says of {both[0]!r} both that it is present and that nobody knows.")
        if self.split is not None and self.split not in SPLITS:
            raise DataError(
                f"Patch {self.id} stands in a split {self.split!r}.", "Splits are: " + ", ".join(SPLITS) + "."
            )


class DataSet(Protocol):
    """Labelled or unlabelled patches. Opened by ``learn.data.open_data_set(path)``.

    title    what it is, for people ("BigEarthNet v2 in /data/ben")
    bands    names of the bands that ``read`` can give for (nearly) every record
    records  in a fixed order (sorted by id)
    """

    @property
    def title(self) -> str: ...

    @property
    def bands(self) -> tuple[str, ...]: ...

    @property
    def records(self) -> Sequence[Record]: ...

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        """Pixels by band name at native size, (h, w): S2 uint16 DN on the scale before baseline 04.00
        (120 x 120 at 10 m, 60 x 60 at 20 m, 20 x 20 at 60 m), S1 float32 dB (120 x 120).

        Raises DataError naming patch, band and file where one is missing, unreadable or of another size or type.
        Safe to call from several processes and threads.
        """
        ...

    def reference(self, record: Record) -> np.ndarray:
        """CORINE level-3 code a pixel, uint16 (120, 120), 999 or 0 where unknown. DataError where ``mapped`` is false."""
        ...
