"""``ben evaluate``: a model, or a finished map, against what is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import JobError
from .grouped import GroupedCommand, GroupedOption
from .options import DATA, MACHINE, answer_options, common_options, needing_learn
from .terminal import Answer, finishing, stopping

_PATIENCE = 30.0  # a batch may take long on a CPU, and a run stops between two
_MAP = "A finished map instead of a model"  # a group of --help-all


@click.command(
    name="evaluate", cls=GroupedCommand, short_help="Score a model, or a finished map; a report and every figure."
)
@click.argument("what", nargs=-1, type=click.Path(), metavar="MODEL… DATA")
@click.option(
    "-o",
    "--out",
    type=click.Path(),
    default="evaluation",
    show_default=True,
    help="Folder of the report (made where missing).",
)
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test", "all"]),
    help="Patches to judge [default: test where the data have it, else all].",
)
@click.option(
    "--thresholds",
    type=click.Choice(["card", "tuned", "0.5"]),
    default="card",
    show_default=True,
    help="Whose labels come first in report and table; the report has all.",
)
@click.option("--draws", type=click.IntRange(1), default=1000, show_default=True, help="Draws of the bootstrap.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draws.")
@click.option("--overwrite", is_flag=True, help="Replace a report that exists.")
@answer_options
@common_options(*DATA, group="Data")
@click.option(
    "--map", "map_path", type=click.Path(), help="Judge a finished map: folder of `ben map`, or its GeoPackage."
)
@click.option(
    "--reference", type=click.Path(), help="With --map: land cover of the place, polygons or a raster, in any CRS."
)
@click.option(
    "--code-field",
    cls=GroupedOption,
    group=_MAP,
    metavar="FIELD",
    help="Field of the codes in polygons [default: one named like CODE_18].",
)
@click.option(
    "--map-codes",
    cls=GroupedOption,
    group=_MAP,
    metavar="TABLE.csv",
    help="What other codes mean; see `ben dataset --help`.",
)
@common_options(*MACHINE, group="Machine")
def command(
    what: tuple[str, ...],
    out: str,
    map_path: str | None,
    reference: str | None,
    as_json: bool,
    events: str | None,
    **options: Any,
) -> int:
    """Score MODEL (a name or card, as for ben map) on the labelled patches of DATA, a BigEarthNet archive (v1, MM, v2)
    or a store of `ben splits` or `ben dataset`. Several models are compared on the same patches.

    \b
      ben evaluate embedded BigEarthNet
      ben evaluate runs/mine/mine.json embedded BigEarthNet --out compared
      ben evaluate --map out --reference CLC2018.gpkg

    A table is printed; --out gets one page of HTML and a JSON of every figure, named after the model or map: scores
    by class and over all, with intervals drawn by whole tiles, curves, confusion, calibration, a map of the features,
    the hardest patches.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        with stopping(emit, _PATIENCE) as stop:
            if map_path or reference:
                found = _map(what, map_path, reference, Path(out), options, emit, stop)
            else:
                found = _models(what, Path(out), options, emit, stop)
        done(files={name: [str(p) for p in paths] for name, (_, paths) in found.items()})
    if as_json:
        answer.json({name: json.loads(e.to_json()) for name, (e, _) in found.items()}, indent=1)
    if answer.for_person:
        from ..learn.evaluate.table import as_text

        for evaluation, (report, _) in found.values():
            click.echo(as_text(evaluation))
            click.echo(f"The report: {report}\n")
    return 0


def _models(what: tuple[str, ...], out: Path, options: dict[str, Any], emit: Any, stop: Any) -> Any:
    if len(what) < 2:
        raise JobError("Give a model and a data set.", "ben evaluate MODEL DATA")
    given = [f"--{k.replace('_', '-')}" for k in ("code_field", "map_codes") if options[k]]
    if given:
        raise JobError(f"{given[0]} goes with --map.", "ben evaluate --map OUT --reference CLC.gpkg")
    from ..machine import cores
    from ..models import load_model

    with needing_learn():
        from ..learn.data import open_data_set
        from ..learn.evaluate.all_models import evaluate_models
    *names, data = what
    emit("step", name="model", text="Loading " + ("the model" if len(names) == 1 else f"{len(names)} models"))
    machine = {k: options[k] for k in MACHINE if options[k]}
    models = [load_model(n, **{"threads": cores(), **machine}) for n in names]
    # What a model can do without (a band with a stand-in) need not be there.
    bands = dict.fromkeys(b.name for m in models for b in m.card.inputs if b.fill is None)
    emit("step", name="data", text="Opening the data set")
    opened = open_data_set(data, bands=tuple(bands) or None, emit=emit, **{k: options[k] for k in DATA})
    scoring = {k: options[k] for k in ("split", "thresholds", "draws", "seed", "overwrite")}
    return evaluate_models(models, opened, out, **scoring, emit=emit, stop=stop.is_set)


def _map(
    what: tuple[str, ...],
    map_path: str | None,
    reference: str | None,
    out: Path,
    options: dict[str, Any],
    emit: Any,
    stop: Any,
) -> Any:
    if what or not map_path or not reference:
        raise JobError(
            "A finished map is judged by --map and --reference, without a model.",
            "ben evaluate --map OUT --reference CLC.gpkg",
        )
    given = [f"--{k}" for k in ("split", *DATA, *MACHINE) if options[k] is not None]
    if given:
        raise JobError(f"{given[0]} goes with a model and a data set, not with --map.", "Leave it out.")
    with needing_learn():
        from ..learn.data.clc_codes import read_code_table
        from ..learn.evaluate.finished_map import evaluate_map, read_map
        from ..learn.evaluate.saving import check_free, save

    stem = f"{read_map(map_path).path.stem}_evaluation"
    paths = check_free(out, stem, options["overwrite"])
    evaluation = evaluate_map(
        map_path,
        reference,
        code_field=options["code_field"],
        codes=read_code_table(options["map_codes"]) if options["map_codes"] else None,
        thresholds=options["thresholds"],
        draws=options["draws"],
        seed=options["seed"],
        emit=emit,
        stop=stop.is_set,
    )
    save(evaluation, {}, paths)
    return {stem: (evaluation, paths)}
