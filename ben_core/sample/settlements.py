"""Towns, industrial estates and roads."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas
from .geography import Estate, Geography, Town
from .lines import distance
from .noise import byte, mix

STREETS = (9.0, 13.0)  # px between streets along and across
HALLS = (17.0, 11.0)  # px between the halls of an industrial estate


def paint_towns(canvas: Canvas, g: Geography) -> None:
    for town in g.towns:
        window = canvas.window(town.x, town.y, 2.2 * town.radius)
        if window:
            _town(canvas.part(window), town)
    for estate in g.estates:
        window = canvas.window(estate.x, estate.y, float(np.hypot(estate.a, estate.b)) + 2)
        if window:
            _estate(canvas.part(window), estate)


def paint_roads(canvas: Canvas, g: Geography, crossing: np.ndarray) -> None:
    """Roads where ``crossing`` (bool) allows them, bridges over rivers included.

    They change the material only: at a few px of width they belong to the class around them.
    """
    rows = (canvas.row0, canvas.row0 + canvas.rows)
    for lines in (g.motorways, g.roads):
        canvas.fill((distance(lines, *rows, canvas.cols, reach=1.0) <= 0) & crossing, "asphalt")


def _turned(canvas: Canvas, x: float, y: float, angle: float) -> tuple[np.ndarray, np.ndarray]:
    dx, dy = canvas.x - np.float32(x), canvas.y - np.float32(y)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return dx * cos + dy * sin, dy * cos - dx * sin


def _town(canvas: Canvas, town: Town) -> None:
    """Streets on a turned grid; dense roofs in the centre, houses with gardens around, some parks."""
    u, v = _turned(canvas, town.x, town.y, town.angle)
    warp = canvas.fields["warp_x"] * 1.1 + canvas.fields["warp_y"] * 0.6
    r = np.hypot(u * 0.86, v * 1.12) / town.radius + (0.035 * warp + 0.05 * canvas.fields["wood"]) * 0.9
    street_u, street_v = u / STREETS[0], v / STREETS[1]
    quarter = mix(np.floor(street_u).astype(np.int32), np.floor(street_v).astype(np.int32), int(town.x))
    inside = r + (byte(quarter, 0) / 255 - 0.5) * 0.22 < 1
    centre = (1 - r) * (0.5 + town.density)

    street = (street_u % 1 * STREETS[0] < 0.9) | (street_v % 1 * STREETS[1] < 0.9)
    kerb = np.minimum((u + 31) % 62, (v - 20) % 71)  # px from the nearest avenue, which trees line
    house = mix(np.floor(u / 2.6).astype(np.int32), np.floor(v / 2.6).astype(np.int32), quarter)
    built = byte(house, 0) < 255 * np.clip(0.18 + 0.70 * centre + byte(quarter, 2) / 1300, 0, 0.85)
    park = (byte(quarter, 1) < 16) & (r < 0.9)
    canvas.put(inside, "Urban fabric", "gardens")
    canvas.fill(inside & built, "roofs")
    canvas.fill(inside & built & (byte(house, 1) < 10 + 30 * np.clip(centre, 0, 1)), "halls")
    canvas.fill(inside & (byte(house, 2) < 45), "asphalt")
    canvas.fill(inside & street, "asphalt")
    canvas.fill(inside & (kerb < 2.6), "broadleaf")
    canvas.fill(inside & (kerb > 0.8) & (kerb < 1.9), "asphalt")
    canvas.fill(inside & park & ~street, "pasture")
    canvas.fill(inside & park & (byte(house, 3) < 110), "broadleaf")
    canvas.field[inside] = house[inside]


def _estate(canvas: Canvas, estate: Estate) -> None:
    """Large halls in rows, yards of asphalt and bare ground between."""
    u, v = _turned(canvas, estate.x, estate.y, estate.angle)
    inside = (np.abs(u) < estate.a) & (np.abs(v) < estate.b)
    plot = mix(np.floor(u / HALLS[0]).astype(np.int32), np.floor(v / HALLS[1]).astype(np.int32), int(estate.x))
    margin = 1.2 + byte(plot, 0) / 100
    hall = (u % HALLS[0] > margin) & (v % HALLS[1] > margin) & (byte(plot, 1) < 196)
    canvas.put(inside, "Industrial or commercial units", "asphalt")
    canvas.fill(inside & ~hall & (byte(plot, 2) < 60), "soil")
    canvas.fill(inside & ~hall & (byte(plot, 2) > 225), "gardens")
    canvas.fill(inside & hall, "halls")
    canvas.fill(inside & hall & (byte(plot, 3) < 80), "roofs")
    canvas.field[inside] = plot[inside]
