"""Change of one tile between two dates, or two spans of dates, with its significance (see ``significance``)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from ...errors import Cancelled, DataError, JobError
from ...events import Emit, silent
from ...nomenclature import ORDER_ALPHABETICAL
from ...patches.grid import Window
from ...products.legend import CATEGORIES, UNMAPPED
from ...products.styles import areas_style, raster_style
from ...products.types import PROBABILITY_STEPS
from ...products.words import counted, percent
from ...storage import write_bytes, writing
from ..layout import Layout
from .answers import read_p
from .choose import scenes_of, within
from .entries import Entry
from .layers import append, append_style
from .publish import whole_folder
from .series import cog, file_name, strips
from .significance import Change, Side, compare

NO_DIFFERENCE = -32768  # nodata of int16
NO_Q = 65535
CLASSES = len(ORDER_ALPHABETICAL)


@dataclass(frozen=True)
class Changed:
    """What was written, and what was found.

    files     by kind: "difference", "q", "gained", "lost", "cells" (only where one changed), "table"
    cells     cells with an answer before and after; changed: those of them with a significant change of any class
    placebo   share of cells "changed" among the dates of one side, where nothing should: None with single dates
    """

    folder: Path
    files: dict[str, Path]
    cells: int
    changed: int
    placebo: float | None
    notes: tuple[str, ...]


def tile_change(
    out: str | Path,
    place: str,
    before: str,
    after: str,
    *,
    q: float = 0.05,
    least: float = 0.1,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Changed:
    """Write OUT/change/PLACE_BEFORE_AFTER/ whole or not at all.

    before, after   spans (see ``choose.within``); several dates a side are averaged cell by cell
    q               rate of false discoveries that is borne
    least           a smaller difference of the mean probabilities is no change, however significant
    Raises JobError, DataError (no such scenes, too few cells), StorageError, Cancelled.
    """
    if not 0 < q < 1 or not 0 <= least < 1:
        raise JobError("--fdr lies between 0 and 1, --least-difference from 0 to below 1.")
    out = Path(out)
    entries, notes = scenes_of(out, place)
    sides = within(entries, before), within(entries, after)
    if {e.name for e in sides[0]} & {e.name for e in sides[1]}:
        raise JobError(f"{before} and {after} share scenes.", "Give spans that do not overlap.", "span")
    emit(
        "step",
        name="change",
        text=f"{counted(len(sides[0]), 'scene')} before, {len(sides[1])} after, of {entries[0].place}",
    )
    change = _compare(sides[0], sides[1], stop)
    significant = _significant(change, q, least)
    placebo = _placebo(sides, q, least, stop)
    notes += _notes(placebo)
    name = file_name(f"{entries[0].place} {before.replace('..', ' to ')} {after.replace('..', ' to ')}")
    target = Layout(out).out / "change" / name
    with whole_folder(target) as folder:
        files = _write(sides[0][0], change, significant, folder, name, (before, after, q, least))
    files = {kind: target / path.name for kind, path in files.items()}
    for note in notes:
        emit("warning", code="change", message=note)
    for kind, path in files.items():
        emit("output", kind=kind, path=str(path))
    both = int((~np.isnan(change.z)).any(axis=0).sum())
    return Changed(target, files, both, int(significant.any(axis=0).sum()), placebo, tuple(notes))


def _compare(before: Sequence[Entry], after: Sequence[Entry], stop: Callable[[], bool]) -> Change:
    try:
        return compare(_side(before, stop), _side(after, stop))
    except ValueError as e:
        raise DataError(
            f"The dates of {before[0].place} cannot be compared: {e}.",
            "Choose dates with fewer clouds, or a finer --stride when mapping.",
            "cells",
        ) from e


def _side(entries: Sequence[Entry], stop: Callable[[], bool]) -> Side:
    first = entries[0]
    side = Side(CLASSES, first.rows * first.cols)
    for e in entries:
        if stop():
            raise Cancelled("The comparison was stopped before it was whole.", "Run the same command again.")
        p = [read_p(e, rows, cols) for _, rows, cols in strips(e)]
        side.add(np.concatenate(p, axis=1))
    return side


def _significant(change: Change, q: float, least: float) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.asarray((change.q <= q) & (np.abs(change.difference) >= least))


def _placebo(
    sides: tuple[Sequence[Entry], Sequence[Entry]], q: float, least: float, stop: Callable[[], bool]
) -> float | None:
    """The same test between the dates of the longer side: what it finds there is no lasting change."""
    longer = max(sides, key=len)
    if len(longer) < 2:
        return None
    change = _compare(longer[0::2], longer[1::2], stop)
    cells = np.nonzero((~np.isnan(change.z)).any(axis=0))[0]
    return float(np.take(_significant(change, q, least).any(axis=0), cells).mean())


def _notes(placebo: float | None) -> list[str]:
    if placebo is None:
        return [
            "One date a side: clouds, season and what the model mistakes on one day cannot be told from a lasting change. "
            "Spans of several dates can."
        ]
    return [
        f"The same test between dates of one side, where no lasting change is expected, calls {percent(placebo)} of the "
        "cells changed: take that as its rate of false alarms here."
    ]


def _write(
    e: Entry, change: Change, significant: np.ndarray, folder: Path, name: str, told: tuple[str, str, float, float]
) -> dict[str, Path]:
    before, after, q, least = told
    files = {kind: folder / f"{name}_{kind}.tif" for kind in ("difference", "q", "gained", "lost")}
    span = f"{after} against {before}"
    scaled = np.rint(np.nan_to_num(change.difference) * PROBABILITY_STEPS)
    _raster(
        e,
        files["difference"],
        np.where(np.isnan(change.difference), NO_DIFFERENCE, scaled),
        "int16",
        NO_DIFFERENCE,
        f"mean probability of a class, {span}: the difference",
        scale=1 / PROBABILITY_STEPS,
    )
    rates = np.where(np.isnan(change.q), NO_Q, np.ceil(np.nan_to_num(change.q) * PROBABILITY_STEPS))
    _raster(
        e,
        files["q"],
        rates,
        "uint16",
        NO_Q,
        f"smallest rate of false discoveries at which the cell counts as changed, {span}",
        scale=1 / PROBABILITY_STEPS,
    )
    palette = {UNMAPPED: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in CATEGORIES}}
    for kind, sign in (("gained", 1), ("lost", -1)):
        codes = _main_change(change, significant & (np.sign(change.difference) == sign))
        content = f"class that was {kind} most significantly, {span} (q <= {q:g}, difference >= {least:g})"
        _raster(
            e,
            files[kind],
            codes[None],
            "uint8",
            UNMAPPED,
            content,
            names=("class",),
            overviews="MODE",
            predictor=False,
            palette=palette,
        )
        style = files[kind].with_suffix(".qml")
        write_bytes(style, raster_style(CATEGORIES).encode())
        files[f"{kind}_style"] = style
    if significant.any():
        files["cells"] = folder / f"{name}.gpkg"
        _write_cells(e, change, significant, files["cells"])
    files["table"] = folder / f"{name}.csv"
    _write_table(change, significant, files["table"])
    return files


def _raster(e: Entry, path: Path, data: np.ndarray, dtype: str, nodata: int, content: str, **more: object) -> None:
    with cog(e, path, dtype, nodata, content, **more) as file:
        file.write(data.astype(dtype).reshape(len(data), e.rows, e.cols), Window(0, 0, e.cols, e.rows))


def _main_change(change: Change, chosen: np.ndarray) -> np.ndarray:
    """uint8 (cells,): code of the class with the largest |z| among the chosen (the lowest of equals), 0 where none is."""
    strength = np.where(chosen, np.abs(np.nan_to_num(change.z)), -1)
    return np.where(chosen.any(axis=0), strength.argmax(axis=0) + 1, 0).astype(np.uint8)


def _write_cells(e: Entry, change: Change, significant: np.ndarray, path: Path) -> None:
    at = np.nonzero(significant.any(axis=0))[0]
    row, col = np.divmod(at, e.cols)
    west, north = e.left + col * e.side, e.top - row * e.side
    shapes = shapely.box(west, np.maximum(north - e.side, e.bottom), np.minimum(west + e.side, e.right), north)
    up = significant & (change.difference > 0)
    down = significant & (change.difference < 0)
    names = np.array([None, *ORDER_ALPHABETICAL], dtype=object)
    main = _main_change(change, significant)[at]
    pick = main.astype(int) - 1
    columns = {
        "row": (row.astype(np.int32), None),
        "col": (col.astype(np.int32), None),
        "main_change": (names[main], None),
        "difference": (np.round(change.difference[pick, at].astype(float), 4), None),
        "z": (np.round(change.z[pick, at].astype(float), 3), None),
        "q": (change.q[pick, at].astype(float), None),
        "gained": (_names(up[:, at]), None),
        "lost": (_names(down[:, at]), None),
    }
    append(path, "changes", columns, shapely.to_wkb(shapes), e.crs)
    aliases = {"main_change": "largest change", "q": "rate of false discoveries"}
    append_style(path, "changes", areas_style(CATEGORIES, "main_change", aliases))


def _names(chosen: np.ndarray) -> np.ndarray:
    out = np.empty(chosen.shape[1], dtype=object)
    out[:] = [" | ".join(ORDER_ALPHABETICAL[i] for i in np.nonzero(c)[0]) for c in chosen.T]
    return out


def _write_table(change: Change, significant: np.ndarray, path: Path) -> None:
    with writing(path), path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(("class", "cells", "gained", "lost", "mean_difference", "shift_logit", "spread_logit"))
        for i, name in enumerate(ORDER_ALPHABETICAL):
            known = ~np.isnan(change.z[i])
            if known.any():
                d = change.difference[i]
                writer.writerow(
                    (
                        name,
                        int(known.sum()),
                        int((significant[i] & (d > 0)).sum()),
                        int((significant[i] & (d < 0)).sum()),
                        f"{d[known].astype(float).mean():.6f}",
                        f"{change.shift[i]:.4f}",
                        f"{change.spread[i]:.4f}",
                    )
                )
