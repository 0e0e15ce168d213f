"""A few patches of a scene or a data set, spread over it: to calibrate int8 weights."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import numpy as np

from ...errors import DataError
from ...machine import cores
from ...patches.grid import Grid
from ...patches.stream import Columns, read_strips
from ...patches.strips import strips_of
from ...scene import require_bands
from ...scene.types import PIXEL
from .source import Source


def sample_patches(
    source: Source, bands: Sequence[str], count: int, size: int = 120, seed: int = 0
) -> dict[str, np.ndarray]:
    """At most ``count`` patches without "no data" or cloud, drawn at random: (N, h, w) a band at native resolution.

    Raises DataError where a band is missing, or no patch is left.
    """
    random = np.random.default_rng(seed)
    found = _of_data(source, bands, count, random) if source.data else _of_scene(source, bands, count, size, random)
    if not len(next(iter(found.values()))):
        raise DataError(f"{source.title} has no whole patch without cloud.", "Give other data.")
    return found


def _of_data(source: Source, bands: Sequence[str], count: int, random: np.random.Generator) -> dict[str, np.ndarray]:
    data = source.data
    assert data is not None
    records = [r for r in data.records if not r.excluded]
    drawn = [records[i] for i in sorted(random.permutation(len(records))[:count])]
    read = [data.read(r, bands) for r in drawn]
    return {b: np.stack([x[b] for x in read]) if read else np.zeros((0, 1, 1)) for b in bands}


def _of_scene(
    source: Source, bands: Sequence[str], count: int, size: int, random: np.random.Generator
) -> dict[str, np.ndarray]:
    scene = source.scene
    assert scene is not None
    require_bands(scene, bands)
    unit = max(scene.bands[b].resolution for b in bands) // PIXEL
    whole = Grid(scene.grid.width, scene.grid.height, size, size, unit)
    # Of a small scene the patches overlap, so that there are enough of them.
    stride = size if whole.rows * whole.cols >= 2 * count else max(unit, size // 4 // unit * unit)
    grid = Grid(scene.grid.width, scene.grid.height, stride, size, unit)
    chance = random.random((grid.rows, grid.cols))
    share = min(1.0, 2 * count / (grid.rows * grid.cols))  # twice as many as needed: some are clouded
    parts: dict[str, list[np.ndarray]] = {b: [] for b in bands}
    order: list[np.ndarray] = []
    with closing(read_strips(scene, grid, bands, strips_of(grid), Columns(0, grid.width), cores())) as strips:
        for strip in strips:
            here = chance[strip.strip.first : strip.strip.last]
            rows, cols = np.nonzero((here < share) & (strip.valid == 1) & (strip.cloud == 0))
            for batch in strip.batches(rows + strip.strip.first, cols, 64):
                order.append(chance[batch.rows, batch.cols])
                for b in bands:
                    parts[b].append(batch.bands[b])
    if not order:
        return {b: np.zeros((0, 1, 1)) for b in bands}
    kept = np.argsort(np.concatenate(order))[:count]
    return {b: np.concatenate(parts[b])[kept] for b in bands}
