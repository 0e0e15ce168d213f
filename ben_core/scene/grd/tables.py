"""Calibration and noise of an image: values at some lines and pixels, linear in between."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from ...errors import DataError
from .annotation import MAX_SIDE
from .numbers import number, numbers, rising


@dataclass(frozen=True)
class Table:
    """``values[k]`` at ``pixels[k]`` of the line ``lines[k]``; the nodes may differ from line to line."""

    lines: np.ndarray
    pixels: tuple[np.ndarray, ...]
    values: tuple[np.ndarray, ...]

    def at(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """float64 (rows, cols), bilinear; beyond the outermost nodes their own values."""
        if len(self.lines) == 1:
            return np.repeat(np.interp(cols, self.pixels[0], self.values[0])[None], len(rows), axis=0)
        k = np.clip(np.searchsorted(self.lines, rows, side="right") - 1, 0, len(self.lines) - 2)
        share = np.clip((rows - self.lines[k]) / (self.lines[k + 1] - self.lines[k]), 0, 1)[:, None]
        first = int(k.min())
        along = np.stack(
            [np.interp(cols, self.pixels[i], self.values[i]) for i in range(first, int(k.max()) + 2)]
        )  # (nodes, cols)
        k -= first
        return along[k] * (1 - share) + along[k + 1] * share


@dataclass(frozen=True)
class AzimuthBlock:
    """How the noise of one sub-swath changes along track: a factor at some lines, inside a rectangle of the image."""

    rows: tuple[int, int]  # first, last (both inside)
    cols: tuple[int, int]
    lines: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Noise:
    """Noise power in squared digital numbers: the table across track, times the blocks along track (since IPF 2.90)."""

    across: Table
    along: tuple[AzimuthBlock, ...] = ()

    @property
    def empty(self) -> bool:
        return all(not v.any() for v in self.across.values)

    def at(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """float64 (rows, cols) at rising whole rows and cols."""
        power = self.across.at(rows, cols)
        for block in self.along:
            r = slice(*np.searchsorted(rows, (block.rows[0], block.rows[1] + 1)))
            c = slice(*np.searchsorted(cols, (block.cols[0], block.cols[1] + 1)))
            power[r, c] *= np.interp(rows[r], block.lines, block.values)[:, None]
        return power


def read_calibration(root: Element, where: str) -> Table:
    """The sigma0 table: sigma0 = DN**2 / value**2. DataError naming ``where``."""
    table = _table(root, "calibrationVectorList/calibrationVector", "sigmaNought", where)
    if any((v <= 0).any() for v in table.values):
        raise DataError(f"{where}: sigmaNought holds values that are not above zero.", "Download the product again.")
    return table


def read_noise(root: Element, where: str) -> Noise:
    """Noise vectors in the format since IPF 2.90 (range and azimuth) or before it (range alone)."""
    if root.find("noiseRangeVectorList") is not None:
        across = _table(root, "noiseRangeVectorList/noiseRangeVector", "noiseRangeLut", where)
        blocks = root.findall("noiseAzimuthVectorList/noiseAzimuthVector")
        noise = Noise(across, tuple(_block(e, where) for e in blocks))
    else:
        noise = Noise(_table(root, "noiseVectorList/noiseVector", "noiseLut", where))
    if any((v < 0).any() for v in (*noise.across.values, *(b.values for b in noise.along))):
        raise DataError(f"{where}: the noise is below zero.", "Download the product again.", "s1-xml")
    return noise


def _table(root: Element, path: str, tag: str, where: str) -> Table:
    vectors = root.findall(path)
    if not vectors:
        raise DataError(f"{where} has no {path}.", "Download the product again.", "s1-xml")
    lines = rising(np.array([number(e, "line", where) for e in vectors]), f"the lines of {path}", where)
    pixels, values = [], []
    for e in vectors:
        pixels.append(rising(numbers(e.findtext("pixel"), "pixel", where), f"the pixels of {path}", where))
        values.append(numbers(e.findtext(tag), tag, where))
        if pixels[-1].size != values[-1].size:
            raise DataError(
                f"{where}: a vector has {pixels[-1].size} pixels and {values[-1].size} values of {tag}.",
                "Download the product again.",
                "s1-xml",
            )
    return Table(lines, tuple(pixels), tuple(values))


def _block(e: Element, where: str) -> AzimuthBlock:
    edges = [
        int(np.clip(number(e, f"{side}{what}", where), -1, MAX_SIDE))
        for what in ("AzimuthLine", "RangeSample")
        for side in ("first", "last")
    ]
    lines = rising(numbers(e.findtext("line"), "line", where), "the lines of noiseAzimuthVector", where)
    values = numbers(e.findtext("noiseAzimuthLut"), "noiseAzimuthLut", where)
    if lines.size != values.size:
        raise DataError(f"{where}: a noiseAzimuthVector has {lines.size} lines and {values.size} values.", "", "s1-xml")
    return AzimuthBlock((edges[0], edges[1]), (edges[2], edges[3]), lines, values)
