"""Open whatever the user gives as one ``Scene``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import DataError, JobError
from ..nomenclature import S1_BANDS
from .decibels import UNITS
from .grd import is_raw, kind_of
from .names import is_time
from .radar import fuse, radar_scene
from .radar_products import open_radars
from .rasters import open_rasters
from .remote import address_of, is_remote
from .safe import find_product, open_safe
from .stac import open_stac
from .stac_item import is_item, read_item
from .stac_radar import is_radar, open_item_radar
from .types import Scene


def open_scene(
    paths: Sequence[str],
    *,
    bands: Mapping[str, int | str] | None = None,
    scale: float | None = None,
    offset: float | None = None,
    acquired: str | None = None,
    allow_l1c: bool = False,
    name: str | None = None,
    s1: Sequence[str] = (),
    s1_unit: str | None = None,
) -> Scene:
    """Open a product, a raster or band files; the arguments are those of ``Job``.

    ``paths``: one Sentinel-2 product (SAFE folder, zip, or its MTD_MSI*.xml), one multi-band raster, one
    folder of band files, several band files (of Sentinel-2 or of Sentinel-1), a STAC item (file, URL, COLLECTION#ID),
    or addresses of rasters. ``s1``: Sentinel-1 products to lie beside it on its grid (with no ``paths``: laid over each
    other on a grid of their own); ``s1_unit``: "db", "power" or "amplitude" where nothing tells what they hold. No
    pixels are read beyond small samples.
    DataError where the data is wrong, JobError where the options do not fit it.
    """
    _check_proj()
    texts = [os.fspath(p) for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    if acquired is not None and not is_time(acquired):
        raise JobError(
            f"--acquired {acquired!r} is no time.", "Write it as 2020-02-23 or 2020-02-23T03:37:29Z (ISO 8601)."
        )
    unit = _unit(s1_unit)
    radars = [text if is_remote(text) or is_item(text) else _local([text])[0] for text in map(os.fspath, s1)]
    s1_bands, bands = _of_sensors(bands or {}, beside=bool(radars))
    if not texts and radars:
        return _checked(radar_scene(open_radars(radars, s1_bands, unit), name))
    if any(is_remote(text) for text in texts) or any(map(is_item, texts)):
        scene = _open_far(texts, bands, scale, offset, acquired, allow_l1c, name, unit)
    else:
        scene = _open_near(texts, bands, scale, offset, acquired, allow_l1c, name, unit)
    scene = _checked(scene)
    if not radars:
        return scene
    if scene.sensor != "sentinel-2" or scene.passes:
        raise JobError(
            f"{scene.name} holds Sentinel-1 already, and --s1 gives more.",
            "Give the Sentinel-2 product as the scene, or every Sentinel-1 product with --s1.",
        )
    return _checked(fuse(scene, open_radars(radars, s1_bands, unit)))


def _local(texts: Sequence[str]) -> list[Path]:
    """Paths of files and folders that are there. DataError where one is not."""
    # Absolute, or GDAL's Python would take a file named "s3:…" for one on a server.
    found = [Path(p).absolute() for p in texts]
    for path in found:
        if not _is_utf8(path):
            raise DataError(
                f"The path {str(path)!a} holds bytes that are not UTF-8.", "Rename it: GDAL cannot open it so.", "path"
            )
        if not path.exists():
            raise DataError(f"There is no file or folder {path}.", "Check the path.", "missing")
        if not path.is_file() and not path.is_dir():
            raise DataError(f"{path} is neither a file nor a folder.", "Save what comes through it as a file first.")
        _refuse_raw(path)
    return found


def _open_near(
    texts: Sequence[str],
    bands: Mapping[str, int | str],
    scale: float | None,
    offset: float | None,
    acquired: str | None,
    allow_l1c: bool,
    name: str | None,
    s1_unit: str | None,
) -> Scene:
    """A product or rasters on this machine."""
    found = _local(texts)
    if not found:
        raise JobError("No scene is given.", "Give the path of a product or of its band files.")
    product = find_product(found[0]) if len(found) == 1 else None
    if product:
        if bands or acquired:
            option = "--bands" if bands else "--acquired"
            raise JobError(f"{option} is for rasters without metadata; the product brings its own.", "Leave it out.")
        return open_safe(*product, scale, offset, allow_l1c, name)
    return open_rasters(found, bands, scale, offset, acquired, allow_l1c, name or _stem(found), s1_unit)


def _open_far(
    texts: Sequence[str],
    bands: Mapping[str, int | str],
    scale: float | None,
    offset: float | None,
    acquired: str | None,
    allow_l1c: bool,
    name: str | None,
    s1_unit: str | None,
) -> Scene:
    """A STAC item (a file or a URL), or rasters on servers."""
    if not any(map(is_item, texts)):
        if not all(map(is_remote, texts)):
            raise JobError("Some files of the scene are on a server and some are not.", "Give a STAC item of them.")
        addresses = [address_of(text) for text in texts]
        stem = PurePosixPath(urlsplit(addresses[0]).path)
        named = name or (stem.stem if len(texts) == 1 else stem.parent.name) or "scene"
        return open_rasters(addresses, bands, scale, offset, acquired, allow_l1c, named, s1_unit)
    if len(texts) > 1:
        raise JobError(
            "A STAC item is a scene by itself; more was given beside it.",
            "Give one item, or one of a collection: FILE#ID.",
        )
    if bands or acquired:
        option = "--bands" if bands else "--acquired"
        raise JobError(f"{option} is for rasters without metadata; the item brings its own.", "Leave it out.")
    item = read_item(texts[0])
    if not is_radar(item):
        return open_stac(item, scale, offset, allow_l1c, name)
    if scale is not None or offset is not None:
        raise JobError(
            "--scale and --offset are for reflectance, and this is Sentinel-1.", "Say its unit with --s1-unit."
        )
    return radar_scene([open_item_radar(item, s1_unit)], name)


def _refuse_raw(path: Path) -> None:
    """DataError for a Sentinel-1 product as ESA delivers it: its pixels lie in radar geometry, in raw numbers."""
    if is_raw(path):
        kind = kind_of(path)
        raise DataError(
            f"{path.name} is a raw Sentinel-1 product{f' ({kind})' if kind else ''}: not calibrated and not on a map.",
            "ben map takes an IW GRD product with --dem; elsewhere prepare it first: ben s1 prepare PRODUCT --dem DEM."
            if kind in ("", "GRDH", "GRDM", "GRDF")
            else "Give an IW GRD product, or terrain-corrected VV and VH (GeoTIFF): from SNAP, or RTC of a data provider.",
            "s1-raw",
        )


def _unit(text: str | None) -> str | None:
    """The unit that --s1-unit means."""
    units = {unit.lower(): unit for unit in UNITS}
    if text is not None and text not in units:
        raise JobError(f"--s1-unit {text!r} is unknown.", "Choose db, power or amplitude.")
    return units[text] if text is not None else None


def _of_sensors(
    bands: Mapping[str, int | str], beside: bool
) -> tuple[Mapping[str, int | str], Mapping[str, int | str]]:
    """--bands for the products of --s1, and for the scene; without --s1 all are the scene's."""
    if not beside:
        return {}, bands
    return {b: v for b, v in bands.items() if b in S1_BANDS}, {b: v for b, v in bands.items() if b not in S1_BANDS}


def _checked(scene: Scene) -> Scene:
    if scene.acquired is not None and not is_time(scene.acquired):
        raise DataError(
            f"{scene.source} says it was acquired at {scene.acquired!r}, which is no time.",
            "Download it again; for rasters, give the right one with --acquired.",
            "time",
        )
    return scene


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_proj() -> None:
    """A foreign PROJ_LIB or PROJ_DATA (of conda, PostGIS, an older QGIS) leaves PROJ without its database."""
    try:
        CRS.from_epsg(4326)
    except CRSError as e:
        told = ", ".join(f"{k}={os.environ[k]}" for k in ("PROJ_LIB", "PROJ_DATA") if k in os.environ)
        raise JobError(
            f"PROJ, which knows coordinate systems, does not find its database ({told or 'proj.db'}).",
            "Unset PROJ_LIB and PROJ_DATA; if they are not set, install rasterio again.",
            "proj",
        ) from e


def _stem(paths: Sequence[Path]) -> str:
    path = paths[0].resolve()
    if len(paths) > 1:
        return path.parent.name
    return path.name if path.is_dir() else path.stem
