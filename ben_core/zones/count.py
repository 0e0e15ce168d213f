"""Cells counted zone by zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from ..products.types import MAPPED, OUTSIDE, STATUS_NAMES
from .cells import Cells
from .polygons import Zones

WEIGHTS = ("centre", "area")
SKIPPED = tuple(name for i, name in enumerate(STATUS_NAMES) if i not in (MAPPED, OUTSIDE))


@dataclass(frozen=True)
class Statistics:
    """What the map says in each of m zones; counts are sums of weights.

    cells       (m,) mapped cells
    skipped     (m, 3) cells without an answer, by reason (SKIPPED)
    present     (m, classes) mapped cells that carry the class as a label
    mean_p      (m, classes) mean probability over the mapped cells, NaN where there is none
    beyond      (m,) the zone reaches beyond the map's cells
    """

    cells: np.ndarray
    skipped: np.ndarray
    present: np.ndarray
    mean_p: np.ndarray
    beyond: np.ndarray

    @property
    def not_mapped(self) -> np.ndarray:
        return np.asarray(self.skipped.sum(axis=1))

    @property
    def share(self) -> np.ndarray:
        """(m, classes): share of the mapped cells in which the class is present, NaN where there is none."""
        return _divide(self.present, self.cells)


def count(cells: Cells, zones: Zones, weight: str) -> Statistics:
    """Statistics of every zone.

    weight   "centre": a cell counts where its centre lies in the zone (or on its border: in both of two neighbours);
             "area": every cell counts by the share of it that the zone covers
    """
    zone, cell, w = pairs(cells.shapes, zones.on_map, weight)
    m = len(zones.names)

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(zone, weights=w * values[cell], minlength=m)

    mapped = total(cells.mapped)
    p = np.where(cells.mapped[:, None], cells.p, 0.0)
    classes = range(len(cells.classes))
    return Statistics(
        cells=mapped,
        skipped=np.stack([total(cells.status == reason) for reason in SKIPPED], axis=1),
        present=np.stack([total(cells.present[:, i]) for i in classes], axis=1),
        mean_p=_divide(np.stack([total(p[:, i]) for i in classes], axis=1), mapped),
        beyond=~shapely.covers(shapely.box(*shapely.total_bounds(cells.shapes)), zones.on_map),
    )


def pairs(shapes: np.ndarray, zones: np.ndarray, weight: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(zone, cell, weight) of every cell that counts in a zone; ``weight`` as in ``count``."""
    if weight == "centre":
        centres = shapely.centroid(shapes)
        zone, cell = shapely.STRtree(centres).query(zones, predicate="intersects")
        w = np.ones(len(cell))
    else:
        zone, cell = shapely.STRtree(shapes).query(zones, predicate="intersects")
        shapely.prepare(zones)
        w = np.ones(len(cell))
        edge = ~shapely.covers(zones[zone], shapes[cell])
        parts = shapely.intersection(zones[zone[edge]], shapes[cell[edge]])
        w[edge] = shapely.area(parts) / shapely.area(shapes[cell[edge]])
    return zone, cell, w


def _divide(sums: np.ndarray, cells: np.ndarray) -> np.ndarray:
    return np.divide(sums, cells[:, None], out=np.full(sums.shape, np.nan), where=cells[:, None] > 0)
