"""``ben bank``: what a model makes of labelled patches, for retrieval."""

from __future__ import annotations

from pathlib import Path

import click

from .options import answer_options, common_options, needing_learn
from .terminal import Answer, finishing, stopping


@click.command(name="bank", short_help="Make the source bank that adaptation asks.")
@click.argument("dataset", type=click.Path())
@click.option("--model", default="embedded", show_default=True, help="The model that will be adapted, as for ben map.")
@click.option("-o", "--out", required=True, metavar="FILE.bank.npz", type=click.Path(), help="The bank.")
@click.option(
    "--split", type=click.Choice(["train", "validation", "test"]), help="Only patches of this split [default: all]."
)
@click.option(
    "--most", type=click.IntRange(min=0), default=0, help="At most so many patches, evenly spread [default: all]."
)
@common_options("s1")
@click.option("--licence", default="", help="Under which the bank may be passed on; it stands in the file.")
@common_options("device")
@click.option("--overwrite", is_flag=True, help="Replace the bank where it exists.")
@answer_options
def command(
    dataset: str,
    model: str,
    out: str,
    split: str | None,
    most: int,
    s1: str | None,
    licence: str,
    device: str | None,
    overwrite: bool,
    as_json: bool,
    events: str | None,
) -> int:
    """Write features, labels and answers of the labelled patches of DATASET (any that ben train takes) to one small file.

    `ben adapt --bank FILE` asks it which source patches look like those of a scene. A bank belongs to the weights
    that made it; one named NAME.bank.npz beside NAME.json is found without being named.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        with needing_learn():
            from ..adapt.bank import make_bank
            from ..learn.data import open_data_set

        data = open_data_set(dataset, s1=s1, emit=emit)
        bank = make_bank(
            data,
            model,
            Path(out),
            split=split,
            most=most,
            licence=licence,
            device=device or "auto",
            overwrite=overwrite,
            emit=emit,
            stop=stop.is_set,
        )
        summary = {"out": out, "model": bank.model, "patches": len(bank), "features": bank.features.shape[1]}
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        size = Path(out).stat().st_size / 1e3
        click.echo(
            f"{len(bank)} patches of {bank.title}, {bank.features.shape[1]} features each: {out} ({size:.0f} kB)"
        )
    return 0
