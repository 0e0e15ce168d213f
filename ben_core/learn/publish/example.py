"""One patch and what the model says of it, for the card. The model normalises its input itself, as on a map."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from ...errors import DataError, JobError
from ...models import Model
from ..evaluate.pictures import pictures, show
from ..types import DataSet, Record

_SIDE = 360  # px of the picture: three a pixel of 10 m


@dataclass(frozen=True)
class Example:
    """One patch.

    picture  None where there are neither red, green and blue nor both radar bands; ``shows``: its channels in words
    p        class -> probability, of normalised input
    truth    its labels; None where nobody labelled it
    """

    id: str
    picture: Image.Image | None
    shows: str
    p: dict[str, float]
    truth: tuple[str, ...] | None


def example(model: Model, data: DataSet, id: str | None = None) -> Example:
    """The patch ``id``, or of the test patches (else of all) the one with the most labels, the first of equals.

    Raises JobError where there is no such patch, DataError where the data lack a band of the model.
    """
    record = _chosen(data, id)
    lacking = [b for b in model.card.bands if b not in data.bands]
    if lacking:
        raise DataError(
            f"{data.title} has no band {', '.join(lacking)}, which model {model.card.name!r} takes.",
            "Give other data, or leave out --data: the card is then written without an example.",
        )
    pixels = data.read(record, model.card.bands)
    p = model.predict({b: x[None] for b, x in pixels.items()})[0]
    # What the model sees, where that can be shown; else what the data have.
    seen = model.card.bands if show(model.card.bands) else data.bands
    picture = pictures(data, [record], seen, _SIDE).get(record.id)
    answers = dict(zip(model.card.classes, map(float, p), strict=True))
    return Example(record.id, picture, show(seen) or "", answers, record.labels)


def _chosen(data: DataSet, id: str | None) -> Record:
    if id is not None:
        found = [r for r in data.records if r.id == id]
        if not found:
            raise JobError(f"{data.title} has no patch {id!r}.", "Give another --example, or none.")
        return found[0]
    records = [r for r in data.records if not r.excluded]
    tested = [r for r in records if r.split == "test"] or records
    if not tested:
        raise JobError(f"{data.title} has no patch to show.", "Give other data, or leave out --data.")
    return max(tested, key=lambda r: len(r.labels or ()))
