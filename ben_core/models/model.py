"""A model: its card, and a runtime that answers."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import JobError, ModelError, reason
from ..nomenclature import BANDS
from . import registry
from .card import BandInput, ModelCard, Weights
from .files import sha256_of
from .runtime import Bands, OutOfMemory, Placement, Runtime, place

EMBEDDED = registry.EMBEDDED
_CARD_KEY = "ben:card"  # metadata_props of an ONNX file
CPU_BATCH = 32  # measured: benchmarks/README.md
GPU_BATCH = 512  # the batch of the reBEN recipe; not measured, halved until it fits


@dataclass(frozen=True)
class Answers:
    """What a model says of N patches.

    p        float32 (N, classes): probabilities in card order
    unusual  uint8 (N, 2): percent, in the order of ``novelty.SCORES``; None where the card cannot tell
    """

    p: np.ndarray
    unusual: np.ndarray | None


class Model:
    """Card and runtime. Made by ``load_model``."""

    def __init__(self, card: ModelCard, runtime: Runtime, weights: Weights, batch: int) -> None:
        self.card = card
        self.runtime = runtime
        self.weights = weights
        self.batch = batch

    @property
    def placement(self) -> Placement:
        return self.runtime.placement

    def predict(self, bands: Bands) -> np.ndarray:
        """Probabilities, float32 (N, classes) in card order, of patches (N, h, w) a band at native resolution."""
        return next(self.answer_each([bands])).p

    def answer_each(self, batches: Iterable[Bands]) -> Generator[Answers, None, None]:
        """All that the model says of many batches, in order; the device works on one while the next is prepared.

        Raises ModelError where the network answers NaN or infinity.
        """
        novelty = self.card.novelty
        trained = [i for i, c in enumerate(self.card.classes) if c not in self.card.untrained]
        for logits, features in self.runtime.run_each(batches):
            if not np.isfinite(logits).all():
                raise ModelError(
                    f"Model {self.card.name!r} answers NaN or infinity ({self.placement.precision} on {self.placement.device}).",
                    "Try --precision fp32; if that fails too, the weights are broken.",
                )
            unusual = novelty.scores(logits[:, trained], features) if novelty else None
            yield Answers(probabilities(self.card, logits), unusual)

    def features(self, bands: Bands) -> np.ndarray:
        """Pooled features, float32 (N, D)."""
        return self.runtime.run(bands)[1]

    def fit_batch(self, wanted: int) -> int:
        """The batch size to use: ``wanted``, or for 0 the device's default, halved until one batch fits.

        A wish that does not fit is an error, as every wish.
        """
        size = wanted or self.batch
        while True:
            try:
                self.runtime.run(self.blank(size))
                return size
            except OutOfMemory as e:
                if wanted or size == 1:
                    raise ModelError(
                        f"A batch of {size} patches does not fit {self.placement.device}: {e}.",
                        "Use a smaller --batch.",
                    ) from e
                size //= 2

    def blank(self, n: int) -> Mapping[str, np.ndarray]:
        """Patches of ones, to try a batch size or to warm up."""
        dtype = {"DN": np.uint16, "dB": np.float32}
        return {b.name: np.ones((n, self.card.size, self.card.size), dtype[b.unit]) for b in self.card.inputs}


def constant(band: BandInput, n: int, size: int) -> np.ndarray:
    """``band.fill`` in place of pixels: (n, h, w) at the band's native resolution."""
    side = size * 10 // BANDS[band.name].resolution
    return np.full((n, side, side), band.fill, np.float32 if band.unit == "dB" else np.uint16)


def probabilities(card: ModelCard, logits: np.ndarray) -> np.ndarray:
    """Activation and calibration of a card: (N, classes) float32 in [0, 1]."""
    z = logits.astype(np.float64)
    if card.calibration is not None:
        a, b = np.array(card.calibration, dtype=np.float64).T
        z = a * z + b
    if card.activation == "softmax":
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return (e / e.sum(axis=1, keepdims=True)).astype(np.float32)
    return (0.5 * (1 + np.tanh(0.5 * z))).astype(np.float32)  # the sigmoid, without overflow


def find_card(name: str) -> ModelCard:
    """The card of a model on this machine. Raises ModelError.

    name  "embedded" (that of Sentinel-2), "embedded-s2", "embedded-s1", "embedded-all", the name of a model that
          was fetched or imported (``ben models list``), or the path of a card (.json) or of an ONNX file with a
          card inside
    """
    if name == registry.AUTO:
        raise JobError("--model auto is chosen for a scene.", "Name a model, or give a scene to map.")
    path = registry.embedded_card(name) or registry.path_of(name) or Path(name)
    if not path.is_file():
        raise ModelError(
            f"There is no model {name!r}.",
            "Give 'embedded', a name from `ben models list`, or the path of a model card (.json) or an .onnx file.",
        )
    if path.suffix == ".json":
        return ModelCard.read(path)
    if path.suffix == ".onnx":
        return _card_inside(path)
    raise ModelError(
        f"{path} is neither a model card (.json) nor an .onnx file.", "Weights are loaded through their card."
    )


def load_model(
    name: str = EMBEDDED, *, runtime: str = "auto", device: str = "auto", precision: str = "auto", threads: int = 1
) -> Model:
    """Load a model; what "auto" chose stands in ``model.placement``.

    name        see ``find_card``
    threads     CPU threads of inference
    Raises ModelError or JobError: unknown model, weights that differ from their checksum or do not fit the
    card, a device or precision that was asked for and cannot be had.
    """
    card = find_card(name)
    placement, weights = place(card, runtime, device, precision)
    path = (card.folder or Path()) / weights.file
    verify_weights(path, weights)
    loaded: Runtime
    if placement.runtime == "torch":
        from .torch_runtime import TorchRuntime

        loaded = TorchRuntime(card, path, placement, threads)
    else:
        from .onnx_runtime import OnnxRuntime

        loaded = OnnxRuntime(card, path, placement, threads)
    return Model(card, loaded, weights, CPU_BATCH if placement.device == "cpu" else GPU_BATCH)


def verify_weights(path: Path, weights: Weights) -> None:
    """Raises ModelError where the file is missing or not the one of the card."""
    try:
        found = sha256_of(path)
    except OSError as e:
        raise ModelError(f"The weights {path} cannot be read: {reason(e)}.", "They must lie beside their card.") from e
    if found != weights.sha256:
        raise ModelError(
            f"The weights {path} are not those of the card (SHA-256 {found[:12]}…, the card says {weights.sha256[:12]}…).",
            "Get both again from the same place.",
        )


def _card_inside(path: Path) -> ModelCard:
    from .onnx_runtime import metadata

    text = metadata(path).get(_CARD_KEY)
    if text is None:
        raise ModelError(
            f"{path} holds no model card.",
            "Give the card that belongs to it (.json); without one band order is a guess.",
        )
    card = ModelCard.from_json(text, f"inside {path}", path.parent)
    return replace(card, weights=(Weights(path.name, "onnx", "fp32", sha256_of(path)),))
