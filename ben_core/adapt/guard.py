"""The guard: is the adapted model fit to take the original's place? Decided on blocks that nobody learnt from.

Without labels nobody can know. What can be told is whether answers broke (harm), and whether land that looked foreign to
the model looks less so (gain). Any harm rejects; gain without harm is adopted; neither means that there was nothing to
win, and the original stays. True labels, where there are some, outrank: a loss beyond doubt rejects whatever else is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..models.novelty import Novelty
from .bank import SourceBank, nearest
from .signs import Near, Signs, divergence, signs
from .truth import Change, Truth, compare
from .types import ADOPTED, REJECTED, WARNING, Verdict, Views

GAIN, EVEN, HARM = "gain", "even", "harm"
NO_GAIN = "No gain"

# Chosen on other seeds and landscapes of benchmarks/adaptation.py than those that are reported (docs/adaptation.md).
FOREIGN = 1.6  # times the usual distance from source land; land that was not shifted lay at 1.0 to 1.5
LITTLE = 0.9  # a scene that comes nearer, but not to this share of its distance before: one such adaptation did harm
CALIBRATION_RISE = 0.025  # heads that were shuffled: 0.03 to 0.2; adaptations that helped: up to 0.016
AGREEMENT_FALL = 0.05  # adaptations that helped: up to 0.02, either way
DRIFT = 0.12  # bits; adaptations that helped: up to 0.07
ENTROPY = 2.0  # adaptations that helped: 0.8 to 1.4
TOGETHER, TOGETHER_RISE = 0.9, 0.2
FEWEST, LOST = 5, 0.1  # a class of so many labels that keeps less than this share of them is lost
SILENT = 0.5  # share of the labels a patch below which the model has fallen silent
SAME = 1e-3  # mean change of a probability below which the two models are one
FEW_PATCHES, FEW_BLOCKS = 20, 3


@dataclass(frozen=True)
class Check:
    """A figure: what it is called, what it means, and what it may be."""

    title: str
    about: str
    limit: str


CHECKS = {
    "agreement": Check(
        "Agreement with itself",
        "Of all that varies in the answers, the share that differs between patches and not between turns of one patch",
        f"harm: falls by {AGREEMENT_FALL} or more",
    ),
    "distance": Check(
        "Foreignness",
        "Distance of the features from those of source patches; 1 is usual: as far as source patches lie from one another, or "
        "as patches lay that were held apart when the model was trained",
        f"gain: {FOREIGN} or more before, and nearer after; more than {LITTLE:g} times that before is a doubt",
    ),
    "calibration": Check(
        "Distance from what source patches say",
        "Mean squared difference between the probability and the share of the nearest source patches that hold the class. "
        "That it falls is no gain: the bank confirmed the labels that taught",
        f"harm: rises by {CALIBRATION_RISE} or more",
    ),
    "prior": Check(
        "Drift of the class frequencies",
        "Mean divergence (bits) of each class's mean probability from that before",
        f"harm: {DRIFT} or more",
    ),
    "entropy": Check(
        "Entropy",
        "Mean binary entropy of the answers, in bits",
        f"harm: more than {ENTROPY:g} times that before, or less than 1/{ENTROPY:g} of it",
    ),
    "together": Check(
        "All into one class",
        "Share of the patches whose most probable class is the most frequent one",
        f"harm: {TOGETHER} or more, and {TOGETHER_RISE} more than before",
    ),
    "lost": Check(
        "Classes that vanished",
        f"Classes given to at least {FEWEST} patches before, and to less than {LOST:.0%} of them after",
        "harm: 1 or more",
    ),
    "labels": Check(
        "Labels a patch",
        "Mean number of classes at or above their threshold",
        f"harm: less than {SILENT:.0%} of those before",
    ),
}


@dataclass(frozen=True)
class Setting:
    """What the guard knows of its N patches beside the answers.

    classes     names in card order; ``thresholds`` (C,), ``trained`` bool (C,) of the card
    block       int (N,): number of the spatial block of each patch
    neighbours  of the source bank that are asked
    novelty     what the card holds to tell how unlike the training data a patch looks, None where it holds nothing
    """

    classes: Sequence[str]
    thresholds: np.ndarray
    trained: np.ndarray
    block: np.ndarray
    neighbours: int = 5
    novelty: Novelty | None = None


def judge(
    before: Views, after: Views, setting: Setting, bank: SourceBank | None = None, truth: Truth | None = None
) -> Verdict:
    """The verdict on a model that says ``after`` where the original says ``before``, both of the same N patches."""
    old, new = (_signs(v, setting, bank) for v in (before, after))
    figures: dict[str, Any] = {"patches": len(before.p), "blocks": len(np.unique(setting.block))}
    if not new.finite:
        reason = "The adapted model answers NaN or infinity."
        return Verdict(REJECTED, (reason,), figures)
    checks = _checks(old, new, setting)
    figures["checks"] = {
        k: {"before": _plain(b), "after": _plain(a), "says": says} for k, (b, a, says) in checks.items()
    }
    figures["classes"] = {
        c: {
            "labels before": int(old.labels[i]),
            "labels after": int(new.labels[i]),
            "mean before": _plain(old.prior[i]),
            "mean after": _plain(new.prior[i]),
        }
        for i, c in enumerate(setting.classes)
        if setting.trained[i]
    }
    moved = figures["moved"] = float(np.abs(after.p[:, 0] - before.p[:, 0])[:, setting.trained].mean())
    scores: dict[str, Change] = {}
    narrow = ""
    if truth is not None:
        scores, groups = compare(
            before.p[:, 0], after.p[:, 0], truth, setting.thresholds, setting.trained, setting.block
        )
        figures["truth"] = {
            k: {"before": _plain(c.before), "after": _plain(c.after), "low": _plain(c.low), "high": _plain(c.high)}
            for k, c in scores.items()
        }
        narrow = groups.note
        figures["drawn"] = f"{groups.count} {groups.word}" + (f". {narrow}" if narrow else "")
    word, reasons = _word(checks, scores, narrow, old, new, setting, moved)
    figures["nothing gained"] = word == REJECTED and reasons[0].startswith(NO_GAIN)
    return Verdict(word, tuple(reasons), figures)


def near_in_bank(features: np.ndarray, bank: SourceBank, k: int) -> Near:
    """What the k source patches nearest to each of N (N, D) are; distances in deviations of the bank's features, in
    units of the mean distance between a bank's patch and its own nearest, so that 1 is usual."""
    scale = np.where((spread := bank.features.std(0)) > 0, spread, 1.0)
    source, queries = bank.features / scale, features / scale
    k = min(k, len(bank) - 1) or 1
    rows = nearest(queries, source, k)
    some = source[np.linspace(0, len(source) - 1, min(len(source), _SAMPLE)).round().astype(int)]
    own = _distance(some, source, nearest(some, source, min(k + 1, len(bank)))[:, 1:] if len(bank) > 1 else rows[:1])
    usual = float(own.mean()) or 1.0
    labels = bank.labels[rows].astype(np.float64)
    known = labels >= 0
    with np.errstate(invalid="ignore"):
        rates = np.where(known, labels, 0).sum(1) / known.sum(1)
    return Near(rates, _distance(queries, source, rows) / usual)


def near_by_card(features: np.ndarray, novelty: Novelty, classes: int) -> Near:
    """The same distances without a bank: from the source's features as the card describes them, in units of the median
    of patches that were held apart; no rates."""
    half = math.sqrt(novelty.distance[len(novelty.distance) // 2]) or 1.0
    return Near(np.full((len(features), classes), np.nan), np.sqrt(novelty.distances(features)) / half)


_Found = tuple[float, float, str]  # before, after, what it says
_SAMPLE = 1000  # patches of a bank that say how far they lie apart


def _distance(queries: np.ndarray, source: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean distance (N,) of queries (N, D) to their rows (N, k)."""
    parts = [np.sqrt(np.square(source[r] - q).sum(1)).mean() for q, r in zip(queries, rows, strict=True)]
    return np.array(parts)


def _signs(views: Views, setting: Setting, bank: SourceBank | None) -> Signs:
    found = None
    if np.isfinite(views.features).all():
        if bank is not None:
            found = near_in_bank(views.features, bank, setting.neighbours)
        elif setting.novelty is not None:
            found = near_by_card(views.features, setting.novelty, views.p.shape[2])
    return signs(views.p, views.features, setting.thresholds, setting.trained, found)


def _checks(old: Signs, new: Signs, setting: Setting) -> dict[str, _Found]:
    """(before, after, what it says) of each of CHECKS that can be told."""
    m = setting.trained
    lost = (old.labels >= FEWEST) & (new.labels < LOST * old.labels) & m
    found = {
        "agreement": (old.agreement, new.agreement, HARM if new.agreement <= old.agreement - AGREEMENT_FALL else EVEN),
        "prior": (0.0, drift := divergence(old.prior[m], new.prior[m]), HARM if drift >= DRIFT else EVEN),
        "entropy": (
            old.entropy,
            new.entropy,
            HARM if not 1 / ENTROPY <= (new.entropy + 1e-9) / (old.entropy + 1e-9) <= ENTROPY else EVEN,
        ),
        "together": (old.alone, new.alone, HARM if new.alone >= max(TOGETHER, old.alone + TOGETHER_RISE) else EVEN),
        "lost": (0.0, float(lost.sum()), HARM if lost.any() else EVEN),
        "labels": (old.per_patch, new.per_patch, HARM if new.per_patch < SILENT * old.per_patch else EVEN),
    }
    if math.isfinite(old.distance):
        found["distance"] = (
            old.distance,
            new.distance,
            GAIN if old.distance >= FOREIGN and new.distance < old.distance else EVEN,
        )
    if math.isfinite(old.calibration):
        rose = new.calibration - old.calibration
        found["calibration"] = (old.calibration, new.calibration, HARM if rose >= CALIBRATION_RISE else EVEN)
    return {k: found[k] for k in CHECKS if k in found}


def _word(
    checks: Mapping[str, _Found],
    scores: Mapping[str, Change],
    narrow: str,
    old: Signs,
    new: Signs,
    setting: Setting,
    moved: float,
) -> tuple[str, list[str]]:
    """The verdict and its reasons, the weightiest first. ``narrow``: why the intervals of ``scores`` are too narrow to
    be sure of a gain; "" where they are not."""
    lost = [f"{k[0].upper()}{k[1:]} {_fell(c)}" for k, c in scores.items() if c.high < 0]
    won = [f"{k[0].upper()}{k[1:]} {_fell(c)}" for k, c in scores.items() if c.low > 0 and k in (_FIRST, _SECOND)]
    harm = [_sentence(k, checks[k], old, new, setting) for k, (_, _, says) in checks.items() if says == HARM]
    gain = [_sentence(k, checks[k], old, new, setting) for k, (_, _, says) in checks.items() if says == GAIN]
    n = len(setting.block)
    if lost:
        return REJECTED, [f"Against the reference the adapted model is worse: {'; '.join(lost)}.", *harm]
    if won:
        told = f"Against the reference the adapted model is better: {'; '.join(won)}."
        if harm:
            return WARNING, [told, "All the same:", *harm]
        return (WARNING, [told, narrow, *gain]) if narrow else (ADOPTED, [told, *gain])
    if harm and not _only_cleared(checks):
        return REJECTED, harm
    if not gain:
        return REJECTED, [_nothing(moved, n, checks)]
    doubts = [f"{text} Land that looked foreign may have been given them wrongly." for text in harm]
    if scores and scores[_FIRST].difference < 0 and scores[_SECOND].difference < 0:
        doubts = [
            f"Against the reference it is no better, though not worse beyond doubt: {_FIRST} {_fell(scores[_FIRST])}."
        ]
    if "distance" in checks and checks["distance"][1] > LITTLE * checks["distance"][0]:
        doubts.append("It came only a little nearer; look at both maps.")
    if n < FEW_PATCHES:
        doubts.append(f"The guard had {n} patches only; fewer than {FEW_PATCHES} say little.")
    if (blocks := len(np.unique(setting.block))) < FEW_BLOCKS:
        doubts.append(
            f"Its patches lie in {blocks} block{'s' if blocks > 1 else ''} only: the rest of the scene may behave otherwise."
        )
    return (WARNING if doubts else ADOPTED), [*gain, *doubts, *([] if harm else [_unbroken(old, new)])]


def _only_cleared(checks: Mapping[str, _Found]) -> bool:
    """All that speaks against the model is that classes vanished, of a scene that was foreign and came much nearer: what a
    model says of land that it does not know is no measure (under haze, coastal wetlands all over the landscape)."""
    harm = [k for k, (_, _, says) in checks.items() if says == HARM]
    before, after, says = checks.get("distance", (1.0, 1.0, EVEN))
    return harm == ["lost"] and says == GAIN and after <= LITTLE * before


# Any score may condemn; for a gain it takes one of these two, since a map gives every class and not the largest alone.
_FIRST, _SECOND = "AP macro", "F1 micro"


def _fell(c: Change) -> str:
    return f"{c.before:.2f} before, {c.after:.2f} after (difference {c.difference:+.3f}, 95 % interval {c.low:+.3f} to {c.high:+.3f})"


def _nothing(moved: float, n: int, checks: Mapping[str, _Found]) -> str:
    if moved < SAME:
        return f"{NO_GAIN}: the adapted model answers as the original does (on {n} patches that taught nothing, probabilities moved by {moved:.4f} on average)."
    told = (
        "No gain: nothing broke, but nothing says either that the adapted model fits the scene better than the original"
    )
    if "distance" in checks and checks["distance"][0] < FOREIGN:
        told += f"; the scene did not look foreign to it (its features lie {checks['distance'][0]:.2f} times as far from source land as is usual; foreign is {FOREIGN} or more)"
    elif "distance" in checks:
        told += f"; the scene looks foreign to it as before ({checks['distance'][0]:.2f} times the usual distance from source land, {checks['distance'][1]:.2f} after)"
    else:
        told += "; without a source bank or a reference a gain can hardly be seen: `ben bank` makes a bank"
    return told + "."


def _unbroken(old: Signs, new: Signs) -> str:
    return (
        f"Nothing broke: no class vanished, the model agrees with itself under flips and turns as before ({old.agreement:.2f}, "
        f"{new.agreement:.2f}), and it gives {new.per_patch:.1f} labels a patch where it gave {old.per_patch:.1f}."
    )


def _sentence(key: str, found: _Found, old: Signs, new: Signs, setting: Setting) -> str:
    """A check that speaks for or against, in words."""
    b, a, _ = found
    if key == "agreement":
        return f"The adapted model agrees less with itself when a patch is turned or mirrored: {a:.2f} after, {b:.2f} before."
    if key == "calibration":
        return f"Its answers moved away from what similar source patches hold: the mean squared difference rose from {b:.3f} to {a:.3f}."
    if key == "distance":
        return f"The scene looked foreign to the original model, its features {b:.2f} times as far from source land as is usual; to the adapted model they lie {a:.2f} times as far."
    if key == "prior":
        return f"The frequencies of the classes drifted further than a better fit explains: by {a:.3f} bits a class on average (limit {DRIFT})."
    if key == "entropy":
        return f"The adapted model is {'much surer of itself' if a < b else 'much less sure of anything'}: mean entropy {a:.2f} bits, {b:.2f} before."
    if key == "together":
        return f"{a:.0%} of the patches have one and the same most probable class now, {b:.0%} before: the answers collapsed."
    if key == "lost":
        gone = [
            f"{c} ({int(x)} patches before, {int(y)} after)"
            for c, x, y, known in zip(setting.classes, old.labels, new.labels, setting.trained, strict=True)
            if known and x >= FEWEST and y < LOST * x
        ]
        return f"Classes vanished: {'; '.join(gone)}."
    return f"The adapted model fell silent: {a:.2f} labels a patch, {b:.2f} before."


def _plain(x: float) -> float | None:
    return float(x) if math.isfinite(x) else None
