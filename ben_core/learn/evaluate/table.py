"""An evaluation as lines of text."""

from __future__ import annotations

import textwrap

from ...products.words import short
from .evaluation import Evaluation
from .words import between, cautions, number, there, verdict, whose

_WIDTH = 100


def as_text(evaluation: Evaluation) -> str:
    """Headline, classes and cautions, at most 100 columns wide."""
    decision = evaluation.decisions[0]
    lines = [
        evaluation.subject,
        "=" * min(len(evaluation.subject), _WIDTH),
        *textwrap.wrap(verdict(evaluation), _WIDTH),
        "",
    ]
    known = {**evaluation.scores, **decision.scores}
    lines.append(f"{'':12}{'mean of classes':>22}{'all answers':>22}{'mean of patches':>22}")
    for name in ("AP", "AUROC", "F1", "F2", "precision", "recall"):
        cells = []
        for average in ("macro", "micro", "sample"):
            figure = known.get(f"{name} {average}")
            cells.append(f"{number(figure.value)} {between(figure):>9}" if figure else "")
        lines.append((f"{name:12}" + "".join(f"{c:>22}" for c in cells)).rstrip())
    ece = " -> ".join(f"{number(r.ece, 3)} ({r.name})" for r in evaluation.reliability)
    lines += ["", f"Labels by {whose(decision, evaluation)}.", f"Calibration error: {ece}", ""]
    groups = evaluation.drawn if evaluation.drawn != "patches" else ""
    lines.append(
        f"{'class':28}{'patches':>8}{'in ' + groups if groups else '':>10}{'AP':>16}{'F1':>16}"
        f"{'found':>8}{'missed':>8}{'false':>7}"
    )
    for i, c in there(evaluation):
        f1, (found, missed, wrong, _) = decision.classes[i]["F1"], decision.confusion[i]
        name = short(c.name) + ("" if c.trained else " *")
        lines.append(
            f"{name:28}{c.positives:>8,}{c.places if groups else '':>10}"
            f"{number(c.ap.value) + ' ' + between(c.ap):>16}{number(f1.value) + ' ' + between(f1):>16}"
            f"{found:>8,}{missed:>8,}{wrong:>7,}"
        )
    if any(not c.trained for _, c in there(evaluation)):
        lines.append("* not trained")
    for text in cautions(evaluation):
        lines += ["", *textwrap.wrap("Note: " + text, _WIDTH, subsequent_indent="      ")]
    return "\n".join(lines)
