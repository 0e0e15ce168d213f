"""The sample: SAFE writer against independent readers, the landscape's laws, the command."""

import errno
import hashlib
import importlib.util
import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from ben_core.errors import JobError, OutputError, StorageError
from ben_core.nomenclature import BANDS as BAND_INFO
from ben_core.nomenclature import CLASSES, S2_BANDS
from ben_core.products.legend import CATEGORIES, CODES
from ben_core.sample import make_sample, write_safe
from ben_core.sample.clouds import SHADOW_X, SHADOW_Y
from ben_core.sample.geography import SUN_AZIMUTH, make_geography
from ben_core.sample.landcover import Landcover
from ben_core.sample.lines import Line, distance
from ben_core.sample.noise import STEP, mix, spectral, tiled, upsample
from ben_core.sample.render import Scene
from ben_core.sample.safe import JP2_TILE
from ben_core.sample.spectra import BANDS, MATERIALS, SPECTRA, table
from ben_core.scene import open_scene

REPOSITORY = Path(__file__).parents[2]
SIZE = 600
PLACE = {"left": 300_000.0, "top": 5_000_040.0, "epsg": 32633, "tile": "33TUL", "acquired": "2023-06-21T10:05:59.024Z"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory):
    return make_sample(tmp_path_factory.mktemp("made") / "sample", size=SIZE, seed=7)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(SIZE, SIZE, 7)


def random_pixels(bands=BANDS, side=120, seed=0) -> dict[str, np.ndarray]:
    """Any uint16, with no data, the smallest and the largest number among them."""
    rng = np.random.default_rng(seed)
    out = {}
    for band in bands:
        n = side * 10 // BAND_INFO[band].resolution
        out[band] = rng.integers(0, 12_000, (n, n), dtype=np.uint16)
        out[band].flat[:4] = 0, 1, 64_535, 65_535
    return out


def image(product: Path, band: str) -> Path:
    resolution = BAND_INFO[band].resolution if band in BAND_INFO else 20
    (path,) = product.glob(f"GRANULE/*/IMG_DATA/R{resolution}m/*_{band}_{resolution}m.jp2")
    return path


def digest(folder: Path) -> dict[str, str]:
    return {
        str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest()
        for f in sorted(folder.rglob("*"))
        if f.is_file()
    }


# --- the SAFE writer ---


def test_every_band_comes_back_exactly_and_in_place(tmp_path):
    pixels = random_pixels()
    scl = np.random.default_rng(1).integers(0, 12, (60, 60), dtype=np.uint8)
    product = write_safe(tmp_path, pixels, scl=scl, **PLACE)
    assert product.name == "S2A_MSIL2A_20230621T100559_N0509_R022_T33TUL_20230621T140559.SAFE"
    for band, dn in pixels.items():
        with rasterio.open(image(product, band)) as file:
            stored, step = file.read(1).astype(int), BAND_INFO[band].resolution
            assert file.transform == from_origin(PLACE["left"], PLACE["top"], step, step)
            assert file.crs.to_epsg() == 32633
        expected = np.where(dn == 0, 0, np.minimum(dn.astype(int) + 1000, 65_535))
        np.testing.assert_array_equal(stored, expected)
    with rasterio.open(image(product, "SCL")) as file:
        np.testing.assert_array_equal(file.read(1), scl)


@pytest.mark.parametrize(("resolution", "band"), [(10, "B02"), (20, "B05"), (60, "B09")])
def test_jp2_tiles_are_those_of_esa(tmp_path, resolution, band):
    n = (JP2_TILE[resolution] // 6 + 6) * 6  # a little more than one tile, and whole 60 m pixels
    pixels = {band: np.full((n, n), 500, np.uint16)}
    with rasterio.open(image(write_safe(tmp_path, pixels, **PLACE), band)) as file:
        assert file.block_shapes == [(JP2_TILE[resolution],) * 2]


def test_coarser_copies_are_means_of_pixels_with_data(tmp_path):
    dn = np.full((12, 12), 300, np.uint16)
    dn[:2, :2] = [[100, 0], [0, 201]]
    dn[:2, 2:4] = 0
    product = write_safe(tmp_path, {"B03": dn}, offset=0, baseline="02.14", **PLACE)
    (copy,) = product.glob("GRANULE/*/IMG_DATA/R20m/*_B03_20m.jp2")
    with rasterio.open(copy) as file:
        assert file.read(1)[0, :3].tolist() == [151, 0, 300]


@settings(max_examples=60, deadline=None)
@given(st.integers(-3000, 3000), st.lists(st.integers(0, 65_535), min_size=1, max_size=30))
def test_offset_law(offset, values):
    from ben_core.sample.safe import _store

    dn = np.array(values, dtype=np.uint16)
    expected = [0 if v == 0 else min(max(v - offset, 1), 65_535) for v in values]
    assert _store(dn, offset).tolist() == expected


def test_metadata_say_what_was_written(tmp_path):
    scl = np.full((60, 60), 4, np.uint8)
    scl[:15] = 9
    product = write_safe(tmp_path, random_pixels(), scl=scl, **PLACE)
    root = ET.parse(product / "MTD_MSIL2A.xml").getroot()
    text = {e.tag.split("}")[-1]: e.text for e in root.iter()}
    assert text["PROCESSING_BASELINE"] == "05.09"
    assert text["PRODUCT_START_TIME"] == "2023-06-21T10:05:59.024Z"
    assert text["BOA_QUANTIFICATION_VALUE"] == "10000"
    offsets = {e.get("band_id"): e.text for e in root.iter("BOA_ADD_OFFSET")}
    assert offsets == {str(i): "-1000" for i in range(13)}
    physical = {e.get("bandId"): e.get("physicalBand") for e in root.iter("Spectral_Information")}
    assert [physical[str(i)] for i in (0, 7, 8, 12)] == ["B1", "B8", "B8A", "B12"]
    for listed in root.iter("IMAGE_FILE"):
        assert (product / f"{listed.text}.jp2").is_file()
    on_disk = {str(f.relative_to(product)) for f in product.rglob("*.jp2")}
    assert {f"{e.text}.jp2" for e in root.iter("IMAGE_FILE")} == on_disk

    (tile,) = product.glob("GRANULE/*/MTD_TL.xml")
    root = ET.parse(tile).getroot()
    text = {e.tag.split("}")[-1]: e.text for e in root.iter()}
    assert text["TILE_ID"] == "S2A_OPER_MSI_L2A_TL_BEN__20230621T140559_A041826_T33TUL_N05.09"  # BEN_: generated
    assert text["HORIZONTAL_CS_CODE"] == "EPSG:32633"
    assert text["HORIZONTAL_CS_NAME"] == "WGS84 / UTM zone 33N"
    sizes = {e.get("resolution"): (e.findtext("NROWS"), e.findtext("NCOLS")) for e in root.iter("Size")}
    assert sizes == {"10": ("120", "120"), "20": ("60", "60"), "60": ("20", "20")}
    corners = {(e.findtext("ULX"), e.findtext("ULY")) for e in root.iter("Geoposition")}
    assert corners == {("300000", "5000040")}
    assert float(text["CLOUDY_PIXEL_PERCENTAGE"]) == 25
    assert float(text["VEGETATION_PERCENTAGE"]) == 75


def test_manifest_lists_every_file_with_its_checksum(tmp_path):
    product = write_safe(tmp_path, random_pixels(), **PLACE)
    listed = {}
    for stream in ET.parse(product / "manifest.safe").getroot().iter("byteStream"):
        path = product / stream.find("fileLocation").get("href")
        data = path.read_bytes()
        listed[str(path.relative_to(product))] = None
        assert int(stream.get("size")) == len(data)
        assert stream.findtext("checksum").lower() == hashlib.sha3_256(data).hexdigest()
        assert stream.find("checksum").get("checksumName") == "SHA3-256"
    files = {str(f.relative_to(product)) for f in product.rglob("*") if f.is_file()}
    assert set(listed) == files - {"manifest.safe"}


@pytest.mark.parametrize(
    ("level", "prefix", "bands"), [("L2A", "SENTINEL2_L2A", BANDS), ("L1C", "SENTINEL2_L1C", S2_BANDS)]
)
def test_gdals_own_sentinel2_driver_reads_the_product(tmp_path, level, prefix, bands):
    """An independent reader that follows ESA's layout finds every band where it belongs."""
    pixels = random_pixels(bands)
    product = write_safe(tmp_path, pixels, level=level, **PLACE)
    main = product / f"MTD_MSI{level}.xml"
    with rasterio.open(main) as file:
        assert len(file.subdatasets) >= 3
    seen = set()
    for resolution in (10, 20, 60):
        with rasterio.open(f"{prefix}:{main}:{resolution}m:EPSG_32633") as file:
            assert file.transform == from_origin(PLACE["left"], PLACE["top"], resolution, resolution)
            for i, description in enumerate(file.descriptions, 1):
                short = (description or "").split(",")[0]
                band = f"B{short[1:].zfill(2)}"
                if short.startswith("B") and band in pixels and BAND_INFO[band].resolution == resolution:
                    stored = np.where(pixels[band] == 0, 0, np.minimum(pixels[band].astype(int) + 1000, 65_535))
                    np.testing.assert_array_equal(file.read(i), stored)
                    seen.add(band)
    assert seen == set(bands)


def test_l1c_has_its_own_offsets_and_no_resolution_folders(tmp_path):
    product = write_safe(tmp_path, random_pixels(S2_BANDS), level="L1C", **PLACE)
    root = ET.parse(product / "MTD_MSIL1C.xml").getroot()
    assert {e.text for e in root.iter("RADIO_ADD_OFFSET")} == {"-1000"}
    names = sorted(f.name for f in product.glob("GRANULE/L1C_*/IMG_DATA/*.jp2"))
    assert names == sorted(f"T33TUL_20230621T100559_{b}.jp2" for b in S2_BANDS)


def test_before_baseline_04_there_is_no_list_of_offsets(tmp_path):
    product = write_safe(tmp_path, {"B02": np.full((12, 12), 7, np.uint16)}, baseline="02.14", offset=0, **PLACE)
    assert "BOA_ADD_OFFSET" not in (product / "MTD_MSIL2A.xml").read_text()
    with rasterio.open(image(product, "B02")) as file:
        assert (file.read(1) == 7).all()


def test_our_reader_finds_the_numbers_again(tmp_path):
    product = write_safe(tmp_path, random_pixels(), scl=np.full((60, 60), 4, np.uint8), **PLACE)
    scene = open_scene([str(product)])
    assert (scene.level, scene.baseline, scene.grid.crs) == ("L2A", "05.09", "EPSG:32633")
    assert (scene.grid.left, scene.grid.top, scene.grid.width) == (300_000, 5_000_040, 120)
    assert set(scene.bands) == set(BANDS)
    assert all(b.resolution == BAND_INFO[n].resolution and b.offset == -1000 for n, b in scene.bands.items())


@pytest.mark.parametrize(
    ("pixels", "options"),
    [
        ({}, {}),
        ({"B02": np.zeros((12, 12), np.float32)}, {}),
        ({"B02": np.zeros((13, 12), np.uint16)}, {}),
        ({"B02": np.zeros((12, 12), np.uint16), "B05": np.zeros((12, 12), np.uint16)}, {}),
        ({"B10": np.zeros((2, 2), np.uint16)}, {}),
        ({"VV": np.zeros((12, 12), np.uint16)}, {}),
        ({"B02": np.zeros((12, 12), np.uint16)}, {"level": "L3"}),
        ({"B02": np.zeros((12, 12), np.uint16)}, {"scl": np.zeros((12, 12), np.uint8)}),
    ],
)
def test_pixels_that_make_no_product_leave_nothing(tmp_path, pixels, options):
    with pytest.raises(ValueError, match=r"B\d\d|SCL|level|bands"):
        write_safe(tmp_path, pixels, **options, **PLACE)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_sentence_and_no_product(tmp_path, monkeypatch):
    real, written = Path.write_bytes, []

    def full_after_three(self, data):
        written.append(self)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full_after_three)
    with pytest.raises(StorageError, match="No space left"):
        write_safe(tmp_path, random_pixels(), **PLACE)
    assert not list(tmp_path.iterdir())


def test_an_existing_product_is_not_touched_and_a_killed_draft_is_swept(tmp_path):
    pixels = {"B02": np.full((12, 12), 7, np.uint16)}
    product = write_safe(tmp_path, pixels, **PLACE)
    before = digest(product)
    with pytest.raises(OutputError, match="exists already"):
        write_safe(tmp_path, pixels, **PLACE)
    assert digest(product) == before
    draft = tmp_path / "other" / f".{product.name}.part" / "GRANULE"
    draft.mkdir(parents=True)
    (draft / "torn.jp2").write_bytes(b"half")
    assert digest(write_safe(tmp_path / "other", pixels, **PLACE)) == before
    assert [p.name for p in (tmp_path / "other").iterdir()] == [product.name]


# --- the landscape ---


def test_every_class_has_a_sensible_share(sample):
    with rasterio.open(sample.truth) as file:
        klass = file.read(1)
        palette = file.colormap(1)
        assert file.transform == from_origin(499_980, 4_600_020, 10, 10)
    counts = np.bincount(klass.ravel(), minlength=20)
    assert counts[0] == 0
    assert len(counts) == 20
    share = {name: counts[code] / klass.size for name, code in CODES.items()}
    assert min(share.values()) > 0.001, min(share, key=share.get)
    assert 0.1 < share["Marine waters"] < 0.35
    assert 0.1 < sum(share[n] for n in ("Arable land", "Pastures", "Complex cultivation patterns")) < 0.6
    for c in CATEGORIES:
        assert palette[c.code][:3] == tuple(int(CLASSES[c.name].colour[i : i + 2], 16) for i in (1, 3, 5))
    names = [e.text for e in ET.parse(f"{sample.truth}.aux.xml").iter("Category")]
    assert [names[CODES[n]] for n in CLASSES] == list(CLASSES)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 119), st.integers(0, 2**31))
def test_a_strip_does_not_depend_on_the_cut(cut, seed):
    cover = Landcover(make_geography(240, 240, seed))
    whole, upper, lower = cover.strip(0, 120), cover.strip(0, cut), cover.strip(cut, 120)
    for part in ("klass", "material", "field"):
        np.testing.assert_array_equal(
            getattr(whole, part), np.concatenate([getattr(upper, part), getattr(lower, part)])
        )


def test_the_sea_lies_in_the_west_and_the_river_reaches_it():
    g = make_geography(1200, 1200, 7)
    cover = Landcover(g).strip(0, 1200)
    sea = cover.klass == CODES["Marine waters"]
    assert sea[:, :60].mean() > 0.95
    assert sea[:, 700:].mean() < 0.01
    water = sea | np.isin(cover.klass, [CODES["Inland waters"]])
    x, y = (g.rivers[0].points + 0.5).astype(int).T
    inside = (x >= 0) & (x < 1200) & (y >= 0) & (y < 1200)
    assert water[y[inside], x[inside]].mean() > 0.97  # the rest are bridges' neighbours and rounding
    assert x.min() < 0.3 * 1200
    assert x.max() >= 1199


def test_spectra_of_the_pixels_are_the_measured_ones(scene):
    """Log means of materials in clear pixels follow the table; borders and slopes blur them a little."""
    cover = Landcover(make_geography(SIZE, SIZE, 7))
    measured, made = [], []
    sums = {band: np.zeros(len(MATERIALS)) for band in ("B02", "B03", "B04", "B08")}
    counts = np.zeros(len(MATERIALS))
    for strip in scene.strips():
        material = cover.strip(strip.row0, strip.row1).material
        clear = np.isin(strip.scl, (4, 5, 6)).repeat(2, axis=0).repeat(2, axis=1)
        counts += np.bincount(material[clear], minlength=len(MATERIALS))
        for band, total in sums.items():
            total += np.bincount(material[clear], weights=strip.dn[band][clear], minlength=len(MATERIALS))
    common = counts > 1500
    assert common.sum() > 12
    for band, total in sums.items():
        measured.append(np.log(table("mean", band)[common]))
        made.append(np.log(total[common] / counts[common]))
    assert np.corrcoef(np.concatenate(measured), np.concatenate(made))[0, 1] > 0.97
    assert np.median(np.abs(np.concatenate(measured) - np.concatenate(made))) < 0.12


def test_clouds_are_bright_and_their_shadows_fall_away_from_the_sun(scene):
    strips = list(scene.strips())
    scl = np.concatenate([s.scl for s in strips])
    swir = np.concatenate([s.dn["B11"] for s in strips]).astype(float)
    blue = np.concatenate([s.dn["B02"] for s in strips])[::2, ::2].astype(float)
    assert {3, 4, 5, 6, 8, 9} <= set(np.unique(scl).tolist())
    assert blue[scl == 9].mean() > 2500
    assert swir[scl == 3].mean() < 0.75 * swir[np.isin(scl, (4, 5))].mean()
    away = np.array([SHADOW_X, SHADOW_Y]) / np.hypot(SHADOW_X, SHADOW_Y)
    np.testing.assert_allclose(away, [-np.sin(SUN_AZIMUTH), np.cos(SUN_AZIMUTH)], atol=0.03)
    cloud = np.argwhere(scl == 9)
    shadow = cloud + np.array([SHADOW_Y // 2, SHADOW_X // 2])
    inside = ((shadow >= 0) & (shadow < len(scl))).all(axis=1)
    assert np.isin(scl[tuple(shadow[inside].T)], (3, 8, 9, 10)).mean() > 0.95


def test_noise_is_standardised_and_periodic():
    field = spectral(np.random.default_rng(0), (64, 96), 3.0, 20)
    assert field.shape == (64, 96)
    assert abs(field.mean()) < 1e-5
    assert field.std() == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(tiled(field, -3, 130, 200)[3 + 64 :][:66, 96:192], field[np.arange(66) % 64])


def test_upsampling_keeps_a_plane_and_is_cut_anywhere():
    plane = np.add.outer(np.arange(12.0) * 3, np.arange(10.0)).astype(np.float32)
    seen = upsample(plane, 20, 60, 10 * STEP)
    rows, cols = (np.arange(20, 60) + 0.5) / STEP - 0.5, (np.arange(10, 70) + 0.5) / STEP - 0.5
    np.testing.assert_allclose(seen[:, 10:70], np.add.outer(rows * 3, cols), atol=1e-4)


def test_distance_to_a_line_is_that_of_geometry():
    line = Line(np.array([[10.0, 5.0], [40.0, 45.0]]), np.array([2.0, 2.0]))
    seen = distance([line], 0, 50, 50, reach=15.0)
    y, x = np.mgrid[0:50, 0:50] + 0.5
    t = np.clip(((x - 10) * 30 + (y - 5) * 40) / 2500, 0, 1)
    expected = np.minimum(np.hypot(x - 10 - 30 * t, y - 5 - 40 * t) - 2, 15)
    np.testing.assert_allclose(seen, expected, atol=1e-4)


def test_hash_spreads_evenly_and_tells_neighbours_apart():
    i, j = np.mgrid[0:200, 0:200]
    hashed = mix(i, j)
    assert len(np.unique(hashed)) > 39_990
    assert abs(np.corrcoef(hashed[:, :-1].ravel(), hashed[:, 1:].ravel())[0, 1]) < 0.02


# --- the whole sample ---


def test_equal_seeds_give_equal_bytes_and_other_seeds_others(tmp_path):
    one = make_sample(tmp_path / "one", size=240, seed=3)
    two = make_sample(tmp_path / "two", size=240, seed=3)
    other = make_sample(tmp_path / "other", size=240, seed=4)
    assert digest(tmp_path / "one") == digest(tmp_path / "two")
    assert one.product.name == two.product.name == other.product.name
    assert one.truth.read_bytes() != other.truth.read_bytes()


def test_the_sample_is_a_scene_with_clouds_and_offset(sample):
    scene = open_scene([str(sample.product)])
    assert scene.grid.width == scene.grid.height == SIZE
    assert scene.mask is not None
    assert set(scene.bands) == set(BANDS)
    assert all(b.offset == -1000 for b in scene.bands.values())


def test_an_existing_output_is_refused_unless_it_is_a_sample(tmp_path):
    out = tmp_path / "out"
    make_sample(out, size=240, seed=1)
    with pytest.raises(OutputError, match="exists already") as refused:
        make_sample(out, size=240, seed=2)
    assert "--overwrite" in refused.value.hint
    before = digest(out)
    make_sample(out, size=240, seed=2, overwrite=True)
    assert digest(out) != before
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="thesis"):
        make_sample(out, size=240, seed=3, overwrite=True)
    assert (out / "thesis.txt").read_text() == "years of work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("out", [".", "file/sample", "file"])
def test_odd_outputs_are_refused(tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    with pytest.raises(OutputError, match=r"file|current folder"):
        make_sample(out, size=240)
    assert Path("file").read_text() == "mine"


@pytest.mark.parametrize("size", [0, -6, 241, 234, 10_986, 600.5])
def test_a_size_that_makes_no_scene_is_refused(tmp_path, size):
    with pytest.raises(JobError, match="--size"):
        make_sample(tmp_path / "out", size=size)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_that_is_none_is_refused(tmp_path, seed):
    with pytest.raises(JobError, match="--seed"):
        make_sample(tmp_path / "out", size=240, seed=seed)


def test_overwriting_on_a_full_disk_keeps_the_old_sample(tmp_path, monkeypatch):
    make_sample(tmp_path / "out", size=240, seed=1)
    before = digest(tmp_path / "out")

    def full(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError):
        make_sample(tmp_path / "out", size=240, seed=2, overwrite=True)
    monkeypatch.undo()
    assert digest(tmp_path / "out") == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_command_makes_a_sample_and_says_where(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "ben_core", "sample", str(tmp_path / "s"), "--size", "240", "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    paths = json.loads(run.stdout)
    assert set(paths) == {"product", "truth", "truth_picture", "preview"}
    assert all(Path(p).exists() for p in paths.values())


# --- the measured numbers ---


def test_the_table_is_complete():
    assert len(BANDS) == 12
    assert set(BANDS) == set(S2_BANDS) - {"B10"}
    for name, s in SPECTRA.items():
        assert 0 <= s.neighbour <= 1, name
        assert all(len(v) == 12 for v in (s.mean, s.field1, s.field2, s.texture1, s.texture2)), name
        assert min(s.mean) > 0, name


@pytest.mark.parametrize("name", ["lake", "conifer", "soil", "gardens"])
def test_the_table_can_be_measured_again(ben_data, name):
    """The four bands of the labelled pixels, measured anew on the real patches."""
    spec = importlib.util.spec_from_file_location("measure_spectra", REPOSITORY / "benchmarks" / "measure_spectra.py")
    measure = importlib.util.module_from_spec(spec)
    sys.modules["measure_spectra"] = measure  # dataclasses look their module up
    spec.loader.exec_module(measure)
    (rule,) = (r for r in measure.RULES if r.name == name)
    tiles = []
    for dn, candidates in measure.images(rule, ben_data):
        found = measure.select(rule, dn, candidates)
        for r in range(0, 120, measure.TILE):
            for c in range(0, 120, measure.TILE):
                mask = found[r : r + measure.TILE, c : c + measure.TILE]
                if mask.sum() >= measure.ENOUGH:
                    tiles.append(dn[r : r + measure.TILE, c : c + measure.TILE][mask].mean(axis=0))
    mean = np.array(SPECTRA[name].mean)[measure.FOUR]
    np.testing.assert_allclose(np.mean(tiles, axis=0), mean, atol=0.51)
