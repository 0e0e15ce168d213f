"""Areas of interest: any CRS and form, brought to the scene's cells."""

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from ben_core.errors import DataError, JobError
from ben_core.patches.cells import cells_within
from ben_core.patches.grid import Grid
from ben_core.scene import read_area
from ben_core.scene.types import PixelGrid

GRID = PixelGrid("EPSG:32633", 500_000.0, 5_000_000.0, 1100, 740)
CELLS = Grid(1100, 740)  # 10 x 7 cells, the last column and row clipped
LEFT, BOTTOM, RIGHT, TOP = GRID.bounds
INNER = shapely.box(LEFT + 1250, BOTTOM + 1000, RIGHT - 3000, TOP - 1250)


def in_degrees(geometry: shapely.Geometry) -> shapely.Geometry:
    """The same place on the ground: edges cut fine, since straight lines bend."""
    return geopandas.GeoSeries([geometry.segmentize(50)], crs=GRID.crs).to_crs(4326)[0]


# -- reading -----------------------------------------------------------------------------------------------------


def test_wkt_in_degrees_is_the_default() -> None:
    area = read_area(in_degrees(INNER).wkt, None, GRID)
    assert area.symmetric_difference(INNER).area < 1e-4 * INNER.area


def test_wkt_in_another_crs() -> None:
    assert read_area(INNER.wkt, "EPSG:32633", GRID).equals_exact(INNER.segmentize(1e9), 1e-3, normalize=True) or (
        read_area(INNER.wkt, "EPSG:32633", GRID).symmetric_difference(INNER).area < 1
    )
    far = geopandas.GeoSeries([INNER.segmentize(50)], crs=GRID.crs).to_crs(3035)[0]
    assert read_area(far.wkt, "EPSG:3035", GRID).symmetric_difference(INNER).area < 1e-4 * INNER.area


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb"])
def test_vector_files_are_united(tmp_path: Path, suffix: str) -> None:
    left, right = shapely.box(LEFT, BOTTOM, LEFT + 3000, TOP), shapely.box(LEFT + 2000, BOTTOM, RIGHT, TOP)
    frame = geopandas.GeoDataFrame({"n": [1, 2]}, geometry=[in_degrees(left), in_degrees(right)], crs=4326)
    path = tmp_path / f"a.{suffix}"
    frame.to_file(path)
    area = read_area(str(path), None, GRID)
    assert area.area == pytest.approx((RIGHT - LEFT) * (TOP - BOTTOM), rel=1e-3)


def test_long_straight_edges_in_degrees_bend_as_they_should() -> None:
    """A parallel of latitude bulges by metres between its ends in UTM."""
    wkt = "POLYGON ((15 45.1, 15.2 45.1, 15.2 45.13, 15 45.13, 15 45.1))"
    area = read_area(wkt, None, GRID)
    fine = geopandas.GeoSeries([shapely.from_wkt(wkt).segmentize(1e-4)], crs=4326).to_crs(GRID.crs)[0]
    straight = geopandas.GeoSeries([shapely.from_wkt(wkt)], crs=4326).to_crs(GRID.crs)[0]
    box = shapely.box(*GRID.bounds)
    error = area.intersection(box).symmetric_difference(fine.intersection(box)).area
    assert error < 0.05 * straight.intersection(box).symmetric_difference(fine.intersection(box)).area


def test_the_whole_world_is_the_whole_scene() -> None:
    area = read_area("POLYGON ((-180 -90, 180 -90, 180 90, -180 90, -180 -90))", None, GRID)
    assert cells_within(area, CELLS, GRID).all()


def test_bow_ties_are_mended_and_lines_left_out() -> None:
    x, y = (LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2
    tie = f"POLYGON (({x - 900} {y - 900}, {x + 900} {y + 900}, {x + 900} {y - 900}, {x - 900} {y + 900}, {x - 900} {y - 900}))"
    area = read_area(
        f"GEOMETRYCOLLECTION ({tie}, LINESTRING ({LEFT} {TOP}, {RIGHT} {BOTTOM}), POINT ({x} {y}))", GRID.crs, GRID
    )
    assert area.is_valid and area.area == pytest.approx(2 * 900 * 900)


def test_a_file_without_crs_needs_one(tmp_path: Path) -> None:
    path = tmp_path / "a.shp"
    geopandas.GeoDataFrame(geometry=[INNER]).to_file(path)
    with pytest.raises(DataError, match="says no CRS") as caught:
        read_area(str(path), None, GRID)
    assert "--aoi-crs" in caught.value.hint
    assert read_area(str(path), GRID.crs, GRID).area == pytest.approx(INNER.area)


@pytest.mark.parametrize(
    ("text", "crs", "error", "said"),
    [
        ("POLYGON ((0 0, 1 0, 1 1, 0 0))", None, DataError, "outside the scene"),
        ("POLYGON EMPTY", None, DataError, "no polygon"),
        ("POINT (15.05 45.13)", None, DataError, "no polygon"),
        ("POLYGON ((0 0, 1 0", None, JobError, "not valid WKT"),
        ("POLYGON ((nan 0, 1 0, 1 1, nan 0))", None, JobError, "not valid WKT"),
        ("POLYGON ((1e300 0, 1 0, 1 1, 1e300 0))", None, DataError, "outside|no polygon"),
        ("POLYGON ((15 200, 16 200, 16 300, 15 200))", None, DataError, "outside"),
        ("SRID=4326;POINT (0 0)", None, JobError, "EWKT"),
        ("POLYGON ((0 0, 1 0, 1 1, 0 0))", "EPSG:0", JobError, "no known CRS"),
        ("absent.gpkg", None, DataError, "no area file"),
    ],
)
def test_areas_that_will_not_do(text: str, crs: str | None, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        read_area(text, crs, GRID)


def test_an_area_outside_says_both_extents() -> None:
    with pytest.raises(DataError) as caught:
        read_area("POLYGON ((0 0, 1 0, 1 1, 0 0))", None, GRID)
    assert "0.0000, 0.0000 to 1.0000, 1.0000" in caught.value.message
    assert "15.0000" in caught.value.message and "EPSG:4326" in caught.value.message


def test_an_area_that_only_touches_is_outside() -> None:
    with pytest.raises(DataError, match="outside"):
        read_area(shapely.box(RIGHT, BOTTOM, RIGHT + 1000, TOP).wkt, GRID.crs, GRID)


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 100, b'{"type": "FeatureCollection", "features": []}'])
def test_files_that_are_no_areas(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("a folder with a name too long for a sentence, " * 2) / "a.geojson"
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_area(str(path), None, GRID)
    assert path.name in caught.value.message


def test_a_table_is_no_area(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name,value\na,1\n")
    with pytest.raises(DataError, match="without geometry"):
        read_area(str(path), None, GRID)


# -- cells -------------------------------------------------------------------------------------------------------


@given(
    x=st.floats(-500, 11_500),
    y=st.floats(-500, 8_000),
    w=st.floats(1, 9_000),
    h=st.floats(1, 9_000),
    stride=st.sampled_from([120, 60, 30]),
)
def test_cells_of_a_box_are_those_it_overlaps(x: float, y: float, w: float, h: float, stride: int) -> None:
    cells = Grid(1100, 740, stride)
    box = shapely.box(LEFT + x, TOP - y - h, LEFT + x + w, TOP - y)
    found = cells_within(box, cells, GRID)
    expected = np.zeros_like(found)
    for row in range(cells.rows):
        for col in range(cells.cols):
            c = cells.cell(row, col)
            overlap_x = min(10 * (c.col + c.width), x + w) - max(10 * c.col, x)
            overlap_y = min(10 * (c.row + c.height), y + h) - max(10 * c.row, y)
            expected[row, col] = min(overlap_x, overlap_y) > 1e-6
            if 0 < abs(min(overlap_x, overlap_y)) <= 1e-6:
                expected[row, col] = found[row, col]  # beyond the precision of coordinates
    assert np.array_equal(found, expected)


def test_touching_cells_are_not_within() -> None:
    cell = shapely.box(LEFT + 1200, TOP - 2400, LEFT + 2400, TOP - 1200)
    found = cells_within(cell, CELLS, GRID)
    assert found.sum() == 1 and found[1, 1]


def test_holes_and_parts() -> None:
    ring = shapely.box(LEFT, BOTTOM, RIGHT, TOP).difference(
        shapely.box(LEFT + 2400, TOP - 4800, LEFT + 6000, TOP - 2400)
    )
    found = cells_within(ring, CELLS, GRID)
    assert not found[2:4, 2:5].any() and found.sum() == CELLS.count - 6


def test_half_a_million_cells_in_seconds() -> None:
    pixels = PixelGrid("EPSG:32633", 0.0, 109_800.0, 10980, 10980)
    angle = np.linspace(0, 2 * np.pi, 2000)[:-1]
    radius = 40_000 + 9_000 * np.sin(angle * 37)
    star = shapely.Polygon(np.c_[54_900 + radius * np.cos(angle), 54_900 + radius * np.sin(angle)])
    cells = Grid(10980, 10980, 15)
    found = cells_within(star, cells, pixels)
    assert found.shape == (732, 732)
    assert star.area < found.sum() * 150**2 < 1.06 * star.area
