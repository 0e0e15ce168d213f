"""An RFB-ESRGAN generator at work on pixels of any number: arrays in, arrays eight times as fine out."""

from __future__ import annotations

import numpy as np
import torch

from ..errors import ModelError
from .model import Model, load_model
from .networks.rfb_esrgan import RISE_REACH, SCALE, Generator
from .torch_runtime import TorchRuntime

ROWS = 16  # rows of input that are enlarged at once: at 8 x 8 pixels of 64 channels an input pixel, memory goes there


class Enhancer:
    """The generator of a model. ``scale``: pixels out for a pixel in; ``reach``: see ``Generator.reach``."""

    scale = SCALE

    def __init__(self, model: Model, generator: Generator) -> None:
        self.model = model
        self.card = model.card
        self.generator = generator
        self.reach = generator.reach

    @torch.inference_mode()
    def draw(self, dn: np.ndarray, context: tuple[int, int, int, int]) -> np.ndarray:
        """Reflectance, float32 (3, 8 h, 8 w) from 0 to 1, of the inner h x w pixels of ``dn``.

        dn       (3, H, W) in the order of the card's bands, DN without offset
        context  pixels above, below, left and right that are looked at and not drawn
        Raises ModelError where the device's memory is too small.
        """
        top, bottom, left, right = context
        height, width = dn.shape[1:]
        rows, cols = slice(top, height - bottom), slice(left, width - right)
        try:
            seen = self.generator.trunk(self._image(dn) * 2 - 1)
            # From here on, what lies further than ``RISE_REACH`` pixels away does not matter any more.
            first = max(cols.start - RISE_REACH, 0)
            seen = seen[..., first : cols.stop + RISE_REACH]
            strips = [
                self._rise(seen, row, min(row + ROWS, rows.stop), cols.start - first, cols.stop - first)
                for row in range(rows.start, rows.stop, ROWS)
            ]
        except torch.OutOfMemoryError as e:
            raise ModelError(
                f"A tile of {width} x {height} pixels does not fit {self.model.placement.device}.", "Use --device cpu."
            ) from e
        return np.concatenate(strips, axis=1)

    def _image(self, dn: np.ndarray) -> torch.Tensor:
        """What the card makes of the bands: (1, 3, H, W) from 0 to 1."""
        x = torch.from_numpy(dn.astype(np.float32)).to(self.model.placement.device)
        channels = [
            ((band.clamp(*b.clip) if b.clip else band) - b.mean) / b.std
            for band, b in zip(x, self.card.inputs, strict=True)
        ]
        return torch.stack(channels)[None]

    def _rise(self, seen: torch.Tensor, row: int, stop: int, left: int, right: int) -> np.ndarray:
        first = max(row - RISE_REACH, 0)
        image = self.generator.rise(seen[:, :, first : stop + RISE_REACH])
        image = image[0, :, (row - first) * SCALE : (stop - first) * SCALE, left * SCALE : right * SCALE]
        return ((image + 1) / 2).clamp(0, 1).cpu().numpy()


def load_enhancer(name: str, *, device: str = "auto", threads: int = 1) -> Enhancer:
    """The generator in a model of the families rfb_esrgan and sr_resnet50, in fp32: bf16 would draw steps of 40 DN.

    Raises ModelError for other models, and as ``load_model``.
    """
    model = load_model(name, runtime="torch", device=device, precision="fp32", threads=threads)
    assert isinstance(model.runtime, TorchRuntime)
    generator = getattr(model.runtime.graph.network, "sr_model", None)
    if not isinstance(generator, Generator):
        raise ModelError(
            f"Model {model.card.name!r} draws no finer image.",
            "Needed is an RFB-ESRGAN or SR-ResNet50 (ben models import … --family sr-resnet50).",
        )
    return Enhancer(model, generator)
