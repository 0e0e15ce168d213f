"""A STAC item as a scene: assets by name, numbers by the item's own fields, everything checked against the files."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any

from ..errors import DataError
from ..nomenclature import S2_BANDS
from .files import sample
from .layers import L1C_NOTE, Layer
from .names import product_in
from .numbers import Numbers, given_numbers
from .rasters import Told, compose
from .stac_assets import SCL, Asset, find_assets
from .stac_files import is_numbers, layer_of
from .stac_item import Item, stem_of
from .stac_numbers import ASSUMED, asset_numbers
from .types import Scene

_BASELINES = ("s2:processing_baseline", "sentinel:processing_baseline", "processing:version")
_PRODUCTS = ("s2:product_uri", "sentinel:product_id", "title")
WHOLE_TILE = 10_980  # px: a granule of Sentinel-2


def open_stac(item: Item, scale: float | None, offset: float | None, allow_l1c: bool, name: str | None) -> Scene:
    """The Sentinel-2 scene of an item. DataError where item or files are wrong."""
    told = _told(item)
    assets = find_assets(item)
    scl = assets.pop(SCL, None)
    if not assets:
        keys = ", ".join(sorted(item.assets)[:12]) or "none"
        raise DataError(
            f"Item {item.id!r} of {item.source} has no asset of a Sentinel-2 band that can be opened (assets: {keys}).",
            "Needed are GeoTIFF or JPEG 2000 assets, one a band, named B02 or blue; not a whole product as a zip.",
            "stac",
        )
    layers = {band: layer_of(assets[band], item) for band in S2_BANDS if band in assets}
    given = given_numbers(scale, offset)
    numbers = {band: given or _numbers(assets[band], layer, item, told.baseline) for band, layer in layers.items()}
    mask = layer_of(scl, item) if scl is not None else None
    notes = _notes(told, item.source, any(n.words.endswith(ASSUMED) for n in numbers.values()))
    scene = compose(
        layers, numbers, mask, told, name=name or stem_of(item.id), source=item.source, notes=notes, allow_l1c=allow_l1c
    )
    grid = scene.grid
    whole = grid.width == grid.height == WHOLE_TILE
    return replace(scene, tile=_tile(item) if whole else None, footprint=_footprint(item.document.get("geometry")))


def _numbers(asset: Asset, layer: Layer, item: Item, baseline: str | None) -> Numbers:
    file = layer.file
    look = partial(sample, file.path, file.driver, layer.index)
    return asset_numbers(asset, item, baseline, file.dtypes[layer.index - 1], look)


def _told(item: Item) -> Told:
    """Level, time, platform and baseline. DataError for items of other missions (a Landsat has a band "blue" too)."""
    p = item.properties
    texts = [str(p.get(key, "")) for key in _PRODUCTS] + [item.id]
    product = next((found for found in map(product_in, texts) if found), None)
    mission = " ".join(str(p.get(k, "")) for k in ("platform", "constellation") if p.get(k)).lower()
    if mission and product is None and not re.search(r"sentinel-?2", mission):
        raise DataError(
            f"Item {item.id!r} of {item.source} is of {mission.split()[0]!r}, not of Sentinel-2.",
            "Give an item of a Sentinel-2 L2A collection.",
            "stac",
        )
    acquired = next((p[k] for k in ("datetime", "start_datetime") if isinstance(p.get(k), str)), None)
    platform = p.get("platform")
    return Told(
        level=_level(item) or (product.level if product else "unknown"),
        acquired=acquired or (product.acquired if product else None),
        platform=platform.title() if isinstance(platform, str) else (product.platform if product else None),
        baseline=_baseline(item) or (product.baseline if product else None),
    )


def _level(item: Item) -> str | None:
    """L2A or L1C by the item's own fields, then by the name of its collection."""
    p = item.properties
    for value in (
        p.get("s2:product_type"),
        p.get("product:type"),
        p.get("processing:level"),
        item.document.get("collection"),
    ):
        text = str(value or "").lower().replace("-", "")
        if text.endswith(("l2a", "msi2a", "l2")) or "l2a" in text:
            return "L2A"
        if text.endswith(("l1c", "msi1c", "l1")) or "l1c" in text:
            return "L1C"
    return None


def _baseline(item: Item) -> str | None:
    """The processing baseline ("05.09"); None where there is none (99.99 was made outside ESA)."""
    for key in _BASELINES:
        m = re.fullmatch(r"N?(\d\d?)\.(\d\d)", str(item.properties.get(key, "")))
        if m and m[0] != "99.99":
            return f"{int(m[1]):02d}.{m[2]}"
    return None


def _notes(told: Told, source: str, assumed: bool) -> list[tuple[str, str]]:
    notes = [L1C_NOTE] if told.level == "L1C" else []
    if told.level == "unknown":
        notes.append(("level-assumed", f"{source} does not tell the processing level: L2A is assumed."))
    if assumed:
        words = f"{source} tells neither offset nor baseline: no offset is applied. Give --offset -1000 if one is in."
        notes.append(("offset-unknown", words))
    return notes


def _tile(item: Item) -> str | None:
    p = item.properties
    for value in (p.get("s2:mgrs_tile"), str(p.get("grid:code", "")).removeprefix("MGRS-"), p.get("s2:tile_id")):
        m = re.fullmatch(r"T?(\d{1,2}[C-X][A-Z]{2})", str(value or ""))
        if m:
            return m[1].zfill(5)
    return None


def _footprint(geometry: Any) -> tuple[tuple[float, float], ...] | None:
    """The outer ring of a polygon in degrees; None for anything else."""
    if not isinstance(geometry, dict) or geometry.get("type") != "Polygon":
        return None
    rings = geometry.get("coordinates")
    ring = rings[0] if isinstance(rings, list) and rings and isinstance(rings[0], list) else []
    good = [p for p in ring if isinstance(p, list) and len(p) >= 2 and is_numbers(p[:2], 2)]
    inside = all(-180 <= p[0] <= 180 and -90 <= p[1] <= 90 for p in good)
    return tuple((float(p[0]), float(p[1])) for p in good) if len(good) == len(ring) >= 4 and inside else None
