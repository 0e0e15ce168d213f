"""One table of the cells of all scenes: a GeoPackage, or GeoParquet (extra [parquet]); scenes flow through it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from rasterio.crs import CRS

from ...errors import JobError
from ...products.legend import CATEGORIES, CODES, COLUMNS
from ...products.storage import writing
from ...products.styles import patches_style
from .cells import SceneCells
from .target import to_crs

FORMATS = ("gpkg", "parquet", "none")
_AT_ONCE = 50_000  # rows that are kept before they are written
_TEXT, _INT, _REAL = "text", "int", "real"
_FIELDS: dict[str, str] = {
    "scene": _TEXT, "tile": _TEXT, "acquired": _TEXT, "row": _INT, "col": _INT, "ben_index": _TEXT, "status": _TEXT,
    "n_labels": _INT, "labels": _TEXT, "top_class": _TEXT, "top_code": _INT, "top_p": _REAL,
    **dict.fromkeys((COLUMNS[c.name] for c in CATEGORIES), _REAL),
    **dict.fromkeys(("valid", "valid_s1", "valid_s2", "cloud", "snow", "entropy"), _REAL),
    **dict.fromkeys(("unusual_energy", "unusual_distance"), _REAL),
}  # fmt: skip
_TIME = "1970-01-01T00:00:00.000Z"  # GeoPackage wants times of change: fixed, so that equal cells give equal bytes


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
        self.before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _TIME})
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            if error[0] is None:
                self.flush()
                if self.path.exists():
                    self._style()
        finally:
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": self.before})

    def write(self, columns: dict[str, np.ndarray], shapes: np.ndarray) -> None:
        values, masks = zip(*(_typed(columns[name], kind) for name, kind in _FIELDS.items()), strict=True)
        self._raw("patches", shapely.to_wkb(shapes), list(_FIELDS), list(values), list(masks), SPATIAL_INDEX="YES")

    def _style(self) -> None:
        """QGIS's own table of styles: the layer is drawn in the colours of its classes."""
        qml = patches_style(CATEGORIES, "top_class", {COLUMNS[c.name]: f"p {c.name}" for c in CATEGORIES}, True)
        texts = {
            "f_table_catalog": "", "f_table_schema": "", "f_table_name": "patches", "f_geometry_column": "geom",
            "styleName": "patches by class", "styleQML": qml, "styleSLD": "", "description": "CORINE land-cover colours",
            "owner": "",
        }  # fmt: skip
        values: list[np.ndarray] = [np.array([text], dtype=object) for text in texts.values()]
        values += [np.array([True]), np.array([np.datetime64(_TIME.removesuffix("Z"), "ms")])]
        with writing(self.path):
            self._raw("layer_styles", None, [*texts, "useAsDefault", "update_time"], values, None)

    def _raw(
        self,
        layer: str,
        wkb: np.ndarray | None,
        fields: list[str],
        values: list[np.ndarray],
        masks: list[Any] | None,
        **options: str,
    ) -> None:
        spatial = wkb is not None
        there = self.path.exists()
        pyogrio.raw.write(
            str(self.path), wkb, values, fields, field_mask=masks, layer=layer, driver="GPKG",
            geometry_type="Polygon" if spatial else None, crs=self.crs if spatial else None, promote_to_multi=False,
            append=there, dataset_options=None if there else {"VERSION": "1.3"},  # 1.4 makes QGIS 3.22 warn
            layer_options={"IDENTIFIER": layer, **({"GEOMETRY_NAME": "geom"} if spatial else {"FID": "id"}), **options},
        )  # fmt: skip


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
                    "encoding": "WKB", "geometry_types": ["Polygon"], "crs": _projjson(self.crs), "edges": "planar",
                }
            },
        }  # fmt: skip
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
