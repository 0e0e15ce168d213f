"""One tile over time: the mean probability of every class over its dates, and a table of the dates."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rasterio.transform import Affine

from ...errors import Cancelled
from ...events import Emit, silent
from ...nomenclature import ORDER_ALPHABETICAL
from ...patches.grid import Window
from ...products.cog import Cog
from ...products.types import NOT_MAPPED, PROBABILITY_STEPS
from ...storage import writing
from ...version import __version__
from ..layout import Layout
from .answers import read_p
from .charts import over_time
from .choose import scenes_of, within
from .counts import Key, Sums
from .entries import Entry
from .publish import whole_folder
from .rules import top

ROWS = 256  # rows of cells at once


@dataclass(frozen=True)
class Series:
    """Files by kind ("mean", "dates", "table", "chart"), the dates, notes for a person."""

    folder: Path
    files: dict[str, Path]
    dates: tuple[str, ...]
    notes: tuple[str, ...]


def tile_series(
    out: str | Path,
    place: str,
    span: str | None = None,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Series:
    """Write OUT/series/PLACE/ whole or not at all, from all scenes of a tile, or those of ``span`` (see ``choose``).

    PLACE_mean.tif   uint16, a band a class: mean over the dates with an answer x 10000, 65535 where there is none
    PLACE_dates.tif  uint16: number of these dates
    PLACE.csv        a row a scene and class: mean probability, cells whose most probable class it is
    Raises JobError, DataError (no such tile or span, a product that cannot be read), StorageError, Cancelled.
    """
    out = Path(out)
    entries, notes = scenes_of(out, place)
    if span is not None:
        entries = within(entries, span)
    first, name = entries[0], file_name(entries[0].place)
    emit("step", name="series", text=f"{len(entries)} scenes of {first.place}, {first.day} to {entries[-1].day}")
    place_of = Layout(out).out / "series" / name
    with whole_folder(place_of) as folder:
        files = {
            "mean": folder / f"{name}_mean.tif",
            "dates": folder / f"{name}_dates.tif",
            "table": folder / f"{name}.csv",
            "chart": folder / f"{name}.svg",
        }
        sums = _write_rasters(entries, files, stop)
        _write_table(entries, sums, files["table"])
        keyed = [(Key("tile", first.place, e.day), s) for e, s in zip(entries, sums, strict=True)]
        with writing(files["chart"]):
            files["chart"].write_text(over_time(keyed, "tile", first.place), encoding="utf-8")
    files = {kind: place_of / path.name for kind, path in files.items()}
    for note in notes:
        emit("warning", code="series", message=note)
    for kind, path in files.items():
        emit("output", kind=kind, path=str(path))
    return Series(place_of, files, tuple(e.day for e in entries), tuple(notes))


def file_name(place: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in place)


def strips(e: Entry) -> list[tuple[Window, np.ndarray, np.ndarray]]:
    """(window, rows, columns) of the cells of a scene, some rows at a time."""
    found = []
    for row in range(0, e.rows, ROWS):
        height = min(ROWS, e.rows - row)
        rows, cols = np.divmod(np.arange(height * e.cols), e.cols)
        found.append((Window(0, row, e.cols, height), rows + row, cols))
    return found


def cog(e: Entry, path: Path, dtype: str, nodata: int, content: str, **more: object) -> Cog:
    """A raster with the cells of a scene as pixels."""
    tags = {"TIFFTAG_SOFTWARE": f"BigEarthNet Mapper {__version__}", "CONTENT": content}
    settings = {"names": ORDER_ALPHABETICAL, "overviews": "AVERAGE", **more}
    return Cog(
        path,
        width=e.cols,
        height=e.rows,
        transform=Affine(e.side, 0.0, e.left, 0.0, -e.side, e.top),
        crs=e.crs,
        dtype=dtype,
        nodata=nodata,
        tags=tags,
        **settings,  # type: ignore[arg-type]
    )


def _write_rasters(entries: list[Entry], files: dict[str, Path], stop: Callable[[], bool]) -> list[Sums]:
    first, sums = entries[0], [Sums(scenes=1) for _ in entries]
    days = f"{len(entries)} scenes from {first.day} to {entries[-1].day}"
    mean_file = cog(
        first,
        files["mean"],
        "uint16",
        NOT_MAPPED,
        f"mean probability of a class over {days}",
        scale=1 / PROBABILITY_STEPS,
    )
    dates_file = cog(first, files["dates"], "uint16", 0, f"number of answers among {days}", names=("answers",))
    with mean_file as means, dates_file as dates:
        for window, rows, cols in strips(first):
            total = np.zeros((len(ORDER_ALPHABETICAL), len(rows)), np.uint32)
            count = np.zeros(total.shape, np.uint32)
            for e, s in zip(entries, sums, strict=True):
                if stop():
                    raise Cancelled("The series was stopped before it was whole.", "Run the same command again.")
                p = read_p(e, rows, cols)
                known = p != NOT_MAPPED
                total += np.where(known, p, 0)
                count += known
                _add(s, p, known)
            mean = np.full(total.shape, NOT_MAPPED, np.uint16)
            some = count > 0
            mean[some] = (2 * total[some] + count[some]) // (2 * count[some])
            shape = window.height, window.width
            means.write(mean.reshape(-1, *shape), window)
            dates.write(count.max(axis=0).astype(np.uint16).reshape(1, *shape), window)
    return sums


def _add(s: Sums, p: np.ndarray, known: np.ndarray) -> None:
    code = top(p)[1]
    s.cells += int((code > 0).sum())
    s.not_mapped += int((code == 0).sum())
    s.main += np.bincount(code, minlength=len(ORDER_ALPHABETICAL) + 1)[1:]
    s.p += np.where(known, p, 0).sum(axis=1) / PROBABILITY_STEPS
    s.answered += known.sum(axis=1)


def _write_table(entries: list[Entry], sums: list[Sums], path: Path) -> None:
    with writing(path), path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(("scene", "acquired", "cells", "not_mapped", "class", "mean_p", "main", "main_share"))
        for e, s in zip(entries, sums, strict=True):
            for i, name in enumerate(ORDER_ALPHABETICAL):
                if s.answered[i]:
                    writer.writerow(
                        (
                            e.name,
                            e.time,
                            f"{s.cells:g}",
                            f"{s.not_mapped:g}",
                            name,
                            f"{s.p[i] / s.answered[i]:.6g}",
                            f"{s.main[i]:g}",
                            f"{s.main[i] / s.cells:.6g}",
                        )
                    )
