"""Statistics in zones, against counting by hand."""

import csv
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyogrio import raw
from rasterio.warp import transform

from ben_core.errors import DataError, JobError, OutputError
from ben_core.events import read
from ben_core.products.legend import COLUMNS
from ben_core.products.vectors import write_package
from ben_core.products.view import view
from ben_core.zones import zone_statistics
from ben_core.zones.cells import read_cells


def write_zones(path: Path, shapes: list[Any], crs: str | None = "EPSG:32633", **fields: list[Any]) -> Path:
    columns = [np.array(v) for v in fields.values()]
    raw.write(
        str(path), shapely.to_wkb(np.array(shapes)), columns, list(fields), driver="GPKG", crs=crs, geometry_type="Unknown"
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def gpkg(make_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """31 x 30 cells of 1200 m from (300000, 5400000) down; the last column is half a cell wide."""
    path = tmp_path_factory.mktemp("zones") / "m.gpkg"
    write_package(view(*make_run()), path)
    return path


def by_hand(gpkg: Path, zone: shapely.Geometry, weight: str) -> tuple[float, dict[str, float], dict[str, float]]:
    """(cells, share by class, mean p by class), one cell at a time."""
    patches = pyogrio.read_dataframe(gpkg, layer="patches")
    total, present, p = 0.0, dict.fromkeys(COLUMNS, 0.0), dict.fromkeys(COLUMNS, 0.0)
    for cell in patches[patches["status"] == "mapped"].itertuples():
        w = cell.geometry.intersection(zone).area / cell.geometry.area
        if weight == "centre":
            w = float(zone.intersects(cell.geometry.centroid))
        total += w
        for name, column in COLUMNS.items():
            present[name] += w * (name in cell.labels.split(" | "))
            p[name] += w * getattr(cell, column)
    return total, {n: v / total for n, v in present.items()}, {n: v / total for n, v in p.items()}


@pytest.mark.parametrize("weight", ["centre", "area"])
def test_each_figure_is_the_one_counted_by_hand(gpkg: Path, tmp_path: Path, weight: str) -> None:
    triangle = shapely.Polygon([(303_100, 5_396_000), (330_000, 5_397_000), (315_000, 5_370_000)])
    holes = shapely.box(310_000, 5_365_000, 339_000, 5_399_000).difference(
        shapely.Point(322_000, 5_384_000).buffer(7000)
    )
    zones = write_zones(tmp_path / "z.gpkg", [triangle, holes], **{"class": ["a", "b"]})
    result = zone_statistics(gpkg, zones, tmp_path / "out.csv", id_field="class", weight=weight)
    assert result.statistics.not_mapped.sum() > 0
    with (tmp_path / "out.csv").open() as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == 2 * 19
    for name, shape in (("a", triangle), ("b", holes)):
        cells, share, p = by_hand(gpkg, shape, weight)
        for row in (r for r in rows if r["zone"] == name):
            assert float(row["cells"]) == pytest.approx(cells, rel=1e-5)
            assert float(row["share"]) == pytest.approx(share[row["class"]], abs=2e-6)
            assert float(row["mean_p"]) == pytest.approx(p[row["class"]], abs=2e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 999), st.sampled_from(["centre", "area"]))
def test_zones_that_tile_the_map_count_every_cell_once(
    gpkg: Path, tmp_path_factory: pytest.TempPathFactory, nx: int, ny: int, shift: int, weight: str
) -> None:
    x = 300_000 - 500 + np.linspace(0, 38_000, nx + 1) + shift / 3 + 0.123  # no centre lies on a border
    y = 5_400_000 + 500 - np.linspace(0, 38_000, ny + 1) - shift / 7 - 0.01
    x[0], y[0] = 299_000, 5_401_000
    tiles = [shapely.box(x[i], y[j + 1], x[i + 1], y[j]) for i in range(nx) for j in range(ny)]
    folder = tmp_path_factory.mktemp("tiles")
    found = zone_statistics(gpkg, write_zones(folder / "z.gpkg", tiles), folder / "o.csv", weight=weight).statistics
    cells = read_cells(gpkg)
    assert found.cells.sum() == pytest.approx(cells.mapped.sum())
    assert found.not_mapped.sum() == pytest.approx((~cells.mapped).sum())
    assert found.present.sum(axis=0) == pytest.approx(cells.present.sum(axis=0))
    held = found.cells > 0
    assert (np.nan_to_num(found.mean_p) * found.cells[:, None]).sum(axis=0) == pytest.approx(np.nansum(cells.p, axis=0))
    assert ((found.share[held] >= 0) & (found.share[held] <= 1 + 1e-9)).all() and np.isnan(found.share[~held]).all()


def test_a_centre_on_the_border_of_two_zones_counts_in_both(gpkg: Path, tmp_path: Path) -> None:
    north, south = (
        shapely.box(310_000, 5_381_400, 320_000, 5_390_000),
        shapely.box(310_000, 5_372_000, 320_000, 5_381_400),
    )
    found = zone_statistics(gpkg, write_zones(tmp_path / "z.gpkg", [north, south]), tmp_path / "o.csv").statistics
    both = write_zones(tmp_path / "b.gpkg", [shapely.union(north, south)])
    once = zone_statistics(gpkg, both, tmp_path / "b.csv").statistics
    assert found.cells.sum() + found.not_mapped.sum() == once.cells.sum() + once.not_mapped.sum() + 9  # one row


def test_zones_in_degrees_are_brought_to_the_map(gpkg: Path, tmp_path: Path) -> None:
    box = shapely.segmentize(shapely.box(304_000, 5_371_000, 329_000, 5_395_000), 500)
    degrees = shapely.transform(box, lambda c: np.column_stack(transform("EPSG:32633", "EPSG:4326", c[:, 0], c[:, 1])))
    world = shapely.box(-180, -80, 180, 84)
    own = zone_statistics(gpkg, write_zones(tmp_path / "m.gpkg", [box]), tmp_path / "m.csv").statistics
    far = zone_statistics(gpkg, write_zones(tmp_path / "d.gpkg", [degrees, world], "EPSG:4326"), tmp_path / "d.csv")
    assert far.statistics.cells[0] == own.cells[0] > 300
    np.testing.assert_array_equal(far.statistics.present[0], own.present[0])
    assert far.statistics.cells[1] == read_cells(gpkg).mapped.sum()
    assert far.statistics.beyond.tolist() == [False, True] and "1 of 2 zones reach beyond the map" in far.notes[0]


def test_features_of_one_id_are_one_zone(gpkg: Path, tmp_path: Path) -> None:
    left, right = (
        shapely.box(304_000, 5_380_000, 310_000, 5_390_000),
        shapely.box(309_000, 5_380_000, 320_000, 5_390_000),
    )
    other = shapely.box(325_000, 5_380_000, 330_000, 5_390_000)
    zones = write_zones(tmp_path / "z.gpkg", [left, other, right], land=["B", "A", "B"], number=[1, 2, 3])
    one = write_zones(tmp_path / "one.gpkg", [shapely.union(left, right)])
    result = zone_statistics(gpkg, zones, tmp_path / "out.gpkg", id_field="land")
    assert result.statistics.cells[0] == zone_statistics(gpkg, one, tmp_path / "o.csv").statistics.cells[0]
    layer = pyogrio.read_dataframe(tmp_path / "out.gpkg", layer="zones")
    assert list(layer["zone"]) == ["B", "A"] and layer.crs.to_epsg() == 32633
    assert layer.geometry.iloc[0].area == pytest.approx(shapely.union(left, right).area)


def test_the_geopackage_holds_polygons_and_a_row_a_zone_and_class(gpkg: Path, tmp_path: Path) -> None:
    inside, off = (
        shapely.box(304_000, 5_380_000, 310_000, 5_390_000),
        shapely.box(100_000, 5_000_000, 110_000, 5_010_000),
    )
    zones = write_zones(tmp_path / "z.gpkg", [inside, off, shapely.Point(305_000, 5_385_000), None])
    result = zone_statistics(gpkg, zones, tmp_path / "new" / "out.gpkg")
    assert any("1 of 2 zones hold no cell" in n for n in result.notes), "points and empty features are no zones"
    layer = pyogrio.read_dataframe(result.path, layer="zones")
    table = pyogrio.read_dataframe(result.path, layer="statistics")
    assert list(layer["cells"]) == [45, 0] and list(layer["beyond_map"]) == [False, True]
    assert layer.loc[0, "main_class"] in COLUMNS and layer["main_class"].isna().tolist() == [False, True]
    assert len(table) == 2 * 19 and table.loc[19:, ["share", "mean_p"]].isna().all(axis=None)
    first = table[table["zone"] == table["zone"].iloc[0]].set_index("class")
    for name, column in COLUMNS.items():
        assert layer.loc[0, column] == first.loc[name, "mean_p"]
        assert layer.loc[0, column.replace("p_", "share_", 1)] == first.loc[name, "share"]
    with sqlite3.connect(result.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert [p.name for p in result.path.parent.iterdir()] == ["out.gpkg"], "a draft was left behind"


def test_a_polygon_smaller_than_a_cell_counts_by_area_only(gpkg: Path, tmp_path: Path) -> None:
    zones = write_zones(tmp_path / "z.gpkg", [shapely.box(320_410, 5_384_410, 320_510, 5_384_510)])
    centre = zone_statistics(gpkg, zones, tmp_path / "a.csv")
    area = zone_statistics(gpkg, zones, tmp_path / "b.csv", weight="area")
    assert centre.statistics.cells[0] == 0 and "--weight area" in centre.notes[0]
    assert area.statistics.cells[0] == pytest.approx(1 / 144) and not area.notes


def bad(kind: str, gpkg: Path, folder: Path) -> dict[str, Any]:
    """Arguments that cannot work."""
    box = shapely.box(304_000, 5_380_000, 310_000, 5_390_000)
    zones, out = write_zones(folder / "z.gpkg", [box, box], name=["a", None]), folder / "out.csv"
    given: dict[str, Any] = {"map_path": gpkg, "zones_path": zones, "out": out}
    (folder / "text.gpkg").write_text("no package")
    (folder / "there.csv").write_text("old")
    (folder / "empty").mkdir()
    return given | {
        "no map": {"map_path": folder / "nothing.gpkg"},
        "no package": {"map_path": folder / "text.gpkg"},
        "another package": {"map_path": zones},
        "empty folder": {"map_path": folder / "empty"},
        "no zones": {"zones_path": folder / "nothing.gpkg"},
        "broken zones": {"zones_path": folder / "text.gpkg"},
        "no polygon": {"zones_path": write_zones(folder / "p.gpkg", [shapely.Point(0, 0)])},
        "no CRS": {"zones_path": write_zones(folder / "n.gpkg", [box], None)},
        "no layer": {"layer": "nothing"},
        "no field": {"id_field": "nothing"},
        "null id": {"id_field": "name"},
        "ending": {"out": folder / "out.shp"},
        "input": {"out": zones, "overwrite": True},
        "exists": {"out": folder / "there.csv"},
        "weight": {"weight": "height"},
    }[kind]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("no map", DataError, "There is no map"),
        ("no package", DataError, "is no map"),
        ("another package", DataError, "is no map"),
        ("empty folder", DataError, "no GeoPackage"),
        ("no zones", DataError, "no file of zones"),
        ("broken zones", DataError, "cannot be read"),
        ("no polygon", DataError, "holds no polygon"),
        ("no CRS", DataError, "says no CRS"),
        ("no layer", DataError, "has no layer 'nothing'"),
        ("no field", DataError, "has no field 'nothing'"),
        ("null id", DataError, "has no value in 'name'"),
        ("ending", JobError, "neither a .gpkg nor a .csv"),
        ("input", JobError, "is a file that is read"),
        ("exists", OutputError, "exists already"),
        ("weight", JobError, "--weight"),
    ],
)
def test_what_cannot_work_is_said(gpkg: Path, tmp_path: Path, kind: str, error: type, words: str) -> None:
    with pytest.raises(error, match=words):
        zone_statistics(**bad(kind, gpkg, tmp_path))
    assert (tmp_path / "there.csv").read_text() == "old" and not (tmp_path / "out.csv").exists()


def test_the_command(gpkg: Path, tmp_path: Path) -> None:
    zones = write_zones(tmp_path / "z.gpkg", [shapely.box(304_000, 5_380_000, 310_000, 5_390_000)])

    def ben(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ben_core", "zones", gpkg, "--zones", zones, "--out", tmp_path / "a.csv", *options],
            capture_output=True, text=True, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    first = ben("--events", "jsonl")
    assert [e["type"] for e in map(read, first.stdout.splitlines()) if e] == ["step", "output", "done"], first.stderr
    again = ben()
    assert again.returncode == 2 and "--overwrite" in again.stderr
    assert json.loads(ben("--overwrite", "--json").stdout)["cells"] == 45
    assert "45 mapped cells in 1 zone:" in ben("--overwrite").stdout
