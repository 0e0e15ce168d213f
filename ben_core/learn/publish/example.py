"""One patch and what the model says of it, for the card. The model normalises its input itself, as on a map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...errors import DataError, JobError
from ...models import Model
from ..types import DataSet, Record

_SIDE = 360  # px of the picture: three a pixel of 10 m


@dataclass(frozen=True)
class Example:
    """picture: RGB; ``shows`` its channels in words; p: class -> probability; truth: None where nobody labelled it."""

    id: str
    picture: Image.Image
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
    shown, shows = _channels(model.card.bands, dict(pixels))
    picture = Image.fromarray(shown).resize((_SIDE, _SIDE), Image.Resampling.NEAREST)
    return Example(record.id, picture, shows, dict(zip(model.card.classes, map(float, p), strict=True)), record.labels)


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


def _channels(bands: tuple[str, ...], pixels: dict[str, np.ndarray]) -> tuple[np.ndarray, str]:
    """uint8 (h, w, 3), and what its channels are."""
    if {"B04", "B03", "B02"} <= set(bands):
        # Blue to red together, so that colours stay true; the range is that of the patch.
        image = np.stack([pixels[b] for b in ("B04", "B03", "B02")], axis=2).astype(np.float32)
        low, high = np.percentile(image, (1, 99))
        scaled = np.clip((image - low) / max(high - low, 1.0), 0, 1) ** (1 / 1.4)
        return np.rint(scaled * 255).astype(np.uint8), "true colour (B04, B03, B02)"
    if {"VV", "VH"} <= set(bands):
        # The usual ranges of land in dB: VV -20..0, VH -26..-5, their difference 0..15.
        vv, vh = pixels["VV"], pixels["VH"]
        parts = ((vv + 20) / 20, (vh + 26) / 21, (vv - vh) / 15)
        return np.rint(np.stack([p.clip(0, 1) for p in parts], 2) * 255).astype(np.uint8), "radar (VV, VH, VV - VH)"
    first = pixels[bands[0]].astype(np.float32)
    low, high = np.percentile(first, (1, 99))
    grey = np.rint(np.clip((first - low) / max(high - low, 1.0), 0, 1) * 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2), f"band {bands[0]}"
