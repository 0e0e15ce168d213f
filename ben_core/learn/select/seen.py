"""What a model makes of patches: features, probabilities, a small picture; of a whole scene or of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from ...clock import Progress
from ...errors import Cancelled, DataError
from ...events import Emit
from ...machine import cores
from ...models import Model
from ...models.model import constant, probabilities
from ...nomenclature import ORDER_ALPHABETICAL
from ...patches.grid import Grid
from ...patches.stream import Columns, read_strips
from ...patches.strips import strips_of
from ...scene import Scene, require_bands
from ...scene.types import PIXEL
from ..types import DataSet, Place, Record

RGB = ("B04", "B03", "B02")
_WHITE = 2500.0  # DN shown white: reflectance 0.25, bright fields; one scale for all, so that pictures compare
_QUALITY = 85  # of the JPEG: about 5 kB a patch


@dataclass(frozen=True)
class Seen:
    """N patches; ``classes`` are the 19 in alphabetical order.

    features  float32 (N, D) of the model
    p         float32 (N, 19); NaN for classes that the model does not answer
    before    the same of the previous cycle's model, None without one
    pictures  JPEG of each, empty where red, green and blue are not all read
    """

    ids: tuple[str, ...]
    places: tuple[Place | None, ...]
    features: np.ndarray
    p: np.ndarray
    before: np.ndarray | None
    pictures: tuple[bytes, ...]


@dataclass(frozen=True)
class _Part:
    ids: list[str]
    places: list[Place | None]
    bands: Mapping[str, np.ndarray]


def see_data(
    data: DataSet, records: Sequence[Record], model: Model, previous: Model | None, emit: Emit, stop: Callable[[], bool]
) -> Seen:
    """Look at patches of a data set. Raises DataError where they lack a band that the model needs."""
    bands = _bands(data.bands, model, previous)
    needed = [b for b in bands if b not in data.bands and b not in RGB]
    if needed:
        raise DataError(
            f"{data.title} has no band {', '.join(needed)}; it has {', '.join(data.bands)}.", "Choose another --model."
        )
    bands = [b for b in bands if b in data.bands]

    def parts() -> Iterator[_Part]:
        for i in range(0, len(records), model.batch):
            few = records[i : i + model.batch]
            read = [data.read(r, bands) for r in few]
            yield _Part([r.id for r in few], [r.place for r in few], {b: np.stack([x[b] for x in read]) for b in bands})

    return _see(parts(), len(records), model, previous, emit, stop)


def see_scene(
    scene: Scene,
    wanted: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    stride: int,
    model: Model,
    previous: Model | None,
    emit: Emit,
    stop: Callable[[], bool],
) -> Seen:
    """Look at the patches of a scene, decoded once.

    wanted   wanted(valid, cloud, snow) -> bool (rows, cols) of a strip: which of its cells to look at; the
             fractions are those of ``patches.stream.StripPixels``
    Ids are the scene's name with column and row of the cell, as BigEarthNet writes them.
    """
    bands = _bands(tuple(scene.bands), model, previous)
    require_bands(scene, [b for b in bands if b not in RGB])
    bands = [b for b in bands if b in scene.bands]
    grid = grid_of(scene, bands, stride)
    strips, columns = strips_of(grid), Columns(0, grid.width)

    def parts() -> Iterator[_Part]:
        with closing(read_strips(scene, grid, bands, strips, columns, cores())) as pixels:
            for strip in pixels:
                rows, cols = np.nonzero(wanted(strip.valid, strip.cloud, strip.snow))
                for batch in strip.batches(rows + strip.strip.first, cols, model.batch):
                    cells = list(zip(batch.rows.tolist(), batch.cols.tolist(), strict=True))
                    yield _Part(
                        [f"{scene.name}_{c:02d}_{r:02d}" for r, c in cells],
                        [place_of(scene, grid, r, c) for r, c in cells],
                        batch.bands,
                    )

    return _see(parts(), grid.count, model, previous, emit, stop)


def grid_of(scene: Scene, bands: Sequence[str], stride: int) -> Grid:
    unit = max(scene.bands[b].resolution for b in bands) // PIXEL
    return Grid(scene.grid.width, scene.grid.height, stride, unit=unit)


def place_of(scene: Scene, grid: Grid, row: int, col: int) -> Place:
    """Footprint of the patch of a cell."""
    patch = grid.patch(row, col)
    return Place(
        scene.grid.crs,
        scene.grid.left + PIXEL * patch.col,
        scene.grid.top - PIXEL * patch.row,
        float(PIXEL * grid.size),
    )


def _bands(there: Sequence[str], *models: Model | None) -> list[str]:
    """What the models need and cannot fill, and what a picture needs."""
    inputs = [b for m in models if m is not None for b in m.card.inputs]
    needed = [b.name for b in inputs if b.name in there or b.fill is None]
    return list(dict.fromkeys([*needed, *RGB]))


def _see(
    parts: Iterator[_Part],
    total: int,
    model: Model,
    previous: Model | None,
    emit: Emit,
    stop: Callable[[], bool],
) -> Seen:
    ids: list[str] = []
    places: list[Place | None] = []
    features, p, before, pictures = [], [], [], []
    progress = Progress(emit, total, 0)
    for part in parts:
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again.")
        found, answer = _answer(model, part.bands, len(part.ids))
        features.append(found)
        p.append(answer)
        if previous is not None:
            before.append(_answer(previous, part.bands, len(part.ids))[1])
        pictures += _pictures(part.bands, len(part.ids))
        ids += part.ids
        places += part.places
        progress.add(len(part.ids))
    none = np.zeros((0, len(ORDER_ALPHABETICAL)), np.float32)
    return Seen(
        tuple(ids),
        tuple(places),
        np.concatenate(features) if features else np.zeros((0, 1), np.float32),
        np.concatenate(p) if p else none,
        (np.concatenate(before) if before else none) if previous is not None else None,
        tuple(pictures),
    )


def _answer(model: Model, bands: Mapping[str, np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, D) and probabilities (n, 19) in alphabetical order."""
    given = {b.name: bands[b.name] if b.name in bands else constant(b, n, model.card.size) for b in model.card.inputs}
    logits, features = model.runtime.run(given)
    out = np.full((n, len(ORDER_ALPHABETICAL)), np.nan, np.float32)
    if model.card.classes:
        columns = [ORDER_ALPHABETICAL.index(c) for c in model.card.classes]
        out[:, columns] = probabilities(model.card, logits)
    return features, out


def _pictures(bands: Mapping[str, np.ndarray], n: int) -> list[bytes]:
    if any(b not in bands for b in RGB):
        return [b""] * n
    rgb = np.stack([bands[b] for b in RGB], axis=-1).astype(np.float32)
    shown = np.rint(255 * np.clip(rgb / _WHITE, 0, 1) ** (1 / 1.4)).astype(np.uint8)
    out = []
    for image in shown:
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=_QUALITY)
        out.append(file.getvalue())
    return out
