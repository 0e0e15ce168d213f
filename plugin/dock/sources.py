"""What can be mapped: raster layers of the project, and files or addresses of the user, as paths that the engine opens."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple, Union

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsRasterLayer

from ..i18n import tr
from ..layers import is_ours

SUFFIXES = (".tif", ".tiff", ".jp2", ".vrt", ".img")
ITEMS = (".json", ".geojson")
_MAX_ITEMS = 64 << 20  # bytes of an item collection, as in the engine
# GDAL's names of parts of a product: SENTINEL2_L2A:/path/MTD_MSIL2A.xml:10m:EPSG_32633
_PART = re.compile(r"^SENTINEL2_L\w+:(?:/vsizip/)?(.+?):(?:10m|20m|60m|TCI|PREVIEW)\b", re.IGNORECASE)
_PRODUCT = re.compile(r"^S2[A-D]_MSIL|\.SAFE$|^MTD_MSI\w*\.xml$", re.IGNORECASE)
# Names of Sentinel-1: a polarisation, or a product's beginning. One of Sentinel-2's bands beside them says otherwise.
_RADAR = re.compile(r"(?<![a-z0-9])(?:vv|vh)(?![a-z0-9])|(?<![a-z0-9])s1[a-d]_", re.IGNORECASE)
_OPTICAL = re.compile(r"(?<![a-z0-9])b(?:0?[1-9]|1[0-2]|8a)(?![a-z0-9])|^s2[a-d]_", re.IGNORECASE)
_RAW = re.compile(r"^S1[A-D]_\w\w_(?:GRD|SLC)", re.IGNORECASE)
_ADDRESS = re.compile(r"^(?:https?|s3|gs|az)://", re.IGNORECASE)
# GDAL's file systems that the engine reads
_SERVERS = ("/vsicurl/https://", "/vsicurl/http://", "/vsis3/", "/vsigs/", "/vsiaz/")


@dataclass(frozen=True)
class Choice:
    """What a band can be read from: the job's value (a number in a file, or a file's name), and words for it."""

    value: Union[int, str]
    text: str


@dataclass(frozen=True)
class Source:
    """A scene to choose.

    paths    as in a job; empty where it is refused, and ``refusal`` says why
    choices  where bands may be read from; empty for a product, which knows its bands
    radar    whether its names are those of Sentinel-1
    layers   ids of the layers it stands for
    """

    title: str
    paths: Tuple[str, ...]
    choices: Tuple[Choice, ...] = ()
    refusal: str = ""
    radar: bool = False
    layers: Tuple[str, ...] = field(default=(), compare=False)


def sources_of(project: QgsProject) -> List[Source]:
    """What the project's layers are, and all passes of Sentinel-1 together."""
    found = scenes_of(project.mapLayers().values())
    passes = [s for s in found if s.radar]
    if len(passes) > 1:  # one pass seldom covers a scene
        paths = tuple(path for s in passes for path in s.paths)
        ids = tuple(i for s in passes for i in s.layers)
        found.append(Source(tr("All loaded Sentinel-1 ({n})").format(n=len(passes)), paths, radar=True, layers=ids))
    return found


def scenes_of(layers: Iterable[QgsMapLayer]) -> List[Source]:
    """A source a raster layer; single-band layers of one folder are one source together, each sensor's by themselves."""
    alone: List[Source] = []
    folders: Dict[Tuple[str, bool], List[QgsRasterLayer]] = {}
    for layer in sorted(layers, key=lambda layer: layer.name().lower()):
        if not isinstance(layer, QgsRasterLayer) or is_ours(layer):
            continue
        refusal, path = file_of(layer)
        if refusal:
            alone.append(Source(layer.name(), (), refusal=refusal, layers=(layer.id(),)))
        elif _PRODUCT.search(Path(path).name):
            alone.append(Source(layer.name(), (path,), layers=(layer.id(),)))
        elif layer.bandCount() > 1:
            alone.append(Source(layer.name(), (path,), _bands(layer), radar=_is_radar(layer), layers=(layer.id(),)))
        else:
            folders.setdefault((str(Path(path).parent), _is_radar(layer)), []).append(layer)
    return alone + [_together(folder, bands, radar) for (folder, radar), bands in folders.items()]


def _together(folder: str, layers: Sequence[QgsRasterLayer], radar: bool) -> Source:
    files = {file_of(layer)[1]: layer for layer in layers}
    ids = tuple(layer.id() for layer in layers)
    if len(files) == 1:
        (path,) = files
        return Source(layers[0].name(), (path,), _bands(layers[0]), radar=radar, layers=ids)
    title = tr("{folder} ({n} layers)").format(folder=Path(folder).name, n=len(files))
    return Source(title, tuple(sorted(files)), _files(sorted(files)), radar=radar, layers=ids)


def place_of(source: Source) -> str:
    """Where a scene lies, in one path: its file, or the folder of its band files."""
    return source.paths[0] if len(source.paths) == 1 else str(Path(source.paths[0]).parent)


def sources_of_paths(paths: Sequence[str]) -> List[Source]:
    """What a person picked or dropped: products, items and addresses one by one, files of bands together.

    Whatever is Sentinel-1 is one source: its passes lie over each other.
    """
    found: List[Source] = []
    bands: List[str] = []
    radars: List[str] = []
    for path in paths:
        place = path.rpartition("#")[0] or path
        if _ADDRESS.match(path) or path.startswith(_SERVERS):
            found.append(Source(_last_of(path), (path,)))
        elif "://" in path or path.startswith("/vsi"):
            found.append(Source(path, (), refusal=_REMOTE()))
        elif Path(path).suffix.lower() in ITEMS and Path(path).is_file():
            found += _items(path)
        elif place != path and Path(place).suffix.lower() in ITEMS and not Path(path).exists():
            found.append(Source(path.rpartition("#")[2], (path,)))
        elif not Path(path).exists():
            refusal = tr("There is no file or folder {path}.").format(path=path)
            found.append(Source(Path(path).name, (), refusal=refusal))
        elif is_radar_file(path):
            radars.append(path)
        elif Path(path).suffix.lower() in SUFFIXES:
            bands.append(path)
        else:
            found.append(_product(Path(path)))
    if bands:
        found.insert(0, _of_files(bands))
    if radars:
        found.append(_of_radars(radars))
    return found


def is_raw_radar(path: str) -> bool:
    """Whether a path is a raw product of Sentinel-1 by its name and kind: a SAFE folder or a zip."""
    return bool(_RAW.search(Path(path).name)) and Path(path).suffix.lower() in (".safe", ".zip")


def is_radar_file(path: str) -> bool:
    """Whether a file or folder holds Sentinel-1, as far as names tell."""
    place = Path(path)
    if place.is_dir():
        inside = [p.stem for p in place.iterdir() if p.suffix.lower() in SUFFIXES]
        return any(map(_RADAR.search, (place.name, *inside))) and not any(map(_OPTICAL.search, (place.name, *inside)))
    if place.suffix.lower() in SUFFIXES:
        layer = QgsRasterLayer(path, place.stem)
        if layer.isValid():
            return _is_radar(layer)
    return bool(_RADAR.search(place.stem))


def _of_files(paths: Sequence[str]) -> Source:
    """A raster with all bands, or files with a band each."""
    first = Path(paths[0])
    if len(paths) > 1:
        return Source(first.parent.name, tuple(paths), _files(paths))
    layer = QgsRasterLayer(str(first), first.stem)
    return Source(first.name, (str(first),), _bands(layer) if layer.isValid() else ())


def _of_radars(paths: Sequence[str]) -> Source:
    first = Path(paths[0])
    if len(paths) == 1 and first.is_dir():
        return Source(first.name, (str(first),), _files(_rasters_in(first)), radar=True)
    if len(paths) == 1:
        layer = QgsRasterLayer(str(first), first.stem)
        return Source(first.name, (str(first),), _bands(layer) if layer.isValid() else (), radar=True)
    together = not any(Path(p).is_dir() for p in paths) and len({Path(p).parent for p in paths}) == 1
    title = first.parent.name if together else tr("{n} products of Sentinel-1").format(n=len(paths))
    return Source(title, tuple(paths), _files(paths) if together else (), radar=True)


def _product(path: Path) -> Source:
    """A folder, a zip, or a product's metadata file."""
    if path.is_dir() and not any(_PRODUCT.search(n) for n in (path.name, *(p.name for p in path.iterdir()))):
        return Source(path.name, (str(path),), _files(_rasters_in(path)))
    return Source(path.name, (str(path),))


def _items(path: str) -> List[Source]:
    """A STAC item, or each item of a collection; what is none is left to the engine, which says why."""
    try:
        if Path(path).stat().st_size <= _MAX_ITEMS:
            document = json.loads(Path(path).read_text(encoding="utf-8"))
            if document["type"] == "FeatureCollection":
                items = [(str(item["id"]), item) for item in document["features"]]
                if not items:
                    refusal = tr("{path} is a collection without a scene.").format(path=path)
                    return [Source(Path(path).name, (), refusal=refusal)]
                return [Source(name, (f"{path}#{name}",), radar=_is_radar_item(item)) for name, item in items]
            return [Source(str(document["id"]), (path,), radar=_is_radar_item(document))]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return [Source(Path(path).name, (path,))]


def _is_radar_item(item: "Dict[str, object]") -> bool:
    return "sentinel-1" in f"{item.get('collection')} {json.dumps(item.get('properties'))}".lower()


def file_of(layer: QgsMapLayer) -> Tuple[str, str]:
    """(why the engine cannot read it, "") or ("", its path)."""
    if layer.providerType() != "gdal":
        return _REMOTE(), ""
    source = layer.source()
    part = _PART.match(source)
    if part:
        return _local(part.group(1))
    if source.startswith("/vsimem/"):
        return _MEMORY(), ""
    if source.startswith(_SERVERS):
        return "", source
    decoded = QgsProviderRegistry.instance().decodeUri("gdal", source)
    if decoded.get("vsiPrefix"):
        return _REMOTE(), ""
    return _local(str(decoded.get("path") or source))


def _local(path: str) -> Tuple[str, str]:
    if "://" in path or path.startswith("/vsi"):
        return _REMOTE(), ""
    return ("", path) if Path(path).exists() else (_MEMORY(), "")


def _REMOTE() -> str:  # noqa: N802  (a constant in the user's language)
    return tr(
        "This layer comes from a service or an archive; the mapping reads files on this machine or a plain server. Save "
        "it as a GeoTIFF (layer menu, Export), or choose the product itself."
    )


def _MEMORY() -> str:  # noqa: N802
    return tr("This layer is no file on disk. Save it as a GeoTIFF first (layer menu, Export).")


def _is_radar(layer: QgsRasterLayer) -> bool:
    names = [layer.bandName(i) for i in range(1, layer.bandCount() + 1)]
    names.append(Path(file_of(layer)[1]).stem)
    return any(map(_RADAR.search, names)) and not any(map(_OPTICAL.search, names))


def _bands(layer: QgsRasterLayer) -> Tuple[Choice, ...]:
    return tuple(Choice(i, layer.bandName(i)) for i in range(1, layer.bandCount() + 1))


def _files(names: Sequence[str]) -> Tuple[Choice, ...]:
    return tuple(Choice(Path(n).name, Path(n).name) for n in names)


def _rasters_in(folder: Path) -> List[str]:
    return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SUFFIXES)


def _last_of(address: str) -> str:
    """What an address is called in a list: its last part, without what is secret in its query."""
    item = address.rpartition("#")[2] if "#" in address else ""
    return item or address.partition("?")[0].rstrip("/").rpartition("/")[2]
