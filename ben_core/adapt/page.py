"""The before/after page of an adaptation: one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..models.card import ModelCard
from .types import AdaptOptions, Stage, TargetPatches, Verdict


@dataclass(frozen=True)
class Story:
    """All that the page tells.

    scene     its name; ``facts`` more about it and the run, shown as they are ({"Acquired": "…", "Bank": "…"})
    card      of the original model
    after     float (N, C): what the adapted model says of all patches of ``target``
    how       what confirmed the pseudo-labels: "bank", "augmentation"; empty where there were none
    overview  uint8 (3, h, w) RGB of the whole scene, None where there is none
    size      width and height of the scene in 10 m pixels
    """

    scene: str
    card: ModelCard
    options: AdaptOptions
    target: TargetPatches
    after: np.ndarray
    verdict: Verdict
    stages: tuple[Stage, ...]
    history: tuple[Mapping[str, Any], ...]
    size: tuple[int, int]
    how: str = ""
    overview: np.ndarray | None = None
    facts: Mapping[str, str] | None = None


def render(story: Story) -> str:
    """The page."""
    raise NotImplementedError
