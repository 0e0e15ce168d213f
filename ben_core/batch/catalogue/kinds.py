"""What mosaics are laid together of: cells of the maps of patches, or pixels of the 10 m maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...products.regions import CONTENT, NO_ANSWER
from ...products.types import NOT_MAPPED, PROBABILITY_STEPS
from .answers import read_cloud, read_finer, read_p
from .entries import Entry
from .rules import Fold
from .virtual import Piece


class Cells:
    """Cells: most probable class, and its probability in steps."""

    ending = ""
    contents = ("most probable class", "probability of that class")
    dtype, nodata, steps = "uint16", NOT_MAPPED, PROBABILITY_STEPS  # of the probability: value / steps is meant

    def give(self, fold: Fold, at: np.ndarray, e: Entry, rows: np.ndarray, cols: np.ndarray) -> None:
        """Hand the answers of a scene at its rows and columns to the places ``at``."""
        fold.add(at, read_p(e, rows, cols), read_cloud(e, rows, cols) if fold.rule == "least-cloud" else None)


CELLS = Cells()


class Pixels:
    """Pixels of the 10 m maps that ``pieces`` name: for each of these scenes an entry whose cells are its pixels."""

    ending = "_10m"
    contents = (CONTENT, f"probability (%) of the {CONTENT}")
    dtype, nodata, steps = "uint8", NO_ANSWER, 100

    def __init__(self, entries: Sequence[Entry], pieces: Mapping[str, Piece]) -> None:
        self.patches = {e.name: e for e in entries if e.name in pieces}
        self.entries = [_finer(e, pieces[e.name]) for e in self.patches.values()]

    def give(self, fold: Fold, at: np.ndarray, e: Entry, rows: np.ndarray, cols: np.ndarray) -> None:
        own, cloud = self.patches[e.name], None
        if fold.rule == "least-cloud":
            over = [((n + 0.5) * e.side / own.side).astype(np.int64) for n in (rows, cols)]
            cloud = read_cloud(own, np.minimum(over[0], own.rows - 1), np.minimum(over[1], own.cols - 1))
        fold.offer(at, *read_finer(e, rows, cols), cloud)


def _finer(e: Entry, piece: Piece) -> Entry:
    right, bottom = piece.left + piece.width * piece.pixel, piece.top - piece.height * piece.pixel
    return replace(
        e,
        left=piece.left,
        bottom=bottom,
        right=right,
        top=piece.top,
        side=piece.pixel,
        rows=piece.height,
        cols=piece.width,
    )
