"""Figures and classes in words, for the table on the terminal and the report alike."""

from __future__ import annotations

import math

from ...products.words import counted, short
from .evaluation import ClassScores, Decision, Evaluation, Figure


def number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def between(figure: Figure, digits: int = 2) -> str:
    """The interval alone: "0.45–0.60"; empty where there is none."""
    return f"{figure.low:.{digits}f}–{figure.high:.{digits}f}" if math.isfinite(figure.low) else ""


def there(evaluation: Evaluation) -> list[tuple[int, ClassScores]]:
    """(column, class) of the classes that some patch holds, the best first."""
    known = [(i, c) for i, c in enumerate(evaluation.classes) if c.positives]
    return sorted(known, key=lambda pair: -pair[1].ap.value)


def whose(decision: Decision, evaluation: Evaluation) -> str:
    """Whose thresholds these are."""
    own = "the thresholds of the map" if evaluation.cells else "the thresholds of the model's card"
    return {"card": own, "tuned": "tuned thresholds", "0.5": "a threshold of 0.5"}[decision.name]


def verdict(evaluation: Evaluation) -> str:
    """The evaluation in a few sentences of plain text."""
    decision = evaluation.decisions[0]
    held = there(evaluation)
    ap = evaluation.scores["AP macro"]
    chance = sum(c.chance for _, c in held) / len(held)
    text = (
        f"Over the {counted(len(held), 'class', 'classes')} that occur in these {counted(evaluation.patches, 'patch', 'patches')}, "
        f"the mean average precision is {number(ap.value)}; guessing would give {number(chance)}. "
    )
    if math.isfinite(ap.low):
        text += (
            f"Drawing the {evaluation.groups:,} {evaluation.drawn} anew, again and again, puts it between "
            f"{number(ap.low)} and {number(ap.high)} in 95 of 100 draws. "
        )
    recall, precision = decision.scores["recall micro"], decision.scores["precision micro"]
    text += (
        f"With {whose(decision, evaluation)}, {100 * recall.value:.0f} of 100 labels that are there are found, and "
        f"{100 * precision.value:.0f} of 100 labels given are right. "
    )
    firm = [c for _, c in held if c.places >= 3 or evaluation.drawn == "patches"] or [c for _, c in held]
    firm.sort(key=lambda c: (c.chance - c.ap.value) / max(1 - c.chance, 1e-9))  # what is above chance, of what could be
    text += (
        f"Best told: {firm[0].name} (average precision {number(firm[0].ap.value)}, guessing {number(firm[0].chance)})"
    )
    if len(firm) > 1:
        text += f"; worst: {firm[-1].name} ({number(firm[-1].ap.value)}, guessing {number(firm[-1].chance)})"
    text += "."
    return text.strip()


def cautions(evaluation: Evaluation) -> list[str]:
    """What to keep in mind before one quotes a figure."""
    texts = list(evaluation.warnings)
    untrained = [c.name for c in evaluation.classes if not c.trained and c.positives]
    if untrained:
        texts.append(
            "The model never learned these classes, and they occur: " + "; ".join(untrained) + ". Means count them in."
        )
    if evaluation.note:
        texts.append(evaluation.note)
    few = [f"{short(c.name)} ({c.positives} in {c.places})" for c in evaluation.classes if 0 < c.places < 3]
    if few and evaluation.drawn != "patches":
        texts.append(
            f"Of these classes the patches lie in one or two {evaluation.drawn}, so their figures, intervals too, tell of "
            "those places and of no other: " + "; ".join(few) + "."
        )
    return texts


def rule(decision: Decision, evaluation: Evaluation) -> str:
    if decision.name == "card":
        return f"Labels by {whose(decision, evaluation)}, one a class."
    if decision.name == "0.5":
        return "A label from probability 0.5 on, for every class, as the published tables use it."
    return (
        f"The thresholds of best F1 a class. Those that a patch was scored with were fitted without it "
        f"({evaluation.folds}); those in the table of classes were fitted on everything and are for other data."
    )
