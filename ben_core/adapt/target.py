"""A scene becomes target patches: read once, predicted once, and divided into blocks that learn, judge and guard."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..clock import Progress
from ..errors import Cancelled, DataError
from ..events import Emit
from ..job import PATCH
from ..machine import require_disk
from ..models.preprocess import Graph
from ..nomenclature import S1_BANDS
from ..patches.grid import Grid
from ..patches.stream import read_strips
from ..products.stretch import radar_colours, stretch
from ..products.types import MAPPED, OUTSIDE, STATUS_NAMES
from ..run.plan import Plan
from ..run.sheet import Sheet
from ..scene.decibels import LOWEST
from ..scene.types import PIXEL
from ..storage import replacing
from .nets import answer, in_batches
from .types import GUARD, MARGIN, TRAIN, VALIDATION, AdaptOptions, TargetPatches

WANTED = 300  # patches; smaller scenes are cut more densely
STRIDES = (PATCH, PATCH // 2, PATCH // 4)  # each a multiple of every native pixel
FEWEST_BLOCKS = 8  # below, blocks are made smaller
_THUMB = 6  # a near-identical patch has the same means of 6 x 6 parts a band, within 1 %


@dataclass(frozen=True)
class Store:
    """The scene's bands in scratch files of their own, decoded once: see ``types.Pixels``.

    Memory is what is asked for; the disk holds the scene's native pixels uncompressed.
    """

    folder: Path
    plan: Plan
    corners: np.ndarray  # (N, 2) top, left in 10 m pixels

    def read(self, indices: Sequence[int] | np.ndarray) -> Mapping[str, np.ndarray]:
        where = self.corners[np.asarray(indices, np.int64)]
        bands = {}
        for name in self.plan.bands:
            step, pixels = self._open(name)
            side = self.plan.grid.size // step
            out = np.empty((len(where), side, side), pixels.dtype)
            for i, (top, left) in enumerate((where // step).tolist()):
                out[i] = pixels[top : top + side, left : left + side]
            bands[name] = out
        return self.plan.first.feed(bands)

    def overview(self) -> np.ndarray | None:
        """uint8 (3, h, w): the scene in small, in natural or radar colours; None where the bands for it are not read."""
        if not self.plan.rgb:
            return None
        k, small = self.plan.overview, []
        for name in self.plan.rgb:
            _, pixels = self._open(name)
            h, w = (n // k for n in pixels.shape)
            rows = (pixels[i * k : (i + 1) * k, : w * k].reshape(k, w, k) for i in range(h))  # one by one: memory
            mean = np.stack([row.mean((0, 2), dtype=np.float32) for row in rows])
            small.append(np.nan_to_num((mean - LOWEST) * 100).clip(0, 65535) if name in S1_BANDS else mean)
        picture = np.rint(np.stack(small)).astype(np.uint16)
        return stretch(picture) if len(small) == 3 else radar_colours(picture)

    def _open(self, name: str) -> tuple[int, np.ndarray]:
        source = self.plan.scene.bands[name]
        shape = (source.height, source.width)
        return source.resolution // PIXEL, np.memmap(_file(self.folder, name), _dtype(name), "r", shape=shape)


def target_patches(
    plan: Plan, graph: Graph, options: AdaptOptions, folder: Path, emit: Emit, stop: Callable[[], bool]
) -> TargetPatches:
    """The usable patches of the plan's scene with the model's answers; ``folder`` keeps pixels and answers.

    A run that goes on finds both there. Raises DataError where nothing can be used, Cancelled.
    """
    cells, left_out = _decode(plan, folder, emit, stop)
    corners = np.array([(plan.grid.patch_top(r), plan.grid.patch_left(c)) for r, c in cells.tolist()], np.int64)
    store = Store(folder, plan, corners.reshape(-1, 2))
    p, features, signs = _answers(plan, graph, store, folder, emit, stop)
    # At the scene's edges patches are moved inward, and open water looks like open water.
    keep = np.sort(np.unique(signs, return_index=True)[1])
    left_out = {**left_out, **({"duplicate": len(cells) - len(keep)} if len(keep) < len(cells) else {})}
    cells, corners = cells[keep], corners[keep]
    block, side = blocks_of(cells, plan.grid, options.block)
    role = roles_of(block, corners, plan.grid, options)
    if side < options.block:
        emit(
            "step",
            name="blocks",
            text=f"The scene is small: spatial blocks are {side} patches wide instead of {options.block}",
        )
    return TargetPatches(
        cells=cells,
        corners=corners,
        p=p[keep],
        features=features[keep],
        block=block,
        role=role,
        classes=plan.card.classes,
        shape=(plan.grid.rows, plan.grid.cols),
        stride=plan.grid.stride,
        pixels=Store(folder, plan, corners),
        left_out=left_out,
    )


def blocks_of(cells: np.ndarray, grid: Grid, block: int) -> tuple[np.ndarray, int]:
    """(number of the block of each cell (N,), side in patches): as wide as asked, less where there would be too few."""
    centres = cells * grid.stride + grid.stride // 2
    for side in range(block, 0, -1):
        rows, cols = (centres // (side * grid.size)).T
        numbers = rows * (-(-grid.width // (side * grid.size)) + 1) + cols
        if side == 1 or len(np.unique(numbers)) >= FEWEST_BLOCKS:
            return numbers, side
    raise AssertionError


def roles_of(block: np.ndarray, corners: np.ndarray, grid: Grid, options: AdaptOptions) -> np.ndarray:
    """str (N,): whole blocks drawn by the seed guard and judge, the rest learns.

    What shares a pixel with a guard patch and is none, and what learns and shares a pixel with a judging one, is
    margin. Raises DataError where nothing is left for one of the three that the method needs.
    """
    numbers = np.unique(block)
    drawn = np.random.default_rng([options.seed, 1]).permutation(numbers)
    guards = max(1, round(options.guard_share * len(numbers)))
    judges = max(1, round(options.validation_share * len(numbers)))
    role = np.full(len(block), TRAIN, dtype="<U10")
    role[np.isin(block, drawn[:guards])] = GUARD
    role[np.isin(block, drawn[guards : guards + judges])] = VALIDATION
    taken = np.zeros((grid.height, grid.width), bool)
    for one, others in ((GUARD, (VALIDATION, TRAIN)), (VALIDATION, (TRAIN,))):
        for top, left in corners[role == one].tolist():
            taken[top : top + grid.size, left : left + grid.size] = True
        for i in np.flatnonzero(np.isin(role, others)).tolist():
            top, left = corners[i].tolist()
            if taken[top : top + grid.size, left : left + grid.size].any():
                role[i] = MARGIN
    for name, what in ((TRAIN, "learn from"), (VALIDATION, "judge by"), (GUARD, "guard by")):
        idle = name == VALIDATION and options.method == "bn-only"  # which has no epochs
        if not (role == name).any() and not idle:
            raise DataError(
                f"The scene is too small to adapt to: of {len(block)} usable patches in {len(numbers)} blocks none is left to {what}.",
                "Give a larger scene or area, a smaller --block or --stride, or draw other blocks with --seed.",
                "too-small",
            )
    return role


def _decode(plan: Plan, folder: Path, emit: Emit, stop: Callable[[], bool]) -> tuple[np.ndarray, dict[str, int]]:
    """Usable cells (N, 2) and why others are not; the bands lie in ``folder`` afterwards."""
    done = folder / "cells.npz"
    if done.is_file():
        with np.load(done) as z:
            return z["cells"], dict(zip(z["why"].tolist(), z["count"].tolist(), strict=True))
    emit("step", name="read", text=f"Reading {plan.cells} patches of {plan.scene.name}")
    bands = {}
    _require_room(plan, folder)
    for name in plan.bands:
        source = plan.scene.bands[name]
        bands[name] = np.memmap(_file(folder, name), _dtype(name), "w+", shape=(source.height, source.width))
    usable: list[np.ndarray] = []
    status = np.zeros(len(STATUS_NAMES), np.int64)
    with closing(read_strips(plan.scene, plan.grid, plan.bands, plan.strips, plan.columns, plan.threads)) as strips:
        for pixels in strips:
            if stop():
                raise Cancelled("The run was stopped.", "Run the same command again.")
            for name, a in pixels.bands.items():
                step = pixels.steps[name]
                top, left = pixels.strip.top // step, plan.columns.left // step
                bands[name][top : top + a.shape[0], left : left + a.shape[1]] = a
            sheet = Sheet(plan, pixels)
            usable.append(np.stack(sheet.cells, 1))
            status += np.bincount(sheet.status.ravel(), minlength=len(STATUS_NAMES))
    for memory in bands.values():
        memory.flush()
    cells = np.concatenate(usable).astype(np.int64)
    left_out = {
        n: int(k) for i, (n, k) in enumerate(zip(STATUS_NAMES, status, strict=True)) if k and i not in (MAPPED, OUTSIDE)
    }
    if not len(cells):
        told = ", ".join(f"{n} {why}" for why, n in left_out.items())
        raise DataError(
            f"No patch of {plan.scene.name} can be learned from: {told or 'none is inside the area'}.",
            "Choose a clearer scene or area, or relax --max-cloud or --min-valid.",
            "no-patch",
        )
    _save(done, cells=cells, why=np.array(list(left_out), dtype=str), count=np.array(list(left_out.values()), np.int64))
    return cells, left_out


def _answers(
    plan: Plan, graph: Graph, store: Store, folder: Path, emit: Emit, stop: Callable[[], bool]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p (N, C), features (N, D) and a sign (N,) that near-identical patches share."""
    done = folder / "answers.npz"
    if done.is_file():
        with np.load(done) as z:
            return z["p"], z["features"], z["signs"]
    emit("step", name="predict", text=f"Predicting {len(store.corners)} patches")
    progress = Progress(emit, len(store.corners), 0)
    p, features, signs = [], [], []
    for part in in_batches(np.arange(len(store.corners))):
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again.")
        bands = store.read(part)
        said, found = answer(graph, plan.card, bands)
        p.append(said)
        features.append(found)
        signs.append(_signs({name: bands[name] for name in plan.bands}))
        progress.add(len(part))
    arrays = {"p": np.concatenate(p), "features": np.concatenate(features), "signs": np.concatenate(signs)}
    _save(done, **arrays)
    return arrays["p"], arrays["features"], arrays["signs"]


def _signs(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    """bytes (N,): a hash of the means of parts of each band, in steps of 1 % (Sentinel-1: of 0.04 dB, as much)."""
    thumbs = []
    for name, x in bands.items():
        side = x.shape[1] // _THUMB * _THUMB
        parts_of = x[:, :side, :side].reshape(len(x), _THUMB, side // _THUMB, _THUMB, side // _THUMB)
        mean = parts_of.astype(np.float64).mean((2, 4)).reshape(len(x), -1)
        steps = mean / 0.04 if name in S1_BANDS else np.log(np.maximum(mean, 1)) / 0.01
        thumbs.append(np.rint(steps).astype(np.int32))
    rows = np.concatenate(thumbs, 1)
    return np.array([hashlib.sha256(r.tobytes()).hexdigest()[:24] for r in rows], dtype="<U24")


def _require_room(plan: Plan, folder: Path) -> None:
    """StorageError before the first block is decoded, and not after an hour."""
    need = sum(b.width * b.height * _dtype(n).itemsize for n, b in plan.scene.bands.items() if n in plan.bands)
    require_disk(
        1.1 * need,
        folder,
        "Adapting needs, for the scene's pixels,",
        "Free some space, or give an --out on another disk.",
    )


def _dtype(band: str) -> np.dtype:
    return np.dtype(np.float32 if band in S1_BANDS else np.uint16)


def _file(folder: Path, band: str) -> Path:
    return folder / f"{band}.raw"


def _save(path: Path, **arrays: np.ndarray) -> None:
    with replacing(path) as f:
        np.savez(f, **arrays)  # type: ignore[arg-type]
