"""Cover by class, by area and by time: hectares of the 10 m maps, added up scene by scene.

Cells say where a class is *present* in a patch; a cell is no measure of cover. A 10 m map gives every pixel one class: its
pixels are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.features import geometry_mask
from rasterio.windows import Window

from ...products.legend import CATEGORIES
from ...products.storage import writing
from ...zones.polygons import Zones
from .answers import FINER, FINER_P, reading
from .cells import CLASSES
from .counts import ALL, KINDS, Key, number, period_of
from .entries import Entry
from .virtual import Piece

_ROWS = 1024  # pixel rows that are looked at together


@dataclass
class Cover:
    """Hectares of the scenes of an area and period: by class (19,), by code - 1, and without an answer."""

    scenes: int = 0
    hectares: np.ndarray = field(default_factory=lambda: np.zeros(CLASSES))
    not_mapped: float = 0.0

    def add(self, other: Cover) -> None:
        self.scenes += other.scenes
        self.hectares += other.hectares
        self.not_mapped += other.not_mapped

    @property
    def mapped(self) -> float:
        return float(self.hectares.sum())


@dataclass(frozen=True)
class SceneCover:
    """What the 10 m map of a scene holds: of the whole of it, of each zone that it shows, and where it lies."""

    own: Cover
    zones: Mapping[str, Cover]
    piece: Piece


def read_cover(e: Entry, zones: Zones | None) -> SceneCover | None:
    """The cover of a scene; None where it has no 10 m map. Raises DataError where that cannot be read.

    A pixel is of the zone that its centre lies in.
    """
    path = e.scene.files.get(FINER)
    if path is None:
        return None
    with reading(e), rasterio.open(path) as src:
        if src.count != 1 or src.dtypes[0] != "uint8" or src.transform.e != -src.transform.a:
            raise ValueError("its 10 m map is no raster of codes")
        left, pixel = src.transform.c, src.transform.a
        hectare = pixel**2 / 1e4
        pixels = np.zeros(256, np.int64)
        inside: dict[str, np.ndarray] = {}
        for top in range(0, src.height, _ROWS):
            window = Window(0, top, src.width, min(_ROWS, src.height - top))
            codes = src.read(1, window=window)
            pixels += np.bincount(codes.ravel(), minlength=256)
            for name, found in _by_zone(codes, left, src.transform.f - top * pixel, pixel, zones):
                inside[name] = inside.get(name, 0) + found
        with rasterio.open(e.scene.files[FINER_P]) as other:
            if (other.count, other.dtypes, other.shape) != (1, src.dtypes, src.shape):
                raise ValueError("the rasters of its 10 m map do not fit together")
            for top in range(0, src.height, _ROWS):
                other.read(1, window=Window(0, top, src.width, min(_ROWS, src.height - top)))
        piece = Piece(path, left, src.transform.f, pixel, src.width, src.height)
    return SceneCover(_cover(pixels, hectare), {name: _cover(n, hectare) for name, n in inside.items()}, piece)


def _by_zone(
    codes: np.ndarray, left: float, top: float, pixel: float, zones: Zones | None
) -> Iterator[tuple[str, np.ndarray]]:
    """(zone, (256,) pixels by code) of the zones in some rows, whose corner is (left, top)."""
    if zones is None:
        return
    height, width = codes.shape
    for i in shapely.STRtree(zones.on_map).query(shapely.box(left, top - height * pixel, left + width * pixel, top)):
        shape = zones.on_map[i]
        west, south, east, north = shape.bounds
        rows = slice(max(int((top - north) / pixel), 0), min(int((top - south) / pixel) + 1, height))
        cols = slice(max(int((west - left) / pixel), 0), min(int((east - left) / pixel) + 1, width))
        part = codes[rows, cols]
        if not part.size:
            continue
        corner = rasterio.Affine(pixel, 0, left + cols.start * pixel, 0, -pixel, top - rows.start * pixel)
        outside = geometry_mask([shape], part.shape, corner)
        if not outside.all():
            yield str(zones.names[i]), np.bincount(part[~outside], minlength=256)


def _cover(pixels: np.ndarray, hectare: float) -> Cover:
    return Cover(1, pixels[1 : CLASSES + 1] * hectare, float(pixels[0] * hectare))


class CoverCounter:
    """Adds scenes up; ``pieces``: the rasters of those that have a 10 m map, by name of the scene."""

    def __init__(self, period: str) -> None:
        self.period = period
        self.sums: dict[Key, Cover] = {}
        self.pieces: dict[str, Piece] = {}

    def add(self, e: Entry, found: SceneCover) -> None:
        when = period_of(e, self.period)
        self.pieces[e.name] = found.piece
        for kind, area, cover in (
            ("all", ALL, found.own),
            ("tile", e.place, found.own),
            *(("zone", n, c) for n, c in found.zones.items()),
        ):
            self.sums.setdefault(Key(kind, area, when), Cover()).add(cover)

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
                            s.scenes,
                            number(ha),
                            number(ha / s.mapped),
                            number(s.mapped),
                            number(s.not_mapped),
                        )
                    )
