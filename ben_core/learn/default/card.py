"""Cards of the embedded models: for the program (ModelCard) and for people (markdown)."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...models.card import BandInput, ModelCard
from ...models.novelty import Novelty, with_quantiles
from ...models.registry import published
from .evidence import CLASSES, MISSED, Evidence
from .real_data import BANDS

SENSORS = {
    "s2": "Sentinel-2 L2A bands B02, B03, B04 and B08",
    "s1": "Sentinel-1 backscatter VV and VH in dB",
    "all": "Sentinel-1 (VV, VH in dB) and Sentinel-2 L2A bands B02, B03, B04 and B08",
}
# Macro AP of extra-trees on percentiles, indices and roughness of the same patches, in the same folds: as they are, with
# the frequencies of the training folds taken off, and behind the label sets too (docs/default_models.md).
TREES = {"s2": (0.451, 0.510, 0.535), "s1": (0.441, 0.488, 0.511), "all": (0.440, 0.527, 0.546)}


def model_card(
    evidence: Evidence,
    inputs: Sequence[BandInput],
    architecture: Mapping[str, Any],
    space: Novelty,
    energies: np.ndarray,
    distances: np.ndarray,
) -> ModelCard:
    """The card, without weights yet. ``energies``, ``distances`` (N,) of the held-apart patches."""
    count, tiles = len(evidence.records), len(set(evidence.tiles))
    calibration, thresholds = evidence.fitted(np.ones(count, bool))
    return ModelCard(
        name=evidence.sensors,
        title=f"Embedded model {evidence.sensors}: 19 land-cover classes, of which {evidence.answered.sum()} are trained",
        description=(
            f"A small ResNet that tells which of the BigEarthNet classes are present in a patch of 1.2 x 1.2 km, "
            f"from {SENSORS[evidence.sensors]}. Trained on {count} patches of {tiles} tiles in Europe."
        ),
        inputs=tuple(inputs),
        classes=CLASSES,
        thresholds=tuple(round(float(t), 4) for t in thresholds),
        weights=(),
        calibration=tuple((round(float(a), 4), round(float(b), 4)) for a, b in calibration),
        untrained=tuple(c for c, known in zip(CLASSES, evidence.answered, strict=True) if not known),
        novelty=with_quantiles(space, energies, distances),
        architecture=architecture,
        licence="MIT",
        origin=(
            f"Trained from scratch by ben_core.learn.default.train on {count} labelled BigEarthNet patches "
            "(CDLA-Permissive-1.0), most of them from the official test split of v2: no BigEarthNet test score may be "
            "claimed for it. Scores were measured on patches whose regions the scored network never saw. "
            "Contains modified Copernicus Sentinel data 2017-2018."
        ),
        scores=evidence.scores(),
        warnings=(
            f"Embedded demonstration model, trained on {count} patches from {tiles} tiles; "
            "for real work use a published reBEN model.",
        ),
    )


def model_card_text(card: ModelCard, evidence: Evidence, recipe: Mapping[str, Any]) -> str:
    """NAME.md: for a person who wants to know how far to trust a map."""
    overall = [
        f"| {name} | {s['value']:.3f} | {s['low']:.3f} to {s['high']:.3f} | {s['note']} |"
        for name, s in card.scores.items()
        if not name.startswith("AP ")
    ]
    parts = [
        "<!-- Written by ben_core.learn.default.train; do not edit by hand. -->",
        f"# {card.title}",
        "**It shows how the tool works. For real work use a published reBEN model** (BIFOLD-BigEarthNetv2-0 on the "
        "Hugging Face Hub), trained on 240,000 patches.",
        "## What it does",
        f"{card.description} It answers with one probability a class. A label means that the class is *present* in "
        "the patch, not that it covers it. Sentinel-2 values are reflectance x 10000 on the scale before processing "
        "baseline 04.00; Sentinel-1 is taken as it is, not despeckled.",
        "## Data",
        *_data(card, evidence),
        "## How well",
        f"{recipe['folds']} folds by region: tiles that touch stand in one fold, so each patch is judged by a network "
        "that saw no patch of its tile or of a neighbouring one. Calibration and thresholds of a fold come from the "
        "other folds. Intervals (95 %) come from drawing whole regions.",
        "\n".join(["| figure | value | interval | |", "|---|---|---|---|", *overall]),
        "\n".join(_classes(card, evidence)),
        _compared(card),
        "What these figures do not mean: they describe this handful of patches, not Europe. The recipe was chosen by "
        "folds of the same patches, so they lean to the bright side. A patch drawn twice raises average precision, so "
        "its intervals reach too high. The model that ships has seen all the patches and was itself never measured.",
        "## Thresholds",
        _thresholds(card),
        "## Recipe",
        f"From scratch, {recipe['steps']} steps of AdamW on batches of {recipe['batch']} crops of {recipe['crops']['side']} "
        f"x {recipe['crops']['side']} pixels at 10 m, labelled by the pixels inside them; turned, mirrored, joined from "
        "two halves, under varied light and haze; rare classes drawn and weighed more often; a second loss reads the "
        "pixel maps; the running mean of the weights is kept. The classifier sees the pooled maps, the share of each "
        "class among cells of 320 m, and statistics of the patch (quantiles, indices, roughness). Its answers become "
        f"a posterior over the {recipe['label_sets']} most frequent label sets of BigEarthNet v2's train split, which "
        "are known from the published table of labels without a pixel.",
        "All settings: " + ", ".join(f"{k} {v}" for k, v in recipe.items()) + ".",
        "Each class has its own calibration p = sigmoid(a * logit + b), fitted on the held-apart answers and held near "
        "the common one where positives are few. How unusual a patch looks (energy, feature distance) is told in "
        "percentiles of the held-apart patches.",
        "## Limits",
        _limits(evidence),
        "## Licence",
        "Weights: MIT.",
    ]
    return "\n\n".join(_filled(part) for part in parts) + "\n"


def _data(card: ModelCard, evidence: Evidence) -> list[str]:
    truth, tiles = evidence.truth, evidence.tiles
    sources = Counter("BigEarthNet v1" if r.labels_43 else f"BigEarthNet v2, {r.split} split" for r in evidence.records)
    return [
        f"{len(truth)} patches of {len(set(tiles))} MGRS tiles in {len(set(evidence.region))} regions, June 2017 to May "
        "2018: " + ", ".join(f"{n} of {source}" for source, n in sorted(sources.items(), key=lambda s: -s[1])) + ". "
        "BigEarthNet is published under CDLA-Permissive-1.0; it contains modified Copernicus Sentinel data 2017-2018, "
        "and its labels derive from CORINE Land Cover 2018 of the Copernicus Land Monitoring Service.",
        "**Most of these patches belong to BigEarthNet's official test split: no BigEarthNet test score may be "
        "claimed for this model.**",
        "Classes of fewer than 5 patches, or of one region only, are untrained, since nothing could be measured "
        "apart: their probability is practically 0 and they never become a label. They are:",
        "\n".join(f"* {name}" for name in card.untrained),
    ]


def _classes(card: ModelCard, evidence: Evidence) -> list[str]:
    truth, labels = evidence.truth, evidence.crossed()[1]
    rows = ["| class | patches | tiles | average precision, held apart | found | right |", "|---|---|---|---|---|---|"]
    for i, name in enumerate(CLASSES):
        score = card.scores.get(f"AP {name}")
        patches, tiles = truth[:, i].sum(), len(set(evidence.tiles[truth[:, i]]))
        if score is None:
            rows.append(f"| {name} | {patches} | {tiles} | untrained | never | |")
            continue
        hit, called = (truth & labels)[:, i].sum(), labels[:, i].sum()
        ap = f"{score['value']:.2f} ({score['low']:.2f} to {score['high']:.2f})"
        right = f"{hit / called:.0%}" if called else "no label"
        rows.append(f"| {name} | {patches} | {tiles} | {ap} | {hit / patches:.0%} | {right} |")
    return rows


def _compared(card: ModelCard) -> str:
    plain, without_prior, with_sets = TREES[card.name]
    best = max(
        (row for row in published().values() if row.family == "reben" and row.bands == card.name and row.score),
        key=lambda row: row.score or 0.0,
    )
    return (
        f"Extra-trees on statistics of the same patches, in the same folds, score a macro AP of {plain:.2f}; "
        f"{without_prior:.2f} with the class frequencies of the training folds taken off, and {with_sets:.2f} behind the "
        f"same label sets. The published {best.name} scores {best.score:.2f}: over all 19 classes, on the 120,000 patches "
        "of BigEarthNet's official test split, cut from tiles in which it was trained. That is another "
        "test and a harder set of classes, so the two figures cannot be set against each other; expect the published "
        "model to be far ahead on any map."
    )


def _thresholds(card: ModelCard) -> str:
    common = max(t for t, c in zip(card.thresholds, card.classes, strict=True) if c not in card.untrained)
    return (
        f"All trained classes share the threshold {common:.2f}. It is the highest at which, by conformal risk control "
        f"(Angelopoulos et al., 2022), a further patch is expected to miss at most {MISSED:.0%} of its trained classes. "
        "This holds on average over patches drawn like these, and all classes together: of a single class, rare ones "
        "above all, it promises nothing (with n positives no class threshold can promise less than 1 / (n + 1)). It "
        "does not hold for another region, season or continent; between the regions here, what was really missed "
        f"stands above ({card.scores['missed']['value']:.0%})."
    )


def _limits(evidence: Evidence) -> str:
    bands = BANDS[evidence.sensors]
    lines = [f"* {len(evidence.records)} patches: what the table above scores near chance is a guess."]
    if "B02" in bands:
        lines.append("* No red edge, no short-wave infrared; wetland, burnt and built-up ground are told poorly.")
    if "VV" in bands:
        lines.append("* Radar of a few days: wind on water, wet soil and frost change it more than land cover does.")
    lines.append(
        "* Europe in 2017 and 2018, without cloud and snow: other continents, cloud, snow and L1C input lie outside of "
        "what it knows."
    )
    return "\n".join(lines)


def _filled(part: str) -> str:
    """Prose in lines of 100; headings, tables and lists as they are."""
    prose = not part.startswith(("#", "|", "* ", "<"))
    return textwrap.fill(part, 100, break_on_hyphens=False, break_long_words=False) if prose else part
