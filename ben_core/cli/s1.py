"""``ben s1``: raw Sentinel-1 products to ones that can be mapped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import JobError
from .options import RAW_OPTIONS, answer_options
from .terminal import Answer, finishing, stopping


@click.group(name="s1", short_help="Prepare raw Sentinel-1 products.")
def command() -> None:
    """Raw Sentinel-1 products to ones that can be mapped."""


def _raw_options(command: Any) -> Any:
    for option in reversed(RAW_OPTIONS):
        command = option(command)
    return command


@command.command(short_help="A raw GRD product to sigma0 in dB on a map grid.")
@click.argument("product", type=click.Path())
@_raw_options
@click.option(
    "-o", "--out", required=True, metavar="DIR", type=click.Path(path_type=Path), help="Folder of the result."
)
@click.option(
    "--like", metavar="SCENE", type=click.Path(), help="On the 10 m grid of this Sentinel-2 product or raster."
)
@click.option("--crs", help="Coordinate system of the grid, with --bounds [default: the product's UTM zone].")
@click.option(
    "--bounds", metavar="L,B,R,T", help="Left, bottom, right, top of the grid [default: the product's footprint]."
)
@click.option("--overwrite", is_flag=True, help="Replace the result where it exists.")
@answer_options
def prepare(
    product: str,
    out: Path,
    like: str | None,
    crs: str | None,
    bounds: str | None,
    overwrite: bool,
    as_json: bool,
    events: str | None,
    **recipe: Any,
) -> int:
    """Bring PRODUCT (Sentinel-1 IW GRD with VV and VH: SAFE folder or .zip) to sigma0 in dB on a 10 m grid.

    Thermal and border noise off, calibrated by the product's own tables, terrain-corrected (range-Doppler) on the
    terrain model --dem. No speckle filter, no radiometric terrain correction: as BigEarthNet-S1. The result is one
    GeoTIFF with the bands VV and VH; it appears whole or not at all.

    \b
    ben s1 prepare S1B_IW_GRDH_1SDV_….SAFE --dem rome.tif --geoid us_nga_egm96_15.tif \\
        --crs EPSG:32633 --bounds 290000,4649000,296000,4657000 --out prepared
    ben map prepared/S1B_…_sigma0_dB.tif --model embedded-s1 --out map
    """
    answer = Answer(as_json, events)
    emit = answer.emit
    with finishing(emit) as done:
        box = _box(bounds) if bounds is not None else None
        with stopping(emit) as stop:
            from ..run import raw_radar

            grid = raw_radar.grid_of(crs, box, like)
            result = raw_radar.prepare(
                product, out, raw_radar.Recipe(**recipe), grid, overwrite=overwrite, emit=emit, stop=stop.is_set
            )
        for code, message in result.notes:
            emit("warning", code=code, message=message)
        emit("output", kind="backscatter", path=str(result.path))
        g = result.grid
        summary = {
            "path": str(result.path),
            "crs": g.crs,
            "bounds": list(g.bounds),
            "width": g.width,
            "height": g.height,
            "valid": {band: round(share, 4) for band, share in result.valid.items()},
            "processing": result.words,
            "warnings": [{"code": c, "message": m} for c, m in result.notes],
        }
        done(**summary)
    answer.json(summary)
    if answer.for_person:
        seen = ", ".join(f"{band} on {share:.1%}" for band, share in result.valid.items())
        click.echo(f"{g.width} x {g.height} pixels in {g.crs}, {seen} of them: {result.path}")
    return 0


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        left, bottom, right, top = map(float, text.split(","))
    except ValueError:
        raise JobError(f"--bounds {text!r} is not of the form LEFT,BOTTOM,RIGHT,TOP.", "In metres of --crs.") from None
    return left, bottom, right, top
