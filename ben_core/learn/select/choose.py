"""From scores to a list: the two branches share the places, and no neighbourhood or class takes them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .centres import Scores

INNER, BORDER = "inner", "border"


@dataclass(frozen=True)
class Choice:
    """``index`` of a chosen patch, the ``branch`` that chose it ("inner", "border"), the class it is about, and
    whether a guard had to be given up for it, because nothing else was left."""

    index: int
    branch: str
    about: int
    relaxed: bool = False


@dataclass(frozen=True)
class Guard:
    """What keeps choices apart.

    share   largest share of the choices of one branch that are about one class (1: no limit)
    near    near(i, j): patches i and j are neighbours, of which only one is wanted
    """

    share: float = 1.0
    near: Callable[[int, int], bool] = lambda i, j: False


def choose(scores: Scores, count: int, share_inner: float, guard: Guard) -> list[Choice]:
    """``count`` different patches, most wanted first (all of them where there are fewer).

    round(count x share_inner) come from the inner ranking, the rest from the border ranking; a patch that one branch
    has taken is skipped by the other, which goes on down its list. The branches take turns in that proportion, so
    that the first k of the list have it as well. Patches that the guard holds back come where nothing else is left.
    """
    count = min(count, len(scores.inner))
    from_inner = round(count * share_inner)
    queues = {
        INNER: _Queue(np.argsort(-scores.inner, kind="stable"), scores.nearest, _limit(guard, from_inner)),
        BORDER: _Queue(np.argsort(scores.border, kind="stable"), scores.undecided, _limit(guard, count - from_inner)),
    }
    chosen: list[Choice] = []
    taken: set[int] = set()
    for k in range(1, count + 1):
        due = k * from_inner // count - sum(c.branch == INNER for c in chosen)
        branch = INNER if due > 0 else BORDER
        queue = queues[branch]
        index = queue.next(taken, lambda i: not any(guard.near(i, c.index) for c in chosen))
        relaxed = index is None
        if index is None:
            index = queue.any(taken)
        about = int(queue.about[index])
        queue.used[about] = queue.used.get(about, 0) + 1
        taken.add(index)
        chosen.append(Choice(index, branch, about, relaxed))
    return chosen


def _limit(guard: Guard, places: int) -> int:
    """Most choices of a branch about one class."""
    return max(1, int(np.ceil(guard.share * places)))


class _Queue:
    """The ranking of one branch."""

    def __init__(self, order: np.ndarray, about: np.ndarray, limit: int) -> None:
        self.order: Sequence[int] = order.tolist()
        self.about = about
        self.limit = limit
        self.used: dict[int, int] = {}
        self.start = 0

    def next(self, taken: set[int], free: Callable[[int], bool]) -> int | None:
        """The best one left that no guard holds back."""
        # Nothing that is held back is ever let go, so the list is walked once: but for the class limit, which is of
        # this branch alone, and neighbourhood, to which only choices are added, both only grow.
        while self.start < len(self.order):
            i = self.order[self.start]
            self.start += 1
            if i not in taken and self.used.get(int(self.about[i]), 0) < self.limit and free(i):
                return i
        return None

    def any(self, taken: set[int]) -> int:
        """The best one left, whatever holds it back."""
        return next(i for i in self.order if i not in taken)
