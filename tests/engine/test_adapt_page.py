"""The before/after page: whole for every verdict, and safe whatever names say."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from ben_core.adapt.guard import Setting, judge
from ben_core.adapt.page import Story, render
from ben_core.adapt.truth import Truth
from ben_core.adapt.types import (
    ADOPTED,
    GUARD,
    REJECTED,
    TRAIN,
    VERDICTS,
    AdaptOptions,
    Stage,
    TargetPatches,
    Verdict,
    Views,
)
from ben_core.models.model import find_card

HOSTILE = "<script>alert('x')</script>\"&_<b>"
_VOID = {"meta", "img", "br", "wbr"}


class Tags(HTMLParser):
    """Fails where tags do not close in order; counts them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: dict[str, int] = {}
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


class NoPixels:
    def read(self, indices: object) -> dict[str, np.ndarray]:
        raise AssertionError("the page asks for no pixel")


@pytest.fixture(scope="module")
def story() -> Story:
    card = find_card("embedded")
    random = np.random.default_rng(0)
    shape = (6, 7)
    cells = np.argwhere(random.random(shape) > 0.1)
    n, c = len(cells), len(card.classes)
    trained = np.array([name not in card.untrained for name in card.classes])
    p = (random.random((n, c)) * trained).astype(np.float32)
    role = np.where(np.arange(n) % 4 == 0, GUARD, TRAIN).astype("<U10")
    target = TargetPatches(
        cells, cells * 120, p, np.zeros((n, 3), np.float32), cells[:, 0] // 2, role, card.classes, shape, 120, NoPixels(),
        {HOSTILE: 3},
    )  # fmt: skip
    after = np.where(np.arange(c) == 3, p * 0.01, p)
    guards = np.flatnonzero(role == GUARD)
    setting = Setting(card.classes, np.array(card.thresholds), trained, target.block[guards])
    views = [Views(np.repeat(q[guards, None], 8, 1), np.zeros((len(guards), 3))) for q in (p, after)]
    truth = Truth(p[guards] > 0.5, np.full(len(guards), 4), np.ones(len(guards), bool))
    known = [name for name in card.classes if name not in card.untrained]
    stages = tuple(
        Stage(name, 20 - i, dict.fromkeys(known, 5 - i), dict.fromkeys(known, 3))
        for i, name in enumerate(("confidence", "retrieval", "quota"))
    )
    history = tuple({"round": 1, "epoch": e, "loss": 1 / e, "validation": None} for e in (1, 2, 3))
    return Story(
        HOSTILE, replace(card, title=HOSTILE), AdaptOptions(), target, after.astype(np.float32),
        judge(*views, setting, None, truth), stages, history, (840, 720), "augmentation",
        np.zeros((3, 36, 42), np.uint8), {HOSTILE: HOSTILE},
    )  # fmt: skip


@pytest.mark.parametrize("word", VERDICTS)
def test_the_page_is_whole_and_hostile_names_stay_text(story: Story, word: str) -> None:
    page = render(replace(story, verdict=replace(story.verdict, word=word, reasons=(HOSTILE, *story.verdict.reasons))))
    tags = Tags(page)
    assert "script" not in tags.seen and "b" in tags.seen
    assert "alert(&#x27;x&#x27;)" in page and "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "") and 'src="data:' in page
    assert 0 < page.index(f"{word[0].upper()}{word[1:]}</h2>") < page.index("Before and after")  # the verdict on top


def test_what_the_page_shows(story: Story) -> None:
    page = render(story)
    tags = Tags(page)
    assert tags.seen["img"] == 5  # the scene, before, after, changed, who learnt where
    for title in ("True scores", "What the guard looked at", "What became of what", "Pseudo-labels, step by step", "Training"):  # fmt: skip
        assert f">{title}</h2>" in page
    assert f"<b>{len(story.target)}</b>" in page
    assert "Empty cells were left out: 3 &lt;script&gt;" in page
    assert render(story) == page


def test_a_page_without_labels_training_reference_or_picture(story: Story) -> None:
    bare = replace(
        story, stages=(), history=(), overview=None, facts=None, how="", options=AdaptOptions(method="bn-only"),
        verdict=Verdict(REJECTED, ("No epoch was better.",)),
    )  # fmt: skip
    page = render(bare)
    assert Tags(page).seen["img"] == 4
    for title in ("True scores", "What the guard looked at", "Pseudo-labels, step by step", "Training"):
        assert f">{title}</h2>" not in page
    assert "The original model is the one to map this scene with" in page and "After: rejected" in page


def test_a_scene_where_nothing_reaches_its_threshold(story: Story) -> None:
    quiet = replace(story.target, p=story.target.p * 0)
    page = render(replace(story, target=quiet, after=story.after * 0, verdict=Verdict(ADOPTED, ())))
    Tags(page)
    assert "No class reaches its threshold anywhere" in page
