"""Open whatever the user gives as one ``Scene``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

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
    # Absolute, or GDAL's Python would take a file named "s3:…" for one on a server.
    found = [Path(p).absolute() for p in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    if not found:
        raise JobError("No scene is given.", "Give the path of a product or of its band files.")
    for path in found:
        if not path.exists():
            raise DataError(f"There is no file or folder {path}.", "Check the path.", "missing")
    if acquired is not None:
        _check_time(acquired)
    product = find_product(found[0]) if len(found) == 1 else None
    if product:
        if bands or acquired:
            option = "--bands" if bands else "--acquired"
            raise JobError(f"{option} is for rasters without metadata; the product brings its own.", "Leave it out.")
        return open_safe(*product, scale, offset, allow_l1c, name)
    return open_rasters(found, bands or {}, scale, offset, acquired, allow_l1c, name or _stem(found))


def _stem(paths: Sequence[Path]) -> str:
    path = paths[0].resolve()
    if len(paths) > 1:
        return path.parent.name
    return path.name if path.is_dir() else path.stem


def _check_time(text: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError as e:
        raise JobError(
            f"--acquired {text!r} is no time.", "Write it as 2020-02-23 or 2020-02-23T03:37:29Z (ISO 8601)."
        ) from e
