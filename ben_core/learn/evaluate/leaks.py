"""Has the model seen what it is judged on? What its card tells."""

from __future__ import annotations

import re

from ...models.card import ModelCard

_SPLIT_WORDS = {"train": "training split", "validation": "validation split", "test": "test split"}


def leaks(card: ModelCard, title: str, split: str | None) -> tuple[str, ...]:
    """A warning where the card's words say, or leave open, that the model was trained on the data judged here.

    A card says in words what a model was trained on, so this can miss a leak and cannot prove that there is none.
    """
    told = f"{card.title} {card.description} {card.origin}".lower()
    if not _same_archive(told, title.lower()):
        return ()
    if split is not None and re.search(rf"\b{split}\w* (split|set|patches)", told):
        return (
            f"The model's card speaks of the {_SPLIT_WORDS[split]} of this archive among what it was made from: it may "
            "have been trained on these very patches, and then the scores say little about others.",
        )
    if split != "test":
        what = f"the {_SPLIT_WORDS[split]}" if split else "all splits"
        return (
            f"The model was trained on this archive, and {what} of it is judged: these scores are those of patches "
            "that it may know. Use the test split for what may be claimed.",
        )
    versions = {v for v in ("v1", "v2") if _speaks_of(v, told)}
    judged = {v for v in ("v1", "v2") if _speaks_of(v, title.lower())}
    if versions and judged and not versions & judged:
        return (
            "The model was trained on another version of BigEarthNet than is judged here. The two share their places "
            "but not their splits, so it may know many of these patches.",
        )
    return ()


def _same_archive(told: str, title: str) -> bool:
    """Both speak of BigEarthNet, or the card quotes the data set's own title."""
    ours = ("bigearthnet", "reben")
    return (any(n in told for n in ours) and any(n in title for n in ours)) or (len(title) > 3 and title in told)


def _speaks_of(version: str, text: str) -> bool:
    words = {"v1": r"bigearthnet[- ]?(v1|mm)|\bv1\b", "v2": r"bigearthnet[- ]?v2|\breben\b|\bv2\b"}
    return re.search(words[version], text) is not None
