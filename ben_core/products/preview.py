"""A finished strip as a small raster that a viewer can load while the run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from ..scene.types import PIXEL
from .journal import StripAnswers, write_whole
from .legend import CATEGORIES, CODES, UNMAPPED
from .types import MAPPED


def write_preview(
    path: Path, answers: StripAnswers, classes: Sequence[str], *, crs: str, left: float, top: float, stride: int
) -> Path:
    """GeoTIFF (uint8, one pixel a cell) of the most probable class in CORINE colours; 0 is "not mapped", transparent.

    ``left`` and ``top`` are the outer corner of the strip's first cell in metres, ``stride`` its side in 10 m
    pixels. The file is there whole or not at all: a viewer may poll for it. Raises StorageError.
    """
    codes = top_codes(answers, classes)
    side = float(stride * PIXEL)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=codes.shape[1],
            height=codes.shape[0],
            count=1,
            dtype="uint8",
            nodata=UNMAPPED,
            crs=crs,
            transform=Affine(side, 0.0, left, 0.0, -side, top),
            compress="DEFLATE",
        ) as file:
            file.write(codes, 1)
            file.write_colormap(1, {UNMAPPED: (0, 0, 0, 0), **{c.code: (*c.rgb, 255) for c in CATEGORIES}})
        write_whole(path, memory.read())
    return path


def top_codes(answers: StripAnswers, classes: Sequence[str]) -> np.ndarray:
    """uint8 (rows, cols): code of the most probable class, the first of equals by code, as in the finished class map."""
    order = sorted(range(len(classes)), key=lambda i: CODES[classes[i]])
    codes = np.array([CODES[classes[i]] for i in order], dtype=np.uint8)[answers.p[..., order].argmax(axis=2)]
    codes[answers.status != MAPPED] = UNMAPPED
    return codes
