"""Which patches lie on or beside one another, over all dates, tiles and UTM zones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rasterio.errors import CRSError
from rasterio.warp import transform
from scipy.spatial import cKDTree

from ...errors import DataError
from ..types import Place, Record

_EARTH = 6_371_000.0  # metres; a sphere is off by half a percent, which the search radius adds


def places_of(records: Sequence[Record]) -> tuple[list[Place], np.ndarray]:
    """The different footprints of ``records``, and for each record the index of its own.

    Raises DataError for a record whose footprint is unknown.
    """
    index: dict[Place, int] = {}
    own = np.empty(len(records), np.int64)
    for i, record in enumerate(records):
        if record.place is None:
            raise DataError(
                f"Nobody knows where patch {record.id} lies.", "A split by place needs the footprint of every patch."
            )
        own[i] = index.setdefault(record.place, len(index))
    return list(index), own


def pairs_within(places: Sequence[Place], gap: float) -> np.ndarray:
    """Pairs (n, 2) of footprints with less than ``gap`` metres between them; a negative gap asks for an overlap.

    Exact within a CRS. Of two footprints in different ones the second is taken to lie straight in the first's CRS;
    where a gap is asked for, it is grown by what it may be turned there, so that no such pair is missed.
    Raises DataError for a CRS that does not exist.
    """
    if len(places) < 2:
        return np.empty((0, 2), np.int64)
    crs = np.array([p.crs for p in places])
    side = np.array([p.side for p in places])
    x = np.array([p.left for p in places]) + side / 2
    y = np.array([p.top for p in places]) - side / 2
    lon, lat = np.empty(len(places)), np.empty(len(places))
    for name in np.unique(crs):
        of = crs == name
        lon[of], lat[of] = _transform(str(name), "EPSG:4326", x[of], y[of])
    lon, lat = np.radians(lon), np.radians(lat)
    globe = _EARTH * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    reach = 1.01 * np.sqrt(2) * (side.max() + max(gap, 0.0))
    pairs = cKDTree(globe).query_pairs(reach, output_type="ndarray")
    a, b = pairs.T
    dx, dy = x[a] - x[b], y[a] - y[b]
    slack = np.zeros(len(pairs))
    for one, other in {(str(p), str(q)) for p, q in zip(crs[a], crs[b], strict=True) if p != q}:
        of = (crs[a] == one) & (crs[b] == other)
        there_x, there_y = _transform(other, one, x[b[of]], y[b[of]])
        dx[of], dy[of] = x[a[of]] - there_x, y[a[of]] - there_y
        if gap >= 0:
            # The grids of neighbouring zones are turned by 6 degrees x sin(latitude) against each other: a square of
            # side s turned by t reaches s/2 (cos t + sin t - 1) further, 0.05 s at most, and scales differ by 0.1 %.
            slack[of] = 0.06 * side[b[of]]
    least = (side[a] + side[b]) / 2 + gap + slack
    return pairs[(np.abs(dx) < least) & (np.abs(dy) < least)]


def _transform(source: str, target: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    try:
        to_x, to_y = transform(source, target, x.tolist(), y.tolist())[:2]
    except CRSError as e:
        raise DataError(f"A footprint is given in a CRS that is none: {source!r}.") from e
    return np.asarray(to_x), np.asarray(to_y)
