"""Scenes from plain rasters: one multi-band file, or a folder or list with one file a band.

Sentinel-2, Sentinel-1 (bands VV, VH), or both stacked in one file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..errors import DataError, JobError
from ..nomenclature import BANDS, S1_BANDS, S2_BANDS
from .files import RasterFile, sample
from .grids import TOLERANCE, Lattice, check_same_place, common_grid, is_metric, utm_grid
from .layers import L1C_NOTE, Layer, l1c_refused, place, place_mask, resampled_notes, scl_mask
from .names import Product, product_in, time_in
from .numbers import Numbers, found_numbers, given_numbers
from .radar import fuse, open_radar, radar_scene
from .raster_bands import CLOUD_MASK, find_mask, named_layers, raster_files
from .types import Mask, PixelGrid, Scene

# GDAL's IMAGERY domain and its SENTINEL2 driver; others by custom. Not TIFFTAG_DATETIME: that is when
# the file was written.
TIME_TAGS = ("ACQUISITIONDATETIME", "PRODUCT_START_TIME", "SENSING_TIME", "ACQUISITION_TIME", "ACQUISITION_DATE")


def open_rasters(
    paths: Sequence[Path | str],
    bands: Mapping[str, int | str],
    scale: float | None,
    offset: float | None,
    acquired: str | None,
    allow_l1c: bool,
    name: str,
    s1_unit: str | None = None,
) -> Scene:
    """A scene from raster files (``paths``: files, or one folder of files; or addresses of files on servers)."""
    files, folder = raster_files(paths)
    named = named_layers(files, bands)
    backscatter = {band: named[band] for band in S1_BANDS if band in named}
    layers = {band: layer for band, layer in named.items() if band not in backscatter}
    if not layers:
        if scale is not None or offset is not None:
            raise JobError(
                "--scale and --offset are for reflectance, and this is Sentinel-1.",
                "Say its unit with --s1-unit; other scales belong in the file: gdal_edit.py -scale 0.01 FILE.",
            )
        return radar_scene([open_radar(backscatter, folder, name, s1_unit, acquired)], name)
    mask_file = None if len(files) == 1 else find_mask(files)
    told = _told(folder, files, name)
    numbers = {band: given_numbers(scale, offset) or _found(layer) for band, layer in layers.items()}
    notes = _level_notes(told, given=scale is not None or offset is not None)
    found = replace(told, acquired=acquired or told.acquired)
    mask = Layer(mask_file, 1) if mask_file is not None else None
    scene = compose(layers, numbers, mask, found, name=name, source=str(folder), notes=notes, allow_l1c=allow_l1c)
    if not backscatter:
        return scene
    stacked = open_radar(backscatter, folder, name, s1_unit)
    return fuse(scene, [replace(stacked, acquired=None)])  # the time in the name is that of Sentinel-2


def compose(
    layers: Mapping[str, Layer],
    numbers: Mapping[str, Numbers],
    mask_layer: Layer | None,
    told: Told,
    *,
    name: str,
    source: str,
    notes: Sequence[tuple[str, str]],
    allow_l1c: bool,
) -> Scene:
    """A Sentinel-2 scene of bands whose files, numbers and story are known. DataError where they do not fit together."""
    if told.level == "L1C" and not allow_l1c:
        raise l1c_refused(source)
    check_same_place({layer.file.path: layer.file.lattice for layer in layers.values()})
    grid, warped = _grid({band: layer.file.lattice for band, layer in layers.items()})
    words = sorted({n.words for n in numbers.values()})
    if len(words) > 1:
        raise DataError(
            f"The bands of {name} hold numbers of different kinds: " + "; ".join(words) + ".",
            "Give --scale and --offset: DN = value * scale + offset, with DN = reflectance x 10000.",
            "unit",
        )
    sources = {band: place(layer, BANDS[band].resolution, grid, numbers[band]) for band, layer in layers.items()}
    used = {layer.file.path: layer.file for layer in layers.values()}
    mask = None
    if mask_layer is not None:
        mask = _mask(mask_layer, grid)
        used[mask_layer.file.path] = mask_layer.file
    return Scene(
        name=name,
        sensor="sentinel-2",
        level=told.level,
        grid=grid,
        bands={band: sources[band] for band in S2_BANDS if band in sources},
        acquired=told.acquired,
        platform=told.platform,
        baseline=told.baseline,
        radiometry=words[0] + ".",
        mask=mask,
        notes=(*warped, *resampled_notes(sources), *notes),
        files=tuple(p for f in used.values() for p in (f.path, *f.depends_on)),
        source=source,
        extra={"searched": (source,)},
    )


@dataclass(frozen=True)
class Told:
    """What names and sidecar files say about the acquisition."""

    level: str = "unknown"
    acquired: str | None = None
    platform: str | None = None
    baseline: str | None = None


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
    if not CLOUD_MASK.match(Path(layer.file.path).name):
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
