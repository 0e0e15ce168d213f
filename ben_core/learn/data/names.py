"""What the names of patches say: tile, position, date; and where a Sentinel-2 tile lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ..types import Place

# BigEarthNet v1: S2A_MSIL2A_20170613T101031_61_39; the time of some names lacks its leading zero (T93020).
_V1 = re.compile(r"(S2[A-D]_MSIL2A_\d{8}T\d{5,6})_(\d{1,3})_(\d{1,3})")
# v2: S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57
_V2 = re.compile(r"(S2[A-D]_MSIL2A_(\d{8})T(\d{6})_N\d{4}_R\d{3}_T(\d\d[A-Z]{3}))_(\d{2,3})_(\d{2,3})")
# S1 of both: S1A_IW_GRDH_1SDV_20170613T165043_33UUP_61_39
_S1 = re.compile(r"(S1[A-D]_IW_GRDH_1SDV_\d{8}T\d{6})_(\d\d[A-Z]{3})_(\d{1,3})_(\d{1,3})")

SIDE = 1200.0  # metres: 120 pixels of 10 m


@dataclass(frozen=True)
class Product:
    """The product that a patch of v2 was cut from, and the folder it lies in: name, MGRS tile, ISO 8601 time."""

    name: str
    tile: str
    acquired: str

    def place_of(self, column: int, row: int) -> Place:
        # Upper left = that of the tile + (column, -row) x 1200 m (measured on the published patches).
        crs, left, top = tile_corner(self.tile)
        return Place(crs, left + SIDE * column, top - SIDE * row)


def is_v1_s2(name: str) -> bool:
    return _V1.fullmatch(name) is not None


def is_s1(name: str) -> bool:
    return _S1.fullmatch(name) is not None


def s1_scene(name: str) -> str:
    """The folder of v2 in which the Sentinel-1 patch ``name`` lies. Raises ValueError."""
    found = _S1.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no name of a Sentinel-1 patch")
    return found[1]


def product_of(name: str) -> Product:
    """The product of the patch_id ``name`` of v2. Raises ValueError for any other name."""
    found = _V2.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no patch_id of BigEarthNet v2")
    product, day, time, tile = found.groups()[:4]
    tile_corner(tile)
    return Product(product, tile, f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}Z")


# MGRS (NGA.STND.0037): columns of 100 km squares repeat every three zones, rows every 2000 km, shifted by five
# letters in even zones; the least northing of each latitude band in 100 km tells which of the repetitions is meant.
_COLUMNS = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_LEAST_NORTHING = {
    **{"C": 11, "D": 20, "E": 28, "F": 37, "G": 46, "H": 55, "J": 64, "K": 73, "L": 82, "M": 91},
    **{"N": 0, "P": 8, "Q": 17, "R": 26, "S": 35, "T": 44, "U": 53, "V": 62, "W": 70, "X": 79},
}


@lru_cache(maxsize=4096)
def tile_corner(tile: str) -> tuple[str, float, float]:
    """CRS and upper left corner (metres) of a Sentinel-2 tile: "33UUP" -> ("EPSG:32633", 300000.0, 5400000.0).

    A tile begins at its 100 km square, moved outwards to a multiple of 60 m (the coarsest pixel) from the equator.
    Raises ValueError for a name that is no MGRS square.
    """
    try:
        zone, band, column, row = int(tile[:2]), *tile[2:]
        if not 1 <= zone <= 60 or not (tile.isascii() and tile[:2].isdecimal()):
            raise ValueError
        east = (_COLUMNS[zone % 3].index(column) + 1) * 100_000
        north = (_ROWS.index(row) - (5 if zone % 2 == 0 else 0)) % 20 * 100_000
        least = _LEAST_NORTHING[band] * 100_000
    except (ValueError, KeyError):
        raise ValueError(f"{tile!r} is no MGRS square of 100 km, such as 33UUP") from None
    while north < least:
        north += 2_000_000
    hemisphere, equator = (326, 0) if band >= "N" else (327, 10_000_000)
    top = equator - (equator - north - 100_000) // 60 * 60
    return f"EPSG:{hemisphere}{zone:02d}", float(east // 60 * 60), float(top)
