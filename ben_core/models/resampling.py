"""Resampling as other libraries do it, in operations that export to ONNX."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

# tensorflow/core/kernels/image/resize_bicubic_op.cc: steps of its table of coefficients, and its a
_STEPS = 1024
_A = -0.75


def bicubic_tf1(x: Tensor, size: int) -> Tensor:
    """``tf.image.resize_bicubic`` of TensorFlow 1 (align_corners and half_pixel_centers false).

    x (N, C, h, w) float32 to (N, C, size, size), any h and w. Output pixel i looks at input i * h / size, from
    pixel corner to pixel corner: against pixel centres the image moves by up to half an input pixel, and the
    published weights have seen it so. Distances are rounded to 1/1024 and pixels beyond the border repeat
    the last, as in TensorFlow. h = w = size changes nothing.

    Gathers and products, no matrix product: under autocast, and on the tensor cores of a GPU, that would lose
    digits of a DN.
    """
    x = F.pad(x, (1, 2, 1, 2), mode="replicate")
    return _along(_along(x, 2, size), 3, size)


def _along(x: Tensor, dim: int, size: int) -> Tensor:
    """One axis, which holds one pixel of padding before and two behind."""
    at = torch.arange(size, device=x.device, dtype=torch.float32) * ((x.shape[dim] - 3) / size)
    first = at.floor()
    t = torch.round((at - first) * _STEPS) / _STEPS
    shape = [1, 1, 1, 1]
    shape[dim] = size
    # Pixels at the distances 1 + t, t, 1 - t and 2 - t.
    weights = (_A * t * (1 - t) ** 2, _near(t), _near(1 - t), _A * (1 - t) * t**2)
    taps = [x.index_select(dim, first.long() + k) * w.view(shape) for k, w in enumerate(weights)]
    return taps[0] + taps[1] + taps[2] + taps[3]


def _near(d: Tensor) -> Tensor:
    """The cubic convolution kernel for distances from 0 to 1; from 1 to 2 it is a (d - 1) (d - 2)^2."""
    return ((_A + 2) * d - (_A + 3)) * d * d + 1
