"""Real scenes to maps: georeferencing, BigEarthNet's patch index, one answer from GeoTIFF and SAFE."""

import json
import math
import re
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pyogrio
import pytest
import rasterio

from ben_core import Job, MapResult, map_scene
from ben_core.events import Recorder
from ben_core.patches.grid import Grid
from ben_core.sample.safe import write_safe

THAILAND = "scenes/major_tom_T48QUE_thailand_2020-02-23"
CATALONIA = "scenes/boadella_epsg4326/Boadella_2020-06-21.tif"
INDIA = "scenes/ssl4eo_s12_0000200/s2a/0000200/20200604T054639_20200604T054831_T43RCP"
NAMES = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def run(out: Path, *scene: Path, **options: Any) -> tuple[MapResult, Recorder]:
    events = Recorder()
    return map_scene(Job(scene=tuple(map(str, scene)), out=str(out), device="cpu", **options), events), events


@pytest.fixture(scope="module")
def thailand(ben_data: Path, tmp_path_factory: pytest.TempPathFactory) -> MapResult:
    return run(tmp_path_factory.mktemp("thailand"), ben_data / THAILAND)[0]


def test_the_thailand_scene_is_mapped_where_it_lies(ben_data: Path, thailand: MapResult) -> None:
    with rasterio.open(ben_data / THAILAND / "B02.tif") as scene, rasterio.open(thailand.products["classes"]) as f:
        assert f.crs == scene.crs and f.shape == (9, 9) and f.res == (1200, 1200)
        assert math.hypot(f.transform.c - scene.transform.c, f.transform.f - scene.transform.f) < 0.1  # 1/100 px
    cells = geopandas.read_file(thailand.products["gpkg"], layer="patches")
    assert len(cells) == 81 == thailand.cells["mapped"]
    np.testing.assert_allclose(cells.total_bounds, scene.bounds, atol=0.1)  # clipped to the scene: 1068 = 8.9 x 120
    assert cells.area.sum() == pytest.approx(10680**2)
    assert cells["ben_index"].isna().all(), "a cut-out has no BigEarthNet patch index"


def test_the_same_pixels_as_a_safe_product_with_an_offset_give_the_same_map(
    ben_data: Path, thailand: MapResult, tmp_path: Path
) -> None:
    pixels = {}
    for name in NAMES:
        with rasterio.open(ben_data / THAILAND / f"{name}.tif") as f:
            pixels[name] = f.read(1)
            if name == "B02":
                left, top, epsg = f.transform.c, f.transform.f, f.crs.to_epsg()
    product = write_safe(
        tmp_path, pixels, left=left, top=top, epsg=epsg, tile="48QUE", acquired="2020-02-23T03:45:11Z", baseline="05.09",
        offset=-1000,
    )  # fmt: skip
    stored = next(product.rglob("*_B04_10m.jp2"))
    with rasterio.open(stored) as f:
        same = np.where(pixels["B04"] > 0, pixels["B04"].astype(int) + 1000, 0)
        np.testing.assert_array_equal(f.read(1), same)  # the offset really stands in the file
    safe, _ = run(tmp_path / "out", product)
    with rasterio.open(thailand.products["probabilities"]) as a, rasterio.open(safe.products["probabilities"]) as b:
        np.testing.assert_array_equal(a.read(), b.read())
        assert a.transform == b.transform and a.crs == b.crs
    for kind in ("classes", "labels"):
        with rasterio.open(thailand.products[kind]) as a, rasterio.open(safe.products[kind]) as b:
            np.testing.assert_array_equal(a.read(), b.read())


def test_a_scene_in_degrees_is_warped_and_that_is_said(ben_data: Path, tmp_path: Path) -> None:
    result, events = run(tmp_path, ben_data / CATALONIA, bands={n: i + 1 for i, n in enumerate(NAMES)})
    assert any("EPSG:4326" in w["message"] and "UTM" in w["message"] for w in events.of("warning"))
    with rasterio.open(ben_data / CATALONIA) as scene, rasterio.open(result.products["classes"]) as f:
        assert f.crs.to_epsg() == 32631
        center = rasterio.warp.transform(
            scene.crs, f.crs, [scene.bounds.left, scene.bounds.right], [scene.bounds.bottom, scene.bounds.top]
        )
        (west, east), (south, north) = center
        assert f.bounds.left <= west + 60 and f.bounds.right >= east - 60
        assert f.bounds.bottom <= south + 60 and f.bounds.top >= north - 60


def test_the_india_scene_is_mapped_densely(ben_data: Path, tmp_path: Path) -> None:
    result, _ = run(tmp_path, ben_data / INDIA, stride=20, threshold=0.3, regroup="clc1")
    assert result.cells["mapped"] > 100
    with rasterio.open(result.products["groups"]) as f:
        assert f.res == (200, 200)
        assert (f.read(1) > 0).sum() == result.cells["mapped"]
    item = json.loads(result.products["item"].read_text())
    assert "2020" in json.dumps(item["properties"]) and "Copernicus" in json.dumps(item)


def test_an_area_of_interest_maps_only_what_it_touches(ben_data: Path, thailand: MapResult, tmp_path: Path) -> None:
    with rasterio.open(ben_data / THAILAND / "B02.tif") as f:
        x, y = f.xy(500, 300, offset="ul")
        epsg = f.crs.to_epsg()
    area = f"POLYGON(({x} {y}, {x + 1300} {y}, {x + 1300} {y - 700}, {x} {y - 700}, {x} {y}))"
    result, _ = run(tmp_path, ben_data / THAILAND, aoi=area, aoi_crs=f"EPSG:{epsg}")
    # Pixels 300-430 x 500-570 lie in columns 2-3, row 4.
    cells = pyogrio.read_dataframe(result.products["gpkg"], layer="patches")
    assert sorted(zip(cells["row"], cells["col"], strict=True)) == [(4, 2), (4, 3)]
    with rasterio.open(result.products["probabilities"]) as a, rasterio.open(thailand.products["probabilities"]) as b:
        np.testing.assert_array_equal(a.read()[:, 4, 2:4], b.read()[:, 4, 2:4])
        assert (a.read() != a.nodata).sum() == 2 * 19


def test_on_a_tile_cells_are_bigearthnets_patches(ben_data: Path) -> None:
    """Upper-left corners of real v1 and v2 patches against the grid of their tile."""
    grid = Grid(10980, 10980)
    tiles: dict[str, set[tuple[float, float]]] = {}
    patches = [*(ben_data / "bigearthnet").rglob("*_B02.tif"), *(ben_data / "bigearthnet").rglob("*_VV.tif")]
    assert len(patches) > 40
    for path in patches:
        found = re.search(r"_(?:T?(\d\d[A-Z]{3})_)?(\d+)_(\d+)_(?:B02|VV)\.tif$", path.name)
        assert found, path.name
        h, v = int(found[2]), int(found[3])
        cell, patch = grid.cell(v, h), grid.patch(v, h)
        assert cell == patch
        with rasterio.open(path) as f:
            assert f.shape == (patch.height, patch.width)
            left, top = f.transform.c - cell.col * 10, f.transform.f + cell.row * 10
        # Corners of Sentinel-2 tiles lie within 60 m of a multiple of 100 km, on multiples of 20 m.
        for x in (left, top):
            assert abs(x - round(x / 1e5) * 1e5) <= 60 and x % 20 == 0, (path.name, left, top)
        if found[1]:
            tiles.setdefault(found[1], set()).add((left, top))
    assert all(len(corners) == 1 for corners in tiles.values()), tiles
    assert tiles["33UUP"] == {(300000.0, 5400000.0)}  # the tile's published corner


def test_ben_index_stands_on_whole_tiles_only(tmp_path: Path) -> None:
    """A product that is a small part of tile 33UUP has no patch index, although its cells lie on the tile's grid."""
    rng = np.random.default_rng(0)
    pixels = {b: rng.integers(200, 3000, (300, 300), np.uint16) for b in ("B02", "B03", "B04", "B08")}
    product = write_safe(
        tmp_path, pixels, left=300000, top=5400000, epsg=32633, tile="33UUP", acquired="2023-06-13T10:10:31Z"
    )
    result, _ = run(tmp_path / "out", product)
    cells = pyogrio.read_dataframe(result.products["gpkg"], layer="patches")
    assert len(cells) == 9 and cells["ben_index"].isna().all()
    # What we wrote ourselves never passes for an observation.
    assert any(code == "generated" for code, _ in result.warnings)
    item = json.loads(result.products["item"].read_text())
    assert "Generated" in item["properties"]["attribution"] and "Copernicus" not in item["properties"]["attribution"]
