"""The answers seen once: labels, codes, areas and places that every product shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from ..errors import DataError, JobError
from ..nomenclature import ORDER_ALPHABETICAL
from ..scene.types import PIXEL
from .legend import CODES, Category, group_categories
from .types import MAPPED, NOT_MAPPED, NOT_SCORED, PROBABILITY_STEPS, UNUSUAL, Probabilities, RunRecord


@dataclass(frozen=True)
class MapView:
    """Answers and record with the classes in ORDER_ALPHABETICAL, and what follows from them.

    Arrays have the axes (rows, cols), row 0 in the north.

    mapped   bool: the cell has an answer
    filled   bool: the fallback model gave it
    labels   bool (rows, cols, classes): p >= threshold of the model that answered
    top      uint8: code of the most probable class (the first of equals), 0 where not mapped
    groups   uint8: code of the most probable group of ``record.legend``, 0 where not mapped; None without a legend
    acquired acquisition time in UTC, None where nothing tells
    """

    answers: Probabilities
    record: RunRecord
    mapped: np.ndarray
    filled: np.ndarray
    labels: np.ndarray
    top: np.ndarray
    groups: np.ndarray | None
    acquired: datetime | None

    @property
    def classes(self) -> tuple[str, ...]:
        return self.answers.classes

    @property
    def group_categories(self) -> tuple[Category, ...]:
        return group_categories(self.record.legend) if self.record.legend else ()

    @cached_property
    def bits(self) -> np.ndarray:
        """uint32: bit (code - 1) is set where the cell carries that class."""
        mask = np.zeros(self.mapped.shape, dtype=np.uint32)
        for i, name in enumerate(self.classes):
            mask |= self.labels[..., i].astype(np.uint32) << np.uint32(CODES[name] - 1)
        return mask

    @cached_property
    def n_labels(self) -> np.ndarray:
        return self.labels.sum(axis=2, dtype=np.uint8)

    @cached_property
    def top_p(self) -> np.ndarray:
        """float64: the largest probability, NaN where not mapped."""
        return np.where(self.mapped, self.answers.p.max(axis=2) / PROBABILITY_STEPS, np.nan)

    @cached_property
    def entropy(self) -> np.ndarray:
        """float64: mean over the classes of the binary entropy of p in bits, NaN where not mapped."""
        p = np.arange(PROBABILITY_STEPS + 1) / PROBABILITY_STEPS
        with np.errstate(divide="ignore", invalid="ignore"):
            table = np.nan_to_num(-p * np.log2(p) - (1 - p) * np.log2(1 - p))
        total = np.zeros(self.mapped.shape)
        for i in range(len(self.classes)):
            total += table[np.minimum(self.answers.p[..., i], PROBABILITY_STEPS)]
        return np.where(self.mapped, total / len(self.classes), np.nan)

    @property
    def unusual(self) -> np.ndarray | None:
        """bool: either score says that it looks like (nearly) no training patch; None where none is told."""
        if self.answers.unusual is None:
            return None
        return (self.answers.unusual >= UNUSUAL).any(axis=2) & self.scored

    @property
    def scored(self) -> np.ndarray:
        """bool: mapped by a model that can tell how unusual the patch is."""
        if self.answers.unusual is None:
            return np.zeros(self.mapped.shape, bool)
        return self.mapped & (self.answers.unusual != NOT_SCORED).all(axis=2)

    @cached_property
    def x_edges(self) -> np.ndarray:
        """float64 (cols + 1): eastings of the cells' borders, the last one clipped to the scene."""
        grid = self.record.grid
        return self.record.scene.grid.left + PIXEL * _edges(grid.cols, grid.stride, grid.width)

    @cached_property
    def y_edges(self) -> np.ndarray:
        """float64 (rows + 1): northings of the cells' borders from north to south."""
        grid = self.record.grid
        return self.record.scene.grid.top - PIXEL * _edges(grid.rows, grid.stride, grid.height)

    @cached_property
    def area_m2(self) -> np.ndarray:
        """int64: area of each cell, clipped to the scene."""
        grid = self.record.grid
        heights = np.diff(_edges(grid.rows, grid.stride, grid.height))
        widths = np.diff(_edges(grid.cols, grid.stride, grid.width))
        return np.outer(heights, widths) * PIXEL**2

    @property
    def attribution(self) -> str:
        """The sentence that the Copernicus licence asks for; what a generated product is; empty for other sensors."""
        if self.record.scene.extra.get("generated"):
            return "Generated landscape, made by BigEarthNet Mapper: no satellite saw it"
        if not self.record.scene.sensor.startswith("sentinel"):
            return ""
        year = f" [{self.acquired.year}]" if self.acquired else ""
        return f"Contains modified Copernicus Sentinel data{year}"


def view(answers: Probabilities, record: RunRecord) -> MapView:
    """Bring classes and thresholds to ORDER_ALPHABETICAL and derive the rest.

    Raises ValueError where answers and record do not fit each other, JobError where the legend unites
    none of the model's classes, DataError where the acquisition time is none.
    """
    grid = record.grid
    if answers.status.shape != (grid.rows, grid.cols):
        raise ValueError(f"answers of shape {answers.status.shape} on a grid of {(grid.rows, grid.cols)}")
    if len(record.thresholds) != len(answers.classes):
        raise ValueError(f"{len(record.thresholds)} thresholds for {len(answers.classes)} classes")
    if (grid.width, grid.height) != (record.scene.grid.width, record.scene.grid.height):
        raise ValueError(f"a grid of {grid.width} x {grid.height} px on a scene of another size")
    mapped = answers.status == MAPPED
    if (answers.p[mapped] > PROBABILITY_STEPS).any() or (answers.p[~mapped] != NOT_MAPPED).any():
        raise ValueError("probabilities and status contradict each other")
    order = [answers.classes.index(name) for name in ORDER_ALPHABETICAL if name in answers.classes]
    answers = replace(answers, p=answers.p[..., order], classes=tuple(answers.classes[i] for i in order))
    record = replace(record, thresholds=tuple(record.thresholds[i] for i in order))
    if (answers.missed is None) != (record.fallback is None):
        raise ValueError("answers and record do not agree on whether there was a fallback model")
    fallback = [record.fallback.threshold(name) for name in answers.classes] if record.fallback else None
    codes = np.full(256, 0, dtype=np.uint8)
    codes[: len(order)] = [CODES[name] for name in answers.classes]
    return MapView(
        answers,
        record,
        mapped,
        answers.by_fallback,
        answers.labels(record.thresholds, fallback),
        codes[answers.top()],
        _groups(answers, record, mapped),
        acquisition(record.scene.acquired),
    )


def acquisition(text: str | None) -> datetime | None:
    """An ISO 8601 time (UTC where it names no zone) as a time in UTC. Raises DataError."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError as e:
        raise DataError(
            f"The acquisition time {text!r} is no ISO 8601 time.", "Give one like 2020-02-23T03:47:31Z."
        ) from e
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _groups(answers: Probabilities, record: RunRecord, mapped: np.ndarray) -> np.ndarray | None:
    if record.legend is None:
        return None
    best = np.full(mapped.shape, -1, dtype=np.int32)
    code = np.zeros(mapped.shape, dtype=np.uint8)
    for i, members in enumerate(record.legend.groups.values(), 1):
        columns = [answers.classes.index(c) for c in members if c in answers.classes]
        if columns:
            p = answers.p[..., columns].max(axis=2).astype(np.int32)
            code[p > best] = i
            np.maximum(best, p, out=best)
    if not code.any():
        raise JobError(
            f"The legend {record.legend.title!r} names none of the classes that the model answers.",
            "Give another legend to --regroup: the run goes on from what is finished.",
        )
    code[~mapped] = 0
    return code


def _edges(count: int, stride: int, length: int) -> np.ndarray:
    return np.minimum(np.arange(count + 1, dtype=np.int64) * stride, length)
