"""Has the model seen what it is judged on? What its card tells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...models.card import ModelCard

_SPLIT_WORDS = {"train": "training split", "validation": "validation split", "test": "test split"}


# Names of patches, bigearth.net and reBEN: the second holds baseline, orbit and tile.
_PATCH = {
    "bigearthnet v1": re.compile(r"S2[AB]_MSIL2A_\d{8}T\d+_\d+_\d+"),
    "bigearthnet v2": re.compile(r"S2[AB]_MSIL2A_\d{8}T\d+_N9999_R\d{3}_T\w{5}_\d\d_\d\d"),
}


def leaks(card: ModelCard, title: str, split: str | None, ids: Sequence[str] = ()) -> tuple[str, ...]:
    """A warning where the card's words say, or leave open, that the model was trained on the data judged here.

    ``ids`` of the patches tell BigEarthNet's whatever the data set is called.
    A card says in words what a model was trained on, so this can miss a leak and cannot prove that there is none.
    """
    told = f"{card.title} {card.description} {card.origin}".lower()
    judged_on = " ".join([title.lower(), *(k for k, name in _PATCH.items() if any(name.fullmatch(i) for i in ids))])
    quoted = len(title) > 3 and title.lower() in told
    if not quoted and not (_is_bigearthnet(told) and _is_bigearthnet(judged_on)):
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
    judged = {v for v in ("v1", "v2") if _speaks_of(v, judged_on)}
    if versions and judged and not versions & judged:
        return (
            "The model was trained on another version of BigEarthNet than is judged here. The two share their places "
            "but not their splits, so it may know many of these patches.",
        )
    return ()


def _is_bigearthnet(text: str) -> bool:
    return "bigearthnet" in text or "reben" in text


def _speaks_of(version: str, text: str) -> bool:
    words = {"v1": r"bigearthnet[- ]?(v1|mm)|\bv1\b", "v2": r"bigearthnet[- ]?v2|\breben\b|\bv2\b"}
    return re.search(words[version], text) is not None
