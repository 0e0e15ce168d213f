"""Which of several answers for one place counts: rules as a fold over scenes, the newest first.

The fold holds one block of the mosaic however many scenes lie over it. Ties are broken alike by all rules: the
newer scene wins, of two scenes of one time the one whose name comes first; of two equal classes the lower code.
"""

from __future__ import annotations

import numpy as np

from ...products.types import NOT_MAPPED

RULES = ("latest", "most-confident", "mean", "least-cloud")
MEANINGS = {
    "latest": "the newest scene with an answer there",
    "most-confident": "the scene whose most probable class is most probable",
    "mean": "the class of the highest mean probability over all scenes with an answer there",
    "least-cloud": "the scene with the smallest share of cloud in its patch; scenes without a cloud layer come last",
}


class Fold:
    """The outcome of a rule for ``n`` places while scenes are added, the newest first.

    Axis 0 of every array of probabilities is the class, in the order of their codes (code - 1).
    """

    def __init__(self, rule: str, n: int, classes: int = 19) -> None:
        if rule not in RULES:
            raise ValueError(f"no rule {rule!r}")
        self.rule = rule
        if rule == "mean":
            self.sum = np.zeros((classes, n), np.uint32)
            self.count = np.zeros((classes, n), np.uint16)
        else:
            self.code = np.zeros(n, np.uint8)
            self.p = np.full(n, NOT_MAPPED, np.uint16)
            self.cost = np.full(n, np.iinfo(np.int32).max, np.int32)

    def add(self, at: np.ndarray, p: np.ndarray, cloud: np.ndarray | None = None) -> None:
        """One scene's answers.

        at      places (m,), each once
        p       uint16 (classes, m): probability x 10000, NOT_MAPPED where the scene, or its model, has no answer
        cloud   uint8 (m,): percent, 255 unknown; the rule "least-cloud" needs it
        """
        answered = p != NOT_MAPPED
        if self.rule == "mean":
            self.sum[:, at] += np.where(answered, p, 0)
            self.count[:, at] += answered
            return
        best, code = top(p)
        self.offer(at, code, best, cloud)

    def offer(self, at: np.ndarray, code: np.ndarray, p: np.ndarray, cloud: np.ndarray | None = None) -> None:
        """One scene's most probable classes (uint8 (m,), 0 without an answer) and their probabilities; not for "mean"."""
        if self.rule == "latest":
            cost = np.zeros(len(at), np.int32)
        elif self.rule == "most-confident":
            cost = -p.astype(np.int32)
        else:
            assert cloud is not None
            cost = cloud.astype(np.int32)
        wins = (code > 0) & (cost < self.cost[at])
        there = at[wins]
        self.code[there], self.p[there], self.cost[there] = code[wins], p[wins], cost[wins]

    def open(self, at: np.ndarray) -> np.ndarray:
        """bool (m,): places where a further, older scene may count; with "latest" one answer settles a place."""
        return self.code[at] == 0 if self.rule == "latest" else np.ones(len(at), bool)

    def result(self) -> tuple[np.ndarray, np.ndarray]:
        """(codes, probability x 10000) of the winning class; 0 and NOT_MAPPED where no scene has an answer."""
        if self.rule != "mean":
            return self.code, self.p
        mean = np.full(self.sum.shape, NOT_MAPPED, np.uint16)
        some = self.count > 0
        # Half up in integers: the same on every machine.
        mean[some] = (2 * self.sum[some] + self.count[some]) // (2 * self.count[some].astype(np.uint32))
        best, code = top(mean)
        return code, best


def top(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(probability, code) of the most probable class (the lowest code of equals); NOT_MAPPED and 0 without an answer."""
    value = np.where(p == NOT_MAPPED, np.int32(-1), p.astype(np.int32))
    which = value.argmax(axis=0)
    best = np.take_along_axis(value, which[None], axis=0)[0]
    none = best < 0
    return np.where(none, NOT_MAPPED, best).astype(np.uint16), np.where(none, 0, which + 1).astype(np.uint8)
