"""``ben dataset``: labelled patches from scenes and a map of land cover."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from .options import answer_options, needing_learn, scene_fields, scene_options
from .terminal import Answer, finishing, stopping


@click.command(name="dataset", short_help="Cut labelled patches from scenes and reference data.")
@click.option(
    "--scene", "scenes", multiple=True, required=True, type=click.Path(), help="Any input of ben map; repeatable."
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    required=True,
    type=click.Path(),
    help="Land cover of the same place: polygons or a raster, in any CRS; one for all scenes, or one for each.",
)
@click.option("-o", "--out", required=True, metavar="DIR", type=click.Path(), help="Folder of the data set.")
@click.option("--code-field", metavar="FIELD", help="Field of the codes in polygons [default: one named like CODE_18].")
@click.option(
    "--map-codes",
    metavar="TABLE.csv",
    help="What other codes mean: a CSV of two columns (value; CORINE code or class name), clc-raster for the "
    "values 1 to 44 of CORINE's own rasters, ben-classes for 1 to 19 as in class rasters of ben map.",
)
@click.option("--stride", type=int, default=120, show_default=True, help="Distance of two patches in 10 m pixels.")
@click.option(
    "--min-known",
    type=float,
    default=0.75,
    show_default=True,
    help="Least share of a patch with one of the 19 classes.",
)
@click.option("--max-cloud", type=float, default=0.05, show_default=True, help="Largest share of cloud and its shadow.")
@click.option("--max-snow", type=float, default=0.05, show_default=True, help="Largest share of snow and ice.")
@click.option(
    "--split",
    type=click.Choice(["geographic", "none"]),
    default="geographic",
    show_default=True,
    help="geographic: whole blocks of patches go to train, validation and test.",
)
@click.option(
    "--gap",
    type=float,
    default=0.0,
    show_default=True,
    help="Metres between two splits, 0: they touch; patches within are in none.",
)
@scene_options
@click.option("--overwrite", is_flag=True, help="Replace the data set where it exists.")
@answer_options
def command(
    scenes: tuple[str, ...],
    references: tuple[str, ...],
    out: str,
    code_field: str | None,
    map_codes: str | None,
    overwrite: bool,
    as_json: bool,
    events: str | None,
    **options: Any,
) -> int:
    """Cut patches of 1.2 km from scenes and label them by a map of land cover, as BigEarthNet was made.

    A patch is kept where it is whole, clear and known on at least 75 % of its area. Its labels are the classes that at
    least one pixel of the map shows. The data set, pixels, labels and maps, goes to --out for `ben train`.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        with needing_learn():
            from ..learn.data.clc_codes import read_code_table
            from ..learn.data.cutting import Rules, cut_data_set
        from ..scene import check_radiometry, open_scene

        codes = read_code_table(map_codes) if map_codes else None
        opening = scene_fields(options)
        wanted = Rules(**options)
        opened = []
        for path in scenes:
            emit("step", name="open", text=f"Opening {path}")
            scene = open_scene([path], **opening)
            for code, message in (*scene.notes, *check_radiometry(scene)):
                emit("warning", code=code, message=message)
            opened.append(scene)
        tally = cut_data_set(
            opened,
            references,
            out,
            wanted,
            code_field=code_field,
            codes=codes,
            overwrite=overwrite,
            emit=emit,
            stop=stop.is_set,
        )
        summary = {"out": out, **asdict(tally)}
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        splits = ", ".join(f"{n} {name}" for name, n in tally.splits.items())
        click.echo(f"Kept {tally.kept} patches{f' ({splits})' if splits else ''} in {out}.")
        for why, n in sorted(tally.left_out.items(), key=lambda item: -item[1]):
            click.echo(f"  left out: {n} {why}")
        for name, n in sorted(tally.classes.items(), key=lambda item: -item[1]):
            click.echo(f"  {n:6d}  {name}")
    return 0
