"""Scenes from plain rasters: one multi-band file, or a folder or list with one file a band."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import DataError, JobError
from ..nomenclature import BANDS, S2_BANDS
from .files import DRIVERS, RasterFile, inspect, sample
from .grids import TOLERANCE, Lattice, check_same_place, common_grid, is_metric, utm_grid
from .layers import L1C_NOTE, Layer, l1c_refused, place, place_mask, resampled_notes, scl_mask
from .names import Product, band_in, product_in, scl_in, time_in
from .numbers import Numbers, found_numbers, given_numbers
from .types import Mask, PixelGrid, Scene

# GDAL's IMAGERY domain and its SENTINEL2 driver; others by custom. Not TIFFTAG_DATETIME: that is when
# the file was written.
TIME_TAGS = ("ACQUISITIONDATETIME", "PRODUCT_START_TIME", "SENSING_TIME", "ACQUISITION_TIME", "ACQUISITION_DATE")

_CLOUD_MASK = re.compile(r"^cloud_mask\.tiff?$", re.IGNORECASE)


def open_rasters(
    paths: Sequence[Path],
    bands: Mapping[str, int | str],
    scale: float | None,
    offset: float | None,
    acquired: str | None,
    allow_l1c: bool,
    name: str,
) -> Scene:
    """A scene from raster files (``paths``: files, or one folder of files)."""
    files, folder = _raster_files(paths)
    layers = _named_layers(files, bands)
    mask_file = None if len(files) == 1 else _mask_file(files)
    told = _told(folder, files, name)
    if told.level == "L1C" and not allow_l1c:
        raise l1c_refused(str(folder))
    check_same_place({layer.file.path: layer.file.lattice for layer in layers.values()})
    grid, notes = _grid({band: layer.file.lattice for band, layer in layers.items()})
    numbers = {band: given_numbers(scale, offset) or _found(layer) for band, layer in layers.items()}
    words = sorted({n.words for n in numbers.values()})
    if len(words) > 1:
        raise DataError(
            f"The bands of {name} hold numbers of different kinds: " + "; ".join(words) + ".",
            "Give --scale and --offset: DN = value * scale + offset, with DN = reflectance x 10000.",
            "unit",
        )
    sources = {band: place(layer, BANDS[band].resolution, grid, numbers[band]) for band, layer in layers.items()}
    notes += resampled_notes(sources) + _level_notes(told, given=scale is not None or offset is not None)
    used = {layer.file.path: layer.file for layer in layers.values()}
    mask = None
    if mask_file is not None:
        mask = _mask(Layer(mask_file, 1), grid)
        used[mask_file.path] = mask_file
    return Scene(
        name=name,
        sensor="sentinel-2",
        level=told.level,
        grid=grid,
        bands={band: sources[band] for band in S2_BANDS if band in sources},
        acquired=acquired or told.acquired,
        platform=told.platform,
        baseline=told.baseline,
        radiometry=words[0] + ".",
        mask=mask,
        notes=tuple(notes),
        files=tuple(p for f in used.values() for p in (f.path, *f.depends_on)),
        source=str(folder),
        extra={"searched": (str(folder),)},
    )


@dataclass(frozen=True)
class Told:
    """What names and sidecar files say about the acquisition."""

    level: str = "unknown"
    acquired: str | None = None
    platform: str | None = None
    baseline: str | None = None


def _raster_files(paths: Sequence[Path]) -> tuple[list[RasterFile], Path]:
    """The raster files and what the user calls the scene (its folder, or the one file)."""
    if len(paths) == 1 and paths[0].is_dir():
        folder = paths[0]
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in DRIVERS and p.is_file())
        found = [p for p in found if band_in(p.stem) or _is_mask(p) or p.suffix.lower() != ".vrt"]
        if not found:
            raise DataError(
                f"{folder} holds no Sentinel-2 product and no raster files.",
                "Give a SAFE folder or zip, a multi-band GeoTIFF, or a folder of band files.",
            )
    else:
        folder = paths[0] if len(paths) == 1 else paths[0].parent
        found = list(paths)
    named = [p for p in found if band_in(p.stem) or _is_mask(p)]
    # A folder may hold more than the bands (true-colour pictures, aerosol maps): those are left alone.
    wanted = named if len(found) > 1 and named and paths[0].is_dir() else found
    return [inspect(str(p)) for p in wanted], folder


def _is_mask(path: Path) -> bool:
    return bool(scl_in(path.stem) or _CLOUD_MASK.match(path.name))


def _mask_file(files: Sequence[RasterFile]) -> RasterFile | None:
    return next((f for f in files if _is_mask(Path(f.path))), None)


def _named_layers(files: Sequence[RasterFile], bands: Mapping[str, int | str]) -> dict[str, Layer]:
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
        found = band_in(text)
        if found and found in layers:
            raise DataError(f"{file.path} describes two bands as {found}.", "Give --bands B02=1,B03=2,…", "bands")
        if found:
            layers[found] = Layer(file, index)
    if not layers:
        said = ", ".join(repr(t) for t in file.descriptions if t) or "none"
        raise DataError(
            f"{file.path} has {file.count} bands without names of Sentinel-2 bands (descriptions: {said}).",
            "Say which is which: --bands B02=1,B03=2,… (numbers from 1).",
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
        found = band_in(Path(file.path).stem) or (band_in(file.descriptions[0]) if file.count == 1 else None)
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
        raise DataError(
            "None of the files names a Sentinel-2 band: " + ", ".join(sorted(by_name)) + ".",
            "Name them like B02.tif, or say which is which: --bands B02=FILE,…",
            "bands",
        )
    return layers


def _told(folder: Path, files: Sequence[RasterFile], name: str) -> Told:
    """Sidecar first, then tags of the file, then the names of folder and files."""
    sidecar = _sidecar(folder)
    tags = files[0].tags
    texts = [
        str(sidecar.get("PRODUCT_ID", "")),
        tags.get("PRODUCT_URI", ""),
        folder.name,
        Path(files[0].path).name,
        name,
    ]
    product: Product | None = next((p for p in map(product_in, texts) if p), None)
    if product:
        return Told(product.level, product.acquired, product.platform, product.baseline)
    times = [tags.get(tag, "") for tag in TIME_TAGS] + texts
    return Told(acquired=next((t for t in map(time_in, times) if t), None))


def _sidecar(folder: Path) -> Mapping[str, object]:
    """``metadata.json`` beside the bands, as SSL4EO-S12 and Google Earth Engine write it; {} without."""
    path = folder / "metadata.json"
    if not path.is_file() or path.stat().st_size > 2**20:
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as e:
        raise DataError(f"{path} is not JSON: {e}.", "Remove or repair it.") from e
    return content if isinstance(content, dict) else {}


def _grid(lattices: Mapping[str, Lattice]) -> tuple[PixelGrid, list[tuple[str, str]]]:
    grid = common_grid(lattices)
    if grid is not None:
        return grid, []
    finest = min(lattices.values(), key=lambda lattice: -lattice.width * lattice.height)
    grid = utm_grid(finest)
    if is_metric(finest) and finest.resolution:
        reason = f"The corners of the bands do not agree to {TOLERANCE:.0%} of a 10 m pixel: they are"
    else:
        reason = f"The raster does not lie on a 10 m metric grid ({_describe(finest)}): it is"
    return grid, [("warped", f"{reason} resampled to UTM ({grid.crs}), bilinear for reflectance, nearest for masks.")]


def _describe(lattice: Lattice) -> str:
    t = lattice.transform
    code = lattice.crs.to_epsg()
    crs = f"EPSG:{code}" if code else "its own CRS"
    return f"{crs}, pixels {abs(t.a):.6g} x {abs(t.e):.6g}" + ("" if lattice.north_up else ", not north-up")


def _found(layer: Layer) -> Numbers:
    file, i = layer.file, layer.index - 1
    look = partial(sample, file.path, file.driver, layer.index)
    return found_numbers(file.dtypes[i], file.scales[i], file.offsets[i], look, layer.where)


def _mask(layer: Layer, grid: PixelGrid) -> Mask:
    if not _CLOUD_MASK.match(Path(layer.file.path).name):
        return scl_mask(layer, grid)
    # Major TOM Core-S2L2A has the classes of CloudSEN12 (Aybar et al. 2022, table 3): 0 clear, 1 thick cloud,
    # 2 thin cloud, 3 cloud shadow.
    source = replace(place_mask(layer, grid), nodata=None)
    return Mask(source, "cloud mask (Major TOM)", nodata=(), cloud=(1, 2, 3), snow=())


def _level_notes(told: Told, given: bool) -> list[tuple[str, str]]:
    if told.level == "L1C":
        return [L1C_NOTE]
    if told.level == "unknown":
        return [
            (
                "level-assumed",
                "Nothing tells the processing level: surface reflectance (L2A) x 10000 without offset is assumed.",
            )
        ]
    if told.baseline and told.baseline >= "04.00" and not given:
        return [
            (
                "offset-unknown",
                f"The name says processing baseline {told.baseline}, whose products add 1000 to every value; nothing "
                "says whether that was taken off here. No offset is applied: give --offset -1000 if it is still there.",
            )
        ]
    return []
