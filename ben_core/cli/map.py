"""``ben map``: one scene."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..errors import BenError, Cancelled, JobError
from ..job import PATCH, PRECISIONS, RUNTIMES, Job
from .terminal import claim_stdout, describe, reporter, stopping


@click.command(name="map", short_help="Map one scene.")
@click.argument("scene", nargs=-1, type=click.Path())
@click.option("-o", "--out", type=click.Path(), help="Folder of the products (made where missing).")
@click.option("--job", "job_file", type=click.Path(), help="Read the whole job from a JSON file instead.")
@click.option("--name", help="What the products' file names begin with [default: the scene's name].")
@click.option(
    "--model",
    help="'embedded', 'auto', a name of `ben models list`, a card (.json) or an .onnx file [default: embedded].",
)
@click.option("--stride", type=int, help=f"Distance of two cells in 10 m pixels [default: {PATCH}].")
@click.option("--aoi", help="Only cells that touch this area: a vector file in any CRS, or WKT.")
@click.option("--aoi-crs", help="CRS of a WKT area [default: EPSG:4326].")
@click.option("--min-valid", type=float, help="Skip patches with a smaller share of valid pixels [default: 0.9].")
@click.option("--max-cloud", type=float, help="Skip patches with more cloud and cloud shadow [default: 0.5].")
@click.option("--max-snow", type=float, help="Skip patches with more snow and ice [default: 0.5].")
@click.option(
    "--threshold",
    multiple=True,
    metavar="P | CLASS=P",
    help="Probability from which a label is given, for all classes or one (repeatable) [default: the model card's].",
)
@click.option(
    "--regroup", metavar="FILE", help="A further class map by groups of classes: clc1, clc2 or a JSON legend."
)
@click.option("--device", help="auto, cpu, cuda, cuda:N or mps [default: auto].")
@click.option("--precision", type=click.Choice(PRECISIONS), help="Arithmetic of the network [default: auto].")
@click.option("--runtime", type=click.Choice(RUNTIMES), help="What runs the network [default: auto].")
@click.option("--batch", type=int, help="Patches a batch, 0: what fits [default: 0].")
@click.option("--threads", type=int, help="CPU threads, 0: all cores [default: 0].")
@click.option(
    "--bands", metavar="B02=1,B03=2,…", help="Which band of a raster is which: a number (or a file name) a band."
)
@click.option("--scale", type=float, help="DN = value x SCALE + OFFSET, for rasters without metadata.")
@click.option("--offset", type=float, help="See --scale; -1000 for DN of baseline 04.00 and later.")
@click.option("--acquired", metavar="TIME", help="Acquisition time (ISO 8601) for rasters without one.")
@click.option("--allow-l1c", is_flag=True, default=None, help="Take a top-of-atmosphere (L1C) product; models saw L2A.")
@click.option("--overwrite", is_flag=True, default=None, help="Replace products that exist.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")
@click.option("--events", type=click.Choice(["jsonl"]), help="Print events as JSON lines on stdout, for programs.")
def command(scene: tuple[str, ...], job_file: str | None, as_json: bool, events: str | None, **options: Any) -> int:
    """Map SCENE (a Sentinel-2 SAFE folder or .zip, a GeoTIFF/COG/VRT, or a folder or list of band files)
    into the 19 land-cover classes of BigEarthNet.

    Writes probabilities, classes and labels (COG), a GeoPackage, a STAC item, a report and a quick
    look to --out; they appear whole or not at all. A run that was stopped or killed goes on where it
    stopped when the same command is given again.
    """
    stream = claim_stdout() if as_json or events else None
    emit = reporter(events, stream)
    try:
        job = _job(scene, job_file, options)
        with stopping(emit) as stop:
            from ..mapping import map_scene

            result = map_scene(job, emit, stop.is_set)
    except Cancelled as e:
        emit("cancelled", message=e.message)
        raise
    except BenError as e:
        emit("error", code=e.code, message=e.message, hint=e.hint)
        raise
    except OSError as e:
        emit("error", code="system", message=describe(e), hint="")
        raise
    except Exception as e:
        emit(
            "error",
            code="bug",
            message=f"{type(e).__name__}: {e}",
            hint="Please report this with the output of `ben doctor`.",
        )
        raise
    summary = {
        "stem": result.stem,
        "products": {kind: str(path) for kind, path in result.products.items()},
        "cells": dict(result.cells),
        "timing": dict(result.timing),
        "warnings": [{"code": c, "message": m} for c, m in result.warnings],
        "placement": asdict(result.placement),
    }
    emit("done", result=summary)
    if as_json and not events:
        print(json.dumps(summary, indent=2, ensure_ascii=False), file=stream, flush=True)
    elif not events:
        mapped, all_cells = result.cells["mapped"], sum(result.cells.values()) - result.cells["outside area"]
        click.echo(f"Mapped {mapped} of {all_cells} cells in {result.timing['total']:.1f} s. Products:")
        for path in result.products.values():
            click.echo(f"  {path}")
    return 0


def _job(scene: tuple[str, ...], job_file: str | None, options: dict[str, Any]) -> Job:
    given = {k: v for k, v in options.items() if v is not None and v != ()}
    if job_file is not None:
        if scene or given:
            raise JobError("--job holds the whole job.", "Leave out the scene and the other options.")
        try:
            return Job.from_json(Path(job_file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as e:
            raise JobError(f"The job file {job_file} cannot be read: {e}.") from e
    if not scene:
        raise JobError("No scene was given.", "ben map SCENE --out DIR")
    if "threshold" in given:
        given["threshold"] = _threshold(given["threshold"])
    if "bands" in given:
        given["bands"] = parse_bands(given["bands"])
    return Job(scene=scene, out=given.pop("out", ""), **given)


def _threshold(values: tuple[str, ...]) -> float | dict[str, float]:
    by_class: dict[str, float] = {}
    for text in values:
        name, given, number = text.rpartition("=")
        try:
            value = float(number)
        except ValueError:
            raise JobError(f"--threshold {text!r} is neither a number nor CLASS=NUMBER.") from None
        if not given:
            if len(values) > 1:
                raise JobError("--threshold takes one number for all classes, or CLASS=NUMBER repeated.")
            return value
        by_class[name.strip()] = value
    return by_class


def parse_bands(text: str) -> dict[str, int | str]:
    """B02=1,B03=2,… as a mapping. Raises JobError."""
    bands: dict[str, int | str] = {}
    for part in text.split(","):
        name, given, where = (p.strip() for p in part.partition("="))
        if not name or not given or not where:
            raise JobError(f"--bands {text!r} is not of the form B02=1,B03=2,….")
        if name in bands:
            raise JobError(f"--bands names {name} twice.")
        bands[name] = int(where) if where.isdecimal() else where
    return bands
