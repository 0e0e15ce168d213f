"""Open whatever the user gives as one ``Scene``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import DataError, JobError
from .rasters import open_rasters
from .remote import address_of, is_remote
from .safe import find_product, open_safe
from .stac import open_stac
from .stac_item import is_item, split
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
) -> Scene:
    """Open a product, a raster or band files; the arguments are those of ``Job``.

    ``paths``: one Sentinel-2 product (SAFE folder, zip, or its MTD_MSI*.xml), one multi-band raster, one
    folder of band files, several band files, a STAC item (file, URL, COLLECTION#ID), or addresses of rasters. No pixels are read beyond small samples.
    DataError where the data is wrong, JobError where the options do not fit it.
    """
    _check_proj()
    texts = [os.fspath(p) for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    if acquired is not None and not _is_time(acquired):
        raise JobError(
            f"--acquired {acquired!r} is no time.", "Write it as 2020-02-23 or 2020-02-23T03:37:29Z (ISO 8601)."
        )
    if any(is_remote(text) for text in texts) or any(map(is_item, texts)):
        return _checked(_open_far(texts, bands or {}, scale, offset, acquired, allow_l1c, name))
    # Absolute, or GDAL's Python would take a file named "s3:…" for one on a server.
    found = [Path(p).absolute() for p in texts]
    if not found:
        raise JobError("No scene is given.", "Give the path of a product or of its band files.")
    for path in found:
        if not _is_utf8(path):
            raise DataError(
                f"The path {str(path)!a} holds bytes that are not UTF-8.", "Rename it: GDAL cannot open it so.", "path"
            )
        if not path.exists():
            raise DataError(f"There is no file or folder {path}.", "Check the path.", "missing")
        if not path.is_file() and not path.is_dir():
            raise DataError(f"{path} is neither a file nor a folder.", "Save what comes through it as a file first.")
    product = find_product(found[0]) if len(found) == 1 else None
    if product:
        if bands or acquired:
            option = "--bands" if bands else "--acquired"
            raise JobError(f"{option} is for rasters without metadata; the product brings its own.", "Leave it out.")
        scene = open_safe(*product, scale, offset, allow_l1c, name)
    else:
        scene = open_rasters(found, bands or {}, scale, offset, acquired, allow_l1c, name or _stem(found))
    return _checked(scene)


def _open_far(
    texts: Sequence[str],
    bands: Mapping[str, int | str],
    scale: float | None,
    offset: float | None,
    acquired: str | None,
    allow_l1c: bool,
    name: str | None,
) -> Scene:
    """A STAC item (a file or a URL), or rasters on servers."""
    if not any(map(is_item, texts)):
        if not all(map(is_remote, texts)):
            raise JobError("Some files of the scene are on a server and some are not.", "Give a STAC item of them.")
        addresses = [address_of(text) for text in texts]
        stem = PurePosixPath(urlsplit(addresses[0]).path)
        named = name or (stem.stem if len(texts) == 1 else stem.parent.name) or "scene"
        return open_rasters(addresses, bands, scale, offset, acquired, allow_l1c, named)
    if len(texts) > 1:
        raise JobError(
            "A STAC item is a scene by itself; more was given beside it.",
            "Give one item, or one of a collection: FILE#ID.",
        )
    place, _ = split(texts[0])
    if not is_remote(place) and not Path(place).is_file():
        raise DataError(f"There is no file {place}.", "Check the path.", "missing")
    if bands or acquired:
        option = "--bands" if bands else "--acquired"
        raise JobError(f"{option} is for rasters without metadata; the item brings its own.", "Leave it out.")
    return open_stac(texts[0], scale, offset, allow_l1c, name)


def _checked(scene: Scene) -> Scene:
    if scene.acquired is not None and not _is_time(scene.acquired):
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


def _is_time(text: str) -> bool:
    """Whether a text is an ISO 8601 time that has a place in UTC."""
    try:
        datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    return True
