"""The state of a run on disk: everything that the next step needs, whole or not at all.

``write_checkpoint`` and ``read_checkpoint`` serve whatever learns; the rest is of training from patches.
"""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import torch

from ...errors import OutputError
from ...storage import replacing
from .config import Config, difference

FILE = "checkpoint.pt"
_ANOTHER = "Give another --out, or --overwrite to start anew."

T = TypeVar("T")


@dataclass
class State:
    """Where a run stands before step ``step``.

    weights, averaged, optimiser, scaler  state dicts; ``averaged`` (EMA) and ``scaler`` may be empty
    best        state dict of the best epoch so far, its ``best_score`` (macro AP, minus loss) and ``best_epoch``
    loss_sum    of the steps of the running epoch
    history     one entry a finished epoch
    The learning rate, the order of the patches and all that is drawn follow from seed and step: there is no
    other state.
    """

    step: int = 0
    weights: dict[str, Any] = field(default_factory=dict)
    averaged: dict[str, Any] = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)
    scaler: dict[str, Any] = field(default_factory=dict)
    best: dict[str, Any] = field(default_factory=dict)
    best_score: tuple[float, float] = (-1.0, -math.inf)
    best_epoch: int = -1
    loss_sum: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)


def save(state: State, config: Config, fingerprint: str, folder: Path) -> None:
    """Replace the checkpoint; where that fails the old one stays. Raises StorageError, OutputError."""
    write_checkpoint({"config": config.to_json(), "data": fingerprint, **vars(state)}, folder)


def load(config: Config, fingerprint: str, folder: Path) -> State | None:
    """The state to go on from, None where there is none. Raises OutputError where it is of another run."""

    def parsed(told: dict[str, Any]) -> tuple[Config, str, State]:
        old = Config.from_mapping(json.loads(told.pop("config")), str(folder / FILE))
        return old, told.pop("data"), State(**told)

    found = read_checkpoint(folder, parsed)
    if found is None:
        return None
    old, data, state = found
    changed = difference(old, config)
    if changed:
        raise OutputError(f"{folder} holds a run with other settings: {', '.join(changed)}.", _ANOTHER)
    if data != fingerprint:
        raise OutputError(f"{folder} holds a run on other patches, labels or bands.", _ANOTHER)
    return state


def write_checkpoint(told: Mapping[str, Any], folder: Path) -> None:
    """Replace the folder's checkpoint; where that fails the old one stays. Raises StorageError, OutputError."""
    with replacing(folder / FILE) as f:
        try:
            torch.save(told, f)
        except RuntimeError as e:  # its writer hides what the system said
            f.flush()
            raise OSError(str(e).splitlines()[0]) from e


def read_checkpoint(folder: Path, parsed: Callable[[dict[str, Any]], T]) -> T | None:
    """What ``parsed`` makes of the folder's checkpoint, None where there is none. OutputError where it cannot be read."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return parsed(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, KeyError, TypeError, ValueError) as e:
        raise OutputError(f"The checkpoint {path} cannot be read: {str(e).splitlines()[0]}.", _ANOTHER) from e
