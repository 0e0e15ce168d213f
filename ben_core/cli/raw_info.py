"""What ``ben info`` says of raw Sentinel-1 before it is prepared: what its metadata tell, and what is missing."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..errors import BenError
from ..job import Job
from ..models import find_card
from ..models.registry import choose
from ..nomenclature import S1_BANDS
from ..products.sections import radar_words
from ..run.plan import scene_of
from ..run.raw_radar import NotPrepared, prepared_job, raw_of
from ..scene.grd import GrdProduct, footprint_grid, open_grd
from ..scene.types import Pass, PixelGrid, Scene
from .facts import fit_facts, model_facts, scene_facts

RAW = "raw (GRD): sigma0 in dB once it is prepared"


def look_at_raw(job: Job, facts: dict[str, Any]) -> tuple[Job, dict[str, Any] | None, BenError | None]:
    """The job with prepared products where all raw ones are in the cache; else what is known without them, and the
    error with which a run would end (None: a run would prepare them). ``facts`` is filled like that of any scene.

    Raises DataError for a product that can never serve.
    """
    raw = raw_of(job)
    products = [open_grd(Path(path)) for path in raw]
    try:
        return prepared_job(job, make=False)[0], None, None
    except NotPrepared:
        problem = None
    except BenError as e:
        problem = e
    scene = _beside(job, raw)
    grid = scene.grid if scene else footprint_grid(products[0])
    passes = [_pass(p) for p in products] + (list(scene.passes) if scene else [])
    known = scene_facts(scene, {}) if scene else _alone(products[0], grid)
    known["passes"] = [asdict(p) for p in passes]
    for band in S1_BANDS:
        # No path: there is nothing to be drawn yet.
        known["bands"].setdefault(band, {"resolution": 10, "path": "", "index": 1, "warped": True, "unit": "dB"})
    facts["scene"] = known
    facts["raw"] = [
        {
            "name": p.name,
            "polarisations": list(S1_BANDS),
            "flight": p.flight,
            "track": p.track,
            "processor": "{:03}.{:02}".format(*p.processor),
            "needs": None if problem is None else problem.code or "job",
        }
        for p in products
    ]
    found = {
        "scene": known["name"],
        "acquired": known["acquired"] or "unknown",
        "CRS": grid.crs,
        "extent": f"{grid.width} x {grid.height} px of 10 m ({grid.width / 100:g} x {grid.height / 100:g} km), "
        f"upper left {grid.left:.0f}, {grid.top:.0f}" + ("" if scene else " (around the footprint)"),
        "bands": list(known["bands"]),
        "Sentinel-1": [radar_words(p) for p in passes],
        "notes": [message for _, message in scene.notes] if scene else [],
    }
    try:
        card = find_card(choose(job.model, known["bands"]).name)
        facts["model"], facts["fit"] = model_facts(card), fit_facts(known["bands"], card)
        model = {"model": f"{card.name} ({', '.join(card.bands)})"}
    except BenError as e:
        problem, model = problem or e, {}
    found["run"] = (
        {**model, "impossible": problem.message, "remedy": problem.hint}
        if problem
        else {**model, "first": "ben map prepares Sentinel-1 and keeps it; then ben info tells memory, disk and time."}
    )
    return job, found, problem


def _beside(job: Job, raw: tuple[str, ...]) -> Scene | None:
    """What else the job names: Sentinel-2, or terrain-corrected Sentinel-1; None where there is nothing else."""
    scene, s1 = (tuple(p for p in paths if p not in raw) for paths in (job.scene, job.s1))
    return scene_of(replace(job, scene=scene, s1=s1)) if scene or s1 else None


def _pass(product: GrdProduct) -> Pass:
    acquired = product.annotation.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Pass(product.name, acquired, product.platform, "sigma0", RAW, None, product.orbit)


def _alone(product: GrdProduct, grid: PixelGrid) -> dict[str, Any]:
    one = _pass(product)
    scene = Scene(product.name, "sentinel-1", "unknown", grid, {}, one.acquired, None, one.platform, radiometry=RAW)
    return scene_facts(scene, {})
