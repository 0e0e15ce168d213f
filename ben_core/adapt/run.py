"""A model is adapted to a scene. Read this first: each step is a module here.

scene -> target patches -> pseudo-labels -> fine-tuning -> guard -> model, or the reasons why not
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import DataError, JobError, ModelError
from ..events import Emit, silent
from ..job import Job
from ..learn.data.opening import open_data_set
from ..machine import cores
from ..models.files import check_stem
from ..models.registry import choose
from ..products.journal import Journal, key_of
from ..run.plan import Plan, make_plan, scene_of
from ..run.raw_radar import prepared_job
from ..scene import Scene, check_radiometry
from .bank import SourceBank, bank_beside, fingerprint, read_bank
from .confirm import Confirmer
from .guard import Setting, judge
from .handover import KINDS, Outcome, all_output_names, made_by, published, result_of, stage
from .nets import Start, start_of, trained_classes, views_of
from .reference import reference_of
from .source import Source
from .target import STRIDES, WANTED, target_patches
from .truth import Truth
from .tune import Tuned, tune
from .types import (
    GUARD,
    REJECTED,
    TRAIN,
    VALIDATION,
    Adaptation,
    AdaptOptions,
    TargetPatches,
    Verdict,
)

UNCHANGED = "No epoch answered the held-apart block of the scene better than the model as it came: nothing was learned."


@dataclass(frozen=True)
class Beside:
    """What a run may take beside scene and model.

    name       of the adapted model [default: that of the model and that of the scene]
    bank       file of a source bank [default: the one that came with the model, where one did]
    source     data set whose labelled patches are mixed in
    reference  polygons or raster of true labels: scores before and after; ``code_field`` and ``map_codes`` say where its
               codes are and what they mean, as --code-field and --map-codes of ``ben evaluate``
    keep_rejected  write a rejected model all the same, under a name that says so
    reuse      take what an earlier run of just the same left behind, in place of an error that it exists
    """

    name: str | None = None
    bank: str | None = None
    source: str | None = None
    reference: str | None = None
    code_field: str | None = None
    map_codes: str | None = None
    keep_rejected: bool = False
    reuse: bool = False


def adapt_scene(
    job: Job,
    options: AdaptOptions | None = None,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
    beside: Beside | None = None,
) -> Adaptation:
    """Adapt ``job.model`` to ``job.scene``; what it made appears in ``job.out`` whole or not at all.

    Of the job scene, area, model, device and threads are taken; stride and the limits of cloud and validity are those
    of ``options``. The original model is never written to. A run that was killed goes on where it stopped when the
    same is asked for again, and makes the same weights. Raises JobError, ModelError, DataError, StorageError,
    Cancelled.
    """
    options, beside = options or AdaptOptions(), beside or Beside()
    job, prepared_notes = prepared_job(job, emit, stop)
    emit("step", name="open", text="Opening the scene")
    scene = scene_of(replace(job, name=None))  # the card names what was seen, whatever its map is to be called
    chosen = choose(job.model, scene.bands)
    threads = job.threads or cores()
    start = start_of(chosen.name, job.device, threads)
    plan = _plan(replace(job, model=chosen.name), options, scene, start, chosen.why)
    name = beside.name or f"{start.card.name}-{plan.stem}"
    check_stem(name)
    _spare_the_original(start, Path(job.out), name)
    bank_file = beside.bank or bank_beside(start.card)
    bank = _bank(bank_file, start, options, emit)
    source = _source(beside, options, start)
    reference = reference_of(beside.reference, beside.code_field, beside.map_codes, plan.scene.grid)

    emit(
        "started",
        command="adapt",
        scene=scene.name,
        cells=plan.cells,
        model=start.card.name,
        runtime="torch",
        device=str(start.device),
        precision="fp32",
        why=start.why,
    )
    warnings = (
        *prepared_notes,
        *scene.notes,
        *check_radiometry(scene),
        *(("model", text) for text in start.card.warnings),
    )
    for code, message in warnings:
        emit("warning", code=code, message=message)

    facts = {
        **plan.facts(),
        "adapt": options.to_dict(),
        "weights": start.weights.sha256,
        "where": str(start.device),
        "threads": threads if start.device.type == "cpu" else "",  # sums of gradients round by the thread
        "bank": fingerprint(bank_file),
        "source": source.fingerprint() if source else "",
        "reference": reference.fingerprint() if reference else "",
        "beside": {"name": beside.name, "keep_rejected": beside.keep_rejected},
        "name": name,
    }
    key = key_of(facts)
    if beside.reuse and made_by(Path(job.out), name) == key:
        emit("step", name="reuse", text=f"The model was adapted by an earlier run: {name}")
        return result_of(Path(job.out), name, emit)
    with Journal(Path(job.out), f"adapt-{name}", key) as journal:
        if not journal.publishing():
            journal.refuse_existing(all_output_names(name), job.overwrite)
            try:
                target = target_patches(plan, start.graph(), options, journal.folder, emit, stop)
                _tell(target, emit)
                truth = reference.truth(target.corners[target.of(GUARD)], target.classes) if reference else None
                confirmer = Confirmer(start.card, target, options, bank)
                tuned = tune(start, target, options, confirmer, source, journal.folder, emit, stop)
                verdict = _judge(start, tuned, target, options, bank, truth, emit)
            except (DataError, JobError, ModelError):  # the same would be found again: nothing to go on with
                _empty(journal.folder)
                raise
            outcome = Outcome(name, start, plan, target, options, confirmer, tuned, verdict, warnings, key)
            stage(outcome, beside.keep_rejected, journal.stage(), emit)
        made = published(journal, name)
    for path in made:
        emit("output", kind=KINDS.get(path.suffix, "file"), path=str(path))
    return result_of(Path(job.out), name, emit)


def _plan(job: Job, options: AdaptOptions, scene: Scene, start: Start, why: str) -> Plan:
    """What is cut out of the scene: at the stride asked for, else at the widest that gives enough patches.

    What only a map takes goes: neither does it decide what is learned, nor whether an earlier run is taken up.
    """
    cloud, valid = options.max_cloud, options.min_valid
    job = replace(job, max_cloud=cloud, max_snow=cloud, min_valid=valid, threshold=None, regroup=None, batch=0)
    for stride in (options.stride,) if options.stride else STRIDES:
        plan = make_plan(replace(job, stride=stride), scene, start.card, why)
        if plan.cells >= WANTED:
            break
    return plan


def _source(beside: Beside, options: AdaptOptions, start: Start) -> Source | None:
    if beside.source is None:
        return None
    if options.method == "bn-only" or not options.mix:
        why = "--method bn-only learns from no labels" if options.method == "bn-only" else "--mix is 0"
        raise JobError(f"--source is given, and {why}.", "Leave out one of the two.")
    return Source(open_data_set(beside.source), start.card)


def _spare_the_original(start: Start, out: Path, name: str) -> None:
    """JobError where what is written would replace the model that is adapted."""
    card = start.card
    own = {(card.folder or Path()) / f for f in (f"{card.name}.json", *(w.file for w in card.weights))}
    mine = {(out / f).resolve() for f in all_output_names(name)}
    if mine & {p.resolve() for p in own}:
        raise JobError(
            f"The adapted model {name!r} in {out} would replace the original.", "Give another --name, or another --out."
        )


def _bank(file: str | Path | None, start: Start, options: AdaptOptions, emit: Emit) -> SourceBank | None:
    """The bank that retrieval asks; without one it is said what takes its place."""
    if file is None:
        if options.method != "bn-only":
            emit(
                "warning",
                code="no-bank",
                message=f"There is no source bank of model {start.card.name!r}: labels are confirmed by the model's "
                "agreement with itself on turned patches, which is weaker. `ben bank` makes one from labelled patches.",
            )
        return None
    bank = read_bank(file)
    bank.require(start.card, str(Path(file).name))
    if options.neighbours > len(bank):
        raise JobError(f"--neighbours {options.neighbours} are more than the {len(bank)} patches of the bank.")
    what = "The guard compares with" if options.method == "bn-only" else "Labels are confirmed by"
    emit("step", name="bank", text=f"{what} {len(bank)} source patches ({bank.title})")
    return bank


def _tell(target: TargetPatches, emit: Emit) -> None:
    counts = ", ".join(
        f"{len(target.of(role))} {what}"
        for role, what in ((TRAIN, "to learn from"), (VALIDATION, "to judge by"), (GUARD, "to guard by"))
    )
    left = ", ".join(f"{n} {why}" for why, n in target.left_out.items())
    emit(
        "step",
        name="patches",
        text=f"{len(target)} patches at a stride of {target.stride} px in {len(np.unique(target.block))} blocks: "
        + counts
        + (f" (left out: {left})" if left else ""),
    )


def _empty(folder: Path) -> None:
    """Leave the lock alone in a scratch folder; the journal then drops it."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "lock":
            with suppress(OSError):  # Windows keeps what is still mapped
                path.unlink()


def _judge(
    start: Start,
    tuned: Tuned,
    target: TargetPatches,
    options: AdaptOptions,
    bank: SourceBank | None,
    truth: Truth | None,
    emit: Emit,
) -> Verdict:
    """The guard's word on blocks that were never trained on."""
    if not tuned.changed:
        return Verdict(REJECTED, (UNCHANGED,))
    emit("step", name="guard", text="Comparing both models on blocks that were never trained on")
    rows, card = target.of(GUARD), start.card
    before = views_of(start.graph(), card, target, rows)
    after = views_of(tuned.graph.eval(), card, target, rows)
    known = Setting(
        card.classes,
        np.array(card.thresholds),
        trained_classes(card),
        target.block[rows],
        options.neighbours,
        card.novelty,
    )
    return judge(before, after, known, bank, truth)
