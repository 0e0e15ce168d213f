"""Cover by class, by area and by time: hectares of the 10 m maps, every place once a period.

Cells say where a class is *present* in a patch; a cell is no measure of cover. A 10 m map gives every pixel one class: its
pixels are. Where several scenes of a period show a place (dates of a tile, overlaps of tiles), those with an answer there
share its area. Scenes of other pixels, or of another UTM zone, are not laid upon each other: their overlaps count twice.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.features import geometry_mask
from rasterio.windows import Window

from ...products.legend import CATEGORIES
from ...storage import writing
from ...zones.polygons import Zones
from .answers import FINER, FINER_P, reading
from .cells import CLASSES
from .counts import ALL, KINDS, Key, number, period_of
from .entries import Entry
from .virtual import Piece

_ROWS = 512  # pixel rows that are looked at together
_MOST = 128 << 20  # pixels (bytes) of all scenes of such rows: where many lie on each other, fewer rows are taken


@dataclass
class Cover:
    """Hectares of an area in a period: by class (19,), by code - 1, and seen without an answer; ``scenes`` show it."""

    scenes: set[str] = field(default_factory=set)
    hectares: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    not_mapped: float = 0.0

    def add(self, other: Cover) -> None:
        self.scenes |= other.scenes
        self.hectares += other.hectares
        self.not_mapped += other.not_mapped

    @property
    def mapped(self) -> float:
        return float(self.hectares.sum())


def read_piece(e: Entry) -> Piece | None:
    """Where the 10 m map of a scene lies, all of it looked at; None where it has none. Raises DataError."""
    path = e.scene.files.get(FINER)
    if path is None:
        return None
    with reading(e), rasterio.open(path) as src, rasterio.open(e.scene.files[FINER_P]) as other:
        if src.count != 1 or src.dtypes[0] != "uint8" or src.transform.e != -src.transform.a:
            raise ValueError("its 10 m map is no raster of codes")
        if (other.count, other.dtypes, other.shape) != (1, src.dtypes, src.shape):
            raise ValueError("the rasters of its 10 m map do not fit together")
        for top in range(0, src.height, _ROWS):
            for file in (src, other):
                file.read(1, window=Window(0, top, src.width, min(_ROWS, src.height - top)))
        return Piece(path, src.transform.c, src.transform.f, src.transform.a, src.width, src.height)


@dataclass(frozen=True)
class _Frame:
    """A rectangle of pixels of a lattice, and what it belongs to; ``right`` and ``bottom`` lie outside."""

    place: str
    left: int
    top: int
    right: int
    bottom: int

    def within(self, other: _Frame) -> tuple[slice, slice] | None:
        """Its part of another one, in rows and columns of that one; None where there is none."""
        rows = slice(max(self.top, other.top) - other.top, min(self.bottom, other.bottom) - other.top)
        cols = slice(max(self.left, other.left) - other.left, min(self.right, other.right) - other.left)
        return (rows, cols) if rows.start < rows.stop and cols.start < cols.stop else None


@dataclass(frozen=True)
class _Scene:
    entry: Entry
    piece: Piece
    frame: _Frame
    zones: Zones | None


@dataclass(frozen=True)
class _Part:
    """What a scene shows of a block: its codes, and where they lie in it."""

    scene: str
    place: str
    at: tuple[slice, slice]
    codes: np.ndarray

    def crop(self, at: tuple[slice, slice]) -> _Part | None:
        """Its part in some rows and columns of the block, where it lies in these; None where there is none."""
        first = [max(own.start, wanted.start) for own, wanted in zip(self.at, at, strict=True)]
        last = [min(own.stop, wanted.stop) for own, wanted in zip(self.at, at, strict=True)]
        if any(a >= b for a, b in zip(first, last, strict=True)):
            return None
        mine = tuple(slice(a - own.start, b - own.start) for a, b, own in zip(first, last, self.at, strict=True))
        new = [slice(a - w.start, b - w.start) for a, b, w in zip(first, last, at, strict=True)]
        return _Part(self.scene, self.place, (new[0], new[1]), self.codes[mine])


@dataclass(frozen=True)
class _Laid:
    """Parts of a block upon each other: how many have an answer, and whether any shows it, pixel by pixel."""

    parts: list[_Part]
    answers: np.ndarray
    seen: np.ndarray

    def crop(self, at: tuple[slice, slice]) -> _Laid:
        """What lies in some rows and columns."""
        return _Laid([c for p in self.parts if (c := p.crop(at)) is not None], self.answers[at], self.seen[at])

    def cover(self, where: np.ndarray, pixel: float) -> Cover:
        """That of the pixels ``where``, of ``pixel`` metres: each is shared out among the parts with an answer there."""
        found, counts = Cover(), np.zeros(256)
        for part in self.parts:
            here = where[part.at]
            if here.any():
                found.scenes.add(part.scene)
                answers = self.answers[part.at]
                for n in range(1, int(answers.max()) + 1):
                    counts += np.bincount(part.codes[here & (answers == n)], minlength=256) / n
        hectare = pixel**2 / 1e4
        found.hectares = counts[1 : CLASSES + 1] * hectare
        found.not_mapped = float((self.seen & where & (self.answers == 0)).sum() * hectare)
        return found


def _laid(parts: list[_Part], shape: tuple[int, int]) -> _Laid:
    answers, seen = np.zeros(shape, np.uint16), np.zeros(shape, bool)
    for part in parts:
        answers[part.at] += part.codes > 0
        seen[part.at] = True
    return _Laid(parts, answers, seen)


class CoverCounter:
    """Takes the scenes with a 10 m map, then counts; ``pieces``: their rasters by name of the scene."""

    def __init__(self, period: str) -> None:
        self.period = period
        self.sums: dict[Key, Cover] = {}
        self.pieces: dict[str, Piece] = {}
        # Those that can be laid upon each other, by period and lattice.
        self._scenes: dict[tuple[object, ...], list[_Scene]] = {}

    def add(self, e: Entry, piece: Piece, zones: Zones | None) -> None:
        """``zones``   on the map of the scene"""
        self.pieces[e.name] = piece
        left, top = round(piece.left / piece.pixel), round(piece.top / piece.pixel)
        off = (round(piece.left - left * piece.pixel, 3), round(piece.top - top * piece.pixel, 3))
        frame = _Frame(e.place, left, -top, left + piece.width, -top + piece.height)
        key = (period_of(e, self.period), e.crs, piece.pixel, *off)
        self._scenes.setdefault(key, []).append(_Scene(e, piece, frame, zones))

    def count(self, tick: Callable[[], None]) -> None:
        """Look at all pixels; ``tick`` is called for every block. Raises DataError for a product that cannot be read."""
        for (when, *_), scenes in sorted(self._scenes.items(), key=lambda group: str(group[0])):
            frames = list(dict.fromkeys(s.frame for s in scenes))
            for i, frame in enumerate(frames):
                (first, *_) = (s for s in scenes if s.frame == frame)
                over = [s for s in scenes if s.frame.within(frame)]
                before = [f for f in frames[:i] if f.within(frame)]
                rows = max(min(_ROWS, _MOST // ((frame.right - frame.left) * len(over))), 1)
                for top in range(frame.top, frame.bottom, rows):
                    tick()
                    block = _Frame(frame.place, frame.left, top, frame.right, min(top + rows, frame.bottom))
                    self._count(str(when), block, first, [p for s in over if (p := _part(s, block))], before)

    def _count(self, when: str, block: _Frame, first: _Scene, parts: list[_Part], before: list[_Frame]) -> None:
        """``before``: frames whose pixels have been counted; those of the tile's own for the tile itself."""
        pixel, shape = first.piece.pixel, (block.bottom - block.top, block.right - block.left)
        laid, fresh = _laid(parts, shape), _outside(before, block, shape)
        found = laid.cover(fresh, pixel)
        self._add("all", ALL, when, found)
        of_tile = [f for f in before if f.place == block.place]
        own = [p for p in parts if p.place == block.place]
        if len(own) < len(parts) or len(of_tile) < len(before):
            found = _laid(own, shape).cover(_outside(of_tile, block, shape), pixel)
        self._add("tile", block.place, when, found)
        if first.zones is None:
            return
        left = first.piece.left + (block.left - first.frame.left) * pixel
        top = first.piece.top - (block.top - first.frame.top) * pixel
        for name, at, inside in _by_zone(first.zones, left, top, pixel, shape):
            self._add("zone", name, when, laid.crop(at).cover(fresh[at] & inside, pixel))

    def _add(self, kind: str, area: str, when: str, found: Cover) -> None:
        if found.scenes:
            self.sums.setdefault(Key(kind, area, when), Cover()).add(found)

    def ordered(self) -> list[tuple[Key, Cover]]:
        """All scenes, then tiles, then zones, each by name and time."""
        return sorted(self.sums.items(), key=lambda s: (KINDS.index(s[0].kind), s[0].area, s[0].period))

    @property
    def total(self) -> Cover:
        total = Cover()
        for key, cover in self.sums.items():
            if key.kind == "all":
                total.add(cover)
        return total


def _part(s: _Scene, block: _Frame) -> _Part | None:
    at, own = s.frame.within(block), block.within(s.frame)
    if at is None or own is None:
        return None
    with reading(s.entry), rasterio.open(s.piece.path) as src:
        return _Part(s.entry.name, s.frame.place, at, src.read(1, window=Window.from_slices(*own)))


def _outside(frames: list[_Frame], block: _Frame, shape: tuple[int, int]) -> np.ndarray:
    """bool ``shape``: the pixels of a block that lie in none of ``frames``."""
    free = np.ones(shape, bool)
    for frame in frames:
        if (part := frame.within(block)) is not None:
            free[part] = False
    return free


def _by_zone(
    zones: Zones, left: float, top: float, pixel: float, shape: tuple[int, int]
) -> Iterator[tuple[str, tuple[slice, slice], np.ndarray]]:
    """(zone, rows and columns around it, bool of these: the pixels whose centre lies in it) of the zones in a block, whose
    corner is (left, top)."""
    height, width = shape
    for i in shapely.STRtree(zones.on_map).query(shapely.box(left, top - height * pixel, left + width * pixel, top)):
        west, south, east, north = zones.on_map[i].bounds
        rows = slice(max(int((top - north) / pixel), 0), min(int((top - south) / pixel) + 1, height))
        cols = slice(max(int((west - left) / pixel), 0), min(int((east - left) / pixel) + 1, width))
        if rows.start >= rows.stop or cols.start >= cols.stop:
            continue
        corner = rasterio.Affine(pixel, 0, left + cols.start * pixel, 0, -pixel, top - rows.start * pixel)
        outside = geometry_mask([zones.on_map[i]], (rows.stop - rows.start, cols.stop - cols.start), corner)
        if not outside.all():
            yield str(zones.names[i]), (rows, cols), ~outside


_HEADER = ("kind", "area", "period", "class", "code", "scenes", "ha", "share", "mapped_ha", "not_mapped_ha")


def write_cover(sums: Sequence[tuple[Key, Cover]], path: Path) -> None:
    """A row an area, period and class that covers something. Raises StorageError."""
    with writing(path), path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(_HEADER)
        for key, s in sums:
            for c in CATEGORIES:
                if ha := s.hectares[c.code - 1]:
                    writer.writerow(
                        (
                            key.kind,
                            key.area,
                            key.period,
                            c.name,
                            c.code,
                            len(s.scenes),
                            number(ha),
                            number(ha / s.mapped),
                            number(s.mapped),
                            number(s.not_mapped),
                        )
                    )
