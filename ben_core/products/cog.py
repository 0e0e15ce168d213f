"""Rasters larger than memory as cloud-optimised GeoTIFFs: written window by window, there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import rasterio
from rasterio.enums import ColorInterp
from rasterio.shutil import copy as copy_raster
from rasterio.transform import Affine
from rasterio.windows import Window as RasterWindow

from ..patches.grid import Window
from ..storage import writing

COLOURS = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)


class Cog:
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
        transform: Affine,
        crs: str,
        dtype: str,
        nodata: float,
        names: Sequence[str],
        tags: Mapping[str, str],
        overviews: str,
        predictor: bool = True,
        palette: Mapping[int, tuple[int, int, int, int]] | None = None,
        scale: float | None = None,
        threads: str = "ALL_CPUS",
        level: int | None = None,
        **profile: Any,
    ) -> None:
        """One band a name; ``overviews`` is how they are resampled ("AVERAGE", "MODE", ...).

        ``palette`` colours the values of a band of bytes, value x ``scale`` is what is meant, ``level`` (1 to 9) is how hard
        is compressed, ``profile`` goes to the draft.
        """
        self.path = path
        self.names, self.tags, self.palette, self.scale = names, tags, palette, scale
        self.final = {
            "compress": "DEFLATE",
            "predictor": "YES" if predictor else "NO",
            "overview_resampling": overviews,
            "num_threads": threads,
            **({} if level is None else {"level": level}),
        }
        self.profile: dict[str, Any] = {
            "driver": "GTiff",
            "width": width,
            "height": height,
            "count": len(names),
            "dtype": dtype,
            "nodata": nodata,
            "crs": crs,
            "transform": transform,
            "tiled": True,
            "blockxsize": 512,
            "blockysize": 512,
            "compress": "DEFLATE",
            "zlevel": 1,
            "predictor": 2 if predictor else 1,
            "bigtiff": "IF_SAFER",
            "sparse_ok": True,
            **profile,
        }

    def __enter__(self) -> Self:
        with writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.folder = tempfile.TemporaryDirectory(
                prefix=".ben-cog-", dir=self.path.parent, ignore_cleanup_errors=True
            )
            self.draft = Path(self.folder.name) / "draft.tif"
            self.file = rasterio.open(self.draft, "w", **self.profile)
            self._describe()
            for i, name in enumerate(self.names, 1):
                self.file.set_band_description(i, name)
            self.file.update_tags(**self.tags)
        return self

    def _describe(self) -> None:
        """Fields of the file that its pixels' meaning needs."""
        if self.palette is not None:
            self.file.write_colormap(1, self.palette)
        if self.scale is not None:
            self.file.scales = [self.scale] * len(self.names)

    def write(self, data: np.ndarray, window: Window) -> None:
        """(bands, rows, columns) to a window in pixels of this raster. Raises StorageError, OutputError."""
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
                blocksize=512,
                bigtiff="IF_SAFER",
                **self.final,
            )
            with open(whole, "r+b") as f:
                os.fsync(f.fileno())
            whole.replace(self.path)


class ColourCog(Cog):
    """A colour image: uint16, 0 is "no data"."""

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
        """``names`` says what red, green and blue are. ``left``, ``top``: the outer corner of the first pixel,
        ``pixel``: its side, both in units of ``crs``."""
        super().__init__(
            path,
            width=width,
            height=height,
            transform=Affine(pixel, 0.0, left, 0.0, -pixel, top),
            crs=crs,
            dtype="uint16",
            nodata=0,
            names=names,
            tags=tags,
            overviews="AVERAGE",
            photometric="RGB",
            interleave="pixel",
        )

    def _describe(self) -> None:
        self.file.colorinterp = COLOURS
