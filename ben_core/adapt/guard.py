"""The guard: is the adapted model fit to take the original's place? Decided on blocks that nobody learnt from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .bank import SourceBank
from .truth import Truth
from .types import Verdict, Views


@dataclass(frozen=True)
class Setting:
    """What the guard knows of its N patches beside the answers.

    classes     names in card order; ``thresholds`` (C,), ``trained`` bool (C,) of the card
    block       int (N,): number of the spatial block of each patch
    neighbours  of the source bank that are asked
    """

    classes: Sequence[str]
    thresholds: np.ndarray
    trained: np.ndarray
    block: np.ndarray
    neighbours: int = 5


def judge(
    before: Views, after: Views, setting: Setting, bank: SourceBank | None = None, truth: Truth | None = None
) -> Verdict:
    """The verdict on a model that says ``after`` where the original says ``before``, both of the same N patches."""
    raise NotImplementedError
