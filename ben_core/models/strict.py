"""Weights load whole or not at all: what is missing, unknown or of another shape is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor, nn

Shapes = Mapping[str, Sequence[int]]


def require_same_shapes(wanted: Shapes, found: Shapes, what: str, hint: str) -> None:
    """ModelError "``what`` (missing: …; unknown: …; of another shape: …)" where the two differ."""
    missing, extra = sorted(set(wanted) - set(found)), sorted(set(found) - set(wanted))
    shapes = [
        f"{k} is {_size(found[k])}, not {_size(wanted[k])}"
        for k in wanted
        if k in found and tuple(wanted[k]) != tuple(found[k])
    ]
    if missing or extra or shapes:
        parts = [
            f"{kind}: {', '.join(keys[:3])}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            for kind, keys in (("missing", missing), ("unknown", extra), ("of another shape", shapes))
            if keys
        ]
        raise ModelError(f"{what} ({'; '.join(parts)}).", hint)


def _size(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape)) or "one number"


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {k: tuple(v.shape) for k, v in network.state_dict().items()}


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name -> shape of the tensors in a safetensors file, from its header: no weight is read. Raises ModelError."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as f:
            names = f.keys()
            return {k: tuple(f.get_slice(k).get_shape()) for k in names}
    except (SafetensorError, OSError, ValueError) as e:
        raise _unreadable(path, e) from e


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file. Raises ModelError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (SafetensorError, OSError, ValueError) as e:
        raise _unreadable(path, e) from e


def _unreadable(path: Path, e: Exception) -> ModelError:
    return ModelError(f"The weights {path} cannot be read: {e}.", "Is the file whole, and in safetensors format?")
