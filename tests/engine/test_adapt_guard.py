"""The guard: harm that was done on purpose, nothing done at all, and true scores where there are labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.adapt.bank import SourceBank
from ben_core.adapt.guard import Setting, judge, near_in_bank
from ben_core.adapt.signs import agreement, signs
from ben_core.adapt.truth import MEASURES, Truth, accuracy_and_kappa, compare
from ben_core.adapt.types import ADOPTED, REJECTED, VIEWS, WARNING, Views
from ben_core.nomenclature import ORDER_ALPHABETICAL

CLASSES = ORDER_ALPHABETICAL[:6]
C, D, N = len(CLASSES), 8, 60


class Land:
    """Land of ``n`` patches in 10 blocks: features hold the classes linearly, a bank of the same, a model that reads them.

    ``shift`` moves the features of the scene away from those of the bank, as another sensor would.
    """

    def __init__(self, n: int = N, seed: int = 0, untrained: int | None = None) -> None:
        random = np.random.default_rng(seed)
        self.random = random
        self.truth = random.random((n, C)) < np.linspace(0.25, 0.6, C)
        self.features = self._features(self.truth)
        labels = random.random((300, C)) < np.linspace(0.25, 0.6, C)
        said = self._p(self._features(labels))
        self.bank = SourceBank(self._features(labels), labels.astype(np.int8), said, CLASSES, "abc", "m", "made")
        trained = np.arange(C) != untrained
        self.setting = Setting(CLASSES, np.full(C, 0.5), trained, np.arange(n) // (n // 10 or 1))

    def _features(self, truth: np.ndarray) -> np.ndarray:
        x = np.zeros((len(truth), D), np.float32)
        x[:, :C] = 2.0 * truth - 1
        return x + self.random.normal(0, 0.3, x.shape).astype(np.float32)

    def _p(self, features: np.ndarray) -> np.ndarray:
        return (1 / (1 + np.exp(-2.5 * features[:, :C]))).astype(np.float32)

    def views(self, shift: float = 0.0) -> Views:
        """What the model says of the scene whose features lie ``shift`` away."""
        features = self.features + np.float32(shift) * np.where(np.arange(D) < C, 0.2, 1.0).astype(np.float32)
        turned = features[:, None] + self.random.normal(0, 0.1, (len(features), VIEWS, D)).astype(np.float32)
        turned[:, 0] = features
        p = self._p(turned.reshape(-1, D)).reshape(len(features), VIEWS, C)
        return Views(p, features)

    def known(self) -> Truth:
        main = np.where(self.truth.any(1), self.truth.argmax(1), -1)
        return Truth(self.truth, main, np.ones(len(self.truth), bool))


@pytest.fixture(scope="module")
def land() -> Land:
    return Land()


def harmed(views: Views, how: str) -> Views:
    """What a model says after it was broken."""
    p = views.p.copy()
    if how == "one class everywhere":
        p[:] = 0.02
        p[..., 2] = 0.98
    elif how == "a class vanished":
        p[..., 3] *= 0.01
    elif how == "shuffled heads":
        p = p[..., [3, 5, 0, 1, 2, 4]]
    elif how == "drift":
        p = p**0.1
    elif how == "silent":
        p *= 0.1
    elif how == "another answer a turn":
        p[:, 1:] = np.random.default_rng(0).permutation(p[:, 1:].reshape(-1, C)).reshape(p[:, 1:].shape)
    elif how == "NaN":
        p[3, 2, 1] = np.nan
    return Views(p, views.features)


HARM = ("one class everywhere", "a class vanished", "shuffled heads", "drift", "silent", "another answer a turn", "NaN")


@pytest.mark.parametrize("how", HARM)
def test_harm_is_rejected(land: Land, how: str) -> None:
    before = land.views()
    verdict = judge(before, harmed(before, how), land.setting, land.bank)
    assert verdict.word == REJECTED and not verdict.adopted
    assert not verdict.reasons[0].startswith("No gain")


@pytest.mark.parametrize("how", ["one class everywhere", "a class vanished", "drift", "silent", "NaN"])
def test_harm_is_seen_without_a_bank_too(land: Land, how: str) -> None:
    before = land.views()
    verdict = judge(before, harmed(before, how), land.setting)
    assert verdict.word == REJECTED and not verdict.reasons[0].startswith("No gain")


def test_a_vanished_class_is_named_with_its_patches(land: Land) -> None:
    before = land.views()
    n = int((before.p[:, 0, 3] >= 0.5).sum())
    verdict = judge(before, harmed(before, "a class vanished"), land.setting, land.bank)
    assert any(f"{CLASSES[3]} ({n} patches before, 0 after)" in r for r in verdict.reasons)


def test_a_class_that_vanishes_from_foreign_land_is_a_doubt(land: Land) -> None:
    """What the original said of land that it did not know may have been wrong: no rejection, and no clean adoption."""
    verdict = judge(land.views(2), harmed(land.views(), "a class vanished"), land.setting, land.bank)
    assert verdict.figures["checks"]["distance"]["says"] == "gain"
    assert verdict.word == WARNING
    assert any(CLASSES[3] in r for r in verdict.reasons)


@pytest.mark.parametrize("how", ["one class everywhere", "shuffled heads", "silent", "drift"])
def test_broken_gains_are_rejected_too(land: Land, how: str) -> None:
    """That a scene comes nearer excuses nothing else."""
    assert judge(land.views(2), harmed(land.views(), how), land.setting, land.bank).word == REJECTED


@given(seed=st.integers(0, 10_000), shift=st.floats(0, 3), banked=st.booleans())
@settings(max_examples=15, deadline=None)
def test_no_change_is_no_gain_and_no_harm(seed: int, shift: float, banked: bool) -> None:
    made = Land(seed=seed)
    views = made.views(shift)
    verdict = judge(views, views, made.setting, made.bank if banked else None, made.known())
    assert verdict.word != ADOPTED
    assert verdict.reasons[0].startswith("No gain: the adapted model answers as the original does")
    assert {c["says"] for c in verdict.figures["checks"].values()} == {"even"}


def test_foreign_land_that_came_nearer_is_adopted(land: Land) -> None:
    verdict = judge(land.views(2), land.views(), land.setting, land.bank)
    assert verdict.word == ADOPTED
    assert "foreign" in " ".join(verdict.reasons)
    assert verdict.figures["patches"] == N


def test_known_land_has_nothing_to_gain(land: Land) -> None:
    verdict = judge(land.views(0.1), land.views(), land.setting, land.bank)
    assert verdict.word != ADOPTED
    assert verdict.reasons[0].startswith("No gain") and "did not look foreign" in verdict.reasons[0]


@given(seed=st.integers(0, 10_000), strength=st.floats(0, 2))
@settings(max_examples=15, deadline=None)
def test_source_land_keeps_its_model_whatever_adaptation_made(seed: int, strength: float) -> None:
    """No harm on a scene of the source domain: nothing is handed over that a guard without labels cannot vouch for."""
    made = Land(seed=seed)
    before = made.views()
    moved = np.random.default_rng(seed).normal(0, strength, (1, 1, C))
    z = np.log(before.p / (1 - before.p)) + moved
    after = Views((1 / (1 + np.exp(-z))).astype(np.float32), before.features * np.float32(0.9))
    assert judge(before, after, made.setting, made.bank).word == REJECTED


def test_few_patches_make_a_warning() -> None:
    few = Land(n=12)
    verdict = judge(few.views(2), few.views(), few.setting, few.bank)
    assert verdict.word == WARNING
    assert any("12 patches" in r for r in verdict.reasons)


def test_the_order_of_patches_does_not_matter(land: Land) -> None:
    before, after = land.views(2), land.views()
    order = np.random.default_rng(1).permutation(N)
    turned = replace(land.setting, block=land.setting.block[order])
    one = judge(before, after, land.setting, land.bank)
    two = judge(
        Views(before.p[order], before.features[order]), Views(after.p[order], after.features[order]), turned, land.bank
    )
    assert two.word == one.word
    for key, c in one.figures["checks"].items():
        assert two.figures["checks"][key]["after"] == pytest.approx(c["after"])


def test_an_untrained_class_does_not_speak() -> None:
    made = Land(untrained=3)
    before = made.views(2)
    after = harmed(made.views(), "a class vanished")
    assert judge(before, after, made.setting, made.bank).word == ADOPTED


def test_a_sure_loss_of_true_scores_rejects_whatever_else_is_said(land: Land) -> None:
    before, after = land.views(2), land.views()
    assert judge(before, after, land.setting, land.bank).word == ADOPTED
    wrong = replace(land.known(), present=~land.truth)  # the reference says the opposite
    verdict = judge(before, after, land.setting, land.bank, wrong)
    assert verdict.word == REJECTED
    assert "worse" in verdict.reasons[0] and "95 % interval" in verdict.reasons[0]


def test_a_sure_gain_of_true_scores_adopts_what_signs_cannot_see(land: Land) -> None:
    blurred = harmed(land.views(), "shuffled heads")
    verdict = judge(blurred, land.views(), land.setting, None, land.known())
    assert verdict.word in (ADOPTED, WARNING)
    assert "better" in verdict.reasons[0]


def test_a_gain_in_a_few_blocks_is_no_sure_gain(land: Land) -> None:
    """Too few blocks to draw: the patches of one are alike, and an interval over patches pretends to more than it knows."""
    before = land.views()
    blurred = Views(before.p * 0.5 + 0.25 * np.random.default_rng(1).random(before.p.shape), before.features)
    words = []
    for blocks in (10, 4):
        setting = replace(land.setting, block=land.setting.block % blocks)
        verdict = judge(blurred, before, setting, None, land.known())
        assert "better" in verdict.reasons[0], verdict.reasons
        words.append((verdict.word, any("too narrow" in r for r in verdict.reasons)))
    assert words == [(ADOPTED, False), (WARNING, True)]


def test_scores_are_those_of_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, cohen_kappa_score, f1_score

    made = Land(seed=3)
    p, truth = made.views(0.4).p[:, 0], made.known()
    found, groups = compare(p, p, truth, made.setting.thresholds, made.setting.trained, made.setting.block)
    assert set(found) == set(MEASURES) and (groups.count, groups.word, groups.note) == (10, "blocks", "")
    rows = truth.main >= 0
    expected = {
        "AP macro": average_precision_score(truth.present, p, average="macro"),
        "F1 micro": f1_score(truth.present, p >= 0.5, average="micro"),
        "overall accuracy": (p.argmax(1) == truth.main)[rows].mean(),
        "kappa": cohen_kappa_score(truth.main[rows], p.argmax(1)[rows]),
    }
    for name, value in expected.items():
        assert found[name].before == pytest.approx(value, abs=1e-9)
        assert found[name].difference == found[name].low == found[name].high == 0  # drawn alike: nothing differs


def test_kappa_of_chance_is_none() -> None:
    right, kappa = accuracy_and_kappa(np.array([[[5.0, 0], [0, 0]], [[2, 2], [2, 2]]]))
    assert right.tolist() == [1.0, 0.5]
    assert np.isnan(kappa[0]) and kappa[1] == 0


def test_agreement_falls_to_nothing_when_answers_do() -> None:
    random = np.random.default_rng(0)
    alike = np.repeat(random.random((50, 1, 3)), VIEWS, 1)
    assert agreement(alike) == pytest.approx(1)
    assert agreement(random.random((50, VIEWS, 3))) < 0.1
    assert agreement(np.full((50, VIEWS, 3), 0.7)) == 0


def test_near_counts_labels_that_somebody_knows(land: Land) -> None:
    bank = replace(land.bank, labels=np.where(np.arange(C) == 1, -1, land.bank.labels).astype(np.int8))
    found = near_in_bank(land.features, bank, 5)
    assert np.isnan(found.rates[:, 1]).all() and np.isfinite(found.rates[:, 0]).all()
    assert found.distance.mean() == pytest.approx(1, abs=0.2)  # land like the bank's is as far as its own patches
    views = land.views()
    told = signs(views.p, views.features, land.setting.thresholds, land.setting.trained, found)
    assert np.isfinite(told.calibration)


def test_a_reference_becomes_truth_of_patches(write_tif: Any) -> None:
    from ben_core.adapt.truth import truth_of
    from ben_core.scene.types import PixelGrid

    codes = np.full((240, 240), 312, np.uint16)  # coniferous
    codes[:120, :50] = 512  # inland waters
    codes[120:, 120:] = 999
    path = write_tif("reference.tif", codes)
    grid = PixelGrid("EPSG:32633", 500_000.0, 5_000_040.0, 240, 240)
    classes = ("Inland waters", "Coniferous forest", "Arable land")
    truth = truth_of(path, grid, np.array([[0, 0], [120, 0], [120, 120]]), classes)
    assert truth.present.tolist() == [[True, True, False], [False, True, False], [False, False, False]]
    assert truth.main.tolist() == [1, 1, -1] and truth.known.tolist() == [True, True, False]
