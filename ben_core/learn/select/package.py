"""The GeoPackage that goes to a person: patches to label, what the model answers, how they were chosen."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely

from ...nomenclature import ORDER_ALPHABETICAL
from ...products.legend import COLUMNS
from ...storage import writing
from ..data.labelled import ANSWERS, LAYER, MODELS, RUN_TABLE
from ..types import Place
from .form import labels_form

CLASSES_TABLE = "classes"
PROBABILITIES = {COLUMNS[name]: name for name in ORDER_ALPHABETICAL}
_VERSION = "1.3"  # see products/vectors.py: GDAL's default of today makes QGIS 3.22 warn


@dataclass(frozen=True)
class Row:
    """One patch of the list.

    rank      1 is the most wanted; None for pseudo-labels
    by        who labels it: PERSON or MODELS
    present   19 of True, False, or None where nobody knows, alphabetical order: the answer the form begins with
    p         19 probabilities, NaN where the model has none
    """

    id: str
    place: Place
    rank: int | None
    by: str
    present: Sequence[bool | None]
    p: np.ndarray
    branch: str
    about: str
    reason: str
    picture: bytes


def write_list(path: Path, rows: Sequence[Row], facts: Mapping[str, Any]) -> None:
    """Write the layer ``patches`` with form and style, and the tables ``classes`` and ``selection`` (``facts`` as JSON).

    The file appears whole or not at all. Raises StorageError, OutputError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part.gpkg")
    aside.unlink(missing_ok=True)
    try:
        with writing(path):
            _write_patches(aside, rows)
            table = {"column": list(ANSWERS), "probability": list(PROBABILITIES), "class": list(ANSWERS.values())}
            _write(aside, CLASSES_TABLE, {k: np.array(v, dtype=object) for k, v in table.items()})
            texts = {"key": list(facts), "value": [json.dumps(v, ensure_ascii=False) for v in facts.values()]}
            _write(aside, RUN_TABLE, {k: np.array(v, dtype=object) for k, v in texts.items()})
            _write_style(aside)
            aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _write_patches(path: Path, rows: Sequence[Row]) -> None:
    columns: dict[str, np.ndarray] = {}
    null: dict[str, np.ndarray] = {}
    columns["rank"] = np.array([r.rank or 0 for r in rows], np.int32)
    null["rank"] = np.array([r.rank is None for r in rows])
    columns["done"] = np.array([r.by == MODELS for r in rows])
    for i, column in enumerate(ANSWERS):
        columns[column] = np.array([bool(r.present[i]) for r in rows])
        null[column] = np.array([r.present[i] is None for r in rows])
    columns["note"] = np.array([""] * len(rows), dtype=object)
    for name in ("by", "reason", "about", "branch"):
        columns[name] = np.array([getattr(r, name) for r in rows], dtype=object)
    columns["patch_id"] = np.array([r.id for r in rows], dtype=object)
    columns["crs"] = np.array([r.place.crs for r in rows], dtype=object)
    for name in ("left", "top", "side"):
        columns[name] = np.array([getattr(r.place, name) for r in rows], np.float64)
    for i, column in enumerate(PROBABILITIES):
        p = np.array([r.p[i] for r in rows], np.float64)
        columns[column], null[column] = np.round(p, 4), np.isnan(p)
    columns["picture"] = np.array([base64.b64encode(r.picture).decode() for r in rows], dtype=object)
    crs = sorted({r.place.crs for r in rows})
    target = crs[0] if len(crs) == 1 else "EPSG:4326"
    _write(path, LAYER, columns, null, np.array([_footprint(r.place, target) for r in rows], dtype=object), target)


def _footprint(place: Place, target: str) -> bytes:
    box = shapely.box(place.left, place.top - place.side, place.left + place.side, place.top)
    if place.crs != target:
        from rasterio.warp import transform

        def project(points: np.ndarray) -> np.ndarray:
            return np.column_stack(transform(place.crs, target, points[:, 0], points[:, 1]))

        box = shapely.transform(box, project)
    wkb: bytes = shapely.to_wkb(box)
    return wkb


def _write_style(path: Path) -> None:
    """A row of QGIS's own table layer_styles: a layer that has a default one is drawn, and edited, with it."""
    others = ["rank", "reason", "about", "branch", "by", "patch_id", "crs", "left", "top", "side", "picture"]
    texts = {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": LAYER,
        "f_geometry_column": "geom",
        "styleName": "to label",
        "styleQML": labels_form(ANSWERS, PROBABILITIES, others),
        "styleSLD": "",
        "description": "checkboxes a class",
        "owner": "",
        "ui": None,
    }
    columns: dict[str, np.ndarray] = {k: np.array([v], dtype=object) for k, v in texts.items()}
    columns["useAsDefault"] = np.array([True])
    columns["update_time"] = np.array([np.datetime64("1970-01-01T00:00:00.000", "ms")])
    _write(path, "layer_styles", columns, fid="id")


def _write(
    path: Path,
    layer: str,
    columns: Mapping[str, np.ndarray],
    null: Mapping[str, np.ndarray] | None = None,
    geometry: np.ndarray | None = None,
    crs: str | None = None,
    fid: str = "fid",
) -> None:
    spatial = {} if geometry is None else {"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"}
    pyogrio.raw.write(
        str(path),
        geometry,
        list(columns.values()),
        list(columns),
        field_mask=[(null or {}).get(c) for c in columns],
        layer=layer,
        driver="GPKG",
        geometry_type=None if geometry is None else "Polygon",
        crs=crs,
        promote_to_multi=False,
        dataset_options={"VERSION": _VERSION},
        layer_options={"FID": fid, "IDENTIFIER": layer, **spatial},
    )


def first_answer(p: np.ndarray, thresholds: Mapping[str, float]) -> list[bool | None]:
    """What the form begins with: the model's answer; None for classes that it does not answer."""
    return [
        bool(value >= thresholds[name]) if name in thresholds and not np.isnan(value) else None
        for name, value in zip(ORDER_ALPHABETICAL, p, strict=True)
    ]
