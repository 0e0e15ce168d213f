"""State dicts that PyTorch pickled (.pth), and the network that they fill: whole, or an error that names the keys."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

    from ..networks.base import Network

_WRAPPED = ("state_dict", "model_state_dict", "model")  # customary names of the state dict within a checkpoint
_PARALLEL = "module."  # torch.nn.DataParallel puts it before every name


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a .pth file by name, on the CPU, without what DataParallel put before their names.

    A pickle runs code when it is read: only what PyTorch's own ``weights_only`` reader accepts is taken.
    Raises ModelError where the file is missing, no such pickle, or holds something else than tensors.
    """
    import torch

    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as e:
        raise ModelError(
            f"{path} is a pickle that holds more than tensors; reading it could run any code.",
            "Ask its author for a state dict (torch.save(model.state_dict(), …)) or for safetensors.",
        ) from e
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, IndexError, AttributeError, TypeError) as e:
        reason = str(e).splitlines()[0] if str(e) else type(e).__name__
        raise ModelError(f"The weights {path} cannot be read: {reason[:200]}.", "Is the file whole?") from e
    for key in _WRAPPED:
        if isinstance(held, Mapping) and isinstance(held.get(key), Mapping):
            held = held[key]
            break
    if not isinstance(held, Mapping) or not held or not all(isinstance(k, str) for k in held):
        raise ModelError(f"{path} holds no state dict.", "Needed is what model.state_dict() gives.")
    others = [k for k, v in held.items() if not isinstance(v, torch.Tensor)]
    if others:
        raise ModelError(f"{path} holds, beside tensors, {', '.join(others[:3])}.", "Needed is a state dict alone.")
    if all(k.startswith(_PARALLEL) for k in held):
        return {k.removeprefix(_PARALLEL): v for k, v in held.items()}
    return dict(held)


def filled(architecture: Mapping[str, Any], state: Mapping[str, Tensor], where: str) -> Network:
    """The network of an architecture with these weights, in evaluation mode.

    Raises ModelError, which names them, where keys are missing, unknown, of another shape, not float where
    they should be, or not finite; ``where`` says whose keys they are.
    """
    import torch

    from ..networks import build

    with torch.device("meta"):
        network = build(architecture)
    wanted = network.state_dict()
    shared = [k for k in wanted if k in state]
    odd = [k for k in shared if state[k].shape != wanted[k].shape]
    report = {
        "missing": sorted(set(wanted) - set(state)),
        "unknown": sorted(set(state) - set(wanted)),
        "of another shape": [f"{k} {list(state[k].shape)} for {list(wanted[k].shape)}" for k in odd],
        "of another kind": [k for k in shared if state[k].is_floating_point() != wanted[k].is_floating_point()],
        "not finite numbers": [k for k in shared if state[k].is_floating_point() and not state[k].isfinite().all()],
    }
    if any(report.values()):
        parts = [
            f"{what}: {', '.join(keys[:3])}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
            for what, keys in report.items()
            if keys
        ]
        raise ModelError(
            f"The weights {where} do not fit {architecture['name']} ({'; '.join(parts)}).",
            "Weights load whole or not at all.",
        )
    # Copies: a file may hold views of one large storage, and tensors of half precision.
    network.load_state_dict({k: state[k].to(wanted[k].dtype, copy=True) for k in wanted}, assign=True)
    return network.eval()
