"""A scene becomes a map of 10 m. Read this first.

windows of several sizes -> model -> votes; bands -> segments; votes + segments -> classes -> products
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ..clock import Clock, Progress
from ..errors import Cancelled, DataError, JobError
from ..events import Emit, silent
from ..job import Job
from ..mapping import Load, Stop
from ..models import Model, find_card, load_model
from ..models.registry import choose
from ..models.runtime import require_torch
from ..products import check_place
from ..products.journal import PREFIX, Journal, key_of, write_whole
from ..products.legend import CODES
from ..products.region_page import step_for
from ..products.regions import RegionMap, region_names, write_regions
from ..products.stretch import stretch
from ..products.view import acquisition
from ..run.plan import make_plan, scene_of
from ..run.raw_radar import prepared_job
from ..scene import check_radiometry
from ..scene.grd import is_raw
from ..scene.remote import is_remote
from ..version import __version__
from .classes import Verdicts, means_of, verdicts
from .colours import strengths_of
from .dense import Answered, DensePlan, answered, dense_plan, weights_of
from .features import NOT_RADAR, Scaling
from .options import RegionOptions
from .saved import load_answered, save_answered
from .segment import Segments, segmented
from .votes import combined

if TYPE_CHECKING:
    from ..models.shared import SharedModel


_COVER = "cover.json"  # in the journal: what a run that dies while renaming has found


@dataclass(frozen=True)
class RegionResult:
    """What a run made.

    products   kind -> path
    segments   how many
    hectares   class name -> area; "" where no window could be answered
    timing     seconds by name
    warnings   (code, message) pairs
    """

    products: Mapping[str, Path]
    segments: int
    hectares: Mapping[str, float]
    timing: Mapping[str, float]
    warnings: tuple[tuple[str, str], ...]


class LoadShared(Protocol):
    """As ``models.shared.load_shared``."""

    def __call__(self, name: str, *, device: str, precision: str, threads: int) -> SharedModel: ...


def map_regions(
    job: Job,
    options: RegionOptions,
    emit: Emit = silent,
    stop: Stop = lambda: False,
    load: Load = load_model,
    load_together: LoadShared | None = None,
) -> RegionResult:
    """Make the 10 m map of a job's scene; products appear in ``job.out`` whole or not at all.

    Of the job all counts but ``stride``, ``threshold`` only for what is called sure, ``regroup`` and ``fallback_model``
    not at all. A run that was killed while the model answered begins anew; one killed later goes on behind the model's
    answers. ``load`` and ``load_together``: what to call for load_model and load_shared, by who maps many scenes.
    Raises JobError, DataError, StorageError, Cancelled.
    """
    clock = Clock()
    emit("step", name="regions", text="The 10 m map: opening the scene")
    job, dense, warnings = _opened(job, options, emit, stop)
    for code, message in _own_warnings(job, dense):
        emit("warning", code=code, message=message)
    asked = _load(job, dense, load, load_together)
    names = region_names(dense.plan.stem)
    with _journal(job, dense, asked) as journal:
        journal.refuse_existing(tuple(names.values()), job.overwrite)
        if not journal.publishing():
            _make(job, dense, asked, journal, clock, emit, stop)
            journal.refuse_existing(tuple(names.values()), job.overwrite)
        segments, hectares = _read_cover(journal)  # an earlier run may have made all and died while renaming
        journal.publish(list(names.values()))
    products = {kind: Path(job.out) / name for kind, name in names.items()}
    for kind, path in products.items():
        emit("output", kind=kind, path=str(path))
    return RegionResult(products, segments, hectares, clock.summary(), warnings)


def check_regions(job: Job, options: RegionOptions, emit: Emit = silent, stop: Stop = lambda: False) -> None:
    """Raise what ``map_regions`` would raise before it asks the model: for callers with other work to do first."""
    job, dense, _ = _opened(job, options, emit, stop)
    if options.shared:
        _load(job, dense)


def unfinished(job: Job, options: RegionOptions, emit: Emit = silent, stop: Stop = lambda: False) -> bool:
    """Whether an earlier ``map_regions`` of this very job and these options was stopped or killed after it had begun."""
    if not any(Path(job.out).glob(f"{PREFIX}*_regions-*")):
        return False
    job, dense, _ = _opened(job, options, emit, stop)
    with _journal(job, dense, _load(job, dense)) as journal:
        return journal.begun


def _opened(
    job: Job, options: RegionOptions, emit: Emit, stop: Stop
) -> tuple[Job, DensePlan, tuple[tuple[str, str], ...]]:
    """The job with its raw radar prepared and its model named, what is asked of which pixels, and all warnings."""
    if job.scene and all(
        not is_remote(p) and is_raw(Path(p)) for p in job.scene
    ):  # before minutes are spent on preparing it
        raise DataError("Raw Sentinel-1 has no optical band to segment.", NOT_RADAR)
    job, notes = prepared_job(job, emit, stop)
    scene = scene_of(job)
    chosen = choose(job.model, scene.bands)
    job = replace(job, model=chosen.name)
    plan = make_plan(job, scene, find_card(job.model), chosen.why)
    dense = dense_plan(plan, options, scene.mask)
    check_place(Path(job.out), plan.stem)
    told = (("model", text) for text in plan.card.warnings)
    return job, dense, (*notes, *scene.notes, *check_radiometry(scene), *told, *_own_warnings(job, dense))


def _own_warnings(job: Job, dense: DensePlan) -> tuple[tuple[str, str], ...]:
    """What no map of patches warns of."""
    if job.fallback_model is None:
        return ()
    text = (
        f"The 10 m map asks model {dense.plan.card.name!r} alone: windows that it may not answer stay empty, "
        "the fallback model is not asked there."
    )
    return (("regions-fallback", text),)


def _journal(job: Job, dense: DensePlan, asked: _Asked) -> Journal:
    facts = {"regions": asdict(dense.options), "model": asked.weights, "where": str(asked.model.placement)}
    key = key_of({**dense.plan.facts(), **facts, "with": asked.runtime})
    return Journal(Path(job.out), f"{dense.plan.stem}_regions", key)


def _make(job: Job, dense: DensePlan, asked: _Asked, journal: Journal, clock: Clock, emit: Emit, stop: Stop) -> None:
    """Ask, segment, name, and write the products into the journal."""
    batch = journal.batch(asked.fit_batch(job.batch))
    found = load_answered(journal.folder, dense)
    if found is None:
        emit("step", name="windows", text=f"Asking the model in {dense.windows:,} windows")
        found = answered(dense, asked.model, batch, clock, emit, stop)
        save_answered(journal.folder, found)
    try:
        emit("step", name="segment", text="Drawing segments")
        with clock("segment"):
            segments = _segments(dense, found, journal.folder, emit, stop, clock)
        with segments.labels:
            emit("step", name="vote", text=f"Naming {len(segments):,} segments")
            with clock("vote"):
                named = _named(dense, found, segments)
            emit("step", name="write", text="Writing the 10 m map")
            with clock("write"):
                write_regions(_shown(dense, found, segments, named, asked), journal.stage(), dense.plan.stem)
    finally:
        for raw in journal.folder.glob("*.raw"):  # four bytes a pixel; quicker drawn again than kept
            with suppress(OSError):
                raw.unlink()
    cover = {"segments": len(segments), "hectares": _hectares(segments, named)}
    write_whole(journal.folder / _COVER, json.dumps(cover).encode())


def _read_cover(journal: Journal) -> tuple[int, dict[str, float]]:
    cover = json.loads((journal.folder / _COVER).read_text())
    return cover["segments"], cover["hectares"]


@dataclass(frozen=True)
class _Asked:
    """A loaded model, and what the products say of it."""

    model: Model | SharedModel
    weights: str
    runtime: str

    def fit_batch(self, wanted: int) -> int:
        return self.model.fit_batch(wanted) if isinstance(self.model, Model) else wanted  # shared: strips, no batches


def _load(job: Job, dense: DensePlan, load: Load = load_model, load_together: LoadShared | None = None) -> _Asked:
    threads = dense.plan.threads
    if not dense.options.shared:
        model = load(job.model, runtime=job.runtime, device=job.device, precision=job.precision, threads=threads)
        return _Asked(model, f"{model.weights.file}, SHA-256 {model.weights.sha256}", model.runtime.version)
    if job.runtime == "onnx":
        raise JobError("--shared-convolution runs in PyTorch only.", "Leave out --runtime onnx.")
    if dense.plan.filled:
        raise JobError(
            f"--shared-convolution needs every band of the model; the scene lacks {dense.plan.filled[0].name}.",
            "Leave it out, or take a model of the scene's bands.",
        )
    require_torch()
    from ..models.shared import load_shared

    shared = (load_together or load_shared)(job.model, device=job.device, precision=job.precision, threads=threads)
    return _Asked(shared, f"{shared.file}, SHA-256 {shared.sha256}", shared.version)


def _segments(dense: DensePlan, found: Answered, folder: Path, emit: Emit, stop: Stop, clock: Clock) -> Segments:
    progress = Progress(emit, dense.plan.grid.height, 0, unit="rows", clock=clock)
    before = 0

    def tell(done: int, total: int) -> None:
        nonlocal before
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again: the model's answers are kept.")
        progress.add(done - before)
        before = done

    return segmented(
        dense.scene,
        Scaling(found.ranges),
        dense.area,
        folder,
        least=dense.options.least,
        threads=dense.plan.threads,
        tell=tell,
    )


def _named(dense: DensePlan, found: Answered, segments: Segments) -> Verdicts:
    plan = dense.plan
    p = means_of(segments, combined(found.votes, weights_of(dense.options)))
    weights = strengths_of(segments, found.votes).weights() if dense.options.vote == "colours" else None
    return verdicts(p, weights, plan.card.classes, plan.thresholds, plan.card.untrained)


def _shown(dense: DensePlan, found: Answered, segments: Segments, named: Verdicts, asked: _Asked) -> RegionMap:
    plan, scene = dense.plan, dense.scene
    codes = np.array([*(CODES[c] for c in named.classes), 0], np.uint8)  # the last one for -1: no answer
    row = np.arange(len(segments))
    silent = named.first < 0
    sentinel = scene.sensor.startswith("sentinel") and not scene.extra.get("generated")
    when = acquisition(scene.acquired)
    return RegionMap(
        name=scene.name,
        title=plan.card.title,
        attribution=f"Contains modified Copernicus Sentinel data{f' [{when.year}]' if when else ''}"
        if sentinel
        else "",
        acquired=when,
        grid=scene.grid,
        labels=segments.labels.read,
        size=segments.size,
        codes=codes[named.first],
        second=codes[named.second],
        p=np.where(silent, np.nan, named.p[row, named.first]),
        second_p=np.where(named.second < 0, np.nan, named.p[row, named.second]),
        share=named.share,
        sure=named.sure,
        levels=segments.levels,
        classes=plan.card.classes,
        thresholds=plan.thresholds,
        picture=None if found.rgb is None else stretch(found.rgb),
        step=step_for(scene.grid.width, scene.grid.height),
        provenance=_provenance(dense, asked),
    )


def _provenance(dense: DensePlan, asked: _Asked) -> dict[str, str]:
    plan, options, where = dense.plan, dense.options, asked.model.placement
    return {
        "software": f"BigEarthNet Mapper {__version__}",
        "scene": plan.scene.name,
        "acquired": plan.scene.acquired or "unknown",
        "radiometry": plan.scene.radiometry,
        "model": f"{plan.card.name}: {plan.card.title}",
        "model weights": asked.weights,
        "model licence": plan.card.licence,
        "windows": f"{', '.join(map(str, options.scales))} px of 10 m, every {options.stride} px",
        "weights of the windows": ", ".join(f"{w:g}" for w in weights_of(options)),
        "convolutions": "shared between windows (approximate)" if options.shared else "each window by itself (exact)",
        "bands segmented": ", ".join(dense.segment),
        "smallest segment": f"{options.min_area:g} ha",
        "vote": "evidence of the windows, shared out by colour"
        if options.vote == "colours"
        else "largest mean probability",
        "left out": "no data, cloud, cloud shadow, snow",
        "runtime": f"{asked.runtime}, {where.precision} on {where.device.partition(':')[0]} ({where.why})",
    }


def _hectares(segments: Segments, named: Verdicts) -> dict[str, float]:
    names = (*named.classes, "")
    area = np.bincount(np.where(named.first < 0, len(names) - 1, named.first), segments.size / 100, len(names))
    return {name: float(ha) for name, ha in zip(names, area, strict=True) if ha}
