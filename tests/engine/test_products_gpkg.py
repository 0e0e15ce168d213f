"""The GeoPackage, read by SQLite, GDAL's own tools and its validator."""

import dataclasses
import json
import shutil
import sqlite3
import subprocess
from xml.etree import ElementTree as ET

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from ben_core.nomenclature import CLASSES, CLC_LEVEL_1, ORDER_ALPHABETICAL
from ben_core.products.areas import dissolve
from ben_core.products.legend import COLUMNS
from ben_core.products.types import MAPPED, NODATA, NOT_MAPPED, OUTSIDE, STATUS_NAMES
from ben_core.products.vectors import write_package
from ben_core.products.view import view
from ben_core.scene.types import PixelGrid


@pytest.fixture(scope="module")
def patches(written):
    return pyogrio.read_dataframe(written[2]["gpkg"], layer="patches")


def rows(path, query):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(query).fetchall()


def test_sqlite_finds_it_sound(written):
    gpkg = written[2]["gpkg"]
    assert rows(gpkg, "PRAGMA integrity_check") == [("ok",)]
    assert rows(gpkg, "PRAGMA user_version") == [(10300,)]
    for layer in ("patches", "areas"):
        n = rows(gpkg, f"SELECT count(*) FROM {layer}")
        assert rows(gpkg, f"SELECT count(*) FROM rtree_{layer}_geom") == n
        assert rows(gpkg, f"SELECT feature_count FROM gpkg_ogr_contents WHERE table_name = '{layer}'") == n


def test_gdals_validator_accepts_it(written):
    python = "/usr/bin/python3"
    module = "osgeo_utils.samples.validate_gpkg"
    if not shutil.which(python) or subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode:
        pytest.skip("GDAL's validate_gpkg is not installed (Debian: python3-gdal)")
    run = subprocess.run([python, "-m", module, str(written[2]["gpkg"])], capture_output=True, text=True)
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_gdals_command_reads_it(written):
    if not shutil.which("ogrinfo"):
        pytest.skip("ogrinfo is not installed (Debian: gdal-bin)")
    run = subprocess.run(["ogrinfo", "-so", "-al", str(written[2]["gpkg"])], capture_output=True, text=True, check=True)
    assert "Warning" not in run.stderr, run.stderr
    for layer in ("patches", "areas", "classes", "fields", "run", "layer_styles"):
        assert f"Layer name: {layer}\n" in run.stdout


def test_each_cell_of_the_area_stands_in_its_place(written, patches):
    answers, record, _ = written
    row, col = np.nonzero(answers.status != OUTSIDE)
    np.testing.assert_array_equal(patches["row"], row)
    np.testing.assert_array_equal(patches["col"], col)
    scene, found = record.scene.grid, shapely.bounds(patches.geometry.values)
    for (left, bottom, right, top), r, c in zip(found, row.tolist(), col.tolist(), strict=True):
        cell = record.grid.cell(r, c)
        want = (scene.left + 10 * cell.col, scene.top - 10 * (cell.row + cell.height))
        want += (want[0] + 10 * cell.width, scene.top - 10 * cell.row)
        assert (left, bottom, right, top) == pytest.approx(want, abs=0.01)
    assert shapely.is_ccw(shapely.get_exterior_ring(patches.geometry.values)).all()
    assert shapely.is_valid(patches.geometry.values).all()


def test_cells_lie_on_their_pixels(written, patches):
    """The raster, asked by coordinates, gives the class that the cell names."""
    points = shapely.centroid(patches.geometry.values)
    with rasterio.open(written[2]["classes"]) as src:
        code = np.array([v[0] for v in src.sample(np.c_[shapely.get_x(points), shapely.get_y(points)])])
    names = np.array(["", *ORDER_ALPHABETICAL])[code]
    np.testing.assert_array_equal(names, patches["top_class"].fillna(""))


def test_values_of_the_cells(written, patches):
    answers = written[0]
    keep = answers.status != OUTSIDE
    mapped = (answers.status == MAPPED)[keep]
    np.testing.assert_array_equal(patches["status"], np.array(STATUS_NAMES)[answers.status[keep]])
    for i, name in enumerate(answers.classes):
        column = patches[COLUMNS[name]]
        np.testing.assert_array_equal(column.isna(), ~mapped)
        np.testing.assert_array_equal(np.rint(column[mapped] * 10000), answers.p[..., i][keep][mapped])
    best = patches.loc[mapped, [COLUMNS[n] for n in ORDER_ALPHABETICAL]].max(axis=1)
    np.testing.assert_array_equal(patches.loc[mapped, "top_p"], best)
    assert (
        patches.loc[~mapped, ["labels", "n_labels", "top_class", "top_p", "top_group", "entropy"]].isna().all(axis=None)
    )
    np.testing.assert_array_equal(patches["cloud"], answers.cloud[keep] / 100)
    assert set(patches["top_group"].dropna()) <= set(CLC_LEVEL_1.groups)
    assert patches.loc[mapped, "entropy"].between(0, 1).all()


def test_labels_are_those_of_the_raster(written, patches):
    with rasterio.open(written[2]["labels"]) as src:
        mask = src.read(1)
    mapped = patches[patches["status"] == "mapped"]
    assert (mapped["n_labels"] == 0).any()
    for r, c, n, text in mapped[["row", "col", "n_labels", "labels"]].itertuples(index=False):
        names = text.split(" | ") if text else []
        assert len(names) == n
        assert sum(1 << ORDER_ALPHABETICAL.index(name) for name in names) == mask[r, c]


def test_ben_index_is_the_patch_of_bigearthnet(make_run, tmp_path):
    """On a whole tile: 91 x 91 patches bear BigEarthNet's index (column_row), the moved ones of the edge none."""
    write_package(view(*make_run(10980, 10980, skipped=False)), tmp_path / "tile.gpkg")
    df = pyogrio.read_dataframe(tmp_path / "tile.gpkg", layer="patches", columns=["row", "col", "ben_index"])
    inner = (df["row"] < 91) & (df["col"] < 91)
    assert inner.sum() == 91 * 91
    assert df.loc[~inner, "ben_index"].isna().all()
    assert (
        df.loc[inner, "ben_index"]
        == [f"{c:02d}_{r:02d}" for r, c in df.loc[inner, ["row", "col"]].itertuples(index=False)]
    ).all()


def test_ben_index_is_that_of_real_patches(ben_data, make_run, tmp_path):
    """BigEarthNet's own corners of its patches of tile 33UUP, from their metadata."""
    write_package(view(*make_run(10980, 10980, skipped=False)), tmp_path / "tile.gpkg")
    df = pyogrio.read_dataframe(tmp_path / "tile.gpkg", layer="patches", columns=["ben_index"]).set_index("ben_index")
    found = sorted((ben_data / "bigearthnet" / "v1" / "BigEarthNet-S1-v1.0").glob("*_33UUP_*/*_labels_metadata.json"))
    assert found
    for file in found:
        col, row = file.parent.name.split("_")[-2:]
        corner = json.loads(file.read_text())["coordinates"]
        cell = df.loc[f"{int(col):02d}_{int(row):02d}"].geometry
        assert cell.bounds == (corner["ulx"], corner["lly"], corner["lrx"], corner["uly"])


@pytest.mark.parametrize("changes", [{"tile": None}, {"stride": 60}])
def test_no_ben_index_elsewhere(make_run, tmp_path, changes):
    write_package(view(*make_run(2400, 1200, **changes)), tmp_path / "m.gpkg")
    assert rows(tmp_path / "m.gpkg", "SELECT count(*), count(ben_index) FROM patches")[0][1] == 0


def test_clouds_are_null_where_none_were_looked_for(make_run, tmp_path):
    answers, record = make_run(1200, 1200, skipped=False)
    record = dataclasses.replace(record, scene=dataclasses.replace(record.scene, mask=None))
    write_package(view(answers, record), tmp_path / "m.gpkg")
    assert rows(tmp_path / "m.gpkg", "SELECT count(valid), count(cloud), count(snow) FROM patches") == [(100, 0, 0)]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(120, 900),
    st.integers(120, 900),
    st.sampled_from([30, 60, 120]),
    st.randoms(use_true_random=False),
    st.integers(1, 3),
)
def test_areas_cover_the_mapped_cells_once(make_run, width, height, stride, random, classes):
    """Areas are valid, do not overlap, and add up to the clipped mapped cells, class by class and to the metre."""
    answers, record = make_run(width, height, stride, skipped=False)
    grid = record.grid
    answers.p[:] = 0
    for r, c in np.ndindex(grid.rows, grid.cols):
        answers.p[r, c, random.randrange(classes)] = 9000
        if random.random() < 0.2:
            answers.p[r, c], answers.status[r, c] = NOT_MAPPED, NODATA
    seen = view(answers, record)
    areas = dissolve(seen, seen.top)
    shapes = shapely.from_wkb(areas.wkb)
    assert shapely.is_valid(shapes).all()
    assert areas.m2.sum() == seen.area_m2[seen.mapped].sum()
    assert areas.cells.sum() == seen.mapped.sum()
    np.testing.assert_allclose(shapely.area(shapes), areas.m2, rtol=1e-12)
    for code in np.unique(areas.codes):
        of = areas.codes == code
        assert areas.m2[of].sum() == seen.area_m2[seen.top == code].sum()
        assert areas.cells[of].sum() == (seen.top == code).sum()
    if len(shapes):
        assert shapely.area(shapely.union_all(shapes)) == pytest.approx(areas.m2.sum(), rel=1e-12)
        left, bottom, right, top = shapely.total_bounds(shapes)
        scene = record.scene.grid.bounds
        assert left >= scene[0] and bottom >= scene[1] and right <= scene[2] and top <= scene[3]


def test_areas_of_one_class_never_share_an_edge(written):
    areas = pyogrio.read_dataframe(written[2]["gpkg"], layer="areas")
    for _, group in areas.groupby("class"):
        tree = shapely.STRtree(group.geometry.values)
        a, b = tree.query(group.geometry.values, predicate="touches")
        touching = shapely.intersection(group.geometry.values[a], group.geometry.values[b])
        assert (shapely.length(touching) == 0).all()


def test_tables_explain_the_layers(written, patches):
    answers, record, files = written
    classes = pyogrio.read_dataframe(files["gpkg"], layer="classes")
    assert list(classes["name"]) == list(ORDER_ALPHABETICAL)
    assert list(classes["code"]) == list(range(1, 20))
    assert list(classes["colour"]) == [CLASSES[n].colour for n in ORDER_ALPHABETICAL]
    assert list(classes["clc_codes"][1:2]) == ["211 212 213"]
    limits = dict(zip(answers.classes, record.thresholds, strict=True))
    assert list(classes["threshold"]) == [limits[n] for n in ORDER_ALPHABETICAL]
    assert list(classes.loc[~classes["trained"], "name"]) == ["Coastal wetlands"]
    assert set(classes["column_name"]) <= set(patches.columns)
    fields = pyogrio.read_dataframe(files["gpkg"], layer="fields")
    assert list(fields.loc[fields["layer"] == "patches", "field"]) == [c for c in patches.columns if c != "geometry"]
    run = pyogrio.read_dataframe(files["gpkg"], layer="run")
    assert dict(zip(run["key"], run["value"], strict=True)) == record.provenance


def test_a_class_that_the_model_lacks_stands_in_the_table_only(make_run, tmp_path):
    answers, record = make_run(1200, 1200)
    names = answers.classes[:4]
    answers = dataclasses.replace(answers, p=answers.p[..., :4], classes=names)
    record = dataclasses.replace(record, thresholds=record.thresholds[:4])
    write_package(view(answers, record), tmp_path / "m.gpkg")
    df = pyogrio.read_dataframe(tmp_path / "m.gpkg", layer="patches")
    assert {c for c in df.columns if c.startswith("p_")} == {COLUMNS[n] for n in names}
    found = rows(tmp_path / "m.gpkg", "SELECT name FROM classes WHERE threshold IS NOT NULL AND column_name NOT NULL")
    assert {n for (n,) in found} == set(names)
    assert rows(tmp_path / "m.gpkg", "SELECT count(*) FROM classes") == [(19,)]


@pytest.mark.parametrize("layer", ["patches", "areas"])
def test_styles_name_every_value_of_their_layer(written, layer):
    gpkg = written[2]["gpkg"]
    styles = rows(gpkg, f"SELECT styleQML, useAsDefault FROM layer_styles WHERE f_table_name = '{layer}'")
    assert len(styles) == 1 and styles[0][1] == 1
    root = ET.fromstring(styles[0][0])
    renderer = root.find("renderer-v2")
    assert renderer.get("type") == "categorizedSymbol"
    symbols = {s.get("name") for s in renderer.find("symbols")}
    values = set()
    for category in renderer.find("categories"):
        values.add(category.get("value"))
        assert category.get("symbol") in symbols
    # The expression is plain SQL as well: SQLite stands in for QGIS.
    drawn = {v for (v,) in rows(gpkg, f"SELECT DISTINCT {renderer.get('attr')} FROM {layer}")}
    assert drawn <= values
    if layer == "patches":
        assert {"(no label)", "(no data)", "(cloud)", "(snow)"} <= drawn


def test_nothing_mapped_is_a_package_still(make_run, tmp_path):
    answers, record = make_run(1200, 1200)
    answers.p[:], answers.status[:] = NOT_MAPPED, NODATA
    write_package(view(answers, record), tmp_path / "m.gpkg")
    assert rows(tmp_path / "m.gpkg", "SELECT count(*), count(top_p) FROM patches") == [(100, 0)]
    assert rows(tmp_path / "m.gpkg", "SELECT count(*) FROM areas") == [(0,)]


def test_southern_hemisphere_and_odd_corners(make_run, tmp_path):
    answers, record = make_run(1250, 1230)
    grid = PixelGrid("EPSG:32755", 600_005.0, 6_300_015.0, 1250, 1230)
    record = dataclasses.replace(record, scene=dataclasses.replace(record.scene, grid=grid))
    write_package(view(answers, record), tmp_path / "m.gpkg")
    info = pyogrio.read_info(tmp_path / "m.gpkg", layer="patches", force_total_bounds=True)
    assert info["crs"] == "EPSG:32755"
    assert info["total_bounds"] == pytest.approx((600_005, 6_300_015 - 12_300, 600_005 + 12_500, 6_300_015))
