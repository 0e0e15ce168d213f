"""From scores to a list: the two branches share the places, and no neighbourhood or class takes them all."""

from __future__ import annotations

from collections.abc import Callable
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


def _nothing(_: int) -> np.ndarray:
    return np.zeros((), bool)


@dataclass(frozen=True)
class Guard:
    """What keeps choices apart.

    share   largest share of the choices of one branch that are about one class (1: no limit)
    near    near(i) -> bool (N,): the neighbours of patch i, of which none is wanted beside it
    """

    share: float = 1.0
    near: Callable[[int], np.ndarray] = _nothing


def choose(scores: Scores, count: int, share_inner: float, guard: Guard) -> list[Choice]:
    """``count`` different patches, most wanted first (all of them where there are fewer).

    round(count x share_inner) come from the inner ranking, the rest from the border ranking; a patch that one branch
    has taken is skipped by the other, which goes on down its list. The branches take turns in that proportion, so
    that the first k of the list have it as well. Where nothing else is left a class gets more than its share, and
    then neighbours are taken.
    """
    total = len(scores.inner)
    count = min(count, total)
    from_inner = round(count * share_inner)
    branches = {
        INNER: _Branch(np.argsort(-scores.inner, kind="stable"), scores.nearest, guard.share, from_inner),
        BORDER: _Branch(np.argsort(scores.border, kind="stable"), scores.undecided, guard.share, count - from_inner),
    }
    free, apart = np.ones(total, bool), np.ones(total, bool)
    chosen: list[Choice] = []
    for k in range(1, count + 1):
        due = k * from_inner // count - sum(c.branch == INNER for c in chosen)
        name = INNER if due > 0 else BORDER
        branch = branches[name]
        within = branch.within()
        wanted = next(w for w in (free & apart & within, free & apart, free) if w.any())
        index = branch.best(wanted)
        chosen.append(Choice(index, name, branch.count(index), not (apart[index] and within[index])))
        free[index] = False
        apart &= ~guard.near(index)
    return chosen


class _Branch:
    """A ranking, and how often it has chosen for each class; ``places``: how many choices it has in all."""

    def __init__(self, order: np.ndarray, about: np.ndarray, share: float, places: int) -> None:
        self.order, self.about = order, about
        self.limit = max(1, int(np.ceil(share * places)))
        self.used = np.zeros(int(about.max(initial=0)) + 1, int)

    def within(self) -> np.ndarray:
        """bool (N,): patches about a class that has not had its share."""
        return (self.used < self.limit)[self.about]

    def best(self, wanted: np.ndarray) -> int:
        return int(self.order[wanted[self.order].argmax()])

    def count(self, index: int) -> int:
        """Note a choice; the class it is about."""
        self.used[self.about[index]] += 1
        return int(self.about[index])
