"""CORINE land cover level 3 as BigEarthNet reads it: from codes of pixels to the 19 classes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...errors import DataError, JobError, reason
from ...nomenclature import CLASSES, LABELS_43, ORDER_ALPHABETICAL

UNKNOWN = 999  # "no data" of CORINE and of BigEarthNet's reference maps
NO_CLASS = -1

# The 44 level-3 codes: the 43 of BigEarthNet and 335, glaciers and perpetual snow. In ascending order they have the
# values 1 to 44 in CORINE's own rasters (CLC legend of Copernicus Land, "GRID_CODE"; there 48, 128 and 255: no data).
LEVEL_3 = tuple(sorted((*LABELS_43, 335)))
# 990, 995: unclassified land and water of some releases; 0: nothing stored.
_UNLABELLED = (0, 990, 995, UNKNOWN)
KNOWN_CODES = frozenset((*LEVEL_3, *_UNLABELLED))

CLC_RASTER = "clc-raster"  # --map-codes clc-raster: the values of CORINE's own rasters
BEN_CLASSES = "ben-classes"  # those of our own class rasters: 1 to 19, alphabetical
_BUILT_IN: Mapping[str, Mapping[str, int]] = {
    CLC_RASTER: {str(i): code for i, code in enumerate(LEVEL_3, start=1)}
    | {"0": UNKNOWN, "48": UNKNOWN, "128": UNKNOWN, "255": UNKNOWN},
    BEN_CLASSES: {str(i): CLASSES[name].clc_codes[0] for i, name in enumerate(ORDER_ALPHABETICAL, start=1)}
    | {"0": UNKNOWN},
}

_CLASS_OF = np.full(1000, NO_CLASS, np.int8)
for _index, _name in enumerate(ORDER_ALPHABETICAL):
    _CLASS_OF[list(CLASSES[_name].clc_codes)] = _index


def class_indices(codes: np.ndarray) -> np.ndarray:
    """int8, same shape: the index in ORDER_ALPHABETICAL of each CORINE code, NO_CLASS (-1) outside the 19 classes."""
    codes = np.asarray(codes)
    return np.where((codes >= 0) & (codes < 1000), _CLASS_OF[np.clip(codes, 0, 999)], np.int8(NO_CLASS))


def present_classes(codes: np.ndarray) -> tuple[str, ...]:
    """The classes that at least one pixel of a map of CORINE codes shows, sorted: BigEarthNet's label rule."""
    found = np.unique(class_indices(codes))
    return tuple(ORDER_ALPHABETICAL[i] for i in found if i != NO_CLASS)


def known_share(codes: np.ndarray) -> float:
    """Share of the pixels that carry one of the 19 classes; the 11 dropped codes, 335 and 999 do not."""
    return float((class_indices(codes) != NO_CLASS).mean())


def read_code_table(table: str) -> dict[str, int]:
    """A nomenclature of one's own as CORINE codes: text of a value -> level-3 code.

    ``table`` is "clc-raster" (values 1 to 44 of CORINE's own rasters), "ben-classes" (1 to 19, the codes of class
    rasters of ``ben map`` and of the sample's truth), or a CSV file of two columns: a value, and
    what it means: a level-3 code, the name of one of the 19 classes, or nothing (unlabelled). A first row whose
    second cell is none of these is taken for a heading. JobError, DataError where it cannot be understood.
    """
    if table in _BUILT_IN:
        return dict(_BUILT_IN[table])
    path = Path(table)
    if not path.is_file():
        raise JobError(
            f"There is no table {table} for --map-codes.", f"Give a CSV file, {CLC_RASTER} or {BEN_CLASSES}."
        )
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [(n, row) for n, row in enumerate(csv.reader(file), start=1) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise DataError(
            f"The table {path} cannot be read: {reason(e)}.", "Save it as CSV in UTF-8, commas between."
        ) from e
    codes: dict[str, int] = {}
    for place, (line, row) in enumerate(rows):
        if len(row) != 2:
            raise DataError(
                f"Line {line} of {path} has {len(row)} cells, not two (value, meaning).",
                'Class names that hold commas need quotes: 7,"Beaches, dunes, sands".',
            )
        value, meaning = (cell.strip() for cell in row)
        code = _code_of(meaning)
        if code is None:
            if place == 0:
                continue
            raise DataError(
                f"Line {line} of {path} gives {value!r} the meaning {meaning!r}.",
                "A meaning is a CORINE level-3 code, the name of one of the 19 classes, or nothing.",
            )
        if codes.setdefault(value, code) != code:
            raise DataError(f"{path} gives {value!r} two meanings, {codes[value]} and {code}.", "Leave one.")
    if not codes:
        raise DataError(f"The table {path} holds no row of a value and its meaning.", "One a line: 40,Arable land")
    return codes


def _code_of(meaning: str) -> int | None:
    if not meaning:
        return UNKNOWN
    if meaning in CLASSES:
        return CLASSES[meaning].clc_codes[0]
    return int(meaning) if meaning.isdecimal() and int(meaning) in KNOWN_CODES else None


def translate(texts: list[str], codes: Mapping[str, int] | None, where: str) -> np.ndarray:
    """uint16 CORINE codes of texts. DataError that lists those without one."""
    known = {str(c): c for c in KNOWN_CODES} | {"": UNKNOWN} if codes is None else {"": UNKNOWN, **codes}
    foreign = [t for t in texts if t not in known]
    if foreign and codes is not None:
        raise DataError(
            f"{where} holds {_some(foreign)}, which the table of --map-codes lacks.",
            "Add a line for each: its meaning is a CORINE code, a class name, or nothing (unlabelled).",
            "codes",
        )
    if foreign:
        own = all(t.isdecimal() and (1 <= int(t) <= 44 or int(t) in (48, 128, 255)) for t in texts)
        raise DataError(
            f"{where} holds {_some(foreign)}, which {'is' if len(foreign) == 1 else 'are'} no CORINE level-3 code.",
            f"These look like the values of CORINE's own raster: give --map-codes {CLC_RASTER}."
            if own
            else "For another nomenclature give a table with --map-codes.",
            "codes",
        )
    return np.array([known[t] for t in texts], np.uint16)


def _some(texts: list[str]) -> str:
    return ", ".join(repr(t) for t in texts[:5]) + (f" and {len(texts) - 5} more" if len(texts) > 5 else "")
