"""Sentinel-1: terrain-corrected VV and VH become bands on a scene's grid, alone or beside Sentinel-2."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ..errors import DataError
from ..nomenclature import S1_BANDS
from .files import RasterFile, sample
from .grids import check_same_place, common_grid, union_grid
from .layers import Layer
from .names import is_time, mode_in, sentinel_1_in, time_in
from .radar_notes import left_out, left_out_bands, missing_bands, notes_of
from .radar_reader import file_places
from .radar_units import Unit, find_unit, told_quantity, told_unit
from .stac_item import stem_of
from .types import PIXEL, Backscatter, BandSource, Pass, PixelGrid, Scene

TIME_TAGS = ("ACQUISITIONDATETIME", "PRODUCT_START_TIME", "FIRST_LINE_TIME", "ACQUISITION_TIME", "START_TIME")
# Earth Engine; SNAP; s1tiling; others by custom.
ORBIT_TAGS = ("ORBITPROPERTIES_PASS", "PASS", "ORBIT_DIRECTION", "PASS_DIRECTION", "FLIGHT_DIRECTION", "ORBIT_PASS")
_PYROSAR = re.compile(r"S1[A-D]__[A-Z0-9]{2}___([AD])_\d{8}T\d{6}", re.IGNORECASE)
PROCESSING_TAG = "BEN_PROCESSING"  # what ``ben s1 prepare`` did, in words for the report
_TAGS_OF_UNIT = ("UNIT", "SCALE", "QUANTITY", "RADIOMETR", "BACKSCATTER", "CALIBRATION")
IW_HINT = "Choose a product of mode IW."
_POINTS = 33  # a side of the net of places by which two rasters are asked whether they overlap


@dataclass(frozen=True)
class Radar:
    """One Sentinel-1 product: its polarisations, not yet on any grid."""

    name: str
    acquired: str | None
    platform: str | None
    quantity: str
    unit: Unit
    layers: Mapping[str, Layer]
    where: str
    orbit: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        used = {layer.file.path: layer.file for layer in self.layers.values()}
        return tuple(p for f in used.values() for p in (f.path, *f.depends_on))


@dataclass(frozen=True)
class Said:
    """What somebody else than the files tells of a product (a catalogue): unit, and by whom; ``texts``: further words."""

    unit: str | None = None
    by: str = ""
    quantity: str | None = None
    platform: str | None = None
    orbit: str | None = None
    texts: tuple[str, ...] = ()


def open_radar(
    layers: Mapping[str, Layer],
    where: Path,
    name: str,
    unit: str | None = None,
    acquired: str | None = None,
    said: Said | None = None,
) -> Radar:
    """The product whose polarisations ("VV", "VH") these layers are. ``unit``: "dB", "power", "amplitude"; None: found.

    DataError where the unit stays in doubt, the polarisations show different places, or a name tells of another mode.
    """
    files: list[RasterFile] = list({layer.file.path: layer.file for layer in layers.values()}.values())
    check_same_place({file.path: file.lattice for file in files})
    said = said or Said()
    if acquired is not None and not is_time(acquired):
        raise DataError(
            f"{where} says it was acquired at {acquired!r}, which is no time.", "Fetch its item again.", "time"
        )
    sayings = [name, where.name, *(Path(f.path).stem for f in files)]
    mode = next((m for m in map(mode_in, sayings) if m), "IW")
    if mode != "IW":
        raise DataError(f"{name} was taken in mode {mode}; the models know IW alone.", IW_HINT, "s1-mode")
    texts = [[*_words(layer), *said.texts] for layer in layers.values()]
    if unit is not None:
        found = Unit(unit, f"{unit}, as given")
    elif said.unit is not None:
        checked = find_unit({band: _sample(layer) for band, layer in layers.items()}, said.unit, name)
        found = replace(checked, words=f"{said.unit}, as {said.by}")
    else:
        told = {told_unit(t) for t in texts}
        if len(told) > 1:
            raise DataError(
                f"The polarisations of {name} differ in their units: "
                + ", ".join(f"{band} {told_unit(t) or 'unknown'}" for band, t in zip(layers, texts, strict=True))
                + ".",
                "Give them in one unit, or say it with --s1-unit.",
                "s1-unit",
            )
        found = find_unit({band: _sample(layer) for band, layer in layers.items()}, told.pop(), name)
    if PROCESSING_TAG in files[0].tags:
        found = replace(found, words=f"{found.words} ({files[0].tags[PROCESSING_TAG]})")
    quantities = {told_quantity(t) for t in texts}
    times = [files[0].tags.get(tag, "") for tag in TIME_TAGS] + sayings
    return Radar(
        name=name,
        acquired=acquired or next((t for t in map(time_in, times) if t), None),
        platform=said.platform or next((p for p in map(sentinel_1_in, sayings) if p), None),
        quantity=said.quantity or (quantities.pop() if len(quantities) == 1 else "unknown"),
        unit=found,
        layers=layers,
        where=str(where),
        orbit=said.orbit or _orbit(files[0].tags, sayings),
    )


def _orbit(tags: Mapping[str, str], names: Sequence[str]) -> str | None:
    """The direction of flight that tags or a name of pyroSAR ("S1A__IW___A_2015…") tell."""
    told = [value.strip().lower() for key, value in tags.items() if key in ORBIT_TAGS]
    found = {word for value in told for word in ("ascending", "descending") if value == word or value == word[:4]}
    found |= {"ascending" if m[1].upper() == "A" else "descending" for m in map(_PYROSAR.match, names) if m}
    return found.pop() if len(found) == 1 else None


def radar_scene(radars: Sequence[Radar], name: str | None) -> Scene:
    """A scene of Sentinel-1 alone, on the grid of its own pixels or, where they lie otherwise or in several
    products, on a 10 m UTM grid around them all. ``name``: None is that of the pass on top."""
    radars = _in_order(radars, None)
    lattices = {file.path: file.lattice for r in radars for file in (layer.file for layer in r.layers.values())}
    grid = common_grid(lattices) if len(radars) == 1 else None
    grid = grid or union_grid(list(lattices.values()))
    first = radars[0]
    scene = Scene(
        name=name or stem_of(first.name),
        sensor="sentinel-1",
        level="unknown",
        grid=grid,
        bands={},
        acquired=first.acquired,
        platform=first.platform,
        source=first.where,
        extra={"searched": tuple(r.where for r in radars)},
    )
    return _with(scene, radars)


def fuse(scene: Scene, radars: Sequence[Radar]) -> Scene:
    """A Sentinel-2 scene with Sentinel-1 beside it, warped onto its grid strip by strip when read.

    The pass nearest in time is used wherever it has data; the next ones fill what is missing, whatever the order in
    which they are given. DataError where none of them lies on the scene.
    """
    return _with(scene, _in_order(radars, scene.acquired))


def _with(scene: Scene, radars: Sequence[Radar]) -> Scene:
    there = [r for r in radars if any(_overlap(scene.grid, layer) for layer in r.layers.values())]
    if not there:
        names = ", ".join(r.name for r in radars)
        raise DataError(
            f"Sentinel-1 ({names}) and {scene.name} show different places: they share no pixel.",
            "Choose a Sentinel-1 product of the same place.",
            "other-place",
        )
    bands = dict(scene.bands)
    for band in S1_BANDS:
        stack = [_placed(r, r.layers[band], scene.grid) for r in there if band in r.layers]
        if stack:
            first, *rest = stack
            assert first.backscatter is not None
            bands[band] = replace(first, backscatter=replace(first.backscatter, behind=tuple(rest)))
    passes = tuple(
        Pass(r.name, r.acquired, r.platform, r.quantity, r.unit.words, days_apart(scene, r.acquired), r.orbit)
        for r in there
    )
    words = "; ".join(sorted({f"backscatter stored as {r.unit.words}, brought to dB" for r in there}))
    return replace(
        scene,
        bands=bands,
        passes=passes,
        radiometry=f"{scene.radiometry} Sentinel-1: {words}."
        if scene.radiometry
        else f"{words[0].upper()}{words[1:]}.",
        notes=(*scene.notes, *notes_of(scene, there, passes), *left_out(scene, radars, there)),
        files=(*scene.files, *(f for r in there for f in r.files)),
        extra={**scene.extra, "left_out": {**left_out_bands(scene), **missing_bands(there, bands)}},
    )


def as_read(scene: Scene, bands: Sequence[str]) -> Scene:
    """The scene as a model sees it that reads these bands: with the time, platform, clouds and story of what is read."""
    if not any(b in S1_BANDS for b in bands):
        return replace(scene, passes=()) if scene.passes else scene
    if scene.sensor == "sentinel-1" or any(b not in S1_BANDS for b in bands):
        return scene
    first = scene.passes[0]
    words = "; ".join(sorted({p.radiometry for p in scene.passes}))
    return replace(
        scene,
        sensor="sentinel-1",
        level="unknown",
        acquired=first.acquired,
        platform=first.platform,
        baseline=None,
        radiometry=f"Backscatter stored as {words}, brought to dB.",
        mask=None,  # radar sees through clouds
    )


def days_apart(scene: Scene, acquired: str | None) -> float | None:
    """Days from a Sentinel-2 scene to this time; None for Sentinel-1 alone and where either time is unknown."""
    if scene.sensor != "sentinel-2" or scene.acquired is None or acquired is None:
        return None
    return (_time(acquired) - _time(scene.acquired)).total_seconds() / 86400


def _in_order(radars: Sequence[Radar], reference: str | None) -> list[Radar]:
    """Nearest in time to the reference first (without one the newest first), unknown times last; names settle ties."""

    def key(r: Radar) -> tuple[bool, float, str, str]:
        if r.acquired is None:
            return True, 0.0, r.name, r.where
        time = _time(r.acquired).timestamp()
        return False, -time if reference is None else abs(time - _time(reference).timestamp()), r.name, r.where

    once = {tuple(sorted(r.files)): r for r in radars}
    return sorted(once.values(), key=key)


def _time(text: str) -> datetime:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _words(layer: Layer) -> list[str]:
    """What may tell unit and quantity of one band."""
    file, i = layer.file, layer.index - 1
    tags = [value for key, value in file.tags.items() if any(word in key for word in _TAGS_OF_UNIT)]
    return [Path(file.path).stem, file.descriptions[i], file.units[i], *tags]


def _sample(layer: Layer) -> np.ndarray:
    """Physical values of a sample without declared fill."""
    file, i = layer.file, layer.index - 1
    stored = sample(file.path, file.driver, layer.index)
    keep = np.isfinite(stored) & (stored != 0)
    if file.nodata[i] is not None:
        keep &= stored != file.nodata[i]
    x = stored[keep].astype(np.float64) * file.scales[i] + file.offsets[i]
    return x[(x > -99) & (x < 1e6)]  # -99, -9999, -32768, 3.4e38: fill that nobody declared


def _placed(radar: Radar, layer: Layer, grid: PixelGrid) -> BandSource:
    file, i = layer.file, layer.index - 1
    return BandSource(
        path=file.path,
        index=layer.index,
        resolution=PIXEL,
        width=grid.width,
        height=grid.height,
        block_rows=min(file.block_rows[i], 512, grid.height),
        dtype=file.dtypes[i],
        driver=file.driver,
        scale=file.scales[i],
        offset=file.offsets[i],
        nodata=file.nodata[i],
        backscatter=Backscatter(radar.unit.unit, grid),
    )


def _overlap(grid: PixelGrid, layer: Layer) -> bool:
    """Whether a raster shares ground with the grid: by a net of places in either, so that a small one is not missed."""
    lattice = layer.file.lattice
    x, y = file_places(grid, lattice, np.linspace(0, grid.width, _POINTS), np.linspace(0, grid.height, _POINTS))
    if ((x > 0) & (x < lattice.width) & (y > 0) & (y < lattice.height)).any():
        return True
    finite = np.isfinite(x) & np.isfinite(y)
    if not finite.any():
        return False
    # The file lies within one mesh of the net, or beside the grid: its centre tells.
    return bool(
        x[finite].min() < lattice.width / 2 < x[finite].max() and y[finite].min() < lattice.height / 2 < y[finite].max()
    )
