"""The products as a STAC 1.1 Item: where, when, what each file holds, from which scene and model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rasterio.crs import CRS
from rasterio.warp import transform_geom

from ..models.novelty import SCORES
from ..scene.types import PIXEL
from ..storage import write_bytes
from ..version import __version__
from .legend import BY_FALLBACK, CATEGORIES, CODES, COLUMNS, UNMAPPED, Category
from .palette import answered_categories
from .rasters import NO_LABEL_SET, transform
from .types import NOT_MAPPED, NOT_SCORED, PROBABILITY_STEPS
from .view import MapView

STAC_VERSION = "1.1.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
)
GRID_EXTENSION = "https://stac-extensions.github.io/grid/v1.1.0/schema.json"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EDGE_POINTS = 21  # a side of the footprint: a tile's edge bends by some 100 m between its corners

# A STAC Item needs a time or an interval. Where nothing tells, the interval is the time since the launch
# of Sentinel-2A (23 June 2015, ESA), open as far as the format allows, and ``ben:acquisition`` says so.
_EARLIEST, _LATEST = "2015-06-23T00:00:00Z", "2099-12-31T23:59:59Z"


def write_item(view: MapView, files: Mapping[str, Path], path: Path, stem: str) -> None:
    """Write the item for ``files`` (kind -> path); links are relative to ``path``."""
    text = json.dumps(item(view, files, stem), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_bytes(path, text.encode())


def item(view: MapView, files: Mapping[str, Path], stem: str) -> dict[str, Any]:
    """The item as a JSON object."""
    scene, card, fallback = view.record.scene, view.record.card, view.record.fallback
    geometry, bbox = footprint(view)
    sources = [(p.name, "sentinel-1") for p in scene.passes]
    if scene.sensor != "sentinel-1" or not sources:
        sources.insert(0, (scene.name, f"{scene.sensor} {scene.level}"))
    links = [
        *(
            {
                "rel": "derived_from",
                "href": quote(name, safe=""),
                "title": f"Source scene {name} ({kind}); not part of these files",
            }
            for name, kind in sources
        ),
        {
            "rel": "mlm:model",
            "href": "./" + quote(files["model"].name),
            "type": "application/geo+json",
            "title": f"Model card: {card.title}",
        },
    ]
    if fallback is not None:
        card_link = "./" + quote(files["fallback"].name)
        title = f"Model card of the fallback: {fallback.card.title}"
        links.append({"rel": "mlm:model", "href": card_link, "type": "application/geo+json", "title": title})
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": [*EXTENSIONS, *([GRID_EXTENSION] if scene.tile else [])],
        "id": stem,
        "geometry": geometry,
        "bbox": bbox,
        "properties": _properties(view),
        "links": links,
        "assets": {kind: _asset(view, kind, files[kind]) for kind in KINDS if kind in files},
    }


def footprint(view: MapView) -> tuple[dict[str, Any], list[float]]:
    """(GeoJSON geometry, [west, south, east, north]) of the scene's grid in EPSG:4326.

    Across the 180th meridian the geometry is a MultiPolygon and west is larger than east (RFC 7946).
    """
    left, bottom, right, top = view.record.scene.grid.bounds
    n = _EDGE_POINTS - 1
    steps = [i / n for i in range(n)]
    ring = [(left + (right - left) * s, bottom) for s in steps]
    ring += [(right, bottom + (top - bottom) * s) for s in steps]
    ring += [(right - (right - left) * s, top) for s in steps]
    ring += [(left, top - (top - bottom) * s) for s in steps]
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    geometry = transform_geom(CRS.from_user_input(view.record.scene.grid.crs), "EPSG:4326", polygon)
    parts = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    parts = [[[[round(x, 7), round(y, 7)] for x, y in ring] for ring in part] for part in parts]
    lon = [[x for x, _ in part[0]] for part in parts]
    lat = [y for part in parts for _, y in part[0]]
    if len(parts) == 1:
        west, east = min(lon[0]), max(lon[0])
    else:
        west = min(min(part) for part in lon if min(part) > 0)
        east = max(max(part) for part in lon if max(part) < 0)
    out = {"type": geometry["type"], "coordinates": parts if len(parts) > 1 else parts[0]}
    return out, [west, min(lat), east, max(lat)]


def _properties(view: MapView) -> dict[str, Any]:
    record = view.record
    scene, grid = record.scene, record.grid
    properties: dict[str, Any] = {"title": f"Land-cover map of {scene.name}", "description": _description(view)}
    if view.acquired:
        properties["datetime"] = view.acquired.isoformat().replace("+00:00", "Z")
    else:
        properties |= {"datetime": None, "start_datetime": _EARLIEST, "end_datetime": _LATEST}
        properties["ben:acquisition"] = "unknown: the interval says no more than that"
    if scene.platform:
        properties["platform"] = scene.platform.lower()
    if scene.passes and scene.sensor == "sentinel-2":
        properties |= {"instruments": ["msi", "c-sar"]}
    elif scene.sensor == "sentinel-2":
        properties |= {"constellation": "sentinel-2", "instruments": ["msi"]}
    elif scene.sensor == "sentinel-1":
        properties |= {"constellation": "sentinel-1", "instruments": ["c-sar"]}
    if view.attribution:
        properties["attribution"] = view.attribution
    properties["gsd"] = grid.stride * PIXEL
    crs = CRS.from_user_input(scene.grid.crs)
    code = crs.to_authority()
    properties["proj:code"] = ":".join(code) if code else None
    if not code:
        properties["proj:wkt2"] = crs.to_wkt(version="WKT2_2019")
    properties["proj:bbox"] = list(scene.grid.bounds)
    properties["processing:level"] = "L4"
    properties["processing:software"] = {"BigEarthNet Mapper": __version__}
    properties["processing:lineage"] = _description(view)
    properties["ben:run"] = dict(record.provenance)
    if scene.tile:
        properties["grid:code"] = f"MGRS-{scene.tile}"
    return properties


def _description(view: MapView) -> str:
    scene, grid, card = view.record.scene, view.record.grid, view.record.card
    fallback = view.record.fallback
    spare = (
        f" Where that one could not answer, {fallback.card.title} ({fallback.card.name}) did; the asset 'answered' says "
        "which."
        if fallback
        else ""
    )
    return (
        f"Multi-label land cover of cells of {grid.stride * PIXEL} m: each patch of {grid.size * PIXEL} m of "
        f"{scene.name} was classified by the model {card.title} ({card.name}).{spare} A label means presence in a patch, "
        "not cover."
    )


def _asset(view: MapView, kind: str, file: Path) -> dict[str, Any]:
    media, roles, title = KINDS[kind]
    asset: dict[str, Any] = {"href": "./" + quote(file.name), "type": media, "title": title, "roles": list(roles)}
    if media != COG:
        return asset
    grid = view.record.grid
    asset["proj:shape"] = [grid.rows, grid.cols]
    asset["proj:transform"] = list(transform(view))[:6]
    t = transform(view)
    asset["proj:bbox"] = [t.c, t.f + t.e * grid.rows, t.c + t.a * grid.cols, t.f]
    asset["raster:spatial_resolution"] = grid.stride * PIXEL
    if kind == "probabilities":
        asset["bands"] = [
            {
                "name": COLUMNS[name],
                "description": name,
                "data_type": "uint16",
                "nodata": NOT_MAPPED,
                "raster:scale": 1 / PROBABILITY_STEPS,
                "raster:offset": 0,
            }
            for name in view.classes
        ]
    elif kind == "unusual":
        asset["bands"] = [
            {"name": name, "data_type": "uint8", "nodata": NOT_SCORED, "unit": "percent"} for name in SCORES
        ]
    elif kind == "labels":
        asset |= {"data_type": "uint32", "nodata": NO_LABEL_SET}
        asset["classification:bitfields"] = [_bit(name) for name in view.classes]
    else:
        known = {"classes": CATEGORIES, "groups": view.group_categories, "answered": answered_categories(view)}
        categories = known[kind]
        asset |= {"data_type": "uint8", "nodata": UNMAPPED}
        asset["classification:classes"] = [
            {"value": UNMAPPED, "name": "not_mapped", "title": "Not mapped", "nodata": True},
            *(_class(c, kind) for c in categories),
        ]
    return asset


def _class(c: Category, kind: str) -> dict[str, Any]:
    name = {"groups": f"group_{c.code}", "answered": "fallback" if c.code == BY_FALLBACK else "first"}.get(kind)
    name = name or COLUMNS[c.name].removeprefix("p_")
    return {"value": c.code, "name": name, "title": c.name, "color_hint": c.colour[1:].upper()}


def _bit(name: str) -> dict[str, Any]:
    short = COLUMNS[name].removeprefix("p_")
    return {
        "offset": CODES[name] - 1,
        "length": 1,
        "name": short,
        "description": name,
        "classes": [
            {"value": 0, "name": "absent", "description": f"{name}: below its threshold"},
            {"value": 1, "name": "present", "description": f"{name}: at or above its threshold"},
        ],
    }


# kind of a product: media type, roles, title
KINDS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "probabilities": (COG, ("data", "probability"), "Probability of each class, one band a class"),
    "classes": (COG, ("data", "classification"), "Most probable class of each cell"),
    "labels": (COG, ("data", "labels"), "Label set of each cell as a bit mask"),
    "unusual": (COG, ("data", "quality"), "How unlike the model's training data each cell looks"),
    "answered": (COG, ("data", "quality"), "Which model answered each cell"),
    "groups": (COG, ("data", "classification"), "Most probable group of the user's legend"),
    "gpkg": ("application/geopackage+sqlite3", ("data",), "Cells, dissolved areas, classes and provenance"),
    "quicklook": ("image/png", ("overview",), "The scene beside its map"),
    "report": ("text/html", ("metadata",), "Report of the run"),
    "model": ("application/geo+json", ("metadata", "mlm:model"), "Model card"),
    "fallback": ("application/geo+json", ("metadata", "mlm:model"), "Model card of the fallback"),
}
