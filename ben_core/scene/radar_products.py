"""What is given as Sentinel-1, product by product: folders, multi-band files, or one file a polarisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from ..errors import DataError
from ..nomenclature import S1_BANDS
from .names import polarisation_in, sentinel_1_in, without_polarisation
from .radar import Radar, open_radar
from .raster_bands import named_layers, raster_files
from .remote import address_of
from .stac_item import Item, is_item, read_items
from .stac_radar import is_radar, open_item_radar


def open_radars(
    paths: Sequence[Path | str], bands: Mapping[str, int | str] | None = None, unit: str | None = None
) -> list[Radar]:
    """Every product in ``paths``: files and folders (Path), addresses of rasters and STAC items (text). Files whose names
    differ in the polarisation alone are one. ``bands``: which band of each file is "VV" and "VH", where nothing names
    them. DataError where one is none of Sentinel-1."""
    radars: list[Radar] = []
    groups: dict[tuple[str, str], list[Path | str]] = {}
    for path in dict.fromkeys(p.resolve() if isinstance(p, Path) else p for p in paths):
        if isinstance(path, str) and is_item(path):
            radars += [_of_item(item, unit) for item in _items(path)]
        elif isinstance(path, str):
            address = address_of(path)
            folder, _, file = address.rpartition("/")
            groups.setdefault((folder, without_polarisation(file)), []).append(address)
        else:
            groups.setdefault((str(path.parent), without_polarisation(path.name)), []).append(path)
    return radars + [_open(group, bands or {}, unit) for group in groups.values()]


def _items(text: str) -> list[Item]:
    """Every item of a collection: passes and slices that are laid over each other."""
    items = read_items(text)
    if not items:
        raise DataError(f"{text} holds no items.", "Search with a larger area or more time.", "stac")
    return items


def _of_item(item: Item, unit: str | None) -> Radar:
    if not is_radar(item):
        raise DataError(
            f"Item {item.id!r} of {item.source} is not of Sentinel-1.",
            "Give items of Sentinel-2 as the scene, and those of Sentinel-1 with --s1.",
            "stac",
        )
    return open_item_radar(item, unit)


def _open(paths: Sequence[Path | str], bands: Mapping[str, int | str], unit: str | None) -> Radar:
    files, where = raster_files(paths)
    found = named_layers(files, bands)
    layers = {band: found[band] for band in S1_BANDS if band in found}
    if not layers:
        raise DataError(
            f"{where} holds no VV or VH of Sentinel-1 (found: {', '.join(found)}).",
            "Give the Sentinel-2 product as the scene, and with --s1 the Sentinel-1 product.",
            "bands",
        )
    return open_radar(layers, where, product_name(paths), unit)


def product_name(paths: Sequence[Path | str]) -> str:
    """What a product is called: its folder, or its file without the polarisation."""
    text = paths[0]
    path = text if isinstance(text, Path) else PurePosixPath(urlsplit(text).path)
    if isinstance(path, Path) and path.is_dir():
        return path.name
    if isinstance(text, str) and sentinel_1_in(path.stem) is None:  # …/S1A_IW_…_rtc/measurement/iw-vv.rtc.tiff
        return next((p for p in reversed(path.parts[:-1]) if sentinel_1_in(p)), path.parent.name or path.stem)
    alone = polarisation_in(path.stem) and path.stem.strip("_-. ").lower() in ("vv", "vh")
    if alone:
        return path.parent.name
    return (
        without_polarisation(path.stem).replace("__", "_").strip("_-. ") if len(paths) > 1 else path.stem
    ) or path.stem
