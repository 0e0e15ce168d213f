"""Reflectance of the landscape: materials, fields, texture, relief and clouds to DN by band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from ..nomenclature import BANDS as BAND_INFO
from ..products.legend import CODES
from .canvas import Canvas
from .clouds import Clouds
from .geography import make_geography
from .landcover import Landcover
from .noise import blurred, byte, smoothstep, tiled
from .spectra import BANDS, MATERIALS, SPECTRA, table

STRIP = 240  # px; a multiple of the 60 m pixel
PERIOD = 1024  # px of the texture
SMOOTH = 0.85  # px: blur of the smooth texture
SMOOTH_NEIGHBOUR = 0.72  # correlation of its neighbouring pixels, exp(-1 / (4 * SMOOTH ** 2))
# The response of a pixel reaches into its neighbours: three taps of a Gaussian of 0.5 px.
PSF = (0.107, 0.786, 0.107)
SHADE = 0.55  # light that a cloud's full shadow takes away

_WATER = np.array([name in ("sea", "shallows", "lake", "river") for name in MATERIALS])
_BARE = np.array([name in ("sand", "mud", "stubble", "soil", "roofs", "halls", "asphalt") for name in MATERIALS])
# Classes without fields or stands: they drift slowly from place to place.
_OPEN = np.isin(
    np.arange(len(CODES) + 1),
    [
        CODES[name]
        for name in (
            "Natural grassland and sparsely vegetated areas",
            "Moors, heathland and sclerophyllous vegetation",
            "Beaches, dunes, sands",
            "Inland wetlands",
            "Coastal wetlands",
        )
    ],
)
_GAUSS = np.array([NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)], dtype=np.float32).clip(-2, 2)


@dataclass(frozen=True)
class Strip:
    """Rows [row0, row1) of the finished scene.

    klass  uint8 (rows, cols), the codes of the products' class rasters
    dn     band name -> uint16 at native resolution, at least 1
    scl    uint8 at 20 m
    """

    row0: int
    row1: int
    klass: np.ndarray
    dn: dict[str, np.ndarray]
    scl: np.ndarray


class Scene:
    """A generated scene of ``width`` x ``height`` px (multiples of 6); equal arguments give equal pixels."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        if width % 6 or height % 6 or min(width, height) < 240:
            raise ValueError(f"{width} x {height} px: sides are multiples of 6, 240 or more")
        self.width, self.height = width, height
        self._cover = Landcover(make_geography(width, height, seed))
        self._clouds = Clouds(width, height, seed)
        rng = np.random.default_rng((seed, 3))
        self._rough = [blurred(rng, PERIOD, 0.0) for _ in range(2)]
        self._smooth = [blurred(rng, PERIOD, SMOOTH) for _ in range(2)]

    def strips(self) -> Iterator[Strip]:
        """The scene from north to south; memory is that of one strip."""
        for row0 in range(0, self.height, STRIP):
            yield self._strip(row0, min(row0 + STRIP, self.height))

    def _strip(self, row0: int, row1: int) -> Strip:
        halo = self._cover.strip(row0 - 1, row1 + 1)
        cloud, cloud_light = self._clouds.thickness(row0, row1)
        shadow = self._clouds.shadow(row0, row1) * (1 - cloud)
        light = 1 - SHADE * shadow
        noise = self._texture(halo.material[1:-1], row0, row1)
        spread = _field_noise(halo)
        tint = _water_tint(halo)
        dn = {}
        for band in BANDS:
            values = _ground(halo, band, spread, tint)
            values += noise[0] * table("texture1", band)[halo.material[1:-1]]
            values += noise[1] * table("texture2", band)[halo.material[1:-1]]
            floor = 0.35 * table("mean", band)[halo.material[1:-1]]
            values = np.maximum(values, floor) * light
            bright = _cloud_dn(band, noise, cloud_light)
            values += cloud * (bright - values)
            dn[band] = _average(values, BAND_INFO[band].resolution // 10)
        scl = _scl(halo.material[1:-1], cloud, shadow)
        return Strip(row0, row1, halo.klass[1:-1], dn, scl)

    def _texture(self, material: np.ndarray, row0: int, row1: int) -> tuple[np.ndarray, np.ndarray]:
        """Two noises of standard deviation 1 whose neighbours correlate as measured for each material."""
        wanted = np.array([s.neighbour for s in SPECTRA.values()], dtype=np.float32)
        share = np.sqrt(np.clip(wanted / SMOOTH_NEIGHBOUR, 0, 1)).astype(np.float32)
        smooth, rough = share[material], np.sqrt(1 - share**2)[material]
        first, second = (
            smooth * tiled(s, row0, row1, self.width) + rough * tiled(r, row0, row1, self.width)
            for s, r in zip(self._smooth, self._rough, strict=True)
        )
        return first, second


def _field_noise(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """How far each field lies from its material's mean; natural ground drifts slowly instead."""
    drift = 0.6 * canvas.fields["swirl"]
    slow = 0.6 * canvas.fields["orchard"]
    one = 0.8 * _GAUSS[byte(canvas.field, 1)]
    two = 0.8 * _GAUSS[byte(canvas.field, 3)]
    water, open_land = _WATER[canvas.material], _OPEN[canvas.klass]
    first = np.where(water, 0.25 * drift, np.where(open_land, drift, one + 0.3 * drift))
    return first, np.where(water, 0.0, np.where(open_land, slow, two + 0.3 * slow))


def _water_tint(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Shares of shallow and of river water in the sea: a bright rim at the coast, a plume off the estuary."""
    sea = canvas.material == MATERIALS.index("sea")
    shore, swirl = canvas.fields["shore"], canvas.fields["swirl"]
    shallow = 0.75 * np.exp(np.minimum(shore, 0) / (22 + 9 * swirl).clip(6, 60))
    side = canvas.cols
    away = np.maximum(canvas.fields["estuary"] + 0.025 * side, 0) / (0.045 * side)
    fade = smoothstep(0.11 * side, 0.03 * side, canvas.fields["estuary"])
    plume = np.exp(-away * np.exp(0.45 * swirl)) * fade
    return np.where(sea, shallow * (1 - plume), 0), np.where(sea, plume, 0)


def _ground(
    canvas: Canvas, band: str, spread: tuple[np.ndarray, np.ndarray], tint: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """float32 (rows - 2, cols): mean and field of each pixel under the sun on its slope, through the PSF."""
    m = canvas.material
    mean = table("mean", band)
    values = mean[m] + spread[0] * table("field1", band)[m] + spread[1] * table("field2", band)[m]
    sea = mean[MATERIALS.index("sea")]
    for share, water in zip(tint, ("shallows", "river"), strict=True):
        values += share * (mean[MATERIALS.index(water)] - sea)
    values = np.maximum(values, 0.35 * mean[m])
    values *= np.where(_WATER[m], 1, canvas.fields["slope_light"])
    a, b, c = PSF
    values = a * values[:-2] + b * values[1:-1] + c * values[2:]
    padded = np.pad(values, ((0, 0), (1, 1)), mode="edge")
    return (a * padded[:, :-2] + b * padded[:, 1:-1] + c * padded[:, 2:]).astype(np.float32)


def _cloud_dn(band: str, noise: tuple[np.ndarray, np.ndarray], light: np.ndarray) -> np.ndarray:
    index = MATERIALS.index("cloud")
    body = table("mean", band)[index] * (0.7 + 0.6 * light)
    return body + 0.5 * noise[0] * table("texture1", band)[index]


def _average(values: np.ndarray, n: int) -> np.ndarray:
    """uint16 means of n x n pixels, at least 1."""
    if n > 1:
        values = values.reshape(values.shape[0] // n, n, values.shape[1] // n, n).mean(axis=(1, 3))
    return np.clip(np.rint(values), 1, 65534).astype(np.uint16)


def _scl(material: np.ndarray, cloud: np.ndarray, shadow: np.ndarray) -> np.ndarray:
    """uint8 at 20 m; codes as in ben_core.scene.types."""
    m = material[::2, ::2]
    scl = np.full(m.shape, 4, dtype=np.uint8)
    scl[_BARE[m]] = 5
    scl[_WATER[m]] = 6
    scl[shadow[::2, ::2] > 0.45] = 3
    scl[cloud[::2, ::2] > 0.12] = 10
    scl[cloud[::2, ::2] > 0.35] = 8
    scl[cloud[::2, ::2] > 0.75] = 9
    return scl
