"""A patch as a person sees it: natural colour, or radar as colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from PIL import Image

from ...products.stretch import stretch
from ..types import DataSet, Record

SIDE = 240  # px
_RGB = ("B04", "B03", "B02")
_RADAR = ("VV", "VH")
# dB shown from black to white; the archive's means are about -12.6 and -19.3 dB.
_RANGE = {"VV": (-22.0, 0.0), "VH": (-30.0, -8.0), "VV - VH": (0.0, 14.0)}


def pictures(
    data: DataSet, records: Iterable[Record], bands: Sequence[str] | None = None, side: int = SIDE
) -> dict[str, Image.Image]:
    """id -> picture of ``side`` pixels; none where ``bands`` (None: those of the data) ``show`` nothing."""
    bands = data.bands if bands is None else bands
    if set(_RGB) <= set(bands):
        return {r.id: _image(_natural(data.read(r, _RGB)), side) for r in records}
    if set(_RADAR) <= set(bands):
        return {r.id: _image(_radar(data.read(r, _RADAR)), side) for r in records}
    return {}


def show(bands: Sequence[str]) -> str | None:
    """What a picture of these bands shows, in words; None without red, green and blue or both radar bands."""
    if set(_RGB) <= set(bands):
        return f"true colour ({', '.join(_RGB)})"
    return f"radar ({', '.join(_RANGE)})" if set(_RADAR) <= set(bands) else None


def _natural(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    return stretch(np.stack([bands[name] for name in _RGB]))


def _radar(bands: Mapping[str, np.ndarray]) -> np.ndarray:
    layers = {**bands, "VV - VH": bands["VV"] - bands["VH"]}
    shown = [(layers[name] - low) / (high - low) for name, (low, high) in _RANGE.items()]
    return np.rint(255 * np.clip(np.stack(shown), 0, 1)).astype(np.uint8)


def _image(rgb: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(np.moveaxis(rgb, 0, 2))).resize((side, side), Image.Resampling.LANCZOS)
