"""Layers of GeoPackages that many scenes flow into: appended some rows at a time, the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyogrio.raw

from ...products.vectors import dated
from ...storage import writing

_TIME = "1970-01-01T00:00:00.000Z"  # GeoPackage wants times of change: fixed, so that equal cells give equal bytes
_VERSION = "1.3"  # 1.4 makes QGIS 3.22 warn

Column = tuple[np.ndarray, np.ndarray | None]  # values, and where they are NULL


def append(path: Path, layer: str, columns: Mapping[str, Column], wkb: np.ndarray | None = None, crs: str = "") -> None:
    """Rows to a layer of polygons, or to a table where ``wkb`` is None. Raises StorageError."""
    spatial, there = wkb is not None, path.exists()
    named = {"GEOMETRY_NAME": "geom", "SPATIAL_INDEX": "YES"} if spatial else {"FID": "id"}
    with writing(path), dated(_TIME):
        pyogrio.raw.write(
            str(path),
            wkb,
            [values for values, _ in columns.values()],
            list(columns),
            field_mask=[null for _, null in columns.values()],
            layer=layer,
            driver="GPKG",
            geometry_type="Polygon" if spatial else None,
            crs=crs if spatial else None,
            promote_to_multi=False,
            append=there,
            dataset_options=None if there else {"VERSION": _VERSION},
            layer_options={"IDENTIFIER": layer, **named},
        )


def append_style(path: Path, layer: str, qml: str) -> None:
    """QGIS's own table of styles: a layer that has one is drawn with it. Raises StorageError."""
    texts = {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": layer,
        "f_geometry_column": "geom",
        "styleName": f"{layer} by class",
        "styleQML": qml,
        "styleSLD": "",
        "description": "CORINE land-cover colours",
        "owner": "",
    }
    columns: dict[str, Column] = {name: (np.array([text], dtype=object), None) for name, text in texts.items()}
    columns["useAsDefault"] = np.array([True]), None
    columns["update_time"] = np.array([np.datetime64(_TIME.removesuffix("Z"), "ms")]), None
    append(path, "layer_styles", columns)
