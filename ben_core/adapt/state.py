"""Where an adaptation stands, on disk after every epoch, whole or not at all."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..learn.train.checkpoint import read_checkpoint, write_checkpoint


@dataclass
class State:
    """Before epoch ``epoch`` of round ``round`` (from 0).

    weights, averaged, optimiser  state dicts of the student, of its running mean, of AdamW; empty as a round begins
    labels, judging, last  pseudo-labels of the running round, those that judge it, those of the round before
    best, best_loss, waited  the running mean that was kept, its loss on the held-apart block, epochs since then
    changed  whether any epoch was better than the model as it came
    """

    round: int = 0
    epoch: int = 0
    step: int = 0
    weights: dict[str, Any] = field(default_factory=dict)
    averaged: dict[str, Any] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, Any] = field(default_factory=dict)
    judging: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    best_loss: float = math.inf
    waited: int = 0
    changed: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)


def save(state: State, folder: Path) -> None:
    """Replace the checkpoint; where that fails the old one stays. Raises StorageError, OutputError."""
    write_checkpoint(vars(state), folder)


def load(folder: Path) -> State | None:
    """The state to go on from, None where there is none. Raises OutputError where it cannot be read."""
    return read_checkpoint(folder, lambda told: State(**told))
