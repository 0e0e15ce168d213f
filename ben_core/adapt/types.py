"""What the parts of an adaptation pass to one another. No torch, no rasterio: values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .options import NOTHING_TO_LEARN as NOTHING_TO_LEARN
from .options import AdaptOptions as AdaptOptions
from .options import require_known

TRAIN, VALIDATION, GUARD, MARGIN = "train", "validation", "guard", "margin"
ROLES = (TRAIN, VALIDATION, GUARD, MARGIN)

ADOPTED, WARNING, REJECTED = "adopted", "adopted with warning", "rejected"
VERDICTS = (ADOPTED, WARNING, REJECTED)

POSITIVE, NEGATIVE, LEFT_OUT = 1, 0, -1  # of a pseudo-label
VIEWS = 8  # the identity, then the 7 other flips and quarter turns, in the order of ``nets.turn``


class Pixels(Protocol):
    """Where the pixels of patches come from; memory stays bounded by what is asked for."""

    def read(self, indices: Sequence[int] | np.ndarray) -> Mapping[str, np.ndarray]:
        """(n, h, w) a band of the model at native size, by name, in the order of ``indices``; fills included."""
        ...


@dataclass(frozen=True)
class TargetPatches:
    """N usable patches of a scene, with what the original model says of them.

    cells     int (N, 2): row and column of the grid's cell; ``shape`` (rows, columns) is that of the grid
    corners   int (N, 2): top and left of the patch in 10 m pixels of the scene
    p         float32 (N, C): probabilities in card order; ``classes`` are their names
    features  float32 (N, D): pooled features
    block     int (N,): number of the spatial block
    role      str (N,): "train", "validation", "guard"; "margin" shares pixels with a held-apart patch and serves
              for pictures only. No pixel is in patches of two of the first three roles.
    left_out  why patches of the scene are not among the N: {"cloud": 12, "no data": 3, "duplicate": 1, ...}
    """

    cells: np.ndarray
    corners: np.ndarray
    p: np.ndarray
    features: np.ndarray
    block: np.ndarray
    role: np.ndarray
    classes: tuple[str, ...]
    shape: tuple[int, int]
    stride: int
    pixels: Pixels
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.cells)

    def of(self, role: str) -> np.ndarray:
        """Indices of the patches of a role."""
        require_known("role", role, ROLES)
        return np.flatnonzero(self.role == role)

    def read(self, indices: Sequence[int] | np.ndarray) -> Mapping[str, np.ndarray]:
        return self.pixels.read(indices)


@dataclass(frozen=True)
class Stage:
    """What survived a step of choosing: positives (and, multilabel, negatives) a class, and patches."""

    name: str
    patches: int
    positives: Mapping[str, int]
    negatives: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PseudoLabels:
    """indices (N,) into TargetPatches, y int8 (N, C): 1 present, 0 absent, -1 left out; stages in the order of work.

    how   what confirmed them: "bank" or "augmentation"
    """

    indices: np.ndarray
    y: np.ndarray
    stages: tuple[Stage, ...]
    how: str = ""

    def __len__(self) -> int:
        return len(self.indices)


@dataclass(frozen=True)
class Views:
    """What a model says of N patches: p float32 (N, 8, C), the identity first; features float32 (N, D) of it."""

    p: np.ndarray
    features: np.ndarray


@dataclass(frozen=True)
class Verdict:
    """The guard's word: one of VERDICTS, its reasons as sentences, and the numbers behind them (plain JSON)."""

    word: str
    reasons: tuple[str, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.word not in VERDICTS:
            raise ValueError(f"a verdict {self.word!r}")

    @property
    def adopted(self) -> bool:
        return self.word != REJECTED


@dataclass(frozen=True)
class Adaptation:
    """What a run made.

    folder    where it lies; ``page`` the before/after page, None where none was drawn
    model     card of the adapted model, None where it was rejected
    kept      card of a rejected model that was kept aside, else None
    verdict   of the guard
    adapted   what of the model is another: "batch-norm statistics", "weights", both ("… and …") or "nothing"
    pseudo    surviving pseudo-labels a class of the last round; ``patches`` how many patches taught
    stages    of the last round's choosing
    history   one entry an epoch, of all rounds: {"round", "epoch", "loss", "validation"}
    """

    folder: Path
    model: Path | None
    verdict: Verdict
    adapted: str
    pseudo: Mapping[str, int]
    patches: int
    stages: tuple[Stage, ...]
    history: tuple[Mapping[str, Any], ...]
    page: Path | None = None
    kept: Path | None = None
    warnings: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON, paths as text."""
        d = asdict(self)
        for key in ("folder", "model", "page", "kept"):
            d[key] = None if d[key] is None else str(d[key])
        return d
