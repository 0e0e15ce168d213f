"""Laws of the rules for overlaps, against brute force; and of the mosaic made with them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.batch.catalogue.entries import newest_first, read_entry
from ben_core.batch.catalogue.mosaic import write_mosaic
from ben_core.batch.catalogue.rules import RULES, Fold, top
from ben_core.batch.layout import finished
from ben_core.products.types import NOT_MAPPED

from .made_batch import Made, make_batch, random_p

CLASSES = 4


def oracle(rule: str, scenes: list[tuple[np.ndarray, int]]) -> tuple[int, int]:
    """(code, p) of one place from (p (classes,), cloud) of the scenes, the newest first: written out, no arrays."""
    there = [(p.tolist(), cloud) for p, cloud in scenes if (p != NOT_MAPPED).any()]
    if not there:
        return 0, NOT_MAPPED
    best = [(max(v for v in p if v != NOT_MAPPED), cloud) for p, cloud in there]
    if rule == "mean":
        means = []
        for i in range(len(there[0][0])):
            values = [p[i] for p, _ in there if p[i] != NOT_MAPPED]
            means.append(int(sum(values) / len(values) + 0.5) if values else -1)
        return means.index(max(means)) + 1, max(means)
    index = {
        "latest": 0,
        "most-confident": min(range(len(best)), key=lambda i: (-best[i][0], i)),
        "least-cloud": min(range(len(best)), key=lambda i: (best[i][1], i)),
    }[rule]
    return there[index][0].index(best[index][0]) + 1, best[index][0]


scene = st.tuples(
    st.lists(st.sampled_from([0, 1, 2, 3, 9999, 10000, NOT_MAPPED]), min_size=CLASSES, max_size=CLASSES),
    st.sampled_from([0, 5, 99, 255]),
)


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=150, deadline=None)
@given(places=st.lists(st.lists(scene, min_size=3, max_size=3), min_size=1, max_size=6))
def test_every_place_is_what_brute_force_says(rule, places):
    fold = Fold(rule, len(places), CLASSES)
    for k in range(3):
        p = np.array([place[k][0] for place in places], np.uint16).T
        cloud = np.array([place[k][1] for place in places], np.uint8)
        fold.add(np.arange(len(places)), p, cloud)
    codes, p = fold.result()
    for i, place in enumerate(places):
        told = oracle(rule, [(np.array(p), cloud) for p, cloud in place])
        assert (int(codes[i]), int(p[i])) == told


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 10000), min_size=3, max_size=3), min_size=1, max_size=6), st.randoms())
def test_mean_and_confidence_do_not_depend_on_the_order(values, random):
    """Of the rules that look at values alone, mean must not know the order; confidence only where equals tie."""
    p = np.array(values, np.uint16)
    order = list(range(len(p)))
    random.shuffle(order)
    folds = []
    for sequence in (range(len(p)), order):
        fold = Fold("mean", 1, 3)
        for i in sequence:
            fold.add(np.array([0]), p[i][:, None])
        folds.append(fold.result())
    assert folds[0][0] == folds[1][0] and folds[0][1] == folds[1][1]


def test_top_takes_the_lowest_code_of_equals_and_knows_nothing():
    p = np.array([[5, NOT_MAPPED, NOT_MAPPED], [7, NOT_MAPPED, 0], [7, NOT_MAPPED, 0]], np.uint16)
    best, code = top(p)
    assert best.tolist() == [7, NOT_MAPPED, 0] and code.tolist() == [2, 0, 2]


def test_an_unknown_rule_is_none():
    with pytest.raises(ValueError, match="first"):
        Fold("first", 1)


@pytest.fixture(scope="module")
def overlapping(tmp_path_factory) -> Path:
    """Four scenes: three dates of one tile (two of the same second), and a neighbour on another lattice and stride."""
    rng = np.random.default_rng(3)
    cloud = [rng.integers(0, 4, (6, 5)) * 10 for _ in range(3)]
    return make_batch(
        tmp_path_factory.mktemp("batch"),
        [
            Made("b_first", "2021-06-01", random_p(rng, 6, 5), cloud[0]),
            Made("a_same_time", "2021-06-01", random_p(rng, 6, 5), cloud[1]),
            Made("old", "2020-01-01", random_p(rng, 6, 5), cloud[2]),
            Made("neighbour", "2021-03-01", random_p(rng, 8, 8), None, 300_000 + 3960, 5_400_000 - 2040,
                 tile="33UVP", stride=60),
        ],
    )  # fmt: skip


def entries_of(out: Path):
    return [read_entry(s) for s in finished(out)]


@pytest.mark.parametrize("rule", RULES)
def test_mosaic_is_the_rule_at_every_pixel(overlapping, tmp_path, rule):
    """Pixels of 60 m place every cell exactly: each is looked up in all scenes by plain arithmetic."""
    entries = entries_of(overlapping)
    mosaic = write_mosaic(entries, tmp_path, crs="EPSG:32633", rule=rule, pixel=60)
    assert mosaic.notes == ()
    rng = np.random.default_rng(3)
    clouds = {name: rng.integers(0, 4, (6, 5)) * 10 for name in ("b_first", "a_same_time", "old")}
    scenes = []
    for e in newest_first(entries):
        with rasterio.open(e.scene.rasters["probabilities"]) as src:
            p = src.read()
        scenes.append((e, p, clouds.get(e.name)))
    assert [e.name for e, _, _ in scenes] == ["a_same_time", "b_first", "neighbour", "old"]
    with rasterio.open(mosaic.files["vrt"]) as src:
        code, p_won = src.read()
        for i in np.random.default_rng(1).choice(code.size, 2000, replace=False).tolist():
            row, col = divmod(i, code.shape[1])
            x, y = src.xy(row, col)
            answers = []
            for e, p, cloud in scenes:
                r, c = int((e.top - y) // e.side), int((x - e.left) // e.side)
                if 0 <= r < e.rows and 0 <= c < e.cols and e.left <= x and y <= e.top:
                    answers.append((p[:, r, c], 255 if cloud is None else int(cloud[r, c])))
            assert (int(code[row, col]), int(p_won[row, col])) == oracle(rule, answers)


@pytest.mark.parametrize("rule", RULES)
def test_bytes_do_not_depend_on_the_order_of_scenes(overlapping, tmp_path, rule):
    entries = entries_of(overlapping)
    made = []
    for name, order in (("a", entries), ("b", entries[::-1])):
        (tmp_path / name).mkdir()
        write_mosaic(order, tmp_path / name, crs="EPSG:3035", rule=rule)
        made.append({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()})
    assert made[0] == made[1]


def test_a_block_larger_than_the_scene_and_a_scene_larger_than_a_block(tmp_path):
    """Blocks of 512 px: the mosaic of one scene in its own CRS is its class raster, wherever blocks begin."""
    rng = np.random.default_rng(0)
    out = make_batch(tmp_path / "out", [Made("one", "2021-01-01", random_p(rng, 11, 9))])
    (tmp_path / "m").mkdir()
    mosaic = write_mosaic(entries_of(out), tmp_path / "m", crs="EPSG:32633", rule="latest", pixel=10)
    with rasterio.open(finished(out)[0].rasters["classes"]) as src:
        own = src.read(1)
    with rasterio.open(mosaic.files["classes"]) as src:
        assert src.shape == (1320, 1080)
        assert (src.read(1) == np.kron(own, np.ones((120, 120), np.uint8))).all()
        assert src.colormap(1)[2][:3] == (255, 255, 168)  # arable land


def test_clipped_cells_end_with_the_scene(tmp_path):
    out = make_batch(
        tmp_path / "out", [Made("cut", "2021-01-01", random_p(np.random.default_rng(1), 2, 2, 0), size=(180, 130))]
    )
    (tmp_path / "m").mkdir()
    mosaic = write_mosaic(entries_of(out), tmp_path / "m", crs="EPSG:32633", rule="latest", pixel=100)
    with rasterio.open(mosaic.files["classes"]) as src:
        assert src.shape == (13, 18) and (src.read(1) > 0).all()
