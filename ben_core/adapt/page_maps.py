"""The page's maps: the scene, both class maps side by side, where they differ, and who learnt where."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..products.fragments import figure, key, legend
from ..products.palette import OUT, legend_of
from ..products.picture import PAPER, paint, spread
from ..products.words import percent
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
        figures.append(figure("The scene", image.resize(size, Image.Resampling.LANCZOS), "JPEG"))
    figures.append(figure(f"Before: most probable class of each {cell} cell", _map(story, before)))
    figures.append(figure("After" if story.verdict.adopted else "After: rejected", _map(story, after)))
    there = before != OUT
    left = ", ".join(f"{n:,} {why}" for why, n in story.target.left_out.items())
    moved = np.where(there[..., None], np.where((before != after)[..., None], _MOVED, _SAME), PAPER).astype(np.uint8)
    roles = np.full((*story.target.shape, 3), PAPER, np.uint8)
    for role, colour in _ROLES.items():
        roles[tuple(story.target.cells[story.target.of(role)].T)] = colour
    share = percent(float((before != after)[there].mean())) if there.any() else "0 %"
    marks = {_WORDS[role]: f"box {role}" for role in _ROLES if len(story.target.of(role))}
    return (
        f'<div class="maps">{"".join(figures)}</div>{_legend(before, after)}'
        '<p class="note">Shares: before → after. A label means that a class is <em>present</em> in a patch of 1.2 x 1.2 km, '
        f'not how much of it is covered.{f" Empty cells were left out: {escape(left)}." if left else ""}</p><div class="maps">'
        f"<div>{figure(f'Changed: {share} of the cells', _stretched(story, moved))}{key({'changed': 'box moved', 'the same': 'box same'})}</div>"
        f"<div>{figure('Who learnt where', _stretched(story, roles))}{key(marks)}</div></div>"
    )


def _legend(before: np.ndarray, after: np.ndarray) -> str:
    there = before != OUT
    total = max(int(there.sum()), 1)
    shares = [{c.code: n / total for c, n in legend_of(code[there])} for code in (before, after)]
    return legend(
        (c, c.name, f"{percent(shares[0].get(c.code, 0.0))} → {percent(shares[1].get(c.code, 0.0))}")
        for c, _ in legend_of(np.concatenate([before[there], after[there]]))
    )


def _size(story: Story) -> tuple[int, int]:
    scale = _PANEL / max(story.size)
    return max(1, round(story.size[0] * scale)), max(1, round(story.size[1] * scale))


def _map(story: Story, codes: np.ndarray) -> Image.Image:
    return Image.fromarray(paint(spread(codes, story.size, story.target.stride, _size(story))))


def _stretched(story: Story, image: np.ndarray) -> Image.Image:
    return Image.fromarray(spread(image, story.size, story.target.stride, _size(story)))
