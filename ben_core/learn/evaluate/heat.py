"""What is answered where a class is missed: a matrix with names that can be read."""

from __future__ import annotations

from ...products.charts import matrix
from ...products.words import short
from .evaluation import Evaluation
from .words import there


def heat(evaluation: Evaluation) -> str:
    """Rows: classes that were missed at least once; columns: what was wrongly given instead, then "nothing"."""
    taken = evaluation.decisions[0].taken_for
    missed = {i: evaluation.decisions[0].confusion[i][1] for i, _ in there(evaluation)}
    names = [*(c.name for c in evaluation.classes), "nothing"]
    nothing = len(names) - 1
    rows = sorted((i for i in missed if missed[i]), key=lambda i: -missed[i])
    columns = sorted(
        {j for i in rows for j in range(nothing) if taken[i][j]}, key=lambda j: -sum(taken[i][j] for i in rows)
    )
    if not rows:
        return "<h3>What is answered instead</h3><p>No class was missed anywhere.</p>"
    columns.append(nothing)
    cells = {
        (r, k): (
            taken[i][j],
            "grey" if j == nothing else "cell",
            f"{names[i]} missed in {missed[i]:,} patches; {names[j]} given in {taken[i][j]:,} of them",
        )
        for r, i in enumerate(rows)
        for k, j in enumerate(columns)
        if taken[i][j]
    }
    heads = [short(names[j]) if j < nothing else "nothing instead" for j in columns]
    return (
        "<h3>What is answered instead</h3><p>Each row: the patches that hold a class and were not given it (their number beside "
        "the name). Each column: in how many of them that other class was given although it is not there; stronger colour is a larger "
        "share of the row. A patch with several wrong labels stands in several columns.</p>"
        + matrix("What is answered where a class is missed", [(short(names[i]), missed[i]) for i in rows], heads, cells)
        + '<p class="note">After the multi-label confusion matrix of Heydarian, Doyle and '
        "Samavi (IEEE Access 10, 2022), with every missed class set against every wrongly given one.</p>"
    )
