"""Every score agrees with scikit-learn and torchmetrics, whatever the truth and the scores."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ben_core.learn.evaluate import calibration as cal
from ben_core.learn.evaluate import metrics as ours
from ben_core.learn.evaluate.bootstrap import Draws, grouped, single
from ben_core.learn.evaluate.scoring import Answered, score

sk = pytest.importorskip("sklearn.metrics")
FEW = settings(max_examples=60, deadline=None)


@st.composite
def judged(draw, ties: bool = True, classes: int | None = None):
    """Truth and scores of up to 12 patches and 6 classes: one patch, empty and full classes, ties and all."""
    n, c = draw(st.integers(1, 12)), classes or draw(st.integers(2, 6))
    truth = draw(arrays(bool, (n, c)))
    if ties:
        scores = draw(arrays(np.float64, (n, c), elements=st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0])))
    else:
        scores = np.random.default_rng(draw(st.integers(0, 999))).permutation(n * c).reshape(n, c) / (n * c)
    return truth, scores


@FEW
@given(judged())
def test_ap_and_auroc_of_a_class_are_those_of_scikit_learn(case):
    truth, scores = case
    for t, s in zip(truth.T, scores.T, strict=True):
        if not t.any():
            assert np.isnan(ours.average_precision(t, s)) and np.isnan(ours.auroc(t, s))
            continue
        assert ours.average_precision(t, s) == pytest.approx(sk.average_precision_score(t, s))
        if t.all():
            assert np.isnan(ours.auroc(t, s))
        else:
            assert ours.auroc(t, s) == pytest.approx(sk.roc_auc_score(t, s))


@FEW
@given(judged(), st.integers(0, 99))
def test_a_weight_counts_a_patch_that_often(case, seed):
    truth, scores = case
    times = np.random.default_rng(seed).integers(0, 4, len(truth))
    assume(times.any())
    t, s = truth[:, 0], scores[:, 0]
    ranking, often = ours.Ranking(t, s), np.repeat(np.arange(len(t)), times)
    for ours_, plain in ((ranking.average_precision, ours.average_precision), (ranking.auroc, ours.auroc)):
        assert ours_(times) == pytest.approx(plain(t[often], s[often]), nan_ok=True)


@FEW
@given(judged())
def test_rankings_are_those_of_scikit_learn(case):
    truth, scores = case
    found = {name: v.mean() for name, v in ours.rankings(truth, scores).items()}
    assert found["ranking loss"] == pytest.approx(sk.label_ranking_loss(truth, scores))
    assert found["coverage"] == pytest.approx(sk.coverage_error(truth, scores))
    assert found["LRAP"] == pytest.approx(sk.label_ranking_average_precision_score(truth, scores))


@FEW
@given(judged(ties=False))
def test_one_error_looks_at_the_first_class_only(case):
    truth, scores = case
    for t, s, error in zip(truth, scores, ours.rankings(truth, scores)["one-error"], strict=True):
        assert np.isnan(error) if not t.any() else error == (not t[s.argmax()])


@FEW
@given(judged(), st.sampled_from([0.0, 0.3, 0.5]))
def test_measures_are_those_of_scikit_learn(case, threshold):
    truth, scores = case
    answer = scores >= threshold
    cells = ours.counts(truth, answer)
    for name, function in (
        ("precision", sk.precision_score),
        ("recall", sk.recall_score),
        ("F1", sk.f1_score),
        ("F2", lambda t, a, **k: sk.fbeta_score(t, a, beta=2, **k)),
    ):
        of = lambda average, f=function: f(truth, answer, average=average, zero_division=0)  # noqa: E731
        np.testing.assert_allclose(ours.measures(cells.sum(1))[name], of(None))
        assert ours.measures(cells.sum((1, 2)))[name] == pytest.approx(of("micro"))
        assert ours.measures(cells.sum(2))[name].mean() == pytest.approx(of("samples"))
    tn, fp, fn, tp = sk.multilabel_confusion_matrix(truth, answer).reshape(-1, 4).T
    np.testing.assert_array_equal(cells.sum(1), [tp, fp, fn, tn])


def whole_set(n: int = 60, classes: int = 19, seed: int = 3) -> Answered:
    """A set in which every class occurs, as torchmetrics' own means need it."""
    random = np.random.default_rng(seed)
    truth = random.random((n, classes)) < 0.25
    truth[random.integers(0, n, classes), np.arange(classes)] = True
    p = np.clip(0.3 * truth + random.random((n, classes)) * 0.7, 0, 1).astype(np.float32)
    return Answered(
        ids=tuple(map(str, range(n))),
        classes=tuple(f"class {i}" for i in range(classes)),
        truth=truth,
        known=np.ones_like(truth),
        p=p,
        groups=grouped(np.array([f"T{i % 7}" for i in range(n)]), "tiles"),
        thresholds=(0.5,) * classes,
    )


def test_an_evaluation_agrees_with_torchmetrics():
    """Macro, micro, per class and per sample as the reBEN scripts ask for them (torchmetrics, multilabel)."""
    torch = pytest.importorskip("torch")
    tm = pytest.importorskip("torchmetrics.functional.classification")
    answered = whole_set()
    found = score(answered, "0.5", draws=2, subject="", about={}, data="", split="", left_out={}, warnings=())
    p, t = torch.tensor(answered.p), torch.tensor(answered.truth.astype(int))
    n = len(answered.classes)
    for average in ("macro", "micro"):
        for ours_, theirs in (("AP", tm.multilabel_average_precision), ("AUROC", tm.multilabel_auroc)):
            value = float(theirs(p, t, n, average=average))
            assert found.scores[f"{ours_} {average}"].value == pytest.approx(value, abs=1e-6)
    functions = {
        "precision": tm.multilabel_precision,
        "recall": tm.multilabel_recall,
        "F1": tm.multilabel_f1_score,
        "F2": lambda *a, **k: tm.multilabel_fbeta_score(a[0], a[1], 2.0, a[2], **k),
        "specificity": tm.multilabel_specificity,
        "accuracy": tm.multilabel_accuracy,
    }
    decision = found.decisions[0]
    for name, function in functions.items():
        for average in ("macro", "micro"):
            value = float(function(p, t, n, average=average))
            assert decision.scores[f"{name} {average}"].value == pytest.approx(value, abs=1e-6)
        by_class = [c[name].value for c in decision.classes]
        np.testing.assert_allclose(by_class, function(p, t, n, average="none"), atol=1e-6)
        samplewise = function(p[..., None], t[..., None], n, average="micro", multidim_average="samplewise")
        assert decision.scores[f"{name} sample"].value == pytest.approx(float(samplewise.mean()), abs=1e-6)
    assert decision.scores["Hamming loss"].value == pytest.approx(float(tm.multilabel_hamming_distance(p, t, n)))
    assert decision.scores["subset accuracy"].value == pytest.approx(float(tm.multilabel_exact_match(p, t, n)))
    assert found.scores["coverage"].value == pytest.approx(float(tm.multilabel_coverage_error(p, t, n)))
    assert found.scores["ranking loss"].value == pytest.approx(float(tm.multilabel_ranking_loss(p, t, n)))
    assert found.scores["LRAP"].value == pytest.approx(float(tm.multilabel_ranking_average_precision(p, t, n)))
    ece = tm.binary_calibration_error(p.ravel(), t.ravel(), n_bins=10, norm="l1")
    assert found.reliability[0].ece == pytest.approx(float(ece), abs=1e-6)


def test_the_curves_go_through_the_points_of_scikit_learn():
    answered = whole_set()
    found = score(answered, draws=2, subject="", about={}, data="", split="", left_out={}, warnings=())
    for i, c in enumerate(found.classes):
        fpr, tpr, _ = sk.roc_curve(answered.truth[:, i], answered.p[:, i], drop_intermediate=False)
        known = set(zip(fpr.round(4), tpr.round(4), strict=True))
        assert set(zip(c.roc.x, c.roc.y, strict=True)) <= known and (c.roc.x[-1], c.roc.y[-1]) == (1, 1)
        precision, recall, _ = sk.precision_recall_curve(answered.truth[:, i], answered.p[:, i])
        assert set(zip(c.pr.x, c.pr.y, strict=True)) <= set(zip(recall.round(4), precision.round(4), strict=True))
        half = c.by_threshold["F1"].x.index(0.5)
        assert c.by_threshold["F1"].y[half] == pytest.approx(
            sk.f1_score(answered.truth[:, i], answered.p[:, i] >= 0.5), abs=1e-4
        )


@FEW
@given(judged(), st.floats(0, 1))
def test_what_is_taken_for_what(case, threshold):
    truth, scores = case
    answer = scores >= threshold
    expected = np.zeros((truth.shape[1], truth.shape[1] + 1), int)
    for t, a in zip(truth, answer, strict=True):
        wrong = [j for j in range(len(t)) if a[j] and not t[j]]
        for i in range(len(t)):
            if t[i] and not a[i]:
                for j in wrong or [len(t)]:
                    expected[i, j] += 1
    np.testing.assert_array_equal(ours.taken_for(truth, answer), expected)


# Groups and draws


@FEW
@given(st.lists(st.integers(0, 9), min_size=1, max_size=40), st.integers(0, 99))
def test_draws_take_whole_groups(names, seed):
    groups = grouped(np.array(names), "tiles")
    draws = Draws(groups, 5, seed)
    values = np.random.default_rng(seed).normal(size=(len(names), 3))
    totals = draws.totals(values)
    for times, total in zip(draws, totals, strict=True):
        assert all(len(set(times[groups.index == g])) == 1 for g in range(groups.count))
        np.testing.assert_allclose(times @ values, total, atol=1e-9)
    folds = groups.folds()
    assert all(len(set(folds[groups.index == g])) == 1 for g in range(groups.count))
    assert len(set(folds)) == min(5, groups.count)


@pytest.mark.parametrize("tiles", [9, 200])
def test_areas_of_draws_are_those_of_the_drawn_patches(tiles):
    """By tables of groups where there are few of them, patch by patch where there are many."""
    random = np.random.default_rng(0)
    truth, known = random.random((300, 3)) < 0.3, random.random((300, 3)) < 0.8
    scores = random.random((300, 3)).round(2)
    draws = Draws(grouped(random.integers(0, tiles, 300), "tiles"), 7)
    for t, s, k in ((truth[:, 0], scores[:, 0], known[:, 0]), (truth, scores, known)):
        ap, auroc = draws.areas(ours.Ranking(t[k], s[k]), k)
        for times, a, u in zip(draws, ap, auroc, strict=True):
            each = np.broadcast_to(times.reshape(-1, *(1,) * (k.ndim - 1)), k.shape)[k]
            assert a == pytest.approx(sk.average_precision_score(t[k], s[k], sample_weight=each))
            assert u == pytest.approx(sk.roc_auc_score(t[k], s[k], sample_weight=each))


def test_many_steps_are_merged_without_much_harm():
    random = np.random.default_rng(0)
    truth, scores = random.random(20_000) < 0.05, random.random(20_000)
    ranking = ours.Ranking(truth, scores + 0.3 * truth[np.argsort(np.argsort(scores))])
    true, false = ranking.by_group(np.arange(20_000) % 3, 3, most=2000)
    assert true.shape[1] <= 2001 and true.sum() == truth.sum() and (true + false).sum() == 20_000
    ap, auroc = ours.areas(np.cumsum(true.sum(0)), np.cumsum(false.sum(0)))
    assert ap == pytest.approx(ranking.average_precision(), abs=1e-3)
    assert auroc == pytest.approx(ranking.auroc(), abs=1e-3)


def test_a_class_of_which_nobody_knows_anything_has_no_figure():
    whole = whole_set()
    known = np.ones_like(whole.truth)
    known[:, 4] = False
    found = score(Answered(**{**vars(whole), "known": known}), draws=5, subject="", about={}, data="", split="",
                  left_out={}, warnings=())  # fmt: skip
    assert np.isnan(found.classes[4].ap.value) and found.classes[4].positives == 0
    assert found.decisions[0].confusion[4] == (0, 0, 0, 0) and np.isfinite(found.scores["AP macro"].value)


def test_few_groups_are_said_to_be_few():
    groups = grouped(np.array(["a", "b"] * 8), "tiles")
    assert groups.word == "patches" and "only 2 tiles" in groups.note and "too narrow" in groups.note


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Normal draws of known mean, 40 patches in 40 groups: between 88 and 99 of 100 intervals hold it."""
    held = 0
    for seed in range(100):
        values = np.random.default_rng(seed).normal(1.0, 1.0, 40)
        draws = Draws(single(40, ""), 300, seed)
        means = draws.totals(values) / 40
        low, high = np.percentile(means, [2.5, 97.5])
        held += low <= 1.0 <= high
    assert 88 <= held <= 99


# Calibration


@FEW
@given(judged(classes=4))
def test_calibration_error_is_that_of_torchmetrics(case):
    torch = pytest.importorskip("torch")
    tm = pytest.importorskip("torchmetrics.functional.classification")
    truth, p = case
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = tm.binary_calibration_error(
            torch.tensor(p.ravel()), torch.tensor(truth.ravel().astype(int)), n_bins=10, norm="l1"
        )
    assert cal.calibration_error(truth, p) == pytest.approx(float(theirs), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(temperature):
    random = np.random.default_rng(0)
    z = random.normal(-1, 2, (4000, 5))
    truth = random.random(z.shape) < ours.sigmoid(z)
    p = ours.sigmoid(z * temperature)
    assert cal.fit_temperature(truth, p) == pytest.approx(temperature, rel=0.06)
    scaled = cal.with_temperature(p, temperature)
    np.testing.assert_allclose(scaled, ours.sigmoid(z), atol=2e-3)
    assert cal.calibration_error(truth, scaled) < 0.02


def test_no_fold_is_fitted_on_itself():
    """A temperature fitted with the scored fold would see these two halves that contradict each other."""
    folds = np.repeat([0, 1], 50)
    fitted = cal.crossed(folds, np.ones(100, bool), lambda fit, rows: np.full(len(rows), float(folds[fit].mean())))
    np.testing.assert_array_equal(fitted, 1 - folds)


# The unknown


def test_what_nobody_knows_counts_neither_way():
    whole = whole_set()
    known = np.random.default_rng(1).random(whole.truth.shape) < 0.8
    known[:20] = True
    keep = {"subject": "", "about": {}, "data": "", "split": "", "left_out": {}, "warnings": ()}
    lies = Answered(**{**vars(whole), "known": known, "truth": whole.truth ^ ~known})
    told = Answered(**{**vars(whole), "known": known})
    assert score(lies, draws=5, **keep).to_json() == score(told, draws=5, **keep).to_json()
    found = score(told, draws=5, **keep)
    for i, c in enumerate(found.classes):
        k = known[:, i]
        assert c.ap.value == pytest.approx(sk.average_precision_score(whole.truth[k, i], whole.p[k, i]))
        assert sum(found.decisions[0].confusion[i]) == k.sum()
