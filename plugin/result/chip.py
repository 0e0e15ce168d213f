"""The picture of a patch: true colour from the scene's own bands, read by QGIS's GDAL."""

from __future__ import annotations

import json
import re
from array import array
from typing import Dict, Mapping, Optional, Tuple

from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtGui import QImage

from ..layers import is_ours

BANDS = "bigearthnet/bands"  # custom property of the layer of patches: {"B04": [path, number]} as JSON
RGB = ("B04", "B03", "B02")
_CLIPPED = 0.01  # darkest and brightest pixels that the stretch gives up

Sources = Mapping[str, Tuple[str, int]]  # band -> path, number in the file


def remember_bands(patches: QgsVectorLayer, facts: Mapping[str, Mapping[str, object]]) -> None:
    """Keep where the scene's colours lie with the layer, and so with the project; ``facts``: bands of ``ben info``."""
    kept = {name: [facts[name]["path"], facts[name]["index"]] for name in RGB if name in facts}
    patches.setCustomProperty(BANDS, json.dumps(kept))


def find_bands(project: QgsProject, patches: QgsVectorLayer) -> Optional[Sources]:
    """Red, green and blue: those of the run, else of the project's raster layers by the names of bands; or None."""
    try:
        kept = json.loads(str(patches.customProperty(BANDS, "{}")))
        if set(RGB) <= set(kept):
            return {name: (str(kept[name][0]), int(kept[name][1])) for name in RGB}
    except (ValueError, TypeError, KeyError, IndexError):
        pass
    return _among(project)


def _among(project: QgsProject) -> Optional[Sources]:
    found: Dict[str, Tuple[str, int]] = {}
    for node in project.layerTreeRoot().findLayers():
        layer = node.layer()
        if not isinstance(layer, QgsRasterLayer) or layer.providerType() != "gdal" or is_ours(layer):
            continue
        for number in range(1, layer.bandCount() + 1):
            names = (layer.bandName(number),) if layer.bandCount() > 1 else (layer.bandName(number), layer.name())
            for band in RGB:
                if any(_is(band, name) for name in names):
                    found.setdefault(band, (layer.source(), number))
    return found if set(RGB) <= set(found) else None


def _is(band: str, name: str) -> bool:
    """Whether a layer's or band's name ("T32TPT_B04_10m", "Band 3: b4") means ``band``."""
    return re.search(rf"(?<![A-Za-z0-9])B0?{band[2]}(?![A-Za-z0-9])", name, re.IGNORECASE) is not None


def chip(sources: Sources, box: QgsRectangle, crs_wkt: str, size: int) -> Optional[QImage]:
    """True colour of ``box``, size x size pixels; None where the files cannot be read."""
    planes = []
    for band in RGB:
        plane = _read(*sources[band], box, crs_wkt, size)
        if plane is None:
            return None
        planes.append(_stretch(plane))
    pixels = bytearray(size * size * 3)
    for i, plane in enumerate(planes):
        pixels[i::3] = plane
    return QImage(bytes(pixels), size, size, size * 3, QImage.Format.Format_RGB888).copy()


def _read(path: str, number: int, box: QgsRectangle, crs_wkt: str, size: int) -> Optional["array[float]"]:
    """Values of one band, row by row from the north; NaN-free: 0 where there is none."""
    try:
        source = gdal.OpenEx(path, gdal.OF_RASTER)
        if source is None or number > source.RasterCount:
            return None
        one = gdal.Translate("", source, format="VRT", bandList=[number])
        bounds = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        cut = gdal.Warp(
            "", one, format="MEM", outputBounds=bounds, dstSRS=crs_wkt, width=size, height=size,
            resampleAlg="cubic", outputType=gdal.GDT_Float32,
        )  # fmt: skip
        return None if cut is None else array("f", cut.GetRasterBand(1).ReadRaster(buf_type=gdal.GDT_Float32))
    except RuntimeError:  # GDAL's, where its exceptions are on
        return None


def _stretch(values: "array[float]") -> bytes:
    """Values to 0..255, all but the extremes spread over the whole range."""
    known = sorted(v for v in values if v > 0)
    if not known:
        return bytes(len(values))
    low, high = known[int(_CLIPPED * len(known))], known[int((1 - _CLIPPED) * (len(known) - 1))]
    factor = 255 / (high - low) if high > low else 0.0
    return bytes(int(min(max((v - low) * factor, 0), 255)) if v > 0 else 0 for v in values)
