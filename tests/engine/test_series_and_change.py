"""One tile over time, from files: the mean, the dates, and where something changed."""

import csv

import geopandas
import numpy as np
import pytest
import rasterio

from ben_core.batch.catalogue import tile_change, tile_series
from ben_core.errors import DataError
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.products.types import NOT_MAPPED

from .made_batch import Made, make_batch, random_p

SIDE = 14
FOREST, PASTURE = (ORDER_ALPHABETICAL.index(name) for name in ("Coniferous forest", "Pastures"))
FELLED = (slice(2, 5), slice(3, 9))  # rows, columns


@pytest.fixture(scope="module")
def felled(tmp_path_factory):
    """Six dates of a tile with noise; from the fourth on forest is gone in one place."""
    rng = np.random.default_rng(0)
    land = rng.normal(-2, 1.5, (SIDE, SIDE, 19))
    land[(*FELLED, FOREST)], land[(*FELLED, PASTURE)] = 2.0, -3.0
    scenes = []
    for i in range(6):
        logit = land + rng.normal(0, 0.4, land.shape)
        if i >= 3:
            logit[(*FELLED, FOREST)] -= 5
            logit[(*FELLED, PASTURE)] += 5
        p = np.round(10_000 / (1 + np.exp(-logit))).astype(np.uint16)
        p[12, i] = NOT_MAPPED
        scenes.append(Made(f"s{i}", f"2021-0{i + 1}-10", p))
    other = Made("other", "2021-07-10", random_p(rng, 4, 4), stride=60)
    return make_batch(tmp_path_factory.mktemp("felled"), [*scenes, other]), scenes


def test_series_is_the_mean_of_the_dates(felled):
    out, scenes = felled
    made = tile_series(out, "33UUP")
    assert len(made.dates) == 6 and "1 of 7 scenes" in made.notes[0]
    stack = np.stack([np.where(s.p == NOT_MAPPED, np.nan, s.p.astype(float)) for s in scenes])
    with rasterio.open(made.files["mean"]) as src:
        assert list(src.descriptions) == list(ORDER_ALPHABETICAL) and src.scales[0] == 0.0001
        mean = np.moveaxis(src.read(), 0, 2)
    assert np.abs(mean - np.nanmean(stack, axis=0)).max() <= 0.5
    with rasterio.open(made.files["dates"]) as src:
        dates = src.read(1)
    assert (dates == (~np.isnan(stack[..., 0])).sum(axis=0)).all() and dates[12, 0] == 5
    with made.files["table"].open(encoding="utf-8", newline="") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == 6 * 19
    for row in rows[:19]:
        of = stack[0, ..., ORDER_ALPHABETICAL.index(row["class"])]
        assert float(row["mean_p"]) == pytest.approx(np.nanmean(of) / 10_000, rel=1e-4)
    assert sum(float(r["main"]) for r in rows[:19]) == float(rows[0]["cells"]) == SIDE * SIDE - 1


def test_span_chooses_the_dates(felled):
    made = tile_series(felled[0], "33UUP", "2021-02..2021-03")
    assert made.dates == ("2021-02-10", "2021-03-10")
    with pytest.raises(DataError, match="2019"):
        tile_series(felled[0], "33UUP", "2019")


def test_felled_forest_is_found_where_it_stood(felled):
    made = tile_change(felled[0], "33UUP", "2021-01..2021-03", "2021-04..2021-06")
    with rasterio.open(made.files["lost"]) as src:
        lost = src.read(1)
    with rasterio.open(made.files["gained"]) as src:
        gained = src.read(1)
    assert (lost[FELLED] == FOREST + 1).all() and (gained[FELLED] == PASTURE + 1).all()
    elsewhere = np.ones((SIDE, SIDE), bool)
    elsewhere[FELLED] = False
    assert (lost[elsewhere] > 0).mean() < 0.03
    assert made.cells == SIDE * SIDE and made.changed >= 18 and made.placebo is not None and made.placebo < 0.05
    cells = geopandas.read_file(made.files["cells"], layer="changes")
    assert len(cells) == made.changed
    here = cells[(cells["row"] == 3) & (cells["col"] == 4)].iloc[0]
    assert "Pastures" in here["gained"] and "Coniferous forest" in here["lost"] and here["q"] <= 0.05
    with rasterio.open(made.files["difference"]) as src:
        x, y = src.xy(3, 4)
        assert here.geometry.contains(geopandas.points_from_xy([x], [y])[0])
        assert src.read(FOREST + 1)[3, 4] < -5000
    with rasterio.open(made.files["q"]) as src:
        assert (src.read(FOREST + 1)[FELLED] <= 500).all()


def test_one_date_a_side_is_warned_of(felled):
    made = tile_change(felled[0], "33UUP", "2021-03", "2021-04")
    assert made.placebo is None and "One date a side" in made.notes[-1]


def test_too_few_cells_are_no_evidence(tmp_path):
    rng = np.random.default_rng(0)
    out = make_batch(tmp_path, [Made(f"s{i}", f"2021-0{i + 1}-10", random_p(rng, 3, 3)) for i in range(2)])
    with pytest.raises(DataError, match="cells have an answer before and after"):
        tile_change(out, "33UUP", "2021-01", "2021-02")
    assert not (out / "change" / "33UUP_2021_01_2021_02").exists()
