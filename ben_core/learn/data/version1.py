"""BigEarthNet v1.0 (Sentinel-2) and MM (with Sentinel-1) as published: a flat folder of patches a sensor."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import DataError, reason
from ...events import Emit, silent
from ...nomenclature import classes_of_labels_43
from ..types import Place, Record
from .lists import Lists
from .names import is_s1, is_v1_s2
from .pixels import S1, read_band
from .presence import present, unique

S2_FOLDER = "BigEarthNet-v1.0"
S1_FOLDER = "BigEarthNet-S1-v1.0"

_EPSG = re.compile(r'AUTHORITY\["EPSG","(\d{4,5})"\]\]\s*$')
_TILE = re.compile(r"_T?(\d\d[A-Z]{3})_")


class Version1:
    """A DataSet of BigEarthNet v1/MM. ``s2`` and ``s1`` are the folders of patches, one of which may be None.

    records   the patches of ``s2`` (without it: the partners of those in ``s1``); their Sentinel-1 partner is the
              patch whose JSON names them.
    wanted    bands that every record must give, see ``presence.present``.

    Raises DataError naming patch and file where a JSON is missing, unreadable or says what cannot be.
    """

    def __init__(
        self,
        s2: Path | None,
        s1: Path | None,
        lists: Lists | None = None,
        wanted: Sequence[str] | None = None,
        emit: Emit = silent,
    ) -> None:
        self.s2, self.s1 = s2, s1
        kinds = [kind for kind, p in (("Sentinel-2", s2), ("Sentinel-1", s1)) if p is not None]
        self.title = f"BigEarthNet v1 ({' and '.join(kinds)})"
        of_s1 = unique([read_s1_record(s1 / n) for n in patch_names(s1, is_s1)], str(s1)) if s1 is not None else []
        partners = {r.id: r.s1_id for r in of_s1}
        of_s2 = [read_record(s2 / n) for n in patch_names(s2, is_v1_s2)] if s2 is not None else of_s1
        lists = lists or Lists()
        told = [
            replace(
                r,
                s1_id=partners.get(r.id),
                split=lists.splits.get(r.id),
                excluded=tuple(dict.fromkeys((*r.excluded, *lists.excluded.get(r.id, ())))),
            )
            for r in of_s2
        ]
        self.records, self.bands = present(
            unique(told, str(s2)), {r.id for r in of_s2} if s2 is not None else (), set(partners.values()), wanted
        )
        if not self.records:
            raise DataError(
                f"No patch in {' and '.join(str(p) for p in (s2, s1) if p is not None)} has the bands {', '.join(wanted or ())}."
            )
        if len(self.records) < len(told):
            emit(
                "warning",
                code="partly",
                message=f"{len(told) - len(self.records)} of {len(told)} patches lack a sensor that is asked for "
                "and are left out.",
            )
        if not lists.splits:
            emit(
                "warning",
                code="no_split",
                message=f"{self.title} has no list of splits (train.csv, val.csv, test.csv) beside it.",
            )
        if not any("snow" in r or "cloud" in r for r in lists.excluded.values()):
            emit(
                "warning",
                code="no_lists",
                message=f"{self.title} has no list of snowy and cloudy patches beside it: none is left out.",
            )

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        return {b: read_band(self._file(record, b), b, record.id) for b in bands}

    def _file(self, record: Record, band: str) -> Path:
        root, name = (self.s1, record.s1_id) if band in S1 else (self.s2, record.id)
        if root is None or name is None:
            raise DataError(
                f"Patch {record.id} has no band {band}: {self.title} holds no Sentinel-{1 if band in S1 else 2} of it."
            )
        return root / name / f"{name}_{band}.tif"

    def reference(self, record: Record) -> np.ndarray:
        raise DataError(f"Patch {record.id} has no reference map: BigEarthNet v1 was published without.")


def patch_names(root: Path, is_name: Callable[[str], bool]) -> list[str]:
    """Names of the patch folders in ``root``, sorted. Raises DataError where there are none."""
    try:
        with os.scandir(root) as entries:
            names = sorted(e.name for e in entries if is_name(e.name) and e.is_dir())
    except OSError as e:
        raise DataError(f"The folder {root} cannot be listed: {reason(e)}.") from e
    if not names:
        raise DataError(
            f"{root} holds no patch of BigEarthNet v1.", "Its folders are called S2A_MSIL2A_…_H_V or S1A_IW_GRDH_…_H_V."
        )
    return names


def read_record(folder: Path) -> Record:
    """The record of the Sentinel-2 patch in ``folder``, without partner and split. Raises DataError."""
    told, path = _metadata(folder)
    labels = labels_43(told, path)
    tile = _TILE.search(str(told.get("tile_source", "")))
    return _record(folder.name, labels, told, path, tile, told.get("acquisition_date"))


def read_s1_record(folder: Path) -> Record:
    """The record of the patch that the Sentinel-1 patch in ``folder`` belongs to (``id``). Raises DataError."""
    told, path = _metadata(folder)
    partner = told.get("corresponding_s2_patch")
    if not isinstance(partner, str) or not is_v1_s2(partner):
        raise DataError(f"Patch {folder.name} names no Sentinel-2 partner (corresponding_s2_patch): {path}.")
    record = _record(
        partner, labels_43(told, path), told, path, _TILE.search(folder.name), told.get("acquisition_time")
    )
    return replace(record, s1_id=folder.name)


def metadata_file(folder: Path) -> Path:
    return folder / f"{folder.name}_labels_metadata.json"


def parse_metadata(text: str, path: Path) -> tuple[dict[str, Any], str]:
    """The JSON object that a metadata file begins with, and the text behind it (one published file has some).

    Raises DataError.
    """
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    try:
        told, end = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError) as e:
        raise DataError(
            f"The metadata of patch {path.parent.name} is not JSON: {e} ({path}).",
            "Take the patch from the archive again.",
        ) from e
    if not isinstance(told, dict):
        raise DataError(f"The metadata of patch {path.parent.name} is no JSON object: {path}.")
    return told, text[end:]


def labels_43(told: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    """The labels that a metadata file gives. Raises DataError where they are none of the 43."""
    labels = told.get("labels")
    if not isinstance(labels, list) or not all(isinstance(n, str) for n in labels) or len(set(labels)) != len(labels):
        raise DataError(f"Patch {path.parent.name} has no list of labels, or a label twice: {path}.")
    for label in labels:
        try:
            classes_of_labels_43([label])
        except KeyError:
            raise DataError(
                f"Patch {path.parent.name} has a label {label!r}, which is none of the 43 of BigEarthNet v1: {path}.",
                "ben_core/nomenclature.py lists them.",
            ) from None
    return tuple(labels)


def _metadata(folder: Path) -> tuple[dict[str, Any], Path]:
    path = metadata_file(folder)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(
            f"The metadata of patch {folder.name} cannot be read: {reason(e)} ({path}).",
            "Take the patch from the archive again.",
        ) from e
    return parse_metadata(text, path)[0], path


def _record(
    name: str, labels: tuple[str, ...], told: Mapping[str, Any], path: Path, tile: re.Match[str] | None, when: object
) -> Record:
    classes = tuple(sorted(classes_of_labels_43(labels)))  # as in the tables of v2
    return Record(
        name,
        classes,
        tile=tile[1] if tile else None,
        place=_place(told, path),
        acquired=when.replace(" ", "T") + "Z" if isinstance(when, str) else None,
        excluded=() if classes else ("no label",),
        labels_43=labels,
    )


def _place(told: Mapping[str, Any], path: Path) -> Place:
    """The footprint. Sentinel-1 files call the lower edge "lly", Sentinel-2 files "lry"."""
    given = told.get("coordinates")
    epsg = _EPSG.search(str(told.get("projection", "")))
    try:
        left, top, right = (float(given[k]) for k in ("ulx", "uly", "lrx"))  # type: ignore[index]
        low = float(given["lry"] if "lry" in given else given["lly"])  # type: ignore[index,operator]
    except (TypeError, KeyError, ValueError):
        epsg = None
    if epsg is None or not (right - left == top - low > 0):
        raise DataError(f"The metadata of patch {path.parent.name} gives no square footprint in a known CRS: {path}.")
    return Place(f"EPSG:{epsg[1]}", left, top, right - left)
