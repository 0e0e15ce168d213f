"""``evaluate_map``: a finished map against reference polygons or a reference raster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...clock import Progress
from ...errors import Cancelled, DataError, JobError
from ...events import Emit, silent
from ...patches.grid import Grid
from ...products.legend import CODES
from ...scene.types import PIXEL, PixelGrid
from ..data.reference import known_share, open_reference, present_classes
from .bootstrap import Groups, grouped
from .evaluation import Cells, Evaluation
from .scoring import Answered, score

# BigEarthNet v2 keeps a patch of which less than a quarter is unlabelled (reBEN, arXiv 2407.03653).
KNOWN = 0.75
# Cells of one block are drawn together, for neighbours share fields and forests: sides in patches, the largest that
# gives enough blocks.
_BLOCKS = (8, 4, 2)
_ENOUGH = 20
_BANDS = re.compile(r"\((\d+) m\)")
_GRID = re.compile(r"(\d+) rows x (\d+) columns of (\d+) m cells, patches of (\d+) m")


@dataclass(frozen=True)
class FinishedMap:
    """What `ben map` wrote, as its GeoPackage tells it.

    row, col    cells that were mapped, int (N,)
    p           float32 (N, classes)
    skipped     status -> cells, of those that were not
    """

    path: Path
    run: Mapping[str, str]
    pixels: PixelGrid
    grid: Grid
    classes: tuple[str, ...]
    thresholds: tuple[float, ...]
    untrained: tuple[str, ...]
    row: np.ndarray
    col: np.ndarray
    p: np.ndarray
    skipped: Mapping[str, int]


def evaluate_map(
    map_path: str | Path,
    reference: str | Path,
    *,
    code_field: str | None = None,
    codes: Mapping[str, int] | None = None,
    thresholds: str = "card",
    draws: int = 1000,
    seed: int = 0,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Evaluation:
    """Every figure of a finished map against ``reference``, by BigEarthNet's rules: a class is there where one pixel of
    the patch shows it; patches of which less than 75 % are known are left out.

    map_path  folder of `ben map`, or its GeoPackage
    reference, code_field, codes  see ``learn.data.reference.open_reference``
    Raises DataError, JobError, Cancelled.
    """
    found = read_map(map_path)
    emit("step", name="reference", text="Reading the reference")
    labels, known = _truth(found, Path(reference), code_field, codes, emit, stop)
    kept = np.flatnonzero(known >= KNOWN)
    left_out = Counter(dict(found.skipped))
    if len(known) > len(kept):
        left_out[f"reference knows less than {KNOWN:.0%} of the patch"] = len(known) - len(kept)
    if not len(kept):
        raise DataError(
            f"The reference {reference} knows of no cell of the map what is there.",
            "At least 75 % of a cell's patch must carry codes of the 19 classes.",
        )
    order = np.array(found.classes)
    truth = np.array([[c in labels[i] for c in order] for i in kept])
    strange = Counter(c for i in kept for c in labels[i] if c not in found.classes)
    row, col = found.row[kept], found.col[kept]
    answered = Answered(
        ids=tuple(f"row {r}, column {c}" for r, c in zip(row, col, strict=True)),
        classes=found.classes,
        truth=truth,
        known=np.ones_like(truth),
        p=found.p[kept],
        groups=_blocks(found.grid, row, col),
        thresholds=found.thresholds,
        untrained=found.untrained,
    )
    emit("step", name="score", text="Scoring")
    warnings = (
        [f"The map has no answer for these classes of the reference: {'; '.join(sorted(strange))}."] if strange else []
    )
    result = score(
        answered,
        thresholds,
        draws,
        seed,
        subject=f"Map of {found.run.get('scene', found.path.stem)}",
        about={k: v for k, v in found.run.items() if k in ("scene", "acquired", "model", "bands", "grid", "software")},
        data=f"reference {Path(reference).name}",
        split="",
        left_out=dict(left_out),
        warnings=tuple(warnings),
    )
    given = found.p[kept] >= np.array(result.decisions[0].thresholds)
    return replace(
        result,
        cells=Cells(
            found.grid.rows,
            found.grid.cols,
            tuple(row.tolist()),
            tuple(col.tolist()),
            tuple(_bits(truth)),
            tuple(_bits(given)),
        ),
    )


def _blocks(grid: Grid, row: np.ndarray, col: np.ndarray) -> Groups:
    for patches in _BLOCKS:
        side = patches * grid.size
        block = row * grid.stride // side * (grid.cols + 1) + col * grid.stride // side
        if len(np.unique(block)) >= _ENOUGH:
            break
    return grouped(block, f"blocks of {side * PIXEL / 1000:g} km")


def read_map(path: str | Path) -> FinishedMap:
    """A map that `ben map` wrote: its folder or its GeoPackage. Raises DataError, JobError."""
    path = _package(Path(path))
    run = _table(path, "run")
    facts = dict(zip(run["key"].tolist(), run["value"].tolist(), strict=True))
    text = _GRID.search(facts.get("grid", ""))
    if text is None:
        raise DataError(f"{path} does not say on which grid it lies.", "Is it a GeoPackage of `ben map`?")
    rows, cols, cell, patch = map(int, text.groups())
    classes = _table(path, "classes")
    answered = {
        str(name): i
        for i, name in enumerate(classes["name"])
        if classes["column_name"][i] is not None and name in CODES
    }
    columns = [str(classes["column_name"][i]) for i in answered.values()]
    patches, geometry, crs = _layer(path, ["row", "col", "status", *columns])
    left, top = _corner(geometry, patches["row"], patches["col"], cell)
    right, bottom = _far_corner(geometry, patches, rows, cols, cell, left, top)
    pixels = PixelGrid(crs, left, top, round((right - left) / PIXEL), round((top - bottom) / PIXEL))
    unit = max([int(m) // PIXEL for m in _BANDS.findall(facts.get("bands", ""))] or [1])
    mapped = patches["status"] == "mapped"
    rest = Counter(f"not mapped: {s}" for s in patches["status"][~mapped])
    return FinishedMap(
        path=path,
        run=facts,
        pixels=pixels,
        grid=Grid(pixels.width, pixels.height, cell // PIXEL, patch // PIXEL, unit),
        classes=tuple(answered),
        thresholds=tuple(float(classes["threshold"][i]) for i in answered.values()),
        untrained=tuple(name for name, i in answered.items() if not classes["trained"][i]),
        row=patches["row"][mapped].astype(int),
        col=patches["col"][mapped].astype(int),
        p=np.stack([patches[c][mapped] for c in columns], axis=1).astype(np.float32),
        skipped=dict(sorted(rest.items())),
    )


def _truth(
    found: FinishedMap,
    reference: Path,
    code_field: str | None,
    codes: Mapping[str, int] | None,
    emit: Emit,
    stop: Callable[[], bool],
) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Classes present in the patch of each mapped cell, and the share of it that is known."""
    grid = found.grid
    labels: list[tuple[str, ...]] = [()] * len(found.row)
    known = np.zeros(len(found.row))
    progress = Progress(emit, len(found.row), 0, "cells")
    source = open_reference(reference, found.pixels, code_field=code_field, codes=codes)
    try:
        for row in np.unique(found.row).tolist():
            if stop():
                raise Cancelled("The evaluation was stopped.", "Nothing was written; give the same command again.")
            strip = source.rows(grid.patch_top(row), grid.patch_top(row) + grid.size)
            here = np.flatnonzero(found.row == row)
            for i in here.tolist():
                left = grid.patch_left(int(found.col[i]))
                patch = strip[:, left : left + grid.size]
                labels[i], known[i] = present_classes(patch), known_share(patch)
            progress.add(len(here))
    finally:
        source.close()
    return labels, known


def _bits(mask: np.ndarray) -> list[int]:
    return (mask.astype(np.int64) << np.arange(mask.shape[1])).sum(1).tolist()


def _package(path: Path) -> Path:
    if path.is_file() and path.suffix == ".gpkg":
        return path
    if not path.is_dir():
        raise JobError(f"{path} is neither a folder of `ben map` nor its GeoPackage.", "Give --map OUT of `ben map`.")
    found = sorted(path.glob("*.gpkg"))
    if len(found) != 1:
        names = ", ".join(p.name for p in found) or "none"
        raise JobError(f"{path} holds not one GeoPackage but: {names}.", "Give the map's .gpkg itself.")
    return found[0]


def _table(path: Path, layer: str) -> dict[str, np.ndarray]:
    meta, _, _, values = _read(path, layer, read_geometry=False)
    return dict(zip(meta["fields"].tolist(), values, strict=True))


def _layer(path: Path, columns: list[str]) -> tuple[dict[str, np.ndarray], np.ndarray, str]:
    import shapely

    meta, _, geometry, values = _read(path, "patches", columns=columns, read_geometry=True)
    table = dict(zip(meta["fields"].tolist(), values, strict=True))
    missing = [c for c in columns if c not in table]
    if missing or not len(geometry):
        raise DataError(
            f"Layer patches of {path} lacks {missing[0] if missing else 'cells'}.", "Is it a GeoPackage of `ben map`?"
        )
    return table, shapely.bounds(shapely.from_wkb(geometry)), str(meta["crs"])


def _read(path: Path, layer: str, **arguments: Any) -> Any:
    import pyogrio.raw

    try:
        return pyogrio.raw.read(path, layer=layer, **arguments)
    except (ValueError, RuntimeError) as e:
        raise DataError(
            f"{path} has no readable layer {layer!r}: {str(e).splitlines()[0].rstrip('.')}.",
            "Give a GeoPackage that `ben map` wrote.",
        ) from e


def _corner(bounds: np.ndarray, row: np.ndarray, col: np.ndarray, cell: int) -> tuple[float, float]:
    """Upper left corner of the scene, from any cell."""
    return float(bounds[0, 0] - col[0] * cell), float(bounds[0, 3] + row[0] * cell)


def _far_corner(
    bounds: np.ndarray, table: Mapping[str, np.ndarray], rows: int, cols: int, cell: int, left: float, top: float
) -> tuple[float, float]:
    """Right and bottom edge of the scene: of its last cells, which are clipped to it.

    Where an area of interest left the last ones out the edge is taken to lie at a whole cell; with cells
    smaller than patches, those of the cells next to it may be off by up to half a patch.
    """
    last_col, last_row = table["col"] == cols - 1, table["row"] == rows - 1
    right = bounds[last_col, 2].max() if last_col.any() else left + cols * cell
    bottom = bounds[last_row, 1].min() if last_row.any() else top - rows * cell
    return float(right), float(bottom)
