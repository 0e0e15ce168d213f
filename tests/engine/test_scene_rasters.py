"""Plain rasters: bands by name, numbers told apart, one 10 m grid, and refusals where that fails."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine, from_origin
from rasterio.warp import transform

from ben_core.errors import DataError, JobError
from ben_core.nomenclature import BANDS
from ben_core.scene import BandReader, Scene, check_radiometry, open_scene
from ben_core.scene.grids import Lattice, common_grid, utm_crs, utm_grid
from ben_core.scene.names import band_in, product_in, time_in

TWELVE = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]


def pixels(scene: Scene, band: str) -> np.ndarray:
    source = scene.bands[band]
    with BandReader(source) as reader:
        return reader.read_rows(0, source.height)


def codes(scene: Scene) -> list[str]:
    return [code for code, _ in scene.notes]


def noise(rows: int = 240, cols: int = 240, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(300, 3000, (rows, cols), np.uint16)


# -- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("B2", "B02"),
        ("B02", "B02"),
        ("b8a", "B8A"),
        ("T33UUP_20220101T100321_B8A_20m", "B8A"),
        ("S2A_MSIL2A_20170613T101031_0_70_B12", "B12"),
        ("B10", "B10"),
        ("Sentinel-2 B11 (SWIR)", "B11"),
        ("SUB02", None),
        ("B020", None),
        ("B13", None),
        ("TCI", None),
        ("B0", None),
    ],
)
def test_bands_in_names(text: str, band: str | None) -> None:
    assert band_in(text) == band


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("major_tom_T48QUE_thailand_2020-02-23", "2020-02-23"),
        ("20200604T054639_20200604T054831_T43RCP", "2020-06-04T05:46:39Z"),
        ("scene_20200223", "2020-02-23"),
        ("version_20209999", None),
        ("T33UUP", None),
    ],
)
def test_times_in_names(text: str, time: str | None) -> None:
    assert time_in(text) == time


def test_products_in_names() -> None:
    product = product_in("S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57")
    assert product is not None
    assert (product.platform, product.level, product.acquired, product.baseline) == (
        "Sentinel-2A",
        "L2A",
        "2017-06-13T10:10:31Z",
        None,
    )
    # Some names of BigEarthNet v1 lack the leading zero of the time.
    assert product_in("S2B_MSIL2A_20170924T93020_55_71").acquired == "2017-09-24T09:30:20Z"
    assert product_in("S2B_MSIL1C_20220101T000000_N0400_R1").baseline == "04.00"


# -- grids -------------------------------------------------------------------------------------------------------


def lattice(left: float, top: float, size: float, width: int, height: int, crs: str = "EPSG:32633") -> Lattice:
    return Lattice(rasterio.CRS.from_string(crs), from_origin(left, top, size, size), width, height)


def test_bands_that_share_a_corner_share_the_grid() -> None:
    bands = {
        "B02": lattice(500007, 5000009, 10, 1068, 1068),
        "B05": lattice(500007, 5000009, 20, 534, 534),
        "B01": lattice(500007, 5000009, 60, 178, 178),
    }
    grid = common_grid(bands)
    assert grid is not None
    assert (grid.crs, grid.left, grid.top, grid.width, grid.height) == ("EPSG:32633", 500007, 5000009, 1068, 1068)


@pytest.mark.parametrize(
    "other",
    [
        lattice(500010, 5000000, 20, 60, 60),  # moved by one pixel
        lattice(500000, 5000000, 20, 60, 60, "EPSG:32634"),
        lattice(500000, 5000000, 25, 60, 60),
        lattice(500000, 5000000, 20, 40, 60),  # covers two thirds
        Lattice(rasterio.CRS.from_epsg(32633), Affine(20, 0, 500000, 0, 20, 4998800), 60, 60),  # south-up
        Lattice(rasterio.CRS.from_epsg(32633), Affine(20, 1, 500000, 1, -20, 5000000), 60, 60),  # rotated
    ],
)
def test_bands_that_lie_apart_share_no_grid(other: Lattice) -> None:
    assert common_grid({"B02": lattice(500000, 5000000, 10, 120, 120), "B05": other}) is None


def test_web_mercator_metres_are_none() -> None:
    assert common_grid({"B02": lattice(1e6, 6e6, 10, 100, 100, "EPSG:3857")}) is None
    assert common_grid({"B02": lattice(4.5e6, 3.1e6, 10, 100, 100, "EPSG:3035")}) is not None


@given(lon=st.floats(-180, 180), lat=st.floats(-79, 83))
def test_a_utm_grid_holds_its_raster(lon: float, lat: float) -> None:
    x, y = min(lon, 179.9), min(lat, 82.9)
    raster = Lattice(rasterio.CRS.from_epsg(4326), from_origin(x, y, 1e-4, 1e-4), 300, 200)
    grid = utm_grid(raster)
    assert grid.left % 60 == 0 and grid.top % 60 == 0 and grid.width % 6 == 0 and grid.height % 6 == 0
    left, bottom, right, top = grid.bounds
    for col, row in [(0, 0), (300, 0), (0, 200), (300, 200), (150, 100)]:
        px, py = raster.at(col, row)
        (east,), (north,) = transform("EPSG:4326", grid.crs, [px], [py])
        assert left - 1e-3 <= east <= right + 1e-3 and bottom - 1e-3 <= north <= top + 1e-3
    zone = int(grid.crs[-2:])
    assert abs(raster.centre[0] + 183 - 6 * zone) <= 3 + 1e-6


def test_utm_zones() -> None:
    assert utm_crs(13.4, 52.5) == "EPSG:32633"
    assert utm_crs(-180, -10) == "EPSG:32701"
    assert utm_crs(180, 10) == "EPSG:32660"
    with pytest.raises(DataError, match="no UTM zone"):
        utm_crs(0, 89)


# -- real scenes -------------------------------------------------------------------------------------------------


def test_thailand_lies_on_its_own_grid(ben_data: Path) -> None:
    scene = open_scene([str(ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23")])
    assert list(scene.bands) == TWELVE
    assert (scene.acquired, scene.level, scene.tile) == ("2020-02-23", "unknown", None)
    assert codes(scene) == ["level-assumed"]
    assert scene.mask is not None and scene.mask.cloud == (1, 2, 3)
    with rasterio.open(scene.bands["B02"].path) as file:
        assert scene.grid.bounds == pytest.approx(tuple(file.bounds), abs=0.1)  # a hundredth of a pixel
        assert scene.grid.crs == str(file.crs)
    for band, source in scene.bands.items():
        assert source.resolution == BANDS[band].resolution and source.warp is None and source.stored is None
    assert len(scene.files) == 13
    assert check_radiometry(scene) == ()


def test_boadella_in_degrees_goes_to_utm(ben_data: Path) -> None:
    path = ben_data / "scenes" / "boadella_epsg4326" / "Boadella_2020-06-21.tif"
    scene = open_scene([str(path)], bands={name: i for i, name in enumerate(TWELVE, start=1)})
    assert (scene.grid.crs, scene.acquired) == ("EPSG:32631", "2020-06-21")
    assert "warped" in codes(scene)
    assert check_radiometry(scene) == ()
    b02 = pixels(scene, "B02")
    # An independent look: the pixel under a point, by rasterio's own sampling in degrees.
    rng = np.random.default_rng(0)
    near = []
    with rasterio.open(path) as file:
        stored = file.read(2)
        for lon, lat in zip(rng.uniform(2.795, 2.835, 300), rng.uniform(42.333, 42.362, 300), strict=True):
            (x,), (y,) = transform("EPSG:4326", scene.grid.crs, [lon], [lat])
            row, col = int((scene.grid.top - y) // 10), int((x - scene.grid.left) // 10)
            r, c = file.index(lon, lat)
            around = stored[r - 1 : r + 2, c - 1 : c + 2]
            near.append(around.min() <= b02[row, col] <= around.max())
    assert np.mean(near) == 1.0


def test_boadella_without_names_asks_for_them(ben_data: Path) -> None:
    path = ben_data / "scenes" / "boadella_epsg4326" / "Boadella_2020-06-21.tif"
    with pytest.raises(DataError, match="12 bands") as caught:
        open_scene([str(path)])
    assert "--bands" in caught.value.hint
    with pytest.raises(JobError, match="bands 1 to 12"):
        open_scene([str(path)], bands={"B02": 13})


def test_india_tells_level_and_time_by_its_sidecar(ben_data: Path) -> None:
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    for folder in (root / "s2a" / "0000200").iterdir():
        scene = open_scene([str(folder)])
        assert (scene.level, scene.platform, scene.baseline) == ("L2A", "Sentinel-2B", "02.14")
        assert scene.acquired == f"{folder.name[:4]}-{folder.name[4:6]}-{folder.name[6:8]}T05:46:39Z"
        assert scene.grid.crs == "EPSG:32643" and list(scene.bands) == TWELVE
        assert {pixels(scene, b).shape for b in ("B02", "B05", "B01")} == {(270, 270), (135, 135), (45, 45)}
    for folder in (root / "s2c" / "0000200").iterdir():
        with pytest.raises(JobError, match="Level-1C") as caught:
            open_scene([str(folder)])
        assert "--allow-l1c" in caught.value.hint and caught.value.exit_code == 2
        scene = open_scene([str(folder)], allow_l1c=True)
        assert scene.level == "L1C" and "B10" in scene.bands and "l1c" in codes(scene)


def test_every_bigearthnet_patch_opens(ben_data: Path) -> None:
    root = ben_data / "bigearthnet"
    folders = [p.parent for p in root.rglob("*_B02.tif")]
    assert len(folders) >= 45
    for folder in folders:
        scene = open_scene([str(folder)])
        assert (scene.grid.width, scene.grid.height, scene.level) == (120, 120, "L2A")
        assert list(scene.bands) == TWELVE
        assert scene.acquired is not None and scene.acquired.startswith("201")
        with rasterio.open(folder / f"{folder.name}_B02.tif") as file:
            assert (scene.grid.left, scene.grid.top) == (file.bounds.left, file.bounds.top)
            assert np.array_equal(pixels(scene, "B02"), file.read(1))


# -- files to bands ----------------------------------------------------------------------------------------------


def test_a_multi_band_file_by_descriptions(write_tif) -> None:
    stack = np.stack([noise(seed=i) for i in range(3)])
    scene = open_scene([str(write_tif("a.tif", stack, descriptions=["B4", "Blue B02", "B08"]))])
    assert list(scene.bands) == ["B02", "B04", "B08"]
    assert np.array_equal(pixels(scene, "B04"), stack[0])


def test_a_list_of_files_and_a_mapping_to_file_names(write_tif) -> None:
    first, second = write_tif("x/blue.tif", noise()), write_tif("x/red.tif", noise(seed=1))
    scene = open_scene([str(first), str(second)], bands={"B02": "blue.tif", "B04": "red.tif"})
    assert np.array_equal(pixels(scene, "B04"), noise(seed=1))
    with pytest.raises(DataError, match="None of the files names"):
        open_scene([str(first), str(second)])
    with pytest.raises(JobError, match="no such file"):
        open_scene([str(first), str(second)], bands={"B02": "green.tif"})


def test_a_folder_picks_native_resolution_and_leaves_other_pictures(write_tif, tmp_path: Path) -> None:
    write_tif("p/T1_B02_10m.tif", noise(240, 240))
    write_tif("p/T1_B02_20m.tif", noise(120, 120), 20)
    write_tif("p/T1_SCL_20m.tif", np.full((120, 120), 4, np.uint8), 20)
    write_tif("p/T1_TCI_10m.tif", np.zeros((3, 240, 240), np.uint8))
    scene = open_scene([str(tmp_path / "p")])
    assert list(scene.bands) == ["B02"] and scene.bands["B02"].resolution == 10
    assert scene.mask is not None and scene.mask.source.resolution == 20 and scene.mask.cloud == (3, 8, 9, 10)
    write_tif("p/T2_B02_10m.tif", noise(240, 240))
    with pytest.raises(DataError, match="more than once"):
        open_scene([str(tmp_path / "p")])


def test_a_cloud_mask_keeps_its_codes_when_warped(write_tif, tmp_path: Path) -> None:
    degrees = {"crs": "EPSG:4326", "transform": from_origin(15, 45, 1e-4, 1e-4)}
    cloud = np.zeros((400, 400), np.uint8)
    cloud[:, 200:] = 3
    write_tif("p/B02.tif", noise(400, 400), **degrees)
    write_tif("p/cloud_mask.tif", cloud, **degrees)
    scene = open_scene([str(tmp_path / "p")])
    assert scene.mask is not None
    source = scene.mask.source
    with BandReader(source) as reader:
        read = reader.read_rows(0, source.height, harmonise=False)
    assert set(np.unique(read)) == {0, 3}
    assert 0.4 < (read == 3).mean() < 0.55


def test_resolutions_other_than_native_are_said(write_tif) -> None:
    stack = np.stack([noise(seed=i) for i in range(2)])
    fine = open_scene([str(write_tif("fine.tif", stack, descriptions=["B02", "B11"]))])
    assert fine.bands["B11"].resolution == 20 and (fine.bands["B11"].width, fine.grid.width) == (120, 240)
    assert codes(fine) == ["resampled", "level-assumed"]
    assert np.array_equal(
        pixels(fine, "B11"), np.floor(stack[1].reshape(120, 2, 120, 2).mean(axis=(1, 3)) + 0.5).astype(np.uint16)
    )
    coarse = open_scene([str(write_tif("coarse.tif", stack, 20, descriptions=["B02", "B11"]))])
    assert (coarse.grid.width, coarse.grid.height) == (480, 480)
    assert np.array_equal(pixels(coarse, "B02"), np.kron(stack[0], np.ones((2, 2), np.uint16)))
    assert np.array_equal(pixels(coarse, "B11"), stack[1])


@pytest.mark.parametrize(
    "where",
    [
        {"transform": Affine(10, 0, 500000, 0, 10, 5000000)},  # south-up
        {"transform": Affine(9, 4, 500000, 4, -9, 5000000)},  # rotated
        {"transform": from_origin(500000, 5000000, 12, 12)},
        {"crs": "EPSG:3857", "transform": from_origin(1.6e6, 5.6e6, 14, 14)},
    ],
)
def test_odd_grids_are_warped_to_the_right_place(write_tif, where: dict[str, object]) -> None:
    """A bright square stays where it is on the ground."""
    data = np.full((300, 300), 1000, np.uint16)
    data[140:160, 140:160] = 5000
    path = write_tif("a.tif", data, descriptions=["B02"], **where)
    scene = open_scene([str(path)])
    assert "warped" in codes(scene)
    rows, cols = np.nonzero(pixels(scene, "B02") > 3000)
    with rasterio.open(path) as file:
        x, y = file.xy(150, 150, offset="ul")
        (east,), (north,) = transform(file.crs, scene.grid.crs, [x], [y])
    assert scene.grid.left + 10 * (cols.mean() + 0.5) == pytest.approx(east, abs=3)
    assert scene.grid.top - 10 * (rows.mean() + 0.5) == pytest.approx(north, abs=3)


# -- numbers -----------------------------------------------------------------------------------------------------


def test_float_reflectance_becomes_dn(write_tif) -> None:
    data = (noise().astype(np.float32) / 10_000).copy()
    data[0, 0] = np.nan
    scene = open_scene([str(write_tif("a.tif", data, descriptions=["B02"]))])
    read = pixels(scene, "B02")
    assert read[0, 0] == 0 and np.array_equal(read[1:], noise()[1:])
    assert "multiplied by 10000" in scene.radiometry


def test_float_dn_stays(write_tif) -> None:
    scene = open_scene([str(write_tif("a.tif", noise().astype(np.float32), descriptions=["B02"]))])
    assert np.array_equal(pixels(scene, "B02"), noise())


def test_scale_tags_are_used(write_tif) -> None:
    path = write_tif("a.tif", noise() + 1000, descriptions=["B02"])
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = [0.0001], [-0.1]
    scene = open_scene([str(path)])
    assert np.array_equal(pixels(scene, "B02"), noise())
    assert "scale 0.0001" in scene.radiometry
    given = open_scene([str(path)], offset=-1000)
    assert np.array_equal(pixels(given, "B02"), noise()) and "as given" in given.radiometry


@pytest.mark.parametrize(
    "data",
    [
        noise().astype(np.float32) / 100,  # percent
        noise().astype(np.uint8),  # a picture
        noise().astype(np.complex64),
    ],
)
def test_numbers_in_doubt_are_refused(write_tif, data: np.ndarray) -> None:
    path = write_tif("a.tif", data, descriptions=["B02"])
    with pytest.raises(DataError, match=r"values"):
        open_scene([str(path)])


def test_doubtful_numbers_open_when_told(write_tif) -> None:
    path = write_tif("a.tif", noise().astype(np.float32) / 100, descriptions=["B02"])
    with pytest.raises(DataError) as caught:
        open_scene([str(path)])
    assert "--scale" in caught.value.hint
    assert np.array_equal(pixels(open_scene([str(path)], scale=100), "B02"), noise())


def test_bands_of_different_kinds_are_refused(write_tif, tmp_path: Path) -> None:
    write_tif("p/B02.tif", noise())
    write_tif("p/B03.tif", noise().astype(np.float32) / 10_000)
    with pytest.raises(DataError, match="different kinds"):
        open_scene([str(tmp_path / "p")])


# -- refusals ----------------------------------------------------------------------------------------------------


def test_no_crs_is_refused(write_tif) -> None:
    path = write_tif("a.tif", noise(), descriptions=["B02"], crs=None)
    with pytest.raises(DataError, match="no coordinate reference system"):
        open_scene([str(path)])


def test_no_place_is_refused(write_tif) -> None:
    path = write_tif("a.tif", noise(), descriptions=["B02"], transform=Affine.identity())
    with pytest.raises(DataError, match="where its pixels lie"):
        open_scene([str(path)])


def test_a_huge_grid_is_refused(write_tif) -> None:
    path = write_tif("a.tif", noise(10, 10), descriptions=["B02"], crs="EPSG:4326", transform=from_origin(0, 50, 3, 3))
    with pytest.raises(DataError, match="more than 200000"):
        open_scene([str(path)])


def test_what_is_no_scene_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no file or folder"):
        open_scene([str(tmp_path / "absent")])
    with pytest.raises(DataError, match="no raster files"):
        open_scene([str(tmp_path)])
    text = tmp_path / "a.txt"
    text.write_text("hello")
    with pytest.raises(DataError, match="no raster that can be read"):
        open_scene([str(text)])
    broken = tmp_path / "B02.tif"
    broken.write_bytes(b"II*\0 and then nothing")
    with pytest.raises(DataError, match="cannot be opened"):
        open_scene([str(tmp_path)])
    with pytest.raises(JobError):
        open_scene([])
    with pytest.raises(JobError, match="no time"):
        open_scene([str(tmp_path)], acquired="yesterday")


def test_a_sidecar_that_is_no_json_is_refused(write_tif, tmp_path: Path) -> None:
    write_tif("p/B02.tif", noise())
    (tmp_path / "p" / "metadata.json").write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        open_scene([str(tmp_path / "p")])
    (tmp_path / "p" / "metadata.json").write_text("[" * 100_000)
    with pytest.raises(DataError, match="not JSON"):
        open_scene([str(tmp_path / "p")])


def test_times_in_tags(write_tif) -> None:
    path = write_tif("a.tif", noise(), descriptions=["B02"])
    with rasterio.open(path, "r+") as file:
        file.update_tags(TIFFTAG_DATETIME="2025:01:01 00:00:00", ACQUISITION_TIME="2021-03-04T05:06:07Z")
    assert open_scene([str(path)]).acquired == "2021-03-04T05:06:07Z"
    assert open_scene([str(path)], acquired="2020-02-23").acquired == "2020-02-23"


def test_georeference_beside_the_file_is_found(write_tif) -> None:
    path = write_tif("a.tif", noise(), descriptions=["B02"], transform=None)
    path.with_suffix(".tfw").write_text("10\n0\n0\n-10\n500005\n5000035\n")
    grid = open_scene([str(path)]).grid
    assert (grid.left, grid.top) == (500_000, 5_000_040)


def test_a_name_with_a_late_baseline_raises_the_question_of_the_offset(write_tif, tmp_path: Path) -> None:
    name = "S2A_MSIL2A_20230101T100321_N0509_R122_T33UUP"
    write_tif(f"{name}/{name}_B02.tif", noise())
    scene = open_scene([str(tmp_path / name)])
    assert codes(scene) == ["offset-unknown"] and scene.baseline == "05.09"
    assert codes(open_scene([str(tmp_path / name)], offset=0)) == []


def test_folders_may_move(write_tif, tmp_path: Path) -> None:
    write_tif("p/B02.tif", noise())
    before = open_scene([str(tmp_path / "p")])
    shutil.move(tmp_path / "p", tmp_path / "q")
    after = open_scene([str(tmp_path / "q")], name="p")
    assert (before.grid, before.name, before.radiometry) == (after.grid, after.name, after.radiometry)
    assert json.dumps(before.notes) == json.dumps(after.notes)
