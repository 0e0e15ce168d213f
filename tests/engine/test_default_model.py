"""The embedded model: what ships is consistent and answers, and the script that makes it keeps its promises."""

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ben_core.learn.default.labelled_patches import BANDS, INDEX, NO_CLASS, Patch, read_patches
from ben_core.learn.evaluate.metrics import (
    average_precision,
    fit_calibration,
    fit_thresholds,
    interval,
    macro_ap,
    micro_f1,
    sigmoid,
)
from ben_core.models.card import ModelCard
from ben_core.models.model import load_model, probabilities
from ben_core.nomenclature import ORDER_ALPHABETICAL

EMBEDDED = Path(str(resources.files("ben_core.embedded")))
CARD = ModelCard.read(EMBEDDED / "s2_10m.json")


# What ships


def test_the_card_names_the_files_that_lie_beside_it():
    assert {w.runtime for w in CARD.weights} == {"onnx", "torch"}
    for weights in CARD.weights:
        content = (EMBEDDED / weights.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) <= 12_000_000


def test_the_card_says_what_the_model_is():
    assert CARD.bands == ("B02", "B03", "B04", "B08")
    assert CARD.classes == ORDER_ALPHABETICAL
    assert "demonstration" in CARD.warnings[0] and "reBEN" in CARD.warnings[0]
    assert "test split" in CARD.origin
    assert CARD.scores["macro AP"]["low"] <= CARD.scores["macro AP"]["value"] <= CARD.scores["macro AP"]["high"]


def test_untrained_classes_are_silent_whatever_the_network_says():
    assert {"Beaches, dunes, sands", "Coastal wetlands"} <= set(CARD.untrained)
    untrained = [c in CARD.untrained for c in CARD.classes]
    loud = probabilities(CARD, np.full((1, 19), 1000.0, np.float32))[0]
    assert (loud[untrained] < 1e-6).all() and (loud[~np.array(untrained)] > 0.99).all()
    assert all((t == 1.0) == u for t, u in zip(CARD.thresholds, untrained, strict=True))


def test_the_model_card_for_people_quotes_the_card_for_machines():
    text = (EMBEDDED / "MODEL_CARD.md").read_text(encoding="utf-8")
    score = CARD.scores["macro AP"]
    assert f"| macro AP | {score['value']:.3f} | {score['low']:.3f} to {score['high']:.3f} |" in text
    for name in CARD.classes:
        assert f"| {name} |" in text


def stacked(patches: list[Patch]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    bands = {name: np.stack([p.image[i] for p in patches]) for i, name in enumerate(BANDS)}
    return bands, np.stack([p.present for p in patches])


def test_it_answers_on_real_patches_and_both_runtimes_agree(ben_data):
    """A smoke test on the patches it was trained with: far above chance, or something is swapped."""
    pytest.importorskip("torch")
    bands, truth = stacked(read_patches(ben_data))
    onnx = load_model("embedded", runtime="onnx", device="cpu").predict(bands)
    frequent = truth.sum(0) >= 5
    chance = truth[:, frequent].mean()
    assert macro_ap(truth[:, frequent], onnx[:, frequent]) > chance + 0.3
    swapped = dict(bands, B02=bands["B08"], B08=bands["B02"])
    wrong = load_model("embedded", runtime="onnx", device="cpu").predict(swapped)
    assert macro_ap(truth[:, frequent], wrong[:, frequent]) < macro_ap(truth[:, frequent], onnx[:, frequent]) - 0.15
    pytorch = load_model("embedded", runtime="torch", device="cpu", precision="fp32").predict(bands)
    np.testing.assert_allclose(pytorch, onnx, atol=1e-4)


# Reading


def test_labels_and_pixel_maps_agree(ben_data):
    patches = read_patches(ben_data)
    assert len({p.name for p in patches}) == len(patches)
    mapped = [p for p in patches if p.classes is not None]
    assert len(mapped) >= 50
    for p in mapped:
        found = set(np.unique(p.classes).tolist()) - {NO_CLASS}
        assert found == set(np.flatnonzero(p.present)), p.name
    for p in patches:
        assert p.image.shape == (4, 120, 120) and p.image.dtype == np.uint16 and p.present.any()


def test_the_marine_column_is_thinned(ben_data):
    column = [p for p in read_patches(ben_data) if p.tile == "34VER"]
    assert len(column) == 4
    assert all(list(np.flatnonzero(p.present)) == [INDEX["Marine waters"]] for p in column)


def test_pixels_are_in_band_order(ben_data):
    """Over forest the near infrared towers over the visible bands; a swapped axis would show here."""
    forest = INDEX["Coniferous forest"]
    seen = 0
    for p in read_patches(ben_data):
        if p.classes is not None and (p.classes == forest).sum() > 2000:
            blue, green, red, infrared = np.median(p.image[:, p.classes == forest], axis=1)
            assert infrared > 1.3 * max(blue, green, red), p.name
            seen += 1
    assert seen > 5


# Scores

SCORES = arrays(np.float64, 40, elements=st.floats(-3, 3).map(lambda x: round(x, 1)))
TRUTH = arrays(bool, 40)


@given(TRUTH, SCORES)
@settings(max_examples=100, deadline=None)
def test_average_precision_is_that_of_scikit_learn(truth, scores):
    metrics = pytest.importorskip("sklearn.metrics")
    if truth.any():
        assert average_precision(truth, scores) == pytest.approx(metrics.average_precision_score(truth, scores))
    else:
        assert np.isnan(average_precision(truth, scores))


def test_micro_f1_counts_all_pairs_together():
    truth = np.array([[1, 0], [1, 1]], bool)
    assert micro_f1(truth, truth) == 1
    assert micro_f1(truth, ~truth) == 0
    assert micro_f1(truth, np.array([[1, 1], [0, 1]], bool)) == pytest.approx(2 / 3)


def test_calibration_finds_the_slope_that_made_the_labels():
    random = np.random.default_rng(0)
    logits = random.normal(0, 2, (4000, 2))
    truth = random.random(logits.shape) < sigmoid(np.array([0.5, 2.0]) * logits + np.array([1.0, -1.0]))
    np.testing.assert_allclose(fit_calibration(truth, logits), [[0.5, 1.0], [2.0, -1.0]], atol=0.15)


@given(arrays(bool, (30, 3)), arrays(np.float64, (30, 3), elements=st.floats(-30, 30)))
@settings(max_examples=100, deadline=None)
def test_calibration_never_turns_a_ranking_round(truth, logits):
    pairs = fit_calibration(truth, logits)
    assert np.isfinite(pairs).all() and (pairs[:, 0] > 0).all()


def test_a_rare_class_keeps_its_threshold_near_one_half():
    p = np.linspace(0, 1, 100)
    frequent, rare = p >= 0.2, p >= 0.99
    best_rare, best_frequent = fit_thresholds(np.stack([rare, frequent], 1), np.stack([p, p], 1))
    assert best_frequent == pytest.approx(0.2, abs=0.05)
    assert 0.5 < best_rare < 0.6


def test_the_interval_draws_whole_groups():
    """100 copies of one patch are one observation: the interval stays as wide as that of the groups."""
    values = np.repeat([0.0, 1.0], 100)
    low, high = interval(lambda rows: float(values[rows].mean()), np.repeat([0, 1], 100))
    assert (low, high) == (0.0, 1.0)


# Training


def made_patches(count: int = 12) -> list[Patch]:
    """Two classes that a child tells apart, in six tiles; every third without a pixel map."""
    random = np.random.default_rng(0)
    water, arable = INDEX["Inland waters"], INDEX["Arable land"]
    patches = []
    for i in range(count):
        classes = np.full((120, 120), arable, np.int8)
        if i % 2:
            classes[:, : 60 + i] = water
        image = random.normal(1500, 100, (4, 120, 120))
        image[:, classes == water] -= 1300
        present = np.zeros(19, bool)
        present[np.unique(classes)] = True
        known = None if i % 3 == 0 else classes
        patches.append(Patch(f"p{i}", "made", f"T{i % 6}", image.clip(1).astype(np.uint16), present, known))
    return patches


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("torch")
    from ben_core.learn.default import train as default_model

    return default_model


def test_no_tile_stands_in_two_folds(script):
    patches = made_patches(40)
    fold = script.folds_by_tile(patches, 3, seed=0)
    assert set(fold) == {0, 1, 2}
    for tile in {p.tile for p in patches}:
        assert len({int(f) for f, p in zip(fold, patches, strict=True) if p.tile == tile}) == 1


def test_a_class_of_one_tile_or_two_patches_is_not_trained(script):
    patches = made_patches()
    answered = script.trained_classes(patches)
    assert set(np.flatnonzero(answered)) == {INDEX["Inland waters"], INDEX["Arable land"]}
    assert not script.trained_classes([p for p in patches if p.tile == "T1"]).any()


@pytest.mark.parametrize("joined", [0.0, 1.0])
def test_crops_carry_the_labels_of_their_own_pixels(script, joined):
    import torch

    from ben_core.learn.default.crops import CELL, Augmentation, Samples, batches

    samples = Samples.of(made_patches(), script.INPUTS)
    how = Augmentation(side=40, joined=joined, light=0.0, haze=0.0)
    batch = next(batches(samples, 64, torch.ones(12), how, torch.Generator().manual_seed(0)))
    water, arable = INDEX["Inland waters"], INDEX["Arable land"]
    known = batch.weight[:, water] + batch.weight[:, arable] == 2
    dark = (batch.image * samples.std + samples.mean)[:, 3] < 800
    has_water, has_arable = dark.flatten(1).any(1), ~dark.flatten(1).all(1)
    assert known.any() and not known.all()
    assert torch.equal(batch.target[known, water] > 0, has_water[known])
    assert torch.equal(batch.target[known, arable] > 0, has_arable[known])
    # Where labels are not known, absent classes still are: nothing dark may be called dry.
    assert not (has_water & (batch.weight[:, water] == 1) & (batch.target[:, water] == 0)).any()
    # Cells turn and mirror with their pixels.
    cells = torch.nn.functional.avg_pool2d(dark[known].float(), CELL)
    assert torch.equal(cells, batch.shares[known, water])


def test_the_same_seed_gives_the_same_weights(script):
    import torch

    recipe = script.Recipe(steps=3, batch=4, width=8)
    patches, answered = made_patches(), np.ones(19, bool)
    first, again, other = (script.train(patches, recipe, seed, answered).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not torch.equal(first["conv1.weight"], other["conv1.weight"])


def test_training_learns_what_a_child_tells_apart(script):
    recipe = script.Recipe(steps=40, batch=16, width=8, rate=5e-3, average=0.8)
    patches, answered = made_patches(), np.ones(19, bool)
    water = INDEX["Inland waters"]
    logits = script.logits_of(script.train(patches, recipe, 0, answered), patches)[:, water]
    truth = np.stack([p.present for p in patches])[:, water]
    assert average_precision(truth, logits) == 1
