"""Deterministic randomness on a pixel grid: spectral noise, hashes of integers, coarse fields seen at full size."""

from __future__ import annotations

import numpy as np

STEP = 8  # px: one sample of a coarse field every 80 m


def spectral(rng: np.random.Generator, shape: tuple[int, int], exponent: float, largest: float) -> np.ndarray:
    """float32 (rows, cols), periodic, mean 0, standard deviation 1: power falls as frequency ** -exponent.

    ``largest`` is the longest wavelength present, in samples.
    """
    fy = np.fft.fftfreq(shape[0])[:, None]
    fx = np.fft.rfftfreq(shape[1])[None, :]
    f = np.hypot(fy, fx)
    f[0, 0] = np.inf
    amplitude = np.maximum(f, 0.5 / max(shape)) ** (-exponent / 2)
    amplitude[f < 1 / largest] = 0
    amplitude[0, 0] = 0
    if not amplitude.any():  # the grid is smaller than the longest wavelength: keep its own longest
        amplitude = np.where(np.isfinite(f), f ** (-exponent / 2), 0)
    white = np.fft.rfft2(rng.standard_normal(shape))
    field = np.fft.irfft2(white * amplitude, s=shape)
    return ((field - field.mean()) / field.std()).astype(np.float32)


def blurred(rng: np.random.Generator, n: int, sigma: float) -> np.ndarray:
    """float32 (n, n), periodic white noise under a Gaussian of ``sigma`` px, standard deviation 1."""
    f2 = np.fft.fftfreq(n)[:, None] ** 2 + np.fft.rfftfreq(n)[None, :] ** 2
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((n, n))) * np.exp(-2 * (np.pi * sigma) ** 2 * f2), s=(n, n))
    return ((field - field.mean()) / field.std()).astype(np.float32)


def tiled(tile: np.ndarray, row0: int, row1: int, width: int) -> np.ndarray:
    """Rows [row0, row1) of an endless repetition of ``tile``."""
    rows = np.arange(row0, row1) % tile.shape[0]
    return np.tile(tile[rows], (1, -(-width // tile.shape[1])))[:, :width]


def upsample(coarse: np.ndarray, row0: int, row1: int, width: int) -> np.ndarray:
    """Bilinear view of a coarse field (one sample every STEP px, at cell centres) on rows [row0, row1)."""
    y0, y1, fy = _places(np.arange(row0, row1), coarse.shape[0])
    x0, x1, fx = _places(np.arange(width), coarse.shape[1])
    rows = coarse[y0] * (1 - fy)[:, None] + coarse[y1] * fy[:, None]
    return rows[:, x0] * (1 - fx) + rows[:, x1] * fx


def at(coarse: np.ndarray, x: np.ndarray | float, y: np.ndarray | float) -> np.ndarray:
    """Nearest sample of a coarse field at px coordinates, clamped to the field."""
    j = np.clip((np.asarray(y) / STEP).astype(np.intp), 0, coarse.shape[0] - 1)
    i = np.clip((np.asarray(x) / STEP).astype(np.intp), 0, coarse.shape[1] - 1)
    return coarse[j, i]


def _places(pixels: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    position = np.clip((pixels + 0.5) / STEP - 0.5, 0, n - 1)
    low = np.minimum(position.astype(np.intp), n - 1)
    return low, np.minimum(low + 1, n - 1), (position - low).astype(np.float32)


def mix(*keys: np.ndarray | int) -> np.ndarray:
    """uint32 hash of integers, elementwise: equal keys give equal hashes, any change gives another."""
    state: np.ndarray = np.asarray(0x9E3779B9, dtype=np.uint32)
    with np.errstate(over="ignore"):
        for key in keys:
            # Finaliser of MurmurHash3, Austin Appleby (public domain).
            state = np.asarray(key).astype(np.int64).astype(np.uint32) ^ state
            state = (state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B)
            state = (state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35)
            state = state ^ (state >> np.uint32(16))
    return state


def byte(hashed: np.ndarray, which: int) -> np.ndarray:
    """uint8: one of the four bytes of a hash, an even draw of 0..255."""
    return ((hashed >> np.uint32(8 * which)) & np.uint32(255)).astype(np.uint8)


def smoothstep(a: float, b: float, x: np.ndarray) -> np.ndarray:
    """0 below ``a``, 1 above ``b``, smooth between."""
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)
