"""The embedded models: what ships is consistent and answers, and the script that makes them keeps its promises."""

import hashlib
from functools import cache, partial
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ben_core.learn.evaluate.metrics import (
    average_precision,
    fit_calibration,
    fit_thresholds,
    interval,
    macro_ap,
    micro_f1,
    sigmoid,
)
from ben_core.learn.types import Record
from ben_core.models import find_card, registry
from ben_core.models.card import ModelCard
from ben_core.models.model import load_model, probabilities
from ben_core.nomenclature import ORDER_ALPHABETICAL, S1_BANDS

EMBEDDED = Path(str(resources.files("ben_core.embedded")))
SENSORS = ("s2", "s1", "all")
CARDS = {s: ModelCard.read(EMBEDDED / f"{s}.json") for s in SENSORS}
OPTICAL = ("B02", "B03", "B04", "B08")
INDEX = {name: i for i, name in enumerate(ORDER_ALPHABETICAL)}

# What ships


@pytest.mark.parametrize("sensors", SENSORS)
def test_the_card_names_the_files_that_lie_beside_it(sensors):
    assert {w.runtime for w in CARDS[sensors].weights} == {"onnx", "torch"}
    for weights in CARDS[sensors].weights:
        content = (EMBEDDED / weights.file).read_bytes()
        assert hashlib.sha256(content).hexdigest() == weights.sha256
        assert len(content) <= 12_000_000


@pytest.mark.parametrize(("sensors", "bands"), [("s2", OPTICAL), ("s1", S1_BANDS), ("all", (*S1_BANDS, *OPTICAL))])
def test_the_card_says_what_the_model_is(sensors, bands):
    card = CARDS[sensors]
    assert card.name == sensors and card.bands == bands and card.classes == ORDER_ALPHABETICAL
    assert "demonstration" in card.warnings[0] and "reBEN" in card.warnings[0]
    assert "test split" in card.origin and card.novelty is not None
    assert card.scores["macro AP"]["low"] <= card.scores["macro AP"]["value"] <= card.scores["macro AP"]["high"]


@pytest.mark.parametrize("sensors", SENSORS)
def test_untrained_classes_are_silent_whatever_the_network_says(sensors):
    card = CARDS[sensors]
    assert {"Beaches, dunes, sands", "Coastal wetlands"} <= set(card.untrained)
    untrained = np.array([c in card.untrained for c in card.classes])
    loud = probabilities(card, np.full((1, 19), 1000.0, np.float32))[0]
    assert (loud[untrained] < 1e-6).all() and (loud[~untrained] > 0.99).all()
    assert all((t == 1.0) == u for t, u in zip(card.thresholds, untrained, strict=True))


@pytest.mark.parametrize("sensors", SENSORS)
def test_the_model_card_for_people_quotes_the_card_for_machines(sensors):
    text = (EMBEDDED / f"{sensors}.md").read_text(encoding="utf-8")
    score = CARDS[sensors].scores["macro AP"]
    assert f"| macro AP | {score['value']:.3f} | {score['low']:.3f} to {score['high']:.3f} |" in text
    for name in CARDS[sensors].classes:
        assert f"| {name} |" in text


def test_embedded_means_the_model_whose_bands_the_scene_has():
    assert find_card("embedded").name == "s2"
    assert {find_card(name).name for name in registry.EMBEDDED_MODELS} == set(SENSORS)
    for bands, name in (
        (OPTICAL, "embedded-s2"),
        ((*OPTICAL, "B05"), "embedded-s2"),
        (S1_BANDS, "embedded-s1"),
        ((*S1_BANDS, *OPTICAL), "embedded-all"),
        (("B02",), "embedded-s2"),  # refused later, by the bands that it lacks
    ):
        assert registry.choose("embedded", bands).name == name
    assert registry.choose("embedded-s2", (*S1_BANDS, *OPTICAL)).name == "embedded-s2"


@cache
def real(ben_data: Path, sensors: str):
    """The data set of a model, its pixels stacked by band, and its truth (N, 19)."""
    pytest.importorskip("torch")
    from ben_core.learn.default.crops import presence
    from ben_core.learn.default.real_data import open_real_data

    data = open_real_data(ben_data, sensors)
    read = [data.read(r, CARDS[sensors].bands) for r in data.records]
    return data, {b: np.stack([x[b] for x in read]) for b in CARDS[sensors].bands}, presence(data.records)


@pytest.mark.parametrize("sensors", SENSORS)
def test_it_answers_on_real_patches_and_both_runtimes_agree(ben_data, sensors):
    """A smoke test on the patches it was trained with: far above chance, or something is swapped."""
    _, bands, truth = real(ben_data, sensors)
    trained = np.array([c not in CARDS[sensors].untrained for c in ORDER_ALPHABETICAL])
    answers = {
        runtime: load_model(f"embedded-{sensors}", runtime=runtime, device="cpu", precision="fp32").predict(bands)
        for runtime in ("onnx", "torch")
    }
    np.testing.assert_allclose(answers["torch"], answers["onnx"], atol=1e-4)
    right = macro_ap(truth[:, trained], answers["onnx"][:, trained])
    assert right > truth[:, trained].mean() + 0.3
    first, last = CARDS[sensors].bands[0], CARDS[sensors].bands[-1]
    swapped = load_model(f"embedded-{sensors}", runtime="onnx", device="cpu").predict(
        dict(bands, **{first: bands[last].astype(bands[first].dtype), last: bands[first].astype(bands[last].dtype)})
    )
    assert macro_ap(truth[:, trained], swapped[:, trained]) < right - 0.15


# Reading


@pytest.mark.parametrize("sensors", SENSORS)
def test_each_place_and_date_is_there_once_with_labels_that_its_map_shows(ben_data, sensors):
    from ben_core.learn.data.clc_codes import present_classes

    data, bands, _ = real(ben_data, sensors)
    records = data.records
    assert len({r.id for r in records}) == len({(r.place, r.acquired) for r in records}) == len(records) >= 85
    for pixels in bands.values():
        assert pixels.shape[1:] == (120, 120)
    mapped = [r for r in records if r.mapped]
    assert len(mapped) == 87
    for r in mapped:
        assert present_classes(data.reference(r)) == tuple(sorted(r.labels)), r.id


def test_the_marine_column_is_thinned(ben_data):
    column = [r for r in real(ben_data, "s2")[0].records if r.tile == "34VER" and not r.mapped]
    assert len(column) == 4 and all(r.labels == ("Marine waters",) for r in column)


def test_pixels_are_in_band_order(ben_data):
    """Over forest the near infrared towers over the visible bands, and VV over VH; a swapped axis would show here."""
    data, bands, _ = real(ben_data, "all")
    seen = 0
    for i, r in enumerate(data.records):
        forest = data.reference(r) == 312 if r.mapped else np.zeros((120, 120), bool)
        if forest.sum() > 2000:
            median = {b: np.median(x[i][forest]) for b, x in bands.items()}
            assert median["B08"] > 1.3 * max(median["B02"], median["B03"], median["B04"]), r.id
            assert median["VV"] > median["VH"] + 3, r.id
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


# Judging


def patch(name: str, tile: str, *labels: str, mapped: bool = False) -> Record:
    return Record(name, labels, tile=tile, mapped=mapped)


def test_tiles_that_touch_are_one_region_also_across_zones():
    from ben_core.learn.default.folds import regions

    # 34VER and 34WFS touch by a corner, 34VDN lies two rows further south; 35ULA and 34UGE touch across zones.
    tiles = ["34VER", "34WFS", "34VDN", "33UUP", "35ULA", "34UGE"]
    found = regions([patch(t, t) for t in tiles])
    assert found[0] == found[1] and found[4] == found[5]
    assert len(set(found)) == 4


def test_no_region_stands_in_two_folds():
    from ben_core.learn.default.folds import folds_of

    units = np.repeat([f"r{i}" for i in range(9)], 5)
    present = np.random.default_rng(0).random((45, 19)) < 0.2
    fold = folds_of(units, present, 3, seed=0)
    assert set(fold) == {0, 1, 2} and np.bincount(fold).max() <= 20
    assert all(len(set(fold[units == u])) == 1 for u in units)


def test_a_class_of_one_region_or_four_patches_is_not_trained():
    from ben_core.learn.default.folds import evident

    region = np.repeat(["a", "b"], 5)
    present = np.zeros((10, 3), bool)
    present[[0, 1, 2, 3, 5], 0] = True  # five patches, two regions
    present[:5, 1] = True  # one region
    present[3:7, 2] = True  # four patches
    assert evident(present, region).tolist() == [True, False, False]


@given(arrays(bool, (30, 4)), arrays(np.float64, (30, 4), elements=st.floats(0, 1)), st.sampled_from([0.1, 0.25, 0.5]))
@settings(max_examples=200, deadline=None)
def test_the_threshold_controls_the_risk_and_is_the_highest_that_does(truth, probability, risk):
    from ben_core.learn.default.evidence import missed_share, risk_controlled

    def bound(threshold: float) -> float:
        return 30 / 31 * missed_share(truth, probability >= threshold).mean() + 1 / 31

    threshold = risk_controlled(truth, probability, risk)
    assert threshold == 0 or bound(threshold) <= risk
    higher = probability[truth & (probability > threshold)]
    assert all(bound(t) > risk for t in higher)


def test_label_sets_know_what_goes_together():
    """Of three sets, a b occurs nine times as often as b alone: whoever sees b believes in a."""
    torch = pytest.importorskip("torch")
    from ben_core.learn.default.label_sets import fill
    from ben_core.models.networks.resnet_stats import LabelSets

    module = LabelSets(3, 3)
    logits = torch.tensor([[0.0, 0.0, 0.0], [0.0, 6.0, 0.0]])
    assert torch.equal(module(logits), logits)  # nothing is changed before it is filled
    sets = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
    fill(module, sets, np.array([0.45, 0.05, 0.5]), np.zeros(3, np.float32), np.ones(3, np.float32))
    prior, seen = torch.sigmoid(module(logits)).numpy()
    np.testing.assert_allclose(prior, [0.45, 0.5, 0.5], atol=1e-5)  # no evidence: the shares themselves
    e = np.exp(6.0)
    np.testing.assert_allclose(seen, np.array([0.45 * e, 0.5 * e, 0.5]) / (0.5 * e + 0.5), atol=2e-3)


# Training


class Made:
    """Two classes that a child tells apart, in six tiles; every third patch without a map."""

    title = "made"
    bands = OPTICAL

    def __init__(self, count: int = 12) -> None:
        random = np.random.default_rng(0)
        self._codes, self._pixels, self.records = {}, {}, []
        for i in range(count):
            codes = np.full((120, 120), 211, np.uint16)
            if i % 2:
                codes[:, : 60 + i] = 512
            image = random.normal(1500, 100, (4, 120, 120))
            image[:, codes == 512] -= 1300
            labels = ("Arable land", "Inland waters") if i % 2 else ("Arable land",)
            name = f"p{i:02}"
            self._codes[name], self._pixels[name] = (
                codes,
                dict(zip(OPTICAL, image.clip(1).astype(np.uint16), strict=True)),
            )
            self.records.append(Record(name, labels, tile=f"33UU{'PQRSTU'[i % 6]}", mapped=i % 3 > 0))

    def read(self, record, bands):
        return {b: self._pixels[record.id][b] for b in bands}

    def reference(self, record):
        return self._codes[record.id]


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("torch")
    from ben_core.learn.default import train as default_model

    return default_model


@pytest.fixture(scope="module")
def samples(script):
    made = Made()
    return script.Samples.of(made, made.records, script.inputs_of("s2"))


@pytest.mark.parametrize("joined", [0.0, 1.0])
def test_crops_carry_the_labels_of_their_own_pixels(samples, joined):
    import torch

    from ben_core.learn.default.crops import CELL, Augmentation, batches

    how = Augmentation(side=40, joined=joined, light=0.0, haze=0.0)
    batch = next(batches(samples, 64, torch.ones(12), how, torch.Generator().manual_seed(0)))
    water, arable = INDEX["Inland waters"], INDEX["Arable land"]
    known = batch.weight[:, water] + batch.weight[:, arable] == 2
    infrared = samples.inputs[3]
    dark = (batch.image * infrared.std + infrared.mean)[:, 3] < 800
    has_water, has_arable = dark.flatten(1).any(1), ~dark.flatten(1).all(1)
    assert known.any() and not known.all()
    assert torch.equal(batch.target[known, water] > 0, has_water[known])
    assert torch.equal(batch.target[known, arable] > 0, has_arable[known])
    # Where labels are not known, absent classes still are: nothing dark may be called dry.
    assert not (has_water & (batch.weight[:, water] == 1) & (batch.target[:, water] == 0)).any()
    # Cells turn and mirror with their pixels.
    mapped = known & (batch.shares.sum((1, 2, 3)) == (40 // CELL) ** 2)
    cells = torch.nn.functional.avg_pool2d(dark[mapped].float(), CELL)
    assert mapped.any() and torch.equal(cells, batch.shares[mapped, water])


def test_the_same_seed_gives_the_same_weights(script, samples):
    import torch

    recipe = script.Recipe(steps=3, batch=4, width=8)
    first, again, other = (script.train(samples, recipe, seed, np.ones(19, bool))[0].state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[k], again[k]) for k in first)
    assert not torch.equal(first["backbone.conv1.weight"], other["backbone.conv1.weight"])


def test_training_learns_what_a_child_tells_apart(script, samples):
    recipe = script.Recipe(steps=40, batch=16, width=8, rate=5e-3, average=0.8)
    network, blind = script.train(samples, recipe, 0, np.ones(19, bool))
    water = INDEX["Inland waters"]
    assert average_precision(samples.present[:, water].numpy() > 0, script.asked(network, samples)[1][:, water]) == 1
    # Who sees nothing would still say that arable land is everywhere and marine waters nowhere.
    assert blind[INDEX["Arable land"]] > blind[water] > blind[INDEX["Marine waters"]]


def test_the_script_writes_a_model_that_answers(script, ben_data, tmp_path, monkeypatch):
    """The whole story in two steps a network: folds in two processes, evidence, cards, weights."""
    # Each process reads all that is beside the patches: here without the lists of splits, half a million names that it does not need.
    data = tmp_path / "data" / "bigearthnet"
    (data / "v1").mkdir(parents=True)
    for there in (*(ben_data / "bigearthnet").iterdir(), *(ben_data / "bigearthnet" / "v1").iterdir()):
        if there.name not in ("v1", "splits"):
            (data / there.relative_to(ben_data / "bigearthnet")).symlink_to(there.absolute())
    monkeypatch.setattr("ben_core.learn.default.evidence.interval", partial(interval, draws=20))
    script.main(["--data", str(data.parent), "--out", str(tmp_path), "--sensors", "s1", "--steps", "2", "--jobs", "2"])
    card = find_card(str(tmp_path / "s1.json"))
    assert card.novelty is not None and set(card.untrained) >= {"Beaches, dunes, sands"}
    assert "| missed |" in (tmp_path / "s1.md").read_text(encoding="utf-8")
    patches = {b: np.full((2, 120, 120), -12, np.float32) for b in S1_BANDS}
    assert load_model(str(tmp_path / "s1.json"), device="cpu").predict(patches).shape == (2, 19)
