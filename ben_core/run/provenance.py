"""What a run says of itself in its products: no times, no hosts, no paths of a machine."""

from __future__ import annotations

from collections.abc import Mapping

from ..models import Model, ModelCard
from ..products.types import STATUS_NAMES, Probabilities
from ..scene.radar_notes import days_words
from ..version import __version__
from .plan import Plan


def provenance_of(
    plan: Plan,
    model: Model,
    fallback: Model | None,
    answers: Probabilities,
    coverage: Mapping[str, float] | None = None,
) -> dict[str, str]:
    """Name -> value, in display order. ``coverage``: share of pixels by sensor, where both are read."""
    scene, job, card, where = plan.scene, plan.job, plan.card, model.placement
    grid = plan.grid
    found = {
        "software": f"BigEarthNet Mapper {__version__}",
        "scene": scene.name,
        "sensor": scene.instrument,
        "acquired": scene.acquired or "unknown",
        "processing baseline": scene.baseline or "unknown",
        "radiometry": scene.radiometry,
        "bands": ", ".join(f"{b} ({scene.bands[b].resolution} m)" for b in plan.bands),
        "cloud layer": scene.mask.title if scene.mask else "none",
        "CRS": scene.grid.crs if len(scene.grid.crs) < 40 else scene.grid.crs.split('"')[1],
        "grid": f"{grid.rows} rows x {grid.cols} columns of {grid.stride * 10} m cells, patches of {grid.size * 10} m",
        "area": "whole scene" if job.aoi is None else f"{plan.cells} cells that touch the area of interest",
        "skipped when": (
            f"valid pixels < {job.min_valid:.0%}, cloud > {job.max_cloud:.0%}, snow > {job.max_snow:.0%} of a patch"
        ),
        "model": f"{card.name}: {card.title}",
        "model weights": f"{model.weights.file}, SHA-256 {model.weights.sha256}",
        "model licence": card.licence,
        "thresholds": _thresholds(card, plan.thresholds),
        # Not the batch: it follows the memory of the day, and no byte of a product hangs on it.
        "runtime": f"{model.runtime.version}, {where.precision} on {where.device.partition(':')[0]} ({where.why})",
    }
    if fallback is not None and plan.fallback is not None:
        spare = plan.fallback.card
        found["fallback model"] = f"{spare.name}: {spare.title}"
        found["fallback answered"] = _answered(answers)
        found["fallback weights"] = f"{fallback.weights.file}, SHA-256 {fallback.weights.sha256}"
        found["fallback licence"] = spare.licence
        found["fallback thresholds"] = _thresholds(spare, plan.fallback.thresholds)
        found["fallback bands"] = ", ".join(plan.fallback.bands)
    for i, p in enumerate(scene.passes, 1):
        when = f" ({days_words(p.days)})" if p.days is not None else ""
        found[f"Sentinel-1 {i}"] = (
            f"{p.name}, {p.acquired or 'time unknown'}{when}, {p.quantity}, stored as {p.radiometry}"
            + (f", {p.orbit}" if p.orbit else "")
        )
    if len(scene.passes) > 1:
        order = "nearest in time to Sentinel-2" if any(p.days is not None for p in scene.passes) else "newest"
        found["Sentinel-1 mosaic"] = f"the pass {order} first; the next ones, as numbered, fill what it lacks"
    if coverage:
        found["coverage"] = ", ".join(
            f"{share:.1%} of the patches' pixels by {name.replace('_', '-').capitalize()}"
            for name, share in coverage.items()
        )
    if plan.filled:
        found["bands filled"] = ", ".join(f"{b.name} = {b.fill:g} {b.unit}" for b in plan.filled)
    if plan.chosen:
        found["model chosen"] = plan.chosen
    if plan.legend is not None:
        found["legend"] = plan.legend.title
    return found


def _thresholds(card: ModelCard, values: tuple[float, ...]) -> str:
    return "; ".join(f"{c} {t:g}" for c, t in zip(card.classes, values, strict=True))


def _answered(answers: Probabilities) -> str:
    """How many cells the fallback answered, and what the first model met there."""
    filled = answers.by_fallback
    if answers.missed is None or not filled.any():
        return "no cell"
    counts = [(name, int((answers.missed[filled] == i).sum())) for i, name in enumerate(STATUS_NAMES)]
    return f"{int(filled.sum())} cells: " + ", ".join(f"{n} {name}" for name, n in counts if n)
