"""What codes mean: fixed numbers, column names and colours of the 19 classes, and legends of a user's own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import JobError, reason
from ..nomenclature import CLASSES, LEGENDS, ORDER_ALPHABETICAL, Legend

UNMAPPED = 0  # code of a pixel without an answer, nodata of the class rasters
BY_FIRST, BY_FALLBACK = 1, 2  # codes of the raster that says which model answered
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_MAX_GROUPS = 200  # codes are bytes, and a longer legend is none
_MAX_BYTES = 1 << 20
_EXAMPLE = '{"title": "Mine", "groups": {"Forest": {"colour": "#00a600", "classes": ["Coniferous forest"]}}}'

# Column of a class in the GeoPackage, band name in the STAC item.
COLUMNS = {
    "Agro-forestry areas": "p_agroforestry",
    "Arable land": "p_arable_land",
    "Beaches, dunes, sands": "p_beaches_dunes",
    "Broad-leaved forest": "p_broadleaved_forest",
    "Coastal wetlands": "p_coastal_wetlands",
    "Complex cultivation patterns": "p_complex_cultivation",
    "Coniferous forest": "p_coniferous_forest",
    "Industrial or commercial units": "p_industrial",
    "Inland waters": "p_inland_waters",
    "Inland wetlands": "p_inland_wetlands",
    "Land principally occupied by agriculture, with significant areas of natural vegetation": "p_agriculture_natural",
    "Marine waters": "p_marine_waters",
    "Mixed forest": "p_mixed_forest",
    "Moors, heathland and sclerophyllous vegetation": "p_moors_heathland",
    "Natural grassland and sparsely vegetated areas": "p_natural_grassland",
    "Pastures": "p_pastures",
    "Permanent crops": "p_permanent_crops",
    "Transitional woodland, shrub": "p_transitional_woodland",
    "Urban fabric": "p_urban_fabric",
}


@dataclass(frozen=True)
class Category:
    """One entry of a class raster's legend; ``colour`` is #rrggbb."""

    code: int
    name: str
    colour: str

    @property
    def rgb(self) -> tuple[int, int, int]:
        return rgb(self.colour)


# Code of a class: 1 + its place in alphabetical order, whichever order the model answers in.
CATEGORIES = tuple(Category(i, name, CLASSES[name].colour) for i, name in enumerate(ORDER_ALPHABETICAL, 1))
CATEGORY = {c.name: c for c in CATEGORIES}
CODES = {c.name: c.code for c in CATEGORIES}


def group_categories(legend: Legend) -> tuple[Category, ...]:
    """Codes of a legend's groups: 1 + their place in the legend."""
    return tuple(Category(i, name, legend.colours[name]) for i, name in enumerate(legend.groups, 1))


def rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def load_legend(name_or_path: str) -> Legend:
    """The legend "clc1" or "clc2", or that of a JSON file.

    The file holds ``{"title": …, "groups": {name: {"colour": "#rrggbb", "classes": [names of the 19]}}}``;
    classes that no group names are left out of the group map. Raises JobError for whatever is wrong with it.
    """
    if name_or_path in LEGENDS:
        return LEGENDS[name_or_path]
    path = Path(name_or_path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _wrong(path, "is larger than 1 MB")
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_no_doubles)
    except OSError as e:
        raise JobError(
            f"The legend {name_or_path!r} is neither known nor a file that can be read ({reason(e)}).",
            "Give --regroup " + ", ".join(LEGENDS) + " or the path of a JSON file.",
        ) from e
    except (ValueError, RecursionError) as e:
        raise _wrong(path, f"is not proper JSON ({e})") from e
    return _legend(path, document)


def _legend(path: Path, document: Any) -> Legend:
    if not isinstance(document, dict) or set(document) - {"title", "groups"}:
        raise _wrong(path, 'is not one object with the keys "title" and "groups"')
    title, groups = document.get("title", path.stem), document.get("groups")
    if not _is_name(title):
        raise _wrong(path, f"has the title {title!r}, which is no line of text")
    if not isinstance(groups, dict) or not 1 <= len(groups) <= _MAX_GROUPS:
        raise _wrong(path, f'has no "groups" object with 1 to {_MAX_GROUPS} groups')
    for name, group in groups.items():
        if not _is_name(name):
            raise _wrong(path, f"names a group {name!r}, which is no line of text")
        if not isinstance(group, dict) or set(group) != {"colour", "classes"}:
            raise _wrong(path, f'gives group {name!r} other keys than "colour" and "classes"')
        if not isinstance(group["colour"], str) or not _COLOUR.fullmatch(group["colour"]):
            raise _wrong(path, f"gives group {name!r} the colour {group['colour']!r}, which is not like #00a600")
        if not isinstance(group["classes"], list) or not all(isinstance(c, str) for c in group["classes"]):
            raise _wrong(path, f"gives group {name!r} classes that are no list of names")
    try:
        return Legend(
            title,
            {name: tuple(group["classes"]) for name, group in groups.items()},
            {name: group["colour"].lower() for name, group in groups.items()},
        )
    except ValueError as e:
        raise JobError(
            f"The legend {path} does not hold: {e}.", "The 19 classes are: " + "; ".join(ORDER_ALPHABETICAL) + "."
        ) from e


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 200 and value.isprintable()


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [k for k, _ in pairs]
    doubled = sorted({k for k in keys if keys.count(k) > 1})
    if doubled:
        raise ValueError("key twice: " + ", ".join(doubled[:5]))
    return dict(pairs)


def _wrong(path: Path, what: str) -> JobError:
    return JobError(f"The legend {path} {what}.", f"Write it like {_EXAMPLE}.")
