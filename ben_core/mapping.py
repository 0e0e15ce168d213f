"""A scene becomes a map. Read this first: each step is a folder.

product files -> scene -> grid -> strips -> model -> journal -> products
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from .clock import Clock, Progress
from .errors import Cancelled, DataError, StorageError
from .events import Emit, silent
from .job import Job
from .models import Answers, Model, find_card, load_model
from .models.novelty import SCORES
from .models.registry import choose
from .models.runtime import Placement
from .patches.stream import Batch, StripPixels, read_strips
from .patches.strips import Strip
from .plan import Plan, make_plan, scene_of
from .products import check_place, product_names, write_products
from .products.journal import Journal, StripAnswers, key_of
from .products.preview import write_preview
from .products.stretch import RADAR_COLOURS, radar_colours, stretch
from .products.types import (
    CLOUD,
    MAPPED,
    NO_S1,
    NO_S2,
    NODATA,
    NOT_MAPPED,
    NOT_SCORED,
    OUTSIDE,
    PROBABILITY_STEPS,
    SNOW,
    STATUS_NAMES,
    Probabilities,
    RunRecord,
)
from .provenance import provenance_of
from .scene import Scene, check_radiometry
from .scene.types import PIXEL

Stop = Callable[[], bool]
Load = Callable[..., Model]  # as load_model


@dataclass(frozen=True)
class MapResult:
    """What a run made.

    stem       what the products' names begin with
    products   kind -> path ("classes", "probabilities", "labels", "gpkg", "item", "report", ...)
    cells      number of cells by status ("mapped", "no data", "cloud", "snow", "outside area")
    timing     seconds by name, and "rate" (patches/s)
    warnings   (code, message) pairs
    placement  runtime, device and precision that were used, and why
    """

    stem: str
    products: Mapping[str, Path]
    cells: Mapping[str, int]
    timing: Mapping[str, float]
    warnings: tuple[tuple[str, str], ...]
    placement: Placement


def map_scene(
    job: Job, emit: Emit = silent, stop: Stop = lambda: False, load: Load = load_model
) -> MapResult:
    """Map one scene as ``job`` says; products appear in ``job.out`` whole or not at all.

    emit   called with each event (see ``events``); the last one, "done", "error" or "cancelled", is
           the caller's
    stop   asked between batches; where it answers True the run ends with Cancelled, resumable
    load   what to call for load_model: a caller that maps many scenes loads each model once
    Raises JobError, DataError, StorageError, Cancelled (see ``errors``).
    """
    clock = Clock()
    emit("step", name="open", text="Opening the scene")
    scene = scene_of(job)
    chosen = choose(job.model, scene.bands)
    job = replace(job, model=chosen.name)
    if chosen.why:
        emit("step", name="model", text=chosen.why)
    plan = make_plan(job, scene, find_card(job.model), chosen.why)
    check_place(Path(job.out), plan.stem)
    warnings = (
        *scene.notes,
        *check_radiometry(scene),
        *(("model", text) for text in plan.card.warnings),
        *_fills(plan),
        *_unread(plan, scene),
    )

    emit("step", name="load", text="Loading the model")
    model = load(job.model, runtime=job.runtime, device=job.device, precision=job.precision, threads=plan.threads)
    where = model.placement
    emit("started", command="map", scene=scene.name, cells=plan.cells, model=plan.card.name, **asdict(where))
    for code, message in warnings:
        emit("warning", code=code, message=message)

    names = product_names(plan.stem, plan.legend, plan.card.novelty is not None)
    key = key_of({**plan.facts(), "model": model.weights.sha256, "where": str(where), "with": model.runtime.version})
    with Journal(Path(job.out), plan.stem, key) as journal:
        journal.refuse_existing(tuple(names.values()), job.overwrite)
        batch = journal.batch(model.fit_batch(job.batch))
        _map_strips(plan, model, journal, batch, clock, emit, stop)
        answers, rgb = _collect(plan, journal)
        cells = _count(plan, answers)
        coverage = _coverage(plan, answers)
        if coverage:
            emit("coverage", **coverage, passes=[asdict(p) for p in plan.scene.passes])
        if not journal.publishing():
            emit("step", name="write", text="Writing the products")
            timing = clock.summary()
            record = RunRecord(
                scene=plan.scene,
                grid=plan.grid,
                card=plan.card,
                thresholds=plan.thresholds,
                provenance=provenance_of(plan, model, batch, coverage),
                warnings=warnings,
                legend=plan.legend,
                timing=timing,
                quicklook=_picture(plan, rgb),
                colours="natural colour" if len(plan.rgb) == 3 else RADAR_COLOURS,
            )
            write_products(answers, record, journal.stage(), plan.stem)
            journal.refuse_existing(tuple(names.values()), job.overwrite)  # another run may have been faster
        journal.publish(list(names.values()))

    products = {kind: Path(job.out) / name for kind, name in names.items()}
    for kind, path in products.items():
        emit("output", kind=kind, path=str(path))
    return MapResult(plan.stem, products, cells, clock.summary(), warnings, where)


def _fills(plan: Plan) -> list[tuple[str, str]]:
    """A warning for the bands that the model was trained with and this scene has not."""
    if not plan.filled:
        return []
    values = ", ".join(f"{b.name} ({b.fill:g} {b.unit})" for b in plan.filled)
    return [
        ("filled", f"The scene lacks bands that model {plan.card.name!r} takes; constants stand for them: {values}.")
    ]


def _unread(plan: Plan, scene: Scene) -> list[tuple[str, str]]:
    """A warning where Sentinel-1 was given and the model does not read it."""
    if not scene.passes or plan.scene.passes:
        return []
    return [("s1-unread", f"Model {plan.card.name!r} reads no Sentinel-1: the map is made from Sentinel-2 alone.")]


def _map_strips(plan: Plan, model: Model, journal: Journal, batch: int, clock: Clock, emit: Emit, stop: Stop) -> None:
    """Answer every strip that the journal lacks. Batches are cut inside strips, so that a resumed run sees the same."""

    def show(strip: Strip, answers: StripAnswers) -> None:
        path = journal.path(strip.number)
        preview = _preview(plan, strip, answers, path.with_suffix(".tif"))
        emit("partial", first_row=strip.first, last_row=strip.last, path=str(path), preview=str(preview))

    missing = []
    for strip in plan.strips:
        answers = journal.read(strip.number)
        if answers is None:
            missing.append(strip)
        else:
            show(strip, answers)
    done = plan.cells - sum(int(plan.inside[s.first : s.last].sum()) for s in missing)
    if done:
        emit("step", name="resume", text=f"{done} of {plan.cells} cells are in the journal of an earlier run")
    progress = Progress(emit, plan.cells, done, clock=clock)
    sheets: deque[tuple[Sheet, Batch]] = deque()

    def finish(sheet: Sheet) -> None:
        answers = sheet.answers()
        with clock("write"):
            journal.write(sheet.strip.number, answers)
            show(sheet.strip, answers)

    def batches() -> Iterator[Mapping[str, np.ndarray]]:
        strips = read_strips(plan.scene, plan.grid, plan.bands, missing, plan.columns, plan.threads)
        with closing(strips):
            while True:
                with clock("wait"):
                    pixels = next(strips, None)
                if pixels is None:
                    return
                clock.add("read", pixels.seconds)
                sheet = Sheet(plan, pixels)
                progress.add(sheet.skipped)
                if not sheet.left:
                    finish(sheet)
                for b in pixels.batches(*sheet.cells, batch):
                    if stop():
                        raise Cancelled("The run was stopped.", "Run the same command again to go on where it stopped.")
                    sheets.append((sheet, b))
                    yield {**whole(plan, b.bands), **plan.constants(len(b))}

    with clock("infer"), closing(model.answer_each(batches())) as answered:
        for a in answered:
            sheet, b = sheets.popleft()
            sheet.put(b, a)
            progress.add(len(b))
            clock.add("patches", len(b))
            if not sheet.left:
                finish(sheet)


def whole(plan: Plan, bands: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """Bands of patches without NaN: missing dB are the model's mean, which says nothing once it is normalised.

    A patch may lack a tenth of its pixels (``min_valid``), and one NaN would take all its answers.
    """
    means = {b.name: b.mean for b in plan.card.inputs}
    return {
        name: np.where(np.isnan(a), np.float32(means[name]), a) if a.dtype.kind == "f" else a
        for name, a in bands.items()
    }


def _preview(plan: Plan, strip: Strip, answers: StripAnswers, path: Path) -> Path:
    """The strip as a small raster for a live preview; it goes with the journal."""
    g, stride = plan.scene.grid, plan.grid.stride
    top = g.top - strip.first * stride * PIXEL
    return write_preview(path, answers, plan.card.classes, crs=g.crs, left=g.left, top=top, stride=stride)


class Sheet:
    """The answers of one strip while they come in."""

    def __init__(self, plan: Plan, pixels: StripPixels) -> None:
        self.strip = pixels.strip
        job, inside = plan.job, plan.inside[self.strip.first : self.strip.last]
        self.status = np.full(inside.shape, MAPPED, np.uint8)
        self.status[pixels.snow > job.max_snow] = SNOW
        self.status[pixels.cloud > job.max_cloud] = CLOUD
        no_s1, no_s2 = pixels.valid_s1 < job.min_valid, pixels.valid_s2 < job.min_valid
        self.status[no_s1] = NO_S1 if all(plan.sensors) else NODATA
        self.status[no_s2] = NO_S2 if all(plan.sensors) else NODATA
        self.status[no_s1 & no_s2] = NODATA
        self.status[~inside] = OUTSIDE
        rows, cols = np.nonzero(self.status == MAPPED)
        self.cells = rows + self.strip.first, cols
        self.left = len(rows)
        self.skipped = int(inside.sum()) - self.left
        self.p = np.full((*inside.shape, len(plan.card.classes)), NOT_MAPPED, np.uint16)
        self.unusual = np.full((*inside.shape, len(SCORES)), NOT_SCORED, np.uint8)
        self.valid, self.cloud, self.snow = (_percent(f, inside) for f in (pixels.valid, pixels.cloud, pixels.snow))
        self.sensors = np.full((*inside.shape, 2), 255, np.uint8)
        for i, (read, share) in enumerate(zip(plan.sensors, (pixels.valid_s1, pixels.valid_s2), strict=True)):
            if read:
                self.sensors[..., i] = _percent(share, inside)
        self.rgb = pixels.overview(plan.rgb, plan.overview)

    def put(self, batch: Batch, answers: Answers) -> None:
        cells = batch.rows - self.strip.first, batch.cols
        self.p[cells] = np.rint(answers.p * PROBABILITY_STEPS).astype(np.uint16)
        if answers.unusual is not None:
            self.unusual[cells] = answers.unusual
        self.left -= len(batch)

    def answers(self) -> StripAnswers:
        return StripAnswers(
            self.p, self.status, self.valid, self.cloud, self.snow, self.unusual, self.rgb, self.sensors
        )


def _percent(fraction: np.ndarray, inside: np.ndarray) -> np.ndarray:
    return np.where(inside, np.rint(fraction * 100), 255).astype(np.uint8)


def _collect(plan: Plan, journal: Journal) -> tuple[Probabilities, np.ndarray]:
    """All strips on the whole grid, and the overview: uint16 (3, h, w) mean DN."""
    rows, cols = plan.grid.rows, plan.grid.cols
    p = np.full((rows, cols, len(plan.card.classes)), NOT_MAPPED, np.uint16)
    status = np.full((rows, cols), OUTSIDE, np.uint8)
    valid, cloud, snow = (np.full((rows, cols), 255, np.uint8) for _ in range(3))
    unusual = np.full((rows, cols, len(SCORES)), NOT_SCORED, np.uint8)
    sensors = np.full((rows, cols, 2), 255, np.uint8)
    step = plan.overview
    rgb = np.zeros((len(plan.rgb), -(-plan.grid.height // step), -(-plan.grid.width // step)), np.uint16)
    for strip in plan.strips:
        a = journal.read(strip.number)
        if a is None:
            raise StorageError(
                f"A finished strip has vanished from {journal.folder}.",
                "Run the same command again; does something clean that folder?",
            )
        here = slice(strip.first, strip.last)
        p[here], status[here], valid[here], cloud[here], snow[here] = a.p, a.status, a.valid, a.cloud, a.snow
        unusual[here], sensors[here] = a.unusual, a.sensors
        top = -(-strip.first * plan.grid.stride // step)
        rgb[:, top : top + a.rgb.shape[1]] = a.rgb
    scored = unusual if plan.card.novelty else None
    both = sensors if all(plan.sensors) else None
    return Probabilities(p, status, valid, cloud, snow, plan.card.classes, scored, both), rgb


def _picture(plan: Plan, rgb: np.ndarray) -> np.ndarray | None:
    if not plan.rgb:
        return None
    return stretch(rgb) if len(plan.rgb) == 3 else radar_colours(rgb)


def _coverage(plan: Plan, answers: Probabilities) -> dict[str, float]:
    """Share of the pixels of the asked cells' patches that each sensor has data for; {} where one sensor is read."""
    if answers.sensors is None:
        return {}
    seen = answers.sensors[plan.inside].astype(np.float64) / 100
    return {name: round(float(seen[:, i].mean()), 4) for i, name in enumerate(("sentinel_1", "sentinel_2"))}


def _count(plan: Plan, answers: Probabilities) -> dict[str, int]:
    """Cells by status. Raises DataError where none was mapped."""
    cells = {name: int((answers.status == i).sum()) for i, name in enumerate(STATUS_NAMES)}
    if not cells[STATUS_NAMES[MAPPED]]:
        found = ", ".join(f"{n} {name}" for name, n in cells.items() if n)
        raise DataError(
            f"No cell of {plan.scene.name} could be mapped: {found}.",
            "Choose another scene or area, or relax --min-valid, --max-cloud or --max-snow.",
        )
    return cells
