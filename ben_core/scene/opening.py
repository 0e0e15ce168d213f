"""Open whatever the user gives as one ``Scene``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import DataError, JobError
from .rasters import open_rasters
from .safe import find_product, open_safe
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
    folder of band files, or several band files. No pixels are read beyond small samples.
    DataError where the data is wrong, JobError where the options do not fit it.
    """
    _check_proj()
    # Absolute, or GDAL's Python would take a file named "s3:…" for one on a server.
    found = [Path(p).absolute() for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
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
    if acquired is not None and not _is_time(acquired):
        raise JobError(
            f"--acquired {acquired!r} is no time.", "Write it as 2020-02-23 or 2020-02-23T03:37:29Z (ISO 8601)."
        )
    product = find_product(found[0]) if len(found) == 1 else None
    if product:
        if bands or acquired:
            option = "--bands" if bands else "--acquired"
            raise JobError(f"{option} is for rasters without metadata; the product brings its own.", "Leave it out.")
        scene = open_safe(*product, scale, offset, allow_l1c, name)
        remedy = "Download the product again."
    else:
        scene = open_rasters(found, bands or {}, scale, offset, acquired, allow_l1c, name or _stem(found))
        remedy = "Give the right one with --acquired."
    if scene.acquired is not None and not _is_time(scene.acquired):
        raise DataError(f"{scene.source} says it was acquired at {scene.acquired!r}, which is no time.", remedy, "time")
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
