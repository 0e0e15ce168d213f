"""The lie of the land: coast, hills, rivers, lakes, towns and roads of a generated landscape.

Coast, hills and rivers scale with the scene; towns, fields and woods keep their size on the
ground and grow in number. Lengths are in px of 10 m, x to the east, y to the south.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lines import Line, distance, meander, winding
from .noise import STEP, at, smoothstep, spectral

PX_PER_TOWN = 900_000  # one town or village on each 90 km2
SUN_AZIMUTH, SUN_ZENITH = np.radians(152.0), np.radians(32.0)  # a June morning at 45 degrees north


@dataclass(frozen=True)
class Town:
    """A settlement: centre and radius in px, direction of its streets in radians, 0..1 share of dense centre."""

    x: float
    y: float
    radius: float
    angle: float
    density: float


@dataclass(frozen=True)
class Estate:
    """An industrial estate: a rectangle of half sides ``a`` x ``b`` px around x, y, turned by ``angle``."""

    x: float
    y: float
    a: float
    b: float
    angle: float


@dataclass(frozen=True)
class Lake:
    x: float
    y: float
    a: float
    b: float
    angle: float


@dataclass(frozen=True)
class Geography:
    """Everything that is decided for the scene as a whole. ``fields`` hold one sample every STEP px.

    fields: height (m), slope_light (1 = as level ground), shore (px to the sea, negative in it), valley and
    estuary (px to a river's and to the estuary's bank), wood, heath, use, stony, wet, sandy, swirl, orchard
    (noise, standard deviation 1), warp_x, warp_y (noise, px)
    """

    width: int
    height: int
    seed: int
    fields: dict[str, np.ndarray]
    rivers: tuple[Line, ...]
    estuary: Line
    lakes: tuple[Lake, ...]
    towns: tuple[Town, ...]
    estates: tuple[Estate, ...]
    roads: tuple[Line, ...]
    motorways: tuple[Line, ...]


def make_geography(width: int, height: int, seed: int) -> Geography:
    """Lay out a landscape of ``width`` x ``height`` px; the same arguments give the same one."""
    rng = np.random.default_rng(seed)
    side = float(min(width, height))
    shape = (-(-height // STEP), -(-width // STEP))
    x = (np.arange(shape[1]) + 0.5)[None, :] * STEP
    y = (np.arange(shape[0]) + 0.5)[:, None] * STEP

    shore = _shore(rng, x, y, width, height, side, shape)
    rivers, estuary = _rivers(rng, width, height, side)
    fields = {"shore": shore}
    reach = side * 0.12
    fields["valley"] = distance(rivers, 0, shape[0], shape[1], reach, STEP)
    fields["estuary"] = distance([estuary], 0, shape[0], shape[1], reach, STEP)
    relief = _relief(rng, x, y, width, side, shape, fields)
    fields["height"] = relief
    fields["slope_light"] = _light(relief)
    for name, exponent, largest in (
        ("wood", 3.2, 420),
        ("heath", 3.6, 600),
        ("use", 3.6, 700),
        ("orchard", 3.8, 700),
        ("stony", 3.8, 800),
        ("wet", 3.4, 380),
        ("sandy", 3.6, 500),
        ("swirl", 3.6, 700),
    ):
        fields[name] = spectral(rng, shape, exponent, largest / STEP)
    for name in ("warp_x", "warp_y"):
        fields[name] = 9 * spectral(rng, shape, 4.0, 200 / STEP)

    lakes = _lakes(rng, width, height, side, fields)
    towns = _towns(rng, width, height, side, fields, rivers, lakes)
    roads, motorways = _roads(rng, width, height, towns)
    estates = _estates(rng, towns, fields)
    return Geography(
        width, height, seed, fields, rivers, estuary, lakes, towns, estates, tuple(roads), tuple(motorways)
    )


def _mouth(width: int, height: int) -> tuple[float, float]:
    return 0.26 * width, 0.60 * height


def _shore(
    rng: np.random.Generator, x: np.ndarray, y: np.ndarray, width: int, height: int, side: float, shape: tuple[int, int]
) -> np.ndarray:
    """px to the coast line, positive on land: a slanting coast with bays, headlands and a few islands."""
    v = y / height
    line = width * (0.10 + 0.22 * v + 0.035 * np.sin(2 * np.pi * (1.4 * v + rng.uniform())))
    mouth_y = _mouth(width, height)[1]
    bay = 0.05 * width * np.exp(-(((y - mouth_y) / (0.075 * height)) ** 2))
    rough = spectral(rng, shape, 3.7, 0.35 * side / STEP) * side * 0.022
    signed = x - line - bay + rough
    gy, gx = np.gradient(signed, STEP)
    return (signed / np.maximum(np.hypot(gx, gy), 0.6)).astype(np.float32)


def _rivers(rng: np.random.Generator, width: int, height: int, side: float) -> tuple[tuple[Line, ...], Line]:
    """The main river from the eastern edge to the sea with two tributaries, and its estuary."""
    mouth = np.array(_mouth(width, height))
    course = meander(rng, (1.03 * width, 0.30 * height), tuple(mouth), bends=8.0, swing=1.15)
    t = np.linspace(0, 1, len(course))
    main = Line(course, side * (0.0011 + 0.0011 * t) + 0.3)
    branches = []
    for share, start in ((0.42, (0.78, -0.03)), (0.66, (0.66, 1.03))):
        path = meander(rng, (start[0] * width, start[1] * height), tuple(main.at(share)), bends=6.0, swing=1.2)
        half = side * np.linspace(0.0002, 0.0006, len(path)) + 0.4
        branches.append(Line(path, half))
    tail = course[t > 0.87]
    grow = np.linspace(0, 1, len(tail))
    return (main, *branches), Line(tail, side * (0.0022 + 0.032 * grow**2.4))


def _relief(
    rng: np.random.Generator,
    x: np.ndarray,
    y: np.ndarray,
    width: int,
    side: float,
    shape: tuple[int, int],
    fields: dict[str, np.ndarray],
) -> np.ndarray:
    """Metres above the sea: a coastal plain, rolling country, hills with ridges in the east and north."""
    rolling = spectral(rng, shape, 3.4, 0.25 * side / STEP)
    ridges = 1 - np.abs(spectral(rng, shape, 3.3, 0.22 * side / STEP))
    spurs = 1 - np.abs(spectral(rng, shape, 3.0, 0.05 * side / STEP))
    inland = smoothstep(0.48, 1.0, x / width + 0.14 * (0.5 - y / fields["shore"].shape[0] / STEP) + 0.05 * rolling)
    height = 22 + 14 * rolling + inland * (210 + 250 * ridges + 60 * rolling + 70 * spurs)
    cut = 1 - np.exp(-np.square(np.maximum(fields["valley"], 0) / (0.045 * side)))
    plain = smoothstep(0, 0.10 * side, fields["shore"])
    return np.maximum(3 + (height - 3) * (0.25 + 0.75 * cut) * (0.15 + 0.85 * plain), 1).astype(np.float32)


def _light(relief: np.ndarray) -> np.ndarray:
    """Sunlight on a slope against level ground. The diffuse light of the sky reaches all."""
    gy, gx = np.gradient(relief, STEP * 10.0)
    slope = np.hypot(gx, gy) + 1e-9
    # The surface normal is (-gx, -gy, 1); the sun stands to the south-east, y points south.
    sun_x, sun_y = np.sin(SUN_AZIMUTH) * np.sin(SUN_ZENITH), -np.cos(SUN_AZIMUTH) * np.sin(SUN_ZENITH)
    cosine = (np.cos(SUN_ZENITH) - gx * sun_x - gy * sun_y) / np.sqrt(1 + slope**2)
    return np.clip(0.15 + 0.85 * cosine / np.cos(SUN_ZENITH), 0.5, 1.4).astype(np.float32)


def _free(x: float, y: float, fields: dict[str, np.ndarray], clear: float) -> bool:
    """On land, ``clear`` px away from sea and rivers."""
    return bool(at(fields["shore"], x, y) > clear and at(fields["valley"], x, y) > clear)


def _lakes(
    rng: np.random.Generator, width: int, height: int, side: float, fields: dict[str, np.ndarray]
) -> tuple[Lake, ...]:
    lakes: list[Lake] = []
    sizes = [0.040, 0.022, 0.014, 0.010, 0.008]
    for _ in range(4000):
        if len(lakes) == len(sizes):
            break
        a = sizes[len(lakes)] * side + 2
        x, y = rng.uniform(0.3, 0.95) * width, rng.uniform(0.06, 0.94) * height
        apart = all(np.hypot(x - k.x, y - k.y) > 2.5 * (a + k.a) for k in lakes)
        if apart and _free(x, y, fields, 1.6 * a) and at(fields["height"], x, y) < 200:
            lakes.append(Lake(x, y, a, a * rng.uniform(0.45, 0.8), rng.uniform(0, np.pi)))
    return tuple(lakes)


def _towns(
    rng: np.random.Generator,
    width: int,
    height: int,
    side: float,
    fields: dict[str, np.ndarray],
    rivers: tuple[Line, ...],
    lakes: tuple[Lake, ...],
) -> tuple[Town, ...]:
    """A city at the lower river, a town upstream, a seaside town, then villages wherever there is room."""
    grow = min(max(side / 3000, 0.35), 1.6)
    lower, upper = rivers[0].at(0.80), rivers[0].at(0.44)
    towns = [
        Town(lower[0] + 45 * grow, lower[1] - 60 * grow, 225 * grow, rng.uniform(0, np.pi), 1.0),
        Town(upper[0] - 25 * grow, upper[1] + 35 * grow, 115 * grow, rng.uniform(0, np.pi), 0.75),
    ]
    wanted = max(4, round(width * height / PX_PER_TOWN)) + 2
    for _ in range(6000):
        if len(towns) == wanted:
            break
        radius = grow * (70 if len(towns) == 2 else rng.uniform(18, 48))
        x, y = rng.uniform(0.1, 0.97) * width, rng.uniform(0.03, 0.97) * height
        coastal = 8 < at(fields["shore"], x, y) - 0.6 * radius < 40
        if len(towns) == 2 and not coastal:
            continue
        apart = all(np.hypot(x - t.x, y - t.y) > 1.3 * (radius + t.radius) + 60 * grow for t in towns)
        dry = all(np.hypot(x - k.x, y - k.y) > k.a + radius for k in lakes)
        low = at(fields["height"], x, y) < 210 and at(fields["estuary"], x, y) > 0.04 * side
        if apart and dry and low and _free(x, y, fields, 0.5 * radius):
            towns.append(Town(x, y, radius, rng.uniform(0, np.pi), 0.35 + 0.4 * radius / (70 * grow)))
    return tuple(towns)


def _estates(rng: np.random.Generator, towns: tuple[Town, ...], fields: dict[str, np.ndarray]) -> tuple[Estate, ...]:
    """Industrial estates at the rim of the largest towns, on dry land."""
    estates = []
    for town, count in zip(towns, (3, 2, 1), strict=False):
        for _ in range(count):
            for _ in range(50):
                turn = rng.uniform(0, 2 * np.pi)
                a = max(0.29 * town.radius * rng.uniform(0.7, 1.1), 18)
                far = town.radius * 0.95 + 0.3 * a
                x, y = town.x + far * np.cos(turn), town.y + far * np.sin(turn)
                if _free(x, y, fields, 1.1 * a):
                    estates.append(Estate(x, y, a, a * rng.uniform(0.45, 0.65), town.angle))
                    break
    return tuple(estates)


def _roads(rng: np.random.Generator, width: int, height: int, towns: tuple[Town, ...]) -> tuple[list[Line], list[Line]]:
    """Roads that link every town to its nearest linked neighbour, some short cuts, and a motorway."""
    places = np.array([(t.x, t.y) for t in towns])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    linked, pairs = [0], set()
    while len(linked) < len(towns):
        rest = [i for i in range(len(towns)) if i not in linked]
        i, j = min(((a, b) for a in linked for b in rest), key=lambda p: apart[p])
        pairs.add((i, j))
        linked.append(j)
    for i in range(len(towns)):
        near = int(np.argsort(apart[i])[min(2, len(towns) - 1)])
        pairs.add((min(i, near), max(i, near)))
    roads = [_road(winding(rng, places[i], places[j], 0.10), 0.75) for i, j in sorted(pairs) if i != j]
    city = places[0]
    hub = (city[0], city[1] + 1.15 * towns[0].radius)
    ends = ((width * 0.62, -12.0), (width + 12.0, height * 0.70), (width * 0.50, height + 12.0))
    motorways = [_road(winding(rng, hub, end, 0.07), 1.5) for end in ends]
    return roads, motorways


def _road(points: np.ndarray, half: float) -> Line:
    return Line(points, np.full(len(points), half))
