"""``evaluate``: a model's answers to a labelled data set, and every figure of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...clock import Progress
from ...errors import Cancelled, JobError, ModelError
from ...events import Emit, silent
from ...job import PATCH
from ...models.card import ModelCard
from ...models.model import Model, constant
from ..types import DataSet, Record
from .bootstrap import groups_of
from .evaluation import Epoch, Evaluation
from .features import feature_map
from .leaks import leaks
from .scoring import Answered, align, score

HISTORY = "history.json"  # what `ben train` leaves beside a card
_READERS = 4  # threads; a patch is a dozen small files
_MAPPED = 800  # patches of the feature map; t-SNE of more takes minutes, and shows no more


@dataclass(frozen=True)
class Choice:
    """The records that are judged, and how many are not, by reason."""

    records: tuple[Record, ...]
    left_out: Mapping[str, int]


def choose(records: Sequence[Record], split: str | None) -> Choice:
    """Labelled records of a split (None: of all) that nothing speaks against."""
    reasons: Counter[str] = Counter()
    kept = []
    for r in records:
        if split is not None and r.split != split:
            reasons[f"in another split ({r.split or 'none'})"] += 1
        elif r.excluded:
            reasons[", ".join(r.excluded)] += 1
        elif r.labels is None:
            reasons["not labelled"] += 1
        else:
            kept.append(r)
    return Choice(tuple(kept), dict(sorted(reasons.items())))


def judge(
    answered: Answered,
    model: Model,
    data: DataSet,
    chosen: Choice,
    split: str | None,
    thresholds: str = "card",
    draws: int = 1000,
    seed: int = 0,
    emit: Emit = silent,
) -> Evaluation:
    """The figures of what ``model`` answered to the records ``chosen``.

    split       what they were chosen by; None: whatever split they stand in
    thresholds  whose thresholds come first: "card", "tuned" or "0.5"
    Raises JobError where no thresholds can be tuned, DataError where no patch is left.
    """
    emit("step", name="score", text="Scoring")
    _, strange = align([r.labels or () for r in chosen.records], model.card.classes)
    found = score(
        answered,
        thresholds,
        draws,
        seed,
        subject=model.card.title,
        about=_about(model),
        data=data.title,
        split=split or "",
        left_out=chosen.left_out,
        warnings=(*leaks(model.card, data.title, split, answered.ids), *_cautions(model.card, data, strange)),
        history=read_history(model.card),
    )
    emit("step", name="features", text="Laying out the features")
    return replace(found, features=feature_map(model, data, _spread(chosen.records, _MAPPED), seed))


def answer(
    model: Model,
    data: DataSet,
    records: Sequence[Record],
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Answered:
    """Truth and answers of ``records``, in their order, by the classes of the card.

    Memory: two batches of pixels and a number a patch and class. Raises ModelError where the data lack a band or the
    model has no classes, DataError where a patch cannot be read, Cancelled.
    """
    if not model.card.classes:
        raise ModelError(f"Model {model.card.name!r} gives features and no classes.", "Fine-tune it with `ben train`.")
    truth, _ = align([r.labels or () for r in records], model.card.classes)
    unsure, _ = align([r.unsure for r in records], model.card.classes)
    p = np.empty(truth.shape, np.float32)
    progress = Progress(emit, len(records), 0)
    size = min(model.fit_batch(0), max(len(records), 1))
    done = 0
    for answers in model.answer_each(batches(model.card, data, records, size)):
        if stop():
            raise Cancelled("The evaluation was stopped.", "Nothing was written; give the same command again.")
        p[done : done + len(answers.p)] = answers.p
        done += len(answers.p)
        progress.add(len(answers.p))
    return Answered(
        ids=tuple(r.id for r in records),
        classes=model.card.classes,
        truth=truth,
        known=~unsure,
        p=p,
        groups=groups_of(records),
        thresholds=model.card.thresholds,
        untrained=model.card.untrained,
    )


def batches(card: ModelCard, data: DataSet, records: Sequence[Record], size: int) -> Iterator[dict[str, np.ndarray]]:
    """Pixels by band, (N, h, w), for ``size`` records at a time; the next batch is read meanwhile.

    Raises ModelError where the data lack a band that the model needs, or patches of its size.
    """
    if card.size != PATCH:
        raise ModelError(
            f"Model {card.name!r} takes patches of {card.size} px; labels are true of whole patches of {PATCH} px."
        )
    wanted = tuple(b.name for b in card.inputs if b.name in data.bands)
    missing = [b.name for b in card.inputs if b.name not in data.bands and b.fill is None]
    if missing:
        raise ModelError(
            f"Model {card.name!r} needs {', '.join(missing)}, and {data.title} has {', '.join(data.bands)}.",
            "Choose a model for these bands (`ben models list`), or give the other sensor's folder too.",
        )
    filled = [b for b in card.inputs if b.name not in data.bands]

    def read(record: Record) -> Mapping[str, np.ndarray]:
        return data.read(record, wanted)

    with ThreadPoolExecutor(_READERS) as readers:
        parts = [records[i : i + size] for i in range(0, len(records), size)]
        ahead = [readers.submit(read, r) for r in parts[0]] if parts else []
        for k, part in enumerate(parts):
            now, ahead = ahead, [readers.submit(read, r) for r in parts[k + 1]] if k + 1 < len(parts) else []
            pixels = [f.result() for f in now]
            bands = {name: np.stack([p[name] for p in pixels]) for name in wanted}
            yield {**bands, **{b.name: constant(b, len(part), card.size) for b in filled}}


def read_history(card: ModelCard) -> tuple[Epoch, ...]:
    """The epochs that a training run wrote beside its card; none where there is no such file, or another's."""
    try:
        document = json.loads(((card.folder or Path()) / HISTORY).read_text(encoding="utf-8"))
        lines = document["epochs"] if isinstance(document, dict) else document
        return tuple(
            Epoch(int(line["epoch"]), {k: float(v) for k, v in line.items() if k != "epoch" and _is_number(v)})
            for line in lines
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _about(model: Model) -> dict[str, str]:
    card = model.card
    return {
        "Model": card.name,
        "Bands": ", ".join(card.bands),
        "Classes": f"{len(card.classes)}" + (f", {len(card.untrained)} of them untrained" if card.untrained else ""),
        "Ran on": f"{model.placement.device}, {model.placement.runtime}, {model.placement.precision}",
        "Weights": f"SHA-256 {model.weights.sha256[:16]}…",
        "Origin": card.origin,
        "Licence": card.licence,
    }


def _cautions(card: ModelCard, data: DataSet, strange: Mapping[str, int]) -> list[str]:
    found = []
    if strange:
        told = "; ".join(f"{name} ({n})" for name, n in sorted(strange.items()))
        found.append(f"The model does not answer for these classes of the data, which no figure counts: {told}.")
    filled = [f"{b.name} ({b.fill:g} {b.unit})" for b in card.inputs if b.name not in data.bands]
    if filled:
        found.append(f"The data lack bands that the model takes; constants stood for them: {', '.join(filled)}.")
    return found


def _spread(records: Sequence[Record], most: int) -> tuple[Record, ...]:
    """At most ``most`` records, evenly through the data set."""
    if len(records) <= most:
        return tuple(records)
    return tuple(records[i] for i in np.linspace(0, len(records) - 1, most).astype(int))


def require_one_split(records: Sequence[Record], wanted: str | None) -> str | None:
    """The split to judge: ``wanted``, None for "all"; for no wish "test" where the data have one, else all.

    Raises JobError where no record stands in the split asked for.
    """
    there = {r.split for r in records}
    if wanted == "all":
        return None
    if wanted is None:
        return "test" if "test" in there else None
    if wanted not in there:
        known = ", ".join(sorted(s for s in there if s)) or "none"
        raise JobError(
            f"The data set has no split {wanted!r}; it has: {known}.", "Give another --split, or --split all."
        )
    return wanted
