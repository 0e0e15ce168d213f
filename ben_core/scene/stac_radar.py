"""A STAC item of Sentinel-1: VV and VH by name, the unit by its collection and the values; raw products are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..nomenclature import S1_BANDS
from .names import polarisation_in, product_in, sentinel_1_in
from .radar import IW_HINT, Radar, Said, open_radar
from .stac_assets import PICTURES, Asset, driver_of_asset, entries_of, texts_of
from .stac_files import layer_of
from .stac_item import Item

POLARISATIONS = ("VV", "VH", "HH", "HV")
_NO_BACKSCATTER = re.compile(r"mask|angle|incidence|area|lia|noise|calibration|schema|thumbnail|preview", re.IGNORECASE)
_RAW_TYPES = ("GRD", "SLC", "OCN", "RAW", "ETA", "EW_", "WV_")


@dataclass(frozen=True)
class Collection:
    """What a well-known collection holds; ``raw``: not terrain-corrected. None: its items or values must tell."""

    quantity: str | None = None
    unit: str | None = None
    raw: bool = False


# Planetary Computer, sentinel-1-rtc: "calibrated intensity", gamma nought, terrain-flattened (its description in
#   microsoft/planetary-computer-tasks, datasets/sentinel-1-rtc/collection). Its items call themselves GRD all the same.
# Terrascope: sigma0, drawn with 10*log10(b1) (the collection's own "renders").
# Indigo on AWS (stactools sentinel1, rtc): assets gamma0_vv and gamma0_vh; nothing states the unit.
# Earth Search and Planetary Computer, sentinel-1-grd: ESA's GRD products, "projected to ground range using an
#   Earth ellipsoid model": raw numbers in radar geometry.
COLLECTIONS: Mapping[str, Collection] = {
    "sentinel-1-rtc": Collection("gamma0", "power"),
    "terrascope-s1-grd-sigma0-v1": Collection("sigma0", "power"),
    "sentinel1-rtc-aws": Collection("gamma0"),
    "sentinel-s1-rtc-indigo": Collection("gamma0"),
    "sentinel-1-grd": Collection(raw=True),
    "sentinel1-grd": Collection(raw=True),
    "sentinel-1-slc": Collection(raw=True),
    "sentinel1-slc": Collection(raw=True),
}


def is_radar(item: Item) -> bool:
    """Whether an item is of Sentinel-1: by mission, by fields of the SAR extension, by its id."""
    p = item.properties
    mission = " ".join(str(p.get(k, "")) for k in ("platform", "constellation")).lower()
    if re.search(r"sentinel-?1", mission):
        return True
    if mission.strip():
        return False
    told = any(key.startswith("sar:") for key in p) or sentinel_1_in(item.id) is not None
    return told and product_in(item.id) is None


def open_item_radar(item: Item, unit: str | None = None) -> Radar:
    """The Sentinel-1 product of an item. DataError for raw products, other modes and polarisations, files that are
    not what the item says, and where the unit stays in doubt."""
    known = _known(item)
    _refuse(item, known)
    assets: dict[str, list[Asset]] = {}
    for asset in _assets(item):
        assets.setdefault(asset.band, []).append(asset)
    for band in S1_BANDS:
        if len(keys := [a.key for a in assets.get(band, ())]) > 1:
            raise DataError(
                f"Item {item.id!r} of {item.source} has {len(keys)} assets of {band}: {', '.join(keys[:8])}.",
                "Give the files themselves, one a polarisation: --s1 …vv.tif --s1 …vh.tif (addresses too).",
                "bands",
            )
    found = {band: assets[band][0] for band in S1_BANDS if band in assets}
    if not found:
        other = ", ".join(sorted(assets)) or ", ".join(sorted(item.assets)[:12]) or "none"
        raise DataError(
            f"Item {item.id!r} of {item.source} has no asset of VV or VH that can be opened (found: {other}).",
            "The models were trained on VV and VH of mode IW: choose an item with these as GeoTIFF.",
            "bands",
        )
    p = item.properties
    acquired = next((p[k] for k in ("datetime", "start_datetime") if isinstance(p.get(k), str)), None)
    platform = p.get("platform")
    collection = item.document.get("collection")
    said = Said(
        unit=known.unit or _unit(found.values()),
        by=f"collection {collection} has it" if known.unit else "the item says",
        quantity=known.quantity,
        platform=platform.title() if isinstance(platform, str) and platform else None,
        orbit=_orbit(p),
        texts=tuple(_texts(found.values())),
    )
    layers = {band: layer_of(asset, item) for band, asset in found.items()}
    return open_radar(layers, Path(item.id), item.id, unit, acquired, said)


def _known(item: Item) -> Collection:
    return COLLECTIONS.get(str(item.document.get("collection", "")).lower(), Collection())


def _refuse(item: Item, known: Collection) -> None:
    p = item.properties
    kind = str(p.get("sar:product_type") or p.get("product:type") or "").upper()
    corrected = known != Collection() or re.search(
        r"rtc|nrb|gamma0|sigma0|ard", f"{item.id} {sorted(item.assets)}".lower()
    )
    if known.raw or (kind.startswith(_RAW_TYPES) and not corrected):
        raise DataError(
            f"Item {item.id!r} of {item.source} is a raw Sentinel-1 product ({kind or 'GRD'}): its pixels are not calibrated "
            "and lie in radar geometry, not on a map.",
            "Give an item of a terrain-corrected collection (RTC), such as sentinel-1-rtc of the Planetary Computer; or "
            "download the GRD product and prepare it: ben s1 prepare PRODUCT --dem DEM.",
            "s1-raw",
        )
    mode = str(p.get("sar:instrument_mode") or "IW").upper()
    if mode != "IW":
        raise DataError(
            f"Item {item.id!r} of {item.source} was taken in mode {mode}; the models know IW alone.",
            IW_HINT,
            "s1-mode",
        )


def _assets(item: Item) -> Iterator[Asset]:
    """One a polarisation and file; pictures, masks and angles are left out."""
    for key, asset in item.assets.items():
        driver = driver_of_asset(asset)
        if driver is None or _NO_BACKSCATTER.search(key) or PICTURES & set(texts_of(asset.get("roles"))):
            continue
        entries = entries_of(asset) or [{}]
        listed = asset.get("sar:polarizations")
        listed = [str(x).upper() for x in listed] if isinstance(listed, list) else []
        for i, entry in enumerate(entries):
            band = _polarisation(entry.get("name")) or (_polarisation(key) if len(entries) == 1 else None)
            if band is None and len(listed) == len(entries):
                band = listed[i] if listed[i] in POLARISATIONS else None
            if band:
                yield Asset(key, band, item.address(asset["href"]), i + 1, driver, {**asset, **entry})


def _polarisation(text: Any) -> str | None:
    return polarisation_in(text) if isinstance(text, str) else None


def _unit(assets: Any) -> str | None:
    """What the assets' ``unit`` fields say, where they agree."""
    words = {
        "db": "dB",
        "decibel": "dB",
        "power": "power",
        "linear": "power",
        "intensity": "power",
        "amplitude": "amplitude",
    }
    found = {words.get(str(a.fields.get("unit", "")).strip().lower()) for a in assets}
    return found.pop() if len(found) == 1 else None


def _texts(assets: Any) -> Iterator[str]:
    for a in assets:
        yield a.key
        yield from (str(a.fields[k]) for k in ("title", "description") if isinstance(a.fields.get(k), str))


def _orbit(p: Mapping[str, Any]) -> str | None:
    """ "ascending, relative orbit 44", as far as the fields of the satellite extension go."""
    parts: Sequence[str] = [
        *([state] if isinstance(state := p.get("sat:orbit_state"), str) else []),
        *([f"relative orbit {n}"] if isinstance(n := p.get("sat:relative_orbit"), int) else []),
    ]
    return ", ".join(parts) or None
