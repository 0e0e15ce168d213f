"""Write a model as one ONNX file that suffices by itself: preprocessing, network and card."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from ..storage import sync
from .card import BandInput, ModelCard

if TYPE_CHECKING:
    from .preprocess import Graph

CARD_KEY = "ben:card"
# Opset 17 is read by ONNX Runtime >= 1.12 and OpenVINO >= 2022.2.
OPSET = 17
TOLERANCE = 1e-4


def dtype_of(band: BandInput) -> np.dtype:
    """The type in which a band enters the graph: uint16 for DN, float32 for dB."""
    return np.dtype(np.float32 if band.unit == "dB" else np.uint16)


def export_onnx(card: ModelCard, graph: Graph, path: str | Path) -> float:
    """Write ``graph`` to ``path`` and return its largest deviation from PyTorch.

    Inputs are named by band, each (N, h, w) of ``dtype_of`` the band with free N, h and w; outputs
    are ``logits`` (N, classes) and ``features`` (N, D). ``metadata_props["ben:card"]`` holds the
    card without its list of weights (their hashes would have to contain themselves).
    The file appears only after ONNX Runtime has given PyTorch's answers at several input sizes;
    raises ModelError if they differ by more than 1e-4 of the largest answer.
    """
    import onnx
    import torch

    path = Path(path)
    draft = path.with_suffix(".onnx.part")
    graph = graph.eval()
    sample = tuple(torch.from_numpy(x) for x in _widened(next(_samples(card))))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the TorchScript exporter announces its own retirement
            torch.onnx.export(
                graph,
                sample,
                str(draft),
                input_names=list(card.bands),
                output_names=["logits", "features"],
                dynamic_axes={
                    **{name: {0: "N", 1: f"h_{name}", 2: f"w_{name}"} for name in card.bands},
                    "logits": {0: "N"},
                    "features": {0: "N"},
                },
                opset_version=OPSET,
                dynamo=False,
            )
        model = onnx.load(str(draft))
        _narrow_inputs(model, card)
        onnx.helper.set_model_props(model, {CARD_KEY: card.to_json(weights=False)})
        onnx.checker.check_model(model, full_check=True)
        onnx.save(model, str(draft))
        deviation = _deviation(card, graph, draft)
        if not deviation <= TOLERANCE:
            raise ModelError(f"The ONNX form of {card.name!r} differs from PyTorch by {deviation:.2g} of its answers.")
        sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return deviation


def _widened(bands: list[np.ndarray]) -> list[np.ndarray]:
    """uint16 as int32: PyTorch traces no arithmetic on uint16."""
    return [x.astype(np.int32) if x.dtype == np.uint16 else x for x in bands]


def _narrow_inputs(model, card: ModelCard) -> None:
    """Declare as uint16 what was traced as int32; the first node on each input casts to float anyway."""
    import onnx

    of_band = {b.name: b for b in card.inputs}
    for value in model.graph.input:
        if dtype_of(of_band[value.name]) != np.uint16:
            continue
        readers = {node.op_type for node in model.graph.node if value.name in node.input}
        if not readers <= {"Unsqueeze", "Cast", "Shape"}:
            raise ModelError(f"The traced graph uses band {value.name} in {sorted(readers)} before any cast to float.")
        value.type.tensor_type.elem_type = onnx.TensorProto.UINT16
    del model.graph.value_info[:]  # stale types of what lies between input and cast


def _samples(card: ModelCard) -> Iterator[list[np.ndarray]]:
    """Made inputs: each band at the patch's full, half and sixth side (10, 20 and 60 m pixels), mixed."""
    random = np.random.default_rng(0)
    sides = (card.size, max(card.size // 2, 1), max(card.size // 6, 1))
    for n, first in ((2, 0), (1, 1), (3, 2)):
        bands = []
        for i, band in enumerate(card.inputs):
            side = sides[(first + i * (n > 1)) % 3]
            values = random.normal(band.mean, band.std, (n, side, side))
            bands.append((values if band.unit == "dB" else values.clip(0, 65535)).astype(dtype_of(band)))
        yield bands


def _deviation(card: ModelCard, graph: Graph, path: Path) -> float:
    import torch

    try:
        import onnxruntime
    except ImportError as missing:
        raise ModelError(
            "ONNX Runtime, which checks an exported model, is not installed.",
            "Install it with: pip install 'bigearthnet-mapper[cpu]'.",
        ) from missing
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for bands in _samples(card):
        got = session.run(["logits", "features"], dict(zip(card.bands, bands, strict=True)))
        with torch.inference_mode():
            expected = graph(*(torch.from_numpy(x) for x in _widened(bands)))
        for a, b in zip(got, expected, strict=True):
            b = b.numpy()
            if a.shape != b.shape:
                return float("inf")
            if b.size:  # a network without classes has no logits
                worst = max(worst, float(np.abs(a - b).max() / max(1.0, np.abs(b).max())))
    return worst
