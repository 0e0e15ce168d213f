"""Where a mosaic lies: its CRS, corner and pixel, and the scenes over each of its blocks."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.transform import Affine
from rasterio.warp import transform as warp_points

from ...errors import JobError
from ...patches.grid import Window
from ...scene.grids import PROJECTION_ERRORS
from .entries import Entry

BLOCK = 512  # px a side: a block of the COG
FINEST = 60.0  # m: corners of Sentinel-2 tiles are multiples of it apart, so such pixels place every cell exactly
MOST_PIXELS = 250_000  # a side
_EUROPE = (-35.0, 24.0, 60.0, 85.0)  # west, south, east, north: where EPSG:3035 is of use
_EDGE_POINTS = 21  # a side of a scene: its edges are bent in another CRS
_HALF_ROUND = 1.5e7  # m: no scene is so wide
_METRES_A_DEGREE = 111_319.49  # at the equator of WGS 84


@dataclass(frozen=True)
class Target:
    """A raster that is to be made: ``pixel`` is in units of ``crs``."""

    crs: str
    left: float
    top: float
    pixel: float
    width: int
    height: int

    @property
    def transform(self) -> Affine:
        return Affine(self.pixel, 0.0, self.left, 0.0, -self.pixel, self.top)

    def blocks(self) -> Iterator[Window]:
        for row in range(0, self.height, BLOCK):
            for col in range(0, self.width, BLOCK):
                yield Window(col, row, min(BLOCK, self.width - col), min(BLOCK, self.height - row))

    def bounds(self, window: Window) -> tuple[float, float, float, float]:
        left, top = self.left + window.col * self.pixel, self.top - window.row * self.pixel
        return left, top - window.height * self.pixel, left + window.width * self.pixel, top

    def centres(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """x and y of the centres of a window's pixels, (pixels,) each, row by row."""
        x = self.left + (window.col + np.arange(window.width) + 0.5) * self.pixel
        y = self.top - (window.row + np.arange(window.height) + 0.5) * self.pixel
        return np.tile(x, window.height), np.repeat(y, window.width)


def default_crs(entries: Sequence[Entry]) -> str:
    """An equal-area CRS, so that pixels can be counted: that of the EU's own maps within Europe, else the EASE-Grid."""
    west, south, east, north = _EUROPE
    boxes = [e.scene.bbox for e in entries]
    inside = all(west <= b[0] <= b[2] <= east and south <= b[1] and b[3] <= north for b in boxes)
    return "EPSG:3035" if inside else "EPSG:6933"


def known_crs(text: str, option: str) -> None:
    """JobError where ``text`` names no projected or geographic CRS."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError as e:
        raise JobError(f"{option} {text!r} names no CRS.", "Give one like EPSG:3035.", "crs") from e
    if not (crs.is_projected or crs.is_geographic):
        raise JobError(f"{option} {text!r} is no CRS for maps.", "Give one like EPSG:3035.", "crs")


def make_target(entries: Sequence[Entry], crs: str, pixel: float | None) -> tuple[Target, np.ndarray]:
    """The raster over all ``entries``, and their bounds in its CRS, (entries, 4).

    pixel   metres; None: the commonest cell where all scenes share one lattice in this CRS; else a quarter of it, so
            that no cell moves by more than an eighth of its size, but no finer than FINEST
    Raises JobError where it would be larger than MOST_PIXELS a side.
    """
    bounds = _bounds(entries, crs)
    side, _ = min(Counter(e.side for e in entries).items(), key=lambda found: (-found[1], found[0]))
    one = len({e.lattice for e in entries}) == 1 and entries[0].crs == crs
    metres = pixel or (side if one else max(side / 4, min(side, FINEST)))
    step = metres / _metres(crs)
    # The corner is one of the scenes' lattice where there is one, and does not move when scenes come that lie inside.
    anchor_x, anchor_y = (entries[0].left % step, entries[0].top % step) if one else (0.0, 0.0)
    left = math.floor(round((bounds[:, 0].min() - anchor_x) / step, 6)) * step + anchor_x
    top = math.ceil(round((bounds[:, 3].max() - anchor_y) / step, 6)) * step + anchor_y
    width = math.ceil(round((bounds[:, 2].max() - left) / step, 6))
    height = math.ceil(round((top - bounds[:, 1].min()) / step, 6))
    if max(width, height) > MOST_PIXELS:
        raise JobError(
            f"The mosaic in {crs} would be {width:,} x {height:,} pixels of {metres:g} m.",
            "Give coarser pixels with --mosaic-resolution, or another --mosaic-crs.",
            "mosaic",
        )
    return Target(crs, left, top, step, max(width, 1), max(height, 1)), bounds


class Index:
    """The entries that may lie over a block, in the order in which they were given."""

    def __init__(self, bounds: np.ndarray) -> None:
        self.tree = shapely.STRtree(shapely.box(*bounds.T))

    def over(self, bounds: tuple[float, float, float, float]) -> list[int]:
        return sorted(self.tree.query(shapely.box(*bounds)).tolist())


def to_crs(x: np.ndarray, y: np.ndarray, source: str, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Points in another CRS; infinite where they have no place in it."""
    if source == target:
        return x, y
    xs, ys = warp_points(CRS.from_user_input(source), CRS.from_user_input(target), x.tolist(), y.tolist())
    return np.array(xs), np.array(ys)


def _bounds(entries: Sequence[Entry], crs: str) -> np.ndarray:
    """(entries, 4): left, bottom, right, top in ``crs``. All scenes of one CRS at once: each call costs as much as 10,000
    points. Raises JobError where a scene has no place."""
    own = np.array([(e.left, e.bottom, e.right, e.top) for e in entries])
    found = own.copy()
    for source in sorted({e.crs for e in entries} - {crs}):
        which = np.array([i for i, e in enumerate(entries) if e.crs == source])
        left, bottom, right, top = (own[which, i][:, None] for i in range(4))
        along = np.linspace(0, 1, _EDGE_POINTS)
        across, up = left + (right - left) * along, bottom + (top - bottom) * along
        x = np.concatenate([across, across, up * 0 + left, up * 0 + right], axis=1)
        y = np.concatenate([across * 0 + bottom, across * 0 + top, up, up], axis=1)
        try:
            xs, ys = (a.reshape(x.shape) for a in to_crs(x.ravel(), y.ravel(), source, crs))
        except PROJECTION_ERRORS as error:
            raise _no_place(entries[which[0]], crs) from error
        found[which] = np.stack([xs.min(axis=1), ys.min(axis=1), xs.max(axis=1), ys.max(axis=1)], axis=1)
        there = np.isfinite(found[which]).all(axis=1)
        wide = np.where(there, found[which, 2] - found[which, 0], 0) * _metres(crs) > _HALF_ROUND
        lost = ~there | wide
        if lost.any():  # outside the CRS, or across the meridian where it is cut open
            raise _no_place(entries[which[lost][0]], crs)
    return found


def _no_place(e: Entry, crs: str) -> JobError:
    return JobError(
        f"Scene {e.name} has no place in the mosaic's CRS {crs[:40]}.",
        "Choose a --mosaic-crs that holds all scenes, or --mosaic-crs none.",
        "crs",
    )


def _metres(crs: str) -> float:
    """Metres a unit of the CRS."""
    found = CRS.from_user_input(crs)
    return _METRES_A_DEGREE if found.is_geographic else float(found.linear_units_factor[1])
