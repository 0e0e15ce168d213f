"""One table of the cells of all scenes: a GeoPackage, or GeoParquet (extra [parquet]); scenes flow through it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely
from rasterio.crs import CRS

from ...errors import JobError
from ...products.legend import CATEGORIES, CODES, COLUMNS
from ...products.styles import patches_style
from ...storage import writing
from .cells import SceneCells
from .layers import append, append_style
from .target import to_crs

FORMATS = ("gpkg", "parquet", "none")
_AT_ONCE = 50_000  # rows that are kept before they are written
_TEXT, _INT, _REAL = "text", "int", "real"
_FIELDS: dict[str, str] = {
    "scene": _TEXT,
    "tile": _TEXT,
    "acquired": _TEXT,
    "row": _INT,
    "col": _INT,
    "ben_index": _TEXT,
    "status": _TEXT,
    "n_labels": _INT,
    "labels": _TEXT,
    "top_class": _TEXT,
    "top_code": _INT,
    "top_p": _REAL,
    **dict.fromkeys((COLUMNS[c.name] for c in CATEGORIES), _REAL),
    **dict.fromkeys(("valid", "valid_s1", "valid_s2", "cloud", "snow", "entropy"), _REAL),
    **dict.fromkeys(("unusual_energy", "unusual_distance"), _REAL),
}


class Table(Protocol):
    """A context manager that cells are added to; its file is whole when it is left."""

    def __enter__(self) -> Table: ...
    def __exit__(self, *error: Any) -> None: ...
    def add(self, found: SceneCells) -> None: ...


def open_table(kind: str, path: Path, crs: str) -> Table:
    """A table of ``kind`` ("gpkg", "parquet") in ``crs``. Raises JobError where pyarrow is missing."""
    return _Package(path, crs) if kind == "gpkg" else _Parquet(path, crs)


class _Buffered:
    """Gathers scenes and writes them some at a time."""

    def __init__(self, path: Path, crs: str) -> None:
        self.path, self.crs = path, crs
        self.waiting: list[tuple[dict[str, np.ndarray], np.ndarray]] = []
        self.rows = 0

    def add(self, found: SceneCells) -> None:
        self.waiting.append((_columns(found), projected(found.cells.shapes, found.cells.crs, self.crs)))
        self.rows += len(found.cells.shapes)
        if self.rows >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            columns = {name: np.concatenate([c[name] for c, _ in self.waiting]) for name in _FIELDS}
            with writing(self.path):
                self.write(columns, np.concatenate([shapes for _, shapes in self.waiting]))
        self.waiting, self.rows = [], 0

    def write(self, columns: dict[str, np.ndarray], shapes: np.ndarray) -> None:
        raise NotImplementedError


class _Package(_Buffered):
    def __enter__(self) -> Table:
        return self

    def __exit__(self, *error: Any) -> None:
        if error[0] is None:
            self.flush()
            if self.path.exists():
                aliases = {COLUMNS[c.name]: f"p {c.name}" for c in CATEGORIES}
                append_style(self.path, "patches", patches_style(CATEGORIES, "top_class", aliases, both_sensors=True))

    def write(self, columns: dict[str, np.ndarray], shapes: np.ndarray) -> None:
        typed = {name: _typed(columns[name], kind) for name, kind in _FIELDS.items()}
        append(self.path, "patches", typed, shapely.to_wkb(shapes), self.crs)


class _Parquet(_Buffered):
    """GeoParquet 1.1: a row group for every write, geometry as WKB."""

    def __enter__(self) -> Table:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as e:
            raise JobError(
                f"GeoParquet needs the extra [parquet], which is not installed ({e}).",
                "Install it: pip install 'bigearthnet-mapper[parquet]', or take --patches gpkg.",
            ) from e
        self.pa = pa
        kinds = {_TEXT: pa.string(), _INT: pa.int32(), _REAL: pa.float64()}
        fields = [pa.field(name, kinds[kind]) for name, kind in _FIELDS.items()]
        geo = {
            "version": "1.1.0",
            "primary_column": "geometry",
            "columns": {
                "geometry": {
                    "encoding": "WKB",
                    "geometry_types": ["Polygon"],
                    "crs": _projjson(self.crs),
                    "edges": "planar",
                }
            },
        }
        self.schema = pa.schema([*fields, pa.field("geometry", pa.binary())], metadata={"geo": json.dumps(geo)})
        with writing(self.path):
            self.file = parquet.ParquetWriter(self.path, self.schema, compression="zstd")
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if error[0] is None:
                self.flush()
        finally:
            with writing(self.path):
                self.file.close()

    def write(self, columns: dict[str, np.ndarray], shapes: np.ndarray) -> None:
        arrays = []
        for name, kind in _FIELDS.items():
            values, mask = _typed(columns[name], kind)
            arrays.append(self.pa.array(values, type=self.schema.field(name).type, mask=mask, from_pandas=True))
        arrays.append(self.pa.array(shapely.to_wkb(shapes), type=self.pa.binary()))
        self.file.write_table(self.pa.Table.from_arrays(arrays, schema=self.schema))


def projected(shapes: np.ndarray, source: str, target: str) -> np.ndarray:
    """Shapes in another CRS by their corners. In degrees, those across the 180th meridian go on beyond it."""
    x, y = shapely.get_coordinates(shapes).T
    x, y = to_crs(x, y, source, target)
    moved = shapely.set_coordinates(shapes.copy(), np.stack([x, y], axis=1))
    if CRS.from_user_input(target).is_geographic:
        west, _, east, _ = shapely.bounds(moved).T
        across = east - west > 180
        if across.any():
            moved[across] = shapely.transform(moved[across], lambda xy: xy + (xy[:, :1] < 0) * np.array([360.0, 0.0]))
    return moved


def _columns(found: SceneCells) -> dict[str, np.ndarray]:
    n, e, top = len(found.cells.shapes), found.entry, found.top
    own = {"scene": e.name, "tile": e.place, "acquired": e.time or None}
    made: dict[str, np.ndarray] = {name: np.full(n, text, dtype=object) for name, text in own.items()}
    made["top_code"] = np.where(top > 0, top, np.nan)
    out = {}
    for name, kind in _FIELDS.items():
        values = made.get(name, found.columns.get(name))
        if values is None:
            values = np.full(n, None if kind == _TEXT else np.nan, dtype=object if kind == _TEXT else float)
        out[name] = values if kind == _TEXT else values.astype(float)
    return out


def _typed(values: np.ndarray, kind: str) -> tuple[np.ndarray, np.ndarray | None]:
    """(values, where they are NULL) as the writers want them."""
    if kind == _TEXT:
        return values, np.array([v is None for v in values.tolist()])
    null = np.isnan(values)
    return (np.where(null, 0, values).astype(np.int32) if kind == _INT else values), null


def _projjson(crs: str) -> dict[str, Any]:
    return dict(json.loads(_pyproj_crs(crs)))


def _pyproj_crs(crs: str) -> str:
    # geopandas, which the program needs anyway, brings pyproj; rasterio writes no PROJJSON.
    from pyproj import CRS as ProjCRS

    return str(ProjCRS.from_user_input(crs).to_json())


assert set(CODES) == set(COLUMNS)
