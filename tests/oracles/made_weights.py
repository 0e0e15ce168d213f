"""Weights that anyone can make again: numpy only, so that TensorFlow's environment and ours make the same ones."""

import zlib

import numpy as np


def made(name, shape):
    """The value of a TF-Slim variable, float32, from its name and shape alone.

    Normalisations get statistics far from (0, 1); residual branches are damped, so that a network of 150
    layers answers in ordinary numbers.
    """
    random = np.random.default_rng(zlib.crc32(name.encode()))
    last = name.rsplit("/", 1)[-1]
    if last == "weights":
        fan_in = np.prod(shape[:-1])
        damped = 0.15 if name.endswith("bottleneck_v2/conv3/weights") else 1.0
        gain = np.float32(damped * np.sqrt((1 if "logits" in name or "fc8" in name else 2) / fan_in))
        return random.standard_normal(shape, dtype=np.float32) * gain
    if last in ("gamma", "moving_variance"):
        damped = 0.15 if name.endswith("bottleneck_v1/conv3/BatchNorm/gamma") else 1.0
        return (damped * random.uniform(0.5, 1.5, shape)).astype(np.float32)
    return random.normal(0, 0.2, shape).astype(np.float32)  # biases, beta, moving_mean


def made_images(name, shape):
    """Images (N, h, w, channels), float32, each of another contrast."""
    random = np.random.default_rng(zlib.crc32(name.encode()))
    contrast = np.arange(1, shape[0] + 1, dtype=np.float32).reshape(-1, 1, 1, 1)
    return random.standard_normal(shape, dtype=np.float32) * contrast
