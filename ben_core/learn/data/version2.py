"""BigEarthNet v2 (reBEN) as published: folders of patches by product, and tables of metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...events import Emit, silent
from ..types import Record
from .names import product_of, s1_scene
from .pixels import REFERENCE_MAP, S1, read_band
from .presence import present
from .table import mark_mapped, read_table

S2_FOLDER, S1_FOLDER, MAPS_FOLDER = "BigEarthNet-S2", "BigEarthNet-S1", "Reference_Maps"


class Version2:
    """A DataSet of BigEarthNet v2: those rows of ``table`` whose patches are on disk, see ``present``.

    Raises DataError where there are none.
    """

    def __init__(
        self,
        root: Path,
        table: Path,
        s1: Path | None = None,
        wanted: Sequence[str] | None = None,
        emit: Emit = silent,
    ) -> None:
        self.s2, self.s1, self.maps = root / S2_FOLDER, s1 or root / S1_FOLDER, root / MAPS_FOLDER
        self.title = f"BigEarthNet v2 in {root.resolve().name!r}"
        s2, s1_names = _patches(self.s2), _patches(self.s1)
        rows, total = read_table(table, s2 | s1_names)
        on_disk, self.bands = present(rows, s2, s1_names, wanted)
        if not on_disk:
            asked = f" with the bands {', '.join(wanted)}" if wanted else ""
            raise DataError(
                f"{root} holds no patch of the metadata's {total:,}{asked}.",
                f"Patches are looked for in {S2_FOLDER}/PRODUCT/PATCH and {S1_FOLDER}/SCENE/PATCH.",
            )
        self.records = mark_mapped(on_disk, _patches(self.maps))
        if len(on_disk) < total:
            emit(
                "warning",
                code="partly",
                message=f"{len(on_disk):,} patches are here; "
                f"{total - len(on_disk):,} of the metadata's {total:,} are not.",
            )

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        return {b: read_band(self._file(record, b), b, record.id) for b in bands}

    def _file(self, record: Record, band: str) -> Path:
        if band not in S1:
            return self.s2 / product_of(record.id).name / record.id / f"{record.id}_{band}.tif"
        if record.s1_id is None:
            raise DataError(f"Patch {record.id} has no band {band}: its Sentinel-1 partner is not in {self.s1}.")
        return self.s1 / s1_scene(record.s1_id) / record.s1_id / f"{record.s1_id}_{band}.tif"

    def reference(self, record: Record) -> np.ndarray:
        if not record.mapped:
            raise DataError(f"Patch {record.id} has no reference map in {self.maps}.")
        path = self.maps / product_of(record.id).name / record.id / f"{record.id}_{REFERENCE_MAP}.tif"
        return read_band(path, REFERENCE_MAP, record.id)


def _patches(root: Path) -> set[str]:
    """Names of the patch folders two levels down; none where there is no such folder."""
    names: set[str] = set()
    if root.is_dir():
        with os.scandir(root) as products:
            for product in products:
                if product.is_dir():
                    with os.scandir(product.path) as patches:
                        names.update(e.name for e in patches)
    return names
