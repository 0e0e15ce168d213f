"""A small real scene out of a public catalogue: search, cut a window, keep it as band files with a STAC item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform as warp_points

from ..errors import DataError, JobError
from ..events import Emit, silent
from ..scene import BandReader, BandSource, Scene, open_scene
from ..scene.aoi import area_in_degrees
from ..scene.remote import address_of
from ..scene.search import CATALOG, COLLECTION, cloud_of, search, share_of
from ..scene.types import PIXEL
from .safe import UNIT, whole_folder

AREA = "16.70,47.72,16.80,47.78"  # reed, open water, vineyards and villages at Lake Neusiedl, Austria
TIME = "2023-06-01/2023-08-31"
SIZE = 600  # px: 6 km
SMALLEST, LARGEST = 120, 3000  # px
MAX_CLOUD = 10.0  # percent of the whole scene
ITEM = "item.json"


@dataclass(frozen=True)
class RealPaths:
    """What ``fetch_sample`` wrote: an item of the window, its band files beside it; ``id`` is the scene it was cut from."""

    item: Path
    id: str


def fetch_sample(
    out: str | Path,
    *,
    catalog: str = CATALOG,
    collection: str = COLLECTION,
    area: str = AREA,
    time: str = TIME,
    size: int = SIZE,
    emit: Emit = silent,
) -> RealPaths:
    """A window of ``size`` x ``size`` px of 10 m around the centre of ``area``, of the least cloudy scene that covers it.

    Its values are harmonised (reflectance x 10000, no offset). Needs a network and pystac-client.
    JobError for options that are wrong, DataError where the catalogue answers with nothing that serves.
    """
    if size % UNIT or not SMALLEST <= size <= LARGEST:
        raise JobError(f"--size {size} px makes no window.", f"Give a multiple of {UNIT} from {SMALLEST} to {LARGEST}.")
    place = area_in_degrees(area)
    emit("step", name="search", text=f"Asking {address_of(catalog)}")
    found = search(place, catalog=catalog, collection=collection, time=time, max_cloud=MAX_CLOUD)
    whole = [item for item in found.items if (share_of(place, item) or 0) > 0.999]
    if not whole:
        raise DataError(
            f"{address_of(catalog)} has no scene of {time} with less than {MAX_CLOUD:.0f} % cloud that covers {area}.",
            "Give another --area, --time or --collection.",
            "catalog",
        )
    chosen = min(whole, key=lambda item: (cloud_of(item) if cloud_of(item) is not None else 100.0, item["id"]))
    with whole_folder(Path(out), replace=False) as draft:
        told = draft / ITEM
        told.write_text(json.dumps(chosen), encoding="utf-8")
        scene = open_scene([str(told)])
        row, col = _corner(scene, place.centroid.x, place.centroid.y, size)
        sources = {**scene.bands, **({"SCL": scene.mask.source} if scene.mask else {})}
        for band, source in sources.items():
            emit("step", name="fetch", text=f"Fetching {band}")
            _cut(draft / f"{band}.tif", source, scene, row, col, size, harmonise=band != "SCL")
        told.write_text(json.dumps(_item(chosen, tuple(sources)), indent=1), encoding="utf-8")
    return RealPaths(Path(out) / ITEM, str(chosen["id"]))


def _corner(scene: Scene, lon: float, lat: float, size: int) -> tuple[int, int]:
    """Upper-left pixel of the window around a place, moved into the scene; a multiple of the coarsest pixel."""
    grid = scene.grid
    if min(grid.width, grid.height) < size:
        raise DataError(
            f"{scene.name} has {grid.width} x {grid.height} pixels, less than the window.", "Smaller --size."
        )
    (x,), (y,) = warp_points("EPSG:4326", grid.crs, [lon], [lat])
    corner = (grid.top - y) / PIXEL - size / 2, (x - grid.left) / PIXEL - size / 2
    row, col = (
        min(max(int(at), 0), side - size) // UNIT * UNIT
        for at, side in zip(corner, (grid.height, grid.width), strict=True)
    )
    return row, col


def _cut(path: Path, source: BandSource, scene: Scene, row: int, col: int, size: int, harmonise: bool) -> None:
    side = source.resolution // PIXEL
    with BandReader(source) as reader:
        values: np.ndarray = reader.read_rows(
            row // side, (row + size) // side, col // side, (col + size) // side, harmonise=harmonise
        )
    corner = from_origin(
        scene.grid.left + col * PIXEL, scene.grid.top - row * PIXEL, source.resolution, source.resolution
    )
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=1,
        width=values.shape[1],
        height=values.shape[0],
        dtype=values.dtype,
        crs=scene.grid.crs,
        transform=corner,
        nodata=0,
        compress="deflate",
    ) as file:
        file.write(values, 1)


def _item(chosen: Mapping[str, Any], bands: tuple[str, ...]) -> dict[str, Any]:
    """The item of the window: who, when and where as in the catalogue; its pixels have no offset any more."""
    kept = ("datetime", "platform", "constellation", "s2:product_uri", "s2:processing_baseline", "s2:product_type")
    properties = {k: chosen["properties"][k] for k in kept if k in chosen["properties"]}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"{chosen['id']}_window",
        "collection": chosen.get("collection"),
        "geometry": None,
        "properties": {**properties, "earthsearch:boa_offset_applied": True},
        "links": [],
        "assets": {band: {"href": f"{band}.tif", "type": "image/tiff; application=geotiff"} for band in bands},
    }
