"""What a run says of itself: how it begins, each epoch, what its history rests on, and why it broke off."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from ...errors import DataError
from ...events import Emit
from ..types import DataSet
from .checkpoint import FILE, State
from .config import Config
from .crew import Crew
from .samples import Parts, Plan, truth_of
from .start import Start


def lost(value: float, step: int, epoch: int, state: State, out: Path) -> DataError:
    what = "The loss" if not math.isfinite(value) else "The gradient"
    kept = f"The best model so far (epoch {state.best_epoch + 1}) is in {out / FILE}. " if state.best else ""
    return DataError(
        f"{what} is no number any more at step {step + 1} (epoch {epoch + 1}); training has stopped.",
        f"{kept}Start again into another --out with a lower --rate, with --clip 1, or with --precision fp32.",
        code="nan",
    )


def facts(data: DataSet, parts: Parts, fingerprint: str, plan: Plan) -> dict[str, Any]:
    return {
        "title": data.title,
        "fingerprint": fingerprint,
        "train": len(parts.train),
        "validation": len(parts.validation),
        "left out": parts.left_out,
        "batch": plan.batch,
        "steps an epoch": plan.steps,
    }


def tell(start: Start, parts: Parts, untrained: tuple[str, ...], crew: Crew, config: Config, emit: Emit) -> None:
    size = sum(p.numel() for p in start.network.parameters()) / 1e6
    what = f"Fine-tuning {start.base.name}" if start.base else f"Training {config.architecture}"
    left = ", ".join(f"{n} {why}" for why, n in parts.left_out.items())
    emit(
        "step",
        name="start",
        text=f"{what} ({size:.1f} million weights) on {len(parts.train)} patches, judged on {len(parts.validation)}"
        + (f" (left out: {left})" if left else "")
        + f"; {crew.world} process{'es' if crew.world > 1 else ''} on {crew.device} in {config.precision} ({crew.why})",
    )
    if start.base and start.new_head:
        emit(
            "warning", code="head", message=f"The classifier is new: {start.base.name} answers other classes, or none."
        )
    if untrained:
        emit(
            "warning",
            code="untrained",
            message=f"Fewer than {config.evidence} training patches hold: {'; '.join(untrained)}. "
            "The model will not answer these.",
        )
    truth, known = truth_of(parts.validation, start.card.classes)
    held = (truth & known).any(0)
    if config.validate and held.sum() < len(held):
        emit(
            "warning",
            code="validation",
            message=f"The validation patches hold {held.sum()} of {len(held)} classes; the score is a mean over these.",
        )


def line(entry: dict[str, Any], state: State, config: Config) -> str:
    text = f"Epoch {entry['epoch'] + 1} of {config.epochs}: loss {entry['loss']:.4f}"
    if "macro AP" in entry:
        text += f", validation macro AP {entry['macro AP']:.4f}"
        if state.best_epoch == entry["epoch"]:
            text += " (best)"
        else:
            text += f" (best {state.best_score[0]:.4f} in epoch {state.best_epoch + 1})"
    return text
