"""Variables of a TensorFlow checkpoint, and the TF-Slim network that they fill."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import JobError, ModelError
from . import tf_dump

if TYPE_CHECKING:
    from ..networks.base import Network

_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
_LAYER = {"weight": "weights", "bias": "biases"}


@dataclass(frozen=True)
class Checkpoint:
    """What ``tf_dump.py`` wrote: variables by name, and of a Hub module what else it says (``module``)."""

    where: str
    variables: Mapping[str, np.ndarray]
    module: Mapping[str, np.ndarray] = field(default_factory=dict)


def read_checkpoint(path: Path, python: str | None) -> Checkpoint:
    """Read a checkpoint, a Hub module or an .npz file of ``tf_dump.py``.

    path    prefix, .index file or folder of a tf.train.Saver checkpoint; folder of a TF1 Hub module; .npz
    python  the Python that has TensorFlow; None: this one
    Raises ModelError where there is none, or more than one; JobError where TensorFlow is missing.
    """
    if path.suffix == ".npz" and path.is_file():
        return _load(path, str(path))
    module = path if (path / "saved_model.pb").is_file() else None
    prefix = _prefix(path / "variables" / "variables" if module else path)
    with tempfile.TemporaryDirectory(prefix="ben-tf-") as folder:
        out = Path(folder) / "variables.npz"
        _run_dump([str(prefix), str(out), *([str(module)] if module else [])], python, path)
        return _load(out, str(path))


def _prefix(path: Path) -> Path:
    if path.is_dir():
        found = sorted(p.with_suffix("") for p in path.glob("*.index"))
        if len(found) != 1:
            names = ", ".join(p.name for p in found) or "none"
            raise ModelError(
                f"{path} must hold one TensorFlow checkpoint; it holds {names}.",
                "Give the path of one, without .index.",
            )
        return found[0]
    prefix = Path(re.sub(r"\.(index|data-\d{5}-of-\d{5}|meta)$", "", str(path)))
    if not prefix.with_name(prefix.name + ".index").is_file():
        raise ModelError(
            f"There is no TensorFlow checkpoint {prefix}.", "Needed are the files PREFIX.index and PREFIX.data-….."
        )
    return prefix


def _run_dump(arguments: list[str], python: str | None, path: Path) -> None:
    command = [python or sys.executable, tf_dump.__file__, *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as e:
        raise JobError(f"{command[0]} cannot be started: {e.strerror}.", "Name a Python that has TensorFlow.") from e
    if ran.returncode == 0:
        return
    last = (ran.stderr.strip().splitlines() or [f"it ended with {ran.returncode}"])[-1]
    if re.search(r"No module named '(tensorflow|numpy)", last):
        raise JobError(
            f"TensorFlow, which reads {path}, is not installed for {command[0]}.",
            "Install tensorflow-cpu in an environment of its own and name its Python with --tensorflow-python, "
            f"or run there: python {tf_dump.__file__} CHECKPOINT OUT.npz, and import OUT.npz.",
        )
    raise ModelError(f"TensorFlow cannot read {path}: {last[:300]}", "Is the checkpoint whole?")


def _load(path: Path, where: str) -> Checkpoint:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as e:
        raise ModelError(f"{where} cannot be read: {e}.", "Needed is an .npz file written by tf_dump.py.") from e
    return Checkpoint(
        where,
        {k.removeprefix("v/"): v for k, v in arrays.items() if k.startswith("v/")},
        {k: v for k, v in arrays.items() if not k.startswith("v/")},
    )


def build_filled(architecture: Mapping[str, Any], scope: str, checkpoint: Checkpoint) -> Network:
    """The network of an architecture with the variables under ``scope``, in evaluation mode.

    Raises ModelError, which names them, where variables are missing, unknown, of another shape or not finite.
    """
    import torch

    from ..networks import build

    with torch.device("meta"):
        network = build(architecture)
    wanted = {_tf_name(scope, *key): key for key in _keys(network)}
    state: dict[str, torch.Tensor] = {}
    misshapen, broken = [], []
    for name, (module, leaf) in wanted.items():
        tensor = network.get_parameter(f"{module}.{leaf}") if leaf in _LAYER else network.get_buffer(f"{module}.{leaf}")
        value = checkpoint.variables.get(name)
        if value is None:
            continue
        if value.shape != _tf_shape(tuple(tensor.shape)):
            misshapen.append(f"{name} {value.shape}")
        elif value.dtype.kind != "f" or not np.isfinite(value).all():
            broken.append(name)
        else:
            state[f"{module}.{leaf}"] = torch.from_numpy(_turned(value).astype(np.float32, order="C"))
    report = {
        "missing": sorted(set(wanted) - set(checkpoint.variables)),
        "unknown": sorted(set(checkpoint.variables) - set(wanted)),
        "of another shape": misshapen,
        "not finite numbers": broken,
    }
    if any(report.values()):
        parts = [
            f"{what}: {', '.join(names[:3])}" + (f" and {len(names) - 3} more" if len(names) > 3 else "")
            for what, names in report.items()
            if names
        ]
        raise ModelError(
            f"The variables of {checkpoint.where} are not those of {scope} ({'; '.join(parts)}).",
            "Only TF-Slim's own networks can be imported, whole.",
        )
    for name, _ in network.named_buffers():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.zeros((), dtype=torch.long)
    network.load_state_dict(state, assign=True)
    return network.eval()


def _keys(network: Network) -> list[tuple[str, str]]:
    """(module, leaf) of everything that TensorFlow keeps."""
    return [
        (key.rpartition(".")[0], key.rpartition(".")[2])
        for key in network.state_dict()
        if not key.endswith("num_batches_tracked")
    ]


def _tf_name(scope: str, module: str, leaf: str) -> str:
    """("block1.unit_1.conv1.norm", "weight") to SCOPE/block1/unit_1/bottleneck_v1/conv1/BatchNorm/gamma."""
    path = module.split(".")
    is_norm = path[-1] in ("norm", "preact", "postnorm")
    version = re.search(r"resnet_(v\d)", scope)
    if version and path[0].startswith("block"):
        path.insert(2, f"bottleneck_{version[1]}")
    if path[-1] == "norm":
        path[-1] = "BatchNorm"
    return "/".join([scope, *path, (_NORM if is_norm else _LAYER)[leaf]])


def _tf_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """TensorFlow keeps (height, width, in, out); a dense layer here is a 1x1 convolution there."""
    if len(shape) == 4:
        return (shape[2], shape[3], shape[1], shape[0])
    return (1, 1, shape[1], shape[0]) if len(shape) == 2 else shape


def _turned(value: np.ndarray) -> np.ndarray:
    if value.ndim == 4:
        return value.transpose(3, 2, 0, 1)
    return value


def is_dense(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2
