"""The file behind an asset of a STAC item, compared with what the item says of it (``proj:``)."""

from __future__ import annotations

from typing import Any

from rasterio.crs import CRS
from rasterio.errors import CRSError

from ..errors import DataError
from .files import inspect
from .grids import crs_name
from .layers import Layer
from .stac_assets import Asset
from .stac_item import Item, crs_code


def layer_of(asset: Asset, item: Item) -> Layer:
    """The asset's file, compared with what the item says of it (``proj:``)."""
    file = inspect(asset.path, asset.driver)
    if asset.index > file.count:
        raise DataError(
            f"{file.path} has {file.count} bands; the item means its number {asset.index} ({asset.band}).", "", "stac"
        )
    lattice = file.lattice
    code = crs_code(asset.fields) or crs_code(item.properties)
    if code is not None and not _same_crs(code, lattice.crs):
        raise _differs(asset, item, f"lies in {code}", f"in {crs_name(lattice.crs)[:60]}")
    shape = asset.fields.get("proj:shape")
    if isinstance(shape, list) and is_numbers(shape, 2) and shape != [lattice.height, lattice.width]:
        raise _differs(asset, item, f"has {shape[0]} x {shape[1]} pixels", f"{lattice.height} x {lattice.width}")
    stated = asset.fields.get("proj:transform")
    if isinstance(stated, list) and len(stated) in (6, 9) and is_numbers(stated, len(stated)):
        off = max(abs(a - b) for a, b in zip(stated[:6], lattice.transform[:6], strict=True))
        if off > 0.01 * abs(lattice.transform.a):
            corner = f"{lattice.transform.c:.10g}, {lattice.transform.f:.10g}"
            raise _differs(
                asset,
                item,
                f"has its corner at {stated[2]:.10g}, {stated[5]:.10g} and {stated[0]:g} m pixels",
                f"at {corner} and {lattice.transform.a:g} m pixels",
            )
    return Layer(file, asset.index)


def _differs(asset: Asset, item: Item, said: str, found: str) -> DataError:
    return DataError(
        f"Item {item.id!r} says that asset {asset.key!r} {said}, but {asset.path} has it {found}.",
        "Do item and file belong together? Fetch the item again.",
        "other-place",
    )


def _same_crs(code: str, crs: CRS) -> bool:
    try:
        return bool(CRS.from_user_input(code) == crs)
    except CRSError:
        return False


def is_numbers(values: Any, count: int) -> bool:
    """Whether these are so many numbers (as JSON has them)."""
    return (
        isinstance(values, list)
        and len(values) == count
        and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
    )
