"""Which records of an archive are there on disk, and which bands they give."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from ...errors import DataError
from ..types import Record
from .pixels import S1, S2, expected_shape


def present(
    records: Iterable[Record], s2: Collection[str], s1: Collection[str | None], wanted: Sequence[str] | None
) -> tuple[list[Record], tuple[str, ...]]:
    """The records whose pixels are there, and the bands that all of them give.

    ``s2``, ``s1`` are the names of the patches on disk. ``wanted`` are bands that every record must give; None
    asks for Sentinel-2, or for Sentinel-1 where there is nothing else. A partner that is not there is struck out
    (``s1_id`` None). Raises DataError for bands that no archive holds.
    """
    for band in wanted or ():
        expected_shape(band)
    need_s2 = bool(s2) if wanted is None else any(b in S2 for b in wanted)
    need_s1 = not s2 if wanted is None else any(b in S1 for b in wanted)
    kept = []
    for record in records:
        with_s1 = record.s1_id is not None and record.s1_id in s1
        if (need_s2 and record.id not in s2) or (need_s1 and not with_s1):
            continue
        kept.append(record if with_s1 or record.s1_id is None else replace(record, s1_id=None))
    bands = (S2 if need_s2 else ()) + (S1 if all(r.s1_id for r in kept) else ())
    return kept, bands


def unique(records: list[Record], where: str) -> list[Record]:
    """The records sorted by id. Raises DataError where two have one id."""
    records = sorted(records, key=lambda r: r.id)
    for a, b in pairwise(records):
        if a.id == b.id:
            raise DataError(f"Two patches are called {a.id} in {where}.", "Each patch may stand there once.")
    return records
