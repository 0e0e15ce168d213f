"""Cells by class, by area and by time: sums that are added up scene by scene."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely

from ...products.legend import CATEGORIES, CODES, COLUMNS
from ...storage import writing
from ...zones.count import pairs
from ...zones.polygons import ZoneFile, Zones, read_zones
from .cells import CLASSES, SceneCells
from .entries import Entry

PERIODS = ("day", "month", "year")
ALL = "all scenes"
KINDS = ("all", "tile", "zone")
_DIGITS = 6


@dataclass(frozen=True)
class Key:
    """What a sum is of: all scenes, a tile or a zone (``kind``, ``area``), in a period ("2021-06")."""

    kind: str
    area: str
    period: str


@dataclass
class Sums:
    """Sums over cells of scenes; where zones weigh cells, over their weights.

    cells, not_mapped   cells with and without an answer; km2: area of the former
    main, main_km2      (19,) cells whose most probable class it is, by code - 1
    present             (19,) cells that carry the class as a label
    p, answered         (19,) sum of the probabilities, and the cells that it is of
    """

    scenes: int = 0
    cells: float = 0.0
    not_mapped: float = 0.0
    km2: float = 0.0
    main: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    main_km2: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    present: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    p: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    answered: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))

    def add(self, other: Sums) -> None:
        self.scenes += other.scenes
        self.cells += other.cells
        self.not_mapped += other.not_mapped
        self.km2 += other.km2
        for name in ("main", "main_km2", "present", "p", "answered"):
            getattr(self, name).__iadd__(getattr(other, name))


def period_of(e: Entry, period: str) -> str:
    return {"day": e.day, "month": e.month, "year": e.time[:4] or "unknown"}[period]


class Counter:
    """Adds scenes up. The file of zones is read once; scenes of one tile, one after the other, have them on one map."""

    def __init__(self, period: str, zones: Path | None, layer: str | None, id_field: str | None, weight: str) -> None:
        self.period, self.weight = period, weight
        self.zones_file = zones, layer, id_field
        self.sums: dict[Key, Sums] = {}
        self._place: tuple[object, ...] = ()
        self._file: ZoneFile | None = None
        self._zones: Zones | None = None

    def add(self, found: SceneCells) -> Sums:
        """Count a scene; returns its own sums. Raises DataError for a file of zones that is none."""
        e, n = found.entry, len(found.cells.shapes)
        measured = _Measured(found)
        own = measured.sums(np.arange(n), np.ones(n))
        when = period_of(e, self.period)
        self._add(Key("all", ALL, when), own)
        self._add(Key("tile", e.place, when), own)
        zones = self.zones(found)
        if zones is not None:
            zone, cell, w = pairs(found.cells.shapes, zones.on_map, self.weight)
            order = np.argsort(zone, kind="stable")
            for part in np.split(order, np.nonzero(np.diff(zone[order]))[0] + 1):
                if part.size:
                    name = str(zones.names[zone[part[0]]])
                    self._add(Key("zone", name, when), measured.sums(cell[part], w[part]))
        return own

    def _add(self, key: Key, sums: Sums) -> None:
        self.sums.setdefault(key, Sums()).add(sums)

    def zones(self, found: SceneCells) -> Zones | None:
        """The zones on a scene's map; None where none were given. Raises DataError."""
        path, layer, id_field = self.zones_file
        if path is None:
            return None
        place = (found.cells.crs, *shapely.total_bounds(found.cells.shapes).tolist())
        self._file = self._file or read_zones(path, layer, id_field)
        if self._zones is None or place != self._place:
            self._zones, self._place = self._file.on(found.cells), place
        return self._zones

    def ordered(self) -> list[tuple[Key, Sums]]:
        """All scenes, then tiles, then zones, each by name and time."""
        return sorted(self.sums.items(), key=lambda s: (KINDS.index(s[0].kind), s[0].area, s[0].period))


class _Measured:
    """A scene's cells as numbers that can be summed over any choice of them."""

    def __init__(self, found: SceneCells) -> None:
        cells = found.cells
        self.mapped = cells.mapped
        self.top = found.top.astype(np.int64)
        self.km2 = shapely.area(found.cells.shapes) / 1e6
        self.codes = np.array([CODES[name] - 1 for name in cells.classes])
        self.present = cells.present & self.mapped[:, None]
        self.p = cells.p

    def sums(self, cell: np.ndarray, w: np.ndarray) -> Sums:
        mapped = self.mapped[cell]
        out = Sums(scenes=1, cells=float(w[mapped].sum()), not_mapped=float(w[~mapped].sum()))
        km2 = w * self.km2[cell]
        out.km2 = float(km2[mapped].sum())
        out.main[:] = np.bincount(self.top[cell], w, CLASSES + 1)[1:]
        out.main_km2[:] = np.bincount(self.top[cell], km2, CLASSES + 1)[1:]
        known = ~np.isnan(self.p[cell])
        out.present[self.codes] = (w[:, None] * self.present[cell]).sum(axis=0)
        out.p[self.codes] = (w[:, None] * np.where(known, self.p[cell], 0)).sum(axis=0)
        out.answered[self.codes] = (w[:, None] * known).sum(axis=0)
        return out


def write_counts(counter: Counter, path: Path) -> None:
    """A row an area, period and class. Raises StorageError."""
    with writing(path), path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(_HEADER)
        for key, s in counter.ordered():
            writer.writerows(_rows(key, s))


_HEADER = (
    "kind",
    "area",
    "period",
    "class",
    "code",
    "scenes",
    "cells",
    "not_mapped",
    "km2",
    "main",
    "main_km2",
    "main_share",
    "present",
    "present_share",
    "mean_p",
)


def _rows(key: Key, s: Sums) -> Iterator[tuple[object, ...]]:
    for c in CATEGORIES:
        i = c.code - 1
        if s.answered[i]:
            yield (
                key.kind,
                key.area,
                key.period,
                c.name,
                c.code,
                s.scenes,
                number(s.cells),
                number(s.not_mapped),
                number(s.km2),
                number(s.main[i]),
                number(s.main_km2[i]),
                number(s.main[i] / s.cells),
                number(s.present[i]),
                number(s.present[i] / s.cells),
                number(s.p[i] / s.answered[i]),
            )


def number(value: float) -> str:
    """As it stands in a table."""
    return f"{round(float(value), _DIGITS):.12g}"


def main_class(s: Sums) -> str:
    """The class that is the most probable one of most cells (the lowest code of equals); "" without an answer."""
    return CATEGORIES[int(s.main.argmax())].name if s.main.any() else ""


SCENE_COLUMNS = (
    "scene",
    "tile",
    "acquired",
    "cells",
    "not_mapped",
    "km2",
    "cell_m",
    "main_class",
    "model",
    *(COLUMNS[c.name].replace("p_", "main_", 1) for c in CATEGORIES),
)


def scene_row(e: Entry, own: Sums) -> Mapping[str, object]:
    """A line of the list of scenes: SCENE_COLUMNS and their values."""
    facts = (
        e.name,
        e.place,
        e.time,
        number(own.cells),
        number(own.not_mapped),
        number(own.km2),
        f"{e.side:g}",
        main_class(own),
        e.model,
        *map(number, own.main),
    )
    return dict(zip(SCENE_COLUMNS, facts, strict=True))
