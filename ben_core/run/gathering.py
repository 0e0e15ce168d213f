"""The strips of a journal become the answers of the whole grid, and what is counted of them."""

from __future__ import annotations

import numpy as np

from ..errors import DataError, StorageError
from ..models.novelty import SCORES
from ..products.journal import Journal
from ..products.stretch import radar_colours, stretch
from ..products.types import MAPPED, NOT_MAPPED, NOT_SCORED, OUTSIDE, STATUS_NAMES, Probabilities
from .plan import Plan


def gather(plan: Plan, journal: Journal) -> tuple[Probabilities, np.ndarray]:
    """All strips on the whole grid, and the overview: uint16 (3, h, w) mean DN. Raises StorageError."""
    rows, cols = plan.grid.rows, plan.grid.cols
    p = np.full((rows, cols, len(plan.card.classes)), NOT_MAPPED, np.uint16)
    status, missed = (np.full((rows, cols), OUTSIDE, np.uint8) for _ in range(2))
    valid, cloud, snow = (np.full((rows, cols), 255, np.uint8) for _ in range(3))
    unusual = np.full((rows, cols, len(SCORES)), NOT_SCORED, np.uint8)
    sensors = np.full((rows, cols, 2), 255, np.uint8)
    step = plan.overview
    rgb = np.zeros((len(plan.rgb), -(-plan.grid.height // step), -(-plan.grid.width // step)), np.uint16)
    for strip in plan.strips:
        a = journal.read(strip.number)
        if a is None:
            raise StorageError(
                f"A finished strip has vanished from {journal.folder}.",
                "Run the same command again; does something clean that folder?",
            )
        here = slice(strip.first, strip.last)
        p[here], status[here], valid[here], cloud[here], snow[here] = a.p, a.status, a.valid, a.cloud, a.snow
        unusual[here], sensors[here], missed[here] = a.unusual, a.sensors, a.missed
        top = -(-strip.first * plan.grid.stride // step)
        rgb[:, top : top + a.rgb.shape[1]] = a.rgb
    return Probabilities(
        p,
        status,
        valid,
        cloud,
        snow,
        plan.card.classes,
        unusual=unusual if plan.scored else None,
        sensors=sensors if all(plan.sensors) else None,
        missed=missed if plan.fallback else None,
    ), rgb


def picture(plan: Plan, rgb: np.ndarray) -> np.ndarray | None:
    """The overview as people see it, uint8 (3, h, w); None where the model reads no bands for one."""
    if not plan.rgb:
        return None
    return stretch(rgb) if len(plan.rgb) == 3 else radar_colours(rgb)


def coverage_of(plan: Plan, answers: Probabilities) -> dict[str, float]:
    """Share of the pixels of the asked cells' patches that each sensor has data for; {} where one sensor is read."""
    if answers.sensors is None:
        return {}
    seen = answers.sensors[plan.inside].astype(np.float64) / 100
    return {name: round(float(seen[:, i].mean()), 4) for i, name in enumerate(("sentinel_1", "sentinel_2"))}


def count_cells(plan: Plan, answers: Probabilities) -> dict[str, int]:
    """Cells by status. Raises DataError where none was mapped."""
    cells = {name: int((answers.status == i).sum()) for i, name in enumerate(STATUS_NAMES)}
    if not cells[STATUS_NAMES[MAPPED]]:
        found = ", ".join(f"{n} {name}" for name, n in cells.items() if n)
        raise DataError(
            f"No cell of {plan.scene.name} could be mapped: {found}.",
            "Choose another scene or area, or relax --min-valid, --max-cloud or --max-snow.",
        )
    return cells
