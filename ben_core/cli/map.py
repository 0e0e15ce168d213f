"""``ben map``: one scene."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from .adapt import map_options, show, with_adaptation
from .options import answer_options, job_of, job_options
from .region_options import region_options, with_regions
from .terminal import Answer, finishing, stopping


@click.command(name="map", short_help="Map one scene.")
@click.argument("scene", nargs=-1, type=click.Path())
@click.option("-o", "--out", type=click.Path(), help="Folder of the products (made where missing).")
@click.option("--job", "job_file", type=click.Path(), help="Read the whole job from a JSON file instead.")
@job_options
@map_options
@region_options
@click.option("--overwrite", is_flag=True, default=None, help="Replace products that exist.")
@answer_options
def command(scene: tuple[str, ...], job_file: str | None, as_json: bool, events: str | None, **options: Any) -> int:
    """Map SCENE (a Sentinel-2 SAFE folder or .zip, a GeoTIFF/COG/VRT, or a folder or list of band files,
    of Sentinel-2 or of terrain-corrected Sentinel-1; a STAC item; on disk or at an address) into the 19 land-cover classes of BigEarthNet.

    With --s1, for models of both sensors, Sentinel-1 is warped onto the grid of SCENE (or --s2). Where cloud or a
    missing sensor keeps the model from answering, --fallback-model fills in, and the products say where.

    Writes probabilities, classes and labels (COG), a GeoPackage, a STAC item, a report and a quick
    look to --out; they appear whole or not at all. A run that was stopped or killed goes on where it
    stopped when the same command is given again.

    With --adapt the model is first fine-tuned on the scene, without labels, and the outcome used where a guard finds it
    no worse (needs the extra [learn]; see ben adapt).

    With --regions also a map of 10 m: the scene in segments, each with the class that windows of several sizes speak
    for (COG, GeoPackage with areas, page; extra [segment]).
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        regions = with_regions(options)
        adaptation = with_adaptation(options)
        job = job_of(scene, job_file, options)
        with stopping(emit) as stop:
            from ..mapping import map_scene

            regions.check(job, emit, stop.is_set)
            adapted = adaptation(job, emit, stop.is_set)
            job = adapted.job
            result = map_scene(regions.patches(job, emit, stop.is_set), emit, stop.is_set, notes=adapted.notes)
            finer = regions.make(job, emit, stop.is_set)
        summary = {
            "stem": result.stem,
            "products": {kind: str(path) for kind, path in result.products.items()},
            "cells": dict(result.cells),
            "timing": dict(result.timing),
            "warnings": [{"code": c, "message": m} for c, m in result.warnings],
            "placement": asdict(result.placement),
            "by_fallback": result.by_fallback,
            **adapted.summary,
            **finer,
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        if adapted.result is not None:
            show(adapted.result)
        cells = {name: n for name, n in result.cells.items() if n and name != "outside area"}
        skipped = ", ".join(f"{n} {name}" for name, n in cells.items() if name != "mapped")
        click.echo(
            f"Mapped {cells['mapped']} of {sum(cells.values())} cells"
            + (f", {result.by_fallback} of them by the fallback model" if job.fallback_model else "")
            + (f" (skipped: {skipped})" if skipped else "")
            + f" in {result.timing['total']:.1f} s. Products:"
        )
        for path in (*result.products.values(), *finer.get("regions", {}).get("products", {}).values()):
            click.echo(f"  {path}")
    return 0
