"""One band of one patch from its GeoTIFF, checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from ...errors import DataError
from ...nomenclature import BANDS, S1_BANDS, S2_BANDS

# B10 holds no surface: the archives have twelve bands of Sentinel-2.
S2 = tuple(b for b in S2_BANDS if b != "B10")
S1 = S1_BANDS
REFERENCE_MAP = "reference_map"

# A patch of 1200 m: (rows, columns), dtype.
_EXPECTED: Mapping[str, tuple[tuple[int, int], str]] = {
    **{b: ((1200 // BANDS[b].resolution,) * 2, "uint16") for b in S2},
    **dict.fromkeys(S1, ((120, 120), "float32")),
    REFERENCE_MAP: ((120, 120), "uint16"),
}


def expected_shape(band: str) -> tuple[int, int]:
    """(rows, columns) of a band at native size. Raises DataError for a band that no archive holds."""
    if band not in _EXPECTED:
        raise DataError(f"No patch of BigEarthNet has a band {band!r}.", "Bands are: " + ", ".join((*S2, *S1)) + ".")
    return _EXPECTED[band][0]


def check(shape: tuple[int, ...], dtype: str, band: str, patch: str, where: str) -> None:
    """Raises DataError naming patch, band and file where shape or type are not those of ``band``."""
    expected = expected_shape(band), _EXPECTED[band][1]
    if (shape, dtype) != expected:
        told = " x ".join(map(str, shape))
        raise DataError(
            f"Band {band} of patch {patch} is {told} {dtype}, not {' x '.join(map(str, expected[0]))} {expected[1]}: {where}.",
            "Take the patch from the archive again, or leave it out.",
        )


def read_band(path: Path, band: str, patch: str) -> np.ndarray:
    """Band ``band`` of ``patch`` from the GeoTIFF ``path`` at native size (rows, columns).

    Raises DataError naming patch, band and file where it is missing, unreadable or of another size or type.
    """
    expected_shape(band)
    if not path.is_file():
        raise DataError(f"Band {band} of patch {patch} is missing: {path}.", "Take the patch from the archive again.")
    try:
        with rasterio.open(path, driver="GTiff") as file:
            if file.count != 1:
                raise DataError(f"Band {band} of patch {patch} has {file.count} layers, not one: {path}.")
            check(file.shape, file.dtypes[0], band, patch, str(path))  # before the pixels of a huge file are read
            pixels: np.ndarray = file.read(1)
            return pixels
    except RasterioError as e:
        reason = " ".join(str(e).split()).rstrip(".")
        raise DataError(
            f"Band {band} of patch {patch} cannot be read: {reason} ({path}).",
            "The file is damaged: take the patch from the archive again, or leave it out.",
        ) from e
