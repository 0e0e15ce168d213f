"""``ben train``: a data set to a model."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import click

from ..errors import JobError
from ..events import silent
from ..learn.train.config import Config
from .grouped import GroupedCommand, GroupedOption
from .options import DATA, answer_options, common_options, needing_learn
from .terminal import Answer, finishing, stopping

# A step may take long on a CPU, and a run stops between two.
_PATIENCE = 120.0


def _settings(command: Callable[..., int]) -> Callable[..., int]:
    """Give the command an option for every setting of ``Config``."""
    for f in reversed(fields(Config)):
        flag, told = "--" + f.name.replace("_", "-"), dict(f.metadata)
        default, text = f.default, told["help"]
        if isinstance(default, bool):
            kind: dict[str, Any] = {"type": bool, "default": None}
            flag = f"{flag}/--no-{flag[2:]}"
            text += f" [default: {'yes' if default else 'no'}]"
        elif told["choices"]:
            kind = {"type": click.Choice(told["choices"])}
        elif isinstance(default, (tuple, str)):
            kind = {"type": str, "metavar": "A;B" if f.name == "classes" else "A,B" if default == () else "TEXT"}
        else:
            kind = {"type": int if isinstance(default, int) else float}
        if "[default" not in text and default not in ("", ()) and f.name != "width":
            text += f" [default: {default}]"
        command = click.option(flag, f.name, cls=GroupedOption, group=told["group"], help=text, **kind)(command)
    return command


@click.command(name="train", cls=GroupedCommand, short_help="Train a model on a data set, or fine-tune one.")
@click.argument("data", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--out", required=True, type=click.Path(), help="Folder of the model (made where missing).")
@click.option("--name", help="Name of the model [default: that of the folder].")
@click.option(
    "--config", "config_file", type=click.Path(), help="Settings as TOML or JSON (config.json of another run)."
)
@_settings
@common_options(*DATA, group="Data and machine")
@click.option("--overwrite", is_flag=True, help="Begin anew where --out holds a model or an unfinished run.")
@answer_options
def command(
    data: tuple[str, ...],
    out: str,
    name: str | None,
    config_file: str | None,
    overwrite: bool,
    as_json: bool,
    events: str | None,
    **options: Any,
) -> int:
    """Train on the labelled patches of DATA: a BigEarthNet archive (v1, MM, v2), a store of `ben splits` or
    `ben dataset`, a GeoPackage of `ben select` that you labelled; or several of these.

    Patches of the split "train" are learned from, those of "validation" choose the best epoch. Without further
    options the recipe is that of the published reBEN models. In --out appear a card (.json), weights (.safetensors,
    .onnx), config.json and the history; then `ben map SCENE --model OUT/NAME.json` runs. A run that was stopped or
    killed goes on when the same command is given again. Several GPUs: torchrun --nproc-per-node N -m ben_core train …
    """
    answer = Answer(as_json, events)
    leads = os.environ.get("RANK", "0") == "0"  # of the processes that torchrun started one speaks
    emit = answer.emit if leads else silent
    with finishing(emit) as done:
        where = {name: options.pop(name) for name in DATA}
        config = _config(config_file, options)
        with needing_learn():
            from ..learn.data import open_data_set
            from ..learn.data.joined import join
            from ..learn.train.loop import train
            from ..learn.train.start import bands_of
        with stopping(emit, _PATIENCE) as stop:
            opened = join([open_data_set(path, **where, bands=bands_of(config), emit=emit) for path in data])
            result = train(opened, config, Path(out), emit, stop.is_set, name=name, overwrite=overwrite)
        summary = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(result).items() if k != "history"}
        done(**summary)
    if not leads:
        return 0
    answer.json(summary)
    if answer.for_person:
        score = "" if result.score is None else f", validation macro AP {result.score:.3f} in epoch {result.epoch + 1}"
        click.echo(f"Trained {result.epochs} epochs in {result.seconds:.0f} s{score}. The model: {result.card}")
    return 0


def _config(file: str | None, options: dict[str, Any]) -> Config:
    """The settings of the file with those of the command line over them. Raises JobError."""
    given = {k: v for k, v in options.items() if v is not None}
    for key in ("bands", "optional_bands", "classes", "layers"):
        if key in given:
            parts = [p.strip() for p in given[key].split(";" if key == "classes" else ",") if p.strip()]
            try:
                given[key] = tuple(int(p) for p in parts) if key == "layers" else tuple(parts)
            except ValueError:
                raise JobError(
                    f"--layers {given[key]!r} is no list of numbers.", "For example --layers 2,2,2,2."
                ) from None
    base = asdict(Config.read(file)) if file else {}
    return Config.from_mapping({**base, **given})
