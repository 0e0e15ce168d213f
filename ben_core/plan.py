"""What a job amounts to on a scene: grid, area, strips, thresholds, and the key of its journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .errors import JobError
from .job import Job
from .machine import cores
from .models import BandInput, ModelCard
from .models.model import constant
from .nomenclature import S1_BANDS, S2_BANDS, Legend
from .patches.cells import cells_within
from .patches.grid import Grid
from .patches.stream import Columns
from .patches.strips import Strip, strips_of
from .products.legend import load_legend
from .scene import Scene, open_scene, require_bands
from .scene.aoi import read_area
from .scene.radar import as_read
from .scene.remote import fingerprint, is_remote
from .scene.types import PIXEL
from .version import __version__


@dataclass(frozen=True)
class Plan:
    """Decided before the first pixel is read.

    inside      bool (rows, cols): cells of the area of interest
    strips      those that hold such cells, north to south
    columns     pixel columns that their patches cover
    thresholds  one a class, in card order
    overview    10 m pixels a pixel of the overview picture
    threads     CPU threads of decoding and of inference
    chosen      why this model, where --model auto chose it
    """

    job: Job
    scene: Scene
    card: ModelCard
    stem: str
    grid: Grid
    inside: np.ndarray
    strips: tuple[Strip, ...]
    columns: Columns
    thresholds: tuple[float, ...]
    legend: Legend | None
    overview: int
    threads: int
    chosen: str = ""

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands to read: those of the model, without what the scene lacks and the model fills."""
        return read_bands(self.scene, self.card)

    @property
    def filled(self) -> tuple[BandInput, ...]:
        """The bands for which the model takes a constant, because the scene lacks them."""
        return tuple(b for b in self.card.inputs if b.name not in self.bands)

    def constants(self, n: int) -> dict[str, np.ndarray]:
        """The filled bands of ``n`` patches, (n, h, w) a band at native size."""
        return {b.name: constant(b, n, self.card.size) for b in self.filled}

    @property
    def cells(self) -> int:
        return int(self.inside.sum())

    @property
    def rgb(self) -> tuple[str, ...]:
        """The bands of the overview picture: red, green, blue where the model reads them, else VV and VH, else none."""
        for wanted in (("B04", "B03", "B02"), ("VV", "VH")):
            if set(wanted) <= set(self.card.bands) and all(_fine(self.scene, b) for b in wanted):
                return wanted
        return ()

    @property
    def sensors(self) -> tuple[bool, bool]:
        """Whether Sentinel-1 and whether Sentinel-2 is read."""
        return any(b in S1_BANDS for b in self.bands), any(b in S2_BANDS for b in self.bands)

    def facts(self) -> dict[str, Any]:
        """Everything about scene and options that decides the products (the model adds its own)."""
        job = self.job.to_dict()
        for key in ("scene", "s1", "out", "overwrite", "threads", "model", "device", "precision", "runtime"):
            del job[key]
        files = [
            (Path(file).name, *(fingerprint(file) if is_remote(file) else _state(Path(file))))
            for file in self.scene.files
        ]
        return {
            "software": __version__,
            "card": self.card.to_json(weights=False),
            "job": job,
            "files": sorted(files, key=repr),
            "scene": repr((self.scene.grid, sorted(self.scene.bands.items()), self.scene.mask)),
            "inside": self.inside.tobytes().hex() if not self.inside.all() else "all",
            "thresholds": self.thresholds,
            "legend": repr(self.legend),
        }


def _state(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def scene_of(job: Job) -> Scene:
    """Open the scene that a job names. Raises JobError or DataError."""
    return open_scene(
        job.scene,
        bands=job.bands,
        scale=job.scale,
        offset=job.offset,
        acquired=job.acquired,
        allow_l1c=job.allow_l1c,
        name=job.name,
        s1=job.s1,
        s1_unit=job.s1_unit,
    )


def make_plan(job: Job, scene: Scene, card: ModelCard, chosen: str = "") -> Plan:
    """Check that job, scene and model fit. Raises JobError or DataError that say what does not."""
    if not card.classes:
        raise JobError(
            f"Model {card.name!r} gives features and names no classes: it makes no map.", "Choose another --model."
        )
    bands = read_bands(scene, card)
    require_bands(scene, bands)
    scene = as_read(scene, bands)
    unit = max(scene.bands[b].resolution for b in bands) // PIXEL
    grid = Grid(scene.grid.width, scene.grid.height, job.stride, card.size, unit)
    if job.aoi is None:
        inside = np.ones((grid.rows, grid.cols), bool)
    else:
        inside = cells_within(read_area(job.aoi, job.aoi_crs, scene.grid), grid, scene.grid)
    strips = tuple(s for s in strips_of(grid) if inside[s.first : s.last].any())
    used = np.flatnonzero(inside.any(axis=0))
    columns = Columns(grid.patch_left(int(used[0])), grid.patch_left(int(used[-1])) + grid.size)
    longest = max(grid.width, grid.height)
    return Plan(
        job=job,
        scene=scene,
        card=card,
        stem=job.name or scene.name,
        grid=grid,
        inside=inside,
        strips=strips,
        columns=columns,
        thresholds=_thresholds(job, card),
        legend=load_legend(job.regroup) if job.regroup else None,
        overview=max(1, -(-longest // 1100)),
        threads=job.threads or cores(),
        chosen=chosen,
    )


def read_bands(scene: Scene, card: ModelCard) -> tuple[str, ...]:
    """The model's bands without those that the scene lacks and the card has a ``fill`` for."""
    return tuple(b.name for b in card.inputs if b.name in scene.bands or b.fill is None)


def _thresholds(job: Job, card: ModelCard) -> tuple[float, ...]:
    if job.threshold is None:
        return card.thresholds
    if isinstance(job.threshold, (int, float)):
        # A class without evidence stays silent whatever the threshold of the others.
        return tuple(1.0 if c in card.untrained else float(job.threshold) for c in card.classes)
    foreign = sorted(set(job.threshold) - set(card.classes))
    if foreign:
        raise JobError(f"--threshold names {foreign[0]!r}, which model {card.name!r} does not answer.")
    return tuple(float(job.threshold.get(c, t)) for c, t in zip(card.classes, card.thresholds, strict=True))


def _fine(scene: Scene, band: str) -> bool:
    return band in scene.bands and scene.bands[band].resolution == PIXEL
