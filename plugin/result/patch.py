"""A patch of a finished map, as its GeoPackage tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from qgis.core import NULL, QgsFeature, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsRectangle, QgsVectorLayer

from ...ben_core.job import PATCH
from ..layers import ClassRow, ResultLayers

SIDE = PATCH * 10.0  # metres


@dataclass(frozen=True)
class Answer:
    """What the model says of one class; ``label`` by the threshold of ``row``."""

    row: ClassRow
    p: float

    @property
    def label(self) -> bool:
        return self.row.trained and self.p >= self.row.threshold


@dataclass(frozen=True)
class Patch:
    """One cell, and the patch that the model saw.

    model    which model answered, where a fallback model was there; ``filled``: why the first could not, where that did
    status   "mapped", or why not: "no data", "cloud", "snow", "no Sentinel-1", "no Sentinel-2"
    answers  most probable class first; empty where not mapped
    valid, cloud, snow   fractions of the patch; None where nothing tells; ``valid_s1`` and ``valid_s2`` by sensor where
             the model reads both
    entropy  0 certain to 1 undecided; None where not mapped
    unusual  share of held-apart training patches that looked more usual, by score ("energy", "distance"); {} where
             not mapped, or where the model cannot tell
    cell     the cell's outline; ``seen`` that of the 1.2 km patch, both in the CRS of the layer
    """

    row: int
    col: int
    ben_index: str
    model: str
    filled: str
    status: str
    answers: Tuple[Answer, ...]
    valid: Optional[float]
    valid_s1: Optional[float]
    valid_s2: Optional[float]
    cloud: Optional[float]
    snow: Optional[float]
    entropy: Optional[float]
    unusual: Mapping[str, float]
    cell: QgsGeometry
    seen: QgsRectangle

    @property
    def labels(self) -> List[Answer]:
        return [a for a in self.answers if a.label]


def patch_at(result: ResultLayers, point: QgsPointXY) -> Optional[Patch]:
    """The patch whose cell holds ``point`` (CRS of the layer), or None."""
    near = QgsRectangle(point.x(), point.y(), point.x(), point.y())
    near.grow(0.01)
    here = QgsGeometry.fromPointXY(point)
    for feature in result.patches.getFeatures(QgsFeatureRequest().setFilterRect(near)):
        if feature.geometry().intersects(here):
            return _patch(feature, result)
    return None


def patch_of(result: ResultLayers, row: int, col: int) -> Optional[Patch]:
    """The patch in a row and column of the map, or None."""
    request = QgsFeatureRequest().setFilterExpression(f'"row" = {int(row)} AND "col" = {int(col)}').setLimit(1)
    return next((_patch(f, result) for f in result.patches.getFeatures(request)), None)


def _patch(feature: QgsFeature, result: ResultLayers) -> Patch:
    def value(name: str) -> Any:
        at = feature.fieldNameIndex(name)
        found = feature[at] if at >= 0 else None
        return None if found is None or found == NULL else found

    answers: List[Answer] = []
    if value("status") == "mapped":
        answers = sorted((Answer(r, float(feature[r.column])) for r in result.rows), key=lambda a: -a.p)
    scores = {name: value(f"unusual_{name}") for name in ("energy", "distance")}
    return Patch(
        row=int(value("row")),
        col=int(value("col")),
        ben_index=value("ben_index") or "",
        model=value("model") or "",
        filled=value("filled") or "",
        status=str(value("status")),
        answers=tuple(answers),
        valid=value("valid"),
        valid_s1=value("valid_s1"),
        valid_s2=value("valid_s2"),
        cloud=value("cloud"),
        snow=value("snow"),
        entropy=value("entropy"),
        unusual={name: score for name, score in scores.items() if score is not None},
        cell=feature.geometry(),
        seen=_seen(feature.geometry().boundingBox(), result.patches),
    )


def _seen(cell: QgsRectangle, layer: QgsVectorLayer) -> QgsRectangle:
    """The patch: centred on its cell; at the scene's edges, where cells are cut, moved inward to stay whole."""
    extent = layer.extent()
    side = max(cell.width(), cell.height(), min(SIDE, extent.width(), extent.height()))
    left = min(max(cell.center().x() - side / 2, extent.xMinimum()), extent.xMaximum() - side)
    bottom = min(max(cell.center().y() - side / 2, extent.yMinimum()), extent.yMaximum() - side)
    return QgsRectangle(left, bottom, left + side, bottom + side)
