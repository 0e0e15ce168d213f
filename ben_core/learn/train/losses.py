"""Losses of multi-label answers: logits and targets (N, classes) to one number a patch."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from .config import Config


def multilabel(
    logits: Tensor, target: Tensor, weight: Tensor, config: Config, positive: Tensor | None = None
) -> Tensor:
    """(N,) mean over the classes of a patch.

    target    0 to 1; between where patches were mixed
    weight    0 where nobody knows, else 1; a patch's mean still divides by all the classes, so that every known
              answer weighs the same in a batch
    positive  (classes,) factor of the positive part; None: 1
    """
    y = target * (1 - config.smoothing) + 0.5 * config.smoothing
    if config.loss == "asl":
        error = asymmetric(logits, y, config.focus_positive, config.focus_negative, config.margin, positive)
    else:
        error = F.binary_cross_entropy_with_logits(logits, y, reduction="none", pos_weight=positive)
    return (error * weight).mean(1)


def asymmetric(
    logits: Tensor, target: Tensor, focus_positive: float, focus_negative: float, margin: float, positive: Tensor | None
) -> Tensor:
    """(N, classes) asymmetric loss (Ridnik et al., ICCV 2021, equations 5 to 7): cross entropy where both focuses
    and the margin are 0."""
    p = torch.sigmoid(logits)
    shifted = (p - margin).clamp(min=0)
    # log(1 - p) through the logit where nothing is shifted: 1 - p rounds to 0 at a logit of 17
    log_absent = F.logsigmoid(-logits) if margin == 0 else torch.log1p(-shifted.clamp(max=1 - 1e-6))
    present = target * (1 - p) ** focus_positive * F.logsigmoid(logits)
    if positive is not None:
        present = present * positive
    return -(present + (1 - target) * shifted**focus_negative * log_absent)


def positive_weights(count: Tensor, known: Tensor, balance: float) -> Tensor:
    """(classes,) factors (absent / present) ** balance from the positives and known answers a class, at most 100."""
    present = count.clamp(min=1)
    return ((known - count).clamp(min=1) / present).clamp(max=100.0, min=0.01) ** balance


def map_reading(readings: Sequence[Tensor], shares: Tensor) -> Tensor:
    """(N,) cross entropy between maps of logits (N, classes, h, w) and class shares (N, classes, H, W), h <= H.

    A cell weighs as much as is known of it; readings of several sizes weigh alike.
    """
    total = shares.new_zeros(len(shares))
    for logits in readings:
        cells = F.adaptive_avg_pool2d(shares, (logits.shape[2], logits.shape[3]))
        total = total - (cells * F.log_softmax(logits, 1)).sum(1).mean((1, 2))
    return total / max(len(readings), 1)
