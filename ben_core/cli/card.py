"""``ben card``: a model as a folder for the Hugging Face hub."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from ..errors import JobError, reason
from .options import needing_learn
from .terminal import Answer, finishing


@click.command(name="card", short_help="Write a model as a folder for the Hugging Face hub, with its card.")
@click.argument("model")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path), help="The folder to write.")
@click.option(
    "--evaluation", type=click.Path(path_type=Path), help="The JSON that `ben evaluate` wrote: the table of metrics."
)
@click.option("--data", type=click.Path(path_type=Path), help="A data set: one of its patches becomes the example.")
@click.option("--example", metavar="PATCH", help="Which patch of --data [default: a test patch with many labels].")
@click.option(
    "--recipe",
    type=click.Path(path_type=Path),
    help="Settings of the training [default: config.json beside the model].",
)
@click.option(
    "--repo", default="", metavar="ORG/NAME", help="Where the folder will lie, for the text [default: --out]."
)
@click.option("--licence", help="Licence of the weights, such as MIT [default: what the card says].")
@click.option("--overwrite", is_flag=True, help="Write into a folder that exists; other files in it stay.")
@click.option("--json", "as_json", is_flag=True, help="Print the paths as JSON.")
def command(
    model: str,
    out: Path,
    evaluation: Path | None,
    data: Path | None,
    example: str | None,
    recipe: Path | None,
    repo: str,
    licence: str | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Write MODEL (a name or card, as for ben map) as reBEN publishes its models: README.md with bands, recipe,
    scores, an example and how to load it; config.json and model.safetensors, which ConfigILM's `from_pretrained`
    loads where timm knows the network; and our own card (STAC MLM) with the ONNX file.

    Nothing is sent anywhere: upload the folder with `hf upload ORG/NAME FOLDER`.
    """
    from ..learn.evaluate.evaluation import Evaluation
    from ..learn.publish import example as make_example
    from ..learn.publish import write_folder
    from ..models import find_card, load_model

    if example and not data:
        raise JobError("--example names a patch, but no --data to take it from.", "Give both, or none.")
    answer = Answer(as_json, None)
    with finishing(answer.emit) as done:
        card = find_card(model)
        if licence:
            card = replace(card, licence=licence)
        beside = (card.folder or Path()) / "config.json"
        settings = recipe or (beside if beside.is_file() else None)
        shown = None
        if data is not None:
            with needing_learn():
                from ..learn.data import open_data_set
            shown = make_example(load_model(model, device="cpu"), open_data_set(data), example)
        files = write_folder(
            card,
            out,
            recipe=_mapping(settings) if settings else None,
            evaluation=Evaluation.from_json(_text(evaluation)) if evaluation else None,
            example=shown,
            repository=repo,
            overwrite=overwrite,
        )
        summary = {kind: str(path) for kind, path in files.items()}
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        for path in files.values():
            click.echo(str(path))
        if evaluation is None:
            click.echo("Its figures are those of the model's own card; --evaluation gives the table of metrics.")
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise JobError(f"{path} cannot be read: {reason(e)}.", "Give a JSON file.") from e


def _mapping(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(_text(path))
    except ValueError as e:
        raise JobError(f"{path} is not JSON: {e}.", "Give the config.json of a training run.") from e
    if not isinstance(found, dict):
        raise JobError(f"{path} holds no settings.", "Give the config.json of a training run.")
    return found
