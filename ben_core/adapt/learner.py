"""The student that learns pseudo-labels: one epoch, its loss, its running mean, its judgement.

What is drawn follows from seed, round, epoch and batch alone. Batch norm never moves while weights learn: its
statistics are those of the model, or those of the scene, estimated before (``norms``).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import DataError, ModelError
from ..learn.train.config import Config
from ..learn.train.loop import blend
from ..learn.train.losses import multilabel
from ..learn.train.start import head_keys
from ..models.preprocess import Graph
from .nets import Start, in_batches, repeatable, tensors, trained_classes, turn
from .source import Source
from .state import State
from .types import LEFT_OUT, POSITIVE, VIEWS, AdaptOptions, PseudoLabels, TargetPatches

_LOSS = Config()  # plain cross entropy


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
        self.known = torch.from_numpy(trained_classes(start.card)).to(self.device)
        self.optimiser: torch.optim.Optimizer

    def restart(self) -> None:
        """A new round: the running mean begins at the student, the optimiser remembers nothing."""
        self.averaged = copy.deepcopy(self.graph).eval() if self.options.ema else self.graph
        self.optimiser = torch.optim.AdamW(self.moving, lr=self.options.rate, weight_decay=self.options.weight_decay)

    def restore(self, state: State) -> None:
        """Stand where the state says; a state without weights is that of a round that begins."""
        if state.weights:
            self.graph.load_state_dict(state.weights)
            self.restart()
            self.optimiser.load_state_dict(state.optimiser)
            if self.options.ema:
                self.averaged.load_state_dict(state.averaged)

    def store(self, state: State) -> None:
        """Keep where this stands in ``state``."""
        state.weights = _copied(self.graph)
        state.averaged = _copied(self.averaged) if self.options.ema else {}
        state.optimiser = copy.deepcopy(self.optimiser.state_dict())

    def mean_weights(self) -> dict[str, Tensor]:
        return _copied(self.averaged)

    def epoch(self, state: State, target: TargetPatches, labels: PseudoLabels, source: Source | None) -> float:
        """One pass over the pseudo-labelled patches; the mean loss. Raises DataError where it is no number."""
        options = self.options
        random = np.random.default_rng([options.seed, 2, state.round, state.epoch])
        order, total = random.permutation(len(labels)), 0.0
        steps = list(in_batches(order, options.batch))
        self.graph.train()
        for module in self.graph.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.eval()
        if options.freeze == "backbone":
            self.graph.eval()
        with repeatable():
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
                        "Run it again with a lower --rate.",
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
            for rows in in_batches(np.arange(len(labels))):
                total += float(self.loss(target.read(labels.indices[rows]), labels.y[rows])) * len(rows)
            return total / len(labels)
        finally:
            self.graph = network


def _turned(bands: Mapping[str, np.ndarray], views: np.ndarray) -> dict[str, np.ndarray]:
    """Each patch under a view of its own."""
    out = {name: np.empty_like(x) for name, x in bands.items()}
    for i, view in enumerate(views.tolist()):
        for name, x in turn({n: a[i : i + 1] for n, a in bands.items()}, view).items():
            out[name][i] = x[0]
    return out


def _copied(graph: nn.Module) -> dict[str, Tensor]:
    return {k: v.detach().cpu().clone() for k, v in graph.state_dict().items()}
