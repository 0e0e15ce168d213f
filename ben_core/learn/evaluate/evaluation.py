"""What an evaluation found: plain values, as JSON both ways."""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import DataError

FORMAT = 1


@dataclass(frozen=True)
class Figure:
    """A score with its 95 % interval; NaN: it cannot be told (no positive, for example)."""

    value: float
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True)
class Curve:
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class ClassScores:
    """One class, whatever the thresholds.

    positives  patches that hold it; ``places`` the groups they lie in
    chance     AP of a random ranking: the share of patches that hold the class
    pr, roc    precision over recall, true over false positive rate
    by_threshold  precision, recall and F1 over the threshold
    """

    name: str
    trained: bool
    positives: int
    places: int
    chance: float
    ap: Figure
    auroc: Figure
    pr: Curve
    roc: Curve
    by_threshold: Mapping[str, Curve]


@dataclass(frozen=True)
class Decision:
    """What follows from one set of thresholds.

    name        "0.5", "card" or "tuned"
    thresholds  one a class, those to use on other data; scores of "tuned" come from thresholds that were fitted
                without the scored fold
    scores      "F1 macro", "F1 micro", "F1 sample", …, "Hamming loss", "subset accuracy"
    classes     a class each: precision, recall, F1, F2, specificity, accuracy
    confusion   a class each: found, missed, false alarms, rightly silent
    taken_for   see ``metrics.taken_for``; rows and columns in the order of classes, a last column "nothing"
    """

    name: str
    thresholds: tuple[float, ...]
    scores: Mapping[str, Figure]
    classes: tuple[Mapping[str, Figure], ...]
    confusion: tuple[tuple[int, int, int, int], ...]
    taken_for: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Reliability:
    """Calibration of all answers together, in ten bins, and of each class.

    name     "as answered", "temperature", "Platt"; the last two fitted without the scored fold
    ece      expected calibration error of all answers; ``ece_classes`` of each class
    fitted   the temperature fitted on everything; NaN for the other two
    """

    name: str
    ece: float
    ece_classes: tuple[float, ...]
    count: tuple[int, ...]
    said: tuple[float, ...]
    held: tuple[float, ...]
    fitted: float = math.nan


@dataclass(frozen=True)
class Example:
    """A patch and how it was answered; ``loss`` is the mean log loss of its classes."""

    id: str
    loss: float
    truth: tuple[str, ...]
    p: Mapping[str, float]
    given: tuple[str, ...]


@dataclass(frozen=True)
class FeatureMap:
    """Patches laid out by the network's features. ``colour`` is the rarest true class of each, "" for none."""

    method: str
    ids: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: tuple[str, ...]


@dataclass(frozen=True)
class Cells:
    """Where each judged patch lies on the grid of a map; bit i of ``truth`` and ``given`` is class i."""

    rows: int
    cols: int
    row: tuple[int, ...]
    col: tuple[int, ...]
    truth: tuple[int, ...]
    given: tuple[int, ...]


@dataclass(frozen=True)
class Epoch:
    """A line of a training run's history: whatever numbers it holds, by name."""

    epoch: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """Everything that was measured.

    subject, about     what was judged: title, and facts by name
    data, split        against what; split "" where the data has none
    patches            number of patches scored
    drawn, draws, note the unit of the bootstrap, how many draws, and what to keep in mind about it
    folds              what stands apart when thresholds and temperature are fitted: "5 folds of whole tiles"
    left_out           reason -> patches
    classes            in the order of the model's answers
    scores             "AP macro", "AP micro", "AUROC …", "ranking loss", "coverage", "one-error", "LRAP"
    decisions          the first one is that of the headline
    """

    subject: str
    about: Mapping[str, str]
    data: str
    split: str
    patches: int
    drawn: str
    groups: int
    draws: int
    note: str
    folds: str
    left_out: Mapping[str, int]
    warnings: tuple[str, ...]
    classes: tuple[ClassScores, ...]
    scores: Mapping[str, Figure]
    decisions: tuple[Decision, ...]
    reliability: tuple[Reliability, ...]
    hardest: tuple[Example, ...] = ()
    features: FeatureMap | None = None
    cells: Cells | None = None
    history: tuple[Epoch, ...] = ()
    format: int = field(default=FORMAT)

    def to_json(self) -> str:
        """NaN is written as null."""
        return json.dumps(_plain(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Evaluation:
        """Raises DataError where the text is no evaluation."""
        try:
            document = json.loads(text)
            if document["format"] != FORMAT:
                raise DataError(f"The evaluation has format {document['format']!r}, this version reads {FORMAT}.")
            found: Evaluation = _typed(cls, document)
        except (ValueError, KeyError, TypeError) as e:
            raise DataError(f"This is no evaluation: {e}.", "Give the JSON file that `ben evaluate` wrote.") from e
        return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _typed(kind: Any, value: Any) -> Any:
    """``value`` of JSON as ``kind``: the dataclasses above, mappings by name, tuples, numbers and texts."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is types.UnionType:
        return None if value is None else _typed(inner[0], value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast(Any, kind)(**{name: _typed(hints[name], v) for name, v in value.items()})
    if origin is tuple:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is no list")
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        return tuple(_typed(k, v) for k, v in zip(kinds, value, strict=True))
    if origin is not None:  # Mapping[str, …]
        return {str(k): _typed(inner[1], v) for k, v in value.items()}
    if kind is float:
        return math.nan if value is None else float(value)
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
