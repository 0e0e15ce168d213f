"""Virtual rasters (VRT) are programs in disguise: read them before GDAL does."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from ..errors import DataError
from .safexml import read_xml

MAX_BYTES = 8 * 2**20
MAX_DEPTH = 8  # virtual rasters within virtual rasters
MAX_SIDE = 200_000  # px

# What a plain mosaic or stack is written with (GDAL's VRT schema). Anything else (raw, derived,
# warped, processed, pan-sharpened bands, open options, pixel functions) is refused, since it can read
# files of another kind or run code.
# fmt: off
ELEMENTS = frozenset((
    "VRTDataset", "SRS", "GeoTransform", "Metadata", "MDI", "VRTRasterBand", "Description", "ColorInterp",
    "NoDataValue", "HideNoDataValue", "UnitType", "Offset", "Scale", "CategoryNames", "Category", "ColorTable",
    "Entry", "Histograms", "HistItem", "HistMin", "HistMax", "BucketCount", "IncludeOutOfRange", "Approximate",
    "HistCounts", "SimpleSource", "ComplexSource", "SourceFilename", "SourceBand", "SourceProperties", "SrcRect",
    "DstRect", "NODATA", "UseMaskBand", "ScaleOffset", "ScaleRatio", "BlockXSize", "BlockYSize", "OverviewList",
    "MaskBand",
))
# fmt: on
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
JP2 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")


def check_vrt(path: Path) -> tuple[str, ...]:
    """The files a VRT reads, itself excluded; DataError for one that may not be opened.

    Sources must be GeoTIFF, JPEG 2000 or VRT files in the folder of the VRT or below.
    """
    path = path.resolve()
    files: dict[Path, None] = {}
    _check(path, path.parent, files, ())
    return tuple(str(f) for f in files)


def _check(path: Path, root: Path, files: dict[Path, None], outer: tuple[Path, ...]) -> None:
    """Check one VRT and what it refers to; ``files`` collects, ``outer`` are the VRTs around it."""
    if path in outer or len(outer) > MAX_DEPTH:
        raise DataError(f"{path} nests virtual rasters in a circle or more than {MAX_DEPTH} deep.", "", "vrt")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path} is larger than {MAX_BYTES >> 20} MB, too large for a VRT.", "", "vrt")
    tree = read_xml(path.read_bytes(), str(path))
    if tree.tag != "VRTDataset":
        raise DataError(f"{path} is no virtual raster: its root element is <{tree.tag}>.", "", "vrt")
    for key in ("rasterXSize", "rasterYSize"):
        size = tree.get(key, "")
        if not size.isdecimal() or not 0 < int(size) <= MAX_SIDE:
            raise DataError(f"{path} has {key} = {size!r}; allowed are 1 to {MAX_SIDE} pixels.", "", "vrt")
    for element in tree.iter():
        _check_element(element, path)
        if element.tag == "SourceFilename":
            source = _source(element, path, root)
            if source not in files and not _starts_with(source, TIFF + JP2):
                _check(source, root, files, (*outer, path))
            files[source] = None


def _check_element(element: Element, path: Path) -> None:
    kind = element.get("subClass")
    if element.tag not in ELEMENTS or kind not in (None, "VRTSourcedRasterBand"):
        what = f'<{element.tag} subClass="{kind}">' if kind else f"<{element.tag}>"
        raise DataError(
            f"{path} uses {what}; only plain mosaics and stacks of raster files are opened.",
            "Write the pixels to a GeoTIFF first: gdal_translate FILE.vrt FILE.tif.",
            "vrt",
        )


def _source(element: Element, path: Path, root: Path) -> Path:
    text = (element.text or "").strip()
    base = path.parent if element.get("relativeToVRT") == "1" else Path.cwd()
    source = (base / text).resolve() if text and "\0" not in text else root
    if not source.is_relative_to(root) or not source.is_file():
        raise DataError(
            f"{path} refers to {text!r}, which is no file in the folder of the VRT.",
            "Put the source files beside the VRT.",
            "vrt",
        )
    return source


def _starts_with(path: Path, magics: tuple[bytes, ...]) -> bool:
    with path.open("rb") as f:
        return f.read(16).startswith(magics)
