"""Farmland: blocks of parallel fields, each block with its own direction and kind of farming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..products.legend import CODES
from .canvas import Canvas
from .geography import Geography
from .noise import at, byte, mix

BLOCK = 46  # px: mean distance of the blocks' centres

ARABLE, PASTURE, COMPLEX, MOSAIC, VINES, OLIVES, DEHESA = range(7)
_CLASSES = (
    "Arable land",
    "Pastures",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Permanent crops",
    "Permanent crops",
    "Agro-forestry areas",
)
# What grows on a field of each kind, in 256ths.
_CROPS = (
    {"crop": 128, "ripe": 64, "soil": 28, "stubble": 22, "pasture": 14},
    {"pasture": 236, "crop": 12, "shrub": 8},
    {"crop": 70, "ripe": 40, "soil": 34, "pasture": 56, "gardens": 30, "vines": 14, "broadleaf": 12},
    {"pasture": 84, "crop": 42, "ripe": 30, "soil": 12, "broadleaf": 58, "shrub": 30},
    {"vines": 224, "ripe": 16, "soil": 16},
    {"olives": 228, "soil": 16, "stubble": 12},
    {"dehesa": 240, "stubble": 16},
)
# Width and length of a field in px.
_SIZES = ((13.0, 34.0), (12.0, 22.0), (4.5, 13.0), (8.0, 16.0), (6.0, 14.0), (10.0, 20.0), (40.0, 60.0))
# Hedges, in 256ths of the field borders.
_HEDGES = (40, 190, 60, 210, 20, 20, 10)


@dataclass(frozen=True)
class Blocks:
    """Farm blocks on a lattice of ``cols`` a row, one border of two cells beyond the scene; arrays by block.

    x, y      centre, px
    cos, sin  direction of the fields
    wide, long   size of a field, px
    key       uint32 hash
    kind      uint8, ARABLE .. DEHESA
    """

    cols: int
    x: np.ndarray
    y: np.ndarray
    cos: np.ndarray
    sin: np.ndarray
    wide: np.ndarray
    long: np.ndarray
    key: np.ndarray
    kind: np.ndarray


def make_blocks(g: Geography) -> Blocks:
    nx, ny = g.width // BLOCK + 6, g.height // BLOCK + 6
    j, i = (a.ravel() for a in np.mgrid[0:ny, 0:nx])
    key = mix(i, j, g.seed)
    x = ((i - 2.5 + 0.05 + 0.9 * byte(key, 0) / 255) * BLOCK).astype(np.float32)
    y = ((j - 2.5 + 0.05 + 0.9 * byte(key, 1) / 255) * BLOCK).astype(np.float32)
    field = {name: at(values, x, y) for name, values in g.fields.items()}

    town = np.full(x.shape, np.inf)
    for t in g.towns:
        town = np.minimum(town, np.hypot(x - t.x, y - t.y) / (t.radius + 15))
    kind = np.full(x.shape, ARABLE, dtype=np.uint8)
    kind[(field["use"] > 0.75) | (field["height"] > 190)] = PASTURE
    kind[(field["valley"] < 26) & (field["wet"] > -0.2)] = PASTURE
    kind[(field["wood"] > -0.1) & (field["height"] > 55)] = MOSAIC
    kind[(town < 1.9) & (field["use"] < 0.9)] = COMPLEX
    slope = (field["height"] > 18) & (field["height"] < 230)
    kind[slope & (field["orchard"] > 1.25)] = VINES
    kind[slope & (field["orchard"] < -1.6)] = OLIVES
    kind[(field["stony"] > 1.3) & (field["height"] > 12)] = DEHESA

    # Fields lie along or across the nearest slope, as ploughing does; the flat land follows an old grid.
    gy, gx = np.gradient(g.fields["height"])
    slope_angle = np.arctan2(at(gy, x, y), at(gx, x, y))
    angle = np.where(at(np.hypot(gx, gy), x, y) > 2.0, slope_angle, 0.35 + 0.5 * field["swirl"])
    angle = angle + np.where(byte(key, 2) < 90, np.pi / 2, 0.0) + (byte(key, 3) / 255 - 0.5) * 0.5
    sizes = np.array(_SIZES, dtype=np.float32)[kind] * (0.75 + 0.5 * byte(mix(key, 7), 0) / 255)[:, None]
    cos, sin = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    wide, long = sizes.astype(np.float32).T
    return Blocks(nx, x, y, cos, sin, wide, long, key, kind)


def paint_farmland(canvas: Canvas, blocks: Blocks) -> np.ndarray:
    """Paint fields everywhere, and return the block of each pixel (int32); other land cover comes on top."""
    x, y = canvas.x + canvas.fields["warp_x"], canvas.y + canvas.fields["warp_y"]
    block = _nearest(blocks, x, y)
    dx, dy = canvas.x - blocks.x[block], canvas.y - blocks.y[block]  # unwarped: fields have straight sides
    cos, sin, wide, long = blocks.cos[block], blocks.sin[block], blocks.wide[block], blocks.long[block]
    u, v = (dx * cos + dy * sin) / long, (dy * cos - dx * sin) / wide
    iu, iv = np.floor(u), np.floor(v)
    field = mix(blocks.key[block], iu.astype(np.int32), iv.astype(np.int32))
    canvas.field[:] = field
    kind = blocks.kind[block]
    canvas.klass[:] = np.array([CODES[c] for c in _CLASSES], dtype=np.uint8)[kind]
    draw = byte(field, 0)
    for k, crops in enumerate(_CROPS):
        upper = 0
        mine = kind == k
        if not mine.any():
            continue
        for name, share in crops.items():
            canvas.fill(mine & (draw >= upper) & (draw < upper + share), name)
            upper += share

    border = np.minimum(np.minimum(u - iu, iu + 1 - u) * long, np.minimum(v - iv, iv + 1 - v) * wide)
    hedged = byte(field, 1) < np.array(_HEDGES, dtype=np.uint8)[kind]
    canvas.fill((border < 0.55) & hedged & (canvas.fine > -0.9), "broadleaf")
    tracks = (border < 0.45) & (byte(field, 1) > 200) & (kind == ARABLE)
    canvas.fill(tracks, "stubble")

    # Scattered oaks: one in most cells of 5 x 5 px, 1 to 2 px wide.
    tree = mix((canvas.x // 5).astype(np.int32), (canvas.y // 5).astype(np.int32), 31)
    near = np.hypot(canvas.x % 5 - byte(tree, 0) / 64, canvas.y % 5 - byte(tree, 1) / 64)
    canvas.fill((kind == DEHESA) & (byte(tree, 2) < 170) & (near < 1.05), "broadleaf")
    return block


def _nearest(blocks: Blocks, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """int32: the block whose centre is nearest, among the nine around."""
    home = np.floor(y / BLOCK + 2.5).astype(np.int32)
    np.clip(home, 1, len(blocks.x) // blocks.cols - 2, out=home)
    home = home * blocks.cols + np.clip(np.floor(x / BLOCK + 2.5).astype(np.int32), 1, blocks.cols - 2)
    best = np.full(x.shape, np.inf, dtype=np.float32)
    block = home
    for dj in (-1, 0, 1):
        for di in (-1, 0, 1):
            other = home + np.int32(dj * blocks.cols + di)
            d = np.square(x - blocks.x[other]) + np.square(y - blocks.y[other])
            closer = d < best
            best = np.where(closer, d, best)
            block = np.where(closer, other, block)
    return block
