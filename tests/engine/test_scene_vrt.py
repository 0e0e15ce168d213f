"""Virtual rasters: plain mosaics and stacks open, everything that could reach elsewhere does not."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ben_core.errors import DataError
from ben_core.scene import BandReader, open_scene

HEAD = '<VRTDataset rasterXSize="240" rasterYSize="240">{place}{band}</VRTDataset>'
PLACE = "<SRS>EPSG:32633</SRS><GeoTransform>500000, 10, 0, 5000040, 0, -10</GeoTransform>"
BAND = '<VRTRasterBand dataType="UInt16" band="1"{kind}><Description>B02</Description>{inside}</VRTRasterBand>'
SIMPLE = '<SimpleSource><SourceFilename relativeToVRT="{relative}">{path}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'


@pytest.fixture
def data() -> np.ndarray:
    return np.random.default_rng(0).integers(300, 3000, (240, 240), np.uint16)


@pytest.fixture
def write_vrt(tmp_path: Path):
    def write(inside: str = "", kind: str = "", text: str | None = None, name: str = "a.vrt") -> Path:
        path = tmp_path / name
        path.write_text(text or HEAD.format(place=PLACE, band=BAND.format(kind=kind, inside=inside)))
        return path

    return write


def refused(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        open_scene([str(path)])
    assert str(path.resolve()) in caught.value.message
    return caught.value.message


def test_a_plain_vrt_opens_and_names_its_files(write_tif, write_vrt, data: np.ndarray) -> None:
    source = write_tif("b.tif", data)
    inner = write_vrt(SIMPLE.format(relative=1, path="b.tif"), name="inner.vrt")
    outer = write_vrt(SIMPLE.format(relative=1, path="inner.vrt"))
    for path in (inner, outer):
        scene = open_scene([str(path)])
        with BandReader(scene.bands["B02"]) as reader:
            assert np.array_equal(reader.read_rows(0, 240), data)
        assert str(source) in scene.files and str(path) in scene.files


def test_what_gdals_own_tools_write_opens(write_tif, tmp_path: Path, data: np.ndarray) -> None:
    if shutil.which("gdalbuildvrt") is None:
        pytest.skip("no gdalbuildvrt on this machine")
    paths = [write_tif(f"{band}.tif", data + i) for i, band in enumerate(["B02", "B03"])]
    subprocess.run(["gdalbuildvrt", "-q", "-separate", tmp_path / "s.vrt", *paths], check=True)
    subprocess.run(["gdal_translate", "-q", "-of", "VRT", paths[0], tmp_path / "t.vrt"], check=True)
    scene = open_scene([str(tmp_path / "s.vrt")], bands={"B02": 1, "B03": 2})
    with BandReader(scene.bands["B03"]) as reader:
        assert np.array_equal(reader.read_rows(0, 240), data + 1)
    assert open_scene([str(tmp_path / "t.vrt")], bands={"B02": 1}).grid.width == 240


def test_a_raw_band_on_a_system_file_is_refused(write_vrt) -> None:
    raw = '<SourceFilename relativeToVRT="0">/etc/passwd</SourceFilename><ImageOffset>0</ImageOffset>'
    assert "VRTRawRasterBand" in refused(write_vrt(raw, ' subClass="VRTRawRasterBand"'))


def test_python_pixel_functions_are_refused(write_vrt, tmp_path: Path) -> None:
    code = (
        "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"
        f"<PixelFunctionCode>open('{tmp_path}/ran', 'w')</PixelFunctionCode>"
    )
    refused(write_vrt(code, ' subClass="VRTDerivedRasterBand"'))
    refused(write_vrt(code))  # the same without the sub-class
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "band",
    [
        ' subClass="VRTWarpedRasterBand"',
        ' subClass="VRTProcessedRasterBand"',
        ' subClass="VRTPansharpenedRasterBand"',
        ' subClass="x"',
    ],
)
def test_other_kinds_of_bands_are_refused(write_vrt, band: str) -> None:
    refused(write_vrt("", band))


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/vsicurl/http://localhost/a.tif",
        "http://localhost/a.tif",
        "/vsizip/a.zip/b.tif",
        "GTIFF_DIR:1:b.tif",
        "../outside.tif",
        "",
    ],
)
@pytest.mark.parametrize("relative", [0, 1])
def test_sources_elsewhere_are_refused(write_tif, write_vrt, tmp_path: Path, path: str, relative: int) -> None:
    (tmp_path.parent / "outside.tif").write_bytes(write_tif("b.tif", np.ones((240, 240), np.uint16)).read_bytes())
    assert "no file in the folder" in refused(write_vrt(SIMPLE.format(relative=relative, path=path)))


def test_a_link_out_of_the_folder_is_refused(write_vrt, tmp_path: Path) -> None:
    (tmp_path / "b.tif").symlink_to("/etc/passwd")
    refused(write_vrt(SIMPLE.format(relative=1, path="b.tif")))


def test_a_vrt_under_another_name_is_read_before_gdal_does(write_vrt) -> None:
    raw = BAND.format(kind=' subClass="VRTRawRasterBand"', inside="<SourceFilename>/etc/passwd</SourceFilename>")
    write_vrt(text=HEAD.format(place=PLACE, band=raw), name="disguised.tif")
    with pytest.raises(DataError, match="disguised"):
        open_scene([str(write_vrt(SIMPLE.format(relative=1, path="disguised.tif")))])


def test_a_source_of_another_format_is_refused(write_vrt, tmp_path: Path) -> None:
    (tmp_path / "b.tif").write_text("ncols 240\nnrows 240\n")
    with pytest.raises(DataError):
        open_scene([str(write_vrt(SIMPLE.format(relative=1, path="b.tif")))])


def test_a_vrt_that_holds_itself_ends(write_vrt) -> None:
    with pytest.raises(DataError, match="deep"):
        open_scene([str(write_vrt(SIMPLE.format(relative=1, path="a.vrt")))])


@pytest.mark.parametrize("size", ["2000000000", "-1", "0", "x", ""])
def test_absurd_sizes_are_refused(write_vrt, size: str) -> None:
    text = HEAD.format(place=PLACE, band=BAND.format(kind="", inside=""))
    refused(write_vrt(text=text.replace('rasterXSize="240"', f'rasterXSize="{size}"')))


def test_entities_and_broken_xml_are_refused(write_vrt) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><VRTDataset>&b;</VRTDataset>'
    assert "entities" in refused(write_vrt(text=bomb))
    assert "well-formed" in refused(write_vrt(text="<VRTDataset"))
    assert "root element" in refused(write_vrt(text="<html/>"))
