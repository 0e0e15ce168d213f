"""How the same land would have been seen by another sensor, under another sky, in another season.

Each shift turns patches, float (N, 4, h, w) of B02, B03, B04, B08 in reflectance x 10000, into others; the labels stay
what they were. None is a recording of a real sensor: each is one documented cause, alone, so that what adaptation does
about it can be told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Shift = Callable[[np.ndarray], np.ndarray]
WAVELENGTH = np.array([0.4924, 0.5598, 0.6646, 0.8328])  # um, Sentinel-2A (ESA, spectral responses v3.1)
LOWEST = 1.0


@dataclass(frozen=True)
class Kind:
    """``name`` in tables, ``why`` for people, ``apply`` to pixels."""

    name: str
    why: str
    apply: Shift

    def __call__(self, dn: np.ndarray) -> np.ndarray:
        return np.maximum(self.apply(dn.astype(np.float32)), LOWEST)


def _bands(values: tuple[float, ...] | np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)[:, None, None]


def offset(dn: np.ndarray) -> np.ndarray:
    """What a reader sees that forgets the offset of processing baseline 04.00 and later (ESA, January 2022)."""
    return dn + 1000


def dim(dn: np.ndarray) -> np.ndarray:
    """Values that stand for 0.6 of the reflectance: low sun that nobody corrected, or another scale of the product."""
    return dn * 0.6


def etm(dn: np.ndarray) -> np.ndarray:
    """Landsat 7 ETM+ for Landsat 8 OLI: D. P. Roy et al., RSE 185 (2016), surface reflectance OLI = a + b ETM+,
    turned round; MSI is taken for OLI, from which it differs less (HLS: slopes 0.98 to 1.01)."""
    a, b = _bands((3.0, 88.0, 61.0, 412.0)), _bands((0.8474, 0.8483, 0.9047, 0.8462))
    return (dn - a) / b


def haze(dn: np.ndarray) -> np.ndarray:
    """Top of the atmosphere in place of the ground (L1C for L2A): Rayleigh scattering after J. E. Hansen and L. D. Travis,
    Space Sci. Rev. 16 (1974), at sea level, sun 45 degrees from the zenith, seen from above; and an aerosol of optical depth
    0.3 at 0.55 um, Angstrom exponent 1.3, that scatters a tenth of its light back."""
    w = WAVELENGTH
    rayleigh = 0.008569 * w**-4 * (1 + 0.0113 * w**-2 + 0.00013 * w**-4)
    aerosol = 0.3 * (w / 0.55) ** -1.3
    sun, view = np.cos(np.radians(45)), 1.0
    phase = 0.75 * (1 + np.cos(np.radians(135)) ** 2)
    path = rayleigh * phase / (4 * sun * view) + 0.1 * aerosol / (sun * view)
    through = np.exp(-(0.5 * rayleigh + 0.16 * aerosol) * (1 / sun + 1 / view))
    return dn * _bands(through) + 10_000 * _bands(path)


def dry(dn: np.ndarray) -> np.ndarray:
    """Another season: 0.6 of the green cover of each pixel, as NDVI tells it (0.15 none, 0.85 all: the two-point model of
    G. Gutman and A. Ignatov, 1998), is replaced by dry litter of reflectance 0.09, 0.13, 0.18, 0.30."""
    red, infrared = dn[:, 2:3], dn[:, 3:4]
    ndvi = (infrared - red) / np.maximum(infrared + red, 1)
    cover = 0.6 * np.clip((ndvi - 0.15) / 0.7, 0, 1)
    return dn * (1 - cover) + cover * _bands((900.0, 1300.0, 1800.0, 3000.0))


def coarse(dn: np.ndarray) -> np.ndarray:
    """Pixels of 30 m laid out at 10 m: means of 3 x 3, repeated."""
    n, b, h, w = dn.shape
    whole = dn[..., : h - h % 3, : w - w % 3].reshape(n, b, h // 3, 3, w // 3, 3).mean((3, 5))
    out = np.repeat(np.repeat(whole, 3, axis=2), 3, axis=3)
    return np.pad(out, ((0, 0), (0, 0), (0, h % 3), (0, w % 3)), mode="edge")


SHIFTS: Mapping[str, Kind] = {
    k.name: k
    for k in (
        Kind("none", "the same sensor, the same season: adaptation should do no harm", lambda dn: dn),
        Kind("offset", "an offset of 1000 that nobody took off", offset),
        Kind("dim", "0.6 of the reflectance", dim),
        Kind("etm", "bands of Landsat 7", etm),
        Kind("haze", "not corrected for the atmosphere", haze),
        Kind("dry", "dry season", dry),
        Kind("coarse", "pixels of 30 m", coarse),
        Kind("etm+haze+coarse", "Landsat 7, not corrected, 30 m", lambda dn: coarse(haze(etm(dn)))),
    )
}  # fmt: skip
