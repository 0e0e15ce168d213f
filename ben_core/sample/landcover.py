"""Land cover, strip by strip: fields first, then woods and heath, wetlands, towns, and water on top."""

from __future__ import annotations

import numpy as np

from ..products.legend import CODES
from .canvas import Canvas
from .farmland import make_blocks, paint_farmland
from .geography import Geography
from .lines import distance
from .noise import byte, smoothstep, spectral, tiled, upsample
from .settlements import paint_roads, paint_towns

FINE_PERIOD = 1024  # px


class Landcover:
    """Land cover of one geography; a strip does not depend on how the scene is cut into strips."""

    def __init__(self, geography: Geography) -> None:
        self.geography = geography
        self._fine = spectral(np.random.default_rng((geography.seed, 1)), (FINE_PERIOD, FINE_PERIOD), 1.7, 60)
        self._blocks = make_blocks(geography)

    def strip(self, row0: int, row1: int) -> Canvas:
        """Rows [row0, row1) fully painted; they may lie beyond the scene's edges."""
        g = self.geography
        shape = (row1 - row0, g.width)
        y, x = np.meshgrid(np.arange(row0, row1, dtype=np.float32), np.arange(g.width, dtype=np.float32), indexing="ij")
        canvas = Canvas(
            row0,
            x,
            y,
            {name: upsample(field, row0, row1, g.width) for name, field in g.fields.items()},
            tiled(self._fine, row0, row1, g.width),
            np.zeros(shape, dtype=np.uint8),
            np.zeros(shape, dtype=np.uint8),
            np.zeros(shape, dtype=np.uint32),
        )
        block = paint_farmland(canvas, self._blocks)
        _woods(canvas)
        forest = np.isin(canvas.klass, _STANDS)
        canvas.field[forest] = self._blocks.key[block[forest]]
        banks = distance(g.rivers, row0, row1, g.width, reach=40.0) + 0.7 * canvas.fine
        lakes = _lakes(canvas, g)
        _wetlands(canvas, g, banks, lakes)
        paint_towns(canvas, g)
        _coast(canvas)
        _waters(canvas, banks, lakes)
        paint_roads(canvas, g, crossing=(lakes > 0) & (canvas.fields["shore"] > 2))
        return canvas


# Forests grow in stands as large as a block of fields.
_STANDS = [CODES[name] for name in ("Broad-leaved forest", "Coniferous forest", "Mixed forest")]


def _woods(canvas: Canvas) -> None:
    """Forests by height and chance, clear-cuts, heath and grass on the tops."""
    f, fine = canvas.fields, canvas.fine
    stand = byte(canvas.field, 2) / np.float32(255) - np.float32(0.5)
    score = 0.8 * f["wood"] + 1.6 * smoothstep(60, 210, f["height"]) - 1.0 + 0.10 * fine + 0.35 * stand
    wood = score > 0
    needles = f["height"] / 130 + 0.5 * f["heath"] + 0.6 * stand + 0.1 * fine
    canvas.put(wood, "Mixed forest", "mixed")
    canvas.put(wood & (needles < 1.35), "Broad-leaved forest", "broadleaf")
    canvas.put(wood & (needles > 2.05), "Coniferous forest", "conifer")
    # A mixed forest is a mosaic of stands and single trees of both.
    mixed = wood & (needles >= 1.35) & (needles <= 2.05)
    canvas.fill(mixed & (fine > 0.8), "broadleaf")
    canvas.fill(mixed & (fine < -0.8), "conifer")
    cleared = wood & (byte(canvas.field, 3) < 15) & (f["height"] > 70)
    fringe = (score > -0.16) & ~wood & (f["height"] > 80)
    canvas.put(cleared | fringe, "Transitional woodland, shrub", "shrub")

    top = f["height"] + 30 * f["wood"] + 12 * fine - 430
    canvas.put(top > -45, "Moors, heathland and sclerophyllous vegetation", "heath")
    canvas.put((top > 0) & (f["stony"] > -0.5), "Natural grassland and sparsely vegetated areas", "dry_grass")
    canvas.fill((top > 0) & (fine < -0.2) & (f["stony"] > -0.5), "heath")
    dry = (f["heath"] > 1.45) & (f["height"] > 12) & (score < 0.25)
    canvas.put(dry & (f["heath"] + 0.15 * fine > 1.55), "Moors, heathland and sclerophyllous vegetation", "heath")
    bare = (f["stony"] < -1.7) & (f["height"] > 45)
    canvas.put(bare, "Natural grassland and sparsely vegetated areas", "dry_grass")
    canvas.fill(bare & (fine > 1.1), "shrub")


def _lakes(canvas: Canvas, g: Geography) -> np.ndarray:
    """float32: px to the nearest lake shore, negative in the water, at most 60."""
    out = np.full(canvas.x.shape, 60, dtype=np.float32)
    for lake in g.lakes:
        window = canvas.window(lake.x, lake.y, 1.6 * lake.a + 60)
        if window is None:
            continue
        part = canvas.part(window)
        dx, dy = part.x - np.float32(lake.x), part.y - np.float32(lake.y)
        cos, sin = np.float32(np.cos(lake.angle)), np.float32(np.sin(lake.angle))
        turn = np.arctan2(dy, dx)
        lobes = 1 + 0.16 * np.sin(2 * turn + lake.x) + 0.10 * np.sin(3 * turn + lake.y) + 0.05 * np.sin(5 * turn)
        r = np.hypot((dx * cos + dy * sin) / lake.a, (dy * cos - dx * sin) / lake.b) / lobes
        shore = (r - 1) * lake.b + 0.12 * part.fields["warp_x"] + 0.8 * part.fine
        out[window] = np.minimum(out[window], shore)
    return out


def _wetlands(canvas: Canvas, g: Geography, banks: np.ndarray, lakes: np.ndarray) -> None:
    """Salt marsh with creeks along the estuary, reeds at lakes and slow rivers, bogs on the plateau."""
    f, fine = canvas.fields, canvas.fine
    side = min(g.width, g.height)
    reeds = (lakes < 9 + 14 * f["wet"]) | ((banks < 7 + 9 * f["wet"]) & (f["height"] < 60) & (f["wet"] > 0.75))
    canvas.put(reeds, "Inland wetlands", "marsh")
    bog = (f["wet"] + 0.12 * fine > 1.75) & (f["height"] > 40) & (f["height"] < 330)
    canvas.put(bog, "Inland wetlands", "bog")
    canvas.fill(bog & (fine > 0.5), "marsh")
    canvas.fill(bog & (fine < -1.7), "lake")
    fringe = (banks > 0) & (banks < 3.0) & (f["wood"] > -0.6) & (fine > -0.2)
    canvas.fill(fringe, "broadleaf")

    near = f["estuary"] + 0.25 * np.maximum(f["shore"], 0) + 6 * fine
    marsh = (near < 0.075 * side) & (f["shore"] < 0.16 * side)
    canvas.put(marsh, "Coastal wetlands", "marsh")
    canvas.fill(marsh & (fine + 0.5 * f["swirl"] > 1.0), "bog")
    canvas.fill(marsh & (near < 0.018 * side + 2 * fine), "mud")
    creek = np.abs(f["warp_x"] + 2.2 * fine) < 0.9 + 1.2 * smoothstep(0.05 * side, 0.0, near)
    canvas.fill(marsh & creek, "mud")
    canvas.fill(marsh & (np.abs(f["warp_x"] + 2.2 * fine) < 0.7), "shallows")


def _coast(canvas: Canvas) -> None:
    """Sandy beaches with grassy dunes where the coast is not rocky."""
    f, fine = canvas.fields, canvas.fine
    shore = f["shore"] + 0.8 * fine
    width = 4 + 11 * f["sandy"]
    beach = (shore < width) & (f["estuary"] > 14)
    canvas.put(beach, "Beaches, dunes, sands", "sand")
    canvas.fill(beach & (shore > 0.55 * width) & (fine > -0.3), "dry_grass")
    cliff = (shore < 4) & ~beach & (f["estuary"] > 14)
    canvas.put(cliff, "Moors, heathland and sclerophyllous vegetation", "heath")


def _waters(canvas: Canvas, banks: np.ndarray, lakes: np.ndarray) -> None:
    f, fine = canvas.fields, canvas.fine
    canvas.put(lakes < 0, "Inland waters", "lake")
    canvas.put(banks < 0, "Inland waters", "river")
    estuary = f["estuary"] + 1.2 * fine < 0
    canvas.put(estuary, "Marine waters", "river")
    sea = f["shore"] + 0.8 * fine < 0
    canvas.put(sea, "Marine waters", "sea")
