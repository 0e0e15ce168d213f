"""What can be mapped: raster layers of the project, and files of the user, as paths that the engine opens."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Sequence, Tuple, Union

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsRasterLayer

from ..i18n import tr
from ..layers import is_ours

SUFFIXES = (".tif", ".tiff", ".jp2", ".vrt", ".img")
# GDAL's names of parts of a product: SENTINEL2_L2A:/path/MTD_MSIL2A.xml:10m:EPSG_32633
_PART = re.compile(r"^SENTINEL2_L\w+:(?:/vsizip/)?(.+?):(?:10m|20m|60m|TCI|PREVIEW)\b", re.IGNORECASE)
_PRODUCT = re.compile(r"^S2[A-D]_MSIL|\.SAFE$|^MTD_MSI\w*\.xml$", re.IGNORECASE)


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
    layers   ids of the layers it stands for
    """

    title: str
    paths: Tuple[str, ...]
    choices: Tuple[Choice, ...] = ()
    refusal: str = ""
    layers: Tuple[str, ...] = field(default=(), compare=False)


def sources_of(project: QgsProject) -> List[Source]:
    """A source a raster layer; single-band layers of one folder are one source together."""
    alone: List[Source] = []
    folders: Dict[str, List[QgsRasterLayer]] = {}
    for layer in sorted(project.mapLayers().values(), key=lambda layer: layer.name().lower()):
        if not isinstance(layer, QgsRasterLayer) or is_ours(layer):
            continue
        refusal, path = file_of(layer)
        if refusal:
            alone.append(Source(layer.name(), (), refusal=refusal, layers=(layer.id(),)))
        elif _PRODUCT.search(Path(path).name):
            alone.append(Source(layer.name(), (path,), layers=(layer.id(),)))
        elif layer.bandCount() > 1:
            alone.append(Source(layer.name(), (path,), _bands(layer), layers=(layer.id(),)))
        else:
            folders.setdefault(str(Path(path).parent), []).append(layer)
    return alone + [_together(folder, layers) for folder, layers in folders.items()]


def _together(folder: str, layers: Sequence[QgsRasterLayer]) -> Source:
    files = {file_of(layer)[1]: layer for layer in layers}
    ids = tuple(layer.id() for layer in layers)
    if len(files) == 1:
        (path,) = files
        return Source(layers[0].name(), (path,), _bands(layers[0]), layers=ids)
    title = tr("{folder} ({n} layers)").format(folder=Path(folder).name, n=len(files))
    return Source(title, tuple(sorted(files)), _files(sorted(files)), layers=ids)


def source_of_paths(paths: Sequence[str]) -> Source:
    """What a person picked or dropped."""
    if any("://" in p or p.startswith("/vsi") for p in paths):
        return Source(paths[0], (), refusal=_REMOTE())
    files = [Path(p) for p in paths]
    gone = next((p for p in files if not p.exists()), None)
    if gone is not None:
        return Source(gone.name, (), refusal=tr("There is no file or folder {path}.").format(path=gone))
    first = files[0]
    if len(files) > 1:
        return Source(first.parent.name, tuple(map(str, files)), _files([str(p) for p in files]))
    if first.suffix.lower() == ".json":
        return Source(
            first.name,
            (),
            refusal=tr(
                "STAC items cannot be opened yet. Download the product, and choose its SAFE folder, zip or band files."
            ),
        )
    if first.is_dir():
        inside = sorted(p.name for p in first.iterdir())
        if not any(_PRODUCT.search(n) for n in (first.name, *inside)):
            return Source(first.name, (str(first),), _files([n for n in inside if n.lower().endswith(SUFFIXES)]))
    elif first.suffix.lower() in SUFFIXES:
        layer = QgsRasterLayer(str(first), first.stem)
        return Source(first.name, (str(first),), _bands(layer) if layer.isValid() else ())
    return Source(first.name, (str(first),))


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
        "This layer comes from a server or an archive; the mapping reads files on this machine. Save it as a GeoTIFF "
        "(layer menu, Export), or download the product."
    )


def _MEMORY() -> str:  # noqa: N802
    return tr("This layer is no file on disk. Save it as a GeoTIFF first (layer menu, Export).")


def _bands(layer: QgsRasterLayer) -> Tuple[Choice, ...]:
    return tuple(Choice(i, layer.bandName(i)) for i in range(1, layer.bandCount() + 1))


def _files(names: Sequence[str]) -> Tuple[Choice, ...]:
    return tuple(Choice(Path(n).name, Path(n).name) for n in names)
