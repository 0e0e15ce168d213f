"""metadata.parquet: the official columns of BigEarthNet v2, and ours behind them; to records and back."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import DataError, reason
from ..types import Place, Record
from .names import Product, is_v1_s2, product_of
from .presence import unique

METADATA = "metadata.parquet"
SNOW_CLOUD = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"

_OFFICIAL = (
    ("patch_id", pa.string()),
    ("labels", pa.list_(pa.string())),
    ("split", pa.string()),
    ("country", pa.string()),
    ("s1_name", pa.string()),
    ("s2v1_name", pa.string()),
    ("contains_seasonal_snow", pa.bool_()),
    ("contains_cloud_or_shadow", pa.bool_()),
)
_OURS = (
    ("tile", pa.string()),
    ("crs", pa.string()),
    ("left", pa.float64()),
    ("top", pa.float64()),
    ("side", pa.float64()),
    ("acquired", pa.string()),
    ("labels_43", pa.list_(pa.string())),
    ("unsure", pa.list_(pa.string())),
)
SCHEMA = pa.schema([*_OFFICIAL, *_OURS])


def read_table(path: Path, names: Collection[str]) -> tuple[list[Record], int]:
    """The records of a metadata table whose patch_id or s1_name is among ``names``, sorted by id; and all its rows.

    The table of snow and cloud beside it is read too, where there is one. What a published table lacks (tile,
    place, date) follows from the names. Raises DataError.
    """
    beside = path.with_name(SNOW_CLOUD)
    paths = [path, beside] if beside.is_file() and beside != path else [path]
    wanted = pa.array(names, pa.string())
    records: list[Record] = []
    total = 0
    for each in paths:
        table = _table(each)
        total += table.num_rows
        records += _records(table, wanted, each)
    return unique(records, " and ".join(map(str, paths))), total


def split_columns(path: Path) -> dict[str, str]:
    """Split by patch_id, and by the name of the v1 patch where the table has it. Raises DataError."""
    splits: dict[str, str] = {}
    table = _table(path)
    for column in ("patch_id", "s2v1_name"):
        if column in table.column_names:
            given = zip(table[column].to_pylist(), table["split"].to_pylist(), strict=True)
            splits.update((name, split) for name, split in given if name and split)
    return splits


def write_tables(records: Sequence[Record], folder: Path) -> None:
    """Write ``records`` as the two metadata tables of BigEarthNet v2, snowy and cloudy ones apart."""
    hazy = [r for r in records if "snow" in r.excluded or "cloud" in r.excluded]
    apart = {r.id for r in hazy}
    _write([r for r in records if r.id not in apart], folder / METADATA)
    _write(hazy, folder / SNOW_CLOUD)  # with no rows too: ConfigILM asks for the file


def _write(records: Sequence[Record], path: Path) -> None:
    rows = [_row(r) for r in records]
    columns = {name: [row[name] for row in rows] for name in SCHEMA.names}
    with path.open("wb") as file:
        pq.write_table(pa.table(columns, schema=SCHEMA), file)
        file.flush()
        os.fsync(file.fileno())


def mark_mapped(records: Sequence[Record], mapped: Collection[str]) -> list[Record]:
    return [replace(r, mapped=True) if r.id in mapped else r for r in records]


def _table(path: Path) -> pa.Table:
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as e:
        raise DataError(
            f"The metadata {path} cannot be read: {reason(e)}.", "Take the file from the archive again."
        ) from e
    needed = ("patch_id", "labels", "split")
    missing = [c for c in needed if c not in table.column_names]
    if missing:
        raise DataError(
            f"The metadata {path} has no column {missing[0]}.",
            "Columns of BigEarthNet v2: " + ", ".join(n for n, _ in _OFFICIAL) + ".",
        )
    for field in SCHEMA:
        if field.name in table.column_names and table[field.name].type != field.type:
            try:
                table = table.set_column(
                    table.column_names.index(field.name), field, table[field.name].cast(field.type)
                )
            except pa.ArrowException as e:
                raise DataError(
                    f"Column {field.name} of the metadata {path} is {table[field.name].type}, not {field.type}."
                ) from e
    return table.select([n for n in SCHEMA.names if n in table.column_names])


def _records(table: pa.Table, wanted: pa.Array, path: Path) -> list[Record]:
    hit = pc.is_in(table["patch_id"], wanted)
    if "s1_name" in table.column_names:
        hit = pc.or_(hit, pc.is_in(table["s1_name"], wanted))
    names = table.column_names
    build = _Builder()
    records: list[Record] = []
    for batch in table.filter(hit).to_batches(max_chunksize=20_000):  # 549,488 rows as Python objects are a gigabyte
        rows = zip(*(batch.column(n).to_pylist() for n in names), strict=True)
        try:
            records.extend(build.record(dict(zip(names, row, strict=True))) for row in rows)
        except DataError as e:
            raise DataError(f"{e.message.rstrip('.')} ({path}).", e.hint) from e
    return records


class _Builder:
    """Rows to records; equal values are one object (there are 115 tiles and some thousand sets of labels)."""

    def __init__(self) -> None:
        self.shared: dict[Any, Any] = {}
        self.products: dict[str, Product | None] = {}

    def record(self, row: dict[str, Any]) -> Record:
        name = row["patch_id"]
        if not name:
            raise DataError("A row of the metadata has no patch_id.")
        tile, acquired, place = row.get("tile"), row.get("acquired"), None
        where = [row.get(k) for k in ("crs", "left", "top", "side")]
        if None not in where:
            place = Place(self._same(where[0]), *where[1:])  # type: ignore[arg-type]
        if place is None or tile is None or acquired is None:
            told = self._product(name)
            column, _, line = name[len(told.name) + 1 :].partition("_") if told else ("", "", "")
            if told and column.isdecimal() and line.isdecimal():  # else a data set of somebody's own, places unknown
                place = place or told.place_of(int(column), int(line))
                tile, acquired = tile or told.tile, acquired or told.acquired
        labels = self._tuple(row["labels"])
        excluded = (
            ("snow",) * bool(row.get("contains_seasonal_snow"))
            + ("cloud",) * bool(row.get("contains_cloud_or_shadow"))
            + ("no label",) * (labels == ())
        )
        return Record(
            name,
            labels,
            self._same(row["split"]),
            row.get("s1_name"),
            self._same(tile),
            place,
            self._same(row.get("country")),
            self._same(acquired),
            self._same(excluded),
            unsure=self._tuple(row.get("unsure")) or (),
            labels_43=self._tuple(row.get("labels_43")),
        )

    def _product(self, patch: str) -> Product | None:
        prefix = patch.rsplit("_", 2)[0]
        if prefix not in self.products:
            try:
                self.products[prefix] = product_of(patch)
            except ValueError:
                self.products[prefix] = None
        return self.products[prefix]

    def _same(self, value: Any) -> Any:
        return self.shared.setdefault(value, value)

    def _tuple(self, values: list[str] | None) -> tuple[str, ...] | None:
        return None if values is None else self._same(tuple(values))


def _row(r: Record) -> dict[str, Any]:
    p = r.place
    return {
        "patch_id": r.id,
        "labels": None if r.labels is None else sorted(r.labels),
        "split": r.split,
        "country": r.country,
        "s1_name": r.s1_id,
        "s2v1_name": r.id if is_v1_s2(r.id) else None,
        "contains_seasonal_snow": "snow" in r.excluded,
        "contains_cloud_or_shadow": "cloud" in r.excluded,
        "tile": r.tile,
        "crs": p.crs if p else None,
        "left": p.left if p else None,
        "top": p.top if p else None,
        "side": p.side if p else None,
        "acquired": r.acquired,
        "labels_43": None if r.labels_43 is None else list(r.labels_43),
        "unsure": list(r.unsure),
    }
