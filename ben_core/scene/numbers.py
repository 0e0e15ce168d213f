"""What stored numbers mean: the scale and offset to reflectance x 10000."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import DataError

UNIT = 10_000.0  # DN of reflectance 1: the scale of Sentinel-2 products and of BigEarthNet
# Physical values up to 2 are reflectance (clouds and snow exceed 1), a median from 100 on is DN
# (reflectance 0.01; open water lies at 0.02-0.05). Between them lie percent and stretched pictures.
REFLECTANCE_TOP = 2.0
DN_MEDIAN = 100.0


@dataclass(frozen=True)
class Numbers:
    """DN = stored * scale + offset, and why, in words for a person."""

    scale: float
    offset: float
    words: str


def given_numbers(scale: float | None, offset: float | None) -> Numbers | None:
    """The user's own scale and offset, None where neither is given."""
    if scale is None and offset is None:
        return None
    s, o = 1.0 if scale is None else scale, 0.0 if offset is None else offset
    return Numbers(s, o, f"DN = stored value x {s:g} + {o:g}, as given")


def found_numbers(dtype: str, scale: float, offset: float, look: Callable[[], np.ndarray], where: str) -> Numbers:
    """Scale and offset from the file's own tags; where these leave doubt, ``look`` samples stored values.

    DataError where the unit stays in doubt.
    """
    tagged = (scale, offset) != (1.0, 0.0)
    if np.dtype(dtype).kind in "iu" and not tagged:
        if np.dtype(dtype).itemsize == 1:
            raise DataError(
                f"{where} holds {dtype} values (0-255), which are a picture and no reflectance.",
                "Give the band files, or --scale and --offset if the values are known (DN = value * scale + offset).",
                "unit",
            )
        return Numbers(1.0, 0.0, "integers taken as reflectance x 10000 (0 is no data, negative values become 1)")
    values = look()
    stored = values[np.isfinite(values) & (values != 0)].astype(np.float64)
    if stored.size == 0:
        raise DataError(f"{where} shows no valid value in a sample of {values.size} pixels.", "", "nodata")
    physical = stored * scale + offset
    tags = f"the file's scale {scale:g} and offset {offset:g}, " if tagged else ""
    if np.percentile(physical, 99) <= REFLECTANCE_TOP and np.percentile(physical, 1) > -0.5:
        return Numbers(scale * UNIT, offset * UNIT, f"{tags}reflectance 0-1 multiplied by 10000")
    if np.median(physical) >= DN_MEDIAN:
        return Numbers(scale, offset, f"{tags}values taken as reflectance x 10000")
    raise DataError(
        f"{where} holds values from {physical.min():.4g} to {physical.max():.4g}, neither reflectance 0-1 nor "
        "reflectance x 10000.",
        "Give --scale and --offset: DN = value * scale + offset, with DN = reflectance x 10000.",
        "unit",
    )
