"""``ben evaluate``: real patches, made maps with a known truth, the report, and what must be refused."""

import csv
import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest

from ben_core.cli import run
from ben_core.errors import DataError, JobError, ModelError, OutputError
from ben_core.learn.evaluate import judging
from ben_core.learn.evaluate.all_models import evaluate_models
from ben_core.learn.evaluate.bootstrap import groups_of
from ben_core.learn.evaluate.comparing import compare
from ben_core.learn.evaluate.evaluation import Evaluation
from ben_core.learn.evaluate.leaks import leaks
from ben_core.learn.evaluate.pictures import SIDE, pictures
from ben_core.learn.evaluate.report import render
from ben_core.learn.evaluate.scoring import Answered, score
from ben_core.learn.evaluate.table import as_text
from ben_core.learn.types import DataSet, Place, Record
from ben_core.models.card import BandInput, ModelCard
from ben_core.models.model import load_model
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.products.charts import fitting_axis

from .html_page import Page

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">&$subject ${css}'


class SixBand:
    """87 real patches of BigEarthNet v2's test split (arrays, not files)."""

    title = "BigEarthNet v2, 87 patches"
    bands = ("B02", "B03", "B04", "B08", "VV", "VH")

    def __init__(self, folder: Path) -> None:
        arrays = np.load(folder / "patches.npz")
        self.dn, self.db = arrays["s2_dn"], arrays["s1_db"]
        with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
            rows = {row["patch_id"]: row for row in csv.DictReader(file)}
        self.row = {str(name): i for i, name in enumerate(arrays["patch_id"])}
        self.records = [
            Record(id, tuple(rows[id]["labels"].split("|")), rows[id]["split"], tile=rows[id]["tile"])
            for id in sorted(self.row)
        ]

    def read(self, record, bands):
        i = self.row[record.id]
        out = {}
        for band in bands:
            if band in self.bands[4:]:
                out[band] = self.db[i][..., self.bands[4:].index(band)].astype(np.float32) / 100
            else:
                out[band] = np.ascontiguousarray(self.dn[i][..., self.bands.index(band)])
        return out

    def reference(self, record):
        raise NotImplementedError


@pytest.fixture(scope="module")
def patches(ben_data) -> SixBand:
    found = SixBand(ben_data / "bigearthnet" / "six_band_patches")
    _: DataSet = found
    return found


@pytest.fixture(scope="module")
def model():
    return load_model("embedded", runtime="onnx", device="cpu")


@pytest.fixture(scope="module")
def judged(patches, model, tmp_path_factory):
    out = tmp_path_factory.mktemp("evaluation")
    return evaluate_models([model], patches, out, draws=50)[model.card.name]


def evaluate(model, data, records=None, split="test", **options):
    chosen = judging.choose(data.records if records is None else records, split)
    return judging.judge(judging.answer(model, data, chosen.records), model, data, chosen, split, **options)


# A model on real patches


def test_real_patches_are_scored_as_by_hand(judged, patches, model):
    sk = pytest.importorskip("sklearn.metrics")
    evaluation, _ = judged
    p = model.predict(next(judging.batches(model.card, patches, patches.records, 87)))
    truth = np.array([[c in r.labels for c in model.card.classes] for r in patches.records])
    held = truth.any(0)
    assert evaluation.patches == 87 and evaluation.groups == 21 and evaluation.drawn == "tiles"
    ap = evaluation.scores["AP macro"]
    assert ap.value == pytest.approx(sk.average_precision_score(truth[:, held], p[:, held], average="macro"), abs=1e-6)
    assert ap.low < ap.value < ap.high
    f1 = sk.f1_score(truth, p >= np.array(model.card.thresholds), average="micro")
    assert evaluation.decisions[0].name == "card"
    assert evaluation.decisions[0].scores["F1 micro"].value == pytest.approx(f1, abs=1e-6)
    assert [d.name for d in evaluation.decisions] == ["card", "tuned", "0.5"]
    assert {c.name for c in evaluation.classes if not c.trained} == set(model.card.untrained)
    assert len(evaluation.features.ids) == 87 and evaluation.hardest[0].loss >= evaluation.hardest[-1].loss


def test_shuffled_pixels_score_worse(judged, patches, model):
    """Truth and answers are brought together by patch: with another patch's pixels the score falls to chance."""

    class Shuffled(SixBand):
        def __init__(self):
            vars(self).update(vars(patches))
            ids = sorted(patches.row)
            self.row = {id: patches.row[ids[(i + 40) % len(ids)]] for i, id in enumerate(ids)}

    wrong = evaluate(model, Shuffled(), draws=2)
    assert wrong.scores["AP micro"].value < judged[0].scores["AP micro"].value - 0.2


def test_columns_follow_names_and_not_places(patches, model):
    """The same network behind a card whose classes stand in another order gives the same figures a class."""
    order = np.random.default_rng(0).permutation(19)
    card = model.card
    turned = dataclasses.replace(
        card,
        classes=tuple(card.classes[i] for i in order),
        thresholds=tuple(card.thresholds[i] for i in order),
        calibration=tuple(card.calibration[i] for i in order),
    )

    class Turned:
        batch, placement, weights = model.batch, model.placement, model.weights
        fit_batch = staticmethod(model.fit_batch)
        features = staticmethod(model.features)

        def __init__(self):
            self.card = turned

        def answer_each(self, batches):
            for a in model.answer_each(batches):
                yield dataclasses.replace(a, p=a.p[:, order])

    few = patches.records[:20]
    plain = evaluate(model, patches, few, draws=2)
    other = evaluate(Turned(), patches, few, draws=2)
    assert {c.name: c.ap.value for c in plain.classes} == pytest.approx(
        {c.name: c.ap.value for c in other.classes}, nan_ok=True
    )
    assert plain.scores["AP macro"].value == pytest.approx(other.scores["AP macro"].value)


def test_what_is_left_out_is_counted(patches):
    a, b, c, d, *_ = patches.records
    records = [
        a,
        dataclasses.replace(b, labels=None),
        dataclasses.replace(c, excluded=("snow",)),
        dataclasses.replace(d, split="train"),
    ]
    chosen = judging.choose(records, "test")
    assert chosen.records == (a,)
    assert chosen.left_out == {"in another split (train)": 1, "not labelled": 1, "snow": 1}


def test_batches_are_as_large_as_asked_and_in_order(patches, model):
    records = patches.records[:7]
    parts = list(judging.batches(model.card, patches, records, 3))
    assert [len(p["B02"]) for p in parts] == [3, 3, 1]
    np.testing.assert_array_equal(
        np.concatenate([p["B08"] for p in parts]), [patches.read(r, ("B08",))["B08"] for r in records]
    )


def test_missing_bands_are_refused_or_filled(patches, model):
    lacking = BandInput("B11", 1500.0, 1000.0)
    needs = dataclasses.replace(model.card, inputs=(*model.card.inputs, lacking))
    with pytest.raises(ModelError, match="needs B11"):
        next(judging.batches(needs, patches, patches.records[:2], 2))
    fills = dataclasses.replace(needs, inputs=(*model.card.inputs, dataclasses.replace(lacking, fill=1234.0)))
    batch = next(judging.batches(fills, patches, patches.records[:2], 2))
    assert batch["B11"].shape == (2, 60, 60) and (batch["B11"] == 1234).all()


def test_nothing_to_judge_is_said(patches, model):
    with pytest.raises(DataError, match="No patch is left"):
        evaluate(model, patches, split="validation")
    with pytest.raises(JobError, match="no split 'train'; it has: test"):
        judging.require_one_split(patches.records, "train")
    with pytest.raises(JobError, match="too few to tune"):
        evaluate(model, patches, patches.records[:4], thresholds="tuned")
    one = evaluate(model, patches, patches.records[:1], draws=3)
    assert one.patches == 1 and one.folds == "" and len(one.reliability) == 1
    render(one, {})


def test_places_without_tiles_are_drawn_in_blocks():
    records = [Record(str(i), (), place=Place("EPSG:32633", 120_000.0 * (i % 6), 5e6)) for i in range(12)]
    assert groups_of(records).count == 6
    unknown = groups_of([*records, Record("x", ())])
    assert unknown.word == "patches" and "unknown" in unknown.note


# Models side by side


def test_a_model_compared_with_itself_differs_by_nothing(patches, model):
    first = judging.answer(model, patches, patches.records)
    noisy = dataclasses.replace(first, p=np.random.default_rng(0).permutation(first.p.ravel()).reshape(first.p.shape))
    shared, (_, same, worse) = compare({"a": first, "b": first, "c": noisy}, draws=40)
    assert shared == model.card.classes
    for d in same.differences.values():
        assert d.value == d.low == d.high == 0
    assert all(d.high < 0 for d in worse.differences.values())


# JSON and page


def test_json_both_ways(judged):
    evaluation, (_, figures) = judged
    text = figures.read_text(encoding="utf-8")
    assert text == evaluation.to_json() and Evaluation.from_json(text).to_json() == text
    assert (
        json.loads(text)["classes"][[c.name for c in evaluation.classes].index("Coastal wetlands")]["ap"]["value"]
        is None
    ), "no patch"
    for broken in ("{", "[]", "{}", text.replace('"format": 1', '"format": 2'), text.replace('"patches": 87', '"patches": "x"')):  # fmt: skip
        with pytest.raises(DataError):
            Evaluation.from_json(broken)


def test_the_page_needs_nothing_from_outside_and_tells_what_matters(judged):
    _, (report, _) = judged
    text = report.read_text(encoding="utf-8")
    page = Page(text)
    for _, a in page.tags:
        for attribute in ("src", "href"):
            assert a.get(attribute, "data:image/").startswith("data:image/")
    assert not re.search(r"url\((?!data:)|@import|https?://|<script", text)
    assert "default-src 'none'" in text
    words = " ".join(" ".join(page.text).split())
    for expected in ("Best told:", "21 tiles", "not trained", "Heydarian", "t-SNE", "Hardest examples"):
        assert expected in words, expected
    assert len([1 for t, _ in page.tags if t == "img"]) == 12
    assert all(a.get("alt") for t, a in page.tags if t == "img")
    assert all(a.get("aria-label") for t, a in page.tags if t == "svg")
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(set(ids)) == len(ids)


def test_hostile_text_stays_text(judged):
    evaluation, _ = judged
    evil = dataclasses.replace(
        evaluation,
        subject=EVIL,
        data=EVIL,
        about={EVIL: EVIL},
        left_out={EVIL: 3},
        warnings=(EVIL,),
        drawn=EVIL,
        hardest=tuple(dataclasses.replace(e, id=EVIL) for e in evaluation.hardest),
        features=dataclasses.replace(evaluation.features, method=EVIL, ids=(EVIL,) * 87),
    )
    page, plain = Page(render(evil, {}, "")), Page(render(dataclasses.replace(evaluation, left_out={"a": 1}), {}, ""))
    count = lambda p, tag: sum(t == tag for t, _ in p.tags)  # noqa: E731
    assert count(page, "script") == count(page, "img") == count(plain, "img") == 0
    assert not [a for _, a in page.tags if any(k.startswith("on") for k in a)]
    assert " ".join(page.text).count("<script>alert(1)") > 5


def test_the_table_fits_a_terminal(judged):
    text = as_text(judged[0])
    assert max(map(len, text.splitlines())) <= 101
    assert "* not trained" in text and "AP" in text


def test_pictures_of_optical_and_of_radar(patches):
    few = patches.records[:2]
    assert {p.size for p in pictures(patches, few).values()} == {(SIDE, SIDE)}

    class Radar(SixBand):
        bands = ("VV", "VH")

        def __init__(self):
            vars(self).update(vars(patches))

        def read(self, record, bands):
            return patches.read(record, bands)

    radar = pictures(Radar(), few)
    assert np.asarray(radar[few[0].id]).std() > 5


@pytest.mark.parametrize("values", [(0.31, 0.305, 0.2), (3.0,), (), (float("nan"), 0.0), (1e-4, 2e-4), (-3.0, 900.0)])
def test_axes_hold_their_values_between_round_ticks(values):
    axis = fitting_axis(values)
    known = [v for v in values if v == v]
    assert axis.low < axis.high and 2 <= len(axis.ticks) <= 8
    assert all(axis.low - 1e-9 <= v <= axis.high + 1e-9 for v in known)


# History and leaks


def test_learning_curves_come_from_the_history_beside_the_card(tmp_path, judged):
    card = dataclasses.replace(load_model("embedded", runtime="onnx", device="cpu").card, folder=tmp_path)
    assert judging.read_history(card) == ()
    lines = [{"epoch": i, "train loss": 1 / (i + 1), "macro AP": i / 9, "AP": {"x": 1}} for i in range(9)]
    (tmp_path / "history.json").write_text(json.dumps({"config": {}, "epochs": lines}))
    history = judging.read_history(card)
    assert len(history) == 9 and history[3].values == {"train loss": 0.25, "macro AP": 3 / 9}
    page = render(dataclasses.replace(judged[0], history=history), {})
    assert "Learning curves" in page and "train loss" in page
    (tmp_path / "history.json").write_text("[1, 2]")
    assert judging.read_history(card) == ()


@pytest.mark.parametrize(
    ("origin", "title", "split", "says"),
    [
        ("Trained on the test split of BigEarthNet v2.", "BigEarthNet v2 in /d", "test", "test split"),
        ("Trained on the training split of reBEN.", "BigEarthNet v2 in /d", "test", ""),
        ("Trained on the training split of reBEN.", "BigEarthNet v2 in /d", "train", "training split"),
        ("Trained on reBEN.", "BigEarthNet v2 in /d", None, "all splits"),
        ("Trained on BigEarthNet-MM (v1).", "BigEarthNet v2 in /d", "test", "another version"),
        ("Trained on EuroSAT.", "BigEarthNet v2 in /d", "train", ""),
    ],
)
def test_a_card_that_knows_the_archive_is_pointed_out(origin, title, split, says):
    card = ModelCard("m", "M", "", (BandInput("B02", 1.0, 1.0),), ("Pastures",), (0.5,), (), origin=origin)
    found = " ".join(leaks(card, title, split))
    assert (says in found) if says else not found


def test_patches_of_an_archive_are_known_by_their_names():
    card = ModelCard("m", "M", "", (BandInput("B02", 1.0, 1.0),), ("Pastures",), (0.5,), (), origin="Trained on reBEN.")
    mine = ["S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"]
    assert leaks(card, "my patches", "train", mine) and not leaks(card, "my patches", "train", ["row 1"])
    assert "another version" in leaks(card, "my patches", "test", ["S2A_MSIL2A_20170613T101031_61_39"])[0]


# The command


def test_the_command_refuses_what_makes_no_sense(capsys, tmp_path):
    for arguments in (["embedded"], ["--map", "x"], ["embedded", "d", "--map", "x", "--reference", "y"],
                      ["embedded", "d", "--code-field", "CODE"], ["--map", "x", "--reference", "y", "--split", "test"],
                      ["--map", "x", "--reference", "y", "--device", "cpu"]):  # fmt: skip
        assert run(["evaluate", *arguments]) == 2, arguments
    assert "Give a model and a data set" in capsys.readouterr().err


def test_the_command_on_the_published_archive(ben_data, tmp_path, capfd):
    archive = str(ben_data / "bigearthnet" / "v1")
    assert run(["evaluate", "embedded", archive, "--split", "all", "-o", str(tmp_path), "--draws", "10", "--json", "--threads", "1"]) == 0  # fmt: skip
    (found,) = json.loads(capfd.readouterr().out).values()
    assert found["patches"] == 43
    assert found["scores"]["AP micro"]["value"] > 0.5


def test_a_full_disk_leaves_no_half_report(judged, tmp_path, monkeypatch):
    from ben_core.learn.evaluate import saving

    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        saving.save(judged[0], {}, saving.check_free(tmp_path / "file", "x", False))


def whole(n: int = 30) -> Answered:
    random = np.random.default_rng(0)
    truth = random.random((n, 19)) < 0.3
    p = np.clip(truth * 0.4 + random.random((n, 19)) * 0.6, 0, 1).astype(np.float32)
    return Answered(
        tuple(map(str, range(n))), ORDER_ALPHABETICAL, truth, np.ones_like(truth), p,
        groups_of([Record(str(i), (), tile=f"T{i % 6}") for i in range(n)]), (0.5,) * 19,
    )  # fmt: skip


def test_the_same_seed_gives_the_same_figures():
    keep = {"subject": "", "about": {}, "data": "", "split": "", "left_out": {}, "warnings": ()}
    a, b, c = (score(whole(), draws=30, seed=s, **keep).to_json() for s in (1, 1, 2))
    assert a == b != c
