"""Patches laid out in the plane by what the network makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ...models.model import Model
from ..types import DataSet, Record
from .evaluation import FeatureMap

_FEWEST = 10  # points; fewer make no picture
_COMPONENTS = 50  # of PCA before t-SNE, as L. van der Maaten and G. Hinton (2008) did


def feature_map(model: Model, data: DataSet, records: Sequence[Record], seed: int = 0) -> FeatureMap | None:
    """t-SNE of the pooled features of ``records``, after PCA; None of fewer than ten."""
    from .judging import batches

    if len(records) < _FEWEST:
        return None
    rows = [model.features(b) for b in batches(model.card, data, records, min(model.batch, len(records)))]
    x, y = _plane(np.concatenate(rows), seed).T
    seen = Counter(label for r in records for label in r.labels or ())
    return FeatureMap(
        method="t-SNE of the network's pooled features",
        ids=tuple(r.id for r in records),
        x=tuple(x.tolist()),
        y=tuple(y.tolist()),
        colour=tuple(min(r.labels or ("",), key=lambda c: (seen[c], c)) for r in records),
    )


def _plane(features: np.ndarray, seed: int) -> np.ndarray:
    """(N, D) to (N, 2) within -1 and 1."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    spread = features.astype(np.float64)
    spread = (spread - spread.mean(0)) / (spread.std() or 1.0)
    n = min(_COMPONENTS, *spread.shape)
    fewer = PCA(n, random_state=seed).fit_transform(spread)
    neighbours = min(30, (len(fewer) - 1) // 3)
    points: np.ndarray = TSNE(perplexity=neighbours, init="pca", random_state=seed).fit_transform(fewer)
    points = points - (points.max(0) + points.min(0)) / 2
    return np.round(points.astype(np.float64) / max(np.abs(points).max(), 1e-9), 3)
