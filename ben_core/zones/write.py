"""Statistics as a GeoPackage or a CSV.

GeoPackage   layer ``zones``: a polygon a zone, with its counts and ``share_…`` and ``p_…`` of every class;
             table ``statistics``: a row a zone and class
CSV          that table
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from pyogrio import raw

from ..errors import JobError
from ..products.legend import CODES, COLUMNS
from ..storage import check_free, writing
from .cells import Cells
from .count import SKIPPED, Statistics
from .polygons import Zones

_VERSION = "1.3"  # as the maps: GeoPackage 1.4 makes QGIS 3.22 warn
_DIGITS = 6


def check_target(out: Path, inputs: Sequence[Path], overwrite: bool) -> None:
    """JobError or OutputError where ``out`` could not be written: better now than after counting."""
    if out.suffix.lower() not in (".gpkg", ".csv"):
        raise JobError(f"--out {out} is neither a .gpkg nor a .csv file.", "The ending decides what is written.")
    if "!" in str(out.absolute()):  # pyogrio takes what stands before it for an archive
        raise JobError(f"Nothing can be written to {out}: '!' must not stand in its path.", "Give another --out.")
    if any(p.exists() and out.exists() and p.samefile(out) for p in inputs):
        raise JobError(f"--out {out} is a file that is read.", "Give another --out.")
    check_free(out, overwrite)


def write_statistics(found: Statistics, cells: Cells, zones: Zones, out: Path) -> None:
    """Write ``out`` whole or not at all. Raises StorageError, OutputError."""
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ben-zones-", dir=out.parent) as folder:
            draft = Path(folder) / out.name
            rows = _rows(found, cells, zones)
            if out.suffix.lower() == ".csv":
                _write_csv(rows, draft)
            else:
                _write_layer(draft, "zones", _wide(found, cells, zones), zones)
                _write_layer(draft, "statistics", rows)
            with open(draft, "r+b") as f:
                os.fsync(f.fileno())
            draft.replace(out)


def _rows(found: Statistics, cells: Cells, zones: Zones) -> dict[str, np.ndarray]:
    """A row a zone and class."""
    m, n = found.present.shape
    return {
        "zone": np.repeat(zones.names, n),
        "class": np.tile(np.array(cells.classes, dtype=object), m),
        "code": np.tile(np.array([CODES[c] for c in cells.classes], dtype=np.int32), m),
        "cells": np.repeat(_round(found.cells), n),
        "not_mapped": np.repeat(_round(found.not_mapped), n),
        "present": _round(found.present).ravel(),
        "share": _round(found.share).ravel(),
        "mean_p": _round(found.mean_p).ravel(),
    }


def _wide(found: Statistics, cells: Cells, zones: Zones) -> dict[str, np.ndarray]:
    """A row a zone."""
    columns = {
        "zone": zones.names,
        "cells": _round(found.cells),
        "not_mapped": _round(found.not_mapped),
        **{reason.replace(" ", "_"): _round(found.skipped[:, i]) for i, reason in enumerate(SKIPPED)},
        "beyond_map": found.beyond,
        "main_class": _main_class(found, cells),
    }
    for i, name in enumerate(cells.classes):
        columns[COLUMNS[name].replace("p_", "share_", 1)] = _round(found.share[:, i])
    for i, name in enumerate(cells.classes):
        columns[COLUMNS[name]] = _round(found.mean_p[:, i])
    return columns


def _main_class(found: Statistics, cells: Cells) -> np.ndarray:
    """The class that is present in most cells (the first of equals by code); None where none is present."""
    names = np.array(cells.classes, dtype=object)[found.present.argmax(axis=1)]
    names[found.present.max(axis=1) == 0] = None
    return names


def _round(values: np.ndarray) -> np.ndarray:
    return np.round(values, _DIGITS)


def _write_layer(path: Path, layer: str, columns: dict[str, np.ndarray], zones: Zones | None = None) -> None:
    raw.write(
        str(path),
        None if zones is None else shapely.to_wkb(zones.shapes),
        list(columns.values()),
        list(columns),
        layer=layer,
        driver="GPKG",
        geometry_type=None if zones is None else "MultiPolygon",
        crs=None if zones is None else zones.crs,
        promote_to_multi=zones is not None,
        append=path.exists(),
        dataset_options={"VERSION": _VERSION},
        layer_options={"IDENTIFIER": layer},
    )


def _write_csv(columns: dict[str, np.ndarray], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as f:
        writer = csv.writer(f)
        writer.writerow(columns)
        for row in zip(*(c.tolist() for c in columns.values()), strict=True):
            writer.writerow("" if v != v else f"{v:g}" if isinstance(v, float) else v for v in row)
