"""``ben zones``: statistics of a map in the polygons of a file."""

from __future__ import annotations

from typing import Any

import click

from .options import answer_options
from .terminal import Answer, finishing, stopping


@click.command(name="zones", short_help="Count a map's cells in each polygon of a file.")
@click.argument("map_path", metavar="MAP", type=click.Path())
@click.option("--zones", required=True, metavar="FILE", type=click.Path(), help="Polygons: a vector file in any CRS.")
@click.option("--layer", help="The layer of a file that has several [default: its first].")
@click.option("--id-field", metavar="FIELD", help="Features that share its value are one zone [default: each is one].")
@click.option(
    "--weight",
    default="centre",
    show_default=True,
    metavar="centre|area",
    help="Count cells whose centre lies in the polygon, or every cell by the share of it that the polygon covers.",
)
@click.option("-o", "--out", required=True, metavar="FILE", type=click.Path(), help="A .gpkg or .csv file to write.")
@click.option("--overwrite", is_flag=True, help="Replace the file where it exists.")
@answer_options
def command(map_path: str, zones: str, out: str, as_json: bool, events: str | None, **options: Any) -> int:
    """Count the cells of MAP (the GeoPackage of ben map, or its folder) in each polygon.

    For every polygon and class: the share of the mapped cells in which the class is present, and its mean
    probability. Cells that were not mapped are counted apart.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit):
        emit("step", name="zones", text="Counting cells")
        from ..zones import zone_statistics

        result = zone_statistics(map_path, zones, out, **options)
        for note in result.notes:
            emit("warning", code="zones", message=note)
        emit("output", kind="zones", path=str(result.path))
        found = result.statistics
        summary = {
            "path": str(result.path),
            "zones": len(found.cells),
            "cells": round(float(found.cells.sum()), 3),
            "not_mapped": round(float(found.not_mapped.sum()), 3),
            "notes": list(result.notes),
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        plural = "" if summary["zones"] == 1 else "s"
        click.echo(f"{summary['cells']:g} mapped cells in {summary['zones']} zone{plural}: {result.path}")
    return 0
