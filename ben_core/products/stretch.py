"""DN or dB to a picture."""

from __future__ import annotations

import numpy as np

from ..scene.decibels import LOWEST

# dB at the dark and the bright end of VV, VH and VV - VH: about BigEarthNet's mean and two standard deviations.
_RADAR_RANGES = ((-22.0, -2.0), (-28.0, -9.0), (0.0, 15.0))
RADAR_COLOURS = "radar colours: red VV, green VH, blue VV - VH"


def stretch(rgb: np.ndarray) -> np.ndarray:
    """uint8 (3, h, w) of mean DN (3, h, w): 1st to 99th percentile of all three bands together, so that
    colours stay true; gamma 1.4 lifts the dark land; no data is black."""
    valid = rgb[:, (rgb > 0).all(axis=0)]
    if not valid.size:
        return np.zeros(rgb.shape, np.uint8)
    low, high = np.percentile(valid, (1, 99))
    scaled = np.clip((rgb.astype(np.float32) - low) / max(high - low, 1.0), 0, 1) ** (1 / 1.4)
    return np.where(rgb > 0, np.rint(1 + 254 * scaled), 0).astype(np.uint8)


def radar_colours(codes: np.ndarray) -> np.ndarray:
    """uint8 (3, h, w) of VV and VH as ``StripPixels.overview`` gives them, (2, h, w): red VV, green VH, blue VV - VH.

    The same colours for the same dB in every scene: bare fields brownish, woods green, water dark blue, towns bright.
    Means of 3 x 3 pixels, for the eye's sake: speckle covers what there is to see. No data is black.
    """
    there = np.asarray((codes > 0).all(axis=0))
    vv, vh = (_smoothed(c / np.float32(100), there) + LOWEST for c in codes)
    out = np.zeros((3, *there.shape), np.uint8)
    for channel, values, (low, high) in zip(out, (vv, vh, vv - vh), _RADAR_RANGES, strict=True):
        scaled = np.clip((values[there] - low) / (high - low), 0, 1)
        channel[there] = np.rint(1 + 254 * scaled).astype(np.uint8)
    return out


def _smoothed(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Means of 3 x 3 pixels, "no data" left out."""
    total, count = np.zeros(there.shape, np.float32), np.zeros(there.shape, np.float32)
    padded, seen = np.pad(np.where(there, values, 0), 1), np.pad(there, 1)
    for i in range(3):
        for j in range(3):
            here = slice(i, i + there.shape[0]), slice(j, j + there.shape[1])
            total += padded[here]
            count += seen[here]
    return total / np.maximum(count, 1)
