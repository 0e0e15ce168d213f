"""The STAC collection of all scenes: links to their items where they lie, extents, summaries, the files made of all."""

from __future__ import annotations

import json
import mimetypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ...products.stac import COG, KINDS, STAC_VERSION
from ...storage import write_bytes
from ...version import __version__
from .entries import Entry

# The interval of items without a time (see products.stac): since the launch of Sentinel-2A.
_EARLIEST, _LATEST = "2015-06-23T00:00:00Z", "2099-12-31T23:59:59Z"
_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"
_TITLES = {
    "classes": "Mosaic of the most probable class",
    "probability": "Mosaic of its probability",
    "vrt": "Both mosaics as one file",
    "scenes_vrt": "Class rasters of the scenes, the newest on top",
    "regions_vrt": "10 m maps of the scenes, the newest on top",
    "patches": "Cells of all scenes",
    "counts": "Cells by class, area and time",
    "scenes": "List of the scenes",
    "chart": "Classes over time",
    "cover": "Cover by class, area and time, in hectares",
    "cover_chart": "Cover over time",
    "overview": "Overview of the catalogue",
}
_TYPES = {
    ".tif": COG,
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
    ".vrt": "application/xml",
}


def write_collection(entries: Sequence[Entry], files: Mapping[str, Path], path: Path, title: str) -> None:
    """Write the collection; ``files`` (key -> path) are its own assets. Links are relative. Raises StorageError."""
    document = collection(entries, files, path, title)
    write_bytes(path, (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def collection(entries: Sequence[Entry], files: Mapping[str, Path], path: Path, title: str) -> dict[str, Any]:
    """The collection as a JSON object."""
    links: list[dict[str, str]] = [
        {"rel": "root", "href": f"./{path.name}", "type": "application/json", "title": title},
        {"rel": "license", "href": _NOTICE, "title": "Legal notice on the use of Copernicus Sentinel data"},
    ]
    links += [
        {"rel": "item", "href": href(e.scene.item, path.parent), "type": "application/geo+json", "title": e.name}
        for e in entries
    ]
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": "land-cover",
        "title": title,
        "description": (
            "Multi-label land cover of Sentinel scenes by the 19 classes of BigEarthNet. A label means that a class is "
            f"present in the patch of a cell, not how much of it is covered. Made by BigEarthNet Mapper {__version__}."
        ),
        "license": "other",
        "keywords": ["land cover", "BigEarthNet", "Sentinel"],
        "extent": {"spatial": {"bbox": [_bbox(entries)]}, "temporal": {"interval": [_interval(entries)]}},
        "summaries": _summaries(entries),
        "item_assets": {
            kind: {"type": media, "roles": list(roles), "title": text} for kind, (media, roles, text) in KINDS.items()
        },
        "links": links,
        "assets": {key: _asset(key, file, path.parent) for key, file in files.items()},
    }


def href(file: Path, start: Path) -> str:
    """The relative address of a file."""
    found = quote(Path(os.path.relpath(file, start)).as_posix())
    return found if found.startswith("../") else f"./{found}"


def _asset(key: str, file: Path, start: Path) -> dict[str, Any]:
    kind = key.rpartition(":")[2]
    place = key.partition(":")[0]
    media = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    title = _TITLES[kind] + (f" ({place.replace('_10m', ', 10 m')})" if place != kind else "")
    return {
        "href": href(file, start),
        "type": media,
        "title": title,
        "roles": ["overview", "metadata"] if kind in ("overview", "chart", "cover_chart") else ["data"],
    }


def _bbox(entries: Sequence[Entry]) -> list[float]:
    boxes = [e.scene.bbox for e in entries]
    if not boxes:
        return [-180.0, -90.0, 180.0, 90.0]
    across = any(b[0] > b[2] for b in boxes)
    west = -180.0 if across else min(b[0] for b in boxes)
    east = 180.0 if across else max(b[2] for b in boxes)
    return [west, min(b[1] for b in boxes), east, max(b[3] for b in boxes)]


def _interval(entries: Sequence[Entry]) -> list[str | None]:
    times = sorted(e.time for e in entries if e.time)
    if not times or len(times) < len(entries):  # an item without a time says this interval
        return [min([_EARLIEST, *times[:1]]), _LATEST]
    return [times[0], times[-1]]


def _summaries(entries: Sequence[Entry]) -> dict[str, Any]:
    values: dict[str, set[Any]] = {}
    for e in entries:
        for key, value in e.item.items():
            values.setdefault(key, set()).update(value if isinstance(value, list) else [value])
        values.setdefault("ben:model", set()).add(e.model)
    gsd = values.pop("gsd", set())
    out: dict[str, Any] = {key: sorted(v for v in found if v is not None) for key, found in sorted(values.items())}
    out = {key: found for key, found in out.items() if found}
    if gsd:
        out["gsd"] = {"minimum": min(gsd), "maximum": max(gsd)}
    return out
