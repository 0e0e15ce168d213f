"""Scenes of one place and of some dates, for time series and change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError, JobError
from ..layout import finished
from .answers import forget
from .entries import Entry, read_entry

_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
_SPAN = re.compile(rf"(?P<first>{_DATE})(\.\.(?P<last>{_DATE}))?")


def scenes_of(out: Path, place: str) -> tuple[list[Entry], list[str]]:
    """The scenes of a tile that have the very same cells, by time, and notes on those left out.

    Raises DataError where there is none. Of several grids the one of most scenes is taken (the finest of equals).
    """
    forget()
    all_scenes = finished(out)
    wanted = place.upper().removeprefix("MGRS-").removeprefix("T") if " " not in place else place
    entries = [e for e in map(read_entry, all_scenes) if e.place == wanted]
    if not entries:
        known = sorted({read_entry(s).place for s in all_scenes})
        raise DataError(
            f"{out} holds no finished scene of tile {place}.",
            "It holds: " + ", ".join(known[:20]) + ("…" if len(known) > 20 else "") + "."
            if known
            else "Map scenes into it with `ben batch SCENES… --out DIR`.",
            "tile",
        )
    grids = Counter(e.grid for e in entries)
    grid = min(grids, key=lambda g: (-grids[g], g[3], str(g)))
    chosen = sorted((e for e in entries if e.grid == grid and e.time), key=lambda e: (e.time, e.name))
    notes = []
    if len(entries) > len(chosen):
        notes.append(
            f"{len(entries) - len(chosen)} of {len(entries)} scenes of {place} are left out: their cells are others, or "
            "their time is unknown."
        )
    if not chosen:
        raise DataError(f"No scene of tile {place} tells its time.", "Give it with --acquired when mapping.", "tile")
    return chosen, notes


def within(entries: Sequence[Entry], span: str) -> list[Entry]:
    """Scenes of a span: "2021", "2021-06", "2021-06-13", or two of them: "2021-04..2021-09", both ends included.

    Raises JobError for another text, DataError where no scene is of it.
    """
    match = _SPAN.fullmatch(span)
    if match is None:
        raise JobError(f"{span!r} is no span of time.", "Give 2021, 2021-06, 2021-06-13 or 2021-04..2021-09.", "span")
    first, last = match["first"], match["last"] or match["first"]
    found = [e for e in entries if first <= e.day[: len(first)] and e.day[: len(last)] <= last]
    if not found:
        days = sorted({e.day for e in entries})
        raise DataError(
            f"No scene of {entries[0].place} is of {span}.",
            f"There are {len(days)} days from {days[0]} to {days[-1]}.",
            "span",
        )
    return found
