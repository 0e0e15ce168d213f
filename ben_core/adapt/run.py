"""A model is adapted to a scene. Read this first: each step is a module here.

scene -> target patches -> pseudo-labels -> fine-tuning -> guard -> model, or the reasons why not
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, JobError
from ..events import Emit, silent
from ..job import Job
from ..learn.data.opening import open_data_set
from ..machine import cores
from ..models.card import ModelCard
from ..models.files import check_stem
from ..models.importers.writing import write_model
from ..models.registry import choose
from ..plan import Plan, make_plan, scene_of
from ..products.journal import Journal, key_of, write_whole
from ..raw_radar import prepared_job
from ..scene import Scene, check_radiometry
from .bank import SourceBank, bank_beside, fingerprint, read_bank
from .confirm import Confirmer
from .guard import Setting, judge
from .nets import Start, answers, start_of, trained, views_of
from .page import Story, render
from .source import Source
from .target import STRIDES, WANTED, Store, look
from .truth import Truth, truth_of
from .tune import Tuned, tune
from .types import (
    GUARD,
    NOTHING_TO_LEARN,
    POSITIVE,
    REJECTED,
    TRAIN,
    VALIDATION,
    Adaptation,
    AdaptOptions,
    Stage,
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
    reference  polygons or raster of true labels: scores before and after
    keep_rejected  write a rejected model all the same, under a name that says so
    reuse      take what an earlier run of just the same left behind, in place of an error that it exists
    """

    name: str | None = None
    bank: str | None = None
    source: str | None = None
    reference: str | None = None
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
    scene = scene_of(job)
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

    emit("started", command="adapt", scene=scene.name, cells=plan.cells, model=start.card.name, runtime="torch", device=str(start.device), precision="fp32", why=start.why)  # fmt: skip
    warnings = (
        *prepared_notes,
        *scene.notes,
        *check_radiometry(scene),
        *(("model", text) for text in start.card.warnings),
    )
    for code, message in warnings:
        emit("warning", code=code, message=message)

    facts = {
        **plan.facts(), "adapt": options.to_dict(), "weights": start.weights.sha256, "where": str(start.device),
        "bank": fingerprint(bank_file), "source": source.fingerprint() if source else "",
        "reference": fingerprint(beside.reference),
        "beside": {**asdict(beside), "bank": "", "source": "", "reference": "", "reuse": ""}, "name": name,
    }  # fmt: skip
    key = key_of(facts)
    if beside.reuse and _made_by(Path(job.out), name) == key:
        emit("step", name="reuse", text=f"The model was adapted by an earlier run: {name}")
        return _result(Path(job.out), name, emit)
    with Journal(Path(job.out), f"adapt-{name}", key) as journal:
        if not journal.publishing():
            journal.refuse_existing(_names(name) + _names(f"{name}-rejected"), job.overwrite)
            try:
                target = look(plan, start.graph(), options, journal.folder, emit, stop)
                _tell(target, emit)
                truth = _truth(beside, plan, target)
                confirmer = Confirmer(start.card, target, options, bank)
                tuned = tune(start, target, options, confirmer, source, journal.folder, emit, stop)
            except DataError as e:
                if e.code in NOTHING_TO_LEARN:  # the same would be found again: nothing to go on with
                    _empty(journal.folder)
                raise
            verdict = _judge(start, tuned, target, options, bank, truth, emit)
            _stage(journal.stage(), name, start, tuned, target, plan, options, beside, verdict, confirmer, warnings, key, emit)  # fmt: skip
        made = _published(journal, name)
    for path in made:
        emit("output", kind=_KINDS.get(path.suffix, "file"), path=str(path))
    return _result(Path(job.out), name, emit)


def _plan(job: Job, options: AdaptOptions, scene: Scene, start: Start, why: str) -> Plan:
    """What is cut out of the scene: at the stride asked for, else at the widest that gives enough patches."""
    cloud, valid = options.max_cloud, options.min_valid
    job = replace(job, max_cloud=cloud, max_snow=cloud, min_valid=valid)
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
    mine = {(out / f).resolve() for f in _names(name) + _names(f"{name}-rejected")}
    if mine & {p.resolve() for p in own}:
        raise JobError(f"The adapted model {name!r} in {out} would replace the original.", "Give another --name, or another --out.")  # fmt: skip


def _bank(file: str | Path | None, start: Start, options: AdaptOptions, emit: Emit) -> SourceBank | None:
    """The bank that retrieval asks; without one it is said what takes its place."""
    if file is None:
        if options.method != "bn-only":
            emit("warning", code="no-bank", message=f"There is no source bank of model {start.card.name!r}: labels are confirmed by the model's agreement with itself on turned patches, which is weaker. `ben bank` makes one from labelled patches.")  # fmt: skip
        return None
    bank = read_bank(file)
    bank.require(start.card, str(Path(file).name))
    if options.neighbours > len(bank):
        raise JobError(f"--neighbours {options.neighbours} are more than the {len(bank)} patches of the bank.")
    emit("step", name="bank", text=f"Labels are confirmed by {len(bank)} source patches ({bank.title})")
    return bank


def _tell(target: TargetPatches, emit: Emit) -> None:
    counts = ", ".join(f"{len(target.of(role))} {what}" for role, what in ((TRAIN, "to learn from"), (VALIDATION, "to judge by"), (GUARD, "to guard by")))  # fmt: skip
    left = ", ".join(f"{n} {why}" for why, n in target.left_out.items())
    emit("step", name="patches", text=f"{len(target)} patches at a stride of {target.stride} px in {len(np.unique(target.block))} blocks: {counts}{f' (left out: {left})' if left else ''}")  # fmt: skip


def _empty(folder: Path) -> None:
    """Leave the lock alone in a scratch folder; the journal then drops it."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != "lock":
            with suppress(OSError):  # Windows keeps what is still mapped
                path.unlink()


def _truth(beside: Beside, plan: Plan, target: TargetPatches) -> Truth | None:
    """The reference on the guard's patches; asked for before hours are spent."""
    if beside.reference is None:
        return None
    return truth_of(beside.reference, plan.scene.grid, target.corners[target.of(GUARD)], target.classes)


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
        card.classes, np.array(card.thresholds), trained(card), target.block[rows], options.neighbours, card.novelty
    )
    return judge(before, after, known, bank, truth)


_KINDS = {".json": "report", ".html": "page", ".onnx": "weights", ".safetensors": "weights"}


def _names(name: str) -> tuple[str, ...]:
    """Whatever a run may leave under a name, the card last."""
    return (f"{name}_adaptation.json", f"{name}_adaptation.html", f"{name}.safetensors", f"{name}.onnx", f"{name}.json")


def _stage(
    folder: Path, name: str, start: Start, tuned: Tuned, target: TargetPatches, plan: Plan, options: AdaptOptions,
    beside: Beside, verdict: Verdict, confirmer: Confirmer, warnings: tuple[tuple[str, str], ...], key: str, emit: Emit,
) -> None:  # fmt: skip
    """Write all that the run leaves into ``folder``."""
    pseudo = {c: int(n) for c, n in zip(target.classes, (tuned.labels.y == POSITIVE).sum(0), strict=True) if n}
    about: dict[str, Any] = {
        "parent": start.card.name,
        "parent weights": start.weights.sha256,
        "scene": plan.scene.name,
        "acquired": plan.scene.acquired,
        "method": options.method,
        "confirmed by": confirmer.how if options.method != "bn-only" else "",
        "patches": len(tuned.labels),
        "pseudo-labels": pseudo,
        "verdict": verdict.word,
        "reasons": list(verdict.reasons),
        "figures": dict(verdict.figures),
    }
    stem = name if verdict.adopted else f"{name}-rejected"
    told = {
        **about, "options": options.to_dict(), "stages": [asdict(s) for s in tuned.labels.stages],
        "history": [dict(h) for h in tuned.history], "left out": dict(target.left_out), "model": stem if verdict.adopted or beside.keep_rejected else None,
        "warnings": [list(w) for w in warnings], "key": key,
    }  # fmt: skip
    page = _page(start, tuned, target, plan, options, verdict, confirmer)
    write_whole(folder / f"{name}_adaptation.html", page.encode())
    if told["model"]:
        emit("step", name="write", text="Writing the model")
        write_model(_card(stem, start.card, plan, verdict, about, options), tuned.graph.network.cpu(), folder)
    write_whole(folder / f"{name}_adaptation.json", json.dumps(told, indent=1, ensure_ascii=False).encode())


def _page(
    start: Start,
    tuned: Tuned,
    target: TargetPatches,
    plan: Plan,
    options: AdaptOptions,
    verdict: Verdict,
    confirmer: Confirmer,
) -> str:
    """Both maps of the scene side by side, and the verdict's reasons."""
    assert isinstance(target.pixels, Store)
    bank = confirmer.bank
    facts = {
        **({"acquired": plan.scene.acquired[:10]} if plan.scene.acquired else {}),
        **({"bank": f"bank: {bank.title}"} if bank is not None else {}),
    }
    story = Story(
        scene=plan.scene.name,
        card=start.card,
        options=options,
        target=target,
        after=answers(tuned.graph.eval(), start.card, target, np.arange(len(target))),
        verdict=verdict,
        stages=tuned.labels.stages,
        history=tuned.history,
        size=(plan.grid.width, plan.grid.height),
        how=confirmer.how if options.method != "bn-only" else "",
        overview=target.pixels.overview(),
        facts=facts,
    )
    return render(story)


def _card(
    name: str, parent: ModelCard, plan: Plan, verdict: Verdict, about: dict[str, Any], options: AdaptOptions
) -> ModelCard:
    """The parent's card with what an adaptation changes; its scores and its measure of what is usual go."""
    scene = plan.scene.name
    taught = "batch-norm statistics alone" if options.method == "bn-only" else f"{about['patches']} patches with pseudo-labels"  # fmt: skip
    caution = f"Adapted to {scene} without a human label; anywhere else {parent.name!r} is the model to use."
    if not verdict.adopted:
        caution = f"REJECTED by the guard for {scene}, kept for study only: {verdict.reasons[0] if verdict.reasons else ''}"  # fmt: skip
    elif verdict.word != "adopted":
        caution += f" The guard warns: {verdict.reasons[0] if verdict.reasons else ''}"
    return replace(
        parent,
        name=name,
        title=f"{parent.title}, adapted to {scene}",
        description=f"{parent.description} Adapted to {scene} by {taught} of that scene ({options.method}); the guard's verdict: {verdict.word}.",
        weights=(),
        novelty=None,
        scores={},
        origin=f"{parent.origin} Adapted by {taught} of {scene}. Scores and measures of novelty of the parent are not those of this model.".strip(),
        warnings=(*parent.warnings, caution),
        adaptation=about,
        folder=None,
    )


def _published(journal: Journal, name: str) -> list[Path]:
    """Move what was staged into place; what an earlier run left under these names goes."""
    every = _names(name) + _names(f"{name}-rejected")
    names = journal.publishing() or [n for n in every if (journal.staging / n).exists()]
    for old in set(every) - set(names):
        (journal.out / old).unlink(missing_ok=True)
    journal.publish(names)
    return [journal.out / n for n in names]


def _made_by(out: Path, name: str) -> str:
    """The key of the run that left its report in ``out``; "" where there is none, or its model has gone."""
    try:
        told = json.loads((out / f"{name}_adaptation.json").read_text(encoding="utf-8"))
        whole = told["model"] is None or (out / f"{told['model']}.json").is_file()
        return str(told["key"]) if whole else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _result(out: Path, name: str, emit: Emit) -> Adaptation:
    """What the run made, as its report says."""
    told = json.loads((out / f"{name}_adaptation.json").read_text(encoding="utf-8"))
    verdict = Verdict(told["verdict"], tuple(told["reasons"]), told["figures"])
    card = out / f"{told['model']}.json" if told["model"] else None
    page = out / f"{name}_adaptation.html"
    if not verdict.adopted:
        emit("warning", code="rejected", message=f"The adapted model was rejected and is not handed over{' (it is kept aside)' if card else ''}: {' '.join(verdict.reasons)} Use {told['parent']!r} for this scene.")  # fmt: skip
    return Adaptation(
        folder=out,
        model=card if verdict.adopted else None,
        verdict=verdict,
        pseudo=told["pseudo-labels"],
        patches=told["patches"],
        stages=tuple(Stage(**s) for s in told["stages"]),
        history=tuple(told["history"]),
        page=page if page.exists() else None,
        kept=None if verdict.adopted else card,
        warnings=tuple((c, m) for c, m in told["warnings"]),
    )
