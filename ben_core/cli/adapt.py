"""``ben adapt``: a model, fine-tuned on the scene that it is to map."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..adapt.options import NOTHING_TO_LEARN, AdaptOptions
from ..errors import DataError, JobError, reason
from ..events import Emit
from .options import RAW_OPTIONS, answer_options, common_options, job_of, needing_learn
from .terminal import Answer, finishing, stopping

if TYPE_CHECKING:
    from ..adapt.types import Adaptation
    from ..job import Job

Command = TypeVar("Command", bound=Callable[..., Any])

_SCENE = (
    click.option(
        "--model", help="The model to adapt: 'embedded', a name or a card, as for ben map [default: embedded]."
    ),
    click.option("--aoi", help="Only patches that touch this area: a vector file in any CRS, or WKT."),
    click.option("--aoi-crs", help="CRS of a WKT area [default: EPSG:4326]."),
    common_options("device", "threads"),
    click.option("--bands", metavar="B02=1,B03=2,…", help="As for ben map."),
    click.option("--scale", type=float, help="As for ben map."),
    click.option("--offset", type=float, help="As for ben map."),
    click.option("--acquired", metavar="TIME", help="As for ben map."),
    click.option("--s2", type=click.Path(), metavar="PRODUCT", help="As for ben map."),
    click.option("--s1", multiple=True, type=click.Path(), metavar="PRODUCT", help="As for ben map."),
    click.option("--s1-unit", help="As for ben map."),
    *RAW_OPTIONS,
    click.option("--allow-l1c", is_flag=True, default=None, help="As for ben map."),
)

# What ben adapt and ben map --adapt ask alike; keyword names are those of ``adapt.run.Beside``.
_BESIDE = (
    click.option(
        "--bank", type=click.Path(), help="Source bank of `ben bank` [default: the one that came with the model]."
    ),
    click.option(
        "--source", metavar="DATASET", type=click.Path(), help="Labelled patches that are learned from as well."
    ),
    click.option("--reference", type=click.Path(), help="Polygons or raster of true labels: scores before and after."),
    click.option(
        "--code-field", metavar="FIELD", help="Its field of the codes, in polygons [default: one named like CODE_18]."
    ),
    click.option(
        "--map-codes", metavar="TABLE.csv", help="What other codes than CORINE's mean; see `ben dataset --help`."
    ),
)

BESIDE = ("bank", "source", "reference", "code_field", "map_codes")

_OF_MAPS = ("threshold", "regroup", "fallback_model")  # of a job, and nothing to adaptation

# Of ``adapt.types.AdaptOptions``, which holds the defaults; name -> (type, help).
_SETTINGS: dict[str, tuple[Any, str]] = {
    "method": (
        click.Choice(["multilabel", "tong", "bn-only"]),
        "Each class for itself; one label a patch, as published; or batch-norm statistics alone.",
    ),
    "rounds": (int, "Pseudo-labels are made anew this often."),
    "epochs": (int, "Passes over them a round, at most."),
    "patience": (int, "Epochs without progress on the held-apart block before a round ends."),
    "rate": (float, "Learning rate."),
    "batch": (int, "Patches a step."),
    "freeze": (click.Choice(["none", "backbone"]), "backbone: the classifier alone learns."),
    "accept": (float, "multilabel: probability above which a class counts as present, its threshold taken as 0.5."),
    "reject": (float, "multilabel: probability below which a class counts as absent, likewise."),
    "confidence": (float, "tong: softmax above which a patch is taken."),
    "drop_certain": (float, "tong: share of each pseudo-class that is dropped, the most certain first."),
    "neighbours": (int, "Source patches that are asked about each patch."),
    "agreement": (float, "multilabel: share of them that must agree."),
    "quota": (int, "Most positives a class."),
    "negatives": (float, "multilabel: most negatives a class for each positive, and positives for each negative."),
    "evidence": (int, "Positives that a class needs to be taught."),
    "fewest": (int, "Patches that must survive."),
    "ema": (float, "Memory of the running mean of the weights; 0: none."),
    "mix": (float, "Share of source patches in what is learned (with --source)."),
    "weight_decay": (float, "Of AdamW."),
    "guard_share": (float, "Share of the scene's blocks that the guard keeps."),
    "validation_share": (float, "Share of the blocks that judge the epochs."),
    "block": (int, "Side of a block in patches."),
    "stride": (int, "Distance of patches in 10 m pixels, 0: 120, less in small scenes."),
    "max_cloud": (float, "Patches with more cloud or snow teach nothing."),
    "min_valid": (float, "Nor do those with less data."),
    "seed": (int, "Of all that is drawn."),
}


def beside_options(command: Command) -> Command:
    """Give a command what ``_BESIDE`` holds."""
    for option in reversed(_BESIDE):
        command = option(command)
    return command


def map_options(command: Command) -> Command:
    """Give ben map --adapt and what belongs to it."""
    method = click.option(
        "--adapt-method", type=_SETTINGS["method"][0], help="As --method of ben adapt [default: multilabel]."
    )
    return click.option(
        "--adapt",
        is_flag=True,
        help="Adapt the model to the scene first (see ben adapt); where that makes it worse, the original maps.",
    )(method(beside_options(command)))


def with_adaptation(options: dict[str, Any]) -> Callable[[Job, Emit, Callable[[], bool]], Adapted]:
    """Take the options of ``map_options`` out of ``options``: what is to be done with a job before it is mapped.

    Raises JobError where they are given without --adapt.
    """
    wanted, method = options.pop("adapt"), options.pop("adapt_method")
    told = {name: options.pop(name) for name in BESIDE}
    given = [name for name, value in {**told, "adapt_method": method}.items() if value is not None]
    if given and not wanted:
        raise JobError(
            f"--{given[0].replace('_', '-')} belongs to --adapt, which is not given.", "Add --adapt, or leave it out."
        )

    def adapted(job: Job, emit: Emit, stop: Callable[[], bool]) -> Adapted:
        if not wanted:
            return Adapted(job)
        with needing_learn():
            from ..adapt.run import Beside, adapt_scene
        from ..mapping import check_map

        check_map(job, emit, stop)  # what refuses the map refuses it now, and not after hours
        try:
            result = adapt_scene(job, adapt_options({"method": method}), emit, stop, Beside(**told, reuse=True))
        except DataError as e:
            if e.code not in NOTHING_TO_LEARN:
                raise
            emit("warning", code=e.code, message=e.message)
            why = f"The model could not be adapted to this scene, so the original made this map. {e.message}"
            return Adapted(job, None, ((e.code, why),))
        if result.model is not None:
            return Adapted(dataclasses.replace(job, model=str(result.model)), result)
        reason = " ".join(result.verdict.reasons)
        note = f"The model was adapted to this scene and rejected, so the original made this map. {reason}"
        return Adapted(job, result, (("rejected", note),))

    return adapted


@dataclasses.dataclass(frozen=True)
class Adapted:
    """The job to map, with the adapted model where it was adopted; what the map is to say of it."""

    job: Job
    result: Adaptation | None = None
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def summary(self) -> dict[str, Any]:
        return {"adaptation": self.result.to_dict()} if self.result is not None else {}


def _scene_options(command: Command) -> Command:
    for option in reversed(_SCENE):
        command = option(command)
    return command


def _setting_options(command: Command) -> Command:
    for name, (kind, text) in reversed(_SETTINGS.items()):
        told = f"{text} [default: {getattr(AdaptOptions, name)}]"
        command = click.option("--" + name.replace("_", "-"), name, type=kind, help=told)(command)
    return click.option(
        "--bn/--no-bn",
        default=None,
        help="Estimate batch-norm statistics on the scene first "
        "[default: --bn with multilabel, unless --freeze backbone].",
    )(command)


@click.command(name="adapt", short_help="Fine-tune a model on the scene it is to map, without labels.")
@click.argument("scene", nargs=-1, type=click.Path())
@click.option("-o", "--out", type=click.Path(), help="Folder of the adapted model and its report (made where missing).")
@click.option("--name", help="Name of the adapted model [default: the model's and the scene's].")
@click.option("--job", "job_file", type=click.Path(), help="Read all of it from a JSON file: {job, adapt, bank, …}.")
@_scene_options
@beside_options
@click.option(
    "--keep-rejected", is_flag=True, help="Write a model that the guard rejects all the same, as NAME-rejected."
)
@_setting_options
@click.option("--overwrite", is_flag=True, default=None, help="Replace an adapted model that exists.")
@answer_options
def command(
    scene: tuple[str, ...],
    job_file: str | None,
    name: str | None,
    keep_rejected: bool,
    as_json: bool,
    events: str | None,
    **options: Any,
) -> int:
    """Teach a model on SCENE (any input of ben map) what it believes of it with good reason, and refuse the outcome where it got worse.

    Patches that are predicted with confidence, and that labelled source patches confirm, become pseudo-labels; the
    network is fine-tuned on them in rounds; a guard compares both models on parts of the scene that nothing was
    learned from. Adopted models are written beside a card that names parent, scene and verdict: map with
    `ben map SCENE --model OUT/NAME.json`. The original model is never changed. A run that was stopped or killed goes
    on where it stopped when the same command is given again.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        with needing_learn():
            from ..adapt.run import Beside, adapt_scene
        given = {k: options.pop(k) for k in list(options) if k in {*_SETTINGS, "bn"}}
        told: dict[str, Any] = {"name": name, "keep_rejected": keep_rejected, **{k: options.pop(k) for k in BESIDE}}
        if job_file is not None:
            job, wanted, told = _read(job_file, scene, {**given, **options, **told})
        else:
            job, wanted = job_of(scene, None, options), adapt_options(given)
        with stopping(emit) as stop:
            result = adapt_scene(job, wanted, emit, stop.is_set, Beside(**told))
        summary = result.to_dict()
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        show(result)
    return 0


def adapt_options(given: dict[str, Any]) -> AdaptOptions:
    """The settings that were given, the rest by default. Raises JobError."""
    return AdaptOptions(**{k: v for k, v in given.items() if v is not None})


def _read(job_file: str, scene: tuple[str, ...], given: dict[str, Any]) -> tuple[Job, AdaptOptions, dict[str, Any]]:
    """{"job": a job as for ben map, "adapt": {settings}}, and the fields of ``Beside`` where they are wanted."""
    from ..adapt.run import Beside
    from ..job import Job

    if scene or any(v not in (None, (), False) for v in given.values()):
        raise JobError("--job holds the whole job.", "Leave out the scene and the other options.")
    try:
        told = json.loads(Path(job_file).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise JobError(f"The job file {job_file} cannot be read: {reason(e)}.") from e
    if (
        not isinstance(told, dict)
        or not isinstance(told.get("job"), dict)
        or not isinstance(told.get("adapt", {}), dict)
    ):
        raise JobError(f"The job file {job_file} holds no {{'job': …, 'adapt': …}}.")
    kinds = {f.name: bool if isinstance(f.default, bool) else str for f in dataclasses.fields(Beside)}
    beside = {k: v for k, v in told.items() if k not in ("job", "adapt") and v is not None}
    wrong = [k for k, v in beside.items() if k not in kinds or not isinstance(v, kinds[k])]
    if wrong:
        raise JobError(
            f"The job file {job_file} says {wrong[0]} = {beside[wrong[0]]!r}, which is unknown or of the wrong kind."
        )
    job = Job.from_dict(told["job"])
    for name in _OF_MAPS:
        if getattr(job, name) != getattr(Job(scene=job.scene, s1=job.s1, out=job.out), name):
            raise JobError(
                f"The job file {job_file} says {name}, which belongs to maps: adapting takes no notice of it.",
                "Leave it out here; give it to ben map.",
            )
    return job, AdaptOptions.from_dict(told.get("adapt", {}), job_file), beside


def show(result: Adaptation) -> None:
    found = ", ".join(f"{n} {c}" for c, n in sorted(result.pseudo.items(), key=lambda i: -i[1]))
    if result.patches:
        click.echo(f"Learned from {result.patches} patches of the scene (present: {found}).")
    click.echo(f"Adapted: {result.adapted}.")
    click.echo(f"Verdict: {result.verdict.word}.")
    for why in result.verdict.reasons:
        click.echo(f"  {why}")
    if result.model is not None:
        click.echo(f"The adapted model: {result.model}\nMap with it: ben map SCENE --model {result.model} --out DIR")
    else:
        click.echo("No adapted model is handed over: the original is the one to map this scene with.")
    if result.kept is not None:
        click.echo(f"Kept for study: {result.kept}")
    if result.page is not None:
        click.echo(f"Before and after: {result.page}")
