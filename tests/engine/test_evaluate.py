"""``ben evaluate``: real patches, made maps with a known truth, the report, and what must be refused."""

import csv
import dataclasses
import html.parser
import json
import re
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import DataError, JobError, ModelError, OutputError
from ben_core.learn.evaluate import judging
from ben_core.learn.evaluate.all_models import evaluate_models
from ben_core.learn.evaluate.bootstrap import groups_of
from ben_core.learn.evaluate.comparing import compare
from ben_core.learn.evaluate.evaluation import Evaluation
from ben_core.learn.evaluate.finished_map import evaluate_map, read_map
from ben_core.learn.evaluate.leaks import leaks
from ben_core.learn.evaluate.pictures import SIDE, pictures
from ben_core.learn.evaluate.report import render
from ben_core.learn.evaluate.scoring import Answered, score
from ben_core.learn.evaluate.table import as_text
from ben_core.learn.types import DataSet, Place, Record
from ben_core.models.card import BandInput, ModelCard
from ben_core.models.model import load_model
from ben_core.nomenclature import CLASSES, ORDER_ALPHABETICAL
from ben_core.products import write_products
from ben_core.products.charts import fitting_axis

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

    wrong = judging.evaluate(model, Shuffled(), draws=2)
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
    plain = judging.evaluate(model, patches, few, draws=2)
    other = judging.evaluate(Turned(), patches, few, draws=2)
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
        judging.evaluate(model, patches, split="validation")
    with pytest.raises(JobError, match="no split 'train'; it has: test"):
        judging.require_one_split(patches.records, "train")
    with pytest.raises(JobError, match="too few to tune"):
        judging.evaluate(model, patches, patches.records[:4], thresholds="tuned")
    one = judging.evaluate(model, patches, patches.records[:1], draws=3)
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


class Page(html.parser.HTMLParser):
    VOID = ("meta", "br", "img", "wbr")

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


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


# A finished map


@pytest.fixture(scope="module")
def flipped(make_run, tmp_path_factory):
    """A map, and a reference in which every cell holds the map's labels but for known flips.

    Returns (gpkg, reference, expected truth by (row, col), cells too little known).
    """
    folder = tmp_path_factory.mktemp("map")
    facts = {"grid": "15 rows x 20 columns of 1200 m cells, patches of 1200 m", "bands": "B02 (10 m), B11 (20 m)"}
    answers, record = make_run(2400, 1800, skipped=True, provenance=facts)
    files = write_products(answers, record, folder, "map")
    labels = answers.labels(record.thresholds)
    random = np.random.default_rng(4)
    codes = np.full((1800, 2400), 999, np.uint16)
    truth, unknown = {}, []
    for row, col in zip(*np.nonzero(answers.status == 0), strict=True):
        there = labels[row, col] ^ (random.random(labels.shape[2]) < 0.05)
        if not there.any():
            there[random.integers(len(there))] = True
        names = tuple(sorted(c for c, t in zip(answers.classes, there, strict=True) if t))
        cell = codes[row * 120 : row * 120 + 120, col * 120 : col * 120 + 120]
        cell[:] = CLASSES[names[0]].clc_codes[0]
        for k, name in enumerate(names[1:]):
            cell[5 + k, 7] = CLASSES[name].clc_codes[-1]  # one pixel is enough
        if random.random() < 0.1:
            cell[40:80] = 999  # 67 % known
            unknown.append((row, col))
        else:
            cell[60:80] = 335  # 83 % known: glaciers are none of the 19 classes
            truth[row, col] = names
    grid = record.scene.grid
    path = folder / "clc.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=2400, height=1800, count=1, dtype="uint16", crs=grid.crs,
        transform=from_origin(grid.left, grid.top, 10, 10), nodata=0,
    ) as file:  # fmt: skip
        file.write(codes, 1)
    return files["gpkg"], path, truth, unknown, answers, record


def test_a_map_is_read_back_as_it_was_written(flipped):
    gpkg, _, _, _, answers, record = flipped
    found = read_map(gpkg)
    assert (found.grid.rows, found.grid.cols, found.grid.stride) == (15, 20, 120)
    assert (found.pixels.left, found.pixels.top, found.pixels.width) == (300000.0, 5400000.0, 2400)
    order = [answers.classes.index(c) for c in found.classes]
    np.testing.assert_allclose(found.p, answers.p[found.row, found.col][:, order] / 10000, atol=1e-6)
    assert found.thresholds == pytest.approx([record.thresholds[i] for i in order])
    assert found.untrained == ("Coastal wetlands",)


def test_known_flips_give_known_counts(flipped):
    gpkg, reference, truth, unknown, answers, record = flipped
    found = evaluate_map(gpkg.parent, reference, draws=20)
    assert found.patches == len(truth)
    assert found.left_out["reference knows less than 75% of the patch"] == len(unknown) > 0
    assert sum(v for k, v in found.left_out.items() if k.startswith("not mapped")) > 0
    labels = answers.labels(record.thresholds)
    for i, c in enumerate(found.classes):
        given = [labels[at][answers.classes.index(c.name)] for at in truth]
        there = [c.name in names for names in truth.values()]
        expected = [sum(t == a and g == b for t, g in zip(there, given, strict=True)) for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]  # fmt: skip
        assert list(found.decisions[0].confusion[i]) == expected
        bits = {at: t >> i & 1 for at, t in zip(zip(found.cells.row, found.cells.col, strict=True), found.cells.truth, strict=True)}  # fmt: skip
        assert bits == {at: int(c.name in names) for at, names in truth.items()}
    assert found.scores["AP macro"].value > 0.5
    page = Page(render(found, {}))
    assert "Hits and misses" in " ".join(page.text)


def test_a_reference_from_elsewhere_is_refused(flipped, write_tif):
    far = write_tif("far.tif", np.full((50, 50), 311, np.uint16))
    with pytest.raises(DataError, match="does not overlap"):
        evaluate_map(flipped[0], far)
    with pytest.raises(JobError, match="neither a folder"):
        read_map(far)
    with pytest.raises(JobError, match="not one GeoPackage"):
        read_map(far.parent)


# The command


def test_the_command_refuses_what_makes_no_sense(capsys, tmp_path):
    for arguments in (["embedded"], ["--map", "x"], ["embedded", "d", "--map", "x", "--reference", "y"],
                      ["embedded", "d", "--code-field", "CODE"], ["--map", "x", "--reference", "y", "--split", "test"],
                      ["--map", "x", "--reference", "y", "--device", "cpu"]):  # fmt: skip
        assert run(["evaluate", *arguments]) == 2, arguments
    assert "Give a model and a data set" in capsys.readouterr().err


def test_the_command_on_a_map(flipped, tmp_path, capsys):
    gpkg, reference, *_ = flipped
    arguments = ["evaluate", "--map", str(gpkg), "--reference", str(reference), "-o", str(tmp_path), "--draws", "20"]
    assert run(arguments) == 0
    told = capsys.readouterr()
    assert "Over the 19 classes" in told.out and "map_evaluation.html" in told.out
    written = Evaluation.from_json((tmp_path / "map_evaluation.json").read_text(encoding="utf-8"))
    assert written.cells is not None
    assert run(arguments) == 2, "a report is not replaced unasked"
    assert "exists already" in capsys.readouterr().err


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
