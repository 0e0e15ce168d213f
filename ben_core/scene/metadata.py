"""The metadata of Sentinel-2 products, of every processing baseline since 2015."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from ..errors import DataError
from ..nomenclature import S2_BANDS
from .names import band_name

# band_id counts the bands in this order (Sentinel-2 Products Specification Document, Spectral_Information).
BAND_IDS: Mapping[str, str] = {
    str(i): name
    for i, name in enumerate(
        ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
    )
}
_IMAGE_LISTS = ("IMAGE_FILE", "IMAGE_FILE_2A", "IMAGE_ID", "IMAGE_ID_2A")  # by age of the format, newest first
FIRST_WITH_OFFSET = "04.00"  # products from this baseline on carry offsets


@dataclass(frozen=True)
class ProductInfo:
    """What MTD_MSIL1C/L2A.xml says.

    reflectance = (DN + offsets[band]) / quantification; ``nodata`` and ``saturated`` are special DN.
    ``footprint``: ring of (longitude, latitude), None where absent. ``images``: names of the band files without
    folders and endings, empty where they are not listed.
    """

    level: str
    uri: str
    acquired: str | None
    platform: str | None
    baseline: str | None
    quantification: float
    offsets: Mapping[str, float]
    nodata: int
    footprint: tuple[tuple[float, float], ...] | None
    images: frozenset[str]


@dataclass(frozen=True)
class TileInfo:
    """What MTD_TL.xml says: the tile's place. ``sizes``: metres a pixel -> (rows, columns).

    ``generated``: written by ``ben sample``, which names itself where ESA names its processing centre.
    """

    tile: str | None
    crs: str
    left: float
    top: float
    sizes: Mapping[int, tuple[int, int]]
    generated: bool = False


def product_info(root: Element, where: str) -> ProductInfo:
    """Read the product's metadata; DataError naming ``where`` for what is missing or makes no sense."""
    level = re.fullmatch(r"Level-(1C|2A)p?", _text(root, "PROCESSING_LEVEL") or "", re.IGNORECASE)
    if level is None:
        raise DataError(
            f"{where} is of processing level {_text(root, 'PROCESSING_LEVEL')!r}, neither Level-1C nor Level-2A.",
            "Give a Level-2A product.",
        )
    uri = _text(root, "PRODUCT_URI", "PRODUCT_URI_2A", "PRODUCT_URI_1C") or ""
    baseline = _text(root, "PROCESSING_BASELINE")
    if baseline is not None and not re.fullmatch(r"\d\d\.\d\d", baseline):
        raise DataError(f"{where} gives the processing baseline {baseline!r}, which is none.")
    kind = "QUANTIFICATION_VALUE" if level[1].upper() == "1C" else "BOA_QUANTIFICATION_VALUE"
    quantification = _number(_text(root, kind, f"L2A_{kind}", f"L1C_{kind}"), kind, where)
    if quantification <= 0:
        raise DataError(f"{where} gives {kind} = {quantification:g}, which is not above zero.")
    special = _special_values(root)
    return ProductInfo(
        level="L" + level[1].upper(),
        uri=uri,
        acquired=_text(root, "PRODUCT_START_TIME", "DATATAKE_SENSING_START"),
        platform=_text(root, "SPACECRAFT_NAME"),
        baseline=baseline,
        quantification=quantification,
        offsets=_offsets(root, where),
        nodata=special.get("NODATA", 0),
        footprint=_footprint(_text(root, "EXT_POS_LIST")),
        images=frozenset((e.text or "").strip().rpartition("/")[2] for tag in _IMAGE_LISTS for e in _all(root, tag)),
    )


def tile_info(root: Element, where: str) -> TileInfo:
    """Read the tile's metadata; DataError naming ``where`` for what is missing or makes no sense."""
    crs = _text(root, "HORIZONTAL_CS_CODE") or ""
    if not re.fullmatch(r"EPSG:32[67]\d\d", crs):
        raise DataError(
            f"{where} gives the coordinate system {crs!r}; Sentinel-2 tiles are in UTM (EPSG:326xx, 327xx)."
        )
    corners = {
        (_number(_text(p, "ULX"), "ULX", where), _number(_text(p, "ULY"), "ULY", where))
        for p in _all(root, "Geoposition")
    }
    if len(corners) != 1:
        raise DataError(f"{where} gives {len(corners)} different upper-left corners; there must be one.")
    left, top = corners.pop()
    sizes = {
        int(_number(s.get("resolution"), "resolution", where)): (
            int(_number(_text(s, "NROWS"), "NROWS", where)),
            int(_number(_text(s, "NCOLS"), "NCOLS", where)),
        )
        for s in _all(root, "Size")
    }
    if 10 not in sizes:
        raise DataError(f"{where} gives no size at 10 m.")
    name = _text(root, "TILE_ID", "TILE_ID_2A") or ""
    tile = re.search(r"_T(\d\d[A-Z]{3})(?:_|$)", name)
    return TileInfo(tile[1] if tile else None, crs, left, top, sizes, generated="_TL_BEN__" in name)


def _offsets(root: Element, where: str) -> dict[str, float]:
    """DN to be added, by band; empty where the metadata give none."""
    names = {
        e.get("bandId", ""): name
        for e in _all(root, "Spectral_Information")
        if (name := band_name(e.get("physicalBand", ""))) is not None
    } or BAND_IDS
    offsets: dict[str, float] = {}
    for tag in ("BOA_ADD_OFFSET", "RADIO_ADD_OFFSET"):
        for e in _all(root, tag):
            name = names.get(e.get("band_id", ""))
            if name is None or name in offsets:
                raise DataError(f"{where} gives a {tag} for band_id {e.get('band_id')!r}, which is no band or doubled.")
            offsets[name] = _number(e.text, tag, where)
    if offsets and set(offsets) != set(S2_BANDS):
        missing = ", ".join(b for b in S2_BANDS if b not in offsets)
        raise DataError(f"{where} gives radiometric offsets for some bands, but none for {missing}.")
    return offsets


def _special_values(root: Element) -> dict[str, int]:
    found = {}
    for e in _all(root, "Special_Values"):
        text, index = _text(e, "SPECIAL_VALUE_TEXT"), _text(e, "SPECIAL_VALUE_INDEX")
        if text and index and index.isdecimal():
            found[text] = int(index)
    return found


def _footprint(text: str | None) -> tuple[tuple[float, float], ...] | None:
    """EXT_POS_LIST holds latitude and longitude in turn."""
    try:
        numbers = [float(word) for word in (text or "").split()]
    except ValueError:
        return None
    ring = tuple(zip(numbers[1::2], numbers[::2], strict=False))
    inside = all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in ring)
    return ring if len(ring) >= 4 and len(numbers) % 2 == 0 and inside else None


def _all(root: Element, name: str) -> Iterator[Element]:
    """Elements of that name in any namespace, anywhere below."""
    return (e for e in root.iter() if isinstance(e.tag, str) and e.tag.rpartition("}")[2] == name)


def _text(root: Element, *names: str) -> str | None:
    """Text of the first element with one of the names, in order of the names."""
    for name in names:
        for e in _all(root, name):
            if e.text and e.text.strip():
                return e.text.strip()
    return None


def _number(text: str | None, what: str, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f"{where} gives {what} = {text!r}, which is no number.", "Download the product again.")
    return value
