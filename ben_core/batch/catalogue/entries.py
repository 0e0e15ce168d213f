"""Finished scenes as the catalogue sees them: place and time, light enough for ten thousand at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import DataError
from ..types import Finished

UNKNOWN_DAY = "unknown"


@dataclass(frozen=True)
class Entry:
    """One scene. Coordinates are in ``crs``; a cell is a square of ``side`` metres from the corner (left, top).

    time    ISO 8601 in UTC, "" where nothing tells
    place   MGRS tile ("33UUP"); without one, CRS and corner of its grid: scenes of one place share their cells
    model   name of the model that answered
    item    the STAC item's own fields that a collection summarises (see ``stac``)
    """

    scene: Finished
    time: str
    place: str
    crs: str
    left: float
    bottom: float
    right: float
    top: float
    side: float
    rows: int
    cols: int
    model: str
    item: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self.scene.name

    @property
    def day(self) -> str:
        return self.time[:10] or UNKNOWN_DAY

    @property
    def month(self) -> str:
        return self.time[:7] or UNKNOWN_DAY

    @property
    def lattice(self) -> tuple[str, float, float, float]:
        """Equal where the cells of two scenes are parts of one lattice."""
        return self.crs, round(self.left % self.side, 3), round(self.top % self.side, 3), self.side

    @property
    def grid(self) -> tuple[str, float, float, float, int, int]:
        """Equal where two scenes have the very same cells."""
        return self.crs, self.left, self.top, self.side, self.rows, self.cols


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """The order in which rules look at scenes: by time, the newest first, scenes of one time by name."""
    by_name = sorted(entries, key=lambda e: e.name)
    return sorted(by_name, key=lambda e: e.time, reverse=True)


def read_entry(scene: Finished) -> Entry:
    """The entry of a scene from its STAC item. Raises DataError where the item is missing or broken."""
    try:
        item = json.loads(scene.item.read_bytes())
        properties = item["properties"]
        raster = item["assets"]["probabilities"]
        rows, cols = raster["proj:shape"]
        left, bottom, right, top = map(float, properties["proj:bbox"])
        crs, tile = scene.crs, properties.get("grid:code", "")
        return Entry(
            scene=scene,
            time=scene.acquired or "",
            place=tile.removeprefix("MGRS-") if tile else f"{_short(crs)} at {left:.0f} {top:.0f}",
            crs=crs,
            left=left,
            bottom=bottom,
            right=right,
            top=top,
            side=float(raster["proj:transform"][0]),
            rows=int(rows),
            cols=int(cols),
            model=properties["ben:run"].get("model", "unknown").partition(":")[0],
            item={key: properties[key] for key in _SUMMARISED if key in properties},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        reason = e.strerror if isinstance(e, OSError) else f"{type(e).__name__}: {e}"
        raise DataError(
            f"The STAC item of scene {scene.name} cannot be read ({reason}).", "Map the scene again.", "item"
        ) from e


_SUMMARISED = ("platform", "constellation", "instruments", "gsd", "proj:code", "processing:level", "grid:code")


def _short(crs: str) -> str:
    return crs if len(crs) < 40 else "own CRS"
