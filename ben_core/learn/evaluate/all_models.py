"""``evaluate_models``: one model, or several side by side, on a data set; their reports and figures as files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ...errors import JobError
from ...events import Emit, silent
from ...models.model import Model
from ..types import DataSet
from .comparing import compare, compared
from .evaluation import Evaluation
from .judging import answer, choose, judge, require_one_split
from .pictures import pictures
from .saving import check_free, save


def evaluate_models(
    models: Sequence[Model],
    data: DataSet,
    out: Path,
    *,
    split: str | None = None,
    thresholds: str = "card",
    draws: int = 1000,
    seed: int = 0,
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> dict[str, tuple[Evaluation, tuple[Path, Path]]]:
    """Judge each model on the same patches; name -> (evaluation, (report, figures)).

    split  "train", "validation", "test", "all"; None: test where the data have it, else all
    A comparison stands in the report of each. Nothing is written before all have answered.
    """
    names = [m.card.name for m in models]
    if len(set(names)) != len(names):
        raise JobError(f"Two of the models have one name: {', '.join(names)}.", "Give each model once.")
    wanted = require_one_split(data.records, split)
    paths = {name: check_free(out, name, overwrite) for name in names}
    chosen = choose(data.records, wanted)
    answers = {}
    for model in models:
        emit("step", name="answer", text=f"Asking {model.card.name}: {len(chosen.records)} patches")
        answers[model.card.name] = answer(model, data, chosen.records, emit, stop)
    comparison = compared(*compare(answers, draws, seed)) if len(models) > 1 else ""
    by_id = {r.id: r for r in chosen.records}
    found = {}
    for model in models:
        name = model.card.name
        evaluation = judge(answers[name], model, data, chosen, wanted, thresholds, draws, seed, emit)
        save(evaluation, pictures(data, [by_id[e.id] for e in evaluation.hardest]), paths[name], comparison)
        found[name] = evaluation, paths[name]
    return found
