"""Fine-tuning on pseudo-labels: rounds of teacher, labels, student, with everything between two epochs on disk.

What is drawn follows from seed, round, epoch and batch alone, so that a run that was killed goes on to the same
weights. Batch norm never moves while weights learn: its statistics are those of the model, or, where that was asked
for, those of the scene, estimated once before (``adapt_norms``).
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..clock import Progress
from ..errors import Cancelled, DataError, ModelError
from ..events import Emit
from ..learn.train.config import Config
from ..learn.train.loop import blend
from ..learn.train.losses import multilabel
from ..learn.train.start import head_keys
from ..models.card import ModelCard
from ..models.preprocess import Graph
from .confirm import Confirmer
from .nets import Start, answers, confidence, parts, tensors, trained, turn
from .pseudo import choose_labels, require_enough
from .source import Source
from .state import State, load, save
from .types import LEFT_OUT, POSITIVE, TRAIN, VALIDATION, VIEWS, AdaptOptions, PseudoLabels, Stage, TargetPatches

_LOSS = Config()  # plain cross entropy


@dataclass(frozen=True)
class Tuned:
    """The network that was kept, what taught it, and an entry an epoch; changed: whether any epoch was an improvement."""

    graph: Graph
    labels: PseudoLabels
    history: tuple[Mapping[str, Any], ...]
    changed: bool = True


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
    if options.bn or options.method == "bn-only":
        adapt_norms(graph, card, target, options, emit, stop)
    if options.method == "bn-only":
        return Tuned(graph, _none(card), ())
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
                emit("warning", code=e.code, message=f"Round {state.round + 1} is left out, and what round {state.round} learned is kept: {e.message}")  # fmt: skip
                break
        learner.take(state)
        chosen, judging = _labels(state.labels), _labels(state.judging)
        while state.epoch < options.epochs and state.waited < options.patience:
            if stop():
                raise Cancelled("Adaptation was stopped.", "Run the same command again to go on.")
            loss = learner.epoch(state, target, chosen, source)
            judged = learner.judge(target, judging)
            state.epoch += 1
            state.history.append({"round": state.round + 1, "epoch": state.epoch, "loss": loss, "validation": judged})
            if judged is None or judged < state.best_loss:
                state.best, state.best_loss, state.waited = learner.kept(), math.inf if judged is None else judged, 0
                state.changed = True
            else:
                state.waited += 1
            learner.put(state)
            save(state, folder)
            told = "" if judged is None else f", on the held-apart block {judged:.4f}{' (best)' if not state.waited else ''}"  # fmt: skip
            emit("step", name="epoch", text=f"Round {state.round + 1} of {options.rounds}, epoch {state.epoch}: loss {loss:.4f}{told}")  # fmt: skip
            progress.add(1)
        progress.add(options.epochs - state.epoch)  # those that patience spared
        state.round, state.epoch, state.waited, state.step = state.round + 1, 0, 0, 0
        state.last, state.labels, state.optimiser = state.labels, {}, {}
        save(state, folder)
    graph.load_state_dict(state.best)
    return Tuned(graph.eval(), _labels(state.last), tuple(state.history), state.changed or options.bn)


def _new_round(
    state: State, learner: Learner, target: TargetPatches, options: AdaptOptions, confirmer: Confirmer, mixed: bool, emit: Emit
) -> None:  # fmt: skip
    """Labels of the teacher, which is the network as it stands; it is also what every epoch must beat."""
    card = learner.card
    chosen = _choose(learner, target, target.of(TRAIN), options, confirmer, True, mixed)
    for stage in chosen.stages:
        told = ", ".join(f"{n} {c}" for c, n in sorted(stage.positives.items(), key=lambda i: -i[1])) or "none"
        emit("step", name="pseudo-labels", text=f"Round {state.round + 1}, {stage.name}: {stage.patches} patches, present: {told}")  # fmt: skip
    require_enough(chosen, card.classes, options, mixed)
    judging = _choose(learner, target, target.of(VALIDATION), options, confirmer, False)
    if not len(judging):
        emit("warning", code="unjudged", message=f"No patch of the held-apart validation block has a pseudo-label: round {state.round + 1} runs its {options.epochs} epochs and keeps the last.")  # fmt: skip
    learner.restart()
    state.labels, state.judging = _stored(chosen), _stored(judging)
    judged = learner.judge(target, judging)
    state.best, state.best_loss = learner.kept(), math.inf if judged is None else judged
    state.weights = {}


def _choose(
    learner: Learner, target: TargetPatches, rows: np.ndarray, options: AdaptOptions, confirmer: Confirmer,
    limits: bool, mixed: bool = False,
) -> PseudoLabels:  # fmt: skip
    """Pseudo-labels among the patches ``rows``; the indices are those of ``target``."""
    p = confidence(learner.card, answers(learner.graph.eval(), learner.card, target, rows), options.method)

    def confirm(few: np.ndarray, y: np.ndarray) -> np.ndarray:
        return confirmer.confirm(learner.graph, rows[few], y)

    found = choose_labels(
        p, learner.card.classes, trained(learner.card), options, confirm, confirmer.how, limits, mixed
    )
    return PseudoLabels(rows[found.indices], found.y, found.stages, found.how)


class Learner:
    """The student, its running mean and its optimiser."""

    def __init__(self, start: Start, graph: Graph, options: AdaptOptions) -> None:
        self.card, self.device, self.options = start.card, start.device, options
        self.graph = graph
        self.averaged = graph
        head = {f"network.{k}" for k in head_keys(dict(start.card.architecture))}
        for name, parameter in graph.named_parameters():
            parameter.requires_grad_(parameter.requires_grad and (options.freeze == "none" or name in head))
        self.moving = [p for p in graph.parameters() if p.requires_grad]
        if not self.moving:
            raise ModelError(f"Nothing of model {start.card.name!r} is left to learn.", "Leave out --freeze backbone.")
        a, b = np.array(start.card.calibration or [(1.0, 0.0)] * len(start.card.classes), np.float32).T
        self.a, self.b = (torch.from_numpy(np.ascontiguousarray(x)).to(self.device) for x in (a, b))
        self.known = torch.from_numpy(trained(start.card)).to(self.device)
        self.optimiser: torch.optim.Optimizer

    def restart(self) -> None:
        """A new round: the running mean begins at the student, the optimiser remembers nothing."""
        self.averaged = copy.deepcopy(self.graph).eval() if self.options.ema else self.graph
        self.optimiser = torch.optim.AdamW(self.moving, lr=self.options.rate, weight_decay=self.options.weight_decay)

    def take(self, state: State) -> None:
        """Stand where the state says; a state without weights is that of a round that begins."""
        if state.weights:
            self.graph.load_state_dict(state.weights)
            self.restart()
            self.optimiser.load_state_dict(state.optimiser)
            if self.options.ema:
                self.averaged.load_state_dict(state.averaged)

    def put(self, state: State) -> None:
        state.weights = _copied(self.graph)
        state.averaged = _copied(self.averaged) if self.options.ema else {}
        state.optimiser = copy.deepcopy(self.optimiser.state_dict())

    def kept(self) -> dict[str, Tensor]:
        return _copied(self.averaged)

    def epoch(self, state: State, target: TargetPatches, labels: PseudoLabels, source: Source | None) -> float:
        """One pass over the pseudo-labelled patches; the mean loss. Raises DataError where it is no number."""
        options = self.options
        random = np.random.default_rng([options.seed, 2, state.round, state.epoch])
        order, total = random.permutation(len(labels)), 0.0
        steps = list(parts(order, options.batch))
        self.graph.train()
        for module in self.graph.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        if options.freeze == "backbone":
            self.graph.eval()
        with _repeatable():
            for number, rows in enumerate(steps):
                torch.manual_seed(int(random.integers(2**31)))  # of dropout and drop path
                bands = _turned(target.read(labels.indices[rows]), random.integers(VIEWS, size=len(rows)))
                loss = self.loss(bands, labels.y[rows])
                if source is not None and options.mix:
                    loss = (1 - options.mix) * loss + options.mix * self._of_source(source, len(rows), state, number)
                self.optimiser.zero_grad(set_to_none=True)
                loss.backward()
                norm = nn.utils.clip_grad_norm_(self.moving, math.inf)
                if not (torch.isfinite(loss) and torch.isfinite(norm)):
                    raise DataError(
                        f"The loss is no number any more in round {state.round + 1}, epoch {state.epoch + 1}: adaptation has stopped. The original model is untouched.",
                        "Run it again into another --out with a lower --rate.",
                        code="nan",
                    )
                self.optimiser.step()
                state.step += 1
                if self.options.ema:
                    blend(self.averaged, self.graph, 1 - min(options.ema, (1 + state.step) / (10 + state.step)))
                total += float(loss.detach()) * len(rows)
        self.graph.eval()
        return total / len(order)

    def _of_source(self, source: Source, n: int, state: State, number: int) -> Tensor:
        mix = self.options.mix
        batch = source.batch(round(n * mix / (1 - mix)) or 1, [self.options.seed, 3, state.round, state.epoch, number])
        y = torch.where(batch.weight > 0, batch.target, torch.full_like(batch.target, LEFT_OUT))
        y = torch.where(self.known.cpu(), y, torch.full_like(y, LEFT_OUT))
        return self._loss(self.graph(*(x.to(self.device) for x in batch.bands))[0], y.to(self.device))

    def loss(self, bands: Mapping[str, np.ndarray], y: np.ndarray) -> Tensor:
        """Mean over the known answers of a batch; y int8 (n, C) as in PseudoLabels."""
        logits, _ = self.graph(*tensors(self.card, bands, self.device))
        return self._loss(logits, torch.from_numpy(y.astype(np.float32)).to(self.device))

    def _loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Of the calibrated logits, so that the card's calibration and thresholds stay true of the new weights."""
        z = self.a * logits.float() + self.b
        if self.options.method == "tong" or self.card.activation == "softmax":
            share = (y == POSITIVE).float()
            share = share / share.sum(1, keepdim=True).clamp(min=1)
            return -(share * F.log_softmax(z.masked_fill(~self.known, -1e4), 1)).sum(1).mean()
        weight = (y != LEFT_OUT).float()
        target = y.clamp(min=0)
        # Its mean divides by all classes; ours by what is known.
        return multilabel(z, target, weight, _LOSS).sum() / weight.mean(1).sum().clamp(min=1e-6)

    @torch.no_grad()
    def judge(self, target: TargetPatches, labels: PseudoLabels) -> float | None:
        """Mean loss of the running mean of the weights on held-apart patches; None without any."""
        if not len(labels):
            return None
        network, self.graph = self.graph, self.averaged.eval()
        try:
            total = 0.0
            for rows in parts(np.arange(len(labels))):
                total += float(self.loss(target.read(labels.indices[rows]), labels.y[rows])) * len(rows)
            return total / len(labels)
        finally:
            self.graph = network


@torch.no_grad()
def adapt_norms(
    graph: Graph, card: ModelCard, target: TargetPatches, options: AdaptOptions, emit: Emit, stop: Callable[[], bool]
) -> None:
    """Batch-norm statistics of the scene's training patches in place of those of the training data.

    Plain means over batches of ``options.batch``, each layer behind layers that normalise by the batch as well.
    Raises ModelError where the network has no batch norm.
    """
    norms = [m for m in graph.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    if not norms:
        raise ModelError(f"The network of {card.name!r} has no batch norm to adapt.", "Leave out --bn, or choose another --method.")  # fmt: skip
    emit("step", name="norms", text=f"Estimating the statistics of {len(norms)} batch-norm layers on the scene")
    device = next(graph.parameters()).device
    rows = np.random.default_rng([options.seed, 4]).permutation(target.of(TRAIN))
    usual = [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None
        m.train()
    with _repeatable():
        whole = [part for part in parts(rows, options.batch) if len(part) == options.batch] or [rows]
        for part in whole:
            if stop():
                raise Cancelled("Adaptation was stopped.", "Run the same command again.")
            graph(*tensors(card, target.read(part), device))
    for m, momentum in zip(norms, usual, strict=True):
        m.momentum = momentum
    graph.eval()


def _turned(bands: Mapping[str, np.ndarray], views: np.ndarray) -> dict[str, np.ndarray]:
    """Each patch under a view of its own."""
    out = {name: np.empty_like(x) for name, x in bands.items()}
    for i, view in enumerate(views.tolist()):
        for name, x in turn({n: a[i : i + 1] for n, a in bands.items()}, view).items():
            out[name][i] = x[0]
    return out


@contextmanager
def _repeatable() -> Iterator[None]:
    """cuDNN chooses the same kernels every time."""
    before = torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = before


def _copied(graph: nn.Module) -> dict[str, Tensor]:
    return {k: v.detach().cpu().clone() for k, v in graph.state_dict().items()}


def _none(card: ModelCard) -> PseudoLabels:
    return PseudoLabels(np.zeros(0, np.int64), np.zeros((0, len(card.classes)), np.int8), ())


def _stored(labels: PseudoLabels) -> dict[str, Any]:
    stages = [{"name": s.name, "patches": s.patches, "positives": dict(s.positives), "negatives": dict(s.negatives)} for s in labels.stages]  # fmt: skip
    return {
        "indices": torch.from_numpy(labels.indices.astype(np.int64)), "y": torch.from_numpy(labels.y),
        "stages": json.dumps(stages), "how": labels.how,
    }  # fmt: skip


def _labels(stored: Mapping[str, Any]) -> PseudoLabels:
    stages = tuple(Stage(**s) for s in json.loads(stored["stages"]))
    return PseudoLabels(stored["indices"].numpy(), stored["y"].numpy(), stages, stored["how"])
