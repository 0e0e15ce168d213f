"""``ben batch catalogue``, ``series`` and ``change``: what is made of the scenes that a batch has mapped."""

from __future__ import annotations

from typing import Any

import click

from .options import answer_options
from .terminal import Answer, finishing, stopping

_FOLDER = click.argument("folder", metavar="DIR", type=click.Path())


@click.command(name="catalogue", short_help="Make one catalogue of all mapped scenes.")
@_FOLDER
@click.option(
    "--rule",
    metavar="latest|most-confident|mean|least-cloud",
    help="Whose answer counts in the mosaics where scenes overlap [default: latest].",
)
@click.option(
    "--mosaic-crs",
    metavar="CRS|none",
    help="CRS of the mosaic of all scenes, beside one a UTM zone [default: EPSG:3035 within Europe, else EPSG:6933].",
)
@click.option(
    "--mosaic-resolution",
    "resolution",
    type=float,
    metavar="METRES",
    help="Pixels of the mosaics [default: a cell where all fit one lattice, else a quarter of it].",
)
@click.option("--patches", metavar="gpkg|parquet|none", help="The table of all cells [default: gpkg].")
@click.option("--patches-crs", metavar="CRS", help="Its CRS [default: EPSG:4326].")
@click.option("--period", metavar="day|month|year", help="What is counted together [default: month].")
@click.option("--zones", type=click.Path(), metavar="FILE", help="Count in these polygons too: a vector file, any CRS.")
@click.option("--layer", help="The layer of a file that has several [default: its first].")
@click.option("--id-field", metavar="FIELD", help="Features that share its value are one zone [default: each is one].")
@click.option("--weight", metavar="centre|area", help="As for ben zones [default: centre].")
@click.option("--title", help="Of collection and overview.")
@answer_options
def catalogue(folder: str, as_json: bool, events: str | None, **given: Any) -> int:
    """Make DIR/catalogue of all scenes that are mapped in DIR; it appears whole, what stood there stays until then.

    \b
    collection.json   STAC collection of all items
    overview.html     one page for people: map, classes over time, scenes, failures
    mosaic/           classes and their probability: GeoTIFF and VRT a UTM zone, and of all; at 10 m where scenes were
                      mapped with --regions; VRTs of the scenes
    patches.gpkg      the cells of all scenes as one table
    counts.csv        cells by class, a tile or zone and month; over_time.svg: the chart
    cover.csv         hectares by class, where scenes were mapped with --regions; cover_over_time.svg: the chart
    scenes.csv        the list of the scenes

    Options are remembered in DIR: later runs of ben batch make the catalogue with them.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        from ..batch.catalogue import CatalogueOptions, build_catalogue

        chosen = {k: v for k, v in given.items() if v is not None}
        made = build_catalogue(folder, CatalogueOptions(**chosen) if chosen else None, emit, stop.is_set)
        summary = {
            "path": str(made.folder),
            "files": {key: str(path) for key, path in made.files.items()},
            "scenes": made.scenes,
            "failed": made.failed,
            "left_out": dict(made.left_out),
            "notes": list(made.notes),
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        click.echo(f"{made.scenes} scenes: {made.files['overview']}")
    return 0


@click.command(name="series", short_help="Mean probability of a tile over its dates.")
@_FOLDER
@click.option("--tile", required=True, help="MGRS tile, as 33UUP (or the place that scenes.csv names).")
@click.option("--time", "span", metavar="SPAN", help="Only dates of 2021, 2021-06, or 2021-04..2021-09.")
@answer_options
def series(folder: str, tile: str, span: str | None, as_json: bool, events: str | None) -> int:
    """Write DIR/series/TILE: mean probability of every class over the dates, number of answers, table, chart."""
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        from ..batch.catalogue import tile_series

        made = tile_series(folder, tile, span, emit, stop.is_set)
        summary = {
            "path": str(made.folder),
            "files": {key: str(path) for key, path in made.files.items()},
            "dates": list(made.dates),
            "notes": list(made.notes),
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        click.echo(f"{len(made.dates)} dates: {made.folder}")
    return 0


@click.command(name="change", short_help="What changed in a tile, and how surely.")
@_FOLDER
@click.option("--tile", required=True, help="MGRS tile, as 33UUP (or the place that scenes.csv names).")
@click.option("--before", required=True, metavar="SPAN", help="Date or span: 2021-06-13, 2021-06, 2021-04..2021-09.")
@click.option("--after", required=True, metavar="SPAN", help="Date or span to hold against it.")
@click.option(
    "--fdr", "q", type=float, default=0.05, show_default=True, help="Share of false discoveries that is borne."
)
@click.option(
    "--least-difference",
    "least",
    type=float,
    default=0.1,
    show_default=True,
    help="A smaller difference of probability is no change, however significant.",
)
@answer_options
def change(folder: str, tile: str, as_json: bool, events: str | None, **given: Any) -> int:
    """Write DIR/change/…: where the probability of a class differs by more than dates differ anyway.

    Several dates a side are averaged: with one alone a cloud or the season passes for change. What the test assumes
    stands in docs/catalogue.md.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done, stopping(emit) as stop:
        from ..batch.catalogue import tile_change

        made = tile_change(folder, tile, given.pop("before"), given.pop("after"), **given, emit=emit, stop=stop.is_set)
        summary = {
            "path": str(made.folder),
            "files": {key: str(path) for key, path in made.files.items()},
            "cells": made.cells,
            "changed": made.changed,
            "false_alarms": made.placebo,
            "notes": list(made.notes),
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        click.echo(f"{made.changed} of {made.cells} cells changed: {made.folder}")
    return 0


COMMANDS = (catalogue, series, change)
