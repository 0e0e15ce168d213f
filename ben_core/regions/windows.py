"""Windows of several sizes around one place: where they lie, in what order they are read, and how they are resampled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from ..nomenclature import BANDS
from ..patches.grid import Grid
from ..patches.strips import Strip

ROWS = 1024  # pixel rows that are new in a span: the height of a JP2 tile, as for strips


@dataclass(frozen=True)
class Span:
    """Pixel rows that are read at a time, and for each scale (in order) the strip of windows that they complete."""

    rows: Strip
    strips: tuple[Strip | None, ...]


def spans_of(grids: Sequence[Grid], inside: Sequence[np.ndarray], rows: int = ROWS) -> tuple[Span, ...]:
    """All windows of all ``grids`` north to south: each belongs to the first span that holds the whole of it.

    inside  bool (rows, cols) a grid: windows that are asked for; grid rows without any are left out
    """
    done = [0] * len(grids)
    found: list[Span] = []
    height = grids[0].height
    for bottom in range(rows, height + rows, rows):
        strips: list[Strip | None] = []
        for i, (grid, wanted) in enumerate(zip(grids, inside, strict=True)):
            last = done[i]
            while last < grid.rows and (bottom >= height or grid.patch_top(last) + grid.size <= bottom):
                last += 1
            asked = np.flatnonzero(wanted[done[i] : last].any(axis=1)) + done[i]
            done[i] = last
            if not asked.size:
                strips.append(None)
                continue
            first, end = int(asked[0]), int(asked[-1]) + 1
            strips.append(Strip(len(found), first, end, grid.patch_top(first), grid.patch_top(end - 1) + grid.size))
        there = [s for s in strips if s is not None]
        if there:
            top = min(s.top for s in there)
            found.append(Span(Strip(len(found), 0, 0, top, max(s.bottom for s in there)), tuple(strips)))
    return _rising(found)


def _rising(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same with tops that never go back: rows that a later span needs from further up are held for it."""
    tops = np.minimum.accumulate([s.rows.top for s in spans][::-1])[::-1].tolist()
    return tuple(replace(s, rows=replace(s.rows, top=top)) for s, top in zip(spans, tops, strict=True))


def resampled(bands: Mapping[str, np.ndarray], size: int) -> Mapping[str, np.ndarray]:
    """Windows (N, h, w) a band at the native size that a patch of ``size`` px has, in the type they came in.

    Larger windows become means of the pixels that a new pixel covers, smaller ones are interpolated (bilinear).
    """
    return {name: _resampled(a, size * 10 // BANDS[name].resolution) for name, a in bands.items()}


def _resampled(windows: np.ndarray, side: int) -> np.ndarray:
    if windows.shape[1] == side:
        return windows
    weights = _weights(windows.shape[1], side)
    # A product a window: the bits of one do not depend on which others are in the batch.
    found = np.matmul(np.matmul(weights, windows.astype(np.float32)), weights.T)
    return np.rint(found).astype(windows.dtype) if windows.dtype.kind == "u" else found.astype(windows.dtype)


@lru_cache(maxsize=32)
def _weights(have: int, want: int) -> np.ndarray:
    """float32 (want, have): each row says what a new pixel is made of and sums to 1."""
    ratio = have / want
    if ratio > 1:  # the share of each old pixel that the new one covers
        left = np.arange(want)[:, None] * ratio
        old = np.arange(have)
        share = np.minimum(left + ratio, old + 1) - np.maximum(left, old)
        return (share.clip(0) / ratio).astype(np.float32)
    centre = ((np.arange(want) + 0.5) * ratio - 0.5).clip(0, have - 1)
    return (1 - np.abs(centre[:, None] - np.arange(have))).clip(0).astype(np.float32)
