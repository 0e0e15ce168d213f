"""Mosaics: many scenes as one raster of classes and one of their probability, block by block.

    EPSG32633_classes.tif       uint8 codes with colours and names, as the class raster of a scene
    EPSG32633_probability.tif   uint16, probability x 10000 of that class
    EPSG32633.vrt               both as one file of two bands
    EPSG32633_10m_….tif, .vrt   the same of the scenes' 10 m maps, where there are any (probability: uint8 percent)
    EPSG32633_scenes.vrt        the scenes' own class rasters, the newest on top (of a CRS of scenes, see ``write_scenes``)
    EPSG32633_regions.vrt       the same of their 10 m maps, where there are any

A pixel takes the answer of the cell that its centre lies in (nearest neighbour: classes are not to be mixed).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rasterio.crs import CRS

from ...machine import trim_memory
from ...patches.grid import Window
from ...products.cog import Cog
from ...products.legend import CATEGORIES, UNMAPPED
from ...products.rasters import category_sidecar
from ...products.styles import raster_style
from ...storage import write_bytes
from ...version import __version__
from .entries import Entry, newest_first
from .kinds import CELLS, Cells, Pixels
from .rules import MEANINGS, Fold
from .target import Index, Target, make_target, to_crs
from .virtual import Piece, union, write_pair, write_stack


@dataclass(frozen=True)
class Mosaic:
    """What was made: where it lies, its files by kind ("classes", "probability", "vrt", ...), notes for a person.

    mapped   number of pixels with an answer
    """

    name: str
    target: Target
    files: dict[str, Path]
    scenes: int
    mapped: int
    notes: tuple[str, ...]

    @property
    def km2(self) -> float | None:
        """Land that was seen; None where pixels have no area (degrees)."""
        crs = CRS.from_user_input(self.target.crs)
        if not crs.is_projected:
            return None
        return self.mapped * (self.target.pixel * float(crs.linear_units_factor[1])) ** 2 / 1e6


def write_finer_mosaic(
    entries: Sequence[Entry],
    pieces: Mapping[str, Piece],
    folder: Path,
    *,
    crs: str,
    rule: str,
    tick: Callable[[], None] = lambda: None,
) -> Mosaic:
    """As ``write_mosaic``, of the scenes' 10 m maps (``pieces`` by name), in their own pixels.

    A 10 m map holds the probability of one class a pixel: for the rule "mean" the newest scene counts, and a note says so.
    """
    pixels = Pixels(entries, pieces)
    own = "latest" if rule == "mean" else rule
    made = write_mosaic(pixels.entries, folder, crs=crs, rule=own, tick=tick, kind=pixels)
    if own == rule:
        return made
    note = f"{made.name}: a 10 m map has no mean over dates; where scenes overlap, the newest with an answer counts."
    return replace(made, notes=(*made.notes, note))


def write_mosaic(
    entries: Sequence[Entry],
    folder: Path,
    *,
    crs: str,
    rule: str,
    pixel: float | None = None,
    tick: Callable[[], None] = lambda: None,
    kind: Cells | Pixels = CELLS,
) -> Mosaic:
    """Write the files into ``folder``. ``tick`` is called for every block; what it raises ends the mosaic.

    Raises JobError (see ``make_target``), DataError for a product that cannot be read, StorageError.
    """
    ordered = newest_first(entries)
    target, bounds = make_target(ordered, crs, pixel)
    name = ("".join(c for c in crs if c.isalnum()) if len(crs) < 40 else "own_crs") + kind.ending
    files = {
        "classes": folder / f"{name}_classes.tif",
        "classes_legend": folder / f"{name}_classes.tif.aux.xml",
        "classes_style": folder / f"{name}_classes.qml",
        "probability": folder / f"{name}_probability.tif",
        "vrt": folder / f"{name}.vrt",
    }
    told = {"TIFFTAG_SOFTWARE": f"BigEarthNet Mapper {__version__}", "RULE": f"{rule}: {MEANINGS[rule]}"}
    legend = {f"VALUE_{UNMAPPED:02d}": "not mapped", **{f"VALUE_{c.code:02d}": c.name for c in CATEGORIES}}
    place = {"width": target.width, "height": target.height, "transform": target.transform, "crs": crs}
    classes = Cog(
        files["classes"],
        **place,
        dtype="uint8",
        nodata=UNMAPPED,
        names=kind.contents[:1],
        overviews="MODE",
        predictor=False,
        palette={UNMAPPED: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in CATEGORIES}},
        tags={"CONTENT": kind.contents[0], **told, **legend},
    )
    probability = Cog(
        files["probability"],
        **place,
        dtype=kind.dtype,
        nodata=kind.nodata,
        names=kind.contents[1:],
        overviews="AVERAGE",
        scale=1 / kind.steps,
        tags={"CONTENT": kind.contents[1], **told},
    )
    counts = np.zeros(256, np.int64)
    with classes as class_file, probability as p_file:
        for window, code, p in blocks(ordered, bounds, target, rule, kind):
            tick()
            class_file.write(code[None], window)
            p_file.write(np.where(code > 0, p, kind.nodata).astype(kind.dtype)[None], window)
            counts += np.bincount(code.ravel(), minlength=256)
    write_bytes(files["classes_legend"], category_sidecar(CATEGORIES, counts, "Not mapped", "Pixels"))
    write_bytes(files["classes_style"], raster_style(CATEGORIES).encode())
    write_pair(target, files["classes"], files["probability"], files["vrt"], kind.nodata, kind.steps)
    return Mosaic(name, target, files, len(entries), int(counts[1:].sum()), _notes(ordered, target))


def write_scenes(mosaic: Mosaic, entries: Sequence[Entry], finer: Mapping[str, Piece]) -> dict[str, Path]:
    """VRTs of the rasters of scenes of one CRS, beside their mosaic; kind -> path. Nothing is computed, so no rule counts
    but "latest".

    finer   10 m maps by name of the scene
    Raises StorageError.
    """
    ordered = newest_first(entries)
    folder, target = mosaic.files["vrt"].parent, mosaic.target
    files = {"scenes_vrt": folder / f"{mosaic.name}_scenes.vrt"}
    own = [Piece(e.scene.rasters["classes"], e.left, e.top, e.side, e.cols, e.rows) for e in ordered]
    write_stack(own, target, files["scenes_vrt"], "most probable class of a cell, the newest scene on top")
    pieces = [finer[e.name] for e in ordered if e.name in finer]
    if pieces:
        files["regions_vrt"] = folder / f"{mosaic.name}_regions.vrt"
        write_stack(pieces, union(pieces, target.crs), files["regions_vrt"], "class at 10 m, the newest scene on top")
    return files


def blocks(
    entries: Sequence[Entry], bounds: np.ndarray, target: Target, rule: str, kind: Cells | Pixels = CELLS
) -> Iterator[tuple[Window, np.ndarray, np.ndarray]]:
    """(window, codes, probability in the kind's steps) of every block that a scene lies over; ``entries`` the newest first."""
    index = Index(bounds)
    for window in target.blocks():
        over = index.over(target.bounds(window))
        if not over:
            continue
        fold = Fold(rule, window.width * window.height)
        places: dict[tuple[object, ...], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for i in over:
            e = entries[i]
            if e.grid not in places:
                places[e.grid] = _cells_under(target, window, bounds[i], e)
            at, rows, cols = places[e.grid]
            still = fold.open(at)
            if still.any():
                kind.give(fold, at[still], e, rows[still], cols[still])
        trim_memory()
        code, p = fold.result()
        shape = window.height, window.width
        yield window, code.reshape(shape), p.reshape(shape)


def _cells_under(
    target: Target, window: Window, bounds: np.ndarray, e: Entry
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pixels of a window (their numbers) over a scene, and the row and column of the cell that each lies in."""
    west, south, east, north = bounds
    first_col = max(int((west - target.left) / target.pixel) - 1 - window.col, 0)
    last_col = min(int((east - target.left) / target.pixel) + 2 - window.col, window.width)
    first_row = max(int((target.top - north) / target.pixel) - 1 - window.row, 0)
    last_row = min(int((target.top - south) / target.pixel) + 2 - window.row, window.height)
    if first_col >= last_col or first_row >= last_row:
        nothing = np.empty(0, np.int64)
        return nothing, nothing, nothing
    part = Window(window.col + first_col, window.row + first_row, last_col - first_col, last_row - first_row)
    x, y = to_crs(*target.centres(part), target.crs, e.crs)
    inside = (x >= e.left) & (x < e.right) & (y > e.bottom) & (y <= e.top)
    number = np.add.outer(np.arange(first_row, last_row) * window.width, np.arange(first_col, last_col)).ravel()
    rows = ((e.top - y[inside]) / e.side).astype(np.int64)
    cols = ((x[inside] - e.left) / e.side).astype(np.int64)
    return number[inside], np.minimum(rows, e.rows - 1), np.minimum(cols, e.cols - 1)


def _notes(entries: Sequence[Entry], target: Target) -> tuple[str, ...]:
    moved = [e for e in entries if not _exact(e, target)]
    if not moved:
        return ()
    metres = f"{target.pixel:g} m" if CRS.from_user_input(target.crs).is_projected else f"{target.pixel:.3g}°"
    return (
        f"In {target.crs[:40]} the cells of {len(moved)} of {len(entries)} scenes do not fit the mosaic's pixels of {metres}: "
        "their borders move by at most half a pixel (nearest neighbour).",
    )


def _exact(e: Entry, target: Target) -> bool:
    if e.crs != target.crs:
        return False
    shifts = ((e.left - target.left) / target.pixel, (target.top - e.top) / target.pixel, e.side / target.pixel)
    return all(abs(s - round(s)) < 1e-6 for s in shifts)
