"""The image of one polarisation: digital numbers to sigma0, and where its rows begin and end."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from ...errors import Cancelled, DataError
from ..files import quietly
from ..handles import first_line, gdal_env, open_dataset
from ..trees import FolderTree, Tree
from .product import Channel

# What is left of a pixel weaker than the noise, in squared digital numbers. Earlier releases of SNAP put this there
# (trgFloorValue of Sentinel1RemoveThermalNoiseOp; later ones keep the pixel with its noise). Calibrated it is -74 to
# -75.5 dB, and -75.1 dB is the lowest value of BigEarthNet-S1.
FLOOR = 0.0123456789
MARGIN = 2048  # px from either side in which a row of an image usually begins
RUN, SHARE = 32, 8  # a row begins where 8 of 32 pixels are stronger than the noise: about half are over calm water
ROWS = 64  # rows of border that are looked at at once
CHUNK = 1 << 24  # bytes copied out of a zip at once


@dataclass(frozen=True)
class Extent:
    """First and last good pixel of each line from ``top`` on (last < first: none), int32 (lines,)."""

    top: int
    first: np.ndarray
    last: np.ndarray


class Image:
    """The pixels of one polarisation, open. DataError where the file is not what the annotation says."""

    def __init__(self, path: str, channel: Channel, polarisation: str) -> None:
        self.path, self.channel, self.polarisation = path, channel, polarisation
        wanted = channel.annotation
        try:
            with gdal_env(), quietly():
                self._dataset: Any = open_dataset(path, "GTiff")
        except RasterioError as e:
            raise DataError(
                f"{path} cannot be opened: {first_line(e)}.", "Download the product again.", "corrupt"
            ) from e
        d = self._dataset
        if d.count != 1 or d.dtypes[0] != "uint16" or (d.height, d.width) != (wanted.lines, wanted.samples):
            found = f"{d.count} band(s) of {d.dtypes[0]}, {d.height} lines x {d.width} samples"
            self.close()
            raise DataError(
                f"{path} holds {found}; its annotation says one of uint16, {wanted.lines} x {wanted.samples}.",
                "Do image and annotation come from one product? Download it again.",
                "mismatch",
            )
        self.fill = d.nodata

    @property
    def noise_free(self) -> bool:
        """Whether there is no noise to take off: ESA did it, or the tables are empty."""
        return self.channel.annotation.denoised or self.channel.noise.empty

    def close(self) -> None:
        self._dataset.close()

    def digital(self, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """Stored numbers as float64; 0 is "no data"."""
        try:
            with gdal_env():
                values = self._dataset.read(1, window=Window(left, top, right - left, bottom - top))
        except RasterioError as e:
            raise DataError(
                f"{self.path} is corrupt or cut off: {first_line(e)}.", "Download it again.", "corrupt"
            ) from e
        found = values.astype(np.float64)
        if self.fill:
            found[values == self.fill] = 0
        return found

    def sigma0(self, extent: Extent, top: int, bottom: int, left: int, right: int) -> np.ndarray:
        """float32 power of a window; NaN for "no data" and border noise."""
        digital = self.digital(top, bottom, left, right)
        rows, cols = np.arange(top, bottom), np.arange(left, right)
        power = digital * digital
        if not self.noise_free:
            np.subtract(power, self.channel.noise.at(rows, cols), out=power)
            np.maximum(power, FLOOR, out=power)
        table = self.channel.calibration.at(rows, cols)
        power /= table * table
        i = np.clip(rows - extent.top, 0, len(extent.first) - 1)
        power[(digital == 0) | (cols < extent.first[i, None]) | (cols > extent.last[i, None])] = np.nan
        return power.astype(np.float32)

    def extent(self, top: int, bottom: int, stop: Callable[[], bool] = lambda: False) -> Extent:
        """Where the lines [top, bottom) begin and end: without what is 0, and without border noise.

        Products from before March 2018 hold noise of the processor beside the swath, weaker than the instrument's.
        DataError where no line holds anything: a product whose pixels were never downloaded.
        """
        width = self.channel.annotation.samples
        first = np.full(bottom - top, width, np.int32)
        last = np.full(bottom - top, -1, np.int32)
        for begin in range(top, bottom, ROWS):
            if stop():
                raise Cancelled("The run was stopped.", "Run the same command again.")
            end = min(begin + ROWS, bottom)
            here = slice(begin - top, end - top)
            if width <= 2 * MARGIN:
                first[here], last[here] = self._borders(begin, end, 0, width)
                continue
            left, _ = self._borders(begin, end, 0, MARGIN)
            _, right = self._borders(begin, end, width - MARGIN, width)
            if (left >= width).any() or (right < 0).any():
                left, right = self._borders(begin, end, 0, width)
            first[here], last[here] = left, right
        if (last < 0).all():
            raise DataError(
                f"The measurement of {self.polarisation}, {self.path}, holds no signal: all its pixels on the grid are "
                "zero, or weaker than the noise.",
                "Download the product again; if it is an excerpt, choose a grid inside of what it holds.",
                "s1-empty",
            )
        return Extent(top, first, last)

    def _borders(self, top: int, bottom: int, left: int, right: int) -> tuple[np.ndarray, np.ndarray]:
        """First and last good pixel of lines within a range of columns; the image's width and -1 where there is none."""
        digital = self.digital(top, bottom, left, right)
        strong = digital > 0
        if not self.noise_free and strong.any():
            noise = self.channel.noise.at(np.arange(top, bottom), np.arange(left, right))
            strong &= digital * digital > noise
        # Windows of RUN pixels that lie inside; counted at their first pixel.
        total = np.cumsum(np.pad(strong, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
        run = min(RUN, right - left)
        dense = total[:, run:] - total[:, :-run] >= SHARE
        some = dense.any(axis=1)
        width = self.channel.annotation.samples
        first = np.where(some, left + dense.argmax(axis=1), width)
        last = np.where(some, right - 1 - dense[:, ::-1].argmax(axis=1), -1)
        # The window that is dense begins or ends with up to RUN - SHARE weak pixels: cut back to the first strong one.
        columns = np.arange(left, right)
        inner = strong & (columns >= first[:, None]) & (columns <= last[:, None])
        first = np.where(some, left + inner.argmax(axis=1), width)
        last = np.where(some, right - 1 - inner[:, ::-1].argmax(axis=1), -1)
        return first, last


def on_disk(tree: Tree, name: str, folder: Path, stop: Callable[[], bool]) -> str:
    """A file of the product that can be read at random: itself, or what is copied out of the zip into ``folder``.

    DataError where the zip is damaged (its checksums are compared), OSError where the disk is full.
    """
    if isinstance(tree, FolderTree):
        return tree.disk_path(name)
    path = folder / Path(name).name
    left = tree.size(name)
    try:
        with tree.open(name) as source, path.open("wb") as target:
            while chunk := source.read(CHUNK):
                if stop():
                    raise Cancelled("The run was stopped.", "Run the same command again.")
                left -= len(chunk)
                if left < 0:
                    raise DataError(
                        f"{tree.label}: {name} is larger than the zip says.", "Do not trust this file.", "zip"
                    )
                target.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError) as e:
        raise DataError(f"{tree.label}: {name} cannot be read: {e}.", "Download the file again.", "zip") from e
    return str(path)
