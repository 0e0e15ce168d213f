"""Patches that somebody labelled in QGIS: the GeoPackage of ``ben select`` with the scene or data set it points to.

A row counts as labelled where "done" is ticked. A class left at NULL, the third state of its checkbox, is one of which
nobody knows. Rows that two models labelled (``by`` = "models") count as they stand.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError
from ...nomenclature import ORDER_ALPHABETICAL
from ...patches.grid import Window
from ...products.legend import COLUMNS
from ...scene import BandReader, Scene, require_bands
from ...scene.types import PIXEL
from ..types import DataSet, Place, Record
from .pixels import S1, S2
from .presence import unique
from .source import reopen

LAYER, RUN_TABLE = "patches", "selection"
ANSWERS = {COLUMNS[name].removeprefix("p_"): name for name in ORDER_ALPHABETICAL}  # boolean column -> class
PERSON, MODELS = "person", "models"  # who labels a patch: column ``by``


class Labelled:
    """A DataSet. Of a scene: the patches of the GeoPackage, those that are done with labels and in the split "train".
    Of a data set: all its records, those that are done with the labels given here.

    A scene's patches are read once, all together, when the first is asked for, and kept: 0.2 MB each.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"the labels in {path.name!r}"
        rows, facts = _rows(path)
        self._source = reopen(facts["source"], path)
        own = [_record(row, path) for row in rows]
        data = self._source.data
        if data is None:
            assert self._source.scene is not None
            self._scene = self._source.scene
            self.bands = tuple(b for b in (*S2, *S1) if b in self._scene.bands)
            self.records: Sequence[Record] = unique([replace(r, acquired=self._scene.acquired) for r in own], str(path))
            for r in self.records:
                _window(r, self._scene)
        else:
            self.bands = data.bands
            self.records = _merged(data.records, own, path)
        self._pixels: dict[str, dict[str, np.ndarray]] = {}  # band -> id -> pixels
        self._lock = threading.Lock()

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        if self._source.data is not None:
            return self._source.data.read(record, bands)
        with self._lock:
            missing = [b for b in bands if b not in self._pixels]
            if missing:
                require_bands(self._scene, missing)
                self._pixels |= _cut(self._scene, self.records, missing)
        try:
            return {b: self._pixels[b][record.id] for b in bands}
        except KeyError:
            raise DataError(f"Patch {record.id} is none of {self.path}.") from None

    def reference(self, record: Record) -> np.ndarray:
        if self._source.data is not None:
            return self._source.data.reference(record)
        raise DataError(f"Patch {record.id} has no reference map: somebody labelled it as a whole.")

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._lock = threading.Lock()


def is_labelled(path: Path) -> bool:
    """Whether a path is a GeoPackage of ``ben select``."""
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE name = ?", (RUN_TABLE,)).fetchone()
    except sqlite3.Error:
        return False
    return found is not None


def _rows(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    # SQLite itself: a GeoPackage is a database, and NULL, false and true are told apart without a detour.
    columns = ("patch_id", "by", "done", "crs", "left", "top", "side", *ANSWERS)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            there = {row[1] for row in database.execute(f'PRAGMA table_info("{LAYER}")')}
            missing = [c for c in columns if c not in there]  # SQLite takes an unknown "name" for a text
            if missing:
                raise ValueError(f"its layer {LAYER} has no column {missing[0]}")
            asked = ", ".join(f'"{c}"' for c in columns)
            found = database.execute(f'SELECT {asked} FROM "{LAYER}" ORDER BY "patch_id"').fetchall()
            facts = dict(database.execute(f'SELECT "key", "value" FROM "{RUN_TABLE}"').fetchall())
        told = {key: json.loads(value) for key, value in facts.items()}
        if not isinstance(told["source"], dict) or not {"path", "relative", "kind", "options"} <= set(told["source"]):
            raise ValueError("its table selection does not say where the patches come from")
    except (sqlite3.Error, ValueError, KeyError, TypeError) as e:
        raise DataError(
            f"{path} is no GeoPackage of `ben select`, or is damaged: {e}.",
            "Keep its layer, columns and tables as they are; only tick boxes.",
        ) from e
    return [dict(zip(columns, row, strict=True)) for row in found], told


def _record(row: Mapping[str, Any], path: Path) -> Record:
    name = row["patch_id"]
    try:
        place = Place(str(row["crs"]), float(row["left"]), float(row["top"]), float(row["side"]))
    except (TypeError, ValueError) as e:
        raise DataError(f"Patch {name} of {path} has no place.", "Keep crs, left, top and side as they are.") from e
    if not name:
        raise DataError(f"A patch of {path} has no patch_id.", "Delete rows that you drew yourself.")
    if not row["done"]:
        return Record(str(name), None, place=place)
    answers = {ANSWERS[column]: row[column] for column in ANSWERS}
    return Record(
        str(name),
        labels=tuple(c for c in ORDER_ALPHABETICAL if answers[c]),
        split="train",
        place=place,
        unsure=tuple(c for c in ORDER_ALPHABETICAL if answers[c] is None),
    )


def _merged(records: Sequence[Record], own: Sequence[Record], path: Path) -> list[Record]:
    given = {r.id: r for r in own if r.labels is not None}
    foreign = sorted(set(given) - {r.id for r in records})
    if foreign:
        raise DataError(
            f"{path} labels patch {foreign[0]}, which its data set does not hold.", "Has the data set changed since?"
        )
    return [
        replace(r, labels=given[r.id].labels, unsure=given[r.id].unsure, split=r.split or "train")
        if r.id in given
        else r
        for r in records
    ]


def _window(record: Record, scene: Scene) -> Window:
    """Pixels of a patch on the scene's grid. DataError where it is another scene's."""
    place, grid = record.place, scene.grid
    assert place is not None
    col, row, side = (place.left - grid.left) / PIXEL, (grid.top - place.top) / PIXEL, place.side / PIXEL
    window = Window(round(col), round(row), round(side), round(side))
    whole = max(abs(col - window.col), abs(row - window.row)) < 0.01
    inside = 0 <= window.col <= grid.width - window.width and 0 <= window.row <= grid.height - window.height
    if place.crs != grid.crs or not whole or not inside:
        raise DataError(
            f"Patch {record.id} does not lie on the pixels of {scene.name}.",
            "The GeoPackage belongs to another scene, or its places were changed.",
        )
    return window


def _cut(scene: Scene, records: Sequence[Record], bands: Sequence[str]) -> dict[str, dict[str, np.ndarray]]:
    """Band -> id -> pixels at native size. Rows of patches are read from north to south, so that GDAL's cache, which
    holds a row of blocks, decodes each block once."""
    windows = sorted(((_window(r, scene), r.id) for r in records), key=lambda w: (w[0].row, w[0].col))
    out: dict[str, dict[str, np.ndarray]] = {b: {} for b in bands}
    with ExitStack() as stack:
        for band in bands:
            reader = stack.enter_context(BandReader(scene.bands[band]))
            step = scene.bands[band].resolution // PIXEL
            for w, name in windows:
                rows, cols = (w.row // step, (w.row + w.height) // step), (w.col // step, (w.col + w.width) // step)
                out[band][name] = reader.read_rows(*rows, *cols)
    return out


_: type[DataSet] = Labelled
