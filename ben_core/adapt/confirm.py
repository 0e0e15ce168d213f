"""What confirms a pseudo-label: source patches that look alike (a bank), else the same patch seen otherwise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..models.card import ModelCard
from ..models.preprocess import Graph
from .bank import SourceBank
from .nets import confidence, trained_classes, views_of
from .pseudo import by_bank, confident, confirmed, single_label
from .types import VIEWS, AdaptOptions, TargetPatches


@dataclass(frozen=True)
class Confirmer:
    """Retrieval from ``bank``; without one, agreement of the network with itself on the turned patch.

    The bank is asked with the features of the original weights in every round: it was made by them.
    """

    card: ModelCard
    target: TargetPatches
    options: AdaptOptions
    bank: SourceBank | None

    @property
    def how(self) -> str:
        return "bank" if self.bank is not None else "augmentation"

    def confirm(self, graph: Graph, rows: np.ndarray, y: np.ndarray) -> np.ndarray:
        """int8 (n, C): y (n, C) of the patches ``rows``, with what is not confirmed left out."""
        if not len(rows):
            return y
        if self.bank is not None:
            return by_bank(self.bank, self.target.features, self.options)(rows, y)
        p, known = views_of(graph, self.card, self.target, rows).p, trained_classes(self.card)
        flat = p[:, 1:].reshape(-1, p.shape[2])
        single = self.options.method == "tong"
        flat = confidence(self.card, flat, self.options.method)
        said = single_label(flat, known, self.options.confidence) if single else confident(flat, known, self.options)
        opinions = said.reshape(len(rows), VIEWS - 1, -1)
        return confirmed(y, opinions, self.options.agreement, single)
