"""What runs a network: the seam between a model and ONNX Runtime or PyTorch, and the choice among them."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import JobError, ModelError
from .card import ModelCard, Weights

Bands = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Placement:
    """Where a model runs: what was asked, what was got, and why. All of it is reported."""

    runtime: str  # "onnx" or "torch"
    device: str  # "cpu", "cuda:0", "mps"
    precision: str  # "fp32", "bf16", "fp16", "int8"
    why: str


class Runtime(Protocol):
    """A loaded network. ``bands`` maps names to (N, h, w) arrays at native resolution."""

    placement: Placement
    version: str

    def run(self, bands: Bands) -> tuple[np.ndarray, np.ndarray]:
        """(logits (N, classes), features (N, D)), float32. Raises OutOfMemory."""

    def run_each(self, batches: Iterable[Bands]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The same for each batch in turn; a device may work on one while the next is copied."""


class OutOfMemory(Exception):
    """The batch does not fit the device."""


def place(card: ModelCard, runtime: str, device: str, precision: str) -> tuple[Placement, Weights]:
    """Choose runtime, device and precision for a model; "auto" means: what is best here.

    An explicit wish that cannot be met is an error that says what is missing, never a fallback.
    """
    runtimes = {w.runtime for w in card.weights}
    if runtime != "auto" and runtime not in runtimes:
        raise ModelError(
            f"Model {card.name!r} has no weights for --runtime {runtime}.", f"It has: {', '.join(sorted(runtimes))}."
        )
    for name in (runtime,) if runtime != "auto" else _preference(runtimes, device, precision):
        missing = _missing(name)
        if missing and runtime != "auto":
            raise JobError(missing.message, missing.hint)
        if not missing:
            chosen = name
            break
    else:
        missing = _missing("onnx" if "onnx" in runtimes else "torch")
        assert missing is not None
        raise JobError(missing.message, missing.hint)

    got, why = torch_device(device) if chosen == "torch" else _onnx_device(device)
    got_precision, why_precision = _precision(card, chosen, got, precision)
    stored = "int8" if got_precision == "int8" else "fp32"
    weights = next((w for w in card.weights if w.runtime == chosen and w.precision == stored), None)
    if weights is None:
        raise ModelError(
            f"Model {card.name!r} has no {stored} weights for {chosen}.", "Choose another --precision or --runtime."
        )
    if weights.agreement is not None:
        why_precision += f", measured to change no probability by more than {weights.agreement:.2g}"
    return Placement(chosen, got, got_precision, f"{why}; {why_precision}"), weights


def _preference(runtimes: set[str], device: str, precision: str) -> list[str]:
    """Runtimes to try, best first: PyTorch on a GPU and for half precision, ONNX Runtime on a CPU."""
    gpu = device.startswith(("cuda", "mps")) or (device == "auto" and gpu_likely())
    first = "torch" if gpu or precision in ("bf16", "fp16") else "onnx"
    order = [first, "onnx" if first == "torch" else "torch"]
    if precision in ("bf16", "fp16"):
        order = ["torch"]
    elif precision == "int8":
        order = ["onnx"]
    return [r for r in order if r in runtimes] or order[:1]


def _missing(runtime: str) -> JobError | None:
    """What to install where a runtime is not there."""
    if runtime == "onnx" and importlib.util.find_spec("onnxruntime") is None:
        return JobError(
            "No inference runtime is installed (onnxruntime).",
            "Install one: pip install 'bigearthnet-mapper[cpu]', or [cuda] on a machine with an NVIDIA GPU.",
        )
    if runtime == "torch" and (
        importlib.util.find_spec("torch") is None or importlib.util.find_spec("safetensors") is None
    ):
        return JobError(
            "PyTorch or safetensors is not installed.", "Install them: pip install 'bigearthnet-mapper[torch]'."
        )
    return None


def require_torch() -> None:
    """Raises JobError where PyTorch is not installed."""
    missing = _missing("torch")
    if missing:
        raise missing


def gpu_likely() -> bool:
    """Whether a look for a GPU is worth importing PyTorch for (no proof: a driver's traces)."""
    if sys.platform == "darwin":
        return os.uname().machine == "arm64"
    if sys.platform == "win32":
        return (Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "nvcuda.dll").exists()
    return any(Path(p).exists() for p in ("/dev/nvidiactl", "/dev/dxg"))


def _load(name: str) -> Any:
    """Import a package that is installed; JobError where it does not load (a library of the system is missing)."""
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as e:
        raise JobError(
            f"{name} is installed, but does not load: {str(e).splitlines()[0] if str(e) else type(e).__name__}.",
            "Install it again; `ben doctor` says what is there.",
        ) from e


def torch_device(wanted: str) -> tuple[str, str]:
    """PyTorch's device for "auto", "cpu", "cuda", "cuda:N" or "mps", and why. Raises JobError where it is not there."""
    torch = _load("torch")
    kind, _, number = wanted.partition(":")
    if kind == "cpu":
        return "cpu", "CPU as asked"
    if kind == "mps" or (kind == "auto" and torch.backends.mps.is_available()):
        if not torch.backends.mps.is_available():
            raise JobError("--device mps: PyTorch finds no Apple GPU here.", "Use --device auto or cpu.")
        return "mps", "Apple GPU " + ("as asked" if kind == "mps" else "found")
    if kind == "cuda" or torch.cuda.is_available():
        if not torch.cuda.is_available():
            built = torch.version.cuda or "none, it is a CPU build"
            raise JobError(
                f"--device {wanted}: PyTorch {torch.__version__} finds no CUDA device (its CUDA: {built}).",
                "Install a CUDA build of PyTorch and the NVIDIA driver, or use --device auto or cpu.",
            )
        index = int(number or 0)
        if index >= torch.cuda.device_count():
            raise JobError(
                f"--device {wanted}: there are only {torch.cuda.device_count()} CUDA devices.", "Count from 0."
            )
        asked = "as asked" if kind == "cuda" else "found"
        return f"cuda:{index}", f"{torch.cuda.get_device_name(index)} {asked}"
    return "cpu", "no GPU found"


def _onnx_device(wanted: str) -> tuple[str, str]:
    providers = _load("onnxruntime").get_available_providers()
    kind, _, number = wanted.partition(":")
    if kind == "mps":
        raise JobError(
            "--device mps: ONNX Runtime does not run on it here.", "Install the extra [torch], or use --device cpu."
        )
    if kind == "cuda" and "CUDAExecutionProvider" not in providers:
        raise JobError(
            f"--device {wanted}: this onnxruntime has no CUDA ({', '.join(providers)}), and PyTorch is not in use.",
            "Install the extra [cuda] or [torch], or use --device auto or cpu.",
        )
    if kind == "cpu":
        return "cpu", "CPU as asked"
    if "CUDAExecutionProvider" in providers and (kind == "cuda" or gpu_likely()):
        return f"cuda:{number or 0}", "CUDA " + ("as asked" if kind == "cuda" else "found")
    return "cpu", "no GPU found"


def _precision(card: ModelCard, runtime: str, device: str, wanted: str) -> tuple[str, str]:
    if wanted == "auto":
        if runtime == "torch" and device.startswith("cuda"):
            return "bf16", "bf16 on a GPU"
        return "fp32", "fp32 by default"
    if wanted == "int8" and not any(w.precision == "int8" and w.runtime == runtime for w in card.weights):
        raise ModelError(
            f"--precision int8: model {card.name!r} has no int8 weights for {runtime}.", "Use fp32 or bf16."
        )
    if wanted in ("bf16", "fp16") and runtime == "onnx":
        raise JobError(
            f"--precision {wanted} runs in PyTorch only.", "Install the extra [torch], and leave out --runtime onnx."
        )
    if wanted == "fp16" and device == "cpu":
        raise JobError("--precision fp16 does not run on a CPU.", "Use bf16 or fp32.")
    return wanted, f"{wanted} as asked"
