"""Segments, votes and windows against counting by hand; no tile, block or thread shows in the result."""

from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.errors import JobError
from ben_core.patches.grid import Grid
from ben_core.products.types import NOT_MAPPED
from ben_core.regions import RegionOptions, parse_scales
from ben_core.regions import segment as segmentation
from ben_core.regions.classes import means_of, verdicts
from ben_core.regions.colours import kinds_of, strengths_of
from ben_core.regions.features import Histogram, Scaling, _finer, segment_bands
from ben_core.regions.graph import Graph, GraphMaker
from ben_core.regions.labels import LabelFile
from ben_core.regions.merge import merged, without_small
from ben_core.regions.segment import Segments, segmented
from ben_core.regions.smoothing import ROUNDS, smoothed
from ben_core.regions.superpixels import CELL, connected
from ben_core.regions.votes import Votes, combined
from ben_core.regions.windows import resampled, spans_of
from ben_core.scene import Scene, open_scene
from ben_core.scene.reader import BandReader

pieces = st.integers(1, 12).flatmap(
    lambda h: st.integers(1, 12).flatmap(
        lambda w: st.lists(st.integers(0, 3), min_size=h * w, max_size=h * w).map(lambda v: np.array(v).reshape(h, w))
    )
)


def graph_of(labels: np.ndarray, features: np.ndarray) -> Graph:
    maker = GraphMaker(len(features))
    maker.add(labels.astype(np.int32), features)
    return maker.whole()[1]


@settings(max_examples=60, deadline=None)
@given(pieces)
def test_the_graph_counts_every_contact(values: np.ndarray) -> None:
    labels = connected(values.astype(np.int64))
    features = np.arange(values.size, dtype=np.float32).reshape(1, *values.shape)
    graph = graph_of(labels, features)
    contacts: dict[tuple[int, int], int] = {}
    for a, b in [*zip(labels[:, :-1].ravel(), labels[:, 1:].ravel()), *zip(labels[:-1].ravel(), labels[1:].ravel())]:  # noqa: B905
        if a and b and a != b:
            key = (int(min(a, b)) - 1, int(max(a, b)) - 1)
            contacts[key] = contacts.get(key, 0) + 1
    assert {tuple(p): n for p, n in zip(graph.pairs.tolist(), graph.border.tolist(), strict=True)} == contacts
    assert graph.size.tolist() == [int((labels == i + 1).sum()) for i in range(labels.max())]
    assert graph.total[:, 0].tolist() == [float(features[0][labels == i + 1].sum()) for i in range(labels.max())]


@settings(max_examples=60, deadline=None)
@given(pieces, st.integers(1, 6), st.integers(1, 20))
def test_merging_keeps_pixels_and_connection(values: np.ndarray, most: int, least: int) -> None:
    labels = connected(values.astype(np.int64))
    if not labels.any():
        return
    graph = graph_of(labels, np.random.default_rng(0).random((2, *values.shape), np.float32))
    coarse, into = merged(graph, most)
    assert len(coarse) <= most or not len(coarse.pairs)
    large, again = without_small(coarse, least)
    assert large.size.sum() == (labels > 0).sum()
    drawn = np.append(0, again[into] + 1)[labels]
    assert connected(drawn).max() == len(large), "a region fell apart"
    touching = np.unique(large.pairs)
    assert (large.size[touching] >= least).all(), "a small region has neighbours still"


def test_the_cheapest_merge_first() -> None:
    """Three stripes of 0.0, 0.1 and 0.9: two regions leave the bright one alone."""
    labels = np.repeat([[1, 2, 3]], 4, axis=0)
    graph = graph_of(labels, np.array([0.0, 0.1, 0.9], np.float32)[labels - 1][None])
    assert merged(graph, 2)[1].tolist() == [0, 0, 1]


@settings(max_examples=40, deadline=None)
@given(pieces)
def test_smoothing_is_local_and_leaves_what_is_left_out(values: np.ndarray) -> None:
    labels = values.astype(np.uint32)
    whole = smoothed(labels)
    assert ((whole == 0) == (labels == 0)).all()
    for top in range(0, len(labels), 3):
        begin = max(top - ROUNDS, 0)
        part = smoothed(labels[begin : top + 3 + ROUNDS])[top - begin :][:3]
        assert (part == whole[top : top + 3]).all()


def test_smoothing_takes_off_corners() -> None:
    labels = np.ones((7, 7), np.uint32)
    labels[3, 3] = 2
    assert (smoothed(labels) == 1).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(60, 150), st.integers(60, 150), st.sampled_from([10, 20, 30]), st.randoms(use_true_random=False))
def test_votes_are_means_of_the_windows_that_hold_a_pixel(width: int, height: int, stride: int, random: Any) -> None:
    rng = np.random.default_rng(random.randrange(2**32))
    votes = []
    for size in (30, 60):
        v = Votes(Grid(width, height, stride, size, 2), 2)
        there = rng.random((v.grid.rows, v.grid.cols)) < 0.7
        rows, cols = np.nonzero(there)
        v.add(rows, cols, rng.random((len(rows), 2)))
        votes.append(v)
    lattice = combined(votes, (1.0, 3.0))
    cells = lattice.cells(0, height, width)
    flat = lattice.p.reshape(-1, 2)
    for _ in range(10):
        y, x = int(rng.integers(height)), int(rng.integers(width))
        total, weight = np.zeros(2), 0.0
        for v, w in zip(votes, (1.0, 3.0), strict=True):
            held = (v.tops <= y) & (y < v.tops + v.grid.size), (v.lefts <= x) & (x < v.lefts + v.grid.size)
            p = v.p[np.ix_(*held)].reshape(-1, 2).astype(float)
            p = p[p[:, 0] != NOT_MAPPED]
            if len(p):
                total, weight = total + w * p.mean(axis=0), weight + w
        if weight:
            assert np.abs(flat[cells[y, x]] - total / weight).max() <= 0.5 + 1e-6
        else:
            assert (flat[cells[y, x]] == NOT_MAPPED).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(240, 3000), st.integers(240, 700), st.sampled_from([30, 60]), st.sampled_from([256, 1024, 5000]),
       st.randoms(use_true_random=False))  # fmt: skip
def test_spans_hold_every_window_once(height: int, width: int, stride: int, rows: int, random: Any) -> None:
    rng = np.random.default_rng(random.randrange(2**32))
    grids = [Grid(width, height, stride, s, 2) for s in (60, 120, 240)]
    inside = [np.tile(rng.random((g.rows, 1)) < 0.6, (1, g.cols)) for g in grids]
    spans = spans_of(grids, inside, rows)
    assert all(a.rows.top <= b.rows.top for a, b in pairwise(spans))
    for i, (grid, wanted) in enumerate(zip(grids, inside, strict=True)):
        seen = []
        for span in spans:
            strip = span.strips[i]
            if strip is not None:
                seen += range(strip.first, strip.last)
                assert span.rows.top <= strip.top and strip.bottom <= span.rows.bottom
                assert all(
                    strip.top <= grid.patch_top(r) <= strip.bottom - grid.size for r in range(strip.first, strip.last)
                )
        assert len(seen) == len(set(seen)) and set(np.flatnonzero(wanted.any(axis=1))) <= set(seen)


def test_resampling() -> None:
    ramp = np.arange(240, dtype=np.uint16)[None, None, :].repeat(240, axis=1)
    smaller = resampled({"B02": ramp}, 120)["B02"]
    assert smaller.shape == (1, 120, 120) and np.abs(smaller[0, 0] - (np.arange(120) * 2 + 0.5)).max() <= 0.5
    larger = resampled({"B02": ramp[:, :60, :60], "B05": ramp[:, :30, :30]}, 120)
    assert larger["B02"].shape == (1, 120, 120) and larger["B05"].shape == (1, 60, 60)
    assert (np.diff(larger["B02"][0, 0].astype(int)) >= 0).all() and larger["B02"].max() == 59
    same = resampled({"B02": ramp[:, :120, :120]}, 120)["B02"]
    assert (same == ramp[:, :120, :120]).all()


def test_20_m_pixels_leave_no_steps() -> None:
    fine = _finer(np.arange(6, dtype=np.float32)[None].repeat(5, axis=0), 11, 13)
    assert fine.shape == (11, 13)
    assert np.allclose(np.diff(fine[3, 1:11]), 0.5)


# -- the whole segmentation ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thailand(ben_data: Path) -> Scene:
    return open_scene([str(ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23")])


def scaling_of(scene: Scene) -> Scaling:
    histogram = Histogram(segment_bands(scene))
    for name in segment_bands(scene):
        with BandReader(scene.bands[name]) as reader:
            histogram.add(name, reader.read_rows(0, scene.bands[name].height))
    return Scaling(histogram.ranges())


def labels_of(scene: Scene, folder: Path, least: int = 50, **options: Any) -> tuple[np.ndarray, Segments]:
    folder.mkdir()
    found = segmented(scene, scaling_of(scene), None, folder, least=least, **options)
    with found.labels:
        return found.labels.read(0, scene.grid.height).copy(), found


@pytest.fixture
def made(write_tif: Any, tmp_path: Path) -> Scene:
    """400 x 300 px of fields in noise, with a corner and a disk that hold no data."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:300, :400]
    fields = rng.integers(400, 3000, (8, 10))[(y // 37 % 8), (x // 41 % 10)]
    empty = (x + y < 90) | ((x - 250) ** 2 + (y - 150) ** 2 < 900)
    for band, factor in (("B02", 1.0), ("B04", 0.7), ("B08", 1.3)):
        dn = fields * factor + rng.normal(0, 60, fields.shape)
        write_tif(f"scene/{band}.tif", np.where(empty, 0, dn).astype(np.uint16), nodata=0)
    return open_scene([str(tmp_path / "scene")])


@pytest.mark.parametrize(("tile", "blocks"), [(48, (1, 2, 3, 9)), (120, (1, 5))])
def test_neither_block_nor_threads_change_a_label(
    made: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tile: int, blocks: tuple[int, ...]
) -> None:
    monkeypatch.setattr(segmentation, "TILE", tile)
    first: tuple[np.ndarray, Segments] | None = None
    for block in blocks:
        found = labels_of(made, tmp_path / str(block), block=block, threads=block)
        first = first or found
        assert np.array_equal(found[0], first[0])
        for name in ("size", "mean"):
            assert np.array_equal(getattr(found[1], name), getattr(first[1], name))
        assert all(np.array_equal(a, b) for a, b in zip(found[1].levels, first[1].levels, strict=True))


def test_segments_partition_what_is_usable(made: Scene, tmp_path: Path) -> None:
    labels, found = labels_of(made, tmp_path / "labels")
    with BandReader(made.bands["B02"]) as reader:
        assert ((labels > 0) == (reader.read_rows(0, 300) > 0)).all()
    assert connected(labels.astype(np.int64)).max() == len(found) == labels.max()
    assert (np.bincount(labels.ravel(), minlength=len(found) + 1)[1:] == found.size).all()
    assert found.size.min() >= 50
    for finer, coarser in zip((np.arange(len(found)), *found.levels), found.levels, strict=False):
        assert len(np.unique(np.stack([finer, coarser]), axis=1).T) == len(np.unique(finer)), "levels are not nested"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_no_pixel_is_lost_in_tatters(write_tif: Any, tmp_path: Path, share: float) -> None:
    """Data in single pixels, which touch no other: all of them are segments, whatever tile they are in."""
    rng = np.random.default_rng(8)
    there = rng.random((130, 140)) < share
    write_tif("scene/B02.tif", np.where(there, rng.integers(1, 4000, there.shape), 0).astype(np.uint16), nodata=0)
    labels, found = labels_of(open_scene([str(tmp_path / "scene")]), tmp_path / "labels", least=20)
    assert ((labels > 0) == there).all()
    assert connected(labels.astype(np.int64)).max() == len(found) == labels.max()


def test_borders_do_not_prefer_tiles(thailand: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On real pixels: tiles of 240 px draw the borders of one tile that holds the scene, also where tiles meet."""
    drawn = {}
    for tile in (240, 1080):
        monkeypatch.setattr(segmentation, "TILE", tile)
        labels, _ = labels_of(thailand, tmp_path / str(tile), threads=2)
        drawn[tile] = labels[:, 1:] != labels[:, :-1], labels[1:] != labels[:-1]
    for tiled, whole, axis in zip(drawn[240], drawn[1080], (0, 1), strict=True):
        at = [239, 479, 719, 959]
        density, everywhere = np.take(tiled, at, axis=1 - axis).mean(), tiled.mean()
        unbroken = np.take(whole, at, axis=1 - axis).mean()
        assert density < 1.1 * max(unbroken, everywhere), (density, unbroken, everywhere)
        assert (tiled == whole).mean() > 0.99


# -- names --------------------------------------------------------------------------------------------------------


class Drawn(LabelFile):
    """Labels in memory."""

    array: ClassVar[np.ndarray]

    def __init__(self, array: np.ndarray) -> None:
        self.height, self.width = array.shape
        self.rows = array

    def read(self, top: int, bottom: int) -> np.ndarray:
        return self.rows[top:bottom]


@pytest.fixture
def pond() -> tuple[Segments, Votes]:
    """A pond of 20 px in fields; every window that touches it sees water, all windows see fields."""
    labels = np.ones((240, 240), np.uint32)
    labels[:, 120:], labels[100:120, 100:120] = 2, 3
    segments = Segments(
        Drawn(labels), np.bincount(labels.ravel())[1:], np.array([[0.6, 0.5], [0.62, 0.5], [0.05, 0.02]]), ()
    )
    votes = Votes(Grid(240, 240, 30, 60, 2), 2)
    rows, cols = (a.ravel() for a in np.mgrid[:8, :8])
    wet = np.array(
        [(labels[t : t + 60, s : s + 60] == 3).any() for t, s in zip(votes.tops[rows], votes.lefts[cols], strict=True)]
    )
    votes.add(rows, cols, np.stack([np.where(wet, 0.8, 0.9), np.where(wet, 0.75, 0.02)], axis=1))
    return segments, votes


def test_colours_find_the_pond_that_a_mean_drowns(pond: tuple[Segments, Votes]) -> None:
    segments, votes = pond
    p = means_of(segments, combined([votes], (1.0,)))
    plain = verdicts(p, None, ("field", "water"), (0.3, 0.3))
    assert plain.first.tolist() == [0, 0, 0] and plain.second.tolist() == [1, 1, 1]
    found = verdicts(p, strengths_of(segments, [votes]).weights(), ("field", "water"), (0.3, 0.3))
    assert found.first.tolist() == [0, 0, 1]
    assert found.sure.all() and found.share[2] > 0.9
    strict = verdicts(p, strengths_of(segments, [votes]).weights(), ("field", "water"), (0.3, 0.95))
    assert strict.sure.tolist() == [True, True, False]


def test_classes_without_training_and_places_without_windows_get_no_name(pond: tuple[Segments, Votes]) -> None:
    segments, votes = pond
    votes.p[:, 3:] = NOT_MAPPED
    p = means_of(segments, combined([votes], (1.0,)))
    found = verdicts(p, None, ("field", "water"), (0.3, 0.3), ("field",))
    assert found.first.tolist() == [1, -1, 1]
    assert np.isnan(found.p[1]).all() and np.isnan(found.share[1]) and not found.sure[1]


def test_without_weighted_evidence_the_mean_decides_and_nothing_is_no_class() -> None:
    p = np.array([[0.0, 0.2, 0.6], [0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
    weights = np.array([[1.0, 0.0, 0.0]] * 3)
    found = verdicts(p, weights, ("a", "b", "c"), (0.5, 0.5, 0.5))
    assert found.first.tolist() == [2, -1, 0] and found.second.tolist() == [1, -1, -1]
    assert found.share[0] == 0.75 and np.isnan(found.share[1]) and found.share[2] == 1
    assert found.sure.tolist() == [True, False, False]
    assert verdicts(np.array([[0.7]]), None, ("a",), (0.5,)).second.tolist() == [-1]


def test_kinds_follow_colour_not_order() -> None:
    rng = np.random.default_rng(1)
    mean = np.concatenate([rng.normal(c, 0.01, (30, 3)) for c in (0.1, 0.5, 0.9)])
    size = rng.integers(1, 100, 90)
    kind = kinds_of(mean, size, 3)
    assert [len(set(kind[i : i + 30].tolist())) for i in (0, 30, 60)] == [1, 1, 1] and len(set(kind.tolist())) == 3
    assert kinds_of(np.full((5, 2), 0.5), np.ones(5, np.int64)).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"scales": ()}, "--scales"),
        ({"scales": (61, 120)}, "61"),
        ({"scales": (60, 60)}, "twice"),
        ({"stride": 90}, "--dense-stride 90"),
        ({"stride": 0}, "--dense-stride 0"),
        ({"min_area": -1.0}, "--min-area"),
        ({"min_area": float("nan")}, "--min-area"),
        ({"vote": "dice"}, "--vote"),
        ({"weights": (1.0,)}, "3 numbers"),
    ],
)
def test_nonsense_is_refused_in_words(options: dict[str, Any], words: str) -> None:
    with pytest.raises(JobError, match=words):
        RegionOptions(**options)


def test_scales_are_read() -> None:
    assert parse_scales("60, 120") == (60, 120)
    with pytest.raises(JobError, match="60,120,240"):
        parse_scales("60;120")
    assert RegionOptions().least > CELL**2
