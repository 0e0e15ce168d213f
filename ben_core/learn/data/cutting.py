"""Patches with labels from any scene and any reference, by the rules of BigEarthNet v2.

A patch is kept where no pixel of it is "no data" and at least 75 % of its area carries one of the 19 classes; its
labels are the classes that at least one pixel of the reference shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...clock import Progress
from ...errors import Cancelled, DataError, JobError
from ...events import Emit, silent
from ...machine import cores
from ...nomenclature import BANDS, S1_BANDS
from ...patches.grid import Grid, Window
from ...patches.stream import Columns, StripPixels, read_strips
from ...patches.strips import strips_of
from ...scene import Scene
from ...scene.types import PIXEL
from ..types import SPLITS, Place, Record
from .pixels import S1, S2
from .reference import Reference, known_share, open_reference, present_classes
from .splits import split_by_place
from .store import StoreWriter

MIN_KNOWN = 0.75  # the rule of BigEarthNet v2 (arXiv:2407.03653)
MAX_CLOUD = 0.05  # about what the archive's lists of clouded and snowy patches leave in

Sample = tuple[Record, Mapping[str, np.ndarray], np.ndarray | None]


@dataclass(frozen=True)
class Rules:
    """Which patches are kept.

    stride      distance of two patches in 10 m pixels
    min_known   least share of a patch's area that carries one of the 19 classes
    max_cloud, max_snow   largest share of the patch; only where the scene has a cloud mask
    split       "geographic": whole blocks of patches to train, validation and test, at least ``gap`` metres
                between them (``splits.split_by_place``); 0: they touch, as in BigEarthNet v2; or "none"
    """

    stride: int = 120
    min_known: float = MIN_KNOWN
    max_cloud: float = MAX_CLOUD
    max_snow: float = MAX_CLOUD
    split: str = "geographic"
    gap: float = 0.0

    def __post_init__(self) -> None:
        for name in ("min_known", "max_cloud", "max_snow"):
            if not 0 <= getattr(self, name) <= 1:
                raise JobError(f"--{name.replace('_', '-')} {getattr(self, name)} is not a number from 0 to 1.")
        if not self.gap >= 0:
            raise JobError(f"--gap {self.gap} is no distance in metres.")
        if self.split not in ("geographic", "none"):
            raise JobError(f"--split {self.split!r} is unknown.", "Choose geographic or none.")


@dataclass
class Tally:
    """What became of the patches of all scenes: kept, left out by reason, and how many hold each class."""

    kept: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    splits: dict[str, int] = field(default_factory=dict)

    def keep(self, record: Record) -> None:
        self.kept += 1
        for name in record.labels or ():
            self.classes[name] = self.classes.get(name, 0) + 1

    def leave(self, reason: str, number: int = 1) -> None:
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number


def cut_data_set(
    scenes: Sequence[Scene],
    references: Sequence[str | Path],
    out: str | Path,
    rules: Rules,
    *,
    code_field: str | None = None,
    codes: Mapping[str, int] | None = None,
    overwrite: bool = False,
    emit: Emit = silent,
    stop: Callable[[], bool] = lambda: False,
) -> Tally:
    """Cut patches from scenes, label them, write them as a store in ``out``: whole or not at all.

    references  one for all scenes, or one a scene, in their order; see ``open_reference``
    Raises DataError where nothing is left, JobError where scenes share their name or references do not match them.
    """
    names = [s.name for s in scenes]
    if len(set(names)) != len(names):
        raise JobError(
            f"Two scenes are called {max(names, key=names.count)!r}, and so would be their patches.",
            "Rename the folder or file of one, or cut them into data sets of their own.",
        )
    if len(references) not in (1, len(scenes)):
        raise JobError(
            f"{len(references)} references are given for {len(scenes)} scenes.",
            "Give one --reference for all, or one for each --scene in the same order.",
        )
    tally = Tally()
    each = references if len(references) == len(scenes) else [references[0]] * len(scenes)

    with StoreWriter(Path(out), overwrite=overwrite) as writer:
        for scene, path in zip(scenes, each, strict=True):
            emit("step", name="cut", text=f"Cutting {scene.name}")
            with closing(open_reference(path, scene.grid, code_field=code_field, codes=codes)) as reference:
                for sample in cut_scene(scene, reference, rules, tally, emit, stop):
                    writer.add(*sample)
        if not tally.kept:
            told = ", ".join(f"{n} {why}" for why, n in sorted(tally.left_out.items()))
            raise DataError(
                f"No patch is left ({told}).", "Give another reference or scene, or relax --min-known or --max-cloud."
            )

        def arrange(records: list[Record]) -> Sequence[Record]:
            if rules.split == "none":
                return records
            split = split_by_place(records, gap=rules.gap, emit=emit)
            tally.splits = {s: sum(r.split == s for r in split) for s in SPLITS}
            return split

        writer.finish(arrange)
    return tally


def cut_scene(
    scene: Scene, reference: Reference, rules: Rules, tally: Tally, emit: Emit, stop: Callable[[], bool]
) -> Iterator[Sample]:
    """The patches of one scene, north to south; each block of a band is decoded once, two strips are held."""
    bands = _usable(scene, emit)
    grid = Grid(
        scene.grid.width, scene.grid.height, rules.stride, unit=max(scene.bands[b].resolution for b in bands) // PIXEL
    )
    progress = Progress(emit, grid.count, 0)
    with closing(read_strips(scene, grid, bands, strips_of(grid), Columns(0, grid.width), cores())) as strips:
        for pixels in strips:
            codes = reference.rows(pixels.strip.top, pixels.strip.bottom)
            for row in range(pixels.strip.first, pixels.strip.last):
                if stop():
                    raise Cancelled("The run was stopped; nothing was written.", "Run the same command again.")
                yield from _cut_row(scene, grid, pixels, codes, row, rules, tally)
                progress.add(grid.cols)


def _cut_row(
    scene: Scene, grid: Grid, pixels: StripPixels, codes: np.ndarray, row: int, rules: Rules, tally: Tally
) -> Iterator[Sample]:
    for col in range(grid.cols):
        window = grid.patch(row, col)
        i = row - pixels.strip.first
        top = window.row - pixels.strip.top
        seen = codes[top : top + grid.size, window.col : window.col + grid.size]
        if _moved(window, grid, row, col):
            tally.leave("at the edge, where they would overlap their neighbours")
        elif pixels.valid[i, col] < 1:
            tally.leave("with pixels without data")
        elif pixels.cloud[i, col] > rules.max_cloud:
            tally.leave("clouded")
        elif pixels.snow[i, col] > rules.max_snow:
            tally.leave("under snow")
        elif known_share(seen) < rules.min_known:
            tally.leave(f"labelled on less than {rules.min_known:.0%} of their area")
        else:
            batch = next(pixels.batches(np.array([row]), np.array([col]), 1))
            record = _record(scene, window, f"{scene.name}_{col:02d}_{row:02d}", seen, pixels.bands)
            tally.keep(record)
            yield record, {name: band[0] for name, band in batch.bands.items()}, seen.copy()


def _record(scene: Scene, window: Window, name: str, codes: np.ndarray, bands: Mapping[str, np.ndarray]) -> Record:
    left, top = scene.grid.left + PIXEL * window.col, scene.grid.top - PIXEL * window.row
    return Record(
        id=name,
        labels=present_classes(codes),
        s1_id=f"{name}_S1" if set(bands) & set(S1_BANDS) else None,
        tile=scene.tile,
        place=Place(scene.grid.crs, left, top, float(PIXEL * window.width)),
        acquired=scene.acquired,
        mapped=True,
    )


def _moved(window: Window, grid: Grid, row: int, col: int) -> bool:
    """Whether the patch was moved inwards at the scene's edge, onto pixels that its neighbours show as well."""
    inset = (grid.size - grid.stride) // 2
    off = col * grid.stride - inset - window.col, row * grid.stride - inset - window.row
    return not all(0 <= d < grid.unit for d in off)


def _usable(scene: Scene, emit: Emit) -> list[str]:
    """The bands that BigEarthNet has, at the size that it has them."""
    bands = [b for b in (*S2, *S1) if b in scene.bands]
    other = [b for b in bands if scene.bands[b].resolution != BANDS[b].resolution]
    if other:
        emit(
            "warning",
            code="left-out",
            message=f"{scene.name}: band {', '.join(other)} is coarser than Sentinel's own and left out.",
        )
    usable = [b for b in bands if b not in other]
    if not usable:
        raise DataError(f"{scene.name} has no band that BigEarthNet knows.", "Name them with --bands.")
    return usable
