"""Which raster file, and which band in it, is which band of Sentinel-2 or polarisation of Sentinel-1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import DataError, JobError
from ..nomenclature import BANDS
from .files import DRIVERS, RasterFile, inspect
from .layers import Layer
from .names import band_in, polarisation_in, scl_in

CLOUD_MASK = re.compile(r"^cloud_mask\.tiff?$", re.IGNORECASE)  # as Major TOM names it


def raster_files(places: Sequence[Path | str]) -> tuple[list[RasterFile], Path]:
    """The raster files and what the user calls the scene (its folder, or the one file). Addresses come as texts."""
    addresses = [place for place in places if isinstance(place, str)]
    if addresses:
        return [inspect(address) for address in addresses], Path(addresses[0].rpartition("/")[2])
    paths = [place for place in places if isinstance(place, Path)]
    if len(paths) == 1 and paths[0].is_dir():
        folder = paths[0]
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in DRIVERS and p.is_file())
        found = [p for p in found if _named(p.stem) or _is_mask(p) or p.suffix.lower() != ".vrt"]
        if not found:
            raise DataError(
                f"{folder} holds no Sentinel-2 product and no raster files.",
                "Give a SAFE folder or zip, a multi-band GeoTIFF, or a folder of band files.",
            )
    else:
        folder = paths[0] if len(paths) == 1 else paths[0].parent
        found = list(paths)
    named = [p for p in found if _named(p.stem) or _is_mask(p)]
    # A folder may hold more than the bands (true-colour pictures, aerosol maps): those are left alone.
    wanted = named if len(found) > 1 and named and paths[0].is_dir() else found
    return [inspect(str(p)) for p in wanted], folder


def _named(text: str) -> str | None:
    """The band of Sentinel-2 or the polarisation of Sentinel-1 that a name holds; HH and HV are none that models know."""
    polarisation = polarisation_in(text)
    return band_in(text) or (polarisation if polarisation in BANDS else None)


def _is_mask(path: Path) -> bool:
    return bool(scl_in(path.stem) or CLOUD_MASK.match(path.name))


def find_mask(files: Sequence[RasterFile]) -> RasterFile | None:
    return next((f for f in files if _is_mask(Path(f.path))), None)


def named_layers(files: Sequence[RasterFile], bands: Mapping[str, int | str]) -> dict[str, Layer]:
    if len(files) == 1 and (files[0].count > 1 or any(isinstance(v, int) for v in bands.values())):
        return _layers_of_one(files[0], bands)
    return _layers_of_many(files, bands)


def _layers_of_one(file: RasterFile, bands: Mapping[str, int | str]) -> dict[str, Layer]:
    if bands:
        layers = {}
        for name, number in bands.items():
            if not isinstance(number, int) or not 1 <= number <= file.count:
                raise JobError(
                    f"--bands says {name}={number}, but {file.path} has the bands 1 to {file.count}.",
                    "Give numbers: --bands B02=1,B03=2,…",
                )
            layers[name] = Layer(file, number)
        return layers
    layers = {}
    for index, text in enumerate(file.descriptions, start=1):
        found = _named(text)
        if found and found in layers:
            raise DataError(f"{file.path} describes two bands as {found}.", "Give --bands B02=1,B03=2,…", "bands")
        if found:
            layers[found] = Layer(file, index)
    if not layers:
        _refuse_polarisations(file.descriptions, file.path)
        said = ", ".join(repr(t) for t in file.descriptions if t) or "none"
        raise DataError(
            f"{file.path} has {file.count} bands without names of Sentinel-2 bands or of VV and VH (descriptions: {said}).",
            "Say which is which: --bands B02=1,B03=2,… or VV=1,VH=2 (numbers from 1).",
            "bands",
        )
    return layers


def _layers_of_many(files: Sequence[RasterFile], bands: Mapping[str, int | str]) -> dict[str, Layer]:
    by_name = {Path(f.path).name: f for f in files}
    layers: dict[str, Layer] = {}
    for name, value in bands.items():
        if str(value) not in by_name:
            raise JobError(
                f"--bands says {name}={value}, but there is no such file.", "Files are: " + ", ".join(by_name) + "."
            )
        layers[name] = Layer(by_name[str(value)], 1)
    candidates: dict[str, list[RasterFile]] = {}
    for file in files:
        found = _named(Path(file.path).stem) or (_named(file.descriptions[0]) if file.count == 1 else None)
        if found and found not in layers and not _is_mask(Path(file.path)):
            candidates.setdefault(found, []).append(file)
    for name, choices in candidates.items():
        native = [f for f in choices if f.lattice.resolution == BANDS[name].resolution]
        chosen = native if len(choices) > 1 else choices
        if len(chosen) != 1:
            raise DataError(
                f"Band {name} is there more than once: " + ", ".join(Path(f.path).name for f in choices) + ".",
                "Give a folder or list with one file a band.",
                "bands",
            )
        if chosen[0].count != 1:
            raise DataError(f"{chosen[0].path} has {chosen[0].count} bands, but is named as band {name} alone.")
        layers[name] = Layer(chosen[0], 1)
    if not layers:
        _refuse_polarisations([Path(f.path).stem for f in files], ", ".join(sorted(by_name)))
        raise DataError(
            "None of the files names a Sentinel-2 band, or VV or VH of Sentinel-1: " + ", ".join(sorted(by_name)) + ".",
            "Name them like B02.tif or VV.tif, or say which is which: --bands B02=FILE,…",
            "bands",
        )
    return layers


def _refuse_polarisations(texts: Sequence[str], where: str) -> None:
    """DataError where names tell of HH and HV."""
    other = {found for text in texts if (found := polarisation_in(text)) in ("HH", "HV")}
    if other:
        raise DataError(
            f"These are the polarisations {' and '.join(sorted(other))} of Sentinel-1 ({where}).",
            "The models were trained on VV and VH: choose a product of mode IW with these.",
            "bands",
        )
