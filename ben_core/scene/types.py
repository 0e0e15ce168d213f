"""What was acquired: a scene as named bands on one 10 m grid. Values only, no reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import DataError
from ..nomenclature import BANDS

PIXEL = 10  # metres: the grid on which patches are cut

# Sentinel-2 scene classification (SCL), Sentinel-2 Products Specification Document, L2A:
# 0 no data, 1 saturated or defective, 2 dark area, 3 cloud shadow, 4 vegetation, 5 not vegetated,
# 6 water, 7 unclassified, 8 cloud medium, 9 cloud high probability, 10 thin cirrus, 11 snow or ice.
SCL_NODATA = (0,)
SCL_CLOUD = (3, 8, 9, 10)
SCL_SNOW = (11,)


@dataclass(frozen=True)
class PixelGrid:
    """The 10 m grid of a scene: north-up, in a metric CRS.

    ``crs`` is an authority code ("EPSG:32633") or WKT; ``left``/``top`` are the coordinates of the
    outer corner of pixel (0, 0) in metres; ``width``/``height`` count 10 m pixels.
    """

    crs: str
    left: float
    top: float
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width <= 0 or self.height <= 0:
            raise DataError(f"The scene has no pixels ({self.width} x {self.height}).")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """left, bottom, right, top in metres."""
        return (self.left, self.top - PIXEL * self.height, self.left + PIXEL * self.width, self.top)


@dataclass(frozen=True)
class Warp:
    """How a raster that lies on another grid is brought to ``PixelGrid`` (GDAL's warper)."""

    grid: PixelGrid
    resampling: str  # rasterio.enums.Resampling name: "bilinear", "nearest", ...


@dataclass(frozen=True)
class Backscatter:
    """How the numbers of a Sentinel-1 band become dB on the scene's grid.

    unit     what is stored: "dB", "power" or "amplitude" (after scale and offset)
    grid     where the band is brought to: as it is where it fits up to whole pixels, else bilinear in power
    behind   the same band of further passes, in the order in which they fill what is missing
    """

    unit: str
    grid: PixelGrid
    behind: tuple[BandSource, ...] = ()


@dataclass(frozen=True)
class BandSource:
    """Where the pixels of one band lie, and what their numbers mean.

    path         what GDAL opens (a file, /vsizip/...), ``index`` its band, 1-based
    resolution   metres a pixel as read (after ``warp``, if any): 10, 20 or 60
    width, height   size as read
    block_rows   rows of one compressed block as read (strips follow it: decode once)
    scale, offset   harmonised DN = value * scale + offset; for Sentinel-2 the result is on the scale
                 of products before baseline 04.00 (reflectance x 10000, no offset) and at least 1
    nodata       stored value that means "no data" (None: none stored); NaN always does
    driver       GDAL short driver name, the only one allowed to open the file
    stored       metres a pixel of a file on the scene's grid that is finer (averaged when read) or coarser
                 (repeated) than ``resolution``; None where it is as it should be
    backscatter  for Sentinel-1: unit and grid; width, height and resolution are those of the grid
    """

    path: str
    index: int
    resolution: int
    width: int
    height: int
    block_rows: int
    dtype: str
    driver: str
    scale: float = 1.0
    offset: float = 0.0
    nodata: float | None = 0.0
    warp: Warp | None = None
    stored: int | None = None
    backscatter: Backscatter | None = None


@dataclass(frozen=True)
class Mask:
    """A cloud or scene-classification raster: which of its values mean what."""

    source: BandSource
    title: str
    nodata: tuple[int, ...]
    cloud: tuple[int, ...]
    snow: tuple[int, ...]


@dataclass(frozen=True)
class Pass:
    """One Sentinel-1 acquisition of a scene.

    quantity   "sigma0", "gamma0", "beta0" or "unknown"; ``radiometry``: its unit, and what told it
    days       time from the Sentinel-2 acquisition in days (negative: before it), None where either is unknown
    orbit      direction of flight ("ascending, relative orbit 44"), None where nothing tells
    """

    name: str
    acquired: str | None
    platform: str | None
    quantity: str
    radiometry: str
    days: float | None = None
    orbit: str | None = None


@dataclass(frozen=True)
class Scene:
    """A scene: bands by name on one 10 m grid.

    name         stem for file names (product name without .SAFE/.zip)
    sensor       "sentinel-2" (also with Sentinel-1 beside it) or "sentinel-1"; ``level`` "L2A", "L1C" or "unknown"
    acquired     ISO 8601 UTC time, or None where nothing tells
    tile         MGRS tile id ("33UUP") where the product is that whole tile, else None
    radiometry   what was found and what is done to the numbers, in words for a person
    baseline     processing baseline ("05.09") or None
    notes        (code, message) pairs to be shown as warnings
    files        every file a run reads (for the journal's key), as paths on disk
    source       what the user gave: the product, file or folder
    footprint    outer ring of (longitude, latitude) by the metadata, None where they tell none
    passes       what Sentinel-1 gives: the pass that comes first in the mosaic first
    extra        "searched": folders where bands were looked for; "left_out": band -> why it is not there
    """

    name: str
    sensor: str
    level: str
    grid: PixelGrid
    bands: Mapping[str, BandSource]
    acquired: str | None = None
    tile: str | None = None
    platform: str | None = None
    baseline: str | None = None
    radiometry: str = ""
    mask: Mask | None = None
    notes: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = ()
    source: str = ""
    footprint: tuple[tuple[float, float], ...] | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    passes: tuple[Pass, ...] = ()

    @property
    def instrument(self) -> str:
        """Who acquired it, in words."""
        radar = " and ".join(sorted({p.platform or "Sentinel-1" for p in self.passes}))
        if self.sensor == "sentinel-1":
            quantities = " and ".join(sorted({p.quantity for p in self.passes} - {"unknown"}))
            return f"{radar or 'Sentinel-1'}, {quantities or 'backscatter of unknown kind'}"
        level = "processing level unknown" if self.level == "unknown" else f"level {self.level}"
        optical = f"{self.platform or self.sensor.capitalize()}, {level}"
        return f"{optical}, with {radar}" if radar else optical

    def __post_init__(self) -> None:
        for name, b in self.bands.items():
            if name not in BANDS:
                raise DataError(f"{name!r} is no band of Sentinel-1 or Sentinel-2.")
            if b.resolution % PIXEL:
                raise DataError(f"Band {name} has {b.resolution} m pixels, which is no multiple of {PIXEL} m.")
