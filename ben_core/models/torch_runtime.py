"""Models on PyTorch: CPU and GPU, fp32 and half precision.

On CUDA a batch is copied from pinned memory on a stream of its own while the one before is computed
by a captured CUDA graph. That path has not been run on a GPU yet: its speed is not measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch

from .card import ModelCard
from .networks import build
from .preprocess import Graph
from .runtime import Bands, OutOfMemory, Placement
from .strict import read_shapes, read_state, require_same_shapes, shapes_of

Pair = tuple[torch.Tensor, torch.Tensor]  # logits (N, classes), features (N, D)

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


class TorchRuntime:
    """A network in evaluation mode; see ``runtime.Runtime``."""

    def __init__(self, card: ModelCard, path: Path, placement: Placement, threads: int) -> None:
        self.version = f"torch {torch.__version__}"
        self.placement = placement
        self.device = torch.device(placement.device)
        if self.device.type == "cpu":
            torch.set_num_threads(threads)
        self.names = card.bands
        self.graph = load_graph(card, path).to(self.device)
        self.graph.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.half = _HALF.get(placement.precision)
        self.pipeline = _CudaPipeline(self) if self.device.type == "cuda" else None

    def run(self, bands: Bands) -> tuple[np.ndarray, np.ndarray]:
        logits, features = self._compute(self._to_device(bands))
        return logits.float().cpu().numpy(), features.float().cpu().numpy()

    def run_each(self, batches: Iterable[Bands]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return map(self.run, batches) if self.pipeline is None else self.pipeline.run(batches)

    def _to_device(self, bands: Bands) -> list[torch.Tensor]:
        return [torch.from_numpy(np.ascontiguousarray(bands[n])).to(self.device) for n in self.names]

    @torch.inference_mode()
    def _compute(self, tensors: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        try:
            # Without its cache of cast weights, which must not outlive the capture of a CUDA graph.
            with torch.autocast(
                self.device.type, self.half or torch.bfloat16, enabled=self.half is not None, cache_enabled=False
            ):
                return self.graph(*tensors)
        except torch.OutOfMemoryError as e:
            torch.cuda.empty_cache()
            raise OutOfMemory(str(e).splitlines()[0]) from e
        except RuntimeError as e:
            if "allocate" in str(e).lower():
                raise OutOfMemory(str(e).splitlines()[0]) from e
            raise


class _CudaPipeline:
    """One batch is computed while the next is copied; batches of one shape run as a captured graph."""

    def __init__(self, runtime: TorchRuntime) -> None:
        self.runtime = runtime
        self.copy = torch.cuda.Stream(runtime.device)
        self.captured: torch.cuda.CUDAGraph | None = None
        self.shapes: list[torch.Size] = []
        self.inputs: list[torch.Tensor] = []
        self.outputs: Pair | None = None

    def run(self, batches: Iterable[Bands]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        waiting: tuple[Pair, torch.cuda.Event] | None = None
        for bands in batches:
            done = self._submit(bands)
            if waiting is not None:
                yield _fetch(*waiting)
            waiting = done
        if waiting is not None:
            yield _fetch(*waiting)

    def _submit(self, bands: Bands) -> tuple[Pair, torch.cuda.Event]:
        compute = torch.cuda.current_stream(self.runtime.device)
        with torch.cuda.stream(self.copy):
            tensors = [
                torch.from_numpy(np.ascontiguousarray(bands[n])).pin_memory().to(self.runtime.device, non_blocking=True)
                for n in self.runtime.names
            ]
        compute.wait_stream(self.copy)
        for t in tensors:
            t.record_stream(compute)
        logits, features = (_pinned(t) for t in self._replay(tensors))
        done = torch.cuda.Event()
        done.record(compute)
        return (logits, features), done

    def _replay(self, tensors: list[torch.Tensor]) -> Pair:
        shapes = [t.shape for t in tensors]
        if self.captured is None or shapes[0][0] > self.shapes[0][0]:
            self._capture(tensors, shapes)
        if shapes != self.shapes:  # the last, shorter batch of a strip
            return self.runtime._compute(tensors)
        for static, t in zip(self.inputs, tensors, strict=True):
            static.copy_(t)
        assert self.captured is not None and self.outputs is not None
        self.captured.replay()
        return self.outputs

    def _capture(self, tensors: list[torch.Tensor], shapes: list[torch.Size]) -> None:
        """Capture the work on a batch of these shapes; done anew when a larger batch comes."""
        self.shapes = shapes
        self.inputs = [t.clone() for t in tensors]
        for _ in range(3):  # cuDNN chooses its kernels before the capture
            self.runtime._compute(self.inputs)
        torch.cuda.synchronize(self.runtime.device)
        self.captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.captured):
            self.outputs = self.runtime._compute(self.inputs)


def _pinned(device: torch.Tensor) -> torch.Tensor:
    """A copy on the host that is there when the stream has come so far."""
    host = torch.empty(device.shape, dtype=torch.float32, pin_memory=True)
    return host.copy_(device.float(), non_blocking=True)


def _fetch(outputs: Pair, done: torch.cuda.Event) -> tuple[np.ndarray, np.ndarray]:
    done.synchronize()
    return outputs[0].numpy(), outputs[1].numpy()


def load_graph(card: ModelCard, path: Path) -> Graph:
    """The whole network of a card with its weights (safetensors), on the CPU, in evaluation mode.

    Raises ModelError where keys or shapes differ: weights load whole or not at all.
    """
    network = build(card.architecture)
    what = f"The weights {path.name} do not fit the network of {card.name!r}"
    require_same_shapes(shapes_of(network), read_shapes(path), what, "Card and weights do not belong together.")
    network.load_state_dict(read_state(path))
    return Graph(card, network).eval()
