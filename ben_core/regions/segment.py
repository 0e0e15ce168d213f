"""The scene in segments, three levels of them. Read ``segmented``.

bands -> superpixels -> graph -> merged -> smooth borders -> pieces -> graph -> no small ones -> coarser levels
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from ..errors import DataError
from ..patches.cells import pixels_within
from ..patches.grid import Window
from ..patches.stream import MASK, Columns, read_spans
from ..patches.strips import Strip
from ..scene import Scene
from ..scene.types import PIXEL
from .features import Scaling, usable
from .graph import Graph, GraphMaker, renumbered
from .labels import LabelFile
from .merge import merged, without_small
from .smoothing import ROUNDS, smoothed
from .superpixels import CELL, HALO, TILE, connected, superpixels

FINE = 3  # mean size of the segments before the small ones go, in smallest areas
COARSER = (12, 50)  # the same of the levels above
BANDS_OF_ROWS = 1  # rows of tiles that are read at a time

Tell = Callable[[int, int], None]  # rows done, rows in all


@dataclass(frozen=True)
class Segments:
    """n segments, each connected edge to edge; segment i has the label i + 1 in ``labels``.

    size     int64 (n,): pixels
    mean     float64 (n, bands): mean of the scaled bands
    levels   int64 (n,) each: number, from 1, of the coarser object that a segment is part of, finer level first
    """

    labels: LabelFile
    size: np.ndarray
    mean: np.ndarray
    levels: tuple[np.ndarray, ...]

    def __len__(self) -> int:
        return len(self.size)


def segmented(
    scene: Scene,
    scaling: Scaling,
    area: BaseGeometry | None,
    folder: Path,
    *,
    least: int,
    threads: int = 1,
    block: int = BANDS_OF_ROWS,
    tell: Tell = lambda done, total: None,
) -> Segments:
    """Segment the usable pixels of ``area`` (None: the scene); the labels lie in ``folder`` and are open.

    least   pixels of the smallest segment, but for islands between pixels that are left out
    block   rows of tiles held at a time: a matter of memory, of which nothing else depends
    Raises DataError where no pixel is usable.
    """
    grid = scene.grid
    with LabelFile(folder / "superpixels.raw", grid.height, grid.width) as first, ExitStack() as kept:
        maker = GraphMaker(len(scaling.ranges))
        for row, labels in _rows_of_tiles(scene, scaling, area, maker, threads, block):
            first.write(row, labels)
            tell(row + len(labels), grid.height)
        if not maker.count:
            raise DataError(
                f"Nothing of {scene.name} can be segmented: no data, cloud, cloud shadow or snow everywhere"
                + (", or no pixel has its centre in the area." if area is not None else "."),
                "Choose another scene or area, or map it without --regions.",
            )
        step, graph = maker.whole()
        valid = int(graph.size.sum())
        graph, into = merged(graph, max(1, valid // (least * FINE)))
        graph, again = without_small(graph, least)
        final = kept.enter_context(LabelFile(folder / "labels.raw", grid.height, grid.width))
        graph, step = _pieces(first, final, again[into[step]], graph, block * TILE)
        graph, into = without_small(graph, least)
        _rewrite(final, into[step], block * TILE)
        kept.pop_all()  # stays open for those who read the segments
    first.path.unlink()
    levels, above, group = [], graph, np.arange(len(graph))
    for factor in COARSER:
        above, step = merged(above, max(1, valid // (least * factor)))
        group = step[group]
        levels.append(renumbered(group) + 1)
    return Segments(final, graph.size, graph.mean, tuple(levels))


def _rows_of_tiles(
    scene: Scene, scaling: Scaling, area: BaseGeometry | None, maker: GraphMaker, threads: int, block: int
) -> Iterator[tuple[int, np.ndarray]]:
    """(first pixel row, labels) of each row of tiles."""
    height, width = scene.grid.height, scene.grid.width
    cells = -(-width // CELL)
    tops = list(range(0, height, TILE * block))
    spans = [Strip(i, 0, 0, max(top - HALO, 0), min(top + TILE * block + HALO, height)) for i, top in enumerate(tops)]
    above: tuple[np.ndarray, np.ndarray] | None = None
    read = read_spans(scene, tuple(scaling.ranges), spans, Columns(0, width), threads)
    with closing(read), ThreadPoolExecutor(max(1, threads), thread_name_prefix="segment") as pool:
        for span, bands in zip(spans, read, strict=True):
            pixels = _Pixels(scene, scaling, area, bands, span, cells)
            start = tops[span.number]
            for top in range(start, min(start + TILE * block, height), TILE):
                shape = (min(TILE, height - top), width)
                numbers, labels = np.zeros(shape, np.int64), np.zeros(shape, np.uint32)
                lefts = range(0, width, TILE)
                for left, tile in zip(lefts, pool.map(partial(pixels.tile, top), lefts), strict=True):
                    if tile is None:
                        continue
                    marked, pieces, features = tile
                    here = slice(left, left + marked.shape[1])
                    numbers[:, here], labels[:, here] = marked, maker.add(pieces, features)
                for x in lefts[1:]:
                    maker.across(labels[:, x - 1], labels[:, x], (numbers[:, x - 1], numbers[:, x]))
                if above is not None:
                    maker.across(above[1], labels[0], (above[0], numbers[0]))
                above = numbers[-1], labels[-1]
                yield top, labels


@dataclass(frozen=True)
class _Pixels:
    """The bands of a span, from which tiles are cut with their surroundings."""

    scene: Scene
    scaling: Scaling
    area: BaseGeometry | None
    bands: dict[str, np.ndarray]
    span: Strip
    cells: int

    def tile(self, top: int, left: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """(markers, connected pieces, features) of the tile at a corner, None where no pixel is usable."""
        height, width = self.scene.grid.height, self.scene.grid.width
        y0, y1 = max(top - HALO, 0), min(top + TILE + HALO, height)
        x0, x1 = max(left - HALO, 0), min(left + TILE + HALO, width)
        steps = {name: source.resolution // PIXEL for name, source in self.scene.bands.items()}
        if self.scene.mask is not None:
            steps[MASK] = self.scene.mask.source.resolution // PIXEL
        cut = {}
        for name, band in self.bands.items():
            n = steps[name]
            cut[name] = band[(y0 - self.span.top) // n : -(-(y1 - self.span.top) // n), x0 // n : -(-x1 // n)]
        good = usable(self.scene, cut, y1 - y0, x1 - x0)
        if self.area is not None:
            good &= pixels_within(self.area, self.scene.grid, Window(x0, y0, x1 - x0, y1 - y0))
        core = slice(top - y0, min(top + TILE, height) - y0), slice(left - x0, min(left + TILE, width) - x0)
        if not good[core].any():
            return None
        features = self.scaling(self.scene, cut, y1 - y0, x1 - x0)
        numbers = superpixels(features, good, (y0 // CELL, x0 // CELL), self.cells)[core]
        return numbers, connected(numbers), features[:, core[0], core[1]]


def _pieces(first: LabelFile, final: LabelFile, into: np.ndarray, graph: Graph, rows: int) -> tuple[Graph, np.ndarray]:
    """Write the merged regions with smooth borders as connected pieces; their graph, and the piece of each label written.

    A piece has the mean of the region that it comes from.
    """
    region = np.append(0, into + 1).astype(np.uint32)
    maker = GraphMaker(0)
    parents: list[np.ndarray] = []
    above: tuple[np.ndarray, np.ndarray] | None = None
    for top in range(0, first.height, rows):
        bottom = min(top + rows, first.height)
        begin, end = max(top - ROUNDS, 0), min(bottom + ROUNDS, first.height)
        smooth = smoothed(region[first.read(begin, end)])[top - begin : bottom - begin]
        pieces = connected(smooth.astype(np.int64))
        labels = maker.add(pieces, np.empty((0, *pieces.shape), np.float32))
        _, where = np.unique(pieces, return_index=True)
        found = smooth.ravel()[where]
        parents.append(found[found > 0].astype(np.int64) - 1)
        if above is not None:
            maker.across(above[1], labels[0], (above[0], smooth[0]))
        above = smooth[-1], labels[-1]
        final.write(top, labels)
    step, joined = maker.whole()
    of_piece = np.empty(len(joined), np.int64)
    of_piece[step] = np.concatenate(parents)
    return Graph(joined.size, graph.mean[of_piece] * joined.size[:, None], joined.pairs, joined.border), step


def _rewrite(labels: LabelFile, into: np.ndarray, rows: int) -> None:
    table = np.append(0, into + 1).astype(np.uint32)
    for top in range(0, labels.height, rows):
        bottom = min(top + rows, labels.height)
        labels.write(top, table[labels.read(top, bottom)])
