"""What a run leaves: the adapted model with its card, the report, the before/after page. Whole, or not at all."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..events import Emit
from ..models.card import ModelCard
from ..models.importers.writing import write_model
from ..products.journal import Journal, write_whole
from ..run.plan import Plan
from .confirm import Confirmer
from .nets import Start, answers
from .page import Story, render
from .target import Store
from .tune import Tuned
from .types import ADOPTED, POSITIVE, Adaptation, AdaptOptions, Stage, TargetPatches, Verdict

KINDS = {".json": "report", ".html": "page", ".onnx": "weights", ".safetensors": "weights"}


@dataclass(frozen=True)
class Outcome:
    """A run that has come to its verdict. ``key`` is that of its journal, ``warnings`` (code, message) each."""

    name: str
    start: Start
    plan: Plan
    target: TargetPatches
    options: AdaptOptions
    confirmer: Confirmer
    tuned: Tuned
    verdict: Verdict
    warnings: tuple[tuple[str, str], ...]
    key: str

    @property
    def how(self) -> str:
        """What confirmed the pseudo-labels; "" where none were made."""
        return self.confirmer.how if self.options.method != "bn-only" else ""

    @property
    def adapted(self) -> str:
        """What of the model is another."""
        found = (("batch-norm statistics", self.tuned.norms), ("weights", self.tuned.learned))
        return " and ".join(what for what, moved in found if moved) or "nothing"


def output_names(name: str) -> tuple[str, ...]:
    """Whatever a run may leave under a name, the card last."""
    return (f"{name}_adaptation.json", f"{name}_adaptation.html", f"{name}.safetensors", f"{name}.onnx", f"{name}.json")


def all_output_names(name: str) -> tuple[str, ...]:
    """The same with a rejected model that was kept."""
    return output_names(name) + output_names(f"{name}-rejected")


def stage(outcome: Outcome, keep_rejected: bool, folder: Path, emit: Emit) -> None:
    """Write all that the run leaves into ``folder``. Raises StorageError."""
    verdict, card = outcome.verdict, outcome.start.card
    stem = outcome.name if verdict.adopted else f"{outcome.name}-rejected"
    written = verdict.adopted or keep_rejected
    about = _about(outcome)
    told = {
        **about,
        "options": outcome.options.to_dict(),
        "stages": [asdict(s) for s in outcome.tuned.labels.stages],
        "history": [dict(h) for h in outcome.tuned.history],
        "left out": dict(outcome.target.left_out),
        "model": stem if written else None,
        "warnings": [list(w) for w in outcome.warnings],
        "key": outcome.key,
    }
    write_whole(folder / f"{outcome.name}_adaptation.html", _page(outcome).encode())
    if written:
        emit("step", name="write", text="Writing the model")
        write_model(_card(stem, card, verdict, about), outcome.tuned.graph.network.cpu(), folder)
    write_whole(folder / f"{outcome.name}_adaptation.json", json.dumps(told, indent=1, ensure_ascii=False).encode())


def _about(outcome: Outcome) -> dict[str, Any]:
    """What card and report tell of the run, as plain JSON."""
    tuned, verdict, scene = outcome.tuned, outcome.verdict, outcome.plan.scene
    taught = (tuned.labels.y == POSITIVE).sum(0) if tuned.learned else np.zeros(len(outcome.target.classes), int)
    return {
        "parent": outcome.start.card.name,
        "parent weights": outcome.start.weights.sha256,
        "scene": scene.name,
        "acquired": scene.acquired,
        "method": outcome.options.method,
        "adapted": outcome.adapted,
        "confirmed by": outcome.how,
        "patches": len(tuned.labels) if tuned.learned else 0,
        "pseudo-labels": {c: int(n) for c, n in zip(outcome.target.classes, taught, strict=True) if n},
        "verdict": verdict.word,
        "reasons": list(verdict.reasons),
        "figures": dict(verdict.figures),
    }


def _page(outcome: Outcome) -> str:
    """Both maps of the scene side by side, and the verdict's reasons."""
    target, tuned, plan, bank = outcome.target, outcome.tuned, outcome.plan, outcome.confirmer.bank
    assert isinstance(target.pixels, Store)
    card = outcome.start.card
    facts = {
        **({"acquired": plan.scene.acquired[:10]} if plan.scene.acquired else {}),
        **({"bank": f"bank: {bank.title}"} if bank is not None else {}),
        "adapted": f"adapted: {outcome.adapted}",
    }
    story = Story(
        scene=plan.scene.name,
        card=card,
        options=outcome.options,
        target=target,
        after=answers(tuned.graph.eval(), card, target, np.arange(len(target))),
        verdict=outcome.verdict,
        stages=tuned.labels.stages,
        history=tuned.history,
        size=(plan.grid.width, plan.grid.height),
        how=outcome.how,
        overview=target.pixels.overview(),
        facts=facts,
    )
    return render(story)


def _card(name: str, parent: ModelCard, verdict: Verdict, about: dict[str, Any]) -> ModelCard:
    """The parent's card with what an adaptation changes; its scores and its measure of what is usual go."""
    scene, reasons = about["scene"], " ".join(verdict.reasons)
    moved = f"{about['adapted']}{f', taught by {n} patches with pseudo-labels' if (n := about['patches']) else ''}"
    caution = f"Adapted to {scene} without a human label; anywhere else {parent.name!r} is the model to use."
    if not verdict.adopted:
        caution = f"REJECTED by the guard for {scene}, kept for study only: {reasons}"
    elif verdict.word != ADOPTED:
        caution += f" The guard adopted it with a warning: {reasons}"
    return replace(
        parent,
        name=name,
        title=f"{parent.title}, adapted to {scene}",
        description=f"{parent.description} Adapted to {scene} ({about['method']}: {moved}); the guard's verdict: {verdict.word}.",
        weights=(),
        novelty=None,
        scores={},
        origin=f"{parent.origin} Adapted to {scene}: {moved}. Scores and measures of novelty of the parent are not those of this model.".strip(),
        warnings=(*parent.warnings, caution),
        adaptation=about,
        folder=None,
    )


def published(journal: Journal, name: str) -> list[Path]:
    """Move what was staged into place; what an earlier run left under these names goes."""
    every = all_output_names(name)
    made = journal.publishing() or [n for n in every if (journal.staging / n).exists()]
    for old in set(every) - set(made):
        (journal.out / old).unlink(missing_ok=True)
    journal.publish(made)
    return [journal.out / n for n in made]


def made_by(out: Path, name: str) -> str:
    """The key of the run that left its report in ``out``; "" where there is none, or its model has gone."""
    try:
        told = json.loads((out / f"{name}_adaptation.json").read_text(encoding="utf-8"))
        whole = told["model"] is None or (out / f"{told['model']}.json").is_file()
        return str(told["key"]) if whole else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def result_of(out: Path, name: str, emit: Emit) -> Adaptation:
    """What the run made, as its report says."""
    told = json.loads((out / f"{name}_adaptation.json").read_text(encoding="utf-8"))
    verdict = Verdict(told["verdict"], tuple(told["reasons"]), told["figures"])
    card = out / f"{told['model']}.json" if told["model"] else None
    page = out / f"{name}_adaptation.html"
    if not verdict.adopted:
        emit(
            "warning",
            code="rejected",
            message=f"The adapted model was rejected and is not handed over{' (it is kept aside)' if card else ''}: "
            f"{' '.join(verdict.reasons)} The original model, {told['parent']!r}, is the one to map this scene with.",
        )
    return Adaptation(
        folder=out,
        model=card if verdict.adopted else None,
        verdict=verdict,
        adapted=told["adapted"],
        pseudo=told["pseudo-labels"],
        patches=told["patches"],
        stages=tuple(Stage(**s) for s in told["stages"]),
        history=tuple(told["history"]),
        page=page if page.exists() else None,
        kept=None if verdict.adopted else card,
        warnings=tuple((c, m) for c, m in told["warnings"]),
    )
