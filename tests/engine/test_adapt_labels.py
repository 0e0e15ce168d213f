"""Pseudo-labels in numpy: what survives confidence, retrieval and quotas; the bank and its neighbours."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.adapt import bank as banks
from ben_core.adapt.bank import SourceBank, bank_beside, nearest, read_bank
from ben_core.adapt.pseudo import (
    by_bank,
    centred,
    choose_labels,
    confident,
    confirmed,
    informative,
    limited,
    require_enough,
    single_label,
    softmax,
)
from ben_core.adapt.types import LEFT_OUT, NEGATIVE, POSITIVE, AdaptOptions, PseudoLabels, Stage
from ben_core.errors import DataError, JobError
from ben_core.models.card import BandInput, ModelCard, Weights
from ben_core.models.model import find_card
from ben_core.nomenclature import ORDER_ALPHABETICAL

CLASSES = ORDER_ALPHABETICAL[:3]
ALL = np.ones(3, bool)
OPTIONS = AdaptOptions()


def keep_all(rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    return y


def bank_of(features: np.ndarray, labels: np.ndarray, classes: tuple[str, ...] = CLASSES) -> SourceBank:
    return SourceBank(features.astype(np.float32), labels.astype(np.int8), np.full(labels.shape, 0.5, np.float32), classes, "f" * 64, "m", "made")  # fmt: skip


# Confidence


def test_confidence_accepts_rejects_and_leaves_out() -> None:
    p = np.array([[0.71, 0.19, 0.5], [0.7, 0.2, 0.99]])
    y = confident(p, np.array([True, True, False]), replace(OPTIONS, accept=0.7, reject=0.2))
    assert y.tolist() == [[POSITIVE, NEGATIVE, LEFT_OUT], [LEFT_OUT, LEFT_OUT, LEFT_OUT]]


@given(st.floats(0.01, 0.99), st.lists(st.floats(0.001, 0.999), min_size=1, max_size=9))
def test_a_probability_is_seen_from_its_threshold(threshold: float, values: list[float]) -> None:
    p = np.sort(values)[:, None]
    moved = centred(p, [threshold])
    assert np.all(np.diff(moved[:, 0]) >= 0)
    decided = np.abs(p - threshold) > 1e-6
    assert np.array_equal((moved >= 0.5)[decided], (p >= threshold)[decided])
    assert np.allclose(centred(p, [0.5]), p)


def test_one_label_a_patch_as_published() -> None:
    p = np.array([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.1, 0.1, 0.8]])
    y = single_label(p, ALL, 0.7)
    assert y.tolist() == [[1, 0, 0], [-1, -1, -1], [0, 0, 1]]
    untrained = single_label(p, np.array([True, True, False]), 0.7)
    assert untrained.tolist() == [[1, 0, -1], [-1, -1, -1], [-1, -1, -1]]


def test_softmax_of_probabilities_is_that_of_their_logits() -> None:
    z = np.random.default_rng(0).normal(0, 3, (20, 3))
    wanted = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    assert np.allclose(softmax(1 / (1 + np.exp(-z)), ALL), wanted, atol=1e-6)
    some = softmax(1 / (1 + np.exp(-z)), np.array([True, False, True]))
    assert np.all(some[:, 1] == 0) and np.allclose(some.sum(1), 1)


def test_the_most_certain_of_each_pseudo_class_are_dropped() -> None:
    p = np.array([[0.99, 0.01, 0], [0.9, 0.1, 0], [0.8, 0.2, 0], [0.95, 0.05, 0], [0.01, 0.99, 0], [0.3, 0.7, 0]])
    y = informative(p, single_label(p, ALL, 0.6), ALL, 0.5)
    kept = (y == POSITIVE).any(1)
    assert kept.tolist() == [False, True, True, False, False, True]


# Retrieval


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    apart=st.floats(2.0, 5.0),
    bias=st.floats(-1.5, 1.5),
    wrong=st.floats(0.05, 0.4),
    method=st.sampled_from(["multilabel", "tong"]),
)
def test_retrieval_keeps_true_labels_at_a_higher_rate_than_confidence_alone(
    seed: int, apart: float, bias: float, wrong: float, method: str
) -> None:
    """A field with truth: features know the class, and so does the bank; the classifier is sure and often wrong."""
    random = np.random.default_rng(seed)
    centres = random.normal(0, apart, (3, 16))
    truth = random.integers(0, 3, 400)
    features = centres[truth] + random.normal(0, 1, (400, 16))
    source = np.repeat(np.arange(3), 60)
    bank = bank_of(centres[source] + random.normal(0, 1, (180, 16)), np.eye(3)[source])
    said = np.where(random.random(400) < wrong, random.integers(0, 3, 400), truth)
    z = np.where(np.eye(3)[said] == 1, 2.5, -2.5) + random.normal(bias, 0.5, (400, 3))
    p = 1 / (1 + np.exp(-z))
    options = AdaptOptions(method=method, drop_certain=0.0)
    if method == "tong":
        p = softmax(p, ALL)

    def rate(confirm) -> tuple[float, int]:  # type: ignore[no-untyped-def]
        found = choose_labels(p, CLASSES, ALL, options, confirm, limits=False)
        known = found.y != LEFT_OUT
        right = (found.y == np.eye(3)[truth[found.indices]]) & known
        return right.sum() / max(known.sum(), 1), int(known.sum())

    (alone, many), (asked, fewer) = rate(keep_all), rate(by_bank(bank, features, options))
    if fewer:
        assert asked >= alone - 1e-9
    assert fewer <= many
    if alone < 0.97 and fewer >= 100:
        assert asked > alone  # not only never worse


def test_neighbours_decide_each_class_for_itself_and_tong_the_whole_patch() -> None:
    y = np.array([[1, 0, -1], [1, 0, 0]], np.int8)
    opinions = np.array([[[1, 0, 1]] * 4 + [[0, 0, 1]], [[1, 1, 0]] * 5], np.int8)  # (2, 5, 3)
    assert confirmed(y, opinions, 0.8, False).tolist() == [[1, 0, -1], [1, -1, 0]]
    assert confirmed(y, opinions, 1.0, False).tolist() == [[-1, 0, -1], [1, -1, 0]]
    assert confirmed(y, opinions, 1.0, True).tolist() == [[-1, -1, -1], [1, 0, 0]]


def test_what_the_bank_does_not_know_confirms_nothing() -> None:
    bank = bank_of(np.zeros((5, 2)), np.full((5, 3), LEFT_OUT))
    y = by_bank(bank, np.zeros((1, 2)), OPTIONS)(np.array([0]), np.array([[1, 0, 1]], np.int8))
    assert (y == LEFT_OUT).all()


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.integers(1, 60),
    st.integers(1, 5),
    st.integers(1, 8),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_neighbours_are_those_of_a_search_by_hand(n: int, m: int, dims: int, k: int, doubled: bool, seed: int) -> None:
    k = min(k, m)
    random = np.random.default_rng(seed)
    source = random.normal(0, 1, (m, dims)).astype(np.float32)
    if doubled:
        source[m // 2 :] = source[: m - m // 2]
    queries = random.normal(0, 1, (n, dims)).astype(np.float32)
    distance = ((queries[:, None].astype(np.float64) - source[None]) ** 2).sum(2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(banks, "_CHUNK", 7)
        patch.setattr(banks, "_SOURCE_CHUNK", 11)
        patch.setattr(banks, "_faiss", lambda: None)
        found = nearest(queries, source, k)
    # Equal distances may come in the order of single precision; the distances themselves may not differ.
    assert np.allclose(np.take_along_axis(distance, found, 1), np.sort(distance, 1)[:, :k])
    assert all(len(set(row)) == k for row in found.tolist())


# Quotas


def test_common_classes_do_not_drown_rare_ones() -> None:
    random = np.random.default_rng(1)
    p = random.random((300, 3))
    y = np.zeros((300, 3), np.int8)
    y[:250, 0], y[250:260, 1], y[299, 2] = 1, 1, 1
    out = limited(p, y, replace(OPTIONS, quota=40, negatives=2.0, evidence=3))
    assert (out == 1).sum(0).tolist() == [40, 10, 0]
    assert (out == 0).sum(0).tolist() == [50, 20, 0]  # of class 0 there are no more; class 2 is not taught at all
    assert p[out[:, 0] == 1, 0].min() > p[(y[:, 0] == 1) & (out[:, 0] == -1), 0].max()
    assert np.array_equal(y[out != -1], out[out != -1])


def test_a_class_that_is_present_everywhere_is_not_taught() -> None:
    """Nothing would be learned but to say it always (Thailand: all is arable land)."""
    y = np.array([[1, 1, 1]] * 30, np.int8)
    y[:10, 1], y[:2, 2] = 0, 0
    p = np.random.default_rng(0).random((30, 3))
    out = limited(p, y, replace(OPTIONS, negatives=1.5))
    assert [(out[:, c] == 1).sum() for c in range(3)] == [0, 15, 3]
    assert [(out[:, c] == 0).sum() for c in range(3)] == [0, 10, 2]
    mixed = limited(p, y, replace(OPTIONS, negatives=1.5), mixed=True)  # the source knows where it is not
    assert [(mixed[:, c] == 1).sum() for c in range(3)] == [30, 20, 28]
    everywhere = choose_labels(np.full((30, 3), 0.9), CLASSES, ALL, OPTIONS, keep_all)
    with pytest.raises(DataError, match="No patch is surely without Agro-forestry areas, Arable land, Beaches"):
        require_enough(everywhere, CLASSES, OPTIONS, False)


def test_a_quota_of_single_labels_takes_whole_patches() -> None:
    y = np.array([[1, 0, 0]] * 6 + [[0, 1, 0]] * 3, np.int8)
    p = np.linspace(0.7, 0.9, 27).reshape(9, 3)
    out = limited(p, y, AdaptOptions(method="tong", quota=4))
    assert ((out != LEFT_OUT).all(1) == (out != LEFT_OUT).any(1)).all()
    assert (out == 1).sum(0).tolist() == [4, 3, 0]


def test_stages_tell_what_each_step_left() -> None:
    p = np.array([[0.9, 0.01, 0.5]] * 8 + [[0.01, 0.5, 0.5]] * 2)
    found = choose_labels(p, CLASSES, ALL, OPTIONS, keep_all)
    assert [s.name for s in found.stages] == ["confidence", "retrieval", "quota"]
    assert [s.patches for s in found.stages] == [10, 10, 8]
    assert found.stages[0].positives == {CLASSES[0]: 8} and found.stages[0].negatives == {CLASSES[0]: 2, CLASSES[1]: 8}
    # Three positives a negative; of a class without positives nothing is taught.
    assert found.stages[-1].positives == {CLASSES[0]: 6} and found.stages[-1].negatives == {CLASSES[0]: 2}
    single = choose_labels(p, CLASSES, ALL, AdaptOptions(method="tong"), keep_all)
    assert [s.name for s in single.stages] == ["confidence", "entropy", "retrieval", "quota"]


# Too little


def labels_of(y: np.ndarray) -> PseudoLabels:
    return PseudoLabels(np.arange(len(y)), y, (Stage("confidence", 40, {CLASSES[0]: 40}),))


def test_too_few_patches_are_refused_with_numbers_classes_and_a_remedy() -> None:
    with pytest.raises(DataError, match=r"Only 5 patches.*16 are needed.*40 Agro-forestry areas") as e:
        require_enough(labels_of(np.ones((5, 3), np.int8)), CLASSES, OPTIONS, False)
    assert "--accept" in e.value.hint and "bn-only" in e.value.hint and e.value.code == "too-few"
    with pytest.raises(DataError, match="Only 0"):
        require_enough(labels_of(np.zeros((0, 3), np.int8)), CLASSES, AdaptOptions(method="tong"), True)


def test_one_class_alone_is_refused_unless_source_patches_are_mixed_in() -> None:
    y = np.tile(np.array([1, 0, -1], np.int8), (40, 1))
    with pytest.raises(DataError, match="one class, 'Agro-forestry areas'") as e:
        require_enough(labels_of(y), CLASSES, OPTIONS, False)
    assert "--source" in e.value.hint
    require_enough(labels_of(y), CLASSES, OPTIONS, True)
    require_enough(labels_of(np.tile(np.array([1, 0, 1], np.int8), (40, 1))), CLASSES, OPTIONS, False)


# The bank's file


def card_of(digest: str) -> ModelCard:
    return ModelCard("m", "", "", (BandInput("B02", 1, 1),), CLASSES, (0.5,) * 3, (Weights("m.onnx", "onnx", "fp32", digest),))  # fmt: skip


def test_a_bank_comes_back_from_its_file(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    bank = replace(bank_of(random.normal(0, 3, (9, 4)), random.integers(-1, 2, (9, 3))), licence="CC0", title="Made, ä")
    bank.write(tmp_path / "a.bank.npz")
    read = read_bank(tmp_path / "a.bank.npz")
    assert np.allclose(read.features, bank.features, atol=1e-2) and np.array_equal(read.labels, bank.labels)
    assert (read.classes, read.weights, read.title, read.licence) == (CLASSES, "f" * 64, "Made, ä", "CC0")
    huge = replace(bank, features=bank.features * 1e6)
    huge.write(tmp_path / "b.npz")
    assert np.allclose(read_bank(tmp_path / "b.npz").features, huge.features, rtol=1e-5)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.bank.npz", "b.npz"]


def test_a_bank_of_other_weights_or_classes_is_refused(tmp_path: Path) -> None:
    bank = bank_of(np.zeros((5, 2)), np.zeros((5, 3)))
    bank.require(card_of("f" * 64), "a")
    with pytest.raises(JobError, match="other weights"):
        bank.require(card_of("e" * 64), "a")
    with pytest.raises(JobError, match="other classes"):
        replace(bank, classes=CLASSES[::-1]).require(card_of("f" * 64), "a")


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_bank_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"no bank|cannot be read"):
        read_bank(tmp_path / "a.npz")
    with pytest.raises(DataError, match="cannot be read"):
        read_bank(tmp_path / "missing.npz")


def test_a_bank_with_nan_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    with pytest.raises(DataError, match="no bank"):
        read_bank(tmp_path / "a.npz")
    with pytest.raises(DataError, match="NaN"):
        bank_of(np.full((5, 2), np.nan), np.zeros((5, 3)))


# Options


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "magic"}, {"accept": 1.2}, {"accept": 0.2, "reject": 0.5}, {"ema": 1.0}, {"rounds": 0},
        {"rate": 0.0}, {"rate": float("nan")}, {"guard_share": 0.0}, {"stride": 121}, {"epochs": "many"},
        {"bn": 1}, {"seed": -1}, {"quota": True}, {"batch": 1}, {"mix": 1.0},
    ],
)  # fmt: skip
def test_nonsense_is_refused(wrong: dict) -> None:
    with pytest.raises(JobError):
        AdaptOptions(**wrong)


def test_options_go_through_json() -> None:
    options = AdaptOptions(method="tong", rounds=3)
    assert AdaptOptions.from_dict(options.to_dict()) == options
    with pytest.raises(JobError, match="unknown settings: colour"):
        AdaptOptions.from_dict({"colour": 1})


@pytest.mark.parametrize("name", ["embedded-s2", "embedded-s1", "embedded-all"])
def test_the_embedded_models_come_with_their_banks(name: str) -> None:
    card = find_card(name)
    path = bank_beside(card)
    assert path is not None and path.stat().st_size < 60_000
    bank = read_bank(path)
    bank.require(card, path.name)
    assert len(bank) >= 90 and "CDLA-Permissive" in bank.licence
    assert set(np.unique(bank.labels)) <= {-1, 0, 1}
    # Each patch is its own nearest neighbour: features are those of these very patches.
    assert np.array_equal(bank.nearest(bank.features, 1)[:, 0], np.arange(len(bank)))


class Faiss:
    """The part of faiss that is used: an exact index of single precision that numbers what it lacks -1."""

    class IndexFlatL2:
        def __init__(self, dims: int) -> None:
            self.rows = np.zeros((0, dims), np.float32)

        def add(self, rows: np.ndarray) -> None:
            self.rows = rows

        def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
            d = ((queries[:, None] - self.rows[None]) ** 2).sum(2)
            order = np.argsort(-d, 1)[:, ::-1][:, :k]  # another order of equals than ours
            return np.take_along_axis(d, order, 1), np.pad(order, ((0, 0), (0, k - order.shape[1])), constant_values=-1)


def test_faiss_changes_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(3)
    source, queries = random.normal(0, 1, (80, 4)), random.normal(0, 1, (25, 4))
    monkeypatch.setattr(banks, "_SOURCE_CHUNK", 30)
    monkeypatch.setattr(banks, "_faiss", lambda: None)
    alone = nearest(queries, source, 5)
    monkeypatch.setattr(banks, "_faiss", lambda: Faiss)
    assert np.array_equal(nearest(queries, source, 5), alone)
