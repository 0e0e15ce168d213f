"""SAFE products as folders and zips: what varies in their metadata, and what is missing."""

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest

from ben_core.errors import DataError, JobError
from ben_core.nomenclature import BANDS
from ben_core.sample.safe import encode_jp2
from ben_core.scene import open_scene, require_bands

from ..made_safe import L2A_BANDS, SIDE, codes, image, pixels, stored, zipped


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
