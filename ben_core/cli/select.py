"""``ben select``: what to label next."""

from __future__ import annotations

from typing import Any

import click

from .options import answer_options, common_options, needing_learn, scene_fields, scene_options
from .terminal import Answer, finishing, stopping


@click.command(name="select", short_help="Choose the patches whose labels would teach a model most.")
@click.argument("source", metavar="SCENE|DATA", type=click.Path())
@click.option("--model", default="embedded", show_default=True, help="The model of this cycle, as for ben map.")
@click.option("--labelled", multiple=True, type=click.Path(), help="Data set of labelled patches; repeatable.")
@click.option("-n", "--count", type=int, default=50, show_default=True, help="Patches to label.")
@click.option("-o", "--out", required=True, metavar="FILE.gpkg", type=click.Path(), help="The GeoPackage for QGIS.")
@click.option(
    "--share-inner",
    type=float,
    default=0.4,
    show_default=True,
    help="Share of patches unlike all that is labelled; the rest lie on borders between classes.",
)
@click.option(
    "--apart",
    type=float,
    default=2400.0,
    show_default=True,
    help="Metres between the corners of two chosen patches; 0: any.",
)
@click.option(
    "--share-class", type=float, default=0.25, show_default=True, help="Largest share that is chosen for one class."
)
@click.option(
    "--previous-model",
    metavar="MODEL",
    help="The model of the cycle before: patches on which both agree get pseudo-labels.",
)
@click.option("--pseudo", type=int, help="Most pseudo-labelled patches [default: as many as --count].")
@click.option("--single-label", is_flag=True, help="The method as published, for data with one label a patch.")
@click.option(
    "--stride", type=int, default=120, show_default=True, help="Distance of a scene's patches in 10 m pixels."
)
@click.option("--min-valid", type=float, default=0.9, show_default=True, help="Skip a scene's patches with less data.")
@click.option(
    "--max-cloud",
    type=float,
    default=0.2,
    show_default=True,
    help="Skip a scene's patches with more cloud, or more snow.",
)
@common_options("device")
@scene_options
@click.option("--overwrite", is_flag=True, help="Replace the GeoPackage, and the labels in it, where it exists.")
@answer_options
def command(
    source: str,
    model: str,
    labelled: tuple[str, ...],
    out: str,
    previous_model: str | None,
    pseudo: int | None,
    device: str | None,
    overwrite: bool,
    as_json: bool,
    events: str | None,
    **options: Any,
) -> int:
    """Choose unlabelled patches of SCENE (any input of ben map) or DATA (a data set) for a person to label.

    Written is a GeoPackage: open it in QGIS, correct the checkboxes of each patch, tick "done", save; then give it to
    `ben train` as a data set. The method is DBSS with SSAS (Yang et al. 2024), here for patches of many labels.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        with needing_learn():
            from ..learn.data import open_data_set
            from ..learn.data.source import open_source
            from ..learn.select.selecting import Wish, select

        opening = scene_fields(options)
        most = pseudo if pseudo is not None else (options["count"] if previous_model else 0)
        asked = Wish(pseudo=most, **options)
        place = open_source(source, **opening)
        found = select(
            place,
            [open_data_set(p) for p in labelled],
            model,
            out,
            asked,
            previous=previous_model,
            device=device or "auto",
            overwrite=overwrite,
            emit=emit,
            stop=stop.is_set,
        )
        by_branch: dict[str, int] = {}
        for row in found.rows:
            by_branch[row.branch] = by_branch.get(row.branch, 0) + 1
        summary = {"out": out, "candidates": found.candidates, "labelled": found.labelled, "chosen": by_branch}
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        words = {
            "inner": "unlike anything labelled",
            "border": "on a border between classes",
            "pseudo": "labelled by two models that agree",
        }
        click.echo(f"Chose from {found.candidates} unlabelled patches ({found.labelled} labelled ones known):")
        for branch, n in by_branch.items():
            click.echo(f"  {n:5d}  {words[branch]}")
        click.echo(f"Open it in QGIS, tick what is there, save: {out}")
    return 0
