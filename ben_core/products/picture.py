"""Pixels of a map and of its scene, ready for the quick look and the report."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .legend import CATEGORIES, Category, rgb
from .palette import ALL_SKIPPED, FILLED, NO_LABEL, OUT, shown
from .view import MapView

PAPER = (250, 249, 246)
USUAL, UNUSUAL_COLOUR = np.array((228, 236, 232)), np.array((110, 16, 92))
_HATCH = 8  # px between two hatch lines or dots


def map_image(view: MapView, width: int, height: int) -> Image.Image:
    """The shown classes of the whole scene as RGB: flat colours, dots without label, hatches where skipped, thin lines
    the other way where the fallback model answered."""
    grid, size = view.record.grid, (width, height)
    image = paint(spread(shown(view), (grid.width, grid.height), grid.stride, size))
    if view.filled.any():
        image[spread(view.filled, (grid.width, grid.height), grid.stride, size) & _lines(height, width)] = FILLED.rgb
    return Image.fromarray(image)


def unusual_image(view: MapView, width: int, height: int) -> Image.Image:
    """The larger of a cell's two scores as RGB: from pale (usual) to dark (unlike all that the model knows)."""
    assert view.answers.unusual is not None
    grid = view.record.grid
    share = view.answers.unusual.max(axis=2).clip(0, 100)[..., None] / 100
    image = np.where(view.scored[..., None], unusual_colour(share), PAPER).astype(np.uint8)
    return Image.fromarray(spread(image, (grid.width, grid.height), grid.stride, (width, height)))


def unusual_colour(share: float | np.ndarray) -> np.ndarray:
    """float (…, 3) of shares from 0, usual, to 1."""
    colour: np.ndarray = USUAL + (UNUSUAL_COLOUR - USUAL) * share**2
    return colour


def spread(cells: np.ndarray, scene: tuple[int, int], stride: int, size: tuple[int, int]) -> np.ndarray:
    """Cells (rows, columns, …) laid out as a picture (height, width, …): each pixel is the cell under it.

    scene, size  (width, height) of the scene in 10 m pixels, and of the picture
    """
    col, row = (
        ((np.arange(n) + 0.5) * whole / n).astype(np.int64) // stride for n, whole in zip(size, scene, strict=True)
    )
    found: np.ndarray = cells[row[:, None], col[None, :]]
    return found


def swatch(category: Category, width: int, height: int) -> Image.Image:
    """A legend's sample of one category."""
    image = paint(np.full((height, width), category.code, dtype=np.uint8))
    if category is FILLED:
        image[_lines(height, width)] = FILLED.rgb
    return Image.fromarray(image)


def _lines(height: int, width: int) -> np.ndarray:
    """bool (height, width): thin lines from upper left to lower right, across those of skipped cells."""
    y, x = np.ogrid[:height, :width]
    found: np.ndarray = (x - y) % _HATCH < 1
    return found


def paint(codes: np.ndarray) -> np.ndarray:
    """uint8 (height, width) of shown codes to uint8 (height, width, 3)."""
    colours = np.full((256, 3), PAPER, dtype=np.uint8)
    for c in CATEGORIES:
        colours[c.code] = c.rgb
    image = colours[codes]
    y, x = np.ogrid[: codes.shape[0], : codes.shape[1]]
    dots = (y % (_HATCH // 2) < 1) & (((x + y // (_HATCH // 2) * 2) % (_HATCH // 2)) < 1)
    image[(codes == NO_LABEL.code) & dots] = NO_LABEL.rgb
    lines = (x + y) % _HATCH < 2
    for c in ALL_SKIPPED.values():
        image[codes == c.code] = _pale(c.colour)
        image[(codes == c.code) & lines] = c.rgb
    image[codes == OUT] = PAPER
    return image


def scene_image(view: MapView, width: int, height: int) -> Image.Image | None:
    """The scene's overview as RGB of that size, None where there is none."""
    overview = view.record.quicklook
    if overview is None:
        return None
    image = Image.fromarray(np.ascontiguousarray(np.moveaxis(overview, 0, 2)))
    return image.resize((width, height), Image.Resampling.LANCZOS)


def panel_size(view: MapView, width: int, height: int) -> tuple[int, int]:
    """The largest (width, height) within the given one that keeps the scene's shape."""
    grid = view.record.grid
    scale = min(width / grid.width, height / grid.height)
    return max(1, round(grid.width * scale)), max(1, round(grid.height * scale))


def _pale(colour: str) -> tuple[int, ...]:
    return tuple(round(255 - (255 - v) * 0.25) for v in rgb(colour))
