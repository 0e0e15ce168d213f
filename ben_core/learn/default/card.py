"""What the embedded model may claim: its held-apart answers become scores, calibration, card and MODEL_CARD.md."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ...models.card import BandInput, ModelCard
from ...nomenclature import ORDER_ALPHABETICAL
from ..evaluate.metrics import average_precision, fit_calibration, fit_thresholds, interval, macro_ap, micro_f1, sigmoid
from .labelled_patches import Patch

NAME = "s2_10m"
CLASSES = ORDER_ALPHABETICAL
# Means and standard deviations: ConfigILM 0.7.0, BENv2_utils, row "120_nearest" (official v2 train split).
INPUTS = (
    BandInput("B02", 438.3720703125, 607.02685546875),
    BandInput("B03", 614.0556640625, 603.2968139648438),
    BandInput("B04", 588.4096069335938, 684.56884765625),
    BandInput("B08", 2193.2919921875, 1369.3717041015625),
)
MEASURED = 5  # positives a class needs to be scored
# A class without evidence answers sigmoid(0 * logit - 20) = 2e-9 and is never a label.
SILENT = (0.0, -20.0)


@dataclass(frozen=True)
class Evidence:
    """Answers of networks to patches whose tiles they never saw: all that scores and calibration rest on.

    fold (N,), logits (N, 19), answered (19,) bool: the classes that are trained.
    """

    patches: tuple[Patch, ...]
    fold: np.ndarray
    logits: np.ndarray
    answered: np.ndarray

    @cached_property
    def truth(self) -> np.ndarray:
        return np.stack([p.present for p in self.patches])

    @cached_property
    def tiles(self) -> np.ndarray:
        return np.array([p.tile for p in self.patches])

    @property
    def measured(self) -> np.ndarray:
        return self.answered & (self.truth.sum(0) >= MEASURED)

    def fitted(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Calibration (19, 2) and thresholds (19,) from the given rows."""
        calibration = np.tile(SILENT, (len(CLASSES), 1))
        thresholds = np.ones(len(CLASSES))
        use = self.answered
        calibration[use] = fit_calibration(self.truth[rows][:, use], self.logits[rows][:, use])
        probability = sigmoid(calibration[use, 0] * self.logits[rows][:, use] + calibration[use, 1])
        thresholds[use] = fit_thresholds(self.truth[rows][:, use], probability)
        return calibration, thresholds

    def crossed(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities and labels (N, 19), each fold's with the calibration and thresholds of the others."""
        probability = np.zeros(self.logits.shape)
        labels = np.zeros(self.logits.shape, bool)
        for k in np.unique(self.fold):
            (ab, thresholds), rows = self.fitted(self.fold != k), self.fold == k
            probability[rows] = sigmoid(ab[:, 0] * self.logits[rows] + ab[:, 1])
            labels[rows] = probability[rows] >= thresholds
        return probability, labels

    def scores(self) -> dict[str, dict[str, Any]]:
        """The figures of the card, each with a 95 % interval over whole tiles."""
        truth, m = self.truth, self.measured
        probability, labels = self.crossed()
        # Each patch's prior is the class frequencies of the other folds: what an answer without a look would be.
        prior = np.stack([truth[self.fold != k].mean(0) for k in self.fold])
        error = (probability - truth)[:, m] ** 2

        def figure(score: Any, note: str) -> dict[str, Any]:
            low, high = interval(score, self.tiles)
            return {
                "value": round(score(np.arange(len(truth))), 3),
                "low": round(low, 3),
                "high": round(high, 3),
                "note": note,
            }

        figures = {
            "macro AP": figure(
                lambda r: macro_ap(truth[r][:, m], self.logits[r][:, m]),
                f"mean over the {m.sum()} classes with at least {MEASURED} positives; chance {truth[:, m].mean():.2f}",
            ),
            "micro F1": figure(
                lambda r: micro_f1(truth[r], labels[r]),
                f"all 19 classes, thresholds fitted on the other folds; by class frequency alone "
                f"{micro_f1(truth, prior >= 0.25):.2f}",
            ),
            "Brier score": figure(
                lambda r: float(error[r].mean()),
                f"mean squared error of the calibrated probabilities; by class frequency alone "
                f"{((prior - truth)[:, m] ** 2).mean():.3f}",
            ),
        }
        for i in np.flatnonzero(m):
            figures[f"AP {CLASSES[i]}"] = figure(
                lambda r, i=i: average_precision(truth[r, i], self.logits[r, i]),
                f"{truth[:, i].sum()} positives in {len(set(self.tiles[truth[:, i]]))} tiles; chance {truth[:, i].mean():.2f}",
            )
        return figures


def model_card(evidence: Evidence, architecture: Mapping[str, Any]) -> ModelCard:
    """The card, without weights yet."""
    count, tiles = len(evidence.patches), len(set(evidence.tiles))
    calibration, thresholds = evidence.fitted(np.ones(count, bool))
    return ModelCard(
        name=NAME,
        title="Embedded demonstration model: 19 land-cover classes from four 10 m bands",
        description=(
            f"A small ResNet that tells which of the BigEarthNet classes are present in a patch of 1.2 x 1.2 km, "
            f"from Sentinel-2 L2A bands B02, B03, B04 and B08. Trained on {count} patches of {tiles} tiles in Europe."
        ),
        inputs=INPUTS,
        classes=CLASSES,
        thresholds=tuple(round(float(t), 4) for t in thresholds),
        weights=(),
        calibration=tuple((round(float(a), 4), round(float(b), 4)) for a, b in calibration),
        untrained=tuple(c for c, known in zip(CLASSES, evidence.answered, strict=True) if not known),
        architecture=architecture,
        licence="MIT",
        origin=(
            f"Trained from scratch by ben_core.learn.default.train on {count} labelled BigEarthNet patches "
            "(CDLA-Permissive-1.0), most of them from the official test split of v2: no BigEarthNet test score may be "
            "claimed for it. Scores were measured on patches whose tiles the scored network never saw. "
            "Contains modified Copernicus Sentinel data 2017-2018."
        ),
        scores=evidence.scores(),
        warnings=(
            f"Embedded demonstration model, trained on {count} patches from {tiles} tiles; "
            "for real work use a published reBEN model.",
        ),
    )


def model_card_text(card: ModelCard, evidence: Evidence, recipe: Mapping[str, Any]) -> str:
    """MODEL_CARD.md: for a person who wants to know how far to trust a map."""
    truth, tiles = evidence.truth, evidence.tiles
    sources = Counter(p.source for p in evidence.patches)
    overall = [
        f"| {name} | {s['value']:.3f} | {s['low']:.3f} to {s['high']:.3f} | {s['note']} |"
        for name, s in card.scores.items()
        if not name.startswith("AP ")
    ]
    classes = []
    for i, name in enumerate(CLASSES):
        score = card.scores.get(f"AP {name}")
        ap = f"{score['value']:.2f} ({score['low']:.2f} to {score['high']:.2f})" if score else "not measured"
        threshold = f"{card.thresholds[i]:.2f}" if evidence.answered[i] else "never a label"
        classes.append(f"| {name} | {truth[:, i].sum()} | {len(set(tiles[truth[:, i]]))} | {ap} | {threshold} |")
    crops = recipe["crops"]
    parts = [
        "<!-- Written by ben_core.learn.default.train; do not edit by hand. -->",
        f"# {card.title}",
        "**It shows how the tool works. For real work use a published reBEN model** (BIFOLD-BigEarthNetv2-0 on the "
        "Hugging Face Hub), trained on 240,000 patches.",
        "## What it does",
        f"{card.description} It answers with one probability a class. A label means that the class is *present* in "
        "the patch, not that it covers it. Input values are reflectance x 10000 on the scale before processing "
        "baseline 04.00.",
        "## Data",
        f"{len(truth)} patches of {len(set(tiles))} MGRS tiles, June 2017 to May 2018: "
        + ", ".join(f"{n} of {source}" for source, n in sources.items())
        + ". BigEarthNet is published under CDLA-Permissive-1.0; it contains modified Copernicus Sentinel data "
        "2017-2018, and its labels derive from CORINE Land Cover 2018 of the Copernicus Land Monitoring Service. Of 35 "
        "marine patches that form one column of one tile four are used.",
        "**Most of these patches belong to BigEarthNet's official test split: no BigEarthNet test score may be "
        "claimed for this model.**",
        "Classes of fewer than 3 patches, or of one tile only, are untrained: their probability is practically 0 and "
        "they never become a label. They are:",
        "\n".join(f"* {name}" for name in card.untrained),
        "## How well",
        f"{recipe['folds']} folds by MGRS tile: each patch is judged by a network that saw no patch of its tile. "
        "Calibration and thresholds of a fold come from the other folds. Intervals (95 %) come from drawing whole tiles.",
        "\n".join(["| figure | value | interval | |", "|---|---|---|---|", *overall]),
        "\n".join(
            [
                "| class | patches | tiles | average precision, held apart | threshold |",
                "|---|---|---|---|---|",
                *classes,
            ]
        ),
        "What these figures do not mean: they describe this handful of patches, not Europe. Neighbouring tiles look "
        "alike, so a far place is answered worse. The recipe was chosen by the same folds, so they lean to the bright "
        "side. A patch drawn twice raises average precision, so its intervals reach too high. An ensemble of trees on "
        "band percentiles scored the same macro AP (0.46) on these folds when the recipe was chosen. The "
        "model that ships has seen all the patches and was itself never measured.",
        "## Recipe",
        f"From scratch, {recipe['steps']} steps of AdamW on batches of {recipe['batch']} crops of "
        f"{crops['side']} x {crops['side']} pixels at 10 m, labelled by the pixels inside them; turned, mirrored, joined "
        "from two halves, under varied light and haze; rare classes drawn and weighed more often; a second loss reads "
        "the pixel maps; the running mean of the weights is kept.",
        "All settings: " + ", ".join(f"{k} {v}" for k, v in recipe.items()) + ".",
        "Each class has its own calibration p = sigmoid(a * logit + b), fitted on the held-apart answers and held near "
        "the common one where positives are few. Its threshold is that of best F1 there, drawn towards 0.5 in "
        "the same way.",
        "## Limits",
        "* Four bands: no red edge, no short-wave infrared; wetland, burnt and built-up ground are told poorly.\n"
        f"* {len(truth)} patches: what the table above scores near chance is a guess.\n"
        "* Seen on real scenes: clear lakes are called Marine waters, dark marsh Coniferous forest; narrow rivers are missed.\n"
        "* Europe in 2017 and 2018, without cloud and snow: other continents, cloud, snow and L1C input lie outside of "
        "what it knows.",
        "## Licence",
        "Weights: MIT.",
    ]
    return "\n\n".join(_filled(part) for part in parts) + "\n"


def _filled(part: str) -> str:
    """Prose in lines of 100; headings, tables and lists as they are."""
    prose = not part.startswith(("#", "|", "* ", "<"))
    return textwrap.fill(part, 100, break_on_hyphens=False, break_long_words=False) if prose else part
