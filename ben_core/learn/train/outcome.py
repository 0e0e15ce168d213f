"""From the best weights to a model: scores, thresholds, card, and the files that ``ben map`` takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...models.card import ModelCard
from ..evaluate.metrics import average_precision, fit_thresholds, micro_f1, sigmoid
from ..types import DataSet, Record
from .config import Config
from .samples import Parts, truth_of
from .start import Start

NEVER = 1.0  # threshold of a class that is not answered


def average_precisions(truth: np.ndarray, known: np.ndarray, logits: np.ndarray) -> list[float | None]:
    """Average precision a class over the patches where it is known; None without a positive."""
    found: list[float | None] = []
    for t, k, z in zip(truth.T, known.T, logits.T, strict=True):
        found.append(average_precision(t[k], z[k]) if (t & k).any() else None)
    return found


def cross_entropy(truth: np.ndarray, known: np.ndarray, logits: np.ndarray) -> float:
    """Mean over all known answers."""
    z = logits.astype(np.float64)
    return float((np.logaddexp(0, z) - truth * z)[known].mean())


def macro(values: Sequence[float | None]) -> float:
    """Mean of what was measured; 0 where nothing was."""
    measured = [v for v in values if v is not None]
    return float(np.mean(measured)) if measured else 0.0


def untrained_classes(start: Start, parts: Parts, config: Config) -> tuple[str, ...]:
    """Classes of fewer training patches than ``config.evidence``; none where a trained classifier is kept, but
    those that were untrained in it."""
    truth, known = truth_of(parts.train, start.card.classes)
    short = (truth & known).sum(0) < config.evidence
    before = None if start.new_head or start.base is None else set(start.base.untrained)
    return tuple(c for c, few in zip(start.card.classes, short, strict=True) if few and (before is None or c in before))


def finished_card(
    start: Start, data: DataSet, parts: Parts, config: Config, logits: np.ndarray | None, epoch: int, epochs: int
) -> ModelCard:
    """The card with thresholds tuned and scores measured on the validation patches (``logits`` (N, classes) of
    these; None: not judged)."""
    card = start.card
    untrained = untrained_classes(start, parts, config)
    thresholds, scores = np.full(len(card.classes), 0.5), {}
    if logits is not None:
        truth, known = truth_of(parts.validation, card.classes)
        probability = sigmoid(logits)
        for i, k in enumerate(known.T):
            if k.any():
                thresholds[i : i + 1] = fit_thresholds(truth[k, i : i + 1], probability[k, i : i + 1])
        thresholds[[c in untrained for c in card.classes]] = NEVER
        scores = _scores(card, truth, known, logits, probability >= thresholds)
    thresholds[[c in untrained for c in card.classes]] = NEVER
    base = f"Fine-tuned from {start.base.name} ({start.base.origin})" if start.base else "Trained from scratch"
    frozen = ", its classifier alone" if config.freeze == "backbone" else ""
    kept = f"epoch {epoch + 1} of {epochs}" + (" was best on the validation patches" if logits is not None else "")
    network = card.architecture.get("name") or card.architecture["family"]
    return replace(
        card,
        title=f"{network} on {', '.join(card.bands)}",
        description=f"Tells which of {len(card.classes)} land-cover classes occur in a patch of 1.2 km. Trained on "
        f"{len(parts.train)} patches of {data.title}.",
        thresholds=tuple(round(float(t), 4) for t in thresholds),
        untrained=untrained,
        scores=scores,
        period=_period(parts.train, card.period),
        origin=f"{base}{frozen}, by `ben train` on {len(parts.train)} patches of {data.title}; {kept}. "
        "All settings: config.json.",
        warnings=(*(start.base.warnings if start.base else ()), *_doubts(untrained, logits)),
    )


def _doubts(untrained: Sequence[str], logits: np.ndarray | None) -> list[str]:
    doubts = []
    if untrained:
        doubts.append(
            f"Too few training patches for {len(untrained)} classes, which are never answered: {'; '.join(untrained)}."
        )
    if logits is None:
        doubts.append("Not judged on any patches: scores are unknown, and thresholds are 0.5.")
    return doubts


def _scores(card: ModelCard, truth: np.ndarray, known: np.ndarray, logits: np.ndarray, labels: np.ndarray) -> dict:
    each = average_precisions(truth, known, logits)
    count = f"{len(truth)} validation patches"
    chosen = "the same patches chose epoch and thresholds, so figures lean to the bright side; `ben evaluate` on a test split gives fair ones with intervals"
    scores: dict[str, dict] = {
        "macro AP": {
            "value": round(macro(each), 4),
            "note": f"mean over the {sum(v is not None for v in each)} classes that occur in {count}; {chosen}",
        },
        "micro F1": {
            "value": round(micro_f1(truth & known, labels & known), 4),
            "note": f"at tuned thresholds, {count}",
        },
    }
    for name, value, t in zip(card.classes, each, (truth & known).T, strict=True):
        if value is not None:
            note = f"{t.sum()} positives in {count}; chance {t.mean():.2f}"
            scores[f"AP {name}"] = {"value": round(value, 4), "note": note}
    return scores


def _period(records: Sequence[Record], default: tuple[str, str]) -> tuple[str, str]:
    """First and last acquisition, where every record tells its own."""
    times = [r.acquired for r in records]
    if not times or None in times:
        return default
    told = sorted(t for t in times if t)
    return _stamp(told[0]), _stamp(told[-1])


def _stamp(text: str) -> str:
    from datetime import UTC, datetime

    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
