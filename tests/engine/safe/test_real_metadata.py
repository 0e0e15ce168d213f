"""The metadata of real products of every baseline, with generated images under them."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil

from ben_core.errors import DataError, JobError
from ben_core.nomenclature import BANDS, S2_BANDS
from ben_core.sample.safe import encode_jp2
from ben_core.scene import open_scene, require_bands

from ..made_safe import L2A_BANDS, SIDE, codes, pixels, stored

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
