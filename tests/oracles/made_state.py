"""Weights and patches that any environment with PyTorch makes the same: from names and shapes alone."""

import zlib

import numpy as np
import torch

# What is declared lasts as long as this.
_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")


def declare_torchvision():
    """Beside a CPU build of PyTorch torchvision may lack its compiled operators: declared, never called."""
    for operator in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, operator):
            _LIBRARY.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def made(name, shape):
    """A tensor of a state dict, float32. Normalisations get statistics far from (0, 1), the last ones of a branch
    small weights, so that deep networks answer in ordinary numbers."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    if len(shape) > 1:
        fan_in = np.prod(shape[1:])
        gain = 0.8 if name.startswith("sr_model.") else 1.0  # hundreds of layers without a normalisation
        return random.standard_normal(shape, dtype=np.float32) * np.float32(gain * np.sqrt(2 / fan_in))
    if name.endswith(("running_var", ".weight")):
        damped = 0.5 if name.endswith("bn3.weight") else 1.0
        return (damped * random.uniform(0.5, 1.5, shape)).astype(np.float32)
    return (0.1 * random.standard_normal(shape)).astype(np.float32)


def fill(network):
    """``network`` with made weights."""
    state = network.state_dict()
    network.load_state_dict(
        {k: torch.from_numpy(made(k, tuple(v.shape))) if v.is_floating_point() else v for k, v in state.items()}
    )
    return network


def made_patches(bands, n, seed=7):
    """uint16 (n, bands, 120, 120): fields, edges and noise between 1 and 12,000 DN."""
    random = np.random.default_rng(seed)
    fields = np.kron(random.uniform(0, 3500, (n, len(bands), 10, 10)), np.ones((12, 12)))
    bright = 8000 * (random.random((n, len(bands), 120, 120)) > 0.999)
    return (fields + bright + random.normal(300, 120, fields.shape)).clip(1, 12000).astype(np.uint16)
