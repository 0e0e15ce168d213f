"""How to adapt, as one plain value. Standard library only: ``ben --help`` reads its defaults."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..errors import JobError

METHODS = ("multilabel", "tong", "bn-only")
FREEZES = ("none", "backbone")

# Codes of the errors that say that a scene has nothing to teach a model; ben map --adapt then maps with the original.
NOTHING_TO_LEARN = ("too-few", "one-class", "too-small", "no-patch")


@dataclass(frozen=True)
class AdaptOptions:
    """How to adapt, as plain JSON both ways; JobError where a value makes no sense.

    method        "multilabel": each class for itself; "tong": one label a patch (softmax, argmax) as in
                  arXiv:1807.05713; "bn-only": no labels, batch-norm statistics of the scene alone
    accept, reject  multilabel: a class is present where p > accept, absent where p < reject, else left out; p as it
                  would be if the class's threshold lay at 0.5 (``pseudo.centred``), so that a class that the model
                  calls present at 0.3 can teach as well
    confidence    tong: softmax above which a patch is taken. 0.7, the 5 neighbours and the 30 % are those of an
                  independent re-implementation (docs/adaptation.md); the paper does not print its own
    drop_certain  tong: this share with the lowest entropy of each pseudo-class is dropped (confident, but not dull)
    neighbours    k of the retrieval
    agreement     multilabel: share of the k neighbours that must have the same answer (tong: all); three of five let
                  more scenes teach than four, and what they let through is as true (docs/adaptation.md)
    quota         most positives a class
    negatives     multilabel: most negatives a class for each positive, and positives for each negative
                  (where source patches are mixed in, these hold both kinds: positives are not limited)
    evidence      fewest positives that a class needs to be taught at all
    fewest        fewest surviving patches
    rounds        pseudo-labels are made anew this often
    epochs, patience, rate, batch, weight_decay  of a round's fine-tuning
    freeze        "backbone": the classifier alone learns, and what the network sees by stays as it is
    bn            re-estimate batch-norm statistics on the scene before fine-tuning; None: with multilabel, where the
                  evidence is for it (docs/adaptation.md), unless the backbone is frozen; not with tong, which published
                  no such thing
    ema           memory of the running mean of the weights (the teacher of the next round); 0: none
    mix           share of source patches in a batch (needs a source)
    guard_share, validation_share  shares of the spatial blocks that are never trained on
    block         side of a spatial block in patches of 120 px
    stride        distance of the scene's patches in 10 m pixels; 0: 120, or less where the scene is small
    max_cloud, min_valid  of a patch that may teach; the map's own limits are those of the job
    seed          of all that is drawn
    """

    method: str = "multilabel"
    accept: float = 0.7
    reject: float = 0.3
    confidence: float = 0.7
    drop_certain: float = 0.3
    neighbours: int = 5
    agreement: float = 0.6
    quota: int = 200
    negatives: float = 3.0
    evidence: int = 3
    fewest: int = 16
    rounds: int = 2
    epochs: int = 10
    patience: int = 3
    rate: float = 1e-4
    batch: int = 32
    weight_decay: float = 0.01
    freeze: str = "none"
    bn: bool | None = None
    ema: float = 0.99
    mix: float = 0.5
    guard_share: float = 0.2
    validation_share: float = 0.1
    block: int = 3
    stride: int = 0
    max_cloud: float = 0.1
    min_valid: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            _of_kind(f.name, getattr(self, f.name), bool if f.name == "bn" else type(f.default))
        require_known("method", self.method, METHODS)
        require_known("freeze", self.freeze, FREEZES)
        for name in ("accept", "reject", "confidence", "agreement", "max_cloud", "min_valid"):
            _within(name, getattr(self, name), 0, 1)
        for name in ("drop_certain", "ema", "mix"):
            _within(name, getattr(self, name), 0, 1, open_above=True)
        for name in ("guard_share", "validation_share"):
            _within(name, getattr(self, name), 0.01, 0.5)
        if self.guard_share + self.validation_share > 0.8:
            raise JobError("guard_share and validation_share leave less than a fifth of the scene to learn from.")
        if self.reject >= self.accept:
            raise JobError(f"reject {self.reject} does not lie below accept {self.accept}.")
        for name in ("neighbours", "quota", "evidence", "fewest", "rounds", "epochs", "patience", "batch", "block"):
            if getattr(self, name) < 1:
                raise JobError(f"{name} is {getattr(self, name)}; it must be at least 1.")
        if self.batch < 2:
            raise JobError("batch is 1; batch norm needs two patches at once.")
        for name in ("rate", "negatives"):
            if not 0 < getattr(self, name) < math.inf:
                raise JobError(f"{name} is {getattr(self, name)}; it must be above 0.")
        if self.weight_decay < 0 or self.seed < 0:
            raise JobError("weight_decay and seed are 0 or more.")
        if not 0 <= self.stride <= 120:
            raise JobError(f"stride is {self.stride}; needed is a number of 10 m pixels up to 120, or 0.")

    @property
    def norms(self) -> bool:
        """Whether batch-norm statistics are those of the scene."""
        if self.method == "bn-only":
            return True
        return self.method == "multilabel" and self.freeze == "none" if self.bn is None else self.bn

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str = "the options") -> AdaptOptions:
        """Raises JobError for keys that nobody knows."""
        known = {f.name for f in dataclasses.fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise JobError(f"{where} has unknown settings: {', '.join(unknown)}.", f"Known are: {', '.join(known)}.")
        return cls(**values)


def _of_kind(name: str, value: Any, wanted: type) -> None:
    if value is None and name == "bn":  # by method
        return
    fine = isinstance(value, (int, float)) if wanted is float else isinstance(value, wanted)
    if not fine or (isinstance(value, bool) and wanted is not bool):
        words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        raise JobError(f"{name} is {value!r}; needed is {words[wanted]}.")


def require_known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise JobError(f"{name} is {value!r}.", "Known are: " + ", ".join(known) + ".")


def _within(name: str, value: float, low: float, high: float, open_above: bool = False) -> None:
    if not low <= value <= high or (open_above and value == high):
        raise JobError(f"{name} is {value}; it must lie from {low} to {'below ' if open_above else ''}{high}.")
