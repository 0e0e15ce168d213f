"""Range-Doppler: which line and pixel of the image shows a place on the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import DataError
from .annotation import Annotation
from .orbit import Orbit

LIGHT = 299_792_458.0  # m/s (CODATA)
# WGS 84
AXIS, FLATTENING = 6_378_137.0, 1 / 298.257223563
STEPS = 6  # of Newton's method: each at least squares the error, from 20 s to below a nanosecond
# Pixels by which ESA's geolocation grid may be missed. It converts each of its lines with the nearest record of
# coordinateConversion, where the image (and SNAP) interpolates between two: 0.52 apart at most in a product of Rome.
NEAR = 1.0


def earth_fixed(longitude: np.ndarray, latitude: np.ndarray, height: np.ndarray | float) -> np.ndarray:
    """(3, *shape) metres from degrees and metres above the WGS 84 ellipsoid."""
    lon, lat = np.radians(longitude), np.radians(latitude)
    e2 = FLATTENING * (2 - FLATTENING)
    n = AXIS / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    across = (n + height) * np.cos(lat)
    return np.stack([across * np.cos(lon), across * np.sin(lon), (n * (1 - e2) + height) * np.sin(lat)])


@dataclass(frozen=True)
class RangeDoppler:
    """The geometry of one image. ``delay``: (seconds, per second of two-way range time), see ``range_doppler``."""

    annotation: Annotation
    orbit: Orbit
    delay: tuple[float, float]

    def places(
        self, longitude: np.ndarray, latitude: np.ndarray, height: np.ndarray | float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Line and pixel (float64, 0 is the centre of the first) of places in degrees, metres above the ellipsoid.

        They may lie outside the image; NaN on the side of the track that the antenna does not see.
        """
        p = earth_fixed(longitude, latitude, height)
        middle = self.annotation.lines * self.annotation.line_interval / 2
        t = np.full(p.shape[1:], middle)
        with np.errstate(all="ignore"):
            # The time at which the place lies abeam: (place - satellite) . velocity = 0.
            for _ in range(STEPS):
                s, v, a = self.orbit.at(t)
                d = p - s
                t = t - (d * v).sum(0) / ((d * a).sum(0) - (v * v).sum(0))
            s, v, _ = self.orbit.at(t)
            d = p - s
            distance = np.sqrt((d * d).sum(0))
            right = (d * np.cross(v, s, axis=0)).sum(0) > 0
            late, slope = self.delay
            line = (t - late - slope * 2 * distance / LIGHT) / self.annotation.line_interval
            pixel = self._ground_range(t, distance) / self.annotation.spacing
        seen = right & np.isfinite(line) & np.isfinite(pixel)
        return np.where(seen, line, np.nan), np.where(seen, pixel, np.nan)

    def _ground_range(self, t: np.ndarray, distance: np.ndarray) -> np.ndarray:
        c = self.annotation.conversions
        if len(c.times) == 1:
            return _polynomial(c.coefficients[np.zeros(t.shape, int)], distance - c.origin[0])
        k = np.clip(np.searchsorted(c.times, t, side="right") - 1, 0, len(c.times) - 2)
        share = (t - c.times[k]) / (c.times[k + 1] - c.times[k])
        before, after = (_polynomial(c.coefficients[i], distance - c.origin[i]) for i in (k, k + 1))
        return before + share * (after - before)


def range_doppler(annotation: Annotation, orbit: Orbit, where: str) -> RangeDoppler:
    """The geometry of an image, held against ESA's own geolocation grid. DataError where the two disagree.

    ESA's processor takes off the signal's travel time for the middle of the swath. What is left of it at other
    ranges (0.2 of a line at the edges) is in the azimuth times of the geolocation grid: they differ from those of
    their lines by a linear function of range time, which is found here.
    """
    points = annotation.points
    left = points.time - points.line * annotation.line_interval
    b, a = np.polyfit(points.range_time, left, 1)
    found = RangeDoppler(annotation, orbit, (float(a), float(b)))
    line, pixel = found.places(points.longitude, points.latitude, points.height)
    off = np.maximum(np.abs(line - points.line), np.abs(pixel - points.pixel))
    if not off.max() <= NEAR:  # also where it is NaN
        raise DataError(
            f"{where}: by {orbit.source} the points of its geolocation grid lie up to {np.nanmax(off):.3g} pixels elsewhere.",
            "Are orbit and product of one acquisition? Download them again.",
            "s1-geometry",
        )
    return found


def _polynomial(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum of coefficients[..., i] * x**i."""
    value = np.zeros(x.shape)
    for i in range(coefficients.shape[-1] - 1, -1, -1):
        value = value * x + coefficients[..., i]
    return value
