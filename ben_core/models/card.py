"""Model cards: what a model needs, what it answers, what it may claim.

On disk a card is a STAC Item with the MLM extension beside the weights (``NAME.json``); in an ONNX
file it also stands in ``metadata_props["ben:card"]``, so that the file alone suffices.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ..errors import ModelError, reason
from ..nomenclature import BANDS, CLASSES
from .novelty import Novelty

ACTIVATIONS = ("sigmoid", "softmax")
UNITS = ("DN", "dB")
RESAMPLINGS = ("nearest", "bilinear", "bicubic", "bicubic-tf1")


@dataclass(frozen=True)
class BandInput:
    """One input channel: x = (value - mean) / std, value in ``unit``.

    unit "DN": Sentinel-2 reflectance x 10000 without offset (scale before baseline 04.00);
    unit "dB": Sentinel-1 backscatter. ``resampling`` brings coarser pixels to the 10 m patch ("bicubic-tf1":
    tf.image.resize_bicubic of TensorFlow 1). ``clip`` (low, high) bounds the value before it is normalised.
    ``fill``: the value that stands for the band where the scene lacks it; None: the band is needed.
    """

    name: str
    mean: float
    std: float
    unit: str = "DN"
    resampling: str = "nearest"
    clip: tuple[float, float] | None = None
    fill: float | None = None

    def __post_init__(self) -> None:
        if self.name not in BANDS:
            raise ModelError(f"The model card names band {self.name!r}, which does not exist.")
        if not (0 < self.std < math.inf and math.isfinite(self.mean)):
            raise ModelError(f"The model card gives band {self.name} the mean {self.mean} and deviation {self.std}.")
        if self.unit not in UNITS:
            raise ModelError(
                f"The model card gives band {self.name} in {self.unit!r}.", "Known are: " + ", ".join(UNITS) + "."
            )
        if self.resampling not in RESAMPLINGS:
            raise ModelError(
                f"The model card asks for resampling {self.resampling!r} of band {self.name}.",
                "Known are: " + ", ".join(RESAMPLINGS) + ".",
            )


@dataclass(frozen=True)
class Weights:
    """One file of weights beside the card: runtime "onnx" or "torch" (safetensors)."""

    file: str
    runtime: str
    precision: str
    sha256: str
    agreement: float | None = None  # largest change of a probability against fp32, measured; None: not measured


@dataclass(frozen=True)
class ModelCard:
    """A model's contract.

    inputs       channels by name, in the order of the first convolution
    size         side of the input patch in 10 m pixels; ``resize`` is the side of the image that the network
                 takes where it is another (bilinear, pixel centres, after normalisation)
    classes      names in the order of the outputs; none for a network that only gives features
    thresholds   one a class; ``calibration`` (a, b) a class: p = activation(a * logit + b)
    novelty      how unlike the training data a patch looks is measured by these; None: it is not
    untrained    classes for which there was no evidence: their answers mean nothing
    period       first and last acquisition of the training data (default: BigEarthNet's, bigearth.net)
    architecture network description for the PyTorch runtime, e.g. {"family": "resnet", ...}
    scores       measured figures, free form: {"macro AP": {"value": .5, "low": .4, "high": .6, "note": "…"}}
    origin       who made it, from what, how, in plain words; ``warnings`` are shown in every run
    adaptation   of a model adapted to a scene: parent, scene, pseudo-labels a class, the guard's verdict (plain JSON)
    """

    name: str
    title: str
    description: str
    inputs: tuple[BandInput, ...]
    classes: tuple[str, ...]
    thresholds: tuple[float, ...]
    weights: tuple[Weights, ...]
    size: int = 120
    resize: int | None = None
    activation: str = "sigmoid"
    calibration: tuple[tuple[float, float], ...] | None = None
    untrained: tuple[str, ...] = ()
    novelty: Novelty | None = None
    architecture: Mapping[str, Any] = field(default_factory=dict)
    period: tuple[str, str] = ("2017-06-01T00:00:00Z", "2018-05-31T23:59:59Z")
    licence: str = ""
    origin: str = ""
    scores: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    adaptation: Mapping[str, Any] = field(default_factory=dict)
    folder: Path | None = None  # where the card was read

    def __post_init__(self) -> None:
        names = [b.name for b in self.inputs]
        if not names or len(set(names)) != len(names):
            raise ModelError(f"The model card of {self.name!r} lists bands {names}: none, or one twice.")
        unknown = [c for c in self.classes if c not in CLASSES]
        if unknown or len(set(self.classes)) != len(self.classes):
            raise ModelError(
                f"The model card of {self.name!r} lists classes that are unknown or doubled: {unknown or self.classes}."
            )
        if len(self.thresholds) != len(self.classes) or not all(0 <= t <= 1 for t in self.thresholds):
            raise ModelError(
                f"The model card of {self.name!r} has {len(self.thresholds)} thresholds for {len(self.classes)} classes, or one outside 0..1."
            )
        if self.calibration is not None and len(self.calibration) != len(self.classes):
            raise ModelError(
                f"The model card of {self.name!r} calibrates {len(self.calibration)} of {len(self.classes)} classes."
            )
        if not all(math.isfinite(v) for ab in self.calibration or () for v in ab):
            raise ModelError(f"The model card of {self.name!r} calibrates with numbers that are none.")
        if self.activation not in ACTIVATIONS:
            raise ModelError(
                f"The model card of {self.name!r} asks for the activation {self.activation!r}.",
                "Known are: " + ", ".join(ACTIVATIONS) + ".",
            )

    @property
    def bands(self) -> tuple[str, ...]:
        return tuple(b.name for b in self.inputs)

    def to_json(self, weights: bool = True) -> str:
        """The card as a STAC Item with the MLM extension; ``weights=False`` leaves its files out."""
        return self._whole if weights else self._bare

    @cached_property
    def _whole(self) -> str:
        return self._text(weights=True)

    @cached_property
    def _bare(self) -> str:
        return self._text(weights=False)

    def _text(self, weights: bool) -> str:
        from .card_json import to_document

        return json.dumps(to_document(self, weights), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str, where: str, folder: Path | None = None) -> ModelCard:
        """The card in a JSON text; ``where`` names it in errors. Raises ModelError."""
        from .card_json import from_document

        try:
            document = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as e:
            raise ModelError(
                f"The model card {where} is not JSON: {e}.", "Give the card that belongs to the weights."
            ) from e
        return from_document(document, where, folder)

    @classmethod
    def read(cls, path: str | Path) -> ModelCard:
        """The card in a .json file. Raises ModelError where it is missing, unreadable or contradicts itself."""
        path = Path(path)
        try:
            status = path.stat()
            return _read(path, (status.st_mtime_ns, status.st_size, status.st_ino))
        except (OSError, UnicodeDecodeError) as e:
            raise ModelError(
                f"The model card {path} cannot be read: {reason(e)}.",
                "Give the path of a card (.json) or an .onnx file.",
            ) from e


@lru_cache(maxsize=32)
def _read(path: Path, state: tuple[int, ...]) -> ModelCard:
    """A card as its file is in ``state``: a batch asks for the same few, several times a scene."""
    return ModelCard.from_json(path.read_text(encoding="utf-8"), str(path), path.parent)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no number in JSON")
