"""``ben super-resolve``: a scene's true colour, eight times as fine."""

from __future__ import annotations

from typing import Any

import click

from .options import answer_options, common_options, scene_fields, scene_options
from .terminal import Answer, finishing, stopping


@click.command(name="super-resolve", short_help="Draw a scene's true colour at 1.25 m (it invents detail).")
@click.argument("scene", nargs=-1, required=True, type=click.Path())
@click.option("-o", "--out", required=True, metavar="FILE.tif", type=click.Path(), help="The COG to write.")
@click.option("--model", required=True, help="Card of an imported RFB-ESRGAN or SR-ResNet50.")
@click.option("--aoi", help="Only this area: a vector file in any CRS, or WKT.")
@click.option("--aoi-crs", help="CRS of a WKT area [default: EPSG:4326].")
@common_options("device", "threads")
@click.option("--large", is_flag=True, help="Go on where the area is larger than 100 km².")
@scene_options
@click.option("--overwrite", is_flag=True, help="Replace the file where it exists.")
@answer_options
def command(scene: tuple[str, ...], as_json: bool, events: str | None, **options: Any) -> int:
    """Draw red, green and blue of SCENE (any input of ben map) eight times as fine: 1.25 m pixels.

    The detail is invented by a network: plausible, not measured. Written is a COG of uint16 reflectance x 10000
    (0: no data). It appears whole or not at all.
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        with stopping(emit) as stop:
            from ..enhance import super_resolve

            opening = scene_fields(options)
            machine = {name: options.pop(name) for name in ("device", "threads")}
            given = {name: value for name, value in machine.items() if value is not None}
            found = super_resolve(scene, **opening, **options, **given, emit=emit, stop=stop.is_set)
        summary = {
            "path": str(found.path),
            "width": found.width,
            "height": found.height,
            "margin": found.margin,
            "warnings": [{"code": c, "message": m} for c, m in found.warnings],
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        click.echo(f"Drew {found.width} x {found.height} pixels of 1.25 m: {found.path}")
    return 0
