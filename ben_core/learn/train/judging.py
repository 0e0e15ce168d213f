"""What a network says of whole patches as they are: for scores, thresholds, and how unusual a patch looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from ...models.networks.base import Network
from ...models.novelty import Novelty, fit_space, joint_energy, with_quantiles
from ...models.preprocess import Preprocess
from .config import Config
from .crew import Crew
from .samples import Patches, feed

AUTOCAST = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}
_BATCH = 256  # patches at once, at most
_USUAL = 4096  # patches that tell what is usual, at most


@dataclass(frozen=True)
class Judge:
    """Answers of networks through one preprocessing; collective, every process gets all answers."""

    preprocess: Preprocess
    crew: Crew
    config: Config
    workers: int

    def logits(self, network: Network, patches: Patches) -> np.ndarray:
        """(N, classes) float32 in the order of the patches."""
        return self._answers(network, patches, range(len(patches)), False)

    def novelty(self, network: Network, learned: Patches, apart: Patches, trained: Sequence[bool]) -> Novelty | None:
        """How to measure whether a patch is like those that were learned; ``apart`` were not. None for too few."""
        if len(learned) < 2 or not any(trained):
            return None
        space = fit_space(self._answers(network, learned, _some(learned), True))
        energies = joint_energy(self._answers(network, apart, _some(apart), False)[:, np.asarray(trained)])
        return with_quantiles(space, energies, space.distances(self._answers(network, apart, _some(apart), True)))

    @torch.inference_mode()
    def _answers(self, network: Network, patches: Patches, rows: Sequence[int], features: bool) -> np.ndarray:
        crew, precision = self.crew, self.config.precision
        mine = rows[crew.rank :: crew.world]
        size = min(self.config.micro_batch or self.config.batch, _BATCH)
        keys = [[(-1, i) for i in mine[k : k + size]] for k in range(0, len(mine), size)]
        network.eval()
        found = []
        for batch in feed(patches, keys, min(self.workers, len(keys)), crew.device.type == "cuda"):
            image = self.preprocess(*batch.to(crew.device).bands).contiguous(memory_format=torch.channels_last)
            with torch.autocast(crew.device.type, AUTOCAST[precision], enabled=precision != "fp32"):
                answer = network.forward_features(image)
                answer = answer if features else network.classify(answer)
            found.append(answer.float().cpu().numpy())
        return crew.interleaved(np.concatenate(found) if found else None, len(rows))


def _some(patches: Patches) -> Sequence[int]:
    """Evenly spread over all, so that no place is forgotten."""
    return np.unique(np.linspace(0, len(patches) - 1, min(len(patches), _USUAL)).round().astype(int)).tolist()
