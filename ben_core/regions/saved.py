"""The model's answers on disk, so that a run which is killed behind them does not ask again."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ..products.journal import write_whole
from .dense import Answered, DensePlan
from .votes import Votes

_NAME = "answers.npz"


def save_answered(folder: Path, found: Answered) -> None:
    """Whole or not at all. Raises StorageError."""
    arrays: dict[str, Any] = {f"p{i}": v.p for i, v in enumerate(found.votes)}
    arrays["ranges"] = np.array(list(found.ranges.values()), np.int64)
    if found.rgb is not None:
        arrays["rgb"] = found.rgb
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    write_whole(folder / _NAME, stream.getvalue())


def load_answered(folder: Path, dense: DensePlan) -> Answered | None:
    """None where there are none, or broken ones."""
    votes = [Votes(g, len(dense.plan.card.classes)) for g in dense.grids]
    try:
        with np.load(folder / _NAME, allow_pickle=False) as z:
            for i, v in enumerate(votes):
                v.p[:] = z[f"p{i}"]
            ranges = dict(zip(dense.segment, map(tuple, z["ranges"].tolist()), strict=True))
            return Answered(votes, ranges, z.get("rgb"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
