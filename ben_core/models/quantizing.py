"""int8 weights for a model: its convolutions in eight bits, calibrated on patches, and how far its answers move.

ONNX Runtime's static quantization (QDQ) on a CPU with VNNI runs a ResNet about three times as fast as fp32. What goes
in (resampling, normalisation) and what comes out (the last layer) stay in fp32.
"""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ModelError, OutputError
from ..storage import writing
from .card import ModelCard, Weights
from .files import check_new, sha256_of
from .importers.writing import move_into
from .model import Model, load_model, verify_weights
from .runtime import Bands

FEWEST = 16  # patches, to calibrate and to judge each
_KINDS = ["Conv", "Gemm", "MatMul", "Add", "MaxPool"]


def quantize(model: str, patches: Bands, folder: Path | None = None, *, overwrite: bool = False) -> tuple[Path, float]:
    """Write int8 weights beside a copy of the card; return the card's path and the largest change of a probability.

    model    see ``find_card``
    patches  of the kind of land that is to be mapped: (N, h, w) a band at native resolution, N >= 32. Every second
             one calibrates, the others judge; the figure goes into the card and into the report of each run
    folder   where card and weights go; None: beside the model, whose card then gets the new weights
    Raises ModelError, OutputError, StorageError.
    """
    reference = load_model(model, runtime="onnx", device="cpu", precision="fp32")
    card = reference.card
    source = (card.folder or Path()) / reference.weights.file
    n = min(len(x) for x in patches.values())
    if n < 2 * FEWEST:
        raise ModelError(f"{n} patches are too few to calibrate int8 weights.", f"Give at least {2 * FEWEST}.")
    target = folder or source.parent
    check_new(card.name, target, overwrite or folder is None)
    if folder is None and any(w.precision == "int8" for w in card.weights) and not overwrite:
        raise OutputError(f"Model {card.name!r} has int8 weights already.", "Use --overwrite to make them anew.")
    with writing(target):
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ben-int8-", dir=target) as name:
            draft = Path(name)
            made = draft / f"{card.name}.int8.onnx"
            _quantize(source, made, {b: x[:n:2] for b, x in patches.items()})
            weights = Weights(made.name, "onnx", "int8", sha256_of(made))
            agreement = _change(
                reference, replace(card, weights=(weights,)), draft, {b: x[1:n:2] for b, x in patches.items()}
            )
            kept = [w for w in card.weights if w.precision != "int8"]
            if folder is not None:
                for w in kept:
                    verify_weights((card.folder or Path()) / w.file, w)
                    (draft / w.file).write_bytes(((card.folder or Path()) / w.file).read_bytes())
            new = replace(card, weights=(*kept, replace(weights, agreement=agreement)), folder=None)
            return move_into(new, draft, target, [weights] if folder is None else None), agreement


class _Patches:
    """What ONNX Runtime's calibration reads: one patch at a time."""

    def __init__(self, patches: Bands) -> None:
        self.each = self._each(patches)

    @staticmethod
    def _each(patches: Bands) -> Iterator[Mapping[str, np.ndarray]]:
        for i in range(min(len(x) for x in patches.values())):
            yield {b: x[i : i + 1] for b, x in patches.items()}

    def get_next(self) -> Mapping[str, np.ndarray] | None:
        return next(self.each, None)


def _quantize(source: Path, target: Path, patches: Bands) -> None:
    try:
        import onnx
        from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    except ImportError as e:
        raise ModelError(
            f"The package {e.name} is not installed.", "Install: pip install 'bigearthnet-mapper[cpu,export]'."
        ) from e
    nodes: Sequence[Any] = onnx.load(str(source), load_external_data=False).graph.node
    # The exporter names nodes by module: /preprocess/… is resampling and normalisation.
    kept = [n.name for n in nodes if n.name.startswith("/preprocess") or "logits" in n.output]
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns of a pre-processing step that these graphs do not need
    try:
        with redirect_stdout(io.StringIO()):  # it prints how it calibrates
            quantize_static(
                str(source),
                str(target),
                _Patches(patches),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                op_types_to_quantize=_KINDS,
                nodes_to_exclude=kept,
                calibrate_method=CalibrationMethod.Percentile,  # one odd pixel does not stretch the scale of all
            )
    finally:
        logger.setLevel(level)
    model = onnx.load(str(target))
    onnx.helper.set_model_props(model, {p.key: p.value for p in onnx.load(str(source)).metadata_props})
    onnx.save(model, str(target))


def _change(reference: Model, card: ModelCard, folder: Path, patches: Bands) -> float:
    """Largest difference of a probability between the int8 weights in ``folder`` and the fp32 model."""
    path = folder / "try.json"
    path.write_text(card.to_json(), encoding="utf-8")
    try:
        int8 = load_model(str(path), runtime="onnx", device="cpu", precision="int8")
        worst = 0.0
        for i in range(0, min(len(x) for x in patches.values()), reference.batch):
            some = {b: x[i : i + reference.batch] for b, x in patches.items()}
            worst = max(worst, float(np.abs(int8.predict(some) - reference.predict(some)).max()))
        return round(worst, 6)
    finally:
        path.unlink()
