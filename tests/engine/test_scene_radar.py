"""Sentinel-1 as a scene: units, warping, mosaics, what is refused."""

import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from rasterio.transform import from_origin
from rasterio.warp import reproject

from ben_core.errors import DataError, JobError
from ben_core.scene import BandReader, Scene, check_radiometry, open_scene, require_bands
from ben_core.scene.coverage import sampled_coverage
from ben_core.scene.decibels import HIGHEST, LOWEST, decibels, drop_border_noise
from ben_core.scene.radar_units import find_unit, told_quantity, told_unit
from ben_core.scene.types import Backscatter, BandSource, PixelGrid

GRID = PixelGrid("EPSG:32633", 500_000.0, 5_000_040.0, 150, 150)
STORE = {"dB": lambda db: db, "power": lambda db: 10 ** (db / 10), "amplitude": lambda db: 10 ** (db / 20)}


def field(shape: tuple[int, int] = (150, 150), seed: int = 0, looks: float = 5) -> dict[str, np.ndarray]:
    """VV and VH in dB of made land: smooth levels with speckle on them."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]] / 50
    level = -11 + 2 * np.sin(x) + 2 * np.cos(1.3 * y)
    speckle = [10 * np.log10(rng.gamma(looks, 1 / looks, shape)) for _ in range(2)]
    return {"VV": (level + speckle[0]).astype(np.float32), "VH": (level - 6.5 + speckle[1]).astype(np.float32)}


def pixels(scene: Scene, band: str = "VV") -> np.ndarray:
    with BandReader(scene.bands[band]) as reader:
        return reader.read_rows(0, scene.grid.height)


@pytest.fixture
def product(write_tif: Any) -> Any:
    """Factory of S1 products: one multi-band file with named bands."""

    def make(name: str, bands: dict[str, np.ndarray], suffix: str = "", **profile: Any) -> Path:
        stack = np.stack(list(bands.values()))
        return write_tif(name, stack, descriptions=[f"{b}{suffix}" for b in bands], **profile)

    return make


# -- units --------------------------------------------------------------------------------------------------------


def source(unit: str, nodata: float | None = None) -> BandSource:
    return BandSource("x.tif", 1, 10, 1, 1, 1, "float32", "GTiff", nodata=nodata, backscatter=Backscatter(unit, GRID))


@given(hnp.arrays(np.float32, st.integers(1, 40), elements=st.floats(LOWEST + 1, HIGHEST - 1, width=32)))
def test_power_amplitude_and_db_of_one_field_are_the_same_db(db: np.ndarray) -> None:
    db[db == 0] = 1  # dB of exactly 0 are fill
    for unit, store in STORE.items():
        np.testing.assert_allclose(
            decibels(store(db.astype(np.float64)).astype(np.float32), source(unit)), db, atol=2e-4
        )


@pytest.mark.parametrize("unit", STORE)
def test_what_is_no_data(unit: str) -> None:
    values = np.array([0, np.nan, np.inf, -np.inf, -9999, 3.4e38, -32768, 0.77, 0.01], np.float32)
    found = decibels(values, source(unit, nodata=0.77))
    assert np.isnan(found[:8]).all() and np.isfinite(found[8])


@pytest.mark.parametrize("shift", [(0, 0), (30, -20), (3.7, 6.2)], ids=["same grid", "whole pixels", "between pixels"])
def test_a_product_answers_alike_in_every_unit(product: Any, shift: tuple[float, float]) -> None:
    bands = field()
    told = {"transform": from_origin(500_000 + shift[0], 5_000_040 + shift[1], 10, 10)}
    s2 = product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)})
    found = {}
    for unit, store in STORE.items():
        path = product(
            f"{unit}.tif", {b: store(a.astype(np.float64)).astype(np.float32) for b, a in bands.items()}, **told
        )
        found[unit] = pixels(open_scene([str(s2)], s1=[str(path)], s1_unit=unit.lower()), "VH")
    for unit in ("power", "amplitude"):
        np.testing.assert_allclose(found[unit], found["dB"], atol=1e-3)
    if not any(shift):
        np.testing.assert_array_equal(found["dB"], bands["VH"])


@pytest.mark.parametrize(
    ("text", "unit", "quantity"),
    [
        ("Sigma0_VV_db", "dB", "sigma0"),
        ("S1A_IW_20200607T010800_DVP_RTC10_G_gpuned_A1B2_VV", "power", "gamma0"),
        ("S1A_IW_20200607T010800_DVP_RTC10_G_sdunem_A1B2_VV", "dB", "sigma0"),
        ("S1A_IW_20200607T010800_DVP_RTC10_G_gauned_A1B2_VV", "amplitude", "gamma0"),
        ("Intensity_VV", "power", "unknown"),
        ("Gamma0_VH", None, "gamma0"),
        ("S1A__IW___A_20150309T173017_VV_grd_mli_geo_norm_db", "dB", "unknown"),
        ("VV", None, "unknown"),
        ("adb_VV", None, "unknown"),
    ],
)
def test_names_tell_unit_and_quantity(text: str, unit: str | None, quantity: str) -> None:
    assert (told_unit([text]), told_quantity([text])) == (unit, quantity)


@given(
    vv=st.floats(-17, -6), apart=st.floats(5.2, 10), spread=st.floats(0.5, 5),
    unit=st.sampled_from(list(STORE)), seed=st.integers(0, 99),
)  # fmt: skip
def test_values_of_land_never_tell_the_wrong_unit(vv: float, apart: float, spread: float, unit: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    samples = {b: STORE[unit](rng.normal(level, spread, 2000)) for b, level in (("VV", vv), ("VH", vv - apart))}
    try:
        found = find_unit(samples, None, "made").unit
    except DataError as e:
        assert "--s1-unit" in e.hint
        return
    assert found == unit


@pytest.mark.parametrize("unit", ["power", "amplitude"])
def test_linear_values_of_land_are_told(product: Any, unit: str) -> None:
    scene = open_scene([str(product("s1.tif", {b: STORE[unit](a) for b, a in field().items()}))])
    assert scene.passes[0].radiometry.startswith(unit) and f"stored as {unit}" in scene.radiometry
    np.testing.assert_allclose(pixels(scene, "VV"), field()["VV"], atol=1e-3)


@pytest.mark.parametrize(
    ("bands", "name"),
    [
        ({"VV": np.full((130, 130), 0.06, np.float32)}, "one.tif"),
        ({"VV": np.full((130, 130), 0.2, np.float32), "VH": np.full((130, 130), 0.19, np.float32)}, "alike.tif"),
        ({"VV": np.full((130, 130), 300, np.uint16), "VH": np.full((130, 130), 120, np.uint16)}, "raw.tif"),
        (
            {"VV": np.full((130, 130), 0.06, np.float32), "VH": np.full((130, 130), 0.01, np.float32)},
            "so_it_says_db.tif",
        ),
        (field(), "so_it_says_power.tif"),
        ({b: STORE["amplitude"](a) for b, a in field().items()}, "so_it_says_intensity.tif"),
        ({b: STORE["amplitude"](a + 50) for b, a in field().items()}, "raw_amplitude.tif"),
        (
            {b: STORE["amplitude"](a) for b, a in {"VV": field()["VV"] - 3.4, "VH": field()["VH"] - 10}.items()},
            "windy sea.tif",
        ),
        ({b: a * 100 for b, a in field().items()}, "hundredths.tif"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_doubt_is_refused_and_the_flag_settles_it(product: Any, bands: dict[str, np.ndarray], name: str) -> None:
    path = str(product(name, bands))
    with pytest.raises(DataError) as e:
        open_scene([path])
    assert e.value.code == "s1-unit" and "--s1-unit" in e.value.hint
    assert open_scene([path], s1_unit="power").passes[0].radiometry == "power, as given"


def test_scaled_integers_and_polarisations_in_any_order(product: Any) -> None:
    bands = {b: np.rint(a * 100).astype(np.int16) for b, a in field().items()}
    path = product("snap.tif", {b: bands[b] for b in ("VH", "VV")}, suffix="_db")
    with rasterio.open(path, "r+") as f:
        f.scales = (0.01, 0.01)
    scene = open_scene([str(path)])
    for band in ("VV", "VH"):
        np.testing.assert_allclose(pixels(scene, band), field()[band], atol=0.006)


# -- the grid -----------------------------------------------------------------------------------------------------


def test_between_pixels_power_is_interpolated_linearly(product: Any) -> None:
    """A power that is linear in x and y comes out exactly, wherever it is sampled: computed by hand."""
    y, x = np.mgrid[:160, :160]
    ramp = 0.02 + 0.0004 * x + 0.0002 * y
    path = product("ramp.tif", {"VV": ramp, "VH": ramp / 5}, transform=from_origin(499_996.3, 5_000_066.1, 10, 10))
    s2 = product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)})
    found = pixels(open_scene([str(s2)], s1=[str(path)], s1_unit="power"))
    rows, cols = np.mgrid[:150, :150]
    expected = 0.02 + 0.0004 * (cols + 0.37) + 0.0002 * (rows + 2.61)
    np.testing.assert_allclose(found, 10 * np.log10(expected), atol=1e-4)


def test_the_india_scene_as_gdal_warps_it(ben_data: Path) -> None:
    root = ben_data / "scenes" / "ssl4eo_s12_0000200"
    s1 = next((root / "s1" / "0000200").glob("*20200607*"))
    s2 = next((root / "s2a" / "0000200").glob("20200604*"))
    scene = open_scene([str(s2)], s1=[str(s1)])
    assert scene.passes[0].days == pytest.approx(2.8065, abs=1e-3) and scene.passes[0].platform == "Sentinel-1A"
    ours = pixels(scene, "VH")
    with rasterio.open(s1 / "VH.tif") as f:
        power = 10 ** (f.read(1) / 10)
        theirs = np.full(ours.shape, np.nan, np.float32)
        g = scene.grid
        reproject(
            power, theirs, src_transform=f.transform, src_crs=f.crs, src_nodata=np.nan, dst_nodata=np.nan,
            dst_transform=from_origin(g.left, g.top, 10, 10), dst_crs=g.crs, resampling=rasterio.enums.Resampling.bilinear,
        )  # fmt: skip
    both = np.isfinite(ours) & np.isfinite(theirs)
    assert both.mean() > 0.9 and (np.isfinite(ours) != np.isfinite(theirs)).mean() < 0.002
    # GDAL places pixels to an eighth of a pixel; ours are exact to a thousandth.
    off = np.abs(ours - 10 * np.log10(theirs))[both]
    assert np.median(off) < 0.02 and np.percentile(off, 99) < 0.25


def test_finer_pixels_are_averaged_in_power(product: Any) -> None:
    rng = np.random.default_rng(1)
    fine = rng.gamma(2, 0.03, (300, 300))
    path = product("fine.tif", {"VV": fine, "VH": fine}, transform=from_origin(500_000, 5_000_040, 5, 5))
    s2 = product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)})
    found = pixels(open_scene([str(s2)], s1=[str(path)], s1_unit="power"))
    means = fine.reshape(150, 2, 150, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(10 ** (found / 10), means, rtol=1e-4)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_window_holds_what_the_whole_holds(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    scene, whole = _turned(tmp_path_factory)
    rows, cols = (
        sorted(data.draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True))) for n in whole.shape
    )
    with BandReader(scene.bands["VV"]) as reader:
        np.testing.assert_array_equal(reader.read_rows(*rows, *cols), whole[slice(*rows), slice(*cols)])


_TURNED: list[tuple[Scene, np.ndarray]] = []


def _turned(factory: pytest.TempPathFactory) -> tuple[Scene, np.ndarray]:
    """A scene in degrees with holes: read on a UTM grid."""
    if not _TURNED:
        path = factory.mktemp("turned") / "S1A_20200101_VVVH.tif"
        bands = field((400, 300))
        bands["VV"][100:130, 50:90] = np.nan
        bands["VV"][:115, :80] = -45  # border noise
        bands["VV"][150:, 250:270] = -45  # water
        with rasterio.open(
            path, "w", driver="GTiff", width=300, height=400, count=2, dtype="float32", crs="EPSG:4326",
            transform=from_origin(15.5, 45.2, 1.2e-4, 9e-5),
        ) as f:  # fmt: skip
            f.write(np.stack(list(bands.values())))
            f.descriptions = ("VV", "VH")
        scene = open_scene([str(path)])
        whole = pixels(scene)
        assert np.isnan(whole).any() and -46 < np.nanmin(whole) < -44
        _TURNED.append((scene, whole))
    return _TURNED[0]


def test_memory_follows_the_strip_and_not_the_scene(product: Any) -> None:
    def peak(height: int) -> int:
        a = np.tile(field((200, 600))["VV"], (height // 200, 1))
        told = {"transform": from_origin(500_003, 5_000_040, 10, 10), "tiled": True}
        paths = [product(f"{height}_{i}.tif", {"VV": a, "VH": a}, **told) for i in range(2)]
        s2 = product(f"B02_{height}.tif", {"B02": np.full((height, 600), 900, np.uint16)})
        scene = open_scene([str(s2)], s1=list(map(str, paths)))
        with BandReader(scene.bands["VV"]) as reader:
            tracemalloc.start()
            for row in range(0, height, 200):
                reader.read_rows(row, row + 200)
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return found

    assert peak(3200) < 1.2 * peak(800)


# -- mosaics ------------------------------------------------------------------------------------------------------


def test_the_nearest_pass_comes_first_whatever_the_order(product: Any) -> None:
    s2 = str(product("S2A_20200610_B02.tif", {"B02": np.full((150, 150), 900, np.uint16)}))
    bands = field()
    near = {b: a.copy() for b, a in bands.items()}
    for a in near.values():
        a[:, 100:] = np.nan
    far = {b: a - 3 for b, a in bands.items()}
    far["VV"][50:80] = -9999
    unknown = {b: a - 6 for b, a in bands.items()}
    paths = [
        str(product("S1A_20200701T060000.tif", far)),
        str(product("S1B_20200611T060000.tif", near)),
        str(product("S1.tif", unknown)),
    ]
    found = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 1, 0, 2)):
        scene = open_scene([s2], s1=[paths[i] for i in order])
        assert [p.name for p in scene.passes] == ["S1B_20200611T060000", "S1A_20200701T060000", "S1"]
        found.append(pixels(scene))
    expected = np.where(np.isnan(near["VV"]), np.where(far["VV"] == -9999, unknown["VV"], far["VV"]), near["VV"])
    for a in found:
        np.testing.assert_array_equal(a, expected)
    assert [code for code, _ in scene.notes].count("s1-time") == 1  # 21 days; the other one is a day off


def test_slices_without_sentinel_2_lie_on_one_grid(product: Any) -> None:
    bands = field((260, 150))
    north = product("S1A_20200611T060000.tif", {b: a[:140] for b, a in bands.items()})
    south = product(
        "S1A_20200611T060025.tif",
        {b: a[130:] for b, a in bands.items()},
        transform=from_origin(500_000, 5_000_040 - 1300, 10, 10),
    )
    scene = open_scene([], s1=[str(south), str(north)])
    rows = (scene.grid.top - 5_000_040) / 10
    cols = (500_000 - scene.grid.left) / 10
    whole = pixels(scene, "VH")[int(rows) : int(rows) + 260, int(cols) : int(cols) + 150]
    np.testing.assert_array_equal(whole, bands["VH"])
    assert scene.sensor == "sentinel-1" and scene.instrument.startswith("Sentinel-1A")
    other = open_scene([], s1=[str(north), str(south)])
    assert other.name == scene.name == "S1A_20200611T060025" and other.grid == scene.grid
    np.testing.assert_array_equal(pixels(other, "VH"), pixels(scene, "VH"))


def test_one_file_a_polarisation_is_one_product(product: Any) -> None:
    s2 = product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)})
    files = [product(f"S1A_20200611_{b}_db.tif", {b: a}) for b, a in field().items()]
    scene = open_scene([str(s2)], s1=list(map(str, files)))
    assert len(scene.passes) == 1 and {"VV", "VH"} <= set(scene.bands)


# -- what is masked and refused ---------------------------------------------------------------------------------------


def test_border_noise_goes_and_dark_water_stays() -> None:
    db = np.full((3, 10), -12.0, np.float32)
    db[:, :2] = np.nan
    db[0, 2:4] = -41  # beside "no data"
    db[1, 4:6] = -41  # within the image
    db[2, 8:] = -50  # at the file's edge
    edge, inside = np.full(3, True), np.full(3, False)
    whole = db.copy()
    found = np.isnan(drop_border_noise(db, left=edge, right=edge))
    assert found[0].tolist() == [True] * 4 + [False] * 6
    assert found[1].tolist() == [True] * 2 + [False] * 8
    assert found[2].tolist() == [True] * 2 + [False] * 6 + [True] * 2
    assert np.isnan(drop_border_noise(whole, left=inside, right=inside)[2]).tolist() == [True] * 2 + [False] * 8


def test_a_single_polarisation_opens_and_says_why_it_does_not_suffice(ben_data: Path) -> None:
    path = next((ben_data / "sentinel1").glob("S1A*_VV_*_db.tif"))
    scene = open_scene([str(path)])
    assert list(scene.bands) == ["VV"] and scene.passes[0].radiometry == "dB, as its metadata say"
    assert {"s1-coarse"} <= {code for code, _ in scene.notes}
    with rasterio.open(path) as f:
        stored = f.read(1, masked=True)
    # 20 m pixels, bilinear in power: pixel centres fall a quarter of a pixel beside theirs.
    assert np.nanmedian(pixels(scene)) == pytest.approx(float(np.ma.median(stored)), abs=0.6)
    with pytest.raises(DataError, match="polarisation VV only"):
        require_bands(scene, ["VV", "VH"])


def test_another_place_is_refused_and_a_part_left_out(product: Any) -> None:
    s2 = str(product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)}))
    here = str(product("here.tif", field()))
    away = str(product("away.tif", field(), transform=from_origin(560_000, 5_000_040, 10, 10)))
    zone = str(product("zone.tif", field(), crs="EPSG:32643"))
    for path in (away, zone):
        with pytest.raises(DataError, match="share no pixel"):
            open_scene([s2], s1=[path])
    scene = open_scene([s2], s1=[away, here])
    assert [p.name for p in scene.passes] == ["here"] and "s1-elsewhere" in {code for code, _ in scene.notes}


def test_the_share_with_data_favours_no_edges(product: Any) -> None:
    for side, share in ((150, {"sentinel_1": 0.6, "sentinel_2": 0.64}), (1500, {"sentinel_1": 0.6, "sentinel_2": 1})):
        optical, radar = np.full((side, side), 900, np.uint16), field((side, side))
        for band in radar.values():
            band[:, side * 6 // 10 :] = np.nan
        frame = 15 if side == 150 else 8
        optical[:frame] = optical[-frame:] = optical[:, :frame] = optical[:, -frame:] = 0
        files = product("B02.tif", {"B02": optical}, nodata=0), product("S1_db.tif", radar)
        found = sampled_coverage(open_scene([str(files[0])], s1=[str(files[1])]))
        assert found == pytest.approx(share, abs=0.001 if side == 150 else 0.05)


def test_no_data_at_all_is_refused(product: Any) -> None:
    empty = {b: np.full((150, 150), np.nan, np.float32) for b in ("VV", "VH")}
    with pytest.raises(DataError, match="nothing tells their unit"):
        open_scene([str(product("s1.tif", empty))])
    scene = open_scene([str(product("s1_db.tif", empty))])
    with pytest.raises(DataError, match="no Sentinel-1 data"):
        check_radiometry(scene)


def test_a_file_cut_off_names_its_rows(product: Any, tmp_path: Path) -> None:
    whole = product("whole.tif", field((600, 600)), compress="deflate")
    cut = tmp_path / "cut.tif"
    shutil.copy(whole, cut)
    with cut.open("r+b") as f:
        f.truncate(cut.stat().st_size // 2)
    with pytest.raises(DataError, match=r"cut\.tif"):
        pixels(open_scene([str(cut)], s1_unit="db"))


def test_levels_and_swapped_names_are_pointed_out(product: Any) -> None:
    bands = field()
    right = open_scene([str(product("s1.tif", bands))])
    assert check_radiometry(right) == ()
    swapped = open_scene([str(product("swapped.tif", {"VV": bands["VH"], "VH": bands["VV"]}))])
    assert "s1-swapped" in {code for code, _ in check_radiometry(swapped)}
    dark = open_scene([str(product("dark.tif", {b: a - 20 for b, a in bands.items()}))])
    assert {code for code, _ in check_radiometry(dark)} == {"s1-level"}


def test_bigearthnets_own_patches_raise_no_doubt(ben_data: Path) -> None:
    folders = sorted((ben_data / "bigearthnet" / "v1" / "BigEarthNet-S1-v1.0").iterdir())
    assert folders
    medians = []
    for folder in folders:
        scene = open_scene([str(folder)])
        assert not [n for n in (*scene.notes, *check_radiometry(scene)) if n[0] != "s1-level"]
        with rasterio.open(next(folder.glob("*_VV.tif"))) as f:
            np.testing.assert_array_equal(pixels(scene, "VV"), f.read(1))
        medians.append([np.nanmedian(pixels(scene, b)) for b in ("VV", "VH")])
    # Their mean lies near that of the whole archive (ConfigILM's statistics of v2: -12.64 and -19.35 dB).
    assert np.mean(medians, axis=0) == pytest.approx([-12.64, -19.35], abs=3)


def test_a_day_that_no_calendar_has_is_no_time(product: Any) -> None:
    s2 = str(product("S2A_20200610_B02.tif", {"B02": np.full((150, 150), 900, np.uint16)}))
    scene = open_scene([s2], s1=[str(product("S1A_20200231T060000_db.tif", field()))])
    assert scene.passes[0].acquired is None and scene.passes[0].days is None


def test_what_else_is_refused(product: Any, tmp_path: Path) -> None:
    bands = field()
    hh = {"HH": bands["VV"]}
    for name in ("S1A_HH.tif", "S1A.tif"):
        with pytest.raises(DataError, match="polarisations HH"):
            open_scene([str(product(name, hh | {"angle": hh["HH"]}))])
    for name in ("S1A_EW_GRDM_1SDV_20200607T010800_rtc.tif", "S1A__S3___A_20150309T173017_db.tif"):
        with pytest.raises(DataError, match=r"in mode (EW|S3)"):
            open_scene([str(product(name, bands))])
    raw = tmp_path / "S1A_IW_GRDH_1SDV_20200607T010800_20200607T010825_032904_03CFBA_D457.SAFE"
    raw.mkdir()
    for given_as in ({"s1": [str(raw)], "paths": []}, {"paths": [str(raw)]}):
        with pytest.raises(DataError, match="raw Sentinel-1 product"):
            open_scene(**given_as)
    with pytest.raises(DataError, match="without names"):
        open_scene([str(product("x.tif", {"1": bands["VV"], "2": bands["VH"]}))])
    named = open_scene([str(product("y.tif", {"1": bands["VV"], "2": bands["VH"]}))], bands={"VH": 2, "VV": 1})
    np.testing.assert_array_equal(pixels(named, "VH"), bands["VH"])
    s1, s2 = str(product("s1.tif", bands)), str(product("B02.tif", {"B02": np.full((150, 150), 900, np.uint16)}))
    with pytest.raises(JobError, match="--scale"):
        open_scene([s1], scale=2.0)
    with pytest.raises(JobError, match="holds Sentinel-1 already"):
        open_scene([s1], s1=[s1])
    with pytest.raises(DataError, match="no VV or VH"):
        open_scene([s2], s1=[s2])
    with pytest.raises(DataError, match="no file"):
        open_scene([s2], s1=["nowhere.tif"])
    with pytest.raises(JobError, match="unknown"):
        open_scene([s1], s1_unit="linear")
    gamma = open_scene([str(product("g.tif", bands, suffix="_gamma0"))])
    assert gamma.passes[0].quantity == "gamma0" and "s1-gamma0" in {code for code, _ in gamma.notes}
