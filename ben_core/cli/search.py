"""``ben search``: scenes of a catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..errors import OutputError


@click.command(name="search", short_help="Find scenes in a STAC catalogue.")
@click.argument("area")
@click.option("--area-crs", help="CRS of a WKT area [default: EPSG:4326].")
@click.option(
    "--time", metavar="FROM/TO", help="2022-06-01/2022-06-30, a day, a month or a year; .. leaves a side open."
)
@click.option("--max-cloud", type=click.FloatRange(0, 100), metavar="PERCENT", help="Only scenes with at most so much.")
@click.option("--catalog", envvar="BEN_STAC_CATALOG", metavar="URL", help="A STAC API [default: Earth Search v1].")
@click.option("--collection", help="Its collection [default: sentinel-2-c1-l2a].")
@click.option("--limit", type=click.IntRange(1, 10_000), help="At most so many scenes [default: 100].")
@click.option("-o", "--out", type=click.Path(), help="Write the scenes to this file, an item collection.")
@click.option("--overwrite", is_flag=True, help="Replace that file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the item collection on stdout.")
def command(area: str, area_crs: str | None, out: str | None, overwrite: bool, as_json: bool, **options: Any) -> int:
    """Find scenes that touch AREA: west,south,east,north in degrees, a vector file in any CRS, or WKT.

    \b
    ben search 12.3,41.7,12.7,42.0 --time 2023-06 --max-cloud 10 -o rome.json
    ben map rome.json#ID --out map --aoi rome.gpkg

    Needs the extra "stac" (pystac-client). The catalogue is asked over the network.
    """
    from ..products.journal import write_whole
    from ..scene.aoi import area_in_degrees
    from ..scene.search import cloud_of, search, share_of, zone_of
    from ..storage import check_free

    path = Path(out) if out else None
    if path is not None:
        check_free(path, overwrite)
        if not path.absolute().parent.is_dir():
            raise OutputError(f"There is no folder {path.absolute().parent}.", "Choose another --out.")
    place = area_in_degrees(area, area_crs)
    found = search(place, **{k: v for k, v in options.items() if v is not None})
    text = json.dumps(found.collection(), indent=1, ensure_ascii=False)
    if path is not None:
        write_whole(path, text.encode())
    if as_json:
        click.echo(text)
        return 0
    if not found.items:
        click.echo("No scene was found. Search with a larger area, more time or more cloud.")
        return 0
    width = max(len(str(item["id"])) for item in found.items)
    click.echo(f"{'id':<{width}}  {'time':<16}  {'cloud':>5}  {'of area':>7}  zone")
    for item in found.items:
        cloud, share = cloud_of(item), share_of(place, item)
        time = str(item["properties"].get("datetime") or "").replace("T", " ")[:16]
        click.echo(
            f"{item['id']:<{width}}  {time:<16}  {'' if cloud is None else f'{cloud:.0f} %':>5}  "
            f"{'' if share is None else f'{share:.0%}':>7}  {zone_of(item) or ''}".rstrip()
        )
    many = f"{len(found.items)} scene{'s' if len(found.items) > 1 else ''}"
    click.echo(f"{many}{' and more (--limit)' if found.more else ''}" + (f", written to {path}." if path else "."))
    if path is not None:
        click.echo(f"Map one: ben map {path}#{found.items[0]['id']} --out DIR")
    return 0
