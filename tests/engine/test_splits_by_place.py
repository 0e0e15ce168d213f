"""Splits keep places apart, whatever the dates, tiles and UTM zones of the patches."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import transform
from shapely.geometry import Polygon

from ben_core.errors import DataError
from ben_core.events import Recorder
from ben_core.learn.data import find_leaks, official_splits, refuse_leaks, split_by_place, with_splits
from ben_core.learn.data.neighbours import pairs_within
from ben_core.learn.data.table import read_table
from ben_core.learn.types import SPLITS, Place, Record
from ben_core.nomenclature import ORDER_ALPHABETICAL

CLASSES = ORDER_ALPHABETICAL
# Where zones 33 and 34 meet at 60 degrees north: both describe the same ground.
WEST, EAST = ("EPSG:32633", 660_000.0, 6_655_000.0), ("EPSG:32634", 327_000.0, 6_659_000.0)


def grid(rows: int, columns: int, crs: str = "EPSG:32633", left: float = 300_000.0, top: float = 5_400_000.0, dates: int = 1) -> list[Record]:  # fmt: skip
    rng = np.random.default_rng(0)
    return [
        Record(
            f"{crs[-2:]}_{date}_{x:02}_{y:02}",
            tuple(CLASSES[i] for i in sorted(set(rng.integers(0, 6, 3).tolist()))),
            place=Place(crs, left + 1200 * x, top - 1200 * y),
            acquired=f"2017-06-{date + 1:02}T00:00:00Z",
        )
        for date in range(dates)
        for x in range(columns)
        for y in range(rows)
    ]


def squares(where: list[Place]) -> list[Polygon]:
    """Footprints on the ground: in a projection around the middle of the few kilometres that WEST and EAST span."""
    shapes: dict[Place, Polygon] = {}
    for crs in {p.crs for p in where}:
        of = [p for p in where if p.crs == crs]
        x = [v for p in of for v in (p.left, p.left + p.side, p.left + p.side, p.left)]
        y = [v for p in of for v in (p.top, p.top, p.top - p.side, p.top - p.side)]
        corners = list(zip(*transform(crs, "+proj=aeqd +lat_0=60 +lon_0=17.99 +ellps=WGS84", x, y)[:2], strict=True))
        shapes |= {p: Polygon(corners[4 * i : 4 * i + 4]) for i, p in enumerate(of)}
    return [shapes[p] for p in where]


places = st.builds(
    lambda zone, x, y, dx, side: Place(zone[0], zone[1] + 400.0 * x + dx, zone[2] - 400.0 * y, side),
    st.sampled_from([WEST, EAST]),
    st.integers(0, 60),
    st.integers(0, 60),
    st.sampled_from([0.0, 5.0]),
    st.sampled_from([1200.0, 640.0]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(places, min_size=60, max_size=90, unique=True), st.integers(0, 5))
def test_no_two_splits_are_neighbours(where: list[Place], seed: int) -> None:
    records = [Record(f"p{i:03}", (CLASSES[i % 5],), place=p) for i, p in enumerate(where)]
    try:
        split = split_by_place(records, seed=seed, gap=800.0)
    except DataError as e:
        assert "too close together" in e.message
        return
    assert {r.split for r in split} >= set(SPLITS) and len(split) == len(records)
    assert not find_leaks(split)
    apart = [r for r in split if r.split]
    shapes = squares([r.place for r in apart if r.place])
    for i, a in enumerate(apart):
        for j in range(i + 1, len(apart)):
            if a.split != apart[j].split:  # UTM stretches lengths by up to 0.1 %
                assert shapes[i].distance(shapes[j]) > 0.998 * 800, (a, apart[j])


@settings(max_examples=40, deadline=None)
@given(st.lists(places, min_size=2, max_size=12, unique=True))
def test_overlaps_are_those_of_polygons(where: list[Place]) -> None:
    found = {tuple(sorted(p)) for p in pairs_within(where, -10.0).tolist()}
    shapes = squares(where)
    for i, a in enumerate(where):
        for j in range(i + 1, len(where)):
            b = where[j]
            if a.crs == b.crs:
                width = min(a.left + a.side, b.left + b.side) - max(a.left, b.left)
                height = min(a.top, b.top) - max(a.top - a.side, b.top - b.side)
                assert ((i, j) in found) == (min(width, height) > 10)
            elif shapes[i].intersection(shapes[j]).area > 300**2:
                assert (i, j) in found
            elif shapes[i].distance(shapes[j]) > 60:
                assert (i, j) not in found


def test_the_same_place_at_two_dates_is_a_leak() -> None:
    a, b, c = (Record(n, split=s, place=Place("EPSG:32633", 300_000.0 + x, 0.0)) for n, s, x in
               (("a", "train", 0), ("b", "test", 0), ("c", "validation", 1200)))  # fmt: skip
    assert [str(leak) for leak in find_leaks([a, b, c])] == ["a (train) and b (test)"]
    with pytest.raises(DataError, match=r"1 places stand in two splits: a \(train\) and b \(test\)"):
        refuse_leaks([a, b, c])
    refuse_leaks([a, c])  # side by side is allowed
    d = Record("d", split="test", place=Place("EPSG:32633", 300_600.0, 0.0))
    assert [leak.other.id for leak in find_leaks([a, c, d])] == ["d", "d"]
    assert not find_leaks([a, Record("e", place=a.place), Record("f", split="test")]), "no split, no place: no leak"


def test_a_place_in_two_zones_is_a_leak() -> None:
    x, y = transform(WEST[0], EAST[0], [WEST[1]], [WEST[2]])[:2]
    a = Record("a", split="train", place=Place(*WEST))
    assert find_leaks([a, Record("b", split="test", place=Place(EAST[0], x[0] + 300, y[0] - 300))])
    assert not find_leaks([a, Record("b", split="test", place=Place(EAST[0], x[0] + 1700, y[0]))])


def test_a_scene_is_split_in_shares() -> None:
    records = grid(60, 60, dates=2)
    split = split_by_place(records)
    count = Counter(r.split for r in split)
    assert count[None] < 0.25 * len(records), "the borders cost no more than they must"
    kept = len(records) - count[None]
    assert all(abs(count[s] / kept - share) < 0.06 for s, share in zip(SPLITS, (0.5, 0.25, 0.25), strict=True))
    for name in CLASSES[:6]:
        of = Counter(r.split for r in split if name in (r.labels or ()) and r.split)
        assert abs(of["train"] / sum(of.values()) - 0.5) < 0.1
    by_place = {}
    for r in split:
        assert by_place.setdefault(r.place, r.split) == r.split, "all dates of a place are in one split"


def test_it_does_not_depend_on_the_order() -> None:
    records = grid(30, 30)
    again = [records[i] for i in np.random.default_rng(1).permutation(len(records))]
    assert split_by_place(records) == split_by_place(again)
    assert split_by_place(records, seed=1) != split_by_place(records, seed=2)


def test_a_rare_class_is_spread() -> None:
    records = grid(60, 60)
    rare = {(5, 5), (5, 55), (55, 5), (55, 55), (30, 30), (5, 30)}
    records = [
        Record(r.id, (CLASSES[18],) if tuple(map(int, r.id.split("_")[2:])) in rare else (CLASSES[0],), place=r.place)
        for r in records
    ]
    split = split_by_place(records, gap=0.0)
    assert set(SPLITS) <= {r.split for r in split if r.labels == (CLASSES[18],)}


def test_what_is_lacking_is_said() -> None:
    emit = Recorder()
    records = grid(40, 40)
    records[0] = Record("only one", (CLASSES[18],), place=records[0].place)
    split_by_place(records, emit=emit)
    told = {e["code"]: e["message"] for e in emit.of("warning")}
    assert CLASSES[18] in told["class_lacking"] and "between two splits" in told["border"]


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (grid(1, 1), "too close together"),
        (grid(2, 2), "too close together"),
        ([Record("a")], "Nobody knows where patch a lies"),
        (grid(9, 9, crs="EPSG:99999"), "CRS that is none"),
    ],
)
def test_what_cannot_be_split(records: list[Record], message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_by_place(records)


# ---- official splits


def test_the_split_of_version_2_has_no_leak(ben_data: Path) -> None:
    table = ben_data / "bigearthnet" / "v2" / "metadata.parquet"
    splits = official_splits(table)
    # counts: the official metadata.parquet
    assert Counter(s for n, s in splits.items() if "_N9999_" in n) == {"train": 237_871, "validation": 122_342, "test": 119_825}  # fmt: skip
    finnish = [n for n in splits if "_T35VPK_" in n or "_T36VVQ_" in n]  # tiles of two zones
    records, _ = read_table(table, finnish)
    assert len({r.tile for r in records}) == 2 and not find_leaks(records)
    mixed = with_splits(records, {r.id: SPLITS[i % 2] for i, r in enumerate(records)})
    assert any(leak.one.tile != leak.other.tile for leak in find_leaks(mixed))
    assert splits["S2A_MSIL2A_20170613T101031_26_57"] == "test", "by the names of version 1 too"
