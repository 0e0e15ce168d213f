"""Stored backscatter to dB: units, fill values, border noise. Arrays only, no files."""

from __future__ import annotations

import numpy as np

from .types import BandSource

UNITS = ("dB", "power", "amplitude")
# BigEarthNet-S1 holds -75.1 to 34.6 dB (value range of the archive, BigEarthNet-MM); what lies beyond by a margin
# is fill that nobody declared: -9999, -99, 3.4e38.
LOWEST, HIGHEST = -80.0, 50.0
# Border noise of GRD products: pixels at the edge of the swath that hold almost nothing. The noise of the instrument
# alone is stronger than this almost everywhere (noise-equivalent sigma0 of IW: -22 dB at worst, Sentinel-1 User Guide).
BORDER_NOISE = -35.0


def decibels(values: np.ndarray, source: BandSource) -> np.ndarray:
    """Stored values (any shape) as float32 dB; NaN for "no data".

    No data are NaN, infinite values, the declared value, 0 (no backscatter at all is none that was measured; dB of
    exactly 0.0 is what SNAP fills with), powers and amplitudes that are negative, and dB outside LOWEST..HIGHEST.
    """
    assert source.backscatter is not None
    missing = values == 0
    if source.nodata is not None:
        missing |= values == source.nodata
    with np.errstate(all="ignore"):
        x = values.astype(np.float32)
        if (source.scale, source.offset) != (1.0, 0.0):
            x = x * np.float32(source.scale) + np.float32(source.offset)
        if source.backscatter.unit == "power":
            x = 10 * np.log10(x)
        elif source.backscatter.unit == "amplitude":
            x = 20 * np.log10(x)
        missing |= ~((x >= LOWEST) & (x <= HIGHEST))
    x[missing] = np.nan
    return x


def power(db: np.ndarray) -> np.ndarray:
    """float32 power of float32 dB; NaN stays."""
    return np.power(np.float32(10), db / np.float32(10))


def drop_border_noise(db: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Rows (rows, cols) of dB without their border noise; changed in place.

    Border noise is a run of values below BORDER_NOISE that begins or ends at "no data" or at the file's edge; such runs
    inside (calm water, shadow) stay. ``left``, ``right`` (rows,): whether a run that reaches the side of the window goes
    on to "no data" or to the edge.
    """
    rows = np.flatnonzero((db < BORDER_NOISE).any(axis=1))
    if not rows.size:
        return db
    part = db[rows]
    low, empty = part < BORDER_NOISE, np.isnan(part)
    noise = _from_empty(low, empty, left[rows]) | _from_empty(low[:, ::-1], empty[:, ::-1], right[rows])[:, ::-1]
    part[low & noise] = np.nan
    db[rows] = part
    return db


def _from_empty(low: np.ndarray, empty: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Whether what comes before a pixel's run of low values, going right, is empty; ``side``: before the first column."""
    before = np.maximum.accumulate(np.where(low, 0, np.arange(1, low.shape[1] + 1)), axis=1)  # 0: the side
    return np.take_along_axis(np.column_stack((side, empty)), before, axis=1)
