"""A reference raster of codes, brought to a scene's grid."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ...errors import DataError
from ...scene.handles import first_line, gdal_env
from ...scene.types import PIXEL, PixelGrid
from .clc_codes import translate
from .reference_place import require_overlap

# Of one pixel of the reference. GDAL's own 0.125 would move the borders of a 100 m raster by a pixel of ours.
_TOLERANCE = 0.01
_LOOKS = 16  # rows whose codes are looked at before a run


class Raster:
    """A raster of codes, brought to the grid by the nearest pixel, that is by the pixel that holds the centre."""

    def __init__(self, path: Path, grid: PixelGrid, codes: Mapping[str, int] | None) -> None:
        self.path, self.grid, self.codes = path, grid, codes
        try:
            with gdal_env():
                self.dataset = rasterio.open(path)
        except RasterioError as e:
            raise DataError(
                f"The reference {path} cannot be opened: {first_line(e)}.",
                "Give a raster of codes (GeoTIFF), or polygons (GeoPackage, Shapefile).",
            ) from e
        self.warped: WarpedVRT | None = None
        try:
            self._check()
            with gdal_env():
                self.warped = WarpedVRT(
                    self.dataset,
                    crs=grid.crs,
                    transform=Affine(PIXEL, 0, grid.left, 0, -PIXEL, grid.top),
                    width=grid.width,
                    height=grid.height,
                    resampling=Resampling.nearest,
                    tolerance=_TOLERANCE,
                    add_alpha=self.dataset.nodata is None,
                )
            for row in range(0, grid.height, -(-grid.height // _LOOKS)):
                self.rows(row, row + 1)
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        dataset, path = self.dataset, self.path
        if dataset.count != 1:
            raise DataError(
                f"The reference {path} has {dataset.count} bands.", "Give a raster of one band: a code a pixel."
            )
        if dataset.dtypes[0].startswith(("float", "complex")):
            raise DataError(
                f"The reference {path} holds {dataset.dtypes[0]} numbers, not codes.", "Give a raster of integers."
            )
        if dataset.crs is None:
            raise DataError(f"The reference {path} says no CRS.", "Give it one: gdal_edit.py -a_srs EPSG:3035 FILE.")
        require_overlap(path, dataset.crs, dataset.bounds, self.grid)

    def rows(self, top: int, bottom: int, left: int = 0, right: int | None = None) -> np.ndarray:
        right = self.grid.width if right is None else right
        window = Window(left, top, right - left, bottom - top)
        assert self.warped is not None
        try:
            with gdal_env():
                values = self.warped.read(1, window=window)
                seen = self.warped.dataset_mask(window=window) > 0
        except RasterioError as e:
            raise DataError(
                f"The reference {self.path} is corrupt at rows {top} to {bottom - 1} of the scene: {first_line(e)}.",
                "Download the file again.",
                "corrupt",
            ) from e
        return self._translated(values, seen)

    def close(self) -> None:
        if self.warped is not None:
            self.warped.close()
        self.dataset.close()

    def _translated(self, values: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """uint16 codes of values, 0 where ``seen`` is False."""
        out = np.zeros(values.shape, np.uint16)
        found, which = np.unique(values[seen], return_inverse=True)
        if found.size:
            out[seen] = translate([str(v) for v in found.tolist()], self.codes, f"The reference {self.path}")[which]
        return out
