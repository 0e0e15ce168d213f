"""The map as a GeoPackage: cells, dissolved areas, tables that explain them, styles.

Everything is written at the end of a run in a few bulk writes. ``Package`` fixes GeoPackage's own
timestamps to the acquisition time, so that the same answers give the same bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyogrio
import pyogrio.raw

from ..models.novelty import SCORES
from ..nomenclature import CLASSES
from ..storage import writing
from .areas import Areas, dissolve
from .legend import CATEGORIES, COLUMNS, UNMAPPED, Category
from .palette import answered_categories
from .styles import answered_style, areas_style, patches_style
from .types import OUTSIDE, PROBABILITY_STEPS, STATUS_NAMES
from .view import MapView

# GeoPackage 1.4, GDAL's default of today, makes QGIS 3.22 warn and GDAL 3.6's validator fail.
_VERSION = "1.3"
_UNKNOWN_TIME = "1970-01-01T00:00:00.000Z"
_STYLES = {"class": "CORINE land-cover colours", "model": "Which model answered"}
_SEPARATOR = " | "  # class names contain commas

_MEANINGS = {
    "row": "row of the cell, 0 in the north",
    "col": "column of the cell, 0 in the west",
    "ben_index": "index of the BigEarthNet patch (column_row) where the cell is one of its tile, else NULL",
    "model": "name of the model that answered; NULL where skipped",
    "filled": "why the first model could not answer, where the fallback model did: as in status; else NULL",
    "status": "mapped, or why the cell was skipped: no data, cloud, snow, no Sentinel-1, no Sentinel-2",
    "n_labels": "number of classes at or above their threshold; NULL where skipped",
    "labels": "names of these classes, joined by ' | '; empty where none reaches its threshold",
    "top_class": "most probable class; a label means presence in the patch, not cover",
    "top_p": "probability of that class",
    "top_group": "most probable group of the run's legend; its probability is that of its most probable class",
    "valid": "fraction of the patch's pixels with data",
    "valid_s1": "fraction of the patch's pixels with data of Sentinel-1",
    "valid_s2": "fraction of the patch's pixels with data of Sentinel-2",
    "cloud": "fraction of cloud or cloud shadow; NULL where the scene has no cloud mask",
    "snow": "fraction of snow or ice; NULL where the scene has no cloud mask",
    "unusual_energy": "share of held-apart training patches to which more classes spoke up than here; 1 is unlike all",
    "unusual_distance": "share of held-apart training patches whose features lay nearer to the training data; 1 is unlike all",
    "entropy": "mean over the classes of the binary entropy of p in bits: 0 certain, 1 undecided",
}
_AREA_MEANINGS = {
    "class": "most probable class of the cells",
    "code": "code of that class, as in the table classes",
    "cells": "number of connected cells (edge to edge)",
    "km2": "area of cells whose most probable class is this one, clipped to the scene; not the class's cover",
}


@dataclass(frozen=True)
class Column:
    """Values of one field; ``null`` is True where the value is NULL (text: None, numbers: NaN do as well)."""

    values: np.ndarray
    null: np.ndarray | None = None


def write_package(view: MapView, path: Path) -> None:
    """Layers patches and areas, tables classes, fields, run; styles. ``path`` must not exist. Raises StorageError."""
    keep = view.answers.status != OUTSIDE
    with writing(path), Package(path, view.record.scene.grid.crs, time_of(view.acquired)).open() as package:
        patches = _patches(view, keep)
        package.write(
            "patches",
            patches,
            _rectangles(view, keep),
            "Cells of the map; a label means presence in the patch, not cover",
        )
        areas = dissolve(view, view.top)
        package.write(
            "areas", _areas(areas), areas.wkb, "Connected cells of the same most probable class, clipped to the scene"
        )
        package.write("classes", _classes(view))
        package.write("fields", _fields(view, patches))
        package.write("run", texts(key=view.record.provenance.keys(), value=view.record.provenance.values()))
        package.write("layer_styles", _styles(view, _aliases(view)), fid="id")


_DATE = threading.Lock()  # GDAL's date is one for the whole process; ben batch maps scenes side by side


@contextmanager
def dated(time: str) -> Iterator[None]:
    """The time that GeoPackages say they were written at, inside.

    SQLite does not wait for the disk after each layer: a file is whole when it is published, and who publishes it syncs
    it once (``Journal.publish``, ``whole_folder``). A GeoPackage took ten times as long with a sync a layer.
    """
    options = {"OGR_CURRENT_DATE": time, "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    with _DATE:
        before = {name: pyogrio.get_gdal_config_option(name) for name in options}
        pyogrio.set_gdal_config_options(options)
        try:
            yield
        finally:
            pyogrio.set_gdal_config_options(before)


class Package:
    """A GeoPackage in the making; ``time`` (ISO 8601) stands in it as its own times."""

    def __init__(self, path: Path, crs: str, time: str) -> None:
        self.path, self.crs, self.time = path, crs, time

    @contextmanager
    def open(self) -> Iterator[Package]:
        with dated(self.time):
            yield self

    def write(
        self,
        layer: str,
        columns: Mapping[str, Column],
        geometry: np.ndarray | None = None,
        description: str = "",
        fid: str = "fid",
        append: bool = False,
    ) -> None:
        spatial = {} if geometry is None else {"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"}
        pyogrio.raw.write(
            str(self.path),
            geometry,
            [c.values for c in columns.values()],
            list(columns),
            field_mask=[c.null for c in columns.values()],
            layer=layer,
            driver="GPKG",
            geometry_type=None if geometry is None else "Polygon",
            crs=None if geometry is None else self.crs,
            promote_to_multi=False,
            append=append,
            dataset_options={"VERSION": _VERSION},
            layer_options={"FID": fid, "IDENTIFIER": layer, "DESCRIPTION": description, **spatial},
        )


def _patches(view: MapView, keep: np.ndarray) -> dict[str, Column]:
    answers = view.answers
    mapped = view.mapped[keep]
    row, col = (i.astype(np.int32) for i in np.nonzero(keep))
    no_mask = np.full(row.size, view.record.scene.mask is None)
    columns = {
        "row": Column(row),
        "col": Column(col),
        "ben_index": Column(_ben_index(view, row, col)),
        "status": Column(np.array(STATUS_NAMES, dtype=object)[answers.status[keep]]),
        **_answered(view, keep),
        "n_labels": Column(view.n_labels[keep].astype(np.int32), ~mapped),
        "labels": Column(_label_texts(view.bits[keep], mapped)),
        "top_class": Column(names_of(CATEGORIES, view.top[keep])),
        "top_p": Column(view.top_p[keep]),
    }
    for i, name in enumerate(view.classes):
        columns[COLUMNS[name]] = Column(np.where(mapped, answers.p[..., i][keep] / PROBABILITY_STEPS, np.nan))
    if view.groups is not None:
        columns["top_group"] = Column(names_of(view.group_categories, view.groups[keep]))
    columns["valid"] = Column(answers.valid[keep] / 100)
    if answers.sensors is not None:
        for i, sensor in enumerate(("s1", "s2")):
            columns[f"valid_{sensor}"] = Column(answers.sensors[..., i][keep] / 100)
    columns["cloud"] = Column(answers.cloud[keep] / 100, no_mask)
    columns["snow"] = Column(answers.snow[keep] / 100, no_mask)
    columns["entropy"] = Column(view.entropy[keep])
    if answers.unusual is not None:
        for i, name in enumerate(SCORES):
            columns[f"unusual_{name}"] = Column(
                np.where(view.scored[keep], answers.unusual[..., i][keep] / 100, np.nan)
            )
    return columns


def _answered(view: MapView, keep: np.ndarray) -> dict[str, Column]:
    """Which of two models answered, and why not the first; {} where there was one."""
    fallback, missed = view.record.fallback, view.answers.missed
    if fallback is None or missed is None:
        return {}
    filled = view.filled[keep]
    names = np.where(filled, fallback.card.name, view.record.card.name).astype(object)
    names[~view.mapped[keep]] = None
    reasons = np.array(STATUS_NAMES, dtype=object)[missed[keep]]
    reasons[~filled] = None
    return {"model": Column(names), "filled": Column(reasons)}


def _rectangles(view: MapView, keep: np.ndarray) -> np.ndarray:
    """WKB (object array of bytes) of the cells, clipped to the scene, counter-clockwise."""
    row, col = np.nonzero(keep)
    west, east = view.x_edges[col], view.x_edges[col + 1]
    north, south = view.y_edges[row], view.y_edges[row + 1]
    ring = np.dtype([("order", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4"), ("xy", "<f8", (5, 2))])
    wkb = np.zeros(row.size, dtype=ring)
    wkb["order"], wkb["type"], wkb["rings"], wkb["points"] = 1, 3, 1, 5
    wkb["xy"][..., 0] = np.stack([west, east, east, west, west], axis=1)
    wkb["xy"][..., 1] = np.stack([south, south, north, north, south], axis=1)
    raw, size = wkb.tobytes(), ring.itemsize
    out = np.empty(row.size, dtype=object)
    out[:] = [raw[i : i + size] for i in range(0, len(raw), size)]
    return out


def _ben_index(view: MapView, row: np.ndarray, col: np.ndarray) -> np.ndarray:
    """Text "HH_VV" (column_row) where the cell's patch is a patch of BigEarthNet's own tiling, else None."""
    grid, out = view.record.grid, np.full(row.size, None, dtype=object)
    if view.record.scene.tile is None or grid.stride != grid.size:
        return out
    whole_col = np.array([grid.patch_left(c) == c * grid.stride for c in range(grid.cols)])
    whole_row = np.array([grid.patch_top(r) == r * grid.stride for r in range(grid.rows)])
    own = np.nonzero(whole_col[col] & whole_row[row])[0]
    out[own] = [f"{c:02d}_{r:02d}" for r, c in zip(row[own].tolist(), col[own].tolist(), strict=True)]
    return out


def _label_texts(bits: np.ndarray, mapped: np.ndarray) -> np.ndarray:
    sets, which = np.unique(bits, return_inverse=True)
    texts = np.empty(sets.size, dtype=object)
    texts[:] = [_SEPARATOR.join(c.name for c in CATEGORIES if s >> (c.code - 1) & 1) for s in sets.tolist()]
    out = texts[which]
    out[~mapped] = None
    return out


def names_of(categories: Sequence[Category], codes: np.ndarray) -> np.ndarray:
    names = np.full(256, None, dtype=object)
    for c in categories:
        names[c.code] = c.name
    assert names[UNMAPPED] is None
    return names[codes]


def _areas(areas: Areas) -> dict[str, Column]:
    return {
        "class": Column(names_of(CATEGORIES, areas.codes)),
        "code": Column(areas.codes.astype(np.int32)),
        "cells": Column(areas.cells),
        "km2": Column(areas.m2 / 1e6),
    }


def _classes(view: MapView) -> dict[str, Column]:
    thresholds = dict(zip(view.classes, view.record.thresholds, strict=True))
    untrained, fallback = view.record.card.untrained, view.record.fallback
    columns = {
        "code": Column(np.array([c.code for c in CATEGORIES], dtype=np.int32)),
        "bit": Column(np.array([c.code - 1 for c in CATEGORIES], dtype=np.int32)),
        **texts(
            name=[c.name for c in CATEGORIES],
            colour=[c.colour for c in CATEGORIES],
            clc_codes=[" ".join(map(str, CLASSES[c.name].clc_codes)) for c in CATEGORIES],
            column_name=[COLUMNS[c.name] if c.name in thresholds else None for c in CATEGORIES],
        ),
        "threshold": Column(np.array([thresholds.get(c.name, np.nan) for c in CATEGORIES])),
        "trained": Column(np.array([c.name in thresholds and c.name not in untrained for c in CATEGORIES])),
    }
    if fallback is not None:
        others = dict(zip(fallback.card.classes, fallback.thresholds, strict=True))
        known = [c.name in others and c.name not in fallback.card.untrained for c in CATEGORIES]
        columns["fallback_threshold"] = Column(np.array([others.get(c.name, np.nan) for c in CATEGORIES]))
        columns["fallback_trained"] = Column(np.array(known))
    return columns


def _fields(view: MapView, patches: Mapping[str, Column]) -> dict[str, Column]:
    """What every column of the layers means."""
    names = {COLUMNS[name]: f"probability that {name!r} is present in the patch" for name in view.classes}
    rows = [("patches", field, (_MEANINGS | names)[field]) for field in patches]
    rows += [("areas", field, meaning) for field, meaning in _AREA_MEANINGS.items()]
    layer, field, meaning = zip(*rows, strict=True)
    return texts(layer=layer, field=field, meaning=meaning)


def _aliases(view: MapView) -> dict[str, str]:
    return {COLUMNS[name]: f"p {name}" for name in view.classes}


def _styles(view: MapView, aliases: Mapping[str, str]) -> dict[str, Column]:
    """Rows of QGIS's own table layer_styles: a layer that has a default one is drawn with it."""
    categories = [c for c in CATEGORIES if c.name in view.classes]
    fallback = view.record.fallback
    styles = [
        (
            "patches",
            "class",
            patches_style(categories, "top_class", aliases, view.answers.sensors is not None, bool(fallback)),
        ),
        ("areas", "class", areas_style(categories, "class", {"class": "most probable class", "km2": "km² of cells"})),
    ]
    if fallback:
        styles.append(("patches", "model", answered_style(answered_categories(view), aliases)))
    return layer_styles(styles, time_of(view.acquired))


def layer_styles(styles: Sequence[tuple[str, str, str]], time: str) -> dict[str, Column]:
    """Rows of that table for (layer, what it is drawn by, QML); a layer's default is drawn by "class"."""
    n = len(styles)
    when = np.datetime64(time.removesuffix("Z"), "ms")
    return {
        **texts(
            f_table_catalog=[""] * n,
            f_table_schema=[""] * n,
            f_table_name=[layer for layer, _, _ in styles],
            f_geometry_column=["geom"] * n,
            styleName=[f"{layer} by {what}" for layer, what, _ in styles],
            styleQML=[qml for _, _, qml in styles],
            styleSLD=[""] * n,
        ),
        "useAsDefault": Column(np.array([what == "class" for _, what, _ in styles])),
        **texts(description=[_STYLES[what] for _, what, _ in styles], owner=[""] * n, ui=[None] * n),
        "update_time": Column(np.full(n, when)),
    }


def time_of(acquired: datetime | None) -> str:
    return acquired.strftime("%Y-%m-%dT%H:%M:%S.000Z") if acquired else _UNKNOWN_TIME


def texts(**columns: Iterable[str | None]) -> dict[str, Column]:
    return {name: Column(np.array(list(values), dtype=object)) for name, values in columns.items()}
