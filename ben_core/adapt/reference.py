"""The reference that a user gives, opened once before hours are spent, so that what is wrong with it is said at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import JobError
from ..learn.data.clc_codes import read_code_table
from ..learn.data.reference import open_reference
from ..scene.types import PixelGrid
from .bank import fingerprint
from .truth import Truth, truth_of


@dataclass(frozen=True)
class GivenReference:
    """Polygons or a raster of land cover, on the 10 m ``grid`` of a scene; see ``truth.truth_of``."""

    path: Path
    code_field: str | None
    codes: Mapping[str, int] | None
    grid: PixelGrid

    def truth(self, corners: np.ndarray, classes: Sequence[str]) -> Truth:
        """What is there in the patches with these corners (N, 2)."""
        return truth_of(self.path, self.grid, corners, classes, code_field=self.code_field, codes=self.codes)

    def fingerprint(self) -> str:
        """What decides the truth: the content of every file, and how codes are understood."""
        content = [(file.name, fingerprint(file)) for file in _files(self.path)]
        return json.dumps([content, self.code_field, sorted(self.codes.items()) if self.codes else None])


def reference_of(
    path: str | None, code_field: str | None, map_codes: str | None, grid: PixelGrid
) -> GivenReference | None:
    """None where none is given. Raises JobError, DataError where it cannot be understood or lies elsewhere."""
    if path is None:
        for option, value in (("--code-field", code_field), ("--map-codes", map_codes)):
            if value is not None:
                raise JobError(
                    f"{option} goes with --reference, which is not given.", "Add --reference, or leave it out."
                )
        return None
    given = GivenReference(Path(path), code_field, read_code_table(map_codes) if map_codes else None, grid)
    open_reference(path, grid, code_field=code_field, codes=given.codes).close()
    return given


def _files(path: Path) -> list[Path]:
    """A Shapefile is several files of one name, a file geodatabase a folder."""
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file())
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
    return [path]
