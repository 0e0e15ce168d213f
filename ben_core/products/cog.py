"""A colour image larger than memory as a cloud-optimised GeoTIFF: written window by window, there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from rasterio.windows import Window as RasterWindow

from ..patches.grid import Window
from .storage import writing

COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


class ColourCog:
    """A context manager: what it wrote becomes ``path`` when it is left without an error.

    The pixels go into a plain GeoTIFF in a folder of its own beside ``path`` first (a COG holds its overviews
    before its pixels): while it is made it takes twice the room.
    """

    def __init__(
        self,
        path: Path,
        *,
        width: int,
        height: int,
        left: float,
        top: float,
        pixel: float,
        crs: str,
        names: Sequence[str],
        tags: Mapping[str, str],
    ) -> None:
        """uint16, 0 is "no data"; ``names`` says what red, green and blue are. ``left``, ``top``: the outer corner of the
        first pixel, ``pixel``: its side, both in units of ``crs``."""
        self.path = path
        self.names, self.tags = names, tags
        self.profile: dict[str, Any] = {
            "driver": "GTiff",
            "width": width,
            "height": height,
            "count": len(COLOURS),
            "dtype": "uint16",
            "nodata": 0,
            "crs": crs,
            "transform": Affine(pixel, 0.0, left, 0.0, -pixel, top),
            "photometric": "RGB",
            "tiled": True,
            "blockxsize": 512,
            "blockysize": 512,
            "compress": "DEFLATE",
            "zlevel": 1,
            "predictor": 2,
            "bigtiff": "IF_SAFER",
            "interleave": "pixel",
            "sparse_ok": True,
        }

    def __enter__(self) -> ColourCog:
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.folder = tempfile.TemporaryDirectory(
                prefix=".ben-cog-", dir=self.path.parent, ignore_cleanup_errors=True
            )
            self.draft = Path(self.folder.name) / "draft.tif"
            self.file = rasterio.open(self.draft, "w", **self.profile)
            self.file.colorinterp = COLOURS
            for i, name in enumerate(self.names, 1):
                self.file.set_band_description(i, name)
            self.file.update_tags(**self.tags)
        return self

    def write(self, data: np.ndarray, window: Window) -> None:
        """uint16 (3, rows, columns) to a window in pixels of this raster. Raises StorageError, OutputError."""
        with writing(self.path):
            self.file.write(data, window=RasterWindow(window.col, window.row, window.width, window.height))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with writing(self.path):
                self.file.close()
            if kind is None:
                self._publish()
        finally:
            self.folder.cleanup()

    def _publish(self) -> None:
        whole = Path(self.folder.name) / "whole.tif"
        with writing(self.path):
            copy_raster(
                self.draft,
                whole,
                driver="COG",
                compress="DEFLATE",
                predictor="YES",
                blocksize=512,
                overview_resampling="AVERAGE",
                bigtiff="IF_SAFER",
                num_threads="ALL_CPUS",
            )
            with open(whole, "r+b") as f:
                os.fsync(f.fileno())
            whole.replace(self.path)
