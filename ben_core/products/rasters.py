"""The map as cloud-optimised GeoTIFFs, one pixel a cell, with a legend that GDAL and QGIS show at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from ..models.novelty import SCORES
from ..scene.types import PIXEL
from ..storage import write_bytes, writing
from ..version import __version__
from .legend import BY_FALLBACK, BY_FIRST, CATEGORIES, CODES, UNMAPPED, Category
from .palette import answered_categories
from .styles import raster_style
from .types import NOT_MAPPED, NOT_SCORED, PROBABILITY_STEPS
from .view import MapView

NO_LABEL_SET = 0xFFFFFFFF  # nodata of the label raster: 0 is the empty label set


def transform(view: MapView) -> Affine:
    """Cells to coordinates: whole cells, so the last row and column may reach beyond the scene."""
    side = float(view.record.grid.stride * PIXEL)
    return Affine(side, 0.0, view.record.scene.grid.left, 0.0, -side, view.record.scene.grid.top)


def write_probabilities(view: MapView, path: Path) -> None:
    """uint16, one band a class in alphabetical order: p = value x 0.0001, 65535 where not mapped."""
    _write_cog(
        view,
        path,
        np.moveaxis(view.answers.p, 2, 0),
        nodata=NOT_MAPPED,
        names=view.classes,
        scale=1 / PROBABILITY_STEPS,
        overviews="AVERAGE",
        tags={"CONTENT": "probability that a class is present in the patch of a cell"},
    )


def write_labels(view: MapView, path: Path) -> None:
    """uint32 bit mask: bit (code - 1) is the class of that code; 0 carries no label, 4294967295 is not mapped."""
    tags = {"CONTENT": "label set as a bit mask: value & (1 << bit) is not 0 where the class of that bit is present"}
    tags["VALUE_0"] = "no class reaches its threshold"
    tags[f"VALUE_{NO_LABEL_SET}"] = "not mapped"
    fallback = view.record.fallback
    for name, threshold in zip(view.classes, view.record.thresholds, strict=True):
        other = f", by the fallback model p >= {fallback.threshold(name):g}" if fallback else ""
        tags[f"BIT_{CODES[name] - 1:02d}"] = f"{name} (p >= {threshold:g}{other})"
    data = np.where(view.mapped, view.bits, np.uint32(NO_LABEL_SET))
    _write_cog(view, path, data[None], nodata=NO_LABEL_SET, names=("label set",), overviews="NEAREST", tags=tags)


def write_unusual(view: MapView, path: Path) -> None:
    """uint8 percent, one band a score: 100 is more unusual than every held-apart patch, 255 not mapped."""
    assert view.answers.unusual is not None
    _write_cog(
        view,
        path,
        np.moveaxis(view.answers.unusual, 2, 0),
        nodata=NOT_SCORED,
        names=SCORES,
        overviews="AVERAGE",
        tags={"CONTENT": "share (%) of held-apart training patches that looked more usual to the model than the cell"},
    )


def write_classes(view: MapView, path: Path, sidecar: Path, style: Path) -> None:
    """uint8 codes of the most probable class; the legend for GDAL (``path``.aux.xml) and for QGIS (.qml) beside it."""
    _write_codes(view, path, sidecar, style, view.top, CATEGORIES, "most probable class of a cell")


def write_groups(view: MapView, path: Path, sidecar: Path, style: Path) -> None:
    """The same for the groups of the run's legend."""
    assert view.groups is not None and view.record.legend is not None
    content = f"most probable group of a cell ({view.record.legend.title})"
    _write_codes(view, path, sidecar, style, view.groups, view.group_categories, content)


def write_answered(view: MapView, path: Path, sidecar: Path, style: Path) -> None:
    """uint8: 1 where the first model answered, 2 where the fallback did, 0 where none."""
    codes = np.where(view.mapped, np.where(view.filled, BY_FALLBACK, BY_FIRST), UNMAPPED).astype(np.uint8)
    _write_codes(view, path, sidecar, style, codes, answered_categories(view), "model that answered a cell")


def _write_codes(
    view: MapView,
    path: Path,
    sidecar: Path,
    style: Path,
    codes: np.ndarray,
    categories: Sequence[Category],
    content: str,
) -> None:
    tags = {"CONTENT": content, f"VALUE_{UNMAPPED:02d}": "not mapped"}
    tags.update({f"VALUE_{c.code:02d}": c.name for c in categories})
    palette = {UNMAPPED: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in categories}}
    _write_cog(view, path, codes[None], nodata=UNMAPPED, names=(content,), overviews="MODE", tags=tags, palette=palette)
    # rasterio knows neither category names nor attribute tables, so the sidecar that GDAL reads
    # beside every raster (PAM) is written here.
    write_bytes(style, raster_style(categories).encode())
    write_bytes(sidecar, category_sidecar(categories, np.bincount(codes.ravel(), minlength=256), "Not mapped", "Cells"))


def _write_cog(
    view: MapView,
    path: Path,
    data: np.ndarray,
    *,
    nodata: int,
    names: Sequence[str],
    overviews: str,
    tags: Mapping[str, str],
    scale: float | None = None,
    palette: Mapping[int, tuple[int, int, int, int]] | None = None,
) -> None:
    """Write (bands, rows, cols). The file is made in memory: GDAL hides some errors of a full disk."""
    grid = view.record.grid
    profile = {
        "driver": "COG",
        "width": grid.cols,
        "height": grid.rows,
        "count": len(data),
        "dtype": data.dtype,
        "nodata": nodata,
        "crs": view.record.scene.grid.crs,
        "transform": transform(view),
        # Deflate, not ZSTD: every reader of TIFF knows it, and these files are small.
        "compress": "DEFLATE",
        "level": 9,
        "predictor": "YES",
        "blocksize": 256,
        "overview_resampling": overviews,
        "num_threads": 1,
    }
    with writing(path), MemoryFile() as memory:
        with memory.open(**profile) as dst:
            dst.write(data)
            for i, name in enumerate(names, 1):
                dst.set_band_description(i, name)
            if scale is not None:
                dst.scales = [scale] * len(data)
            if palette is not None:
                dst.write_colormap(1, palette)
            dst.update_tags(**_common_tags(view), **tags)
        content = memory.read()
    write_bytes(path, content)


def _common_tags(view: MapView) -> dict[str, str]:
    tags = {
        "TIFFTAG_SOFTWARE": f"BigEarthNet Mapper {__version__}",
        "SCENE": view.record.scene.name,
        "MODEL": view.record.card.name,
    }
    if view.acquired:
        tags["ACQUIRED"] = view.acquired.isoformat()
    if view.attribution:
        tags["TIFFTAG_COPYRIGHT"] = view.attribution
    return tags


def category_sidecar(categories: Sequence[Category], counts: np.ndarray, nothing: str, counted: str) -> bytes:
    """Category names and attribute table as GDAL's persistent auxiliary metadata (PAM).

    ``counts`` has a number of ``counted`` ("Cells") for every code; ``nothing`` is the name of code 0.
    """
    root = ET.Element("PAMDataset")
    band = ET.SubElement(root, "PAMRasterBand", band="1")
    names = ET.SubElement(band, "CategoryNames")
    ET.SubElement(names, "Category").text = nothing
    for c in categories:
        ET.SubElement(names, "Category").text = c.name
    table = ET.SubElement(band, "GDALRasterAttributeTable", tableType="thematic")
    # Type: 0 integer, 2 text. Usage: 0 generic, 1 pixel count, 2 name, 5 value, 6-8 red, green, blue.
    # (GDALRATFieldType and GDALRATFieldUsage in gdal.h.)
    columns = (("Value", 0, 5), ("Class", 2, 2), (counted, 0, 1), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))
    for i, (name, kind, usage) in enumerate(columns):
        field = ET.SubElement(table, "FieldDefn", index=str(i))
        ET.SubElement(field, "Name").text = name
        ET.SubElement(field, "Type").text = str(kind)
        ET.SubElement(field, "Usage").text = str(usage)
    for i, c in enumerate(categories):
        row = ET.SubElement(table, "Row", index=str(i))
        for value in (c.code, c.name, counts[c.code], *c.rgb):
            ET.SubElement(row, "F").text = str(value)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=False) + b"\n"
