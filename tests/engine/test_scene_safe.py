"""SAFE products: every baseline's metadata, offsets by band, folder and zip, and hostile archives."""

import re
import shutil
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from ben_core.errors import BenError, DataError, JobError
from ben_core.nomenclature import BANDS, S2_BANDS
from ben_core.sample.safe import encode_jp2, write_safe
from ben_core.scene import BandReader, Scene, open_scene, require_bands, trees
from ben_core.scene.jp2 import jp2_damage
from ben_core.scene.metadata import product_info
from ben_core.scene.safexml import read_xml

SIDE = 240  # px of 10 m: the generated images are small, sizes in the metadata are mended to match
L2A_BANDS = tuple(b for b in S2_BANDS if b != "B10")


def pixels(scene: Scene, band: str) -> np.ndarray:
    source = scene.bands[band]
    with BandReader(source) as reader:
        return reader.read_rows(0, source.height)


def codes(scene: Scene) -> list[str]:
    # Products that we write say so; that is no finding of the reader.
    return [code for code, _ in scene.notes if code != "generated"]


def stored(seed: int, resolution: int) -> np.ndarray:
    """DN as a file may hold them, the special values 0 and 65535 among them."""
    side = SIDE * 10 // resolution
    values = np.random.default_rng(seed).integers(1, 9000, (side, side), np.uint16)
    values[0, :4] = (0, 1, 1000, 65535)
    return values


# -- a product with pixels ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> dict[str, np.ndarray]:
    return {b: stored(i, BANDS[b].resolution) % 9000 + 1 for i, b in enumerate(L2A_BANDS)}


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, made: dict[str, np.ndarray]) -> Path:
    """A generated L2A product of baseline 05.09 with its offset."""
    return write_safe(
        tmp_path_factory.mktemp("product"),
        made,
        left=499_980,
        top=5_000_040,
        epsg=32633,
        tile="33TWL",
        acquired="2023-06-25T10:05:59Z",
        scl=np.full((SIDE // 2, SIDE // 2), 4, np.uint8),
    )


@pytest.fixture
def copy(product: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(product, tmp_path / product.name))


def image(product: Path, ending: str) -> Path:
    (found,) = product.glob(f"GRANULE/*/IMG_DATA/**/*{ending}")
    return found


def zipped(product: Path, target: Path, inside: str = "", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target, "w", method) as archive:
        for file in sorted(product.rglob("*")):
            archive.write(file, f"{inside}{product.name}/{file.relative_to(product)}")
    return target


def test_a_product_reads_back_as_it_was(product: Path, made: dict[str, np.ndarray]) -> None:
    scene = open_scene([str(product)])
    assert list(scene.bands) == list(L2A_BANDS)
    for band in L2A_BANDS:
        assert scene.bands[band].resolution == BANDS[band].resolution
        assert np.array_equal(pixels(scene, band), made[band])
    assert (scene.level, scene.baseline, scene.platform) == ("L2A", "05.09", "Sentinel-2A")
    assert scene.name == product.stem and scene.tile is None  # the pixels are no whole tile
    assert scene.mask is not None and scene.mask.source.resolution == 20
    assert "offset -1000" in scene.radiometry
    assert codes(scene) == []
    assert set(scene.files) >= {str(image(product, "B02_10m.jp2")), str(product / "MTD_MSIL2A.xml")}


def test_the_metadata_file_and_the_folder_around_are_the_product(product: Path) -> None:
    whole = open_scene([str(product)])
    for path in (product / "MTD_MSIL2A.xml", product.parent):
        scene = open_scene([str(path)])
        assert (scene.name, scene.grid, scene.bands) == (whole.name, whole.grid, whole.bands)


@pytest.mark.parametrize("inside", ["", "some/folder/"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_is_read_in_place(product: Path, tmp_path: Path, inside: str, method: int) -> None:
    path = zipped(product, tmp_path / "a.zip", inside, method)
    folder, scene = open_scene([str(product)]), open_scene([str(path)])
    assert (scene.name, scene.grid, scene.radiometry) == (folder.name, folder.grid, folder.radiometry)
    assert scene.files == (str(path),)
    for band in L2A_BANDS:
        assert np.array_equal(pixels(scene, band), pixels(folder, band))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.zip"]  # nothing was unpacked


def test_georeference_agrees_with_an_independent_gdal(product: Path) -> None:
    if shutil.which("gdalinfo") is None:
        pytest.skip("no gdalinfo on this machine")
    grid = open_scene([str(product)]).grid
    for ending in ("B02_10m.jp2", "B05_20m.jp2", "B09_60m.jp2"):
        said = subprocess.run(["gdalinfo", image(product, ending)], check=True, capture_output=True, text=True).stdout
        corners = dict(re.findall(r"(Upper Left|Lower Right)\s*\(\s*([-\d.]+,\s*[-\d.]+)\)", said))
        left, top = map(float, corners["Upper Left"].split(","))
        right, bottom = map(float, corners["Lower Right"].split(","))
        assert (left, bottom, right, top) == pytest.approx(grid.bounds, abs=0.1)  # a hundredth of a pixel


def test_the_user_may_overrule_the_offset(product: Path, made: dict[str, np.ndarray]) -> None:
    scene = open_scene([str(product)], offset=0)
    assert np.array_equal(pixels(scene, "B02"), made["B02"] + 1000)
    assert codes(scene) == ["offset-given"] and "--offset 0" in scene.radiometry


def test_bands_cannot_be_renamed(product: Path) -> None:
    with pytest.raises(JobError, match="--bands"):
        open_scene([str(product)], bands={"B02": 1})
    with pytest.raises(JobError, match="--acquired"):
        open_scene([str(product)], acquired="2020-01-01")


# -- real metadata -----------------------------------------------------------------------------------------------

PRODUCTS = {
    # folder: (level, tile, baseline, offset)
    "S2A_MSIL1C_20200717T221941_R029_T01LAC_20200717T234135": ("L1C", "01LAC", "02.09", 0),
    "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248": ("L1C", "46RER", "03.01", 0),
    "S2A_MSIL2A_20180721T053721_N0212_R062_T43MDV_20201011T181419": ("L2A", None, "02.12", 0),
    "S2A_MSIL2A_20190212T192651_N0212_R013_T07HFE_20201007T160857": ("L2A", "07HFE", "02.12", 0),
    "S2A_MSIL2A_20230625T234621_N0509_R073_T01WCP_20230626T022157": ("L2A", "01WCP", "05.09", -1000),
    "S2A_MSIL2A_20230625T234621_N0509_R073_T01WCP_20230626T022158": ("L2A", "01WCP", "05.09", -1000),
    "S2A_MSIL2A_20230625T234621_N0509_R073_T01WCS_20230626T022157": ("L2A", "01WCS", "05.09", -1000),
    "S2A_MSIL2A_20230821T221941_N0509_R029_T01KAB_20230822T021825": ("L2A", "01KAB", "05.09", -1000),
    "S2B_MSIL2A_20191228T210519_N0212_R071_T01CCV_20201003T104658": ("L2A", "01CCV", "02.12", 0),
    "S2B_MSIL2A_20220413T150759_N0400_R025_T33XWJ_20220414T082126": ("L2A", "33XWJ", "04.00", -1000),
    "esa_S2B_MSIL2A_20210122T133229_N0214_R081_T22HBD_20210122T155500": ("L2A", "22HBD", "02.14", 0),
}


@pytest.fixture
def with_pixels(ben_data: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Real metadata with small generated images at the places that the metadata list."""

    def make(name: str) -> Path:
        source = ben_data / "sentinel2_metadata" / f"{name}.SAFE"
        target = Path(shutil.copytree(source, tmp_path / source.name, copy_function=shutil.copyfile))
        for folder in (target, *(p for p in target.rglob("*") if p.is_dir())):
            folder.chmod(0o755)
        left, top, epsg = 300_000, 4_000_020, 32643
        for tile in target.rglob("MTD_TL.xml"):
            text = tile.read_text()
            left, top = (int(re.search(rf"<{tag}>(\d+)<", text)[1]) for tag in ("ULX", "ULY"))
            epsg = int(re.search(r"EPSG:(\d+)", text)[1])
            for full, small in ((10980, SIDE), (5490, SIDE // 2), (1830, SIDE // 6)):
                text = re.sub(rf"<(NROWS|NCOLS)>{full}<", rf"<\1>{small}<", text)
            tile.write_text(text)
        (xml,) = target.glob("MTD_MSIL*.xml")
        suffix = ".tif" if 'imageFormat="GeoTIFF"' in xml.read_text() else ".jp2"
        for listed in re.findall(r"<IMAGE_FILE>([^<]+)<", xml.read_text()):
            path = target / f"{listed}{suffix}"
            band = next((b for b in (*S2_BANDS, "SCL") if f"_{b}" in path.stem), None)
            if band is None:
                continue
            size = re.search(r"_(\d0)m$", path.stem)
            resolution = int(size[1]) if size else BANDS[band].resolution
            values = np.full((SIDE * 10 // resolution,) * 2, 5, np.uint8)
            if band != "SCL":
                values = stored(S2_BANDS.index(band), resolution)
            path.parent.mkdir(parents=True, exist_ok=True)
            jp2 = encode_jp2(values, left, top, resolution, epsg)
            if suffix == ".jp2":
                path.write_bytes(jp2)
                continue
            with rasterio.MemoryFile(jp2) as memory, memory.open() as opened:
                rasterio.shutil.copy(opened, path, driver="GTiff")
        return target

    return make


def test_the_list_above_is_complete(ben_data: Path) -> None:
    assert {p.stem for p in (ben_data / "sentinel2_metadata").glob("*.SAFE")} == set(PRODUCTS)


@pytest.mark.parametrize("name", PRODUCTS)
def test_every_real_product_gets_its_radiometry(with_pixels: Callable[[str], Path], name: str) -> None:
    level, tile, baseline, offset = PRODUCTS[name]
    path = with_pixels(name)
    scene = open_scene([str(path)], allow_l1c=True)
    assert (scene.level, scene.baseline, scene.name) == (level, baseline, name)
    assert scene.platform == f"Sentinel-{name.removeprefix('esa_')[1:3]}"
    day = re.search(r"_(\d{4})(\d\d)(\d\d)T", name)
    assert scene.acquired is not None and scene.acquired.startswith("-".join(day.groups()))
    assert list(scene.bands) == list(S2_BANDS if level == "L1C" else L2A_BANDS)
    assert (scene.mask is not None) == (level == "L2A")
    assert scene.footprint is not None and scene.footprint[0] == scene.footprint[-1]
    assert ("no-tile-metadata" in codes(scene)) == (tile is None)
    for band, source in scene.bands.items():
        assert source.resolution == BANDS[band].resolution and source.offset == offset and source.scale == 1
        raw = stored(S2_BANDS.index(band), source.resolution).astype(int)
        expected = np.where(raw == 0, 0, np.maximum(raw + offset, 1))
        expected[raw == 65535] = 65535
        assert np.array_equal(pixels(scene, band), expected)
    with rasterio.open(scene.bands["B02"].path) as file:
        assert scene.grid.bounds == tuple(file.bounds) and scene.grid.crs == str(file.crs)


@pytest.mark.parametrize("name", [n for n, facts in PRODUCTS.items() if facts[1]])
def test_real_metadata_alone_tell_tile_grid_and_what_is_missing(ben_data: Path, name: str) -> None:
    level, tile, *_ = PRODUCTS[name]
    scene = open_scene([str(ben_data / "sentinel2_metadata" / f"{name}.SAFE")], allow_l1c=True)
    assert (scene.tile, scene.grid.width, scene.grid.height, scene.bands) == (tile, 10980, 10980, {})
    north = tile[2] >= "N"
    assert scene.grid.crs == f"EPSG:32{6 if north else 7}{tile[:2]}"
    assert scene.grid.left % 20 == 0 and scene.grid.top % 20 == 0
    with pytest.raises(DataError, match="B02, B8A") as caught:
        require_bands(scene, ["B02", "B8A"])
    assert ("IMG_DATA/R10m" in caught.value.message) == (level == "L2A")


def test_l1c_only_on_request(ben_data: Path) -> None:
    path = ben_data / "sentinel2_metadata" / "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE"
    with pytest.raises(JobError, match="Level-1C") as caught:
        open_scene([str(path)])
    assert caught.value.exit_code == 2 and "--allow-l1c" in caught.value.hint
    assert "l1c" in codes(open_scene([str(path)], allow_l1c=True))


def test_metadata_alone_without_a_tile_is_refused(ben_data: Path) -> None:
    path = ben_data / "sentinel2_metadata" / "S2A_MSIL2A_20180721T053721_N0212_R062_T43MDV_20201011T181419.SAFE"
    with pytest.raises(DataError, match="no tiles"):
        open_scene([str(path)])


# -- metadata that vary ------------------------------------------------------------------------------------------


def edit(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text())
    assert count, f"{pattern} is not in {path}"
    path.write_text(text)


def test_offsets_differ_by_band_and_quantification_scales(copy: Path, made: dict[str, np.ndarray]) -> None:
    xml = copy / "MTD_MSIL2A.xml"
    edit(xml, r'(<BOA_ADD_OFFSET band_id="8">)-1000', r"\1-500")  # the ninth band is B8A, not B09
    edit(xml, r"(<BOA_QUANTIFICATION_VALUE[^>]*>)10000", r"\g<1>20000")
    scene = open_scene([str(copy)])
    raw = made["B8A"].astype(int) + 1000
    expected = np.maximum(np.rint((raw - 500) / 2), 1)
    assert np.abs(pixels(scene, "B8A") - expected).max() == 0
    raw = made["B09"].astype(int) + 1000
    assert np.array_equal(pixels(scene, "B09"), np.maximum(np.rint((raw - 1000) / 2), 1))


def test_names_of_the_old_format_are_known(copy: Path, made: dict[str, np.ndarray]) -> None:
    """Before December 2016: other names of metadata and elements (PSD 13 and before)."""
    xml = copy / "MTD_MSIL2A.xml"
    edit(xml, "BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE")
    edit(xml, "PRODUCT_URI", "PRODUCT_URI_2A")
    edit(xml, "Level-2A<", "Level-2Ap<")
    xml.rename(copy / "S2A_USER_MTD_SAFL2A_PDMC_20160101T000000_R022_V20160101T000000.xml")
    tile = next(copy.rglob("MTD_TL.xml"))
    tile.rename(tile.parent / "S2A_USER_MTD_L2A_TL_EPA__20160101T000000_A000001_T33TWL.xml")
    for band in ("B02", "B05"):
        path = image(copy, f"{band}_{BANDS[band].resolution}m.jp2")
        path.rename(path.parent / f"L2A_{path.name}")
    scene = open_scene([str(copy)])
    assert np.array_equal(pixels(scene, "B02"), made["B02"]) and np.array_equal(pixels(scene, "B05"), made["B05"])
    assert "no-tile-metadata" not in codes(scene)


@pytest.mark.parametrize(
    ("pattern", "new", "said"),
    [
        (r'<BOA_ADD_OFFSET band_id="3">-1000</BOA_ADD_OFFSET>', "", "none for B04"),
        (r'band_id="3"', 'band_id="99"', "no band"),
        (r'(<BOA_ADD_OFFSET band_id="3">)-1000', r"\1minus a thousand", "no number"),
        (r"(<BOA_QUANTIFICATION_VALUE[^>]*>)10000", r"\g<1>0", "not above zero"),
        (r"(<BOA_QUANTIFICATION_VALUE[^>]*>)10000", r"\g<1>nan", "no number"),
        (r"<BOA_QUANTIFICATION_VALUE[^>]*>10000</BOA_QUANTIFICATION_VALUE>", "", "no number"),
        (r"Level-2A<", "Level-3X<", "processing level"),
        (r"<PROCESSING_BASELINE>05.09<", "<PROCESSING_BASELINE>new<", "processing baseline"),
        (r"<BOA_ADD_OFFSET band_id[^/]*/BOA_ADD_OFFSET>", "", "no radiometric offsets"),
    ],
)
def test_metadata_that_make_no_sense_are_refused(copy: Path, pattern: str, new: str, said: str) -> None:
    edit(copy / "MTD_MSIL2A.xml", pattern, new)
    with pytest.raises(DataError, match=said) as caught:
        open_scene([str(copy)])
    assert "MTD_MSIL2A.xml" in caught.value.message or str(copy) in caught.value.message


@pytest.mark.parametrize(
    ("pattern", "new"),
    [
        (r"<ULX>499980<", "<ULX>499990<"),  # one pixel east
        (r"EPSG:32633", "EPSG:32634"),
        (rf"<NROWS>{SIDE}<", f"<NROWS>{SIDE + 2}<"),
        (rf"<NCOLS>{SIDE // 2}<", f"<NCOLS>{SIDE // 2 - 1}<"),
    ],
)
def test_images_of_another_place_are_refused(copy: Path, pattern: str, new: str) -> None:
    edit(next(copy.rglob("MTD_TL.xml")), pattern, new)
    with pytest.raises(DataError, match="does not lie where") as caught:
        open_scene([str(copy)])
    assert caught.value.code == "mismatch" and "IMG_DATA" in caught.value.message


def test_an_image_of_a_neighbour_is_refused(copy: Path) -> None:
    path = image(copy, "B05_20m.jp2")
    path.write_bytes(encode_jp2(stored(0, 20), 499_980 + 20, 5_000_040, 20, 32633))
    with pytest.raises(DataError, match="B05_20m"):
        open_scene([str(copy)])


# -- what is missing ---------------------------------------------------------------------------------------------


def test_a_missing_band_matters_when_it_is_needed(copy: Path) -> None:
    image(copy, "B03_10m.jp2").unlink()
    scene = open_scene([str(copy)])
    assert "B03" not in scene.bands
    require_bands(scene, ["B02", "B04"])
    with pytest.raises(DataError) as caught:
        require_bands(scene, ["B02", "B03"])
    said = caught.value.message
    assert "lacks the band B03" in said and "B02" in said
    assert all(f"IMG_DATA/R{size}m" in said for size in (10, 20, 60))
    assert "only there with 20 m" in said  # a coarser copy is no replacement, but worth a word


def test_b01_at_20_m_is_averaged_where_there_is_no_other(copy: Path, made: dict[str, np.ndarray]) -> None:
    for path in copy.glob("GRANULE/*/IMG_DATA/R*/*_B01_*"):
        path.unlink()
    fine = np.kron(made["B01"], np.ones((3, 3), np.uint16)) + np.uint16(1000)
    folder = image(copy, "B05_20m.jp2").parent
    (folder / "T33TWL_20230625T100559_B01_20m.jp2").write_bytes(encode_jp2(fine, 499_980, 5_000_040, 20, 32633))
    scene = open_scene([str(copy)])
    assert scene.bands["B01"].resolution == 60 and codes(scene) == ["resampled"]
    assert np.array_equal(pixels(scene, "B01"), made["B01"])


def test_a_cut_off_image_is_left_out_and_said(copy: Path, tmp_path: Path) -> None:
    path = image(copy, "B04_10m.jp2")
    path.write_bytes(path.read_bytes()[:-500])
    for given in (copy, zipped(copy, tmp_path / "a.zip")):
        scene = open_scene([str(given)])
        assert "B04" not in scene.bands and codes(scene) == ["band-left-out"]
        with pytest.raises(DataError, match=r"B04_10m.jp2 is cut off: [\d,]+ of"):
            require_bands(scene, ["B04"])


def test_an_image_that_goes_on_after_its_end_is_used_with_a_word(copy: Path, made: dict[str, np.ndarray]) -> None:
    path = image(copy, "B04_10m.jp2")
    whole = path.read_bytes()
    at = whole.find(b"jp2c")
    path.write_bytes(whole[: at - 4] + bytes(4) + whole[at:] + bytes(7))  # the box reaches to the file's end
    scene = open_scene([str(copy)])
    assert codes(scene) == ["image-doubtful"] and "B04_10m.jp2" in dict(scene.notes)["image-doubtful"]
    assert np.array_equal(pixels(scene, "B04"), made["B04"])


def test_without_a_scene_classification_it_says_so(copy: Path) -> None:
    for path in copy.glob("GRANULE/*/IMG_DATA/R*/*_SCL_*"):
        path.unlink()
    scene = open_scene([str(copy)])
    assert scene.mask is None and codes(scene) == ["no-mask"]


def test_missing_or_doubled_metadata(copy: Path, tmp_path: Path) -> None:
    next(copy.rglob("MTD_TL.xml")).unlink()
    assert codes(open_scene([str(copy)])) == ["no-tile-metadata"]
    shutil.copytree(next(copy.glob("GRANULE/*")), copy / "GRANULE" / "L2A_T33TWM_A000001_20230625T100559")
    with pytest.raises(DataError, match="2 tiles"):
        open_scene([str(copy)])
    (copy / "MTD_MSIL2A.xml").unlink()
    with pytest.raises(DataError, match="lacks its metadata"):
        open_scene([str(copy)])


def test_two_products_in_a_folder(copy: Path) -> None:
    shutil.copytree(copy, copy.parent / "other.SAFE")
    with pytest.raises(DataError, match="2 products"):
        open_scene([str(copy.parent)])


# -- hostile XML and archives ------------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "0123456789"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c SYSTEM "file:///etc/passwd">]><x><PROCESSING_LEVEL>&b;&c;</PROCESSING_LEVEL></x>'
)


def test_entities_are_refused(copy: Path) -> None:
    (copy / "MTD_MSIL2A.xml").write_text(BOMB)
    with pytest.raises(DataError, match="entities"):
        open_scene([str(copy)])


def test_deep_or_broken_xml_is_an_error_of_the_data(copy: Path) -> None:
    for text in ("<a>" * 300_000, "\0", "", "<a/>", "<a>" * 200_000 + "</a>" * 200_000):
        (copy / "MTD_MSIL2A.xml").write_text(text)
        with pytest.raises(DataError):
            open_scene([str(copy)])


def test_huge_metadata_are_not_parsed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="too much for metadata"):
        open_scene([str(copy)])


def archive(path: Path, *members: tuple[str, bytes]) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of doubled names
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
            for name, content in members:
                z.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../../evil/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("/etc/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("C:/MTD_MSIL2A.xml", b"<a/>")], "leads out"),
        ([("a/MTD_MSIL2A.xml", b"<a/>"), ("a/..\\b", b"")], "leads out"),
        ([("a/MTD_MSIL2A.xml", b"<a/>"), ("a/MTD_MSIL2A.xml", b"<b/>")], "twice"),
        ([("a/readme.txt", b"hello")], "no Sentinel-2 product"),
        ([("a.SAFE/MTD_MSIL2A.xml", b""), ("b.SAFE/MTD_MSIL2A.xml", b"")], "2 Sentinel-2 products"),
        ([("a.SAFE/MTD_MSIL2A.xml", BOMB.encode())], "entities"),
    ],
)
def test_hostile_zips_are_refused(tmp_path: Path, members: list[tuple[str, bytes]], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_scene([str(archive(tmp_path / "a.zip", *members))])
    assert "a.zip" in caught.value.message


def test_zip_bombs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "a.zip", ("a.SAFE/MTD_MSIL2A.xml", b"<a/>"), ("a.SAFE/big", bytes(30_000_000)))
    monkeypatch.setattr(trees, "SMALL", 2**20)
    with pytest.raises(DataError, match="would unpack from"):
        open_scene([str(path)])
    many = archive(tmp_path / "b.zip", *((f"a/{i}", b"") for i in range(60)))
    monkeypatch.setattr(trees, "MAX_MEMBERS", 50)
    with pytest.raises(DataError, match="holds 60 files"):
        open_scene([str(many)])


def test_a_member_that_lies_about_its_size_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The central directory says 100 bytes; the stream goes on for megabytes."""
    path = archive(tmp_path / "a.zip", ("a.SAFE/MTD_MSIL2A.xml", b"<a>" + b" " * 5_000_000 + b"</a>"))
    content = path.read_bytes()
    size = (5_000_007).to_bytes(4, "little")
    assert content.count(size) == 2
    path.write_bytes(content.replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DataError):
        open_scene([str(path)])


def test_encrypted_and_damaged_zips(product: Path, tmp_path: Path) -> None:
    path = zipped(product, tmp_path / "a.zip")
    content = bytearray(path.read_bytes())
    for at in [m.start() for m in re.finditer(rb"PK\x01\x02", bytes(content))]:
        content[at + 8] |= 1  # the flag "encrypted" of the central directory
    (tmp_path / "locked.zip").write_bytes(bytes(content))
    with pytest.raises(DataError, match="encrypted"):
        open_scene([str(tmp_path / "locked.zip")])
    (tmp_path / "half.zip").write_bytes(path.read_bytes()[: len(content) // 2])
    with pytest.raises(DataError, match="no readable zip"):
        open_scene([str(tmp_path / "half.zip")])


def test_any_cut_of_a_zip_is_an_error_and_no_crash(product: Path, tmp_path: Path) -> None:
    content = zipped(product, tmp_path / "a.zip").read_bytes()
    for part in range(1, 12):
        (tmp_path / "b.zip").write_bytes(content[: len(content) * part // 12])
        with pytest.raises(BenError):
            open_scene([str(tmp_path / "b.zip")])


# -- JP2 from outside --------------------------------------------------------------------------------------------


def test_every_cut_of_a_jp2_is_noticed(product: Path, tmp_path: Path) -> None:
    whole = image(product, "B09_60m.jp2").read_bytes()
    path = tmp_path / "a.jp2"
    for length in [0, 1, 11, 12, 20, 100, *range(200, len(whole), 997), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with path.open("rb") as f:
            damage = jp2_damage(f, length)
        assert damage is not None and damage.certain
    path.write_bytes(whole)
    with path.open("rb") as f:
        assert jp2_damage(f, len(whole)) is None
    at = whole.find(b"jp2c")
    path.write_bytes(whole[: at - 4] + bytes(4) + whole[at:-9])  # a codestream to the end of the file
    with path.open("rb") as f:
        damage = jp2_damage(f, len(whole) - 9)
    assert damage is not None and not damage.certain  # decoders may do without the end marker


def test_product_info_reads_nothing_from_an_empty_document() -> None:
    with pytest.raises(DataError, match="processing level"):
        product_info(read_xml(b"<a/>", "x"), "x")
