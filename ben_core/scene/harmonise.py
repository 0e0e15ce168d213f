"""Stored values to DN on the common scale: reflectance x 10000 without offset, 0 for "no data"."""

from __future__ import annotations

import numpy as np

from .types import BandSource

DN_MAX = 65535  # top of the harmonised scale; a saturated pixel stays there
LOWEST = -1000.0  # DN: the offset is 1000 at most, so no reflectance lies below; -9999 and -32768 are customary fill
CHUNK_ROWS = 128  # rows converted at once: temporary arrays stay small beside a strip


class Harmoniser:
    """Converts one band; ``bad_values`` counts NaN and infinite values that are not the declared "no data"."""

    def __init__(self, source: BandSource) -> None:
        self.source = source
        self.bad_values = 0
        self._table = _table(source)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """uint16 (rows, cols) of stored values (rows, cols); the array itself where they are DN already."""
        if self._table is not None and self._table.size == 0:
            return values
        out = np.empty(values.shape, np.uint16)
        for start in range(0, len(values), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            if self._table is not None:
                stored = values[part]
                np.take(self._table, stored.view(f"u{stored.dtype.itemsize}"), out=out[part], mode="clip")
            else:
                out[part] = harmonise(values[part], self.source)
                self.bad_values += _count_bad(values[part], self.source.nodata)
        return out


def harmonise(values: np.ndarray, source: BandSource) -> np.ndarray:
    """Stored values as uint16 DN, by the rule of ``BandReader.read_rows`` (any shape).

    DN 0 means "no data" in Sentinel-2 products, so integer 0 always does; float 0.0 does where
    the source declares nothing else. So does what lies below ``LOWEST``: fill values that nobody declared.
    """
    is_integer = values.dtype.kind in "iu"
    missing = ~np.isfinite(values) if not is_integer else values == 0
    if source.nodata is not None and not _is_nan(source.nodata):
        missing |= values == source.nodata
    with np.errstate(invalid="ignore", over="ignore"):
        dn = np.rint(values.astype(np.float64) * source.scale + source.offset)
    missing |= dn < LOWEST
    dn = np.clip(np.where(missing, 0, dn), np.where(missing, 0, 1), DN_MAX)
    if values.dtype == np.uint16:
        # 65535 is the special value SATURATED of Sentinel-2 products, no reflectance: no offset applies.
        dn[(values == DN_MAX) & ~missing] = DN_MAX
    return dn.astype(np.uint16)


def _table(source: BandSource) -> np.ndarray | None:
    """DN of every 8- or 16-bit value; an empty array where stored values are DN already; None for
    wider types."""
    dtype = np.dtype(source.dtype)
    if dtype.kind not in "iu" or dtype.itemsize > 2:
        return None
    unsigned = np.dtype(f"u{dtype.itemsize}")
    every = np.arange(2 ** (8 * dtype.itemsize), dtype=np.uint32).astype(unsigned)
    table = harmonise(every.view(dtype), source)
    if dtype == np.uint16 and np.array_equal(table, every):
        return np.empty(0, np.uint16)
    return table


def _is_nan(value: float | None) -> bool:
    return value is not None and value != value


def _count_bad(values: np.ndarray, nodata: float | None) -> int:
    bad = ~np.isfinite(values)
    if _is_nan(nodata):
        bad &= ~np.isnan(values)
    return int(bad.sum())
