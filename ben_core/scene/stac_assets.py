"""Which asset of a STAC item is which band, by the names that catalogues give."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ..nomenclature import BANDS
from .files import DRIVERS
from .names import band_name
from .stac_item import Item

# Common names of the EO extension (v2) for the bands of Sentinel-2, and what Earth Search v1 calls its assets beyond these.
# "rededge" alone may be B05, B06 or B07 and is not used.
COMMON = {
    **{b.common_name: name for name, b in BANDS.items() if b.common_name},
    "rededge1": "B05", "rededge2": "B06", "rededge3": "B07",  # keys of Earth Search v1
}  # fmt: skip
_NAME = re.compile(r"(b?\d{1,2}|b?8a|scl|[a-z]+\d*)(?:[_-](10|20|60)m)?(?:-jp2)?", re.IGNORECASE)
_TYPES = {"image/tiff": "GTiff", "image/jp2": "JP2OpenJPEG"}
PICTURES = frozenset(("thumbnail", "overview", "visual", "metadata"))
SCL = "SCL"


@dataclass(frozen=True)
class Asset:
    """One band of one asset: ``fields`` are the asset's own, overruled by those of its band (STAC 1.0 and 1.1)."""

    key: str
    band: str  # a band of Sentinel-2, or "SCL"
    path: str
    index: int
    driver: str
    fields: Mapping[str, Any]

    @property
    def resolution(self) -> float | None:
        """Metres a pixel as the item states them, or as the key says ("B02_10m")."""
        said = _NAME.fullmatch(self.key)
        if said and said[2]:
            return float(said[2])
        transform = self.fields.get("proj:transform")
        for value in (
            self.fields.get("raster:spatial_resolution"),
            self.fields.get("spatial_resolution"),
            transform[0] if isinstance(transform, list) and transform else None,
            self.fields.get("gsd"),
        ):
            if isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0:
                return float(value)
        return None


def find_assets(item: Item) -> dict[str, Asset]:
    """One asset a band (and "SCL"): the one with the band's native resolution, a GeoTIFF rather than a JPEG 2000."""
    choices: dict[str, list[Asset]] = {}
    for asset in _assets(item):
        choices.setdefault(asset.band, []).append(asset)
    return {band: min(found, key=_preference) for band, found in choices.items()}


def _preference(asset: Asset) -> tuple[float, bool]:
    native = 20 if asset.band == SCL else BANDS[asset.band].resolution
    stated = asset.resolution
    return (abs(stated - native) if stated else 0.0, asset.driver != "GTiff")


def _assets(item: Item) -> Iterator[Asset]:
    for key, asset in item.assets.items():
        driver = driver_of_asset(asset)
        if driver is None or PICTURES & set(texts_of(asset.get("roles"))) or "visual" in key.lower():
            continue
        entries = entries_of(asset)
        if len(entries) <= 1:
            entry = entries[0] if entries else {}
            band = _band(key) or _band(entry.get("name")) or _common(entry)
            if band:
                yield Asset(key, band, item.address(asset["href"]), 1, driver, {**asset, **entry})
        else:
            for index, entry in enumerate(entries, start=1):
                band = _band(entry.get("name")) or _common(entry)
                if band:
                    yield Asset(key, band, item.address(asset["href"]), index, driver, {**asset, **entry})


def driver_of_asset(asset: Mapping[str, Any]) -> str | None:
    """GDAL's driver for an asset, None for what is no raster: by media type; by the ending of the address where none is given."""
    kind = asset.get("type")
    if isinstance(kind, str):
        return _TYPES.get(kind.partition(";")[0].strip().lower())
    driver = DRIVERS.get(PurePosixPath(urlsplit(asset["href"]).path).suffix.lower())
    return None if driver == "VRT" else driver


def entries_of(asset: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the asset says of each of its bands: ``bands`` (STAC 1.1), or ``eo:bands`` and ``raster:bands`` together."""
    lists = [v if isinstance(v := asset.get(k), list) else [] for k in ("eo:bands", "raster:bands", "bands")]
    count = max(map(len, lists))
    merged: list[dict[str, Any]] = [{} for _ in range(count)]
    for entries in lists:
        for into, entry in zip(merged, entries, strict=False):
            if isinstance(entry, dict):
                into.update(entry)
    return list(merged)


def _band(name: Any) -> str | None:
    """The band that a key or name means: "B02", "b8a", "B02_10m", "red", "rededge1", "scl"."""
    found = _NAME.fullmatch(name) if isinstance(name, str) else None
    if found is None:
        return None
    word = found[1].lower()
    if word == "scl":
        return SCL
    return COMMON.get(word) or (band_name(word) if re.fullmatch(r"b\d{1,2}|b8a|8a", word) else None)


def _common(entry: Mapping[str, Any]) -> str | None:
    """By common name: ``common_name`` of eo:bands, ``eo:common_name`` of STAC 1.1."""
    name = entry.get("eo:common_name", entry.get("common_name"))
    return COMMON.get(name.lower()) if isinstance(name, str) else None


def texts_of(value: Any) -> list[str]:
    """The texts of a JSON list; none of anything else."""
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
