"""Cumulus clouds with their shadows, over one corner of the scene."""

from __future__ import annotations

import numpy as np

from .geography import SUN_AZIMUTH, SUN_ZENITH
from .noise import STEP, smoothstep, spectral, tiled, upsample

# Cloud tops 1,100 m above the ground, a usual height of fair-weather cumulus: the shadow falls away from the sun.
CLOUD_HEIGHT = 1100.0
_FAR = CLOUD_HEIGHT * np.tan(SUN_ZENITH) / 10
SHADOW_X, SHADOW_Y = round(-_FAR * np.sin(SUN_AZIMUTH)), round(_FAR * np.cos(SUN_AZIMUTH))
PERIOD = 1024  # px of the noise that frays the edges


class Clouds:
    """Where clouds and shadows lie; a strip does not depend on how the scene is cut into strips."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width = width
        rng = np.random.default_rng((seed, 2))
        shape = (-(-height // STEP), -(-width // STEP))
        x = (np.arange(shape[1]) + 0.5)[None, :] / shape[1]
        y = (np.arange(shape[0]) + 0.5)[:, None] / shape[0]
        # In the north-east, over the hills, where the coast and the towns stay in view.
        region = smoothstep(0.42, 0.80, x) * smoothstep(0.52, 0.16, y)
        puffs = spectral(rng, shape, 3.0, 150 / STEP)
        self._thickness = (puffs - 4.2 + 3.5 * region).astype(np.float32)
        self._fray = spectral(rng, (PERIOD, PERIOD), 2.6, 30)

    def thickness(self, row0: int, row1: int) -> tuple[np.ndarray, np.ndarray]:
        """Opacity, 0 none to 1, and brightness of what is opaque, 0 at the rim to 1; float32 (rows, cols)."""
        raw = self._raw(row0, row1, 0)
        return smoothstep(0.0, 0.55, raw), smoothstep(0.1, 1.9, raw)

    def shadow(self, row0: int, row1: int) -> np.ndarray:
        """float32 (rows, cols), 0 sunlit, 1 in full shadow."""
        return smoothstep(0.0, 0.55, self._raw(row0 - SHADOW_Y, row1 - SHADOW_Y, SHADOW_X))

    def _raw(self, row0: int, row1: int, shift: int) -> np.ndarray:
        raw = upsample(self._thickness, row0, row1, self.width) + 0.22 * tiled(self._fray, row0, row1, self.width)
        if shift:  # columns beyond the edge repeat the last one
            columns = np.clip(np.arange(self.width) - shift, 0, self.width - 1)
            raw = raw[:, columns]
        return raw
