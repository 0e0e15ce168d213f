"""What the numbers of a STAC item's assets mean: was the offset of baseline 04.00 taken off by the catalogue?

Catalogues differ, and their fields contradict one another (docs/scenes.md has the table with sources), so the order
matters: what says that the pixels were changed goes before what says how published pixels are to be read.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from .harmonise import LOWEST
from .metadata import FIRST_WITH_OFFSET
from .numbers import UNIT, Numbers, found_numbers
from .stac_assets import Asset
from .stac_item import Item

OFFSET = -1000.0  # DN: BOA_ADD_OFFSET and RADIO_ADD_OFFSET of every band since baseline 04.00
# Earth Search v0 and v1, and EarthDaily, which took over the latter (allenai/rslearn pull 689).
_FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
# Catalogues that hand out the pixels as ESA published them and state no scale or offset: a piece of the addresses.
_AS_PUBLISHED = (
    ("Planetary Computer", ("planetarycomputer.", "sentinel2l2a01.blob.core.windows.net")),  # issue 134 of theirs
)
ASSUMED = "the item states no offset and no baseline, none is assumed"
IMPOSSIBLE = 0.5  # share of a band's pixels below zero reflectance: no scene is like that


def asset_numbers(
    asset: Asset, item: Item, baseline: str | None, dtype: str, look: Callable[[], np.ndarray]
) -> Numbers:
    """Scale and offset of one asset to reflectance x 10000, and why.

    ``look`` samples stored values; it is called where an offset is to be taken off, or the type leaves doubt.
    DataError where nothing says whether the offset is still in, or where the pixels cannot be as the item says.
    """
    stated_scale, stated_offset = _stated(asset, "scale"), _stated(asset, "offset")
    if stated_scale is None and np.dtype(dtype).kind not in "iu":
        return found_numbers(dtype, 1.0, 0.0, look, asset.path)
    scale = 1.0 if stated_scale is None else stated_scale * UNIT
    if not 0 < scale <= UNIT:
        raise DataError(f"{item.source} gives asset {asset.key!r} the scale {stated_scale:g}.", _remedy(), "unit")
    offset, why = _offset(asset, item, baseline, stated_offset)
    if offset:
        _check(asset, look(), scale, offset, why)
    return Numbers(scale, offset, f"DN = stored value x {scale:g} + {offset:g}: {why}")


def _offset(asset: Asset, item: Item, baseline: str | None, stated: float | None) -> tuple[float, str]:
    flag = next((item.properties[f] for f in _FLAGS if isinstance(item.properties.get(f), bool)), None)
    if flag:
        return 0.0, "the catalogue says that it has taken the offset off (boa_offset_applied)"
    if baseline is not None and baseline < FIRST_WITH_OFFSET:
        return 0.0, f"baseline {baseline} has no offset"
    if stated is not None:
        return stated * UNIT, "offset as the item states it"
    if flag is False and baseline is not None:
        return OFFSET, f"offset of baseline {baseline}, which the catalogue left in (boa_offset_applied is false)"
    if baseline is None:
        return 0.0, ASSUMED
    catalogue = _catalogue(item)
    if catalogue:
        return OFFSET, f"offset of baseline {baseline}, which {catalogue} leaves in"
    raise DataError(
        f"{item.source}: baseline {baseline} adds 1000 to every value, and nothing in the item says whether that is "
        f"still in the pixels of asset {asset.key!r}.",
        _remedy(),
        "offset",
    )


def _check(asset: Asset, values: np.ndarray, scale: float, offset: float, why: str) -> None:
    """The flag has been wrong for scenes of 2022 and 2025 (Earth Search issues 66 and 71): ask the pixels."""
    stored = values[np.isfinite(values) & (values != 0)].astype(np.float64)
    dn = stored * scale + offset
    dn = dn[dn >= LOWEST]
    below = float((dn < 0).mean()) if dn.size else 0.0
    if below > IMPOSSIBLE:
        raise DataError(
            f"{asset.path}: {below:.0%} of the sampled pixels would have negative reflectance ({why}); the offset "
            "seems to be taken off already.",
            "Give --offset 0 if so, or --scale and --offset as the values are.",
            "offset",
        )


def _stated(asset: Asset, what: str) -> float | None:
    """``raster:scale`` (STAC 1.1 and raster v2) or ``scale`` of raster:bands (v1); None where neither is a number."""
    fields: Mapping[str, Any] = asset.fields
    value = fields.get(f"raster:{what}", fields.get(what))
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else None


def _catalogue(item: Item) -> str | None:
    links = item.document.get("links")
    places = [link.get("href") for link in links if isinstance(link, dict)] if isinstance(links, list) else []
    places += [asset["href"] for asset in item.assets.values()]
    for name, pieces in _AS_PUBLISHED:
        if any(isinstance(place, str) and piece in place for place in places for piece in pieces):
            return name
    return None


def _remedy() -> str:
    return "Give --offset -1000 if it is, --offset 0 if it was taken off (DN = value * scale + offset)."
