"""ben select: the laws of DBSS and SSAS, the GeoPackage, and its way back as a data set."""

import itertools
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ben_core.cli import run
from ben_core.errors import DataError, JobError, OutputError
from ben_core.learn.data import open_data_set
from ben_core.learn.data.joined import Joined
from ben_core.learn.data.labelled import ANSWERS
from ben_core.learn.data.source import open_source
from ben_core.learn.select.agreement import agree, most_certain
from ben_core.learn.select.centres import score
from ben_core.learn.select.choose import BORDER, INNER, Guard, choose
from ben_core.learn.select.selecting import Wish, select
from ben_core.learn.types import Place, Record
from ben_core.nomenclature import ORDER_ALPHABETICAL

SIDE = 8  # patches a side of the made scene


def problem(seed: int, n: int = 12, labelled: int = 9, classes: int = 4, d: int = 3) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, d)).astype(np.float32)
    known = rng.normal(size=(labelled, d)).astype(np.float32)
    present = rng.random((labelled, classes)) < 0.4
    present[0] = [True] + [False] * (classes - 1)
    present[1, 1] = True
    return features, known, present


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def mean(rows: list[np.ndarray]) -> np.ndarray:
    return np.array([sum(float(r[k]) for r in rows) / len(rows) for k in range(len(rows[0]))])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_of_many_labels_by_loops(seed: int) -> None:
    features, labelled, present = problem(seed)
    found = score(features, labelled, present)
    for i, e in enumerate(features):
        inner, margins = 0.0, {}
        for c in range(present.shape[1]):
            with_it = [x for x, p in zip(labelled, present[:, c], strict=True) if p]
            without = [x for x, p in zip(labelled, present[:, c], strict=True) if not p]
            if with_it:
                inner += np.log(distance(e, mean(with_it)))
            if with_it and without:
                a, b = mean(with_it), mean(without)
                margins[c] = abs(distance(e, a) - distance(e, b)) / distance(a, b)
        assert found.inner[i] == pytest.approx(inner, abs=1e-5)
        assert found.border[i] == pytest.approx(min(margins.values()), abs=1e-5)
        assert margins[int(found.undecided[i])] == pytest.approx(min(margins.values()), abs=1e-5)
        assert 0 <= found.border[i] <= 1 + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_of_one_label_are_the_published_ones(seed: int) -> None:
    features, labelled, present = problem(seed)
    one = np.zeros_like(present)
    one[np.arange(len(one)), present.argmax(axis=1)] = True
    assume(one.any(axis=0).sum() > 1)  # of one class alone there is no border: it is refused, see below
    found = score(features, labelled, one, single_label=True)
    centres = [mean([x for x, p in zip(labelled, one[:, c], strict=True) if p]) for c in range(4) if one[:, c].any()]
    for i, e in enumerate(features):
        d = [distance(e, c) for c in centres]
        assert found.inner[i] == pytest.approx(sum(np.log(x) for x in d), abs=1e-5)
        assert found.border[i] == pytest.approx(min(abs(a - b) for a, b in itertools.combinations(d, 2)), abs=1e-5)


def test_what_nobody_knows_moves_no_centre() -> None:
    features, labelled, present = problem(5)
    known = np.ones(present.shape, bool)
    known[4] = False
    assert np.allclose(
        score(features, labelled, present, known).border,
        score(features, np.delete(labelled, 4, 0), np.delete(present, 4, 0)).border,
    )


def test_labels_that_draw_no_border_are_refused() -> None:
    features, labelled, _ = problem(0)
    same = np.tile([True, False], (len(labelled), 1))
    with pytest.raises(DataError, match="no border between present and absent"):
        score(features, labelled, same)
    with pytest.raises(DataError, match="all of one class"):
        score(features, labelled, same, single_label=True)
    with pytest.raises(DataError, match="holds any class"):
        score(features, labelled, np.zeros_like(same))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15), st.floats(0, 1))
def test_the_branches_share_the_places(seed: int, count: int, share: float) -> None:
    scores = score(*problem(seed))
    chosen = choose(scores, count, share, Guard())
    index = [c.index for c in chosen]
    assert len(index) == len(set(index)) == min(count, 12)
    n_inner = round(len(chosen) * share)
    assert sum(c.branch == INNER for c in chosen) == n_inner
    assert not any(c.relaxed for c in chosen)
    # Each is the best of its ranking that was not taken before.
    taken: set[int] = set()
    for c in chosen:
        ranking = np.argsort(-scores.inner if c.branch == INNER else scores.border, kind="stable")
        assert c.index == next(i for i in ranking.tolist() if i not in taken)
        taken.add(c.index)


def test_one_branch_alone_gives_its_ranking() -> None:
    scores = score(*problem(3))
    assert [c.index for c in choose(scores, 5, 1.0, Guard())] == np.argsort(-scores.inner)[:5].tolist()
    assert [c.index for c in choose(scores, 5, 0.0, Guard())] == np.argsort(scores.border)[:5].tolist()


def test_guards_hold_back_until_nothing_else_is_left() -> None:
    scores = score(*problem(4, n=40))
    close = Guard(1.0, lambda i: np.abs(np.arange(40) - i) < 4)
    chosen = choose(scores, 8, 0.4, close)
    free = [c.index for c in chosen if not c.relaxed]
    assert all(abs(a - b) >= 4 for a, b in itertools.combinations(free, 2))
    everything = choose(scores, 40, 0.4, close)
    assert sorted(c.index for c in everything) == list(range(40)) and any(c.relaxed for c in everything)
    few = choose(scores, 12, 0.5, Guard(0.34))
    for branch in (INNER, BORDER):
        about = [c.about for c in few if c.branch == branch and not c.relaxed]
        assert max(about.count(a) for a in about) <= 3  # ceil(0.34 x 6)


def test_truth_table_of_agreement() -> None:
    now = np.array([[0.9, 0.9, 0.1, 0.1]])
    before = np.array([[0.6, 0.2, 0.6, 0.2]])
    limits = np.full(4, 0.5)
    found = agree(now, before, limits, limits)
    assert found.present.tolist() == [[True, False, False, False]]
    assert found.agreed.tolist() == [[True, False, False, True]]
    # Each model by its own thresholds.
    assert agree(now, before, limits, np.array([0.7, 0.1, 0.7, 0.1])).agreed.tolist() == [[False, True, True, False]]


def test_agreement_of_one_label_is_that_of_the_most_probable() -> None:
    now = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    before = np.array([[0.1, 0.4, 0.3], [0.3, 0.6, 0.1]])
    found = agree(now, before, np.full(3, 0.5), np.full(3, 0.5), single_label=True)
    assert found.present.tolist() == [[False, True, False], [False, False, False]]
    assert found.agreed.tolist() == [[True] * 3, [False] * 3]


def test_the_surest_pseudo_labels_come_first_and_never_those_of_a_person() -> None:
    now = np.array([[0.9, 0.1], [0.9, 0.9], [0.6, 0.1], [0.1, 0.1], [0.9, 0.1]])
    before = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.1], [0.9, 0.1]])
    half = np.full(2, 0.5)
    labels = agree(now, before, half, half)
    taken = np.array([False, False, False, False, True])
    # 0 agrees exactly, 2 roughly, 1 masks a class; 3 holds nothing, 4 is a person's.
    assert most_certain(labels, now, before, 9, taken).tolist() == [0, 2, 1]
    assert most_certain(labels, now, before, 1, taken).tolist() == [0]


@pytest.fixture
def scene(write_tif: Any) -> Path:
    """Fields of noise, as one raster of four bands; 8 x 8 patches."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(200, 3000, (4, SIDE * 2, SIDE * 2))
    fine = coarse.repeat(60, axis=1).repeat(60, axis=2) + rng.normal(0, 60, (4, SIDE * 120, SIDE * 120))
    path: Path = write_tif(
        "scene.tif", np.clip(fine, 1, 9000).astype(np.uint16), descriptions=("B02", "B03", "B04", "B08")
    )
    return path


class Taught:
    """A data set of made labels: the north-western patches of the scene fixture."""

    title = "made labels"
    bands = ("B02", "B03", "B04", "B08")

    def __init__(self, scene: Path) -> None:
        import rasterio

        with rasterio.open(scene) as file:
            self.pixels = file.read()
        self.records = [
            Record(
                f"t{r}{c}",
                labels=("Arable land",) if (r + c) % 2 else ("Mixed forest", "Pastures"),
                split="train",
                place=Place("EPSG:32633", 500_000.0 + 1200 * c, 5_000_040.0 - 1200 * r),
            )
            for r in range(3)
            for c in range(3)
        ]

    def read(self, record: Record, bands: Any) -> dict[str, np.ndarray]:
        row, col = int(record.id[1]) * 120, int(record.id[2]) * 120
        return {b: self.pixels[self.bands.index(b), row : row + 120, col : col + 120] for b in bands}

    def reference(self, record: Record) -> np.ndarray:
        raise DataError("no map")


def chosen(scene: Path, out: Path, count: int = 10, **more: Any) -> Any:
    previous = more.pop("previous", None)
    return select(open_source(str(scene)), [Taught(scene)], "embedded", out, Wish(count, **more), previous=previous)


def test_a_scene_to_label_and_back(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.gpkg"
    found = chosen(scene, out, apart=0, pseudo=4, previous="embedded")
    assert found.candidates == SIDE * SIDE - 9  # what is labelled is not asked for again
    people = [r for r in found.rows if r.by == "person"]
    models = [r for r in found.rows if r.by == "models"]
    assert [r.rank for r in people] == list(range(1, 11)) and len(models) <= 4
    assert len({r.id for r in found.rows}) == len(found.rows)
    assert people[0].picture[:2] == b"\xff\xd8"

    with sqlite3.connect(out) as database:  # what QGIS does when a person ticks and saves
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0.0)
        sets = ", ".join(f'"{c}" = 0' for c in ANSWERS)
        database.execute(f'UPDATE patches SET {sets}, done = 1 WHERE "rank" <= 3')
        database.execute('UPDATE patches SET urban_fabric = 1, pastures = NULL WHERE "rank" = 1')
    data = open_data_set(out)
    records = {r.id: r for r in data.records}
    first = records[people[0].id]
    assert first.labels == ("Urban fabric",) and first.unsure == ("Pastures",) and first.split == "train"
    assert records[people[1].id].labels == ()  # looked at: none of the 19
    assert records[people[4].id].labels is None  # not done yet
    for row in models:
        known = dict(zip(ORDER_ALPHABETICAL, row.present, strict=True))
        assert set(records[row.id].labels or ()) == {n for n, p in known.items() if p}
        assert set(records[row.id].unsure) == {n for n, p in known.items() if p is None}

    import rasterio

    with rasterio.open(scene) as file:
        whole = file.read()
    pixels = data.read(first, ["B08", "B02"])
    assert first.place is not None
    col, row_ = round((first.place.left - 500_000) / 10), round((5_000_040 - first.place.top) / 10)
    assert np.array_equal(pixels["B08"], whole[3, row_ : row_ + 120, col : col + 120])
    assert np.array_equal(pixels["B02"], whole[0, row_ : row_ + 120, col : col + 120])

    both = Joined([Taught(scene), data])
    assert len(both.records) == 9 + len(records)
    assert np.array_equal(both.read(first, ["B08"])["B08"], pixels["B08"])


def test_what_judges_is_neither_asked_for_nor_teaches(scene: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    taught = Taught(scene)
    taught.records[:4] = [replace(r, split=s) for r, s in zip(taught.records, ["test", "validation"] * 2, strict=False)]
    found = select(open_source(str(scene)), [taught], "embedded", tmp_path / "labels.gpkg", Wish(60, apart=0))
    assert found.labelled == 5 and found.candidates == SIDE * SIDE - 9
    theirs = {(r.place.left, r.place.top) for r in taught.records if r.place}
    assert not theirs & {(r.place.left, r.place.top) for r in found.rows}


def test_the_package_is_one_for_others_too(scene: Path, tmp_path: Path) -> None:
    import pyogrio

    out = tmp_path / "labels.gpkg"
    assert not chosen(scene, out, share_class=1.0).relaxed
    frame = pyogrio.read_dataframe(out, layer="patches")
    assert len(frame) == 10 and frame.crs.to_epsg() == 32633
    assert set(frame.geometry.area.round()) == {1_440_000}
    assert str(frame["urban_fabric"].dtype) in ("bool", "object", "boolean")
    corners = frame[["left", "top"]].to_numpy()
    apart = np.abs(corners[:, None] - corners[None]).max(axis=2)[~np.eye(10, dtype=bool)]
    assert apart.min() >= 2400  # no neighbours
    styles = pyogrio.read_dataframe(out, layer="layer_styles")
    qml = styles["styleQML"][0]
    assert qml.count('type="CheckBox"') == 20 and styles["useAsDefault"][0]
    if shutil.which("ogrinfo"):
        told = subprocess.run(["ogrinfo", "-so", str(out), "patches"], capture_output=True, text=True, check=True)
        assert "urban_fabric: Integer(Boolean)" in told.stdout and "Feature Count: 10" in told.stdout


def test_a_data_set_to_label_and_back(scene: Path, tmp_path: Path) -> None:
    from dataclasses import replace

    from ben_core.learn.data import write_store

    made = Taught(scene)
    half = [replace(r, labels=None, split=None) if i % 3 else r for i, r in enumerate(made.records)]
    write_store(tmp_path / "set", ((r, made.read(r, made.bands), None) for r in half))
    out = tmp_path / "labels.gpkg"
    found = select(open_source(str(tmp_path / "set")), [], "embedded", out, Wish(2, apart=0))
    assert found.candidates == 6 and found.labelled == 3
    with sqlite3.connect(out) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)
        database.execute("UPDATE patches SET done = 1, marine_waters = 1")
    back = open_data_set(out)
    assert [r.id for r in back.records] == sorted(r.id for r in half)
    new = {r.id for r in found.rows}
    for r in back.records:
        assert (r.labels is not None) == (r.id in new or r.id in {h.id for h in half if h.labels})
        if r.id in new:
            assert "Marine waters" in (r.labels or ()) and r.split == "train"
    assert np.array_equal(back.read(back.records[0], ["B02"])["B02"], made.read(made.records[0], ["B02"])["B02"])


def test_what_is_refused(scene: Path, tmp_path: Path) -> None:
    source, taught = open_source(str(scene)), Taught(scene)
    out = tmp_path / "labels.gpkg"
    with pytest.raises(DataError, match="no labelled patch to compare"):
        select(source, [], "embedded", out, Wish(5))
    with pytest.raises(JobError, match="no GeoPackage"):
        select(source, [taught], "embedded", tmp_path / "labels.shp", Wish(5))
    with pytest.raises(JobError, match="model of the cycle before"):
        select(source, [taught], "embedded", out, Wish(5, pseudo=5))
    with pytest.raises(JobError, match="asks for no patch"):
        Wish(0)
    with pytest.raises(JobError, match="--share-inner 2"):
        Wish(5, share_inner=2)
    everywhere = Taught(scene)
    everywhere.records = [
        Record(f"t{r % 3}{c % 3}", ("Pastures",) if c % 2 else ("Arable land",), "train", place=Place("EPSG:32633", 500_000.0 + 1200 * c, 5_000_040.0 - 1200 * r))
        for r in range(SIDE) for c in range(SIDE)
    ]  # fmt: skip
    with pytest.raises(DataError, match="No unlabelled patch is left"):
        select(source, [everywhere], "embedded", out, Wish(5))
    assert not out.exists()
    select(source, [taught], "embedded", out, Wish(5))
    with pytest.raises(OutputError, match="somebody's labels"):
        select(source, [taught], "embedded", out, Wish(5))


def test_damaged_lists_are_refused(scene: Path, tmp_path: Path) -> None:
    out = tmp_path / "labels.gpkg"
    chosen(scene, out)
    gone = tmp_path / "elsewhere" / "labels.gpkg"
    gone.parent.mkdir()
    shutil.copy(out, gone)
    moved = scene.rename(tmp_path / "moved.tif")
    with pytest.raises(DataError, match="not there any more"):
        open_data_set(gone)
    moved.rename(scene)
    open_data_set(gone)  # by its absolute path
    for statement, message in (
        ("ALTER TABLE patches RENAME COLUMN urban_fabric TO town", "is damaged"),
        ("UPDATE selection SET value = '{'", "is damaged"),
    ):
        bad = tmp_path / "bad.gpkg"
        shutil.copy(out, bad)
        with sqlite3.connect(bad) as database:
            for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
                database.create_function(name, 1, lambda _: 0)
            database.execute(statement)
        with pytest.raises(DataError, match=message):
            open_data_set(bad)
    with sqlite3.connect(out) as database:
        for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0)
        database.execute('UPDATE patches SET "left" = "left" + 5')
    with pytest.raises(DataError, match="does not lie on the pixels"):
        open_data_set(out)


def test_two_sets_that_label_one_patch_are_refused(scene: Path) -> None:
    with pytest.raises(DataError, match="is labelled in"):
        Joined([Taught(scene), Taught(scene)])


def test_the_command(scene: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from ben_core.learn.data import write_store

    made = Taught(scene)
    write_store(tmp_path / "set", ((r, made.read(r, made.bands), None) for r in made.records))
    out = tmp_path / "labels.gpkg"
    words = ["select", str(scene), "--labelled", str(tmp_path / "set"), "-n", "6", "-o", str(out)]
    assert run([*words, "--previous-model", "embedded", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["candidates"] == 55 and told["labelled"] == 9
    assert told["chosen"]["inner"] == 2 and told["chosen"]["border"] == 4
    assert run(words) == 2  # it exists
