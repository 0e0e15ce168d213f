"""One band of one file, placed on the scene's grid at the resolution that the band has natively."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import JobError
from .files import RasterFile
from .grids import resolution_on
from .numbers import Numbers
from .types import PIXEL, SCL_CLOUD, SCL_NODATA, SCL_SNOW, BandSource, Mask, PixelGrid, Warp

WARP_ROWS = 512  # rows of a warped band that are computed at once


@dataclass(frozen=True)
class Layer:
    """One band of one file."""

    file: RasterFile
    index: int  # 1-based

    @property
    def where(self) -> str:
        return f"{self.file.path}" + (f" band {self.index}" if self.file.count > 1 else "")


def place(layer: Layer, native: int, grid: PixelGrid, numbers: Numbers) -> BandSource:
    """A reflectance band at its native resolution on the scene's grid.

    As it is where the file has that resolution already; finer files are averaged, coarser ones
    repeated; files on another grid are warped (bilinear).
    """
    found = resolution_on(grid, layer.file.lattice)
    if found is None:
        return _warped(layer, native, "bilinear", grid, numbers)
    plain = _plain(layer, found, numbers)
    if found == native:
        return plain
    # Blocks of both resolutions must end together, or a block would be decoded for two strips.
    rows = math.lcm(plain.block_rows * found, native) // native
    side = native // PIXEL
    width, height = -(-grid.width // side), -(-grid.height // side)
    return replace(plain, resolution=native, stored=found, width=width, height=height, block_rows=min(rows, height))


def place_mask(layer: Layer, grid: PixelGrid) -> BandSource:
    """A mask on the scene's grid: as it is, or the nearest value every 10 m."""
    found = resolution_on(grid, layer.file.lattice)
    unchanged = Numbers(1.0, 0.0, "")
    return _plain(layer, found, unchanged) if found else _warped(layer, PIXEL, "nearest", grid, unchanged)


def _plain(layer: Layer, resolution: int, numbers: Numbers) -> BandSource:
    file, i = layer.file, layer.index - 1
    declared = file.nodata[i]
    return BandSource(
        path=file.path,
        index=layer.index,
        resolution=resolution,
        width=file.lattice.width,
        height=file.lattice.height,
        block_rows=file.block_rows[i],
        dtype=file.dtypes[i],
        driver=file.driver,
        scale=numbers.scale,
        offset=numbers.offset,
        nodata=0.0 if declared is None else declared,
    )


def _warped(layer: Layer, resolution: int, resampling: str, grid: PixelGrid, numbers: Numbers) -> BandSource:
    side = resolution // PIXEL
    width, height = -(-grid.width // side), -(-grid.height // side)
    return replace(
        _plain(layer, resolution, numbers),
        width=width,
        height=height,
        block_rows=min(WARP_ROWS, height),
        warp=Warp(grid, resampling),
    )


def scl_mask(layer: Layer, grid: PixelGrid) -> Mask:
    """Sentinel-2's own scene classification as the scene's mask."""
    return Mask(place_mask(layer, grid), "scene classification (SCL)", SCL_NODATA, SCL_CLOUD, SCL_SNOW)


def resampled_notes(sources: Mapping[str, BandSource]) -> list[tuple[str, str]]:
    """Notes on bands whose file is coarser or finer than the band itself."""
    bands: dict[tuple[int, int], list[str]] = {}
    for band, source in sources.items():
        if source.stored is not None:
            bands.setdefault((source.stored, source.resolution), []).append(band)
    return [
        (
            "resampled",
            f"{', '.join(names)}: the file has {stored} m pixels, {'averaged' if stored < native else 'repeated'} to the "
            f"{native} m that the band has natively.",
        )
        for (stored, native), names in bands.items()
    ]


L1C_NOTE = ("l1c", "Top-of-atmosphere product: the models saw surface reflectance; read the map with care.")


def l1c_refused(what: str) -> JobError:
    return JobError(
        f"{what} is a Level-1C (top of atmosphere) product; the models saw Level-2A surface reflectance.",
        "Use the L2A product of the same date, or add --allow-l1c and read the map with care.",
        "l1c",
    )
