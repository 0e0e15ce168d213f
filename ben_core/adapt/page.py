"""The before/after page of an adaptation: one page of HTML that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np

from ..models.card import ModelCard
from ..products.fragments import tiles
from ..products.legend import CODES
from ..products.page import page, resource, sections
from ..products.palette import NO_LABEL, OUT
from ..products.words import percent
from . import page_maps, page_sections
from .types import ADOPTED, GUARD, REJECTED, TRAIN, WARNING, AdaptOptions, Stage, TargetPatches, Verdict

_SIGNS = {ADOPTED: ("adopted", "✓"), WARNING: ("warning", "!"), REJECTED: ("rejected", "✕")}
_CONSEQUENCE = {
    ADOPTED: "The adapted model is the one to map this scene with.",
    WARNING: "The adapted model is the one to map this scene with; look at the maps below before you rely on it.",
    REJECTED: "The original model is the one to map this scene with. The adapted one is not handed over; what it would have "
    "answered is shown below for comparison.",
}


@dataclass(frozen=True)
class Story:
    """All that the page tells.

    scene     its name; ``facts`` more about it and the run, shown as they are ({"Acquired": "…", "Bank": "…"})
    card      of the original model
    after     float (N, C): what the adapted model says of all patches of ``target``
    how       what confirmed the pseudo-labels: "bank", "augmentation"; empty where there were none
    overview  uint8 (3, h, w) RGB of the whole scene, None where there is none
    size      width and height of the scene in 10 m pixels
    """

    scene: str
    card: ModelCard
    options: AdaptOptions
    target: TargetPatches
    after: np.ndarray
    verdict: Verdict
    stages: tuple[Stage, ...]
    history: tuple[Mapping[str, Any], ...]
    size: tuple[int, int]
    how: str = ""
    overview: np.ndarray | None = None
    facts: Mapping[str, str] | None = None

    @property
    def before(self) -> np.ndarray:
        return self.target.p

    @cached_property
    def codes(self) -> tuple[np.ndarray, np.ndarray]:
        """uint8 (rows, cols) before and after: the most probable class of each cell as ``products.palette.shown`` codes
        it, NO_LABEL where no class reaches its threshold, OUT where there is no patch."""
        return self._codes(self.before), self._codes(self.after)

    def labels(self, p: np.ndarray) -> np.ndarray:
        """bool (N, C)."""
        trained = np.array([c not in self.card.untrained for c in self.card.classes])
        return (p >= np.array(self.card.thresholds)) & trained

    def _codes(self, p: np.ndarray) -> np.ndarray:
        of_class = np.array([CODES[c] for c in self.card.classes], np.uint8)
        code = np.where(self.labels(p).any(1), of_class[p.argmax(1)], np.uint8(NO_LABEL.code))
        out = np.full(self.target.shape, OUT, np.uint8)
        out[tuple(self.target.cells.T)] = code
        return out


def render(story: Story) -> str:
    """The page."""
    kind, sign = _SIGNS[story.verdict.word]
    heading = f"{story.verdict.word[0].upper()}{story.verdict.word[1:]}"
    if story.verdict.figures.get("nothing gained"):
        kind, sign, heading = "even", "=", f"{heading}: nothing gained"
    parts = {
        ("maps", "Before and after"): page_maps.maps(story),
        ("truth", "True scores"): page_sections.truth(story),
        ("guard", "What the guard looked at"): page_sections.checks(story),
        ("drift", "How often each class is given"): page_sections.drift(story),
        ("matrix", "What became of what"): page_sections.matrix(story),
        ("labels", "Pseudo-labels, step by step"): page_sections.stages(story),
        ("curve", "Training"): page_sections.curve(story),
        ("how", "How it was done"): page_sections.method(story),
    }
    reasons = "".join(f"<li>{escape(r)}</li>" for r in story.verdict.reasons)
    word = (
        f'<section class="word {kind}" aria-labelledby="word"><h2 id="word"><span aria-hidden="true">{sign}</span> '
        f'{escape(heading)}</h2>\n<p class="verdict">{_CONSEQUENCE[story.verdict.word]}</p>\n<ul>{reasons}</ul></section>'
    )
    return page(
        kicker="Adaptation to a scene",
        name=story.scene,
        title=f"Adaptation to {story.scene}",
        facts=" · ".join(_facts(story)),
        body=word + tiles(_figures(story)) + sections(parts),
        css=resource(__package__, "page.css"),
    )


def _facts(story: Story) -> list[str]:
    return [*(story.facts or {}).values(), f"model: {story.card.title}", f"method: {story.options.method}"]


def _figures(story: Story) -> list[tuple[str, str]]:
    before, after = (code.ravel() for code in story.codes)
    there = before != OUT
    moved = float((before != after)[there].mean()) if there.any() else 0.0
    figures = [
        (f"{len(story.target):,}", "patches of the scene"),
        (f"{len(story.target.of(TRAIN)):,}", "of them to learn from"),
        (f"{len(story.target.of(GUARD)):,}", "kept apart for the guard"),
        (percent(moved), "changed their most probable class"),
    ]
    if story.stages:
        figures.insert(2, (f"{story.stages[-1].patches:,}", "taught: their labels were confirmed"))
    return figures
