"""The chain from a raw GRD product to sigma0 in dB on a map grid, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from rasterio.warp import transform as warp_points

from ...errors import Cancelled, DataError
from ...nomenclature import S1_BANDS
from ..grids import PROJECTION_ERRORS
from ..types import PIXEL, PixelGrid
from .geometry import RangeDoppler, range_doppler
from .heights import Flat, Terrain, check_height
from .image import Extent, Image, on_disk
from .orbit import fit_orbit, read_eof
from .product import GrdProduct
from .sampling import NET, bilinear, nodes, upsample, window

BLOCK = 512  # px a side of what is computed at once, a multiple of NET: some 150 MB for both polarisations
# Places are solved at these heights and interpolated quadratically in between: 0.05 px off at most (measured).
LEVELS = (-500.0, 4250.0, 9000.0)
STRIP = 64  # rows of nodes that are solved at once where the whole grid is looked at

Ground = Terrain | Flat


@dataclass(frozen=True)
class Tile:
    """A block of the map: its first row and column, and float32 dB by polarisation (NaN: no data).

    ``voids``: pixels inside the image whose height the terrain model does not say.
    """

    row: int
    col: int
    bands: Mapping[str, np.ndarray]
    voids: int


def ground(dem: str | None, geoid: str | None, height: float | None) -> Ground:
    """What the land is like: a terrain model, or one height everywhere. Exactly one of ``dem`` and ``height`` is given."""
    if height is not None:
        return Flat(check_height(height))
    assert dem is not None
    return Terrain(Path(dem).absolute(), geoid)


def geometry_of(product: GrdProduct, orbits: tuple[str, ...] = ()) -> RangeDoppler:
    """Range-Doppler geometry by the first orbit file that covers the product, else by the annotation (no file given)."""
    annotation = product.annotation
    duration = annotation.lines * annotation.line_interval
    if not orbits:
        orbit = fit_orbit(annotation.orbit, duration, "the orbit in its annotation")
        return range_doppler(annotation, orbit, product.label)
    refused: list[DataError] = []
    for path in map(Path, orbits):
        try:
            vectors = read_eof(path, annotation.mission, annotation.start, duration)
            return range_doppler(annotation, fit_orbit(vectors, duration, f"orbit file {path.name}"), product.label)
        except DataError as e:
            if e.code != "s1-orbit":
                raise
            refused.append(e)
    if len(refused) == 1:
        raise refused[0]
    raise DataError(
        f"None of the {len(orbits)} orbit files serves {product.name}: " + " ".join(e.message for e in refused),
        "Give the orbit file of its satellite and date.",
        "s1-orbit",
    )


@dataclass(frozen=True)
class Geocoding:
    """A product, the land, and the grid that it is brought to."""

    product: GrdProduct
    geometry: RangeDoppler
    ground: Ground
    grid: PixelGrid

    @property
    def words(self) -> str:
        """What is done, for people and for the tags of the result."""
        channels = self.product.channels.values()
        if all(c.annotation.denoised for c in channels):
            noise = "thermal noise removed by ESA"
        elif any(c.noise.empty for c in channels):
            noise = "thermal noise not removed (tables empty)"
        else:
            noise = "thermal noise removed"
        return "; ".join(
            (
                f"{noise} and border noise cut",
                "calibrated by its own tables",
                f"range-Doppler terrain correction by {self.geometry.orbit.source}",
                self.ground.words,
                "bilinear in power",
                "no speckle filter, no radiometric terrain correction",
            )
        )

    @property
    def notes(self) -> list[tuple[str, str]]:
        """Warnings that are known before any pixel is read."""
        notes = []
        if isinstance(self.ground, Flat):
            notes.append(
                (
                    "s1-flat",
                    f"{self.product.name} is geocoded as if all land lay at {self.ground.height:g} m above the ellipsoid: "
                    "what lies 100 m higher or lower comes out 100 to 170 m beside its place.",
                )
            )
        empty = [pol for pol, c in self.product.channels.items() if c.noise.empty and not c.annotation.denoised]
        if empty:
            notes.append(
                (
                    "s1-noise",
                    f"The noise tables of {self.product.name} ({', '.join(empty)}) are empty: thermal noise stays in.",
                )
            )
        return notes

    @cached_property
    def lines(self) -> tuple[int, int]:
        """Lines [first, last) of the image that the grid may need.

        DataError where it needs none, and where the ground is not known on a part of the grid that the image shows.
        """
        a, found, unknown = self.product.annotation, [], []
        # The last nodes lie outside of the grid, where a terrain model need not reach.
        rows = np.minimum(nodes(0, self.grid.height), self.grid.height - 1)
        cols = np.minimum(nodes(0, self.grid.width), self.grid.width - 1)
        shown = 0
        for begin in range(0, len(rows), STRIP):
            lon, lat = self._degrees(rows[begin : begin + STRIP], cols)
            seen = np.full(lon.shape, False)
            for height in LEVELS:
                line, pixel = self.geometry.places(lon, lat, height)
                near = (line > -1) & (line < a.lines) & (pixel > -1) & (pixel < a.samples)
                if near.any():
                    found += [float(line[near].min()), float(line[near].max())]
                seen |= near & (height == LEVELS[0])
            shown += int(seen.sum())
            seen &= ~self.ground.known(lon, lat)
            if seen.any():
                unknown.append((lon[seen].min(), lat[seen].min(), lon[seen].max(), lat[seen].max(), int(seen.sum())))
        if not found or not shown:
            raise DataError(
                f"{self.product.name} shows nothing of the grid ({self.grid.crs}, {_box(self.grid)}).",
                "Choose a product of the same place, or another grid.",
                "other-place",
            )
        if unknown:
            boxes = np.array(unknown)
            share = boxes[:, 4].sum() / shown
            (west, south), (east, north) = boxes[:, :2].min(0), boxes[:, 2:4].max(0)
            raise DataError(
                f"The {self.ground.words.partition(',')[0]} does not cover {max(share, 0.001):.1%} of the scene "
                f"(longitude {west:.3f} to {east:.3f}, latitude {south:.3f} to {north:.3f}).",
                "Give a model of the whole scene (a VRT of several files: gdalbuildvrt dem.vrt TILES), or a smaller grid.",
                "s1-dem-cover",
            )
        margin = 2 * NET  # between two nodes
        return max(math.floor(min(found)) - margin, 0), min(math.ceil(max(found)) + margin, a.lines)

    def tiles(self, work: Path, block: int = BLOCK, stop: Callable[[], bool] = lambda: False) -> Iterator[Tile]:
        """All blocks of the grid, row by row. ``work``: an empty folder for what must be copied out of a zip."""
        first, last = self.lines
        with ExitStack() as stack:
            images = {}
            for pol in S1_BANDS:
                channel = self.product.channels[pol]
                images[pol] = Image(on_disk(self.product.tree, channel.measurement, work, stop), channel, pol)
                stack.callback(images[pol].close)
            if isinstance(self.ground, Terrain):
                stack.callback(self.ground.close)
            extents = {pol: image.extent(first, last, stop) for pol, image in images.items()}
            pool = stack.enter_context(ThreadPoolExecutor(len(images)))
            for row in range(0, self.grid.height, block):
                for col in range(0, self.grid.width, block):
                    if stop():
                        raise Cancelled("The run was stopped.", "Run the same command again.")
                    height, width = min(block, self.grid.height - row), min(block, self.grid.width - col)
                    line, pixel, voids = self.places(row, col, height, width)
                    yield Tile(row, col, self._bands(line, pixel, images, extents, pool), voids)

    def _bands(
        self,
        line: np.ndarray,
        pixel: np.ndarray,
        images: Mapping[str, Image],
        extents: Mapping[str, Extent],
        pool: ThreadPoolExecutor,
    ) -> dict[str, np.ndarray]:
        """dB of a block by polarisation, side by side: a thread each, which shares nothing with the other's."""
        a = self.product.annotation
        needed = window(line, pixel, a.lines, a.samples)
        if needed is None:
            return {pol: np.full(line.shape, np.nan, np.float32) for pol in images}
        top, bottom, left, right = needed
        line, pixel = line - top, pixel - left

        def decibels(pol: str) -> np.ndarray:
            return decibels_of(bilinear(images[pol].sigma0(extents[pol], top, bottom, left, right), line, pixel))

        return dict(zip(images, pool.map(decibels, images), strict=True))

    def places(self, row: int, col: int, height: int, width: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Line and pixel of the image, float64 (height, width), that show a block of the grid, NaN where its height is
        unknown, and how many of those lie inside the image. ``row`` and ``col`` are multiples of NET."""
        lon, lat = self._degrees(nodes(row, height), nodes(col, width))
        levels = [self.geometry.places(lon, lat, h) for h in LEVELS]
        ground = self.ground.heights(lon, lat, height, width)
        unknown = np.isnan(ground)
        ground[unknown] = 0
        low, middle, high = LEVELS
        u = (ground - middle) / ((high - low) / 2)
        line, pixel = (_at(u, _quadratic([level[i] for level in levels])) for i in (0, 1))
        a = self.product.annotation
        with np.errstate(invalid="ignore"):
            inside = (line >= 0) & (line <= a.lines - 1) & (pixel >= 0) & (pixel <= a.samples - 1)
        line[unknown] = np.nan
        return line, pixel, int((unknown & inside).sum())

    def _degrees(self, rows: np.ndarray, cols: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude (-180 to 360) and latitude of pixel centres (rows x cols)."""
        x = self.grid.left + PIXEL * (np.broadcast_to(cols, (len(rows), len(cols))) + 0.5)
        y = self.grid.top - PIXEL * (np.broadcast_to(rows[:, None], x.shape) + 0.5)
        try:
            lon, lat = warp_points(self.grid.crs, "EPSG:4326", x.ravel().tolist(), y.ravel().tolist())
        except PROJECTION_ERRORS as e:
            raise DataError(
                f"The grid's coordinates ({self.grid.crs[:60]}) lead nowhere on Earth.", "", "s1-grid"
            ) from e
        longitude, latitude = np.array(lon).reshape(x.shape), np.array(lat).reshape(x.shape)
        if np.ptp(longitude) > 180:  # over the antimeridian: on from 180, so that there is no leap between nodes
            longitude = np.where(longitude < 0, longitude + 360, longitude)
        return longitude, latitude


def decibels_of(power: np.ndarray) -> np.ndarray:
    """10 log10 of power, float32; NaN stays."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return (10 * np.log10(power.astype(np.float64))).astype(np.float32)


def _quadratic(values: list[np.ndarray]) -> list[np.ndarray]:
    """Coefficients (of 1, u, u**2) through values at u = -1, 0, 1."""
    low, middle, high = values
    return [middle, (high - low) / 2, (high + low) / 2 - middle]


def _at(u: np.ndarray, net: list[np.ndarray]) -> np.ndarray:
    """Values at ``u`` (pixels), from the coefficients at the nodes."""
    value = upsample(net[2], *u.shape)
    for coefficients in (net[1], net[0]):
        value *= u
        value += upsample(coefficients, *u.shape)
    return value


def _box(grid: PixelGrid) -> str:
    left, bottom, right, top = grid.bounds
    return f"x {left:.10g} to {right:.10g}, y {bottom:.10g} to {top:.10g}"
