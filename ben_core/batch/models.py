"""Models that the scenes of one process share: each is loaded once, and works for one scene at a time."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from ..models import Answers, Model, load_model
from ..models.runtime import Bands, require_torch

if TYPE_CHECKING:
    from ..models.shared import SharedModel as Convolving


class SharedModel(Model):
    """A model that several threads may use: a scene has it from its first batch to its last.

    So one scene is opened and its first strip decoded while the device works on the one before, and the products of
    that one are written while the device has gone on. Batches never mix: the bytes are those of ``ben map``.
    """

    def __init__(self, model: Model, device: threading.Lock) -> None:
        super().__init__(model.card, model.runtime, model.weights, model.batch)
        self._device = device
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
                self._fitted[wanted] = super().fit_batch(wanted)
        return self._fitted[wanted]


class SharedModels:
    """Called as ``load_model``; what was loaded is handed out again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # One for all models: while CUDA captures a graph of one, no other thread may touch the device.
        self._device = threading.Lock()
        self._loaded: dict[tuple[Any, ...], SharedModel] = {}
        self._convolving: dict[tuple[Any, ...], Convolving] = {}

    def __call__(self, name: str, **options: Any) -> SharedModel:
        key = (name, *sorted(options.items()))
        with self._lock:
            if key not in self._loaded:
                with self._device:
                    self._loaded[key] = SharedModel(load_model(name, **options), self._device)
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
