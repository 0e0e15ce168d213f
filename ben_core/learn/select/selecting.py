"""``select``: from unlabelled patches to the list of those that a person should label next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.warp import transform as warp_points

from ...errors import DataError, JobError, OutputError
from ...events import Emit, silent
from ...job import PATCH
from ...machine import cores
from ...models import Model, ModelCard, load_model
from ...nomenclature import ORDER_ALPHABETICAL
from ...storage import check_writable
from ..data.labelled import MODELS, PERSON
from ..data.source import Source
from ..types import DataSet, Place, Record
from .agreement import agree, most_certain
from .centres import Scores, score
from .choose import INNER, Choice, Guard, choose
from .package import Row, first_answer, write_list
from .seen import Seen, see_data, see_scene


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    count         patches for a person
    share_inner   share of them that the inner branch chooses (0.4: best in the paper's table II)
    apart         metres that the corners of two chosen patches must lie apart, east-west or north-south; 0: any
    share_class   largest share of a branch's choices that are about one class
    pseudo        pseudo-labels at most; needs a previous model
    single_label  the method as published, for patches of one label each
    stride, min_valid, max_cloud   of the patches of a scene
    """

    count: int
    share_inner: float = 0.4
    apart: float = 2400.0
    share_class: float = 0.25
    pseudo: int = 0
    single_label: bool = False
    stride: int = PATCH
    min_valid: float = 0.9
    max_cloud: float = 0.2

    def __post_init__(self) -> None:
        if self.count < 1:
            raise JobError(f"--count {self.count} asks for no patch.")
        for name in ("share_inner", "share_class", "min_valid", "max_cloud"):
            if not 0 <= getattr(self, name) <= 1:
                raise JobError(f"--{name.replace('_', '-')} {getattr(self, name)} is not a number from 0 to 1.")
        if self.apart < 0 or self.pseudo < 0:
            raise JobError("--apart and --pseudo are 0 or more.")


@dataclass(frozen=True)
class Selection:
    """What was chosen: of ``candidates`` patches ``rows``; ``relaxed`` of them against a guard."""

    rows: tuple[Row, ...]
    candidates: int
    labelled: int
    relaxed: int


def select(
    source: Source,
    labelled: Sequence[DataSet],
    model: str,
    out: str | Path,
    wish: Wish,
    *,
    previous: str | None = None,
    device: str = "auto",
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Selection:
    """Choose patches of ``source`` and write them to the GeoPackage ``out``.

    labelled   data sets whose labelled patches say what is known; those of a data set given as source count as well
    previous   the model of the cycle before: with it pseudo-labels are given (SSAS)
    Raises JobError where the model does not fit, DataError where nothing is left to label or nothing is labelled.
    """
    path = Path(out)
    if path.suffix.lower() != ".gpkg":
        raise JobError(f"--out {path} is no GeoPackage.", "Give it a name that ends in .gpkg.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists; it may hold somebody's labels.", "Give another --out, or --overwrite.")
    check_writable(path)
    if wish.pseudo and previous is None:
        raise JobError("Pseudo-labels need the model of the cycle before.", "Give it with --previous-model.")
    emit("step", name="load", text="Loading the model")
    now = load_model(model, device=device, threads=cores())
    before = load_model(previous, device=device, threads=cores()) if previous is not None else None
    for m in (now, before):
        _check(m)

    emit("step", name="labelled", text="Looking at the labelled patches")
    sets = [*labelled, *([source.data] if source.data is not None else [])]
    known = [(d, [r for r in d.records if _teaches(r)]) for d in sets]
    known = [(d, records) for d, records in known if records]
    if not known:
        raise DataError(
            "There is no labelled patch to compare with.",
            "Give labelled data with --labelled; `ben dataset` makes some.",
        )
    taught = [see_data(d, records, now, None, emit, stop).features for d, records in known]
    records = [r for _, rs in known for r in rs]

    emit("step", name="candidates", text=f"Looking at the unlabelled patches of {source.title}")
    # Those of validation and test as well: trained on, they would no longer judge.
    judged = [r for d in sets for r in d.records if r.labels is not None]
    seen = _without(_candidates(source, now, before, wish, emit, stop), judged)
    if not seen.ids:
        raise DataError(
            f"No unlabelled patch is left in {source.title}.",
            "All are labelled, clouded or empty: give another scene, or relax --max-cloud or --min-valid.",
        )

    emit("step", name="choose", text=f"Choosing {min(wish.count, len(seen.ids))} of {len(seen.ids)} patches")
    rows, relaxed = _rows(seen, np.concatenate(taught), records, now.card, before.card if before else None, wish)
    if relaxed:
        emit(
            "warning",
            code="guard",
            message=f"{relaxed} patches are neighbours of others or beyond their class's share: nothing else was left.",
        )
    write_list(path, rows, _facts(source, path, now, before, wish, len(seen.ids), len(records)))
    emit("output", kind="gpkg", path=str(path))
    return Selection(tuple(rows), len(seen.ids), len(records), relaxed)


def _check(model: Model | None) -> None:
    if model is not None and not model.card.classes:
        raise JobError(
            f"Model {model.card.name!r} gives features and names no classes.", "Train it on some labels first."
        )


def _teaches(record: Record) -> bool:
    """Whether a patch says what is known. What judges a model has no say in what it learns next."""
    return bool(record.labels) and record.split in (None, "train") and not record.excluded


def _candidates(
    source: Source, now: Model, before: Model | None, wish: Wish, emit: Emit, stop: Callable[[], bool]
) -> Seen:
    if source.data is not None:
        open_records = [r for r in source.data.records if r.labels is None and not r.excluded]
        return see_data(source.data, open_records, now, before, emit, stop)

    def wanted(valid: np.ndarray, cloud: np.ndarray, snow: np.ndarray) -> np.ndarray:
        return (valid >= wish.min_valid) & (cloud <= wish.max_cloud) & (snow <= wish.max_cloud)

    assert source.scene is not None
    return see_scene(source.scene, wanted, wish.stride, now, before, emit, stop)


def _without(seen: Seen, records: Sequence[Record]) -> Seen:
    """The patches that are not labelled yet, by name or place."""
    ids = {r.id for r in records}
    free = np.array([i not in ids for i in seen.ids], bool)
    for crs in {p.crs for p in seen.places if p is not None}:
        here = np.array([i for i, p in enumerate(seen.places) if p is not None and p.crs == crs])
        theirs = _centres([r.place for r in records if r.place is not None], crs)
        if theirs.size:
            ours = _centres([seen.places[i] for i in here], crs)
            side = np.array([seen.places[i].side for i in here])  # type: ignore[union-attr]
            # Overlap of two squares of one size; across UTM zones they are turned a little, which changes nothing here.
            hit = (np.abs(ours[:, None] - theirs[None]).max(axis=2) < side[:, None] * 0.99).any(axis=1)
            free[here[hit]] = False
    keep = np.flatnonzero(free)
    return Seen(
        tuple(seen.ids[i] for i in keep),
        tuple(seen.places[i] for i in keep),
        seen.features[keep],
        seen.p[keep],
        None if seen.before is None else seen.before[keep],
        tuple(seen.pictures[i] for i in keep),
    )


def _centres(places: Sequence[Place | None], crs: str) -> np.ndarray:
    """float64 (N, 2): centres in the metres of ``crs``."""
    out = np.empty((len(places), 2))
    for i, p in enumerate(places):
        assert p is not None
        x, y = p.left + p.side / 2, p.top - p.side / 2
        if p.crs != crs:
            (x,), (y,) = warp_points(p.crs, crs, [x], [y])
        out[i] = x, y
    return out


def _rows(
    seen: Seen, taught: np.ndarray, records: Sequence[Record], card: ModelCard, before: ModelCard | None, wish: Wish
) -> tuple[list[Row], int]:
    present = np.array([[c in (r.labels or ()) for c in ORDER_ALPHABETICAL] for r in records])
    known = np.array([[c not in r.unsure for c in ORDER_ALPHABETICAL] for r in records])
    scores = score(seen.features, taught, present, known, wish.single_label)
    chosen = choose(scores, wish.count, wish.share_inner, Guard(wish.share_class, _nearness(seen.places, wish.apart)))
    thresholds = _thresholds(card)
    rows = [
        Row(
            seen.ids[c.index],
            _place(seen, c.index),
            rank,
            PERSON,
            first_answer(seen.p[c.index], thresholds),
            seen.p[c.index],
            c.branch,
            ORDER_ALPHABETICAL[c.about],
            _reason(c, scores),
            seen.pictures[c.index],
        )
        for rank, c in enumerate(chosen, start=1)
    ]
    if before is not None and wish.pseudo:
        rows += _pseudo(seen, {c.index for c in chosen}, card, before, wish)
    return rows, sum(c.relaxed for c in chosen)


def _pseudo(seen: Seen, chosen: set[int], card: ModelCard, before: ModelCard, wish: Wish) -> list[Row]:
    """Patches whose labels the models of two cycles agree on."""
    assert seen.before is not None
    classes = [c for c in ORDER_ALPHABETICAL if c in _thresholds(card) and c in _thresholds(before)]
    if not classes:
        raise JobError(f"The models {card.name!r} and {before.name!r} have no class in common.")
    columns = [ORDER_ALPHABETICAL.index(c) for c in classes]
    p, q = seen.p[:, columns], seen.before[:, columns]
    limit, limit_before = (np.array([_thresholds(m)[c] for c in classes]) for m in (card, before))
    found = agree(p, q, limit, limit_before, wish.single_label)
    taken = np.isin(np.arange(len(p)), list(chosen))
    rows = []
    for i in most_certain(found, p, q, wish.pseudo, taken).tolist():
        answer: list[bool | None] = [None] * len(ORDER_ALPHABETICAL)
        for k, column in enumerate(columns):
            answer[column] = bool(found.present[i, k]) if found.agreed[i, k] else None
        masked = int((~found.agreed[i]).sum())
        top = int(np.where(found.present[i], p[i], -1).argmax())
        reason = f"{before.name} and {card.name} agree on {len(classes) - masked} of {len(classes)} classes"
        rows.append(
            Row(
                seen.ids[i],
                _place(seen, i),
                None,
                MODELS,
                answer,
                seen.p[i],
                "pseudo",
                classes[top],
                reason,
                seen.pictures[i],
            )
        )
    return rows


def _thresholds(card: ModelCard) -> dict[str, float]:
    return {c: t for c, t in zip(card.classes, card.thresholds, strict=True) if c not in card.untrained}


def _nearness(places: Sequence[Place | None], apart: float) -> Callable[[int], np.ndarray]:
    """Patches without a place have no neighbours, nor have those of another UTM zone."""
    crs = np.array([p.crs if p else "" for p in places])
    corners = np.array([(p.left, p.top) if p else (np.nan, np.nan) for p in places])

    def near(i: int) -> np.ndarray:
        return (crs == crs[i]) & (np.abs(corners - corners[i]).max(axis=1) < apart)

    return near


def _reason(choice: Choice, scores: Scores) -> str:
    name = ORDER_ALPHABETICAL[choice.about]
    if choice.branch == INNER:
        return f"unlike what is labelled (nearest: {name})"
    return f"on the border of {name} (margin {scores.border[choice.index]:.3f})"


def _place(seen: Seen, i: int) -> Place:
    place = seen.places[i]
    if place is None:
        raise DataError(
            f"Patch {seen.ids[i]} has no place, so it cannot be drawn on a map.",
            "Give the data set a metadata.parquet with crs, left, top and side.",
        )
    return place


def _facts(
    source: Source, path: Path, now: Model, before: Model | None, wish: Wish, candidates: int, labelled: int
) -> dict[str, Any]:
    return {
        "source": source.facts(path),
        "model": now.card.name,
        "previous_model": before.card.name if before else None,
        "wish": asdict(wish),
        "candidates": candidates,
        "labelled": labelled,
    }
