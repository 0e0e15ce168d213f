"""``open_data_set``: what lies at a path, read as what it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...errors import DataError
from ...events import Emit, silent
from ..types import DataSet
from . import version1, version2
from .labelled import Labelled, is_labelled
from .lists import Lists, read_lists
from .names import is_s1, is_v1_s2
from .store import LMDB, Store
from .table import METADATA
from .version1 import Version1
from .version2 import Version2

NO_DATA_SET = "no-data-set"  # code of the error where something is there, but no data set


def open_data_set(
    path: str | Path,
    *,
    s1: str | Path | None = None,
    metadata: str | Path | None = None,
    lists: str | Path | None = None,
    bands: Sequence[str] | None = None,
    emit: Emit = silent,
) -> DataSet:
    """The data set at ``path``.

    path      one of: a folder with BigEarthNet-v1.0/ and BigEarthNet-S1-v1.0/, or either of these (v1, MM); a folder
              with BigEarthNet-S2/, BigEarthNet-S1/, Reference_Maps/ and metadata.parquet (v2); a store that
              ``ben splits`` or ``ben dataset`` wrote; an LMDB of rico-hdl with metadata.parquet in or beside it; a
              GeoPackage of ``ben select`` that somebody labelled
    s1        folder of Sentinel-1 patches that lies elsewhere
    metadata  metadata.parquet that lies elsewhere; the table of snow and cloud is taken from its folder
    lists     folder of v1's split and exclusion lists [default: splits/ in or beside the archive]
    bands     what every record must be able to give [default: Sentinel-2, or Sentinel-1 where there is no other]

    Excluded patches (snow, cloud, no label) are in ``records`` and say so; who trains leaves them out.
    ``emit`` is told of patches that are not there. Raises DataError where there is no data set, or it is damaged.
    """
    root = Path(path)
    if not root.exists():
        raise DataError(f"There is no {root}.", "Give the folder of a data set.")
    if is_labelled(root):
        return Labelled(root)
    partner = None if s1 is None else Path(s1)
    if partner is not None and not partner.is_dir():
        raise DataError(f"There is no folder {partner} of Sentinel-1 patches.")
    for lmdb in (root / LMDB, root):
        if (lmdb / "data.mdb").is_file():
            return Store(lmdb, _metadata(lmdb, metadata), bands, emit)
    if (root / version2.S2_FOLDER).is_dir() or (root / version2.S1_FOLDER).is_dir():
        return Version2(root, _metadata(root, metadata), partner, bands, emit)
    s2_folder, s1_folder = _version_1(root)
    if s2_folder or s1_folder:
        found = read_lists(Path(lists)) if lists is not None else _lists_near(root)
        return Version1(s2_folder, partner or s1_folder, found, bands, emit)
    inside = sorted(p.parent for p in root.glob("*/data.mdb"))
    if len(inside) == 1:
        return Store(inside[0], _metadata(inside[0], metadata), bands, emit)
    raise DataError(
        f"{root} is no data set.",
        f"Known are BigEarthNet v1 ({version1.S2_FOLDER}), v2 ({version2.S2_FOLDER}) and stores ({LMDB}).",
        NO_DATA_SET,
    )


def _metadata(near: Path, given: str | Path | None) -> Path:
    """The table given, or that in or beside a folder."""
    for path in (Path(given),) if given is not None else (near / METADATA, near.parent / METADATA):
        if path.is_file():
            return path
    raise DataError(
        f"There is no {given or METADATA + ' in or beside ' + str(near)}.",
        "BigEarthNet v2 is published with it; put it there, or say where it is.",
    )


def _version_1(root: Path) -> tuple[Path | None, Path | None]:
    """Folders of Sentinel-2 and Sentinel-1 patches: two inside ``root``, or ``root`` and its neighbour."""
    if (root / version1.S2_FOLDER).is_dir() or (root / version1.S1_FOLDER).is_dir():
        return _if_there(root / version1.S2_FOLDER), _if_there(root / version1.S1_FOLDER)
    first = next((p.name for p in root.iterdir() if is_v1_s2(p.name) or is_s1(p.name)), "") if root.is_dir() else ""
    if is_s1(first):
        return None, root
    return (root, _if_there(root.parent / version1.S1_FOLDER)) if first else (None, None)


def _if_there(folder: Path) -> Path | None:
    return folder if folder.is_dir() else None


def _lists_near(root: Path) -> Lists:
    for folder in (root / "splits", root.parent / "splits"):
        if folder.is_dir():
            return read_lists(folder)
    return Lists()
