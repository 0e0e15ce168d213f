"""Where the satellite was: state vectors of the annotation, or of a precise orbit file (EOF)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from ...errors import DataError
from ..safexml import MAX_BYTES, read_xml
from .numbers import moment, number, rising

MARGIN = 60.0  # seconds of orbit before and after the image that the path is fitted to
DEGREE = 7  # at most; positions at 10 s over 150 s are then met to a millimetre
CLOSE = 1.0  # metres, by which a state vector may miss the fitted path


@dataclass(frozen=True)
class StateVectors:
    """times (n,) in seconds after the first line; positions (n, 3) in metres and velocities in m/s, Earth-fixed."""

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray


@dataclass(frozen=True)
class Orbit:
    """A smooth path: x, y, z as polynomials of scaled time (t - middle) / half. ``source``: whose vectors, in words."""

    coefficients: np.ndarray  # (degree + 1, 3), highest power first
    middle: float
    half: float
    source: str

    def at(self, t: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Position, velocity and acceleration, each (3, *t.shape), at seconds after the first line."""
        u = (t - self.middle) / self.half
        states = []
        c = self.coefficients
        for order in range(3):
            value = np.zeros((3, *np.shape(u)))
            for row in c:
                value = value * u + row.reshape(3, *[1] * np.ndim(u))
            states.append(value / self.half**order)
            c = c[:-1] * np.arange(len(c) - 1, 0, -1)[:, None]
        return states[0], states[1], states[2]


def fit_orbit(vectors: StateVectors, duration: float, source: str) -> Orbit:
    """The path through the state vectors around an image of ``duration`` seconds. DataError where they do not cover it."""
    near = (vectors.times >= -MARGIN) & (vectors.times <= duration + MARGIN)
    t, p, v = vectors.times[near], vectors.positions[near], vectors.velocities[near]
    if len(t) < 4 or t[0] > 0 or t[-1] < duration:
        raise DataError(
            f"{source} does not cover the time of the image.",
            "Give the orbit file of its date: its name holds the time that it covers (V…_…).",
            "s1-orbit",
        )
    middle, half = (t[0] + t[-1]) / 2, (t[-1] - t[0]) / 2
    degree = min(DEGREE, len(t) - 1)
    fitted = np.polynomial.polynomial.polyfit((t - middle) / half, p, degree)
    orbit = Orbit(fitted[::-1], float(middle), float(half), source)
    at, speed, _ = orbit.at(t)
    off, drift = np.abs(at.T - p).max(), np.abs(speed.T - v).max()
    if off > CLOSE or drift > CLOSE or not 6.9e6 < np.linalg.norm(p, axis=1).mean() < 7.3e6:
        raise DataError(
            f"The state vectors of {source} are no orbit of Sentinel-1 ({off:.3g} m, {drift:.3g} m/s off a smooth path).",
            "Download it again.",
            "s1-orbit",
        )
    return orbit


def read_eof(path: Path, mission: str, start: datetime, duration: float) -> StateVectors:
    """The state vectors of an orbit file (POEORB, RESORB) around an image. DataError where it is of another time or satellite."""
    if not path.is_file():
        raise DataError(f"There is no orbit file {path}.", "Check --orbit.", "missing")
    if path.stat().st_size > MAX_BYTES:
        raise DataError(f"{path} has more than {MAX_BYTES >> 20} MB, too much for an orbit file.", "", "s1-orbit")
    root = read_xml(path.read_bytes(), str(path))
    satellite = root.findtext("Earth_Explorer_Header/Fixed_Header/Mission", "")
    if satellite != f"Sentinel-{mission[1:]}":
        raise DataError(
            f"{path} is the orbit of {satellite or 'no satellite that it names'}, the product is of Sentinel-{mission[1:]}.",
            "Give the orbit file of that satellite.",
            "s1-orbit",
        )
    frame = root.findtext("Earth_Explorer_Header/Variable_Header/Ref_Frame", "")
    if frame != "EARTH_FIXED":
        raise DataError(
            f"{path} is not in the Earth-fixed frame ({frame!r}).", "Give a POEORB or RESORB file.", "s1-orbit"
        )
    low, high = start - timedelta(seconds=MARGIN), start + timedelta(seconds=duration + MARGIN)
    times, positions, velocities = [], [], []
    for e in root.iterfind("Data_Block/List_of_OSVs/OSV"):
        when = moment((e.findtext("UTC") or "").removeprefix("UTC="), "UTC", str(path)).astimezone(UTC)
        if low <= when <= high:
            times.append((when - start).total_seconds())
            positions.append([number(e, axis, str(path)) for axis in ("X", "Y", "Z")])
            velocities.append([number(e, axis, str(path)) for axis in ("VX", "VY", "VZ")])
    return StateVectors(
        rising(np.array(times), "the times", str(path)),
        np.array(positions).reshape(-1, 3),
        np.array(velocities).reshape(-1, 3),
    )
