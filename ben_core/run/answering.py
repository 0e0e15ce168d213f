"""Every strip is answered and written to the journal: pixels decoded once, the model fed in batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from ..clock import Clock, Progress
from ..errors import Cancelled
from ..events import Emit
from ..models import Model
from ..patches.stream import Batch, read_strips
from ..patches.strips import Strip
from ..products.journal import Journal, StripAnswers
from ..products.preview import write_preview
from ..scene.types import PIXEL
from .plan import Plan
from .sheet import Sheet

Stop = Callable[[], bool]


def answer_strips(
    plan: Plan,
    model: Model,
    fallback: Model | None,
    journal: Journal,
    batch: int,
    clock: Clock,
    emit: Emit,
    stop: Stop,
) -> None:
    """Answer every strip that the journal lacks. Batches are cut inside strips, so that a resumed run sees the same.

    The first model works through all strips as one stream, so that its device never waits for the end of one. When it
    is done with a strip, the fallback answers the cells left over there; the pixels it needs are kept until then.
    """

    def show(strip: Strip, answers: StripAnswers) -> None:
        path = journal.path(strip.number)
        preview = _preview(plan, strip, answers, path.with_suffix(".tif"))
        emit("partial", first_row=strip.first, last_row=strip.last, path=str(path), preview=str(preview))

    missing = []
    for strip in plan.strips:
        answers = journal.read(strip.number)
        if answers is None:
            missing.append(strip)
        else:
            show(strip, answers)
    done = plan.cells - sum(int(plan.inside[s.first : s.last].sum()) for s in missing)
    if done:
        emit("step", name="resume", text=f"{done} of {plan.cells} cells are in the journal of an earlier run")
    progress = Progress(emit, plan.cells, done, clock=clock)

    def go_on() -> None:
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again to go on where it stopped.")

    def count(b: Batch) -> None:
        progress.add(len(b))
        clock.add("patches", len(b))

    def fill(sheet: Sheet) -> None:
        """The cells that are left over, by the fallback."""
        if sheet.spare is None or fallback is None or plan.fallback is None:
            return
        asked, batches = plan.fallback, list[Batch]()

        def feeds() -> Iterator[Mapping[str, np.ndarray]]:
            assert sheet.spare is not None
            for b in sheet.spare.batches(*sheet.leftover, batch):
                go_on()
                batches.append(b)
                yield asked.feed(b.bands)

        with closing(fallback.answer_each(feeds())) as answered:
            for i, a in enumerate(answered):
                sheet.put(asked, batches[i], a)
                count(batches[i])

    def finish(sheet: Sheet) -> None:
        fill(sheet)
        answers = sheet.answers()
        with clock("write"):
            journal.write(sheet.strip.number, answers)
            show(sheet.strip, answers)

    under_way: deque[tuple[Sheet, Batch]] = deque()

    def feeds() -> Iterator[Mapping[str, np.ndarray]]:
        strips = read_strips(plan.scene, plan.grid, plan.bands, missing, plan.columns, plan.threads)
        with closing(strips):
            while True:
                with clock("wait"):
                    pixels = next(strips, None)
                if pixels is None:
                    return
                clock.add("read", pixels.seconds)
                sheet = Sheet(plan, pixels)
                progress.add(sheet.skipped)
                if not sheet.left:
                    finish(sheet)
                for b in pixels.batches(*sheet.cells, batch, plan.first.bands):
                    go_on()
                    under_way.append((sheet, b))
                    yield plan.first.feed(b.bands)

    with clock("infer"), closing(model.answer_each(feeds())) as answered:
        for a in answered:
            sheet, b = under_way.popleft()
            sheet.put(plan.first, b, a)
            sheet.left -= len(b)
            count(b)
            if not sheet.left:
                finish(sheet)


def _preview(plan: Plan, strip: Strip, answers: StripAnswers, path: Path) -> Path:
    """The strip as a small raster for a live preview; it goes with the journal."""
    g, stride = plan.scene.grid, plan.grid.stride
    top = g.top - strip.first * stride * PIXEL
    return write_preview(path, answers, plan.card.classes, crs=g.crs, left=g.left, top=top, stride=stride)
