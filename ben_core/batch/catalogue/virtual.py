"""Virtual rasters (VRT) of the catalogue: files that lie elsewhere in the batch, by relative paths, as one raster."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from rasterio.crs import CRS

from ...products.legend import CATEGORIES, UNMAPPED
from ...storage import write_bytes
from .target import Target


@dataclass(frozen=True)
class Piece:
    """A class raster of one band: its upper left corner and pixel in the units of its CRS."""

    path: Path
    left: float
    top: float
    pixel: float
    width: int
    height: int


def write_pair(target: Target, classes: Path, probability: Path, path: Path, nodata: int, steps: int) -> None:
    """Both rasters of a mosaic as one file of two bands, with the names of the classes. Raises StorageError.

    nodata, steps   of the probability: value / steps is meant
    """
    root = _dataset(target)
    kinds = (
        (classes, UNMAPPED, "most probable class"),
        (probability, nodata, "probability of that class"),
    )
    for number, (file, nothing, about) in enumerate(kinds, 1):
        # Bands of one type: programs that read all bands at once want that.
        band = _band(root, number, "UInt16", nothing, about)
        if file == classes:
            _legend(band)
        else:
            ET.SubElement(band, "Scale").text = repr(1 / steps)
        source = ET.SubElement(band, "SimpleSource")
        ET.SubElement(source, "SourceFilename", relativeToVRT="1").text = file.name
        ET.SubElement(source, "SourceBand").text = "1"
    _write(root, path)


def write_stack(pieces: Sequence[Piece], target: Target, path: Path, about: str) -> None:
    """The scenes' own rasters as one band, the first of ``pieces`` on top where it has an answer. Raises StorageError."""
    root = _dataset(target)
    band = _band(root, 1, "Byte", UNMAPPED, about)
    _legend(band)
    for piece in reversed(pieces):  # what comes later in a VRT is drawn over what comes before
        source = ET.SubElement(band, "ComplexSource")
        name = Path(os.path.relpath(piece.path, path.parent)).as_posix()
        ET.SubElement(source, "SourceFilename", relativeToVRT="1").text = name
        ET.SubElement(source, "SourceBand").text = "1"
        size = {"RasterXSize": piece.width, "RasterYSize": piece.height, "DataType": "Byte"}
        ET.SubElement(source, "SourceProperties", {k: str(v) for k, v in size.items()})
        scale = piece.pixel / target.pixel
        left, top = (piece.left - target.left) / target.pixel, (target.top - piece.top) / target.pixel
        ET.SubElement(source, "SrcRect", _rect(0, 0, piece.width, piece.height))
        ET.SubElement(source, "DstRect", _rect(left, top, piece.width * scale, piece.height * scale))
        ET.SubElement(source, "NODATA").text = str(UNMAPPED)
    _write(root, path)


def union(pieces: Sequence[Piece], crs: str) -> Target:
    """The raster of the finest pixel over all ``pieces``, on the lattice of the westernmost, northernmost corner."""
    pixel = min(p.pixel for p in pieces)
    left, top = min(p.left for p in pieces), max(p.top for p in pieces)
    right, bottom = max(p.left + p.width * p.pixel for p in pieces), min(p.top - p.height * p.pixel for p in pieces)
    return Target(crs, left, top, pixel, math.ceil((right - left) / pixel), math.ceil((top - bottom) / pixel))


def _rect(x: float, y: float, width: float, height: float) -> dict[str, str]:
    told = {"xOff": x, "yOff": y, "xSize": width, "ySize": height}
    return {k: f"{round(v, 6):g}" if v != round(v) else str(round(v)) for k, v in told.items()}


def _dataset(target: Target) -> ET.Element:
    root = ET.Element("VRTDataset", rasterXSize=str(target.width), rasterYSize=str(target.height))
    ET.SubElement(root, "SRS").text = CRS.from_user_input(target.crs).to_wkt()
    corner = (target.left, target.pixel, 0.0, target.top, 0.0, -target.pixel)
    ET.SubElement(root, "GeoTransform").text = ", ".join(map(repr, corner))
    return root


def _band(root: ET.Element, number: int, dtype: str, nodata: int, about: str) -> ET.Element:
    band = ET.SubElement(root, "VRTRasterBand", dataType=dtype, band=str(number))
    ET.SubElement(band, "Description").text = about
    ET.SubElement(band, "NoDataValue").text = str(nodata)
    return band


def _legend(band: ET.Element) -> None:
    ET.SubElement(band, "ColorInterp").text = "Palette"
    names = ET.SubElement(band, "CategoryNames")
    table = ET.SubElement(band, "ColorTable")
    for name, rgb in (("Not mapped", (0, 0, 0)), *((c.name, c.rgb) for c in CATEGORIES)):
        ET.SubElement(names, "Category").text = name
        entry = dict(zip(("c1", "c2", "c3"), map(str, rgb), strict=True))
        ET.SubElement(table, "Entry", {**entry, "c4": "0" if name == "Not mapped" else "255"})


def _write(root: ET.Element, path: Path) -> None:
    ET.indent(root)
    write_bytes(path, ET.tostring(root, encoding="utf-8") + b"\n")
