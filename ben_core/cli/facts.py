"""What ``ben info --json`` says for programs: numbers in base units, names as the job takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..nomenclature import BANDS

if TYPE_CHECKING:
    from ..models import Model, ModelCard
    from ..run.plan import Plan
    from ..run.preflight import Estimate
    from ..scene import BandSource, Scene


def scene_facts(scene: Scene, coverage: Mapping[str, float]) -> dict[str, Any]:
    """Bands by name (metres a pixel, file, 1-based index in it), bounds (left, bottom, right, top) in ``crs``;
    Sentinel-1 pass by pass, the one that comes first in the mosaic first; ``coverage`` as sampled, by sensor."""
    g = scene.grid
    return {
        "name": scene.name,
        "sensor": scene.sensor,
        "platform": scene.platform,
        "level": scene.level,
        "baseline": scene.baseline,
        "tile": scene.tile,
        "acquired": scene.acquired,
        "crs": g.crs,
        "bounds": list(g.bounds),
        "width": g.width,
        "height": g.height,
        "mask": scene.mask.title if scene.mask else None,
        "radiometry": scene.radiometry,
        "bands": {name: _band_facts(b) for name, b in scene.bands.items()},
        "passes": [asdict(p) for p in scene.passes],
        "coverage": dict(coverage),
    }


def _band_facts(b: BandSource) -> dict[str, Any]:
    """Sentinel-1 also says how its numbers become dB: value * scale + offset is of ``unit``."""
    found: dict[str, Any] = {"resolution": b.resolution, "path": b.path, "index": b.index, "warped": b.warp is not None}
    if b.backscatter is not None:
        found |= {"unit": b.backscatter.unit, "scale": b.scale, "offset": b.offset}
    return found


def model_facts(card: ModelCard) -> dict[str, Any]:
    """Bands in the model's order, classes with their thresholds, scores as numbers."""
    return {
        "name": card.name,
        "title": card.title,
        "description": card.description,
        "bands": [
            {"name": b.name, "sensor": BANDS[b.name].sensor, "resolution": BANDS[b.name].resolution, "fill": b.fill}
            for b in card.inputs
        ],
        "size": card.size,
        "classes": [
            {"name": c, "threshold": t, "trained": c not in card.untrained}
            for c, t in zip(card.classes, card.thresholds, strict=True)
        ],
        "scores": dict(card.scores),
        "licence": card.licence,
        "origin": card.origin,
        "warnings": list(card.warnings),
        **({"adaptation": dict(card.adaptation)} if card.adaptation else {}),
        "weights": [{"file": w.file, "runtime": w.runtime, "precision": w.precision} for w in card.weights],
    }


def fit_facts(bands: Mapping[str, object], card: ModelCard) -> dict[str, list[str]]:
    """Which of the model's bands the scene lacks: needed ("missing"), or replaced by a constant ("filled")."""
    absent = [b for b in card.inputs if b.name not in bands]
    return {
        "missing": [b.name for b in absent if b.fill is None],
        "filled": [b.name for b in absent if b.fill is not None],
    }


def run_facts(plan: Plan, model: Model, need: Estimate, free: int) -> dict[str, Any]:
    """Bytes, seconds, and where the model will run: what was got for the ``device`` of the job, and why."""
    return {
        "stem": plan.stem,
        "cells": plan.cells,
        "rows": plan.grid.rows,
        "cols": plan.grid.cols,
        "stride": plan.grid.stride,
        "memory": need.memory,
        "disk": need.disk,
        "free": free,
        "batch": need.batch,
        "seconds": need.seconds,
        "decode": need.decode,
        "infer": need.infer,
        "asked": plan.job.device,
        "placement": asdict(model.placement),
    }
