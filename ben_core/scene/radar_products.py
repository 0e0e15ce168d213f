"""What is given as Sentinel-1, product by product: folders, multi-band files, or one file a polarisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataError
from ..nomenclature import S1_BANDS
from .names import polarisation_in, without_polarisation
from .radar import Radar, open_radar
from .raster_bands import named_layers, raster_files


def open_radars(
    paths: Sequence[Path], bands: Mapping[str, int | str] | None = None, unit: str | None = None
) -> list[Radar]:
    """Every product in ``paths``; files whose names differ in the polarisation alone are one. ``bands``: which band
    of each file is "VV" and "VH", where nothing names them. DataError where one is none of Sentinel-1."""
    groups: dict[tuple[Path, str], list[Path]] = {}
    for path in dict.fromkeys(p.resolve() for p in paths):
        groups.setdefault((path.parent, without_polarisation(path.name)), []).append(path)
    return [_open(group, bands or {}, unit) for group in groups.values()]


def _open(paths: Sequence[Path], bands: Mapping[str, int | str], unit: str | None) -> Radar:
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


def product_name(paths: Sequence[Path]) -> str:
    """What a product is called: its folder, or its file without the polarisation."""
    path = paths[0]
    if path.is_dir():
        return path.name
    alone = polarisation_in(path.stem) and path.stem.strip("_-. ").lower() in ("vv", "vh")
    if alone:
        return path.parent.name
    return (
        without_polarisation(path.stem).replace("__", "_").strip("_-. ") if len(paths) > 1 else path.stem
    ) or path.stem
