"""The model's answers in windows of several sizes at a dense stride, and the histogram of the bands: one pass over the scene."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry.base import BaseGeometry

from ..clock import Clock, Progress
from ..errors import Cancelled, DataError, JobError
from ..events import Emit
from ..mapping import Stop
from ..models import Model
from ..patches.cells import cells_within
from ..patches.grid import Grid
from ..patches.stream import MASK, Batch, Columns, StripPixels, judged, read_spans
from ..patches.strips import Strip
from ..products.region_page import step_for
from ..products.types import MAPPED
from ..run.plan import Plan
from ..scene import Scene
from ..scene.aoi import read_area
from ..scene.types import PIXEL, Mask
from .features import Histogram, segment_bands, usable
from .options import RegionOptions
from .votes import Votes
from .windows import Span, resampled, spans_of

if TYPE_CHECKING:
    from ..models.shared import SharedModel


@dataclass(frozen=True)
class DensePlan:
    """Which windows of which sizes are asked for.

    plan     of the same job as a map of patches
    scene    the plan's with its clouds, which radar does not mind but segments do
    grids    one a scale, each with its windows' size as "patch"
    inside   bool (rows, cols) a grid: windows of the area of interest
    area     the area of interest in the scene's CRS, None: the whole scene
    bands    that are read: the model's and those of the segmentation
    """

    plan: Plan
    scene: Scene
    options: RegionOptions
    grids: tuple[Grid, ...]
    inside: tuple[np.ndarray, ...]
    area: BaseGeometry | None
    spans: tuple[Span, ...]
    segment: tuple[str, ...]

    @property
    def bands(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.plan.bands, *self.segment)))

    @property
    def windows(self) -> int:
        return sum(int(i.sum()) for i in self.inside)


def dense_plan(plan: Plan, options: RegionOptions, mask: Mask | None) -> DensePlan:
    """``mask``: of the scene's clouds. Raises JobError where stride or scales do not fit the bands, DataError where the
    scene is too small or has no optical band."""
    scene = replace(plan.scene, mask=mask)
    segment = segment_bands(scene)
    pixels, job = plan.scene.grid, plan.job
    unit = max(plan.scene.bands[b].resolution for b in (*plan.bands, *segment)) // PIXEL
    wrong = [s for s in (*options.scales, options.stride) if s % unit]
    if wrong:
        raise JobError(
            f"{wrong[0]} px is no multiple of {unit} px, the coarsest pixel of the bands in use.",
            f"Give --scales and --dense-stride in multiples of {unit}.",
        )
    largest = max(options.scales)
    if min(pixels.width, pixels.height) // unit * unit < largest:
        raise DataError(
            f"The scene has {pixels.width} x {pixels.height} pixels of 10 m, fewer than one window of "
            f"{largest} x {largest}.",
            "Leave the largest one out of --scales.",
        )
    grids = tuple(Grid(pixels.width, pixels.height, options.stride, s, unit) for s in options.scales)
    area = None if job.aoi is None else read_area(job.aoi, job.aoi_crs, pixels)
    inside = tuple(np.ones((g.rows, g.cols), bool) if area is None else cells_within(area, g, pixels) for g in grids)
    return DensePlan(plan, scene, options, grids, inside, area, spans_of(grids, inside), segment)


@dataclass(frozen=True)
class Answered:
    """What the pass over the scene found.

    votes    one a scale
    ranges   band -> (low, high) DN, for the segmentation
    rgb      uint16 (3, h, w): DN of red, green, blue every so many pixels; None where a band is missing
    """

    votes: list[Votes]
    ranges: Mapping[str, tuple[int, int]]
    rgb: np.ndarray | None


def answered(
    dense: DensePlan, model: Model | SharedModel, batch: int, clock: Clock, emit: Emit, stop: Stop
) -> Answered:
    """Ask ``model`` in all windows. Raises DataError where it could answer in none, Cancelled."""
    plan = dense.plan
    votes = [Votes(g, len(plan.card.classes)) for g in dense.grids]
    look = _Look(dense)
    progress = Progress(emit, dense.windows, 0, unit="windows", clock=clock)

    def strips() -> Iterator[tuple[int, StripPixels, np.ndarray, np.ndarray]]:
        for scale, pixels in _strips(dense, look, clock):
            rows, cols = _cells(dense, scale, pixels)
            progress.add(int(dense.inside[scale][pixels.strip.first : pixels.strip.last].sum()) - len(rows))
            yield scale, pixels, rows, cols

    def goes_on() -> None:
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again to begin the 10 m map anew.")

    with clock("infer"):
        ask = (
            _one_by_one(dense, model, batch, strips(), goes_on)
            if isinstance(model, Model)
            else _together(dense, model, strips(), goes_on)
        )
        for scale, rows, cols, p in ask:
            votes[scale].add(rows, cols, p)
            progress.add(len(rows))
            clock.add("patches", len(rows))
    if not any(v.answered.any() for v in votes):
        raise DataError(
            f"No window of {plan.scene.name} could be answered: cloud, snow or no data everywhere.",
            "Choose another scene or area, or relax --min-valid, --max-cloud or --max-snow.",
        )
    return Answered(votes, look.histogram.ranges(), look.rgb)


Strips = Iterator[tuple[int, StripPixels, np.ndarray, np.ndarray]]  # scale, pixels, rows and columns of windows
Said = Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]  # scale, rows, columns, probabilities


def _one_by_one(dense: DensePlan, model: Model, batch: int, strips: Strips, goes_on: Callable[[], None]) -> Said:
    """Each window by itself: what the model was made for."""
    plan = dense.plan
    sent: deque[tuple[int, Batch]] = deque()

    def batches() -> Iterator[Mapping[str, np.ndarray]]:
        for scale, pixels, rows, cols in strips:
            for b in pixels.batches(rows, cols, batch):
                goes_on()
                sent.append((scale, b))
                yield resampled(plan.first.feed(b.bands), plan.card.size)

    for a in model.answer_each(batches()):
        scale, b = sent.popleft()
        yield scale, b.rows, b.cols, a.p


def _together(dense: DensePlan, model: SharedModel, strips: Strips, goes_on: Callable[[], None]) -> Said:
    """The windows of a strip at once, their convolutions shared."""
    for scale, pixels, rows, cols in strips:
        goes_on()
        grid = dense.grids[scale]
        tops = np.array([grid.patch_top(r) for r in rows.tolist()], np.int64) - pixels.strip.top
        lefts = np.array([grid.patch_left(c) for c in cols.tolist()], np.int64) - pixels.columns.left
        yield (
            scale,
            rows,
            cols,
            model.answer(dense.plan.first.whole(pixels.bands), pixels.steps, tops, lefts, grid.size),
        )


def _cells(dense: DensePlan, scale: int, pixels: StripPixels) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the windows that the model may answer, by the job's rules for patches."""
    may = dense.plan.first.status(pixels, dense.plan.job) == MAPPED
    rows, cols = np.nonzero(may & dense.inside[scale][pixels.strip.first : pixels.strip.last])
    return rows + pixels.strip.first, cols


def _strips(dense: DensePlan, look: _Look, clock: Clock) -> Iterator[tuple[int, StripPixels]]:
    """(scale, pixels of the model's bands) of every strip of windows, each block of the files decoded once."""
    scene, plan = dense.scene, dense.plan
    columns = _columns(dense)
    read = read_spans(scene, dense.bands, [s.rows for s in dense.spans], columns, plan.threads)
    with closing(read):
        for span in dense.spans:
            with clock("wait"):
                bands = next(read)
            look.at(bands, span.rows, columns)
            mask = bands.get(MASK)
            for scale, strip in enumerate(span.strips):
                if strip is None:
                    continue
                own = {b: _rows(bands[b], scene.bands[b].resolution, span.rows, strip) for b in plan.bands}
                clouds = None
                if mask is not None and plan.scene.mask is not None:
                    clouds = _rows(mask, plan.scene.mask.source.resolution, span.rows, strip)
                yield scale, judged(plan.scene, dense.grids[scale], strip, columns, own, clouds, 0.0)


def _columns(dense: DensePlan) -> Columns:
    left, right = dense.grids[0].width, 0
    for grid, inside in zip(dense.grids, dense.inside, strict=True):
        used = np.flatnonzero(inside.any(axis=0))
        left, right = min(left, grid.patch_left(int(used[0]))), max(right, grid.patch_left(int(used[-1])) + grid.size)
    return Columns(left, right)


def _rows(pixels: np.ndarray, resolution: int, span: Strip, strip: Strip) -> np.ndarray:
    """The rows of a strip out of those of a span; a layer coarser than the grid's unit begins with the pixel it is in."""
    n = resolution // PIXEL
    return pixels[strip.top // n - span.top // n : -(-strip.bottom // n) - span.top // n]


class _Look:
    """What is gathered of the bands while they pass: histograms of the usable pixels, a picture."""

    COLOURS = ("B04", "B03", "B02")

    def __init__(self, dense: DensePlan) -> None:
        self.scene, self.segment = dense.scene, dense.segment
        self.histogram = Histogram(dense.segment)
        self.counted = 0  # pixel rows north of it have been looked at
        grid = self.scene.grid
        self.step = step_for(grid.width, grid.height)
        lines = len(range(self.step // 2, grid.height, self.step)), len(range(self.step // 2, grid.width, self.step))
        fine = all(b in dense.segment and self.scene.bands[b].resolution == PIXEL for b in self.COLOURS)
        self.rgb = np.zeros((3, *lines), np.uint16) if fine else None

    def at(self, bands: Mapping[str, np.ndarray], span: Strip, columns: Columns) -> None:
        top = max(span.top, self.counted)
        if top >= span.bottom:
            return
        steps = {b: self.scene.bands[b].resolution // PIXEL for b in self.segment}
        if self.scene.mask is not None:
            steps[MASK] = self.scene.mask.source.resolution // PIXEL
        fresh = {b: bands[b][top // n - span.top // n : -(-span.bottom // n) - span.top // n] for b, n in steps.items()}
        good = usable(self.scene, fresh, span.bottom - top, columns.right - columns.left)
        for name in self.segment:
            n = steps[name]
            at = good[::n, ::n]
            self.histogram.add(name, fresh[name][: at.shape[0], : at.shape[1]][at])
        self._draw(fresh, top, span.bottom, columns)
        self.counted = span.bottom

    def _draw(self, fresh: Mapping[str, np.ndarray], top: int, bottom: int, columns: Columns) -> None:
        if self.rgb is None:
            return
        y = np.arange(self.step // 2, self.scene.grid.height, self.step)
        x = np.arange(self.step // 2, self.scene.grid.width, self.step)
        rows, cols = (y >= top) & (y < bottom), (x >= columns.left) & (x < columns.right)
        for out, band in zip(self.rgb, self.COLOURS, strict=True):
            out[np.ix_(rows, cols)] = fresh[band][np.ix_(y[rows] - top, x[cols] - columns.left)]


def weights_of(options: RegionOptions) -> Sequence[float]:
    return options.weights or (1.0,) * len(options.scales)
