"""From a scene to batches: strips of pixels decoded once, read ahead while the model works."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..nomenclature import S1_BANDS
from ..scene.decibels import LOWEST
from ..scene.reader import BandReader
from ..scene.types import PIXEL, BandSource, Scene
from .grid import Grid
from .strips import Strip

T = TypeVar("T")


@dataclass(frozen=True)
class Columns:
    """Pixel columns [left, right) of the 10 m grid that a run needs."""

    left: int
    right: int


@dataclass(frozen=True)
class Batch:
    """Patches ready for a model.

    rows, cols   int (N,): the cells
    bands        band name -> array (N, h, w) at native resolution: uint16 harmonised DN (0 = no data) for
                 Sentinel-2, float32 dB for Sentinel-1
    """

    rows: np.ndarray
    cols: np.ndarray
    bands: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class StripPixels:
    """The pixels of one strip, and how much of each patch can be trusted.

    bands     band name -> (rows, cols) at native resolution; ``steps``: 10 m pixels a native pixel
    valid_s1, valid_s2, cloud, snow   float32 (grid rows of the strip, grid columns): fraction of the patch's pixels;
              "valid" is the smallest over the sensor's bands in use; without a cloud layer cloud and snow are 0
    seconds   time spent reading
    """

    strip: Strip
    grid: Grid
    columns: Columns
    bands: Mapping[str, np.ndarray]
    steps: Mapping[str, int]
    valid_s1: np.ndarray
    valid_s2: np.ndarray
    cloud: np.ndarray
    snow: np.ndarray
    seconds: float

    @property
    def valid(self) -> np.ndarray:
        """The smaller one of both sensors."""
        return np.minimum(self.valid_s1, self.valid_s2)

    def batches(
        self, rows: np.ndarray, cols: np.ndarray, size: int, names: Sequence[str] | None = None
    ) -> Iterator[Batch]:
        """Cut the cells (rows[i], cols[i]) of the bands ``names`` (None: all) in batches of ``size``, the last one as
        short as it comes."""
        bands = self.bands if names is None else {name: self.bands[name] for name in names}
        tops = np.array([self.grid.patch_top(r) for r in range(self.strip.first, self.strip.last)]) - self.strip.top
        lefts = np.array([self.grid.patch_left(c) for c in range(self.grid.cols)]) - self.columns.left
        for i in range(0, len(rows), size):
            r, c = rows[i : i + size], cols[i : i + size]
            cut = {
                name: _cut(pixels, tops[r - self.strip.first], lefts[c], self.grid.size, self.steps[name])
                for name, pixels in bands.items()
            }
            yield Batch(r, c, cut)

    def overview(self, names: Sequence[str], step: int) -> np.ndarray:
        """uint16 (len(names), h, w): mean of ``step`` x ``step`` pixels over the strip's own cells (0 = no data).

        DN, and for Sentinel-1 (dB - LOWEST) x 100. Only for bands of 10 m; w covers the whole scene, columns that were not read are 0.
        """
        first, last = self.strip.first * self.grid.stride, min(self.strip.last * self.grid.stride, self.strip.bottom)
        ys = np.arange(-(-first // step) * step, last, step) - self.strip.top
        xs = np.arange(-(-self.columns.left // step) * step, self.columns.right, step)
        out = np.zeros((len(names), len(ys), -(-self.grid.width // step)), np.uint16)
        if len(ys) and len(xs):
            for i, name in enumerate(names):
                part = self.bands[name][ys[0] : last - self.strip.top, xs[0] - self.columns.left :]
                if part.dtype.kind == "f":
                    part = np.where(np.isfinite(part), np.rint((part - LOWEST) * 100), 0).astype(np.uint16)
                sums = np.add.reduceat(part, ys - ys[0], axis=0, dtype=np.uint32)
                sums = np.add.reduceat(sums, xs - xs[0], axis=1)
                tall = np.diff(np.append(ys - ys[0], part.shape[0]))
                wide = np.diff(np.append(xs - xs[0], part.shape[1]))
                out[i, :, xs[0] // step : xs[0] // step + len(xs)] = sums // (tall[:, None] * wide)
        return out


def read_strips(
    scene: Scene, grid: Grid, bands: Sequence[str], strips: Sequence[Strip], columns: Columns, threads: int
) -> Generator[StripPixels, None, None]:
    """Read ``strips`` (north to south) of ``bands``: each compressed block is decoded once.

    The next strip is read on other threads while the caller works on this one; two strips and what is
    left of one block row a band are held, whatever the height of the scene. Bands are decoded side by
    side on ``threads`` threads. Raises DataError naming file and rows.
    """

    def judge(strip: Strip, pixels: dict[str, np.ndarray], start: float) -> StripPixels:
        mask = pixels.pop(MASK, None)
        return judged(scene, grid, strip, columns, pixels, mask, start)

    yield from _read_ahead(scene, bands, strips, columns, threads, judge)


def read_spans(
    scene: Scene, bands: Sequence[str], spans: Sequence[Strip], columns: Columns, threads: int
) -> Generator[dict[str, np.ndarray], None, None]:
    """The pixels alone, for other uses than patches of one size: band name (and MASK) -> rows [top, bottom) of each
    span at native resolution. As ``read_strips`` otherwise; ``top`` never goes back from span to span."""
    yield from _read_ahead(scene, bands, spans, columns, threads, lambda _, pixels, start: pixels)


def _read_ahead(
    scene: Scene,
    bands: Sequence[str],
    strips: Sequence[Strip],
    columns: Columns,
    threads: int,
    finish: Callable[[Strip, dict[str, np.ndarray], float], T],
) -> Generator[T, None, None]:
    """What ``finish`` makes of each strip's pixels, on the thread that reads ahead."""
    sources = {name: scene.bands[name] for name in bands}
    if scene.mask is not None:
        sources[MASK] = scene.mask.source
    rows: dict[str, _Rows] = {}

    def read(strip: Strip) -> T:
        start = time.perf_counter()
        pixels = dict(zip(rows, pool.map(lambda r: r.take(strip.top, strip.bottom), rows.values()), strict=True))
        return finish(strip, pixels, start)

    with ExitStack() as stack:  # left in reverse order: the threads end before the files close
        for name, source in sources.items():
            rows[name] = stack.enter_context(closing(_Rows(source, columns, harmonise=name != MASK)))
        pool = stack.enter_context(ThreadPoolExecutor(max(1, threads), thread_name_prefix="decode"))
        ahead = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="ahead"))
        following = ahead.submit(read, strips[0]) if strips else None
        for later in (*strips[1:], None):
            if following is None:
                return
            found = following.result()
            following = ahead.submit(read, later) if later is not None else None
            yield found
            del found


MASK = "mask"  # among the names of bands: the cloud layer


class _Rows:
    """A moving window on one band: whole blocks are decoded, what the next strip needs is kept."""

    def __init__(self, source: BandSource, columns: Columns, harmonise: bool) -> None:
        self.reader = BandReader(source)
        self.reader.open()
        self.source = source
        self.step = source.resolution // PIXEL
        self.columns = (columns.left // self.step, min(-(-columns.right // self.step), source.width))
        self.harmonise = harmonise
        self.start = 0  # native row of the first row held
        self.held: np.ndarray | None = None

    def take(self, top: int, bottom: int) -> np.ndarray:
        """Rows of the 10 m grid [top, bottom) at native resolution. ``top`` never goes back."""
        first, last = top // self.step, -(-bottom // self.step)
        have = self.start if self.held is None else self.start + len(self.held)
        block = self.source.block_rows
        parts = []
        if self.held is not None and have > first:
            parts.append(self.held[first - self.start :])
            begin = have
        else:
            begin = first // block * block
        if begin < last:
            end = min(-(-last // block) * block, self.source.height)
            fresh = self.reader.read_rows(begin, end, *self.columns, harmonise=self.harmonise)
            parts.append(fresh[max(first - begin, 0) :])
        self.held = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self.start = first
        return self.held[: last - first]

    def close(self) -> None:
        self.held = None
        self.reader.close()


def _cut(pixels: np.ndarray, tops: np.ndarray, lefts: np.ndarray, size: int, step: int) -> np.ndarray:
    """(N, size / step, size / step): the windows whose upper-left corners are given in 10 m pixels."""
    side = size // step
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (side, side))
    return windows[tops // step, lefts // step]


def judged(
    scene: Scene,
    grid: Grid,
    strip: Strip,
    columns: Columns,
    pixels: Mapping[str, np.ndarray],
    mask: np.ndarray | None,
    start: float,
) -> StripPixels:
    """Fractions of valid, clouded and snowy pixels a patch; ``start`` is when reading began (``perf_counter``)."""
    shape = (strip.last - strip.first, grid.cols)
    steps = {name: scene.bands[name].resolution // PIXEL for name in pixels}
    valid = {True: np.ones(shape, np.float32), False: np.ones(shape, np.float32)}  # by whether it is Sentinel-1
    cloud, snow = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for name, a in pixels.items():
        good = a != 0 if a.dtype.kind == "u" else np.isfinite(a)
        if not good.all():
            radar = name in S1_BANDS
            valid[radar] = np.minimum(valid[radar], _fractions(good, grid, strip, columns, steps[name]))
    if mask is not None and scene.mask is not None:
        step = scene.mask.source.resolution // PIXEL
        empty = np.isin(mask, scene.mask.nodata)
        if empty.any():
            valid[False] = np.minimum(valid[False], 1 - _fractions(empty, grid, strip, columns, step))
        cloud = _fractions(np.isin(mask, scene.mask.cloud), grid, strip, columns, step)
        snow = _fractions(np.isin(mask, scene.mask.snow), grid, strip, columns, step)
    return StripPixels(
        strip, grid, columns, pixels, steps, valid[True], valid[False], cloud, snow, time.perf_counter() - start
    )


def _fractions(true: np.ndarray, grid: Grid, strip: Strip, columns: Columns, step: int) -> np.ndarray:
    """float32 (rows, cols): share of True pixels in each patch, by an integral image.

    Patches that reach beyond ``columns`` count what was read of them: they belong to no cell of the run.
    """
    total = np.zeros((true.shape[0] + 1, true.shape[1] + 1), np.int64)
    np.cumsum(true, axis=0, dtype=np.int64, out=total[1:, 1:])
    np.cumsum(total[1:, 1:], axis=1, out=total[1:, 1:])
    side = grid.size // step
    # Each side by itself: a mask may be coarser than ``grid.unit``, and then patches begin within its pixels.
    tops = np.array([grid.patch_top(r) for r in range(strip.first, strip.last)]) // step - strip.top // step
    lefts = np.array([grid.patch_left(c) for c in range(grid.cols)]) // step - columns.left // step
    a, b = lefts.clip(0, true.shape[1]), (lefts + side).clip(0, true.shape[1])
    sums = total[tops + side][:, b] - total[tops + side][:, a] - total[tops][:, b] + total[tops][:, a]
    return (sums / (side * side)).astype(np.float32)
