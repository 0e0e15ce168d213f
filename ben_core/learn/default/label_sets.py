"""Which of the 19 classes occur together: counted in the published labels of BigEarthNet v2, without a pixel."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import torch

from ...errors import DataError
from ...models.networks.resnet_stats import LabelSets
from ...nomenclature import ORDER_ALPHABETICAL
from ..data.table import METADATA

_INDEX = {name: i for i, name in enumerate(ORDER_ALPHABETICAL)}


def common_sets(data: Path, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The ``count`` most frequent sets of labels of the official train split: (K, 19) 0 or 1, and their shares (K,).

    The patches at hand are of the test split, so none of their labels is counted. Raises DataError.
    """
    import pyarrow.parquet as pq

    path = data / "bigearthnet" / "v2" / METADATA
    if not path.is_file():
        raise DataError(f"There is no {path}.", "Give the folder that holds bigearthnet/ with --data.")
    table = pq.read_table(path, columns=["labels"], filters=[("split", "=", "train")])
    found = Counter(tuple(sorted(labels)) for labels in table["labels"].to_pylist())
    # The most frequent first; of equally frequent ones the first by name, so that the file is always the same.
    kept = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:count]
    sets = np.zeros((len(kept), len(_INDEX)), np.float32)
    for row, (labels, _) in enumerate(kept):
        sets[row, [_INDEX[name] for name in labels]] = 1
    shares = np.array([n for _, n in kept], np.float64)
    return sets, shares / shares.sum()


@torch.no_grad()
def fill(module: LabelSets, sets: np.ndarray, shares: np.ndarray, shift: np.ndarray, trust: np.ndarray) -> None:
    """Put counted sets into a network; see ``LabelSets`` for what the vectors mean."""
    module.sets.copy_(torch.from_numpy(sets))
    module.log_share.copy_(torch.from_numpy(np.log(shares)))
    module.shift.copy_(torch.from_numpy(shift))
    module.trust.copy_(torch.from_numpy(trust))
    module.gate.fill_(1.0)
