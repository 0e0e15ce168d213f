"""Winding lines with a width: rivers and roads, as distances on the pixel grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Line:
    """A polyline. ``points`` (n, 2) are x, y in px; ``half`` (n,) is half the width there, in px."""

    points: np.ndarray
    half: np.ndarray

    def at(self, share: float) -> np.ndarray:
        """The point (x, y) at a share (0..1) of the vertices."""
        return self.points[round(share * (len(self.points) - 1))]


def distance(lines: Sequence[Line], row0: int, row1: int, width: int, reach: float, step: float = 1.0) -> np.ndarray:
    """float32 (row1 - row0, width): distance to the nearest bank in px, negative inside, at most ``reach``.

    Rows and columns count samples ``step`` px apart, each taken at its centre.
    """
    out = np.full((row1 - row0, width), reach, dtype=np.float32)
    for line in lines:
        for (xa, ya), (xb, yb), ha, hb in zip(
            line.points[:-1], line.points[1:], line.half[:-1], line.half[1:], strict=True
        ):
            margin = max(ha, hb) + reach
            r0 = max(int((min(ya, yb) - margin) / step) - 1, row0)
            r1 = min(int((max(ya, yb) + margin) / step) + 2, row1)
            c0 = max(int((min(xa, xb) - margin) / step) - 1, 0)
            c1 = min(int((max(xa, xb) + margin) / step) + 2, width)
            if r0 >= r1 or c0 >= c1:
                continue
            y = ((np.arange(r0, r1, dtype=np.float32) + 0.5) * step)[:, None]
            x = ((np.arange(c0, c1, dtype=np.float32) + 0.5) * step)[None, :]
            length2 = max((xb - xa) ** 2 + (yb - ya) ** 2, 1e-6)
            t = np.clip(((x - xa) * (xb - xa) + (y - ya) * (yb - ya)) / length2, 0, 1)
            d = np.hypot(x - xa - t * (xb - xa), y - ya - t * (yb - ya)) - (ha + t * (hb - ha))
            part = out[r0 - row0 : r1 - row0, c0:c1]
            np.minimum(part, d.astype(np.float32), out=part)
    return out


def meander(
    rng: np.random.Generator, start: Sequence[float], end: Sequence[float], bends: float, swing: float
) -> np.ndarray:
    """(n, 2) points of a river that swings from ``start`` to ``end``: a sine-generated curve.

    Its direction, not its offset, is a sine (Langbein & Leopold 1966), which gives loops as rivers have
    them. ``bends`` counts whole waves, ``swing`` is the largest turn from the course in radians.
    """
    n = max(int(48 * bends), 32)
    t = np.linspace(0, 1, n)
    wobble = np.cumsum(rng.normal(0, 0.03, n))
    slow = 0.5 * np.sin(2 * np.pi * (rng.uniform(0.8, 1.4) * t + rng.uniform()))
    envelope = 0.35 + 0.65 * np.sin(np.pi * t) ** 0.7
    phase = 2 * np.pi * bends * (t + 0.05 * np.sin(2 * np.pi * (2.3 * t + rng.uniform())))
    direction = swing * envelope * np.sin(phase) + slow + wobble - wobble.mean()
    path = np.stack([np.cumsum(np.cos(direction)), np.cumsum(np.sin(direction))], axis=1)
    path -= path[0]
    # Turn and scale so that the ends meet: a complex number does both.
    z = (path[:, 0] + 1j * path[:, 1]) / complex(*path[-1])
    z *= complex(end[0] - start[0], end[1] - start[1])
    return np.stack([z.real + start[0], z.imag + start[1]], axis=1)


def winding(rng: np.random.Generator, start: Sequence[float], end: Sequence[float], bend: float) -> np.ndarray:
    """(n, 2) points of a road: the straight way, displaced at its midpoints by up to ``bend`` of the length."""
    points = np.array([start, end], dtype=float)
    length = float(np.hypot(*(points[1] - points[0])))
    while length > 24:
        middles = (points[:-1] + points[1:]) / 2
        along = points[1:] - points[:-1]
        normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
        middles += normal * rng.uniform(-bend, bend, (len(middles), 1))
        merged = np.empty((len(points) + len(middles), 2))
        merged[0::2], merged[1::2] = points, middles
        points, length, bend = merged, length / 2, bend * 0.6
    return points
