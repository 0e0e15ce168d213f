"""Models that the scenes of one process share: each is loaded once, and works for one scene at a time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..machine import peak_of
from ..models import Answers, Model, load_model
from ..models.runtime import Bands, require_torch

if TYPE_CHECKING:
    from ..models.shared import SharedModel as Convolving

PROBE = 16  # patches


class SharedModel(Model):
    """A model that several threads may use: a scene has it from its first batch to its last.

    So one scene is opened and its first strip decoded while the device works on the one before, and the products of
    that one are written while the device has gone on. Batches never mix: the bytes are those of ``ben map``.
    """

    def __init__(self, model: Model, device: threading.RLock, for_batches: int = 0) -> None:
        """for_batches   bytes of memory that a batch on the CPU may take; 0: no matter"""
        super().__init__(model.card, model.runtime, model.weights, model.batch)
        self._device = device
        self._for_batches = for_batches
        self._fitted: dict[int, int] = {}

    def answer_each(self, batches: Iterable[Bands]) -> Generator[Answers, None, None]:
        rest = iter(batches)
        first = next(rest, None)  # decodes the first strip, before the device is asked for
        if first is None:
            return
        with self._device:
            yield from super().answer_each(chain([first], rest))

    def fit_batch(self, wanted: int) -> int:
        if wanted not in self._fitted:
            with self._device:
                self._fitted[wanted] = super().fit_batch(self._affordable(wanted))
        return self._fitted[wanted]

    def _affordable(self, wanted: int) -> int:
        """``wanted`` (0: the device's default), or less: what fits the memory. No byte of a product depends on it."""
        if not self._for_batches or self.placement.device != "cpu":
            return wanted
        fits = max(self._for_batches // self._bytes_a_patch(), 1)
        return min(wanted or self.batch, fits)

    def _bytes_a_patch(self) -> int:
        """Measured, twice over: allocators keep what they had; of a small network that is all there is to see."""
        blank = self.blank(PROBE)
        given = sum(pixels.nbytes for pixels in blank.values())
        self.runtime.run(self.blank(1))
        return max(2 * peak_of(lambda: self.runtime.run(blank)), 16 * given) // PROBE


class SharedModels:
    """Called as ``load_model``; what was loaded is handed out again."""

    def __init__(self, for_batches: int = 0) -> None:
        self._for_batches = for_batches
        self._lock = threading.Lock()
        # One for all models: while CUDA captures a graph of one, no other thread may touch the device. The same thread
        # may: a fallback answers cells of a strip while the first model is in the middle of its scene.
        self._device = threading.RLock()
        self._loaded: dict[tuple[Any, ...], SharedModel] = {}
        self._convolving: dict[tuple[Any, ...], Convolving] = {}

    def __call__(self, name: str, **options: Any) -> SharedModel:
        key = (name, *sorted(options.items()))
        with self._lock:
            if key not in self._loaded:
                with self._device:
                    self._loaded[key] = SharedModel(load_model(name, **options), self._device, self._for_batches)
            return self._loaded[key]

    def convolving(self, name: str, **options: Any) -> Convolving:
        """As ``models.shared.load_shared``, the same way."""
        require_torch()
        from ..models.shared import load_shared

        key = (name, *sorted(options.items()))
        with self._lock:
            if key not in self._convolving:
                with self._device:
                    self._convolving[key] = load_shared(name, **options)
                self._convolving[key].turn = self._device
            return self._convolving[key]
