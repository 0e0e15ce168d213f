"""Truth and answers to an evaluation: every figure, its interval, and what to keep in mind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DataError, JobError
from . import calibration as cal
from .bootstrap import Draws, Groups
from .evaluation import ClassScores, Curve, Decision, Evaluation, Example, Figure, Reliability
from .metrics import RANKINGS, Ranking, counts, fit_thresholds, measures, rankings, taken_for

THRESHOLDS = ("card", "tuned", "0.5")
_POINTS = 120  # of a curve; more would not be seen
_FEWEST = 10  # patches; below, thresholds and temperature are not fitted
_HARDEST = 12


@dataclass(frozen=True)
class Answered:
    """Patches with what is there and what was answered.

    truth      bool (N, classes); ``known`` is False where nobody knows whether the class is present (it counts neither way)
    p          float32 (N, classes): probabilities
    classes    names of the columns; ``untrained`` are those the model never learned
    thresholds one a class, the card's
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    truth: np.ndarray
    known: np.ndarray
    p: np.ndarray
    groups: Groups
    thresholds: tuple[float, ...]
    untrained: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.ids:
            raise DataError(
                "No patch is left to judge.",
                "Every one is unlabelled, left out, or in another split; see the counts above, and --split.",
            )
        if not (self.truth & self.known).any():
            raise DataError("No patch holds any of the classes that are judged.", "There is nothing to find in them.")
        shape = (len(self.ids), len(self.classes))
        if not self.truth.shape == self.known.shape == self.p.shape == shape:
            raise ValueError(f"truth {self.truth.shape}, answers {self.p.shape}, for {shape} patches and classes")

    @property
    def sure(self) -> np.ndarray:
        """bool (N,): patches of which every class is known."""
        return np.asarray(self.known.all(axis=1))


def score(answered: Answered, headline: str = "card", draws: int = 1000, seed: int = 0, **facts: Any) -> Evaluation:
    """Every figure of ``answered``; ``facts`` are the other fields of ``Evaluation`` (subject, data, …).

    headline  whose thresholds come first: "card", "tuned" or "0.5"
    Raises JobError where too few patches are there to tune.
    """
    if headline not in THRESHOLDS:
        raise JobError(f"Thresholds {headline!r} are not known.", "Known are: " + ", ".join(THRESHOLDS) + ".")
    groups = answered.groups
    draw = Draws(groups, draws, seed)
    folds = groups.folds() if answered.sure.sum() >= _FEWEST else None
    if folds is None and headline == "tuned":
        raise JobError(
            f"{answered.sure.sum()} wholly labelled patches are too few to tune thresholds.",
            "Take --thresholds card or 0.5.",
        )
    classes, scores = _without_thresholds(answered, draw)
    measured: dict[str, Any] = {
        "patches": len(answered.ids),
        "drawn": groups.word,
        "groups": groups.count,
        "draws": draws,
        "note": groups.note,
        "folds": ""
        if folds is None
        else f"{folds.max() + 1} folds" + f" of whole {groups.word}" * (groups.word != "patches"),
        "classes": classes,
        "scores": scores,
        "decisions": tuple(
            sorted(_decisions(answered, draw, folds), key=lambda d: (d.name != headline, THRESHOLDS.index(d.name)))
        ),
        "reliability": _reliability(answered, folds),
        "hardest": _hardest(answered),
    }
    return Evaluation(**measured, **facts)


def _without_thresholds(answered: Answered, draw: Draws) -> tuple[tuple[ClassScores, ...], dict[str, Figure]]:
    truth, known, p = answered.truth & answered.known, answered.known, answered.p
    ranked = [Ranking(truth[k, i], p[k, i]) for i, k in enumerate(known.T)]
    pooled = Ranking(truth[known], p[known])
    drawn = [draw.areas(r, k) for r, k in zip(ranked, known.T, strict=True)]
    pooled_ap, pooled_auroc = draw.areas(pooled, known)
    ap = [r.average_precision() for r in ranked]
    auroc = [r.auroc() for r in ranked]
    samples = {"AP": np.array([a for a, _ in drawn]).T, "AUROC": np.array([u for _, u in drawn]).T}
    scores = {
        "AP macro": _figure(mean(np.array(ap)), mean(samples["AP"])),
        "AP micro": _figure(pooled.average_precision(), pooled_ap),
        "AUROC macro": _figure(mean(np.array(auroc)), mean(samples["AUROC"])),
        "AUROC micro": _figure(pooled.auroc(), pooled_auroc),
        **_ranking_scores(answered, draw),
    }
    classes = tuple(
        ClassScores(
            name=name,
            trained=name not in answered.untrained,
            positives=int(truth[:, i].sum()),
            places=len(np.unique(answered.groups.index[truth[:, i]])),
            chance=float(truth[:, i].sum() / max(known[:, i].sum(), 1)),
            ap=_figure(ap[i], samples["AP"][:, i]),
            auroc=_figure(auroc[i], samples["AUROC"][:, i]),
            **_curves(ranked[i]),
            by_threshold=_by_threshold(ranked[i]),
        )
        for i, name in enumerate(answered.classes)
    )
    return classes, scores


def _ranking_scores(answered: Answered, draw: Draws) -> dict[str, Figure]:
    """Of wholly labelled patches."""
    by_patch = rankings(answered.truth, answered.p)
    stacked = np.stack([by_patch[name] for name in RANKINGS], axis=1)
    stacked[~answered.sure] = np.nan
    known = np.isfinite(stacked)
    totals, patches = draw.totals(np.where(known, stacked, 0)), draw.totals(known)
    with np.errstate(invalid="ignore"):
        samples = totals / patches
    return {name: _figure(mean(stacked[:, i]), samples[:, i]) for i, name in enumerate(RANKINGS)}


def _decisions(answered: Answered, draw: Draws, folds: np.ndarray | None) -> list[Decision]:
    half = np.full(len(answered.classes), 0.5)
    card = np.array(answered.thresholds)
    found = [
        _decision("card", answered, draw, card, answered.p >= card),
        _decision("0.5", answered, draw, half, answered.p >= half),
    ]
    if folds is not None:
        truth, p, sure = answered.truth, answered.p, answered.sure
        answer = cal.crossed(folds, sure, lambda fit, rows: p[rows] >= fit_thresholds(truth[fit], p[fit]))
        found.append(_decision("tuned", answered, draw, fit_thresholds(truth[sure], p[sure]), answer))
    return found


def _decision(name: str, answered: Answered, draw: Draws, thresholds: np.ndarray, answer: np.ndarray) -> Decision:
    truth, known = answered.truth & answered.known, answered.known
    answer = answer & known
    cells = counts(truth, answer) * known  # (4, N, C)
    whole = cells.sum(1)  # (4, C)
    drawn = np.moveaxis(draw.totals(np.moveaxis(cells, 1, 0)), 1, 0)  # (4, draws, C)
    by_class, by_class_drawn = measures(whole), measures(drawn)
    held = truth.any(0)
    held_drawn = drawn[0] + drawn[2] > 0
    micro, micro_drawn = measures(whole.sum(-1)), measures(drawn.sum(-1))
    by_patch = measures(cells.sum(2))  # (N,) a measure
    sizes = draw.totals(np.ones(len(truth)))
    scores = {}
    for m in by_class:
        macro_drawn = mean(np.where(held_drawn, by_class_drawn[m], np.nan))
        scores[f"{m} macro"] = _figure(float(by_class[m][held].mean()), macro_drawn)
        scores[f"{m} micro"] = _figure(float(micro[m]), micro_drawn[m])
        scores[f"{m} sample"] = _figure(float(by_patch[m].mean()), draw.totals(by_patch[m]) / sizes)
    wrong = (truth != answer).sum(1) / np.maximum(known.sum(1), 1)
    right = (wrong == 0).astype(np.float64)
    scores["Hamming loss"] = _figure(float(wrong.mean()), draw.totals(wrong) / sizes)
    scores["subset accuracy"] = _figure(float(right.mean()), draw.totals(right) / sizes)
    return Decision(
        name=name,
        thresholds=tuple(thresholds.tolist()),
        scores=scores,
        classes=tuple(
            {m: _figure(float(by_class[m][i]), by_class_drawn[m][held_drawn[:, i], i]) for m in by_class}
            for i in range(len(answered.classes))
        ),
        # counts: true positives, false positives, false negatives, true negatives
        confusion=tuple((int(tp), int(fn), int(fp), int(tn)) for tp, fp, fn, tn in whole.T),
        taken_for=tuple(tuple(row) for row in taken_for(truth, answer).tolist()),
    )


def _reliability(answered: Answered, folds: np.ndarray | None) -> tuple[Reliability, ...]:
    truth, sure, p = answered.truth, answered.sure, answered.p.astype(np.float64)
    found = [_reliability_of("as answered", answered, p)]
    if folds is not None:
        temperature = cal.fit_temperature(truth[sure], p[sure])
        scaled = cal.temperature_crossed(truth, p, folds, sure)
        found.append(_reliability_of("temperature", answered, scaled, temperature))
        found.append(_reliability_of("Platt", answered, cal.platt_crossed(truth, p, folds, sure)))
    return tuple(found)


def _reliability_of(name: str, answered: Answered, p: np.ndarray, fitted: float = float("nan")) -> Reliability:
    truth, known = answered.truth, answered.known
    n, said, held = cal.reliability(truth[known], p[known])
    return Reliability(
        name=name,
        ece=cal.calibration_error(truth[known], p[known]),
        ece_classes=tuple(cal.calibration_error(truth[k, i], p[k, i]) for i, k in enumerate(known.T)),
        count=tuple(n.tolist()),
        said=tuple(said.tolist()),
        held=tuple(held.tolist()),
        fitted=fitted,
    )


def _hardest(answered: Answered) -> tuple[Example, ...]:
    z = cal.logit(answered.p)
    loss = np.logaddexp(0, np.where(answered.truth, -z, z))
    loss = np.where(answered.known, loss, 0).sum(1) / np.maximum(answered.known.sum(1), 1)
    given = answered.p >= np.array(answered.thresholds)

    def names(mask: np.ndarray) -> tuple[str, ...]:
        return tuple(c for c, held in zip(answered.classes, mask, strict=True) if held)

    return tuple(
        Example(
            id=answered.ids[i],
            loss=float(loss[i]),
            truth=names((answered.truth & answered.known)[i]),
            p={c: float(v) for c, v in zip(answered.classes, answered.p[i], strict=True)},
            given=names(given[i]),
        )
        for i in np.argsort(-loss, kind="stable")[:_HARDEST]
    )


def _curves(ranking: Ranking) -> dict[str, Curve]:
    """PR and ROC, thinned to steps of equal length along the ROC curve."""
    true, false = ranking.steps()
    recall, fall_out = true / max(true[-1], 1), false / max(false[-1], 1)
    way = recall + fall_out
    kept = np.unique(np.minimum(np.searchsorted(way, np.linspace(0, way[-1], _POINTS)), len(way) - 1))
    precision = (true / np.maximum(true + false, 1))[kept]
    to_the_end = slice(0, int(np.searchsorted(recall[kept], 1.0)) + 1)  # what follows is a plumb line
    return {
        "pr": Curve(_rounded(recall[kept][to_the_end]), _rounded(precision[to_the_end])) if true[-1] else Curve((), ()),
        "roc": Curve((0.0, *_rounded(fall_out[kept])), (0.0, *_rounded(recall[kept])))
        if true[-1] and false[-1]
        else Curve((), ()),
    }


def _by_threshold(ranking: Ranking) -> dict[str, Curve]:
    at = np.linspace(0, 1, 51)
    true, false = (np.append(0, n) for n in ranking.steps())
    given = np.searchsorted(-ranking.scores[ranking.ends], -at.astype(ranking.scores.dtype), side="right")
    tp, fp = true[given], false[given]
    found = measures(np.stack([tp, fp, true[-1] - tp, false[-1] - fp]))
    found["precision"][given == 0] = np.nan  # where nothing is given, nothing is right or wrong
    return {m: Curve(_rounded(at), _rounded(found[m])) for m in ("precision", "recall", "F1")}


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(np.round(values.astype(np.float64), 4).tolist())


def mean(values: np.ndarray) -> Any:
    """Mean along the last axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    n = known.sum(-1)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, values, 0).sum(-1) / n
    return mean if values.ndim > 1 else float(mean)


def _figure(value: float, samples: np.ndarray) -> Figure:
    known = samples[np.isfinite(samples)]
    if not np.isfinite(value) or not len(known):
        return Figure(float(value))
    low, high = np.percentile(known, [2.5, 97.5])
    return Figure(float(value), float(low), float(high))


def align(names: Sequence[tuple[str, ...]], classes: Sequence[str]) -> tuple[np.ndarray, Mapping[str, int]]:
    """Label names to bool (N, classes), and how often each name stood that is no column."""
    column = {c: i for i, c in enumerate(classes)}
    truth = np.zeros((len(names), len(classes)), bool)
    strange: dict[str, int] = {}
    for row, labels in enumerate(names):
        for label in labels:
            if label in column:
                truth[row, column[label]] = True
            else:
                strange[label] = strange.get(label, 0) + 1
    return truth, strange
