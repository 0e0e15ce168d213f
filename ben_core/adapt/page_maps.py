"""The page's maps: the scene, both class maps side by side, where they differ, and who learnt where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..products.fragments import data_url, sample
from ..products.palette import OUT, legend_of
from ..products.picture import PAPER, paint
from ..products.quicklook import percent
from ..scene.types import PIXEL
from .types import GUARD, MARGIN, TRAIN, VALIDATION

if TYPE_CHECKING:
    from .page import Story

_PANEL = 640  # px, the larger side of a map
_SAME, _MOVED = (232, 229, 222), (110, 16, 92)
_ROLES = {TRAIN: (91, 143, 127), VALIDATION: (201, 161, 59), GUARD: (122, 63, 143), MARGIN: (185, 180, 168)}
_WORDS = {
    TRAIN: "learns",
    VALIDATION: "judges the epochs",
    GUARD: "guards",
    MARGIN: "shares pixels with these: left out",
}


def maps(story: Story) -> str:
    before, after = story.codes
    size = _size(story)
    cell = f"{story.target.stride * PIXEL / 1000:g} km"
    figures = []
    if story.overview is not None:
        image = Image.fromarray(np.ascontiguousarray(np.moveaxis(story.overview, 0, 2)))
        figures.append(_figure("The scene", image.resize(size, Image.Resampling.LANCZOS), "JPEG", False))
    figures.append(_figure(f"Before: most probable class of each {cell} cell", _map(story, before)))
    figures.append(_figure("After" if story.verdict.adopted else "After: rejected", _map(story, after)))
    there = before != OUT
    moved = np.where(there[..., None], np.where((before != after)[..., None], _MOVED, _SAME), PAPER).astype(np.uint8)
    roles = np.full((*story.target.shape, 3), PAPER, np.uint8)
    for role, colour in _ROLES.items():
        roles[tuple(story.target.cells[story.target.of(role)].T)] = colour
    share = percent(float((before != after)[there].mean())) if there.any() else "0 %"
    key = "".join(
        f'<li><span class="box {role}"></span>{_WORDS[role]}</li>' for role in _ROLES if len(story.target.of(role))
    )
    return (
        f'<div class="maps" style="--shape: {story.size[0] / story.size[1]:.6f}">{"".join(figures)}</div>'
        f'<ul class="legend">{_legend(before, after)}</ul>'
        '<p class="note">Shares: before → after. A label means that a class is <em>present</em> in a patch of 1.2 x 1.2 km, '
        "not how much of it is covered.</p>"
        f'<div class="maps" style="--shape: {story.size[0] / story.size[1]:.6f}">'
        + _figure(f"Changed: {share} of the cells", _stretched(story, moved))
        + _figure("Who learnt where", _stretched(story, roles))
        + f'<div><ul class="key"><li><span class="box moved"></span>changed</li></ul><ul class="key">{key}</ul></div></div>'
    )


def _figure(title: str, image: Image.Image, kind: str = "PNG", flat: bool = True) -> str:
    style = ' class="map"' if flat else ""
    return (
        f'<figure><figcaption>{title}</figcaption><div class="frame"><img{style} src="{data_url(image, kind)}" '
        f'alt="{title}"></div></figure>'
    )


def _legend(before: np.ndarray, after: np.ndarray) -> str:
    there = before != OUT
    total = max(int(there.sum()), 1)
    shares = [{c.code: n / total for c, n in legend_of(code[there])} for code in (before, after)]
    return "".join(
        f'<li>{sample(c)}<span>{c.name}</span><span class="share">{percent(shares[0].get(c.code, 0.0))} → '
        f"{percent(shares[1].get(c.code, 0.0))}</span></li>"
        for c, _ in legend_of(np.concatenate([before[there], after[there]]))
    )


def _size(story: Story) -> tuple[int, int]:
    scale = _PANEL / max(story.size)
    return max(1, round(story.size[0] * scale)), max(1, round(story.size[1] * scale))


def _cells(story: Story) -> tuple[np.ndarray, np.ndarray]:
    """Row (h,) and column (w,) of the cell under each pixel of a map; the last cells are clipped by the scene."""
    (width, height), stride = _size(story), story.target.stride
    rows, cols = story.target.shape
    row = ((np.arange(height) + 0.5) * story.size[1] / height).astype(np.int64) // stride
    col = ((np.arange(width) + 0.5) * story.size[0] / width).astype(np.int64) // stride
    return np.minimum(row, rows - 1), np.minimum(col, cols - 1)


def _map(story: Story, codes: np.ndarray) -> Image.Image:
    row, col = _cells(story)
    return Image.fromarray(paint(codes[row[:, None], col[None, :]]))


def _stretched(story: Story, image: np.ndarray) -> Image.Image:
    row, col = _cells(story)
    return Image.fromarray(image[row[:, None], col[None, :]])
