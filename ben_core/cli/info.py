"""``ben info``: what a scene or a model is, and what a run would need."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import BenError
from ..job import Job
from ..machine import cores, free_disk, require_disk
from .facts import fit_facts, model_facts, run_facts, scene_facts
from .options import job_of, job_options

if TYPE_CHECKING:
    from ..scene import BandSource, Scene


@click.command(name="info", short_help="Say what a scene or a model is, and what a run would need.")
@click.argument("what", nargs=-1, type=click.Path())
@click.option("--job", "job_file", type=click.Path(), help="Read the whole job from a JSON file instead.")
@job_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON; under 'facts' the same for programs.")
def command(what: tuple[str, ...], job_file: str | None, as_json: bool, **options: Any) -> int:
    """Look at WHAT before a run: a scene (any input of ben map, --s2 and --s1 too) or a model ('embedded', a name, a card, an .onnx file).

    For a scene: bands found, radiometry, grid, number of patches, and the memory, disk and time that a
    run would need here, measured by decoding one block row and running one batch.
    """
    facts: dict[str, Any] = {}
    misfit = None
    if job_file is None and _is_model(what):
        found = describe_model(what[0], facts)
    else:
        found, misfit = _scene(job_of(what, job_file, options if job_file else {**options, "out": "."}), facts)
    if as_json:
        found["facts"] = facts
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print_facts(found)
    if misfit is not None:
        raise misfit
    return 0


def _is_model(what: tuple[str, ...]) -> bool:
    if len(what) != 1:
        return False
    from ..models.registry import embedded_card, is_name

    path = Path(what[0])
    if embedded_card(what[0]) is not None or (not path.exists() and is_name(what[0])):
        return True
    return path.suffix == ".onnx" or (path.suffix == ".json" and path.is_file() and _is_card(path))


def _is_card(path: Path) -> bool:
    """Whether a JSON file is a model card (an item of STAC's model extension), as opposed to a scene's item."""
    return path.stat().st_size < 2**26 and b'"mlm:' in path.read_bytes()


def describe_model(name: str, facts: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a card says, for people; for programs in ``facts``."""
    from ..models import find_card

    card = find_card(name)
    if facts is not None:
        facts["model"] = model_facts(card)
    return {
        "model": card.name,
        "title": card.title,
        "description": card.description,
        "input": f"{len(card.bands)} bands, patches of {card.size} x {card.size} px at 10 m",
        "bands": [f"{b.name}: {b.unit}, mean {b.mean:g}, std {b.std:g}, {b.resampling}" for b in card.inputs],
        "classes": [
            f"{c} (label from {t:g})" if c not in card.untrained else f"{c} (untrained: no label)"
            for c, t in zip(card.classes, card.thresholds, strict=True)
        ],
        "weights": [f"{w.file}: {w.runtime} {w.precision}, SHA-256 {w.sha256}" for w in card.weights],
        "scores": [f"{name}: {_score(s)}" for name, s in card.scores.items()],
        "licence": card.licence,
        "origin": card.origin,
        "notes": list(card.warnings),
    }


def _score(score: Any) -> str:
    if not isinstance(score, dict) or "value" not in score:
        return json.dumps(score, ensure_ascii=False)
    text = f"{score['value']:.3f}"
    if "low" in score and "high" in score:
        text += f" ({score['low']:.3f} to {score['high']:.3f})"
    return text + (f", {score['note']}" if score.get("note") else "")


def _scene(job: Job, facts: dict[str, Any]) -> tuple[dict[str, Any], BenError | None]:
    """What a scene is and what a run would need; the error that a run would end with, if any. ``facts`` is filled."""
    from ..products.sections import radar_words
    from ..run.plan import scene_of
    from ..run.raw_radar import raw_of
    from ..scene import check_radiometry
    from ..scene.coverage import sampled_coverage
    from .raw_info import look_at_raw

    if raw_of(job):
        job, found, problem = look_at_raw(job, facts)
        if found is not None:
            return found, problem
    scene = scene_of(job)
    coverage = sampled_coverage(scene)
    facts["scene"] = scene_facts(scene, coverage)
    g = scene.grid
    found = {
        "scene": scene.name,
        "sensor": scene.instrument
        + (f", baseline {scene.baseline or 'unknown'}" if scene.sensor == "sentinel-2" else ""),
        "acquired": scene.acquired or "unknown",
        "CRS": g.crs,
        "extent": f"{g.width} x {g.height} px of 10 m ({g.width / 100:g} x {g.height / 100:g} km), "
        f"upper left {g.left:.0f}, {g.top:.0f}" + (f", MGRS tile {scene.tile}" if scene.tile else ""),
        "bands": [
            f"{name}: {b.resolution} m, {b.width} x {b.height}, {b.dtype}, {b.driver}"
            + (", warped" if b.warp else "")
            + _passes(b)
            for name, b in scene.bands.items()
        ],
        **({"Sentinel-1": [radar_words(p) for p in scene.passes]} if scene.passes else {}),
        **({"coverage": _coverage(coverage)} if coverage else {}),
        "cloud layer": scene.mask.title if scene.mask else "none",
        "radiometry": scene.radiometry,
        "notes": [message for _, message in (*scene.notes, *check_radiometry(scene))],
    }
    try:
        found["run"] = _run(job, scene, facts)
    except BenError as e:
        found["run"] = {"impossible": e.message, "remedy": e.hint}
        return found, e
    return found, None


def _coverage(shares: Mapping[str, float]) -> str:
    said = (f"{name.replace('_', '-').capitalize()} about {share:.0%}" for name, share in shares.items())
    return f"{', '.join(said)} of the scene's pixels (sampled)"


def _passes(band: BandSource) -> str:
    behind = len(band.backscatter.behind) if band.backscatter else 0
    return f", and {behind} more pass{'es' * (behind > 1)} behind it" if behind else ""


def _run(job: Job, scene: Scene, facts: dict[str, Any]) -> dict[str, str]:
    from ..models import find_card, load_model
    from ..models.registry import choose, choose_fallback
    from ..run.plan import make_plan
    from ..run.preflight import estimate

    chosen = choose(job.model, scene.bands)
    card = find_card(chosen.name)
    facts["model"] = model_facts(card)
    facts["fit"] = fit_facts(scene.bands, card)
    spare = choose_fallback(job.fallback_model)
    told = {"runtime": job.runtime, "device": job.device, "precision": job.precision}
    model, fallback = (
        load_model(c.name, **told, threads=job.threads or cores()) if c else None for c in (chosen, spare)
    )
    assert model is not None
    if fallback is not None:
        facts["fallback"] = model_facts(fallback.card)
    plan = make_plan(job, scene, model.card, chosen.why, fallback.card if fallback else None)
    need = estimate(plan, model, fallback)
    free = free_disk(Path(job.out))
    facts["run"] = run_facts(plan, model, need, free)
    require_disk(need.disk, Path(job.out), "The products need about")
    return {
        "model": f"{model.card.name} ({', '.join(model.card.bands)}), {model.placement.runtime} on {model.placement.device}",
        **(
            {"fallback": f"{fallback.card.name} ({', '.join(fallback.card.bands)}), for cells the model may not answer"}
            if fallback
            else {}
        ),
        "grid": f"{plan.grid.rows} x {plan.grid.cols} cells of {plan.grid.stride * 10} m, {plan.cells} patches to map",
        "memory": f"about {need.memory / 2**30:.1f} GiB at batch {need.batch}",
        "disk": f"about {need.disk / 2**20:.0f} MiB ({free / 2**30:.1f} GiB free here)",
        "time": f"about {_duration(need.seconds)} (decoding {_duration(need.decode)}, inference {_duration(need.infer)})",
    }


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def print_facts(found: dict[str, Any], indent: str = "") -> None:
    """Name and value a line; lists and groups indented."""
    width = max(len(k) for k in found) + 2
    for key, value in found.items():
        if isinstance(value, dict):
            click.echo(f"{indent}{key}")
            print_facts(value, indent + "  ")
        elif isinstance(value, list):
            click.echo(f"{indent}{key}" + ("" if value else ": none"))
            for item in value:
                click.echo(f"{indent}  {item}")
        else:
            click.echo(f"{indent}{key:<{width}}{value}")
