"""Reference data on a scene's grid: BigEarthNet's own maps and labels as the oracle, and what is refused."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.features import shapes
from rasterio.transform import from_origin

from ben_core.errors import BenError, DataError, JobError
from ben_core.learn.data.clc_codes import LEVEL_3, read_code_table
from ben_core.learn.data.reference import known_share, open_reference, present_classes, rasterise
from ben_core.nomenclature import CLASSES
from ben_core.patches.grid import Window
from ben_core.scene.types import PIXEL, PixelGrid

PATCH = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"
GRID = PixelGrid("EPSG:32633", 500_000.0, 5_000_040.0, 240, 180)


def reference_map(data: Path) -> Path:
    return next((data / "bigearthnet/v2/Reference_Maps").rglob(f"{PATCH}_reference_map.tif"))


def grid_of(path: Path) -> PixelGrid:
    with rasterio.open(path) as file:
        return PixelGrid(file.crs.to_string(), file.transform.c, file.transform.f, file.width, file.height)


def polygons(codes: np.ndarray, grid: PixelGrid) -> gpd.GeoDataFrame:
    corner = from_origin(grid.left, grid.top, PIXEL, PIXEL)
    parts = [(shapely.geometry.shape(g), str(int(v))) for g, v in shapes(codes.astype(np.int32), transform=corner)]
    geometry, values = zip(*parts, strict=True)
    return gpd.GeoDataFrame({"Code_18": values}, geometry=list(geometry), crs=grid.crs)


def patchwork(seed: int = 0) -> np.ndarray:
    """Codes on GRID in irregular fields."""
    rng = np.random.default_rng(seed)
    seeds = rng.uniform(0, (GRID.height, GRID.width), (25, 2))
    y, x = np.mgrid[: GRID.height, : GRID.width]
    nearest = ((y[..., None] - seeds[:, 0]) ** 2 + (x[..., None] - seeds[:, 1]) ** 2).argmin(axis=-1)
    return rng.choice(LEVEL_3, len(seeds))[nearest].astype(np.uint16)


def test_labels_of_the_real_map_are_those_of_the_metadata(ben_data: Path) -> None:
    import pyarrow.parquet as pq

    path = reference_map(ben_data)
    codes = rasterise(path, grid_of(path))
    with rasterio.open(path) as file:
        assert np.array_equal(codes, file.read(1))
    table = pq.read_table(ben_data / "bigearthnet/v2/metadata.parquet", filters=[("patch_id", "=", PATCH)])
    assert present_classes(codes) == tuple(table["labels"][0].as_py())
    assert known_share(codes) >= 0.75  # else the patch would not be in the archive


def test_labels_of_all_87_pixel_maps(ben_data: Path) -> None:
    import csv

    folder = ben_data / "bigearthnet/six_band_patches"
    arrays = np.load(folder / "patches.npz")
    with open(folder / "labels.csv", newline="", encoding="utf-8") as file:
        labels = {row["patch_id"]: tuple(sorted(row["labels"].split("|"))) for row in csv.DictReader(file)}
    # Stored modulo 256; 231 is Pastures or 999, which the labels tell apart.
    codes_of = {code % 256: code for code in LEVEL_3}
    checked = 0
    for name, stored in zip(arrays["patch_id"], arrays["clc_code"], strict=True):
        known = dict(codes_of)
        known[231] = 231 if "Pastures" in labels[str(name)] else 999
        codes = np.vectorize(known.get, otypes=[np.uint16])(stored)
        assert present_classes(codes) == labels[str(name)]
        if "Pastures" not in labels[str(name)]:
            assert known_share(codes) >= 0.75
        checked += 1
    assert checked == 87


def test_a_real_map_drawn_as_polygons_and_burnt_again_is_itself(ben_data: Path, tmp_path: Path) -> None:
    path = reference_map(ben_data)
    with rasterio.open(path) as file:
        codes = file.read(1)
    grid = grid_of(path)
    polygons(codes, grid).to_file(tmp_path / "clc.gpkg")
    assert np.array_equal(rasterise(tmp_path / "clc.gpkg", grid), codes)


@pytest.mark.parametrize("crs", ["EPSG:3035", "EPSG:4326"])
def test_another_crs_moves_nothing_but_pixels_on_a_border(tmp_path: Path, crs: str) -> None:
    codes = patchwork()
    polygons(codes, GRID).to_crs(crs).to_file(tmp_path / "clc.gpkg")
    assert (rasterise(tmp_path / "clc.gpkg", GRID) == codes).mean() > 0.9999  # centres lie 5 m from every border


def test_the_centre_of_a_pixel_decides(tmp_path: Path) -> None:
    left, top = GRID.left, GRID.top
    # 2.6 px wide, 1.4 px high: touches 3 x 2 pixels, holds the centres of 3 x 1.
    field = shapely.box(left, top - 14, left + 26, top)
    gpd.GeoDataFrame({"CODE_18": [311]}, geometry=[field], crs=GRID.crs).to_file(tmp_path / "one.gpkg")
    burnt = rasterise(tmp_path / "one.gpkg", GRID)
    assert np.argwhere(burnt == 311).tolist() == [[0, 0], [0, 1], [0, 2]]
    assert (burnt == 0).sum() == GRID.width * GRID.height - 3


def test_windows_and_strips_are_parts_of_the_whole(tmp_path: Path) -> None:
    codes = patchwork(1)
    polygons(codes, GRID).to_crs("EPSG:3035").to_file(tmp_path / "clc.gpkg")
    whole = rasterise(tmp_path / "clc.gpkg", GRID)
    part = rasterise(tmp_path / "clc.gpkg", GRID, Window(31, 17, 120, 77))
    assert np.array_equal(part, whole[17:94, 31:151])
    source = open_reference(tmp_path / "clc.gpkg", GRID)
    strips = [source.rows(top, min(top + 23, GRID.height)) for top in range(0, GRID.height, 23)]
    assert np.array_equal(np.concatenate(strips), whole)


def test_a_coarse_raster_of_corine_values(tmp_path: Path, write_tif: Any) -> None:
    values = np.arange(1, 37, dtype=np.uint8).reshape(6, 6)[:, :6]
    path = write_tif("clc100.tif", values, resolution=100, nodata=48)
    grid = PixelGrid("EPSG:32633", 500_000.0, 5_000_040.0, 60, 50)
    with pytest.raises(DataError, match="no CORINE level-3 code") as refused:
        rasterise(path, grid)
    assert "--map-codes clc-raster" in refused.value.hint
    codes = rasterise(path, grid, codes=read_code_table("clc-raster"))
    wanted = np.array(LEVEL_3)[values - 1].repeat(10, axis=0).repeat(10, axis=1)[:50, :60]
    assert np.array_equal(codes, wanted)


def test_a_raster_in_degrees_and_a_hole_of_no_data(tmp_path: Path, write_tif: Any) -> None:
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    codes = patchwork(2)
    codes[:20, :30] = 0
    utm = write_tif("utm.tif", codes, nodata=0)
    bounds = (GRID.left, GRID.top - 10 * GRID.height, GRID.left + 10 * GRID.width, GRID.top)
    corner, width, height = calculate_default_transform(
        GRID.crs, "EPSG:4326", GRID.width, GRID.height, *bounds, resolution=2e-5
    )
    fine = np.zeros((height, width), np.uint16)
    with rasterio.open(utm) as file:
        reproject(
            rasterio.band(file, 1), fine, dst_transform=corner, dst_crs="EPSG:4326", resampling=Resampling.nearest
        )
    path = write_tif("degrees.tif", fine, crs="EPSG:4326", transform=corner, nodata=0)
    back = rasterise(path, GRID)
    assert (back == codes).mean() > 0.99
    assert (back[:18, :28] == 0).all()


def test_own_nomenclature_by_a_table(tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text(
        'value,meaning\nwood,Mixed forest\nbeach,"Beaches, dunes, sands"\n7,211\nroad,\n', encoding="utf-8"
    )
    codes = read_code_table(str(table))
    assert codes == {"wood": 313, "beach": 331, "7": 211, "road": 999}
    boxes = [shapely.box(GRID.left + 300 * i, GRID.top - 500, GRID.left + 300 * i + 300, GRID.top) for i in range(4)]
    frame = gpd.GeoDataFrame({"kind": ["wood", "beach", "7", "road"]}, geometry=boxes, crs=GRID.crs)
    frame.to_file(tmp_path / "own.gpkg")
    burnt = rasterise(tmp_path / "own.gpkg", GRID, code_field="kind", codes=codes)
    assert burnt[0, [0, 30, 60, 90, 130]].tolist() == [313, 331, 211, 999, 0]
    assert present_classes(burnt) == ("Arable land", "Beaches, dunes, sands", "Mixed forest")


def test_codes_as_numbers_of_any_kind_are_the_same(tmp_path: Path) -> None:
    box = [shapely.box(*GRID.bounds)]
    for kind in (np.float64, np.int16, str):
        path = tmp_path / f"{kind.__name__}.gpkg"
        gpd.GeoDataFrame({"code": np.array([311]).astype(kind)}, geometry=box, crs=GRID.crs).to_file(path)
        assert (rasterise(path, GRID) == 311).all()


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_by_each_of_its_codes(name: str) -> None:
    for code in CLASSES[name].clc_codes:
        assert present_classes(np.array([[code, 999], [335, 122]])) == (name,)
        assert known_share(np.array([[code, 999], [335, 122]])) == 0.25


def refusals(tmp_path: Path) -> dict[str, tuple[Path, dict[str, Any], type[BenError], str]]:
    def vector(name: str, crs: str | None = GRID.crs, code: Any = 311, field: str = "CODE_18", **more: Any) -> Path:
        box = shapely.box(*more.get("bounds", GRID.bounds))
        path = tmp_path / f"{name}.gpkg"
        gpd.GeoDataFrame({field: [code]}, geometry=[box], crs=crs).to_file(path)
        return path

    empty = tmp_path / "empty.gpkg"
    gpd.read_file(vector("full")).iloc[:0].to_file(empty)
    two = tmp_path / "two.gpkg"
    gpd.GeoDataFrame({"code_12": [1], "code_18": [2]}, geometry=[shapely.box(*GRID.bounds)], crs=GRID.crs).to_file(two)
    broken = tmp_path / "broken.gpkg"
    broken.write_bytes(b"SQLite format 3\0" + bytes(200))
    return {
        "missing": (tmp_path / "none.gpkg", {}, DataError, "There is no reference"),
        "elsewhere": (vector("far", bounds=(0, 0, 1, 1)), {}, DataError, "does not overlap the scene"),
        "wrong crs": (vector("wrong", crs="EPSG:32601"), {}, DataError, "does not overlap|no place in the CRS"),
        "no field": (vector("other", field="land"), {}, JobError, "no field named like CODE_18; it has land"),
        "field asked for": (vector("f"), {"code_field": "luc"}, JobError, "no field 'luc'"),
        "two fields": (two, {}, JobError, "more than one field"),
        "foreign code": (vector("code", code=42), {}, DataError, "'42', which is no CORINE"),
        "not in the table": (vector("t", code=42), {"codes": {"41": 211}}, DataError, "which the table"),
        "empty": (empty, {}, DataError, "holds no polygon"),
        "broken": (broken, {}, DataError, "cannot be read"),
    }


@pytest.mark.parametrize(
    "case",
    [
        "missing", "elsewhere", "wrong crs", "no field", "field asked for", "two fields", "foreign code",
        "not in the table", "empty", "broken",
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, case: str) -> None:
    path, options, kind, message = refusals(tmp_path)[case]
    with pytest.raises(kind, match=message):
        rasterise(path, GRID, **options)


def test_rasters_that_are_refused(tmp_path: Path, write_tif: Any) -> None:
    cases = {
        "2 bands": write_tif("two.tif", np.full((2, 180, 240), 311, np.uint16)),
        "float32 numbers, not codes": write_tif("float.tif", np.full((180, 240), 311, np.float32)),
        "does not overlap": write_tif("far.tif", np.full((9, 9), 311, np.uint16), transform=from_origin(0, 90, 10, 10)),
        "says no CRS": write_tif("bare.tif", np.full((180, 240), 311, np.uint16), crs=None),
        "'42', which is no CORINE": write_tif("code.tif", np.full((180, 240), 42, np.uint16)),
    }
    for message, path in cases.items():
        with pytest.raises(DataError, match=message):
            rasterise(path, GRID)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,forest\n2,wood\n", "'2' the meaning 'wood'"),
        ("1,211\n1,311\n", "two meanings"),
        ("1\n", "1 cells, not two"),
        ("value,meaning\n", "no row"),
        ("7,Beaches, dunes, sands\n", "4 cells"),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "codes.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        read_code_table(str(table))


def test_codes_of_our_own_class_rasters() -> None:
    from ben_core.products.legend import CODES

    codes = read_code_table("ben-classes")
    for name, code in CODES.items():
        assert present_classes(np.array([codes[str(code)]])) == (name,)
