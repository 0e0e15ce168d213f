"""The labelled patches at hand as a DataSet: 87 with radar, four optical bands and maps, and the published examples."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...nomenclature import S1_BANDS, class_of_clc
from ..data.clc_codes import LEVEL_3, UNKNOWN
from ..data.joined import Joined
from ..data.names import product_of
from ..data.opening import open_data_set
from ..types import DataSet, Record

BANDS: Mapping[str, tuple[str, ...]] = {
    "s2": ("B02", "B03", "B04", "B08"),
    "s1": S1_BANDS,
    "all": (*S1_BANDS, "B02", "B03", "B04", "B08"),
}
_COLUMN = "34VER"  # tile of the column of marine patches: 35 neighbours that look alike
_NTH = 9


def open_real_data(root: Path, sensors: str) -> DataSet:
    """All labelled patches under ``root``/bigearthnet that have the bands of ``sensors`` ("s2", "s1", "all").

    Each place and date is there once. Of the column of marine patches every ninth is taken, so that it neither
    dominates training nor flatters a score. Raises DataError where the data are not there.
    """
    bands, home = BANDS[sensors], root / "bigearthnet"
    sets: list[DataSet] = [SixBand(home / "six_band_patches")]
    # Of v1 some radar patches are there without their optical partner.
    v1 = home / "v1" / "BigEarthNet-S1-v1.0" if sensors == "s1" else home / "v1"
    for folder in (v1, home / "v2"):
        with suppress(DataError):  # no patch of v2 at hand has both sensors
            sets.append(open_data_set(folder, bands=bands))
    joined = Joined(sets)
    seen: set[tuple] = set()
    records = []
    for record in sorted(joined.records, key=lambda r: (not r.mapped, r.id)):
        key = (record.place, (record.acquired or "")[:10])
        if record.labels and key not in seen:
            seen.add(key)
            records.append(record)
    column = [r for r in records if r.tile == _COLUMN and not r.mapped]
    left_out = {r.id for r in column} - {r.id for r in column[::_NTH]}
    joined.records = sorted((r for r in records if r.id not in left_out), key=lambda r: r.id)
    return joined


class SixBand:
    """patches.npz with its labels.csv: patches of the v2 test split with VV, VH, B02, B03, B04, B08 and maps.

    Raises DataError where the files are missing.
    """

    bands = BANDS["all"]

    def __init__(self, folder: Path) -> None:
        self.title = "BigEarthNet v2, 87 patches of the test split"
        self._file = folder / "patches.npz"
        if not self._file.is_file():
            raise DataError(f"There is no {self._file}.", "Give the folder that holds bigearthnet/ with --data.")
        with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
            self.records: Sequence[Record] = sorted((_record(row) for row in csv.DictReader(file)), key=lambda r: r.id)

    @cached_property
    def _arrays(self) -> dict[str, np.ndarray]:
        with np.load(self._file) as file:
            return {name: file[name] for name in file.files}

    def _row(self, record: Record) -> int:
        found = np.flatnonzero(self._arrays["patch_id"] == record.id)
        if len(found) != 1:
            raise DataError(f"{self._file} holds patch {record.id} {len(found)} times.")
        return int(found[0])

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        row, pixels = self._row(record), {}
        for band in bands:
            if band in S1_BANDS:
                pixels[band] = self._arrays["s1_db"][row, ..., S1_BANDS.index(band)].astype(np.float32) / 100
            else:
                pixels[band] = self._arrays["s2_dn"][row, ..., BANDS["s2"].index(band)]
        return pixels

    def reference(self, record: Record) -> np.ndarray:
        """Codes are stored modulo 256, where 231 (pastures) and 999 (unknown) meet: the labels tell which."""
        codes = _CODE_OF_BYTE[self._arrays["clc_code"][self._row(record)]]
        labels = np.array([class_of_clc(int(c)) in (record.labels or ()) for c in range(1000)])
        kept: np.ndarray = np.where(labels[codes], codes, UNKNOWN).astype(np.uint16)
        return kept


_CODE_OF_BYTE = np.full(256, UNKNOWN, np.uint16)
_CODE_OF_BYTE[[code % 256 for code in LEVEL_3]] = LEVEL_3


def _record(row: Mapping[str, str]) -> Record:
    product = product_of(row["patch_id"])
    column, down = (int(n) for n in row["patch_id"].rsplit("_", 2)[1:])
    return Record(
        row["patch_id"],
        tuple(row["labels"].split("|")),
        split=row["split"],
        s1_id=row["s1_name"],
        tile=row["tile"],
        place=product.place_of(column, down),
        country=row["country"],
        acquired=product.acquired,
        mapped=True,
    )
