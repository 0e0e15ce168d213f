"""Which answers become labels: confidence, retrieval, quotas. Pure numpy; the same in, the same out.

Two schemes. "multilabel": each class for itself, present, absent or left out. "tong": one label a patch, as in Tong
et al. (arXiv:1807.05713), with the figures of an independent re-implementation where the paper prints none.
Both say after every step how much of which class is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import DataError
from .bank import SourceBank
from .types import LEFT_OUT, NEGATIVE, POSITIVE, AdaptOptions, PseudoLabels, Stage

Confirm = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (rows, y) -> y with the unconfirmed left out


def choose_labels(
    p: np.ndarray,
    classes: Sequence[str],
    trained: np.ndarray,
    options: AdaptOptions,
    confirm: Confirm,
    how: str = "",
    limits: bool = True,
    mixed: bool = False,
) -> PseudoLabels:
    """Pseudo-labels of N patches.

    p        float (N, C): what the teacher says (multilabel: see ``centred``; tong: see ``softmax``)
    trained  bool (C,): classes that the model can answer at all
    confirm  asked for the candidates' rows (n,) and their y (n, C): what retrieval leaves of them
    limits   whether quotas and the least evidence apply (not to the patches that only judge)
    mixed    source patches are learned from as well (see ``limited``)
    ``indices`` are rows of p.
    """
    stages = []

    def told(name: str, y: np.ndarray) -> np.ndarray:
        stages.append(_stage(name, y, classes))
        return y

    single = options.method == "tong"
    y = told("confidence", single_label(p, trained, options.confidence) if single else confident(p, trained, options))
    if single:
        y = told("entropy", informative(p, y, trained, options.drop_certain))
    rows = np.flatnonzero((y != LEFT_OUT).any(1))
    y[rows] = confirm(rows, y[rows])
    told("retrieval", y)
    if limits:
        y = told("quota", limited(p, y, options, mixed))
    rows = np.flatnonzero((y != LEFT_OUT).any(1))
    return PseudoLabels(rows, y[rows], tuple(stages), how)


def confident(p: np.ndarray, trained: np.ndarray, options: AdaptOptions) -> np.ndarray:
    """int8 (N, C): 1 where p > accept, 0 where p < reject, else -1; -1 for classes that were never trained."""
    y = np.full(p.shape, LEFT_OUT, np.int8)
    y[p > options.accept] = POSITIVE
    y[p < options.reject] = NEGATIVE
    y[:, ~trained] = LEFT_OUT
    return y


def centred(p: np.ndarray, thresholds: Sequence[float]) -> np.ndarray:
    """(N, C) probabilities moved along their logits so that each class's threshold lies at 0.5."""
    t = np.clip(np.asarray(thresholds, np.float64), 1e-4, 1 - 1e-4)
    q = np.clip(p.astype(np.float64), 1e-7, 1 - 1e-7)
    return 1 / (1 + np.exp(np.log(t / (1 - t)) - np.log(q / (1 - q))))


def softmax(p: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """(N, C) one distribution a patch from probabilities a class: softmax of their logits over the trained classes."""
    q = np.clip(p.astype(np.float64), 1e-7, 1 - 1e-7)
    z = np.where(trained, np.log(q) - np.log1p(-q), -np.inf)
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def single_label(p: np.ndarray, trained: np.ndarray, confidence: float) -> np.ndarray:
    """int8 (N, C): patches whose first class has more than ``confidence`` hold that class and no other."""
    y = np.full(p.shape, LEFT_OUT, np.int8)
    q = np.where(trained, p, -1)
    best = q.argmax(1)
    sure = np.flatnonzero(q[np.arange(len(q)), best] > confidence)
    y[sure] = np.where(trained, NEGATIVE, LEFT_OUT)
    y[sure, best[sure]] = POSITIVE
    return y


def informative(p: np.ndarray, y: np.ndarray, trained: np.ndarray, drop: float) -> np.ndarray:
    """Leave out, of each pseudo-class, the share ``drop`` of lowest entropy: they are right, and teach nothing."""
    q = np.clip(np.where(trained, p, 0), 1e-12, 1)
    entropy = -(q * np.log(q)).sum(1)
    y = y.copy()
    for c in range(y.shape[1]):
        rows = np.flatnonzero(y[:, c] == POSITIVE)
        dull = rows[np.argsort(entropy[rows], kind="stable")[: int(drop * len(rows))]]
        y[dull] = LEFT_OUT
    return y


def by_bank(bank: SourceBank, features: np.ndarray, options: AdaptOptions) -> Confirm:
    """What the ``neighbours`` nearest source patches confirm. ``features`` (N, D) are of the weights of the bank.

    multilabel: an answer stays where the share ``agreement`` of the neighbours has the same one; tong: a patch stays
    where all neighbours hold its label.
    """

    def confirm(rows: np.ndarray, y: np.ndarray) -> np.ndarray:
        if not len(rows):
            return y
        labels = bank.labels[bank.nearest(features[rows], options.neighbours)]  # (n, k, C)
        return confirmed(y, labels, 1.0 if options.method == "tong" else options.agreement, options.method == "tong")

    return confirm


def confirmed(y: np.ndarray, opinions: np.ndarray, agreement: float, single: bool) -> np.ndarray:
    """int8 (n, C): y (n, C) where enough of the opinions int8 (n, k, C) say the same, else left out.

    single  a patch whose label is not confirmed is left out whole.
    """
    share = (opinions == y[:, None]).mean(1)
    agreed = (share >= agreement - 1e-9) & (y != LEFT_OUT)
    if single:
        agreed = np.broadcast_to((agreed & (y == POSITIVE)).any(1, keepdims=True), y.shape)
    return np.where(agreed, y, LEFT_OUT).astype(np.int8)


def limited(p: np.ndarray, y: np.ndarray, options: AdaptOptions, mixed: bool = False) -> np.ndarray:
    """Quotas: common classes must not drown rare ones, nor one kind of answer the other.

    Of each class the ``quota`` most probable positives stay. multilabel: at most ``negatives`` negatives for each of
    them, spread evenly from the most to the least probable, and no more positives for each negative. A class of fewer
    than ``evidence`` positives then is left out altogether: negatives alone would only silence it, and positives alone
    only make it universal. Where source patches are ``mixed`` in, these hold both kinds of answers.
    """
    y = y.copy()
    single = options.method == "tong"
    for c in range(y.shape[1]):
        has, lacks = (np.flatnonzero(y[:, c] == kind) for kind in (POSITIVE, NEGATIVE))
        most = options.quota if single or mixed else min(options.quota, int(options.negatives * len(lacks)))
        if min(most, len(has)) < options.evidence:
            most = 0
        beyond = has[np.argsort(-p[has, c], kind="stable")[most:]]
        y[beyond, slice(None) if single else c] = LEFT_OUT
        if single:
            continue
        few = int(options.negatives * (len(has) - len(beyond)))
        if len(lacks) > few:
            ranked = lacks[np.argsort(p[lacks, c], kind="stable")]
            stay = np.linspace(0, len(lacks) - 1, few).round().astype(int) if few else np.zeros(0, int)
            y[np.setdiff1d(lacks, ranked[stay]), c] = LEFT_OUT
    return y


def require_enough(labels: PseudoLabels, classes: Sequence[str], options: AdaptOptions, mixed: bool) -> None:
    """DataError that says how many of what were found, where they cannot teach.

    mixed  whether source patches are learned from as well: then one class of the scene may do
    """
    positives = {c: int(n) for c, n in zip(classes, (labels.y == POSITIVE).sum(0), strict=True) if n}
    told = "; ".join(f"{s.name}: {s.patches} patches ({_counts(s.positives)})" for s in labels.stages) + "."
    single = options.method == "tong"
    before = next((s for s in labels.stages if s.name == "retrieval"), None)
    everywhere = [c for c in before.positives if c not in before.negatives] if before and not single else []
    if everywhere and not mixed:
        told += f" No patch is surely without {', '.join(everywhere)}, so there is nothing to tell apart."
    relax = (
        "lower --confidence, --drop-certain or --neighbours"
        if single
        else "lower --accept or --agreement, raise --reject"
    ) + ", take a smaller --stride or a larger scene, or try --method bn-only, which needs no labels."
    if len(labels) < options.fewest or not positives:
        raise DataError(
            f"Only {len(labels)} patches of the scene have a pseudo-label that survives, and {options.fewest} are needed. {told}",
            f"The model does not know this scene well enough to teach itself: {relax}",
            "too-few",
        )
    if len(positives) == 1 and not mixed:
        (name,) = positives
        raise DataError(
            f"All pseudo-labels that survive are of one class, {name!r}: a model taught by them would forget the others. {told}",
            f"Mix in labelled source patches with --source, or {relax}",
            "one-class",
        )


def _counts(by_class: dict[str, int] | object) -> str:
    assert isinstance(by_class, dict)
    return ", ".join(f"{n} {c}" for c, n in sorted(by_class.items(), key=lambda i: (-i[1], i[0]))) or "of no class"


def _stage(name: str, y: np.ndarray, classes: Sequence[str]) -> Stage:
    has, lacks = (y == POSITIVE).sum(0), (y == NEGATIVE).sum(0)
    return Stage(
        name,
        int((y != LEFT_OUT).any(1).sum()),
        {c: int(n) for c, n in zip(classes, has, strict=True) if n},
        {c: int(n) for c, n in zip(classes, lacks, strict=True) if n},
    )
