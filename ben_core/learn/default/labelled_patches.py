"""The labelled BigEarthNet patches at hand, as arrays: four 10 m bands, 19 classes, pixel maps where known."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import DataError
from ...nomenclature import CLASSES, ORDER_ALPHABETICAL

BANDS = ("B02", "B03", "B04", "B08")
SIZE = 120
NO_CLASS = -1
INDEX = {name: i for i, name in enumerate(ORDER_ALPHABETICAL)}

# The 43 label strings of BigEarthNet v1 by CORINE code, those of the 19 classes only
# (label_indices.json of BigEarthNet-MM_19-classes_models; note "woodland/shrub" with a slash).
_CODE_OF_V1_LABEL = {
    "Continuous urban fabric": 111,
    "Discontinuous urban fabric": 112,
    "Industrial or commercial units": 121,
    "Non-irrigated arable land": 211,
    "Permanently irrigated land": 212,
    "Rice fields": 213,
    "Vineyards": 221,
    "Fruit trees and berry plantations": 222,
    "Olive groves": 223,
    "Pastures": 231,
    "Annual crops associated with permanent crops": 241,
    "Complex cultivation patterns": 242,
    "Land principally occupied by agriculture, with significant areas of natural vegetation": 243,
    "Agro-forestry areas": 244,
    "Broad-leaved forest": 311,
    "Coniferous forest": 312,
    "Mixed forest": 313,
    "Natural grassland": 321,
    "Moors and heathland": 322,
    "Sclerophyllous vegetation": 323,
    "Transitional woodland/shrub": 324,
    "Beaches, dunes, sands": 331,
    "Sparsely vegetated areas": 333,
    "Inland marshes": 411,
    "Peatbogs": 412,
    "Salt marshes": 421,
    "Salines": 422,
    "Water courses": 511,
    "Water bodies": 512,
    "Coastal lagoons": 521,
    "Estuaries": 522,
    "Sea and ocean": 523,
}
_INDEX_OF_CODE = {code: INDEX[c.name] for c in CLASSES.values() for code in c.clc_codes}


@dataclass(frozen=True)
class Patch:
    """One labelled patch.

    image    (4, 120, 120) uint16, DN of B02 B03 B04 B08 on the scale before baseline 04.00
    present  (19,) bool in ORDER_ALPHABETICAL
    classes  (120, 120) int8, class index of each pixel or NO_CLASS; None where only ``present`` is known
    tile     MGRS tile, the unit that folds never split
    """

    name: str
    source: str
    tile: str
    image: np.ndarray
    present: np.ndarray
    classes: np.ndarray | None


def read_patches(data: Path) -> list[Patch]:
    """All labelled patches under ``data``/bigearthnet, each place and date once, in a fixed order.

    Of the column of marine patches in tile 34VER (35 neighbours that look alike) every ninth is
    taken, so that it neither dominates training nor flatters a score.
    """
    root = data / "bigearthnet"
    if not (root / "six_band_patches" / "patches.npz").is_file():
        raise DataError(f"{root} holds no six_band_patches/patches.npz.", "Give the data folder with --data.")
    with_maps = list(_six_band(root / "six_band_patches"))
    seen = {name for _, name in with_maps}
    only_labels = [p for p in _version_1(root / "v1" / "BigEarthNet-v1.0") if p.name not in seen]
    column = [p for p in only_labels if p.tile == "34VER"]
    return [p for p, _ in with_maps] + [p for p in only_labels if p.tile != "34VER"] + column[::9]


def _six_band(folder: Path) -> Iterator[tuple[Patch, str]]:
    """Patches of the v2 test split with their reference maps, each with its name in v1."""
    arrays = np.load(folder / "patches.npz")
    with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
        rows = {row["patch_id"]: row for row in csv.DictReader(file)}
    # Codes are stored modulo 256.
    to_index = np.full(256, NO_CLASS, np.int8)
    for code, index in _INDEX_OF_CODE.items():
        to_index[code % 256] = index
    for name, image, codes in zip(arrays["patch_id"], arrays["s2_dn"], arrays["clc_code"], strict=True):
        row = rows[str(name)]
        present = np.zeros(len(INDEX), bool)
        present[[INDEX[label] for label in row["labels"].split("|")]] = True
        classes = to_index[codes]
        # 231 is Pastures or 999 (no data): the labels tell which.
        classes[(classes != NO_CLASS) & ~present[classes]] = NO_CLASS
        image = np.ascontiguousarray(image.transpose(2, 0, 1))
        yield Patch(str(name), "BigEarthNet v2, test split", row["tile"], image, present, classes), row["s2v1_name"]


def _version_1(root: Path) -> Iterator[Patch]:
    from PIL import Image

    for folder in sorted(root.iterdir()):
        text = (folder / f"{folder.name}_labels_metadata.json").read_text(encoding="utf-8")
        # One file of the published examples carries other text behind its JSON object.
        meta, _ = json.JSONDecoder().raw_decode(text)
        tile = re.search(r"_T(\d\d[A-Z]{3})_", meta["tile_source"])
        codes = [_CODE_OF_V1_LABEL[label] for label in meta["labels"] if label in _CODE_OF_V1_LABEL]
        if tile is None or not codes:
            continue
        present = np.zeros(len(INDEX), bool)
        present[[_INDEX_OF_CODE[code] for code in codes]] = True
        image = np.stack([np.asarray(Image.open(folder / f"{folder.name}_{band}.tif"), np.uint16) for band in BANDS])
        # A patch of one single label is that class throughout.
        alone = len(meta["labels"]) == 1
        classes = np.full((SIZE, SIZE), _INDEX_OF_CODE[codes[0]], np.int8) if alone else None
        yield Patch(folder.name, "BigEarthNet v1", tile[1], image, present, classes)
