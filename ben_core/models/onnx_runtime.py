"""Models on ONNX Runtime: one input a band, resampling and normalisation inside the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from ..errors import JobError, ModelError
from .card import ModelCard
from .runtime import Bands, OutOfMemory, Placement


class OnnxRuntime:
    """A session; see ``runtime.Runtime``."""

    def __init__(self, card: ModelCard, path: Path, placement: Placement, threads: int) -> None:
        import onnxruntime as ort

        self.version = f"onnxruntime {ort.__version__}"
        self.placement = placement
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        # Decoding runs beside inference: waiting threads must sleep, not spin (benchmarks/README.md).
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers: list[str | tuple[str, dict[str, str]]] = ["CPUExecutionProvider"]
        if placement.device.startswith("cuda"):
            if hasattr(ort, "preload_dlls"):
                ort.preload_dlls()
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": placement.device.partition(":")[2]}))
        try:
            self._session = ort.InferenceSession(str(path), sess_options=options, providers=providers)
        except Exception as e:  # onnxruntime raises many kinds, all of them mean: no session
            raise ModelError(
                f"ONNX Runtime cannot load {path}: {_first_line(e)}.", "Is the file whole, and an ONNX model?"
            ) from e
        got = self._session.get_providers()[0]
        if placement.device.startswith("cuda") and got != "CUDAExecutionProvider":
            # ONNX Runtime only warns and goes on with the CPU.
            raise JobError(
                f"CUDA was chosen but ONNX Runtime could not start it and fell back to {got}.",
                "Check the NVIDIA driver and the CUDA libraries (ben doctor), or use --device cpu.",
            )
        self._check(card, path)

    def _check(self, card: ModelCard, path: Path) -> None:
        inputs = {i.name: i.type for i in self._session.get_inputs()}
        if set(inputs) != set(card.bands):
            raise ModelError(
                f"{path.name} takes the inputs {', '.join(sorted(inputs))}, its card names the bands {', '.join(card.bands)}.",
                "Card and weights do not belong together.",
            )
        wanted = {"DN": "tensor(uint16)", "dB": "tensor(float)"}
        for b in card.inputs:
            if inputs[b.name] != wanted[b.unit]:
                raise ModelError(f"Input {b.name} of {path.name} is {inputs[b.name]}, its card wants {wanted[b.unit]}.")
        outputs = {o.name: o.shape for o in self._session.get_outputs()}
        if set(outputs) != {"logits", "features"}:
            raise ModelError(f"{path.name} has the outputs {', '.join(outputs)}; needed are logits and features.")
        shape = outputs["logits"]
        if len(shape) != 2 or shape[1] != len(card.classes):
            raise ModelError(
                f"{path.name} answers logits of shape {shape}, its card names {len(card.classes)} classes.",
                "Card and weights do not belong together.",
            )

    def run(self, bands: Bands) -> tuple[np.ndarray, np.ndarray]:
        try:
            logits, features = self._session.run(["logits", "features"], dict(bands))
            return logits, features
        except Exception as e:
            if isinstance(e, MemoryError) or "allocate" in str(e).lower() or "out of memory" in str(e).lower():
                raise OutOfMemory(_first_line(e)) from e
            raise ModelError(f"ONNX Runtime failed on a batch: {_first_line(e)}.") from e

    def run_each(self, batches: Iterable[Bands]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return map(self.run, batches)


def _first_line(e: Exception) -> str:
    return str(e).strip().splitlines()[0].rstrip(".") if str(e).strip() else type(e).__name__


def metadata(path: Path) -> dict[str, str]:
    """The metadata_props of an ONNX file. Raises JobError without a runtime, ModelError for no model."""
    try:
        import onnxruntime as ort
    except ImportError as e:
        raise JobError(
            "No inference runtime is installed (onnxruntime).",
            "Install one: pip install 'bigearthnet-mapper[cpu]', or [cuda].",
        ) from e
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as e:
        raise ModelError(
            f"ONNX Runtime cannot load {path}: {_first_line(e)}.", "Is the file whole, and an ONNX model?"
        ) from e
    return dict(session.get_modelmeta().custom_metadata_map)
