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

from ...errors import JobError, ModelError, reason
from ..strict import require_same_shapes
from . import tf_dump

if TYPE_CHECKING:
    from ..networks.base import Network

_NORM = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
_LAYER = {"weight": "weights", "bias": "biases"}
_COUNTER = "num_batches_tracked"  # of PyTorch's normalisation; TensorFlow has none
_UNITS = {"resnet_tf1": "bottleneck_v1", "resnet_tf2": "bottleneck_v2"}


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
            f"There is no TensorFlow checkpoint {prefix}.",
            "Needed are the files PREFIX.index and PREFIX.data-…; unpack an archive first.",
        )
    return prefix


def _run_dump(arguments: list[str], python: str | None, path: Path) -> None:
    command = [python or sys.executable, tf_dump.__file__, *arguments]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace")
    except OSError as e:
        raise JobError(f"{command[0]} cannot be started: {reason(e)}.", "Name a Python that has TensorFlow.") from e
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
        raise ModelError(
            f"{where} cannot be read: {reason(e)}.", "Needed is an .npz file written by tf_dump.py."
        ) from e
    return Checkpoint(
        where,
        {k.removeprefix("v/"): v for k, v in arrays.items() if k.startswith("v/")},
        {k: v for k, v in arrays.items() if not k.startswith("v/")},
    )


def build_filled(architecture: Mapping[str, Any], scope: str, checkpoint: Checkpoint) -> Network:
    """The network of an architecture with the variables under ``scope`` ("resnet_v1_50"), in evaluation mode.

    Raises ModelError, which names them, where variables are missing, unknown, of another shape or not finite.
    """
    import torch

    from ..networks import build

    with torch.device("meta"):
        network = build(architecture)
    unit = _UNITS.get(architecture["family"])
    names = {k: f"{scope}/{_tf_name(k, unit)}".lstrip("/") for k in network.state_dict() if not k.endswith(_COUNTER)}
    require_same_shapes(
        {name: _tf_shape(tuple(network.state_dict()[key].shape)) for key, name in names.items()},
        {name: value.shape for name, value in checkpoint.variables.items()},
        f"The variables of {checkpoint.where} are not those of {architecture['name']}",
        "Only TF-Slim's own networks can be imported, and only whole.",
    )
    state: dict[str, torch.Tensor] = {}
    for key, tensor in network.state_dict().items():
        if key.endswith(_COUNTER):
            state[key] = torch.zeros((), dtype=torch.long)
            continue
        value = checkpoint.variables[names[key]]
        if value.dtype.kind != "f" or not np.isfinite(value).all():
            raise ModelError(f"The variable {names[key]} of {checkpoint.where} holds what is no finite number.")
        turned = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value
        state[key] = torch.from_numpy(turned.reshape(tensor.shape).astype(np.float32, order="C"))
    network.load_state_dict(state, assign=True)
    return network.eval()


def _tf_name(key: str, unit: str | None) -> str:
    """ "block1.unit_1.conv1.norm.weight" to "block1/unit_1/bottleneck_v1/conv1/BatchNorm/gamma"."""
    *path, leaf = key.split(".")
    names = _NORM if path[-1] in ("norm", "preact", "postnorm") else _LAYER
    if unit is not None and path[0].startswith("block"):
        path.insert(2, unit)
    return "/".join(["BatchNorm" if part == "norm" else part for part in path] + [names[leaf]])


def _tf_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """TensorFlow keeps (height, width, in, out); what is a dense layer here is a 1x1 convolution there."""
    if len(shape) == 2:
        return (1, 1, shape[1], shape[0])
    return (shape[2], shape[3], shape[1], shape[0]) if len(shape) == 4 else shape
