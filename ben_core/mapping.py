"""A scene becomes a map. Read this first: each step is a folder.

product files -> scene -> grid -> strips -> model -> journal -> products
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .clock import Clock
from .events import Emit, silent
from .job import Job
from .models import Model, find_card, load_model
from .models.registry import choose, choose_fallback
from .models.runtime import Placement
from .products import check_place, product_names, write_products
from .products.journal import Journal, journals_of, key_of, refuse_existing
from .products.stretch import RADAR_COLOURS
from .products.types import Fallback, RunRecord
from .run.answering import Stop, answer_strips
from .run.gathering import count_cells, coverage_of, gather, picture
from .run.plan import Plan, make_plan, scene_of
from .run.provenance import provenance_of
from .run.raw_radar import prepared_job
from .scene import Scene, check_radiometry

Load = Callable[..., Model]  # as load_model


@dataclass(frozen=True)
class MapResult:
    """What a run made.

    stem       what the products' names begin with
    products   kind -> path ("classes", "probabilities", "labels", "gpkg", "item", "report", ...)
    cells      number of cells by status ("mapped", "no data", "cloud", "snow", "outside area")
    by_fallback   how many of the mapped ones the fallback model answered
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
    by_fallback: int = 0


def map_scene(
    job: Job,
    emit: Emit = silent,
    stop: Stop = lambda: False,
    notes: tuple[tuple[str, str], ...] = (),
    load: Load = load_model,
) -> MapResult:
    """Map one scene as ``job`` says; products appear in ``job.out`` whole or not at all.

    emit   called with each event (see ``events``); the last one, "done", "error" or "cancelled", is
           the caller's
    stop   asked between batches; where it answers True the run ends with Cancelled, resumable
    notes  (code, message) pairs that stand first among the warnings of events and report
    load   what to call for load_model: a caller that maps many scenes loads each model once
    Raises JobError, DataError, StorageError, Cancelled (see ``errors``).
    """
    clock = Clock()
    job, prepared_notes = prepared_job(job, emit, stop)
    emit("step", name="open", text="Opening the scene")
    scene, plan, whys = _planned(job)
    job = plan.job
    for why in whys:
        emit("step", name="model", text=why)
    warnings = (
        *notes,
        *prepared_notes,
        *scene.notes,
        *check_radiometry(scene),
        *(("model", text) for text in plan.card.warnings),
        *(("model", text) for text in _more_warnings(plan)),
        *_fills(plan),
        *_unread(plan, scene),
    )

    emit("step", name="load", text="Loading the model")
    model = _load(load, job.model, plan)
    fallback = _load(load, job.fallback_model, plan) if job.fallback_model else None
    where = model.placement
    emit("started", command="map", scene=scene.name, cells=plan.cells, model=plan.card.name, **asdict(where))
    for code, message in warnings:
        emit("warning", code=code, message=message)

    names = _names(plan)
    told = {"notes": notes} if notes else {}
    spared = {"spare": _identity(fallback)} if fallback else {}
    key = key_of({**plan.facts(), **told, **_identity(model), **spared})
    with Journal(Path(job.out), plan.stem, key) as journal:
        journal.refuse_existing(tuple(names.values()), job.overwrite)
        batch = journal.batch(min(m.fit_batch(job.batch) for m in (model, fallback) if m))
        answer_strips(plan, model, fallback, journal, batch, clock, emit, stop)
        answers, rgb = gather(plan, journal)
        cells = count_cells(plan, answers)
        coverage = coverage_of(plan, answers)
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
                provenance=provenance_of(plan, model, fallback, answers, coverage),
                warnings=warnings,
                legend=plan.legend,
                timing=timing,
                quicklook=picture(plan, rgb),
                colours="natural colour" if len(plan.rgb) == 3 else RADAR_COLOURS,
                fallback=Fallback(plan.fallback.card, plan.fallback.thresholds) if plan.fallback else None,
            )
            write_products(answers, record, journal.stage(), plan.stem)
            journal.refuse_existing(tuple(names.values()), job.overwrite)  # another run may have been faster
        journal.publish(list(names.values()))

    products = {kind: Path(job.out) / name for kind, name in names.items()}
    for kind, path in products.items():
        emit("output", kind=kind, path=str(path))
    return MapResult(plan.stem, products, cells, clock.summary(), warnings, where, int(answers.by_fallback.sum()))


def check_map(job: Job, emit: Emit = silent, stop: Stop = lambda: False) -> None:
    """Raise what ``map_scene`` would raise before it asks a model: for callers with other work to do first.

    Products that exist are its own where a journal shows that a run of this name was stopped.
    """
    job, _ = prepared_job(job, emit, stop)
    _, plan, _ = _planned(job)
    if not journals_of(Path(job.out), plan.stem):
        refuse_existing(Path(job.out), tuple(_names(plan).values()), job.overwrite)


def _planned(job: Job) -> tuple[Scene, Plan, list[str]]:
    """The scene, what becomes of the job on it (with its models by name), and why these models."""
    scene = scene_of(job)
    chosen, spare = choose(job.model, scene.bands), choose_fallback(job.fallback_model)
    job = replace(job, model=chosen.name, fallback_model=spare.name if spare else None)
    plan = make_plan(job, scene, find_card(job.model), chosen.why, find_card(spare.name) if spare else None)
    check_place(Path(job.out), plan.stem)
    return scene, plan, [c.why for c in (chosen, spare) if c and c.why]


def _names(plan: Plan) -> dict[str, str]:
    return product_names(plan.stem, plan.legend, plan.scored, plan.fallback is not None)


def _load(load: Load, name: str, plan: Plan) -> Model:
    job = plan.job
    return load(name, runtime=job.runtime, device=job.device, precision=job.precision, threads=plan.threads)


def _identity(model: Model) -> dict[str, str]:
    """What of a model decides the bits of its answers, for the journal's key."""
    return {"model": model.weights.sha256, "where": str(model.placement), "with": model.runtime.version}


def _more_warnings(plan: Plan) -> list[str]:
    """What the fallback's card warns of, where the first model's does not."""
    if plan.fallback is None:
        return []
    card = plan.fallback.card
    return [f"Fallback {card.name}: {text}" for text in card.warnings if text not in plan.card.warnings]


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
