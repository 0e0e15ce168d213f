"""Batch-norm statistics of a scene in place of those of the training data: no label, no weight.

Y. Li et al., Adaptive batch normalization for practical domain adaptation, Pattern Recognition 80, 2018.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from ..errors import Cancelled, ModelError
from ..events import Emit
from ..models.card import ModelCard
from ..models.preprocess import Graph
from .nets import in_batches, repeatable, tensors
from .types import TRAIN, AdaptOptions, TargetPatches


def _norms_of(graph: Graph) -> list[nn.modules.batchnorm._BatchNorm]:
    return [m for m in graph.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]


def with_norms(graph: Graph, card: ModelCard, options: AdaptOptions, emit: Emit) -> bool:
    """Whether statistics are to be estimated. ModelError where they were asked for and the network has none."""
    if not options.norms or _norms_of(graph):
        return options.norms
    if options.bn or options.method == "bn-only":
        raise ModelError(
            f"The network of {card.name!r} has no batch norm to adapt.", "Leave out --bn, or choose another --method."
        )
    emit(
        "warning",
        code="no-norms",
        message=f"The network of {card.name!r} has no batch norm: it learns from pseudo-labels alone.",
    )
    return False


@torch.no_grad()
def adapt_norms(
    graph: Graph, card: ModelCard, target: TargetPatches, options: AdaptOptions, emit: Emit, stop: Callable[[], bool]
) -> None:
    """Batch-norm statistics of the scene's training patches in place of those of the training data.

    Plain means over batches of ``options.batch``, each layer behind layers that normalise by the batch as well.
    """
    norms = _norms_of(graph)
    emit("step", name="norms", text=f"Estimating the statistics of {len(norms)} batch-norm layers on the scene")
    device = next(graph.parameters()).device
    rows = np.random.default_rng([options.seed, 4]).permutation(target.of(TRAIN))
    usual = [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None
        m.train()
    with repeatable():
        whole = [part for part in in_batches(rows, options.batch) if len(part) == options.batch] or [rows]
        for part in whole:
            if stop():
                raise Cancelled("Adaptation was stopped.", "Run the same command again.")
            graph(*tensors(card, target.read(part), device))
    for m, momentum in zip(norms, usual, strict=True):
        m.momentum = momentum
    graph.eval()
