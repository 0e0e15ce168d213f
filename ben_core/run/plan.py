"""What a job amounts to on a scene: grid, area, strips, thresholds, and the key of its journal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import JobError
from ..job import Job
from ..machine import cores
from ..models import BandInput, ModelCard
from ..nomenclature import Legend
from ..patches.cells import cells_within
from ..patches.grid import Grid
from ..patches.stream import Columns
from ..patches.strips import Strip, strips_of
from ..products.legend import load_legend
from ..scene import Scene, open_scene, require_bands
from ..scene.aoi import read_area
from ..scene.radar import as_read
from ..scene.remote import fingerprint, is_remote
from ..scene.types import PIXEL
from ..version import __version__
from .asked import Asked, asked, check_fallback


@dataclass(frozen=True)
class Plan:
    """Decided before the first pixel is read.

    inside      bool (rows, cols): cells of the area of interest
    strips      those that hold such cells, north to south
    columns     pixel columns that their patches cover
    first       the model that maps the scene
    fallback    the one for cells that the first may not answer; None: they stay empty
    overview    10 m pixels a pixel of the overview picture
    threads     CPU threads of decoding and of inference
    chosen      why this model, where --model auto chose it
    """

    job: Job
    scene: Scene
    first: Asked
    fallback: Asked | None
    stem: str
    grid: Grid
    inside: np.ndarray
    strips: tuple[Strip, ...]
    columns: Columns
    legend: Legend | None
    overview: int
    threads: int
    chosen: str = ""

    @property
    def card(self) -> ModelCard:
        """That of the first model: its classes, in its order, are those of the run."""
        return self.first.card

    @property
    def thresholds(self) -> tuple[float, ...]:
        """The first model's, one a class, in card order."""
        return self.first.thresholds

    @property
    def filled(self) -> tuple[BandInput, ...]:
        """The bands for which the first model takes a constant, because the scene lacks them."""
        return self.first.filled

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands to read, each once, whichever model wants it."""
        more = self.fallback.bands if self.fallback else ()
        return tuple(dict.fromkeys((*self.first.bands, *more)))

    @property
    def scored(self) -> bool:
        """Whether either model can tell how unusual a patch is."""
        return any(a.card.novelty is not None for a in (self.first, self.fallback) if a)

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
        either = (self.first, self.fallback) if self.fallback else (self.first,)
        return any(a.sensors[0] for a in either), any(a.sensors[1] for a in either)

    def facts(self) -> dict[str, Any]:
        """Everything about scene and options that decides the products (the model adds its own)."""
        job = self.job.to_dict()
        elsewhere = ("scene", "s1", "out", "overwrite", "threads", "device", "precision", "runtime")
        for key in (*elsewhere, "model", "fallback_model"):
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
            **({"fallback": self.fallback.card.to_json(weights=False)} if self.fallback else {}),
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


def make_plan(
    job: Job, scene: Scene, card: ModelCard, chosen: str = "", fallback_card: ModelCard | None = None
) -> Plan:
    """Check that job, scene and models fit. Raises JobError or DataError that say what does not."""
    if not card.classes:
        raise JobError(
            f"Model {card.name!r} gives features and names no classes: it makes no map.", "Choose another --model."
        )
    first, fallback = asked(job, scene, card), None
    require_bands(scene, first.bands)
    if fallback_card is not None:
        fallback = asked(job, scene, fallback_card)
        check_fallback(first, fallback, scene)
    bands = (*first.bands, *(fallback.bands if fallback else ()))
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
        first=first,
        fallback=fallback,
        stem=job.name or scene.name,
        grid=grid,
        inside=inside,
        strips=strips,
        columns=columns,
        legend=load_legend(job.regroup) if job.regroup else None,
        overview=max(1, -(-longest // 1100)),
        threads=job.threads or cores(),
        chosen=chosen,
    )


def _fine(scene: Scene, band: str) -> bool:
    return band in scene.bands and scene.bands[band].resolution == PIXEL
