"""Where an adaptation stands, on disk after every epoch, whole or not at all."""

from __future__ import annotations

import math
import os
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from ..errors import OutputError
from ..models.files import storing

FILE = "checkpoint.pt"


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
    path = folder / FILE
    draft = path.with_suffix(".part")
    with storing(path):
        try:
            with open(draft, "wb") as f:
                try:
                    torch.save(vars(state), f)
                except RuntimeError as e:  # its writer hides what the system said
                    raise OSError(str(e).splitlines()[0]) from e
                f.flush()
                os.fsync(f.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def load(folder: Path) -> State | None:
    """The state to go on from, None where there is none. Raises OutputError where it cannot be read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return State(**torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, TypeError, ValueError) as e:
        raise OutputError(
            f"The checkpoint {path} cannot be read: {str(e).splitlines()[0]}.", "Give another --out, or --overwrite to start anew."
        ) from e  # fmt: skip
