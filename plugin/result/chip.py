"""The picture of a patch from the scene's own bands, read by QGIS's GDAL: true colour, or radar's colours."""

from __future__ import annotations

import json
import math
import re
from array import array
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence, Tuple

from osgeo import gdal
from qgis.core import QgsProject, QgsRasterLayer, QgsRectangle, QgsVectorLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QImage

from ..i18n import tr
from ..layers import is_ours

BANDS = "bigearthnet/bands"  # custom property of the layer of patches: {"B04": {"path": …, "index": …}} as JSON
RGB = ("B04", "B03", "B02")
RADAR = ("VV", "VH")
_CLIPPED = 0.01  # darkest and brightest pixels that the stretch gives up
_RADAR_SIDE = 40  # px of 30 m: means of 3 x 3, for speckle covers what there is to see
# dB at the dark and the bright end of VV, VH and VV - VH: those of the engine's quick look (products/stretch.py)
_RADAR_RANGES = ((-22.0, -2.0), (-28.0, -9.0), (0.0, 15.0))
# A picture is not worth a frozen window: a server that is slow or gone gives none.
_REMOTE_OPTIONS = {"GDAL_HTTP_TIMEOUT": "10", "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
_SYSTEMS = {"https": "/vsicurl/", "http": "/vsicurl/", "s3": "/vsis3/", "gs": "/vsigs/", "az": "/vsiaz/"}


@dataclass(frozen=True)
class Band:
    """Where a band lies: ``index`` is its number in the file. Of Sentinel-1 value * scale + offset is of ``unit``
    ("dB", "power", "amplitude"; "" where nothing tells)."""

    path: str
    index: int
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0


Sources = Mapping[str, Band]


def remember_bands(patches: QgsVectorLayer, facts: Mapping[str, Mapping[str, object]]) -> None:
    """Keep where the scene's colours lie with the layer, and so with the project; ``facts``: bands of ``ben info``."""
    names = ("path", "index", "unit", "scale", "offset")
    kept = {b: {n: facts[b][n] for n in names if n in facts[b]} for b in RGB + RADAR if b in facts}
    patches.setCustomProperty(BANDS, json.dumps(kept))


def find_bands(project: QgsProject, patches: QgsVectorLayer) -> Optional[Sources]:
    """Red, green and blue, else VV and VH: those of the run, else of the project's raster layers by name; or None."""
    try:
        kept = json.loads(str(patches.customProperty(BANDS, "{}")))
        known = {name: Band(**facts) for name, facts in kept.items()}
    except (ValueError, TypeError, AttributeError):
        known = {}
    return _enough(known) or _enough(_among(project))


def _enough(found: Mapping[str, Band]) -> Optional[Sources]:
    names = next((names for names in (RGB, RADAR) if set(names) <= set(found)), None)
    return {name: found[name] for name in names} if names else None


def _among(project: QgsProject) -> Dict[str, Band]:
    found: Dict[str, Band] = {}
    for node in project.layerTreeRoot().findLayers():
        layer = node.layer()
        if not isinstance(layer, QgsRasterLayer) or layer.providerType() != "gdal" or is_ours(layer):
            continue
        for number in range(1, layer.bandCount() + 1):
            names = (layer.bandName(number),) if layer.bandCount() > 1 else (layer.bandName(number), layer.name())
            for band in RGB + RADAR:
                if any(_is(band, name) for name in names):
                    found.setdefault(band, Band(layer.source(), number))
    return found


def _is(band: str, name: str) -> bool:
    """Whether a layer's or band's name ("T32TPT_B04_10m", "Band 3: b4", "S1A_…_VV") means ``band``."""
    wanted = band if band in RADAR else f"B0?{band[2]}"
    return re.search(rf"(?<![A-Za-z0-9]){wanted}(?![A-Za-z0-9])", name, re.IGNORECASE) is not None


def chip(sources: Sources, box: QgsRectangle, crs_wkt: str, size: int) -> Optional[QImage]:
    """The picture of ``box``, size x size pixels; None where the files cannot be read."""
    radar = set(sources) == set(RADAR)
    side = _RADAR_SIDE if radar else size
    bands = [sources[name] for name in (RADAR if radar else RGB)]
    planes = [_read(band, box, crs_wkt, side, "average" if radar else "cubic") for band in bands]
    read = [plane for plane in planes if plane is not None]
    if len(read) < len(bands):
        return None
    pixels = bytearray(side * side * 3)
    coloured = _radar_colours([_decibels(p, b) for p, b in zip(read, bands)]) if radar else map(_stretch, read)
    for i, plane in enumerate(coloured):
        pixels[i::3] = plane
    image = QImage(bytes(pixels), side, side, side * 3, QImage.Format.Format_RGB888).copy()
    return image.scaled(size, size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def picture_words(sources: Sources) -> str:
    """What the picture shows."""
    if set(sources) == set(RADAR):
        return tr("Radar picture of the patch, 1.2 x 1.2 km: red VV, green VH, blue VV - VH")
    return tr("True colour of the patch, 1.2 x 1.2 km")


def _read(band: Band, box: QgsRectangle, crs_wkt: str, size: int, resampling: str) -> Optional["array[float]"]:
    """Values of one band, row by row from the north; 0 where there is none."""
    before = {name: gdal.GetThreadLocalConfigOption(name) for name in _REMOTE_OPTIONS}
    for name, value in _REMOTE_OPTIONS.items():
        gdal.SetThreadLocalConfigOption(name, value)
    try:
        source = gdal.OpenEx(_for_gdal(band.path), gdal.OF_RASTER)
        if source is None or band.index > source.RasterCount:
            return None
        one = gdal.Translate("", source, format="VRT", bandList=[band.index])
        bounds = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        cut = gdal.Warp(
            "", one, format="MEM", outputBounds=bounds, dstSRS=crs_wkt, width=size, height=size,
            resampleAlg=resampling, outputType=gdal.GDT_Float32, dstNodata=0,
        )  # fmt: skip
        return None if cut is None else array("f", cut.GetRasterBand(1).ReadRaster(buf_type=gdal.GDT_Float32))
    except RuntimeError:  # GDAL's, where its exceptions are on
        return None
    finally:
        for name, kept in before.items():
            gdal.SetThreadLocalConfigOption(name, kept)


def _for_gdal(path: str) -> str:
    """GDAL's name of a file that the engine calls by its address."""
    scheme, there, rest = path.partition("://")
    if not there or scheme not in _SYSTEMS:
        return path
    return f"{_SYSTEMS[scheme]}{path if scheme in ('http', 'https') else rest}"


def _stretch(values: "array[float]") -> bytes:
    """Values to 0..255, all but the extremes spread over the whole range."""
    known = sorted(v for v in values if v > 0)
    if not known:
        return bytes(len(values))
    low, high = known[int(_CLIPPED * len(known))], known[int((1 - _CLIPPED) * (len(known) - 1))]
    factor = 255 / (high - low) if high > low else 0.0
    return bytes(int(min(max((v - low) * factor, 0), 255)) if v > 0 else 0 for v in values)


def _decibels(values: "array[float]", band: Band) -> List[float]:
    """Stored values as dB, NaN where there is none. Where nothing tells the unit, negative values are dB."""
    known = sorted(v for v in values if v and math.isfinite(v))
    negative = bool(known) and known[len(known) // 2] * band.scale + band.offset < 0
    factor = {"dB": 0, "power": 10, "amplitude": 20}.get(band.unit, 0 if negative else 10)

    def one(v: float) -> float:
        if not v or not math.isfinite(v):
            return math.nan
        v = v * band.scale + band.offset
        return v if not factor else factor * math.log10(v) if v > 0 else math.nan

    return [one(v) for v in values]


def _radar_colours(planes: Sequence[Sequence[float]]) -> List[bytes]:
    """Red VV, green VH, blue VV - VH; the same colours for the same dB in every scene, black where there is none."""
    vv, vh = planes
    both: Tuple[Sequence[float], ...] = (vv, vh, [a - b for a, b in zip(vv, vh)])
    there = [not math.isnan(d) for d in both[2]]
    return [
        bytes(
            1 + int(254 * min(max((v - low) / (high - low), 0.0), 1.0)) if seen else 0 for v, seen in zip(plane, there)
        )
        for plane, (low, high) in zip(both, _RADAR_RANGES)
    ]
