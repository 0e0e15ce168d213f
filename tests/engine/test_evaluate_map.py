"""``ben evaluate --map``: made maps against references with a known truth, and what must be refused."""

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import DataError, JobError
from ben_core.learn.evaluate.evaluation import Evaluation
from ben_core.learn.evaluate.finished_map import evaluate_map, read_map
from ben_core.learn.evaluate.report import render
from ben_core.nomenclature import CLASSES
from ben_core.products import write_products

from .html_page import Page


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
