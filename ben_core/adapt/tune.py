"""Fine-tuning on pseudo-labels: rounds of teacher, labels, student, with everything between two epochs on disk.

What is drawn follows from seed, round, epoch and batch alone, so that a run that was killed goes on to the same
weights. Batch norm never moves while weights learn: its statistics are those of the model, or, where that was asked
for, those of the scene, estimated once before (``adapt_norms``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..clock import Progress
from ..errors import Cancelled, DataError
from ..events import Emit
from ..models.card import ModelCard
from ..models.preprocess import Graph
from .confirm import Confirmer
from .learner import Learner
from .nets import Start, answers, confidence, trained_classes
from .norms import adapt_norms, with_norms
from .pseudo import choose_labels, require_enough
from .source import Source
from .state import State, load, save
from .types import TRAIN, VALIDATION, AdaptOptions, PseudoLabels, Stage, TargetPatches

NORMS_ALONE = "No epoch of fine-tuning answered the held-apart block of the scene better: what is adapted are the batch-norm statistics alone."


@dataclass(frozen=True)
class Tuned:
    """The network that was kept, the labels that taught, and an entry an epoch.

    norms    whether batch-norm statistics are those of the scene
    learned  whether weights moved as well: some epoch answered the held-apart block better
    """

    graph: Graph
    labels: PseudoLabels
    history: tuple[Mapping[str, Any], ...]
    norms: bool
    learned: bool

    @property
    def changed(self) -> bool:
        return self.norms or self.learned


def tune(
    start: Start,
    target: TargetPatches,
    options: AdaptOptions,
    confirmer: Confirmer,
    source: Source | None,
    folder: Path,
    emit: Emit,
    stop: Callable[[], bool],
) -> Tuned:
    """Teach the model what it believes of the scene with good reason.

    folder  keeps the checkpoint. Raises DataError where too little survives or the loss is no number, Cancelled.
    """
    card, graph = start.card, start.graph()
    state = load(folder) or State()
    norms = with_norms(graph, card, options, emit)
    if norms and not state.best:  # a checkpoint holds them
        adapt_norms(graph, card, target, options, emit, stop)
    if options.method == "bn-only":
        return Tuned(graph, _none(card), (), norms, False)
    learner = Learner(start, graph, options)
    if state.weights:
        emit("step", name="resume", text=f"Going on in round {state.round + 1} behind epoch {state.epoch}")
    total, done = options.rounds * options.epochs, state.round * options.epochs + state.epoch
    progress = Progress(emit, total, done, "epochs")
    while state.round < options.rounds:
        if not state.labels:
            if state.best:
                learner.graph.load_state_dict(state.best)
            try:
                _new_round(state, learner, target, options, confirmer, source is not None, emit)
            except DataError as e:
                if not state.round:
                    raise
                emit(
                    "warning",
                    code=e.code,
                    message=f"Round {state.round + 1} is left out, and what round {state.round} learned is kept: "
                    + e.message,
                )
                break
        learner.restore(state)
        chosen, judging = _labels(state.labels), _labels(state.judging)
        while state.epoch < options.epochs and state.waited < options.patience:
            if stop():
                raise Cancelled("Adaptation was stopped.", "Run the same command again to go on.")
            loss = learner.epoch(state, target, chosen, source)
            judged = learner.judge(target, judging)
            state.epoch += 1
            state.history.append({"round": state.round + 1, "epoch": state.epoch, "loss": loss, "validation": judged})
            if judged is None or judged < state.best_loss:
                state.best, state.waited = learner.mean_weights(), 0
                state.best_loss = math.inf if judged is None else judged
                state.changed = True
            else:
                state.waited += 1
            learner.store(state)
            save(state, folder)
            text = f"Round {state.round + 1} of {options.rounds}, epoch {state.epoch}: loss {loss:.4f}"
            if judged is not None:
                text += f", on the held-apart block {judged:.4f}" + (" (best)" if not state.waited else "")
            emit("step", name="epoch", text=text)
            progress.add(1)
        progress.add(options.epochs - state.epoch)  # those that patience spared
        state.round, state.epoch, state.waited, state.step = state.round + 1, 0, 0, 0
        state.last, state.labels, state.optimiser = state.labels, {}, {}
        save(state, folder)
    graph.load_state_dict(state.best)
    if norms and not state.changed:
        emit("warning", code="norms-alone", message=NORMS_ALONE)
    return Tuned(graph.eval(), _labels(state.last), tuple(state.history), norms, state.changed)


def _new_round(
    state: State,
    learner: Learner,
    target: TargetPatches,
    options: AdaptOptions,
    confirmer: Confirmer,
    mixed: bool,
    emit: Emit,
) -> None:
    """Labels of the teacher, which is the network as it stands; it is also what every epoch must beat."""
    card = learner.card
    chosen = _choose(learner, target, target.of(TRAIN), options, confirmer, True, mixed)
    for stage in chosen.stages:
        told = ", ".join(f"{n} {c}" for c, n in sorted(stage.positives.items(), key=lambda i: -i[1])) or "none"
        emit(
            "step",
            name="pseudo-labels",
            text=f"Round {state.round + 1}, {stage.name}: {stage.patches} patches, present: {told}",
        )
    require_enough(chosen, card.classes, options, mixed)
    judging = _choose(learner, target, target.of(VALIDATION), options, confirmer, False)
    if not len(judging):
        emit(
            "warning",
            code="unjudged",
            message="No patch of the held-apart validation block has a pseudo-label: "
            f"round {state.round + 1} runs its {options.epochs} epochs and keeps the last.",
        )
    learner.restart()
    state.labels, state.judging = _stored(chosen), _stored(judging)
    judged = learner.judge(target, judging)
    state.best, state.best_loss = learner.mean_weights(), math.inf if judged is None else judged
    state.weights = {}


def _choose(
    learner: Learner,
    target: TargetPatches,
    rows: np.ndarray,
    options: AdaptOptions,
    confirmer: Confirmer,
    limits: bool,
    mixed: bool = False,
) -> PseudoLabels:
    """Pseudo-labels among the patches ``rows``; the indices are those of ``target``."""
    p = confidence(learner.card, answers(learner.graph.eval(), learner.card, target, rows), options.method)

    def confirm(few: np.ndarray, y: np.ndarray) -> np.ndarray:
        return confirmer.confirm(learner.graph, rows[few], y)

    found = choose_labels(
        p, learner.card.classes, trained_classes(learner.card), options, confirm, confirmer.how, limits, mixed
    )
    return PseudoLabels(rows[found.indices], found.y, found.stages, found.how)


def _none(card: ModelCard) -> PseudoLabels:
    return PseudoLabels(np.zeros(0, np.int64), np.zeros((0, len(card.classes)), np.int8), ())


def _stored(labels: PseudoLabels) -> dict[str, Any]:
    stages = [
        {"name": s.name, "patches": s.patches, "positives": dict(s.positives), "negatives": dict(s.negatives)}
        for s in labels.stages
    ]
    return {
        "indices": torch.from_numpy(labels.indices.astype(np.int64)),
        "y": torch.from_numpy(labels.y),
        "stages": json.dumps(stages),
        "how": labels.how,
    }


def _labels(stored: Mapping[str, Any]) -> PseudoLabels:
    stages = tuple(Stage(**s) for s in json.loads(stored["stages"]))
    return PseudoLabels(stored["indices"].numpy(), stored["y"].numpy(), stages, stored["how"])
