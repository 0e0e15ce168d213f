"""One band of one file, placed on the scene's grid at the resolution that the band has natively."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    repeated; files on another grid are warped.
    """
    found = resolution_on(grid, layer.file.lattice)
    if found == native:
        return _source(layer, native, None, grid, numbers)
    resampling = "bilinear" if found is None else "average" if found < native else "nearest"
    return _source(layer, native, resampling, grid, numbers)


def place_mask(layer: Layer, grid: PixelGrid) -> BandSource:
    """A mask on the scene's grid: as it is, or the nearest value every 10 m."""
    found = resolution_on(grid, layer.file.lattice)
    return _source(layer, found or PIXEL, None if found else "nearest", grid, Numbers(1.0, 0.0, ""))


def _source(layer: Layer, resolution: int, resampling: str | None, grid: PixelGrid, numbers: Numbers) -> BandSource:
    file, i = layer.file, layer.index - 1
    width, height, rows = file.lattice.width, file.lattice.height, file.block_rows[i]
    if resampling:
        side = resolution // PIXEL
        width, height = -(-grid.width // side), -(-grid.height // side)
        rows = min(WARP_ROWS, height)
    declared = file.nodata[i]
    return BandSource(
        path=file.path,
        index=layer.index,
        resolution=resolution,
        width=width,
        height=height,
        block_rows=rows,
        dtype=file.dtypes[i],
        driver=file.driver,
        scale=numbers.scale,
        offset=numbers.offset,
        nodata=0.0 if declared is None else declared,
        warp=Warp(grid, resampling) if resampling else None,
    )


def scl_mask(layer: Layer, grid: PixelGrid) -> Mask:
    """Sentinel-2's own scene classification as the scene's mask."""
    return Mask(place_mask(layer, grid), "scene classification (SCL)", SCL_NODATA, SCL_CLOUD, SCL_SNOW)


def resampled_notes(sources: Mapping[str, BandSource], layers: Mapping[str, Layer]) -> list[tuple[str, str]]:
    """Notes on bands whose file is coarser or finer than the band itself."""
    notes = []
    for resampling, words in (("nearest", "pixels are repeated"), ("average", "pixels are averaged")):
        bands = [b for b, s in sources.items() if s.warp is not None and s.warp.resampling == resampling]
        if bands:
            sizes = sorted({f"{layers[b].file.lattice.resolution} m" for b in bands})
            targets = sorted({f"{sources[b].resolution} m" for b in bands})
            notes.append(
                (
                    "resampled",
                    f"{', '.join(bands)}: the file has {' and '.join(sizes)} pixels; {words} to reach the "
                    f"{' and '.join(targets)} that the band has natively.",
                )
            )
    return notes


L1C_NOTE = ("l1c", "Top-of-atmosphere product: the models saw surface reflectance; read the map with care.")


def l1c_refused(what: str) -> JobError:
    return JobError(
        f"{what} is a Level-1C (top of atmosphere) product; the models saw Level-2A surface reflectance.",
        "Use the L2A product of the same date, or add --allow-l1c and read the map with care.",
        "l1c",
    )
