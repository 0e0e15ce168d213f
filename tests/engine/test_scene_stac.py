"""STAC items as scenes: bands by name, offsets by what catalogues do, everything checked against the files."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio

from ben_core.cli import run
from ben_core.errors import BenError, DataError, JobError
from ben_core.scene import BandReader, check_radiometry, open_scene

from .made_items import collection, make_item, projected

RNG = np.random.default_rng(7)
LAND = RNG.integers(300, 3000, (120, 120), dtype=np.uint16)
FOUR = ("B02", "B03", "B04", "B08")


@pytest.fixture
def bands(write_tif: Any) -> dict[str, Path]:
    """Four bands of pixels without offset."""
    return {b: write_tif(f"{b}.tif", LAND + 10 * i, nodata=0) for i, b in enumerate(FOUR)}


@pytest.fixture
def save(tmp_path: Path) -> Any:
    def write(document: Any, name: str = "item.json") -> str:
        (tmp_path / name).write_text(document if isinstance(document, str) else json.dumps(document))
        return str(tmp_path / name)

    return write


def pixels(scene: Any, band: str = "B02") -> np.ndarray:
    source = scene.bands[band]
    with BandReader(source) as reader:
        return reader.read_rows(0, source.height)


@pytest.mark.parametrize("style", ["plain", "earth-search", "cdse"])
def test_bands_are_known_by_any_catalogues_names(write_tif: Any, save: Any, style: str) -> None:
    files = {b: write_tif(f"{i}.tif", LAND + i) for i, b in enumerate(("B02", "B8A", "B05", "B12", "B09"))}
    scene = open_scene(save(make_item(files, style, **{"s2:processing_baseline": "02.14"})))
    assert {b: Path(s.path).name for b, s in scene.bands.items()} == {b: p.name for b, p in files.items()}
    assert (pixels(scene, "B02") == LAND).all()
    assert (scene.name, scene.platform, scene.acquired) == ("scene-1", "Sentinel-2A", "2023-06-13T10:10:31Z")


def test_pystac_writes_what_is_read(bands: dict[str, Path], save: Any) -> None:
    item = pystac.Item.from_dict(make_item(bands, **{"s2:processing_baseline": "02.14"}))
    assert set(open_scene(save(item.to_dict())).bands) == set(FOUR)


# (style, properties, links) of an item, and what was added to the pixels: each must come out as LAND.
CATALOGUES = {
    "Earth Search v1, offset taken off, raster:bands says -0.1 all the same": (
        "earth-search", {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True}, [], 0),
    "Earth Search v1, offset left in": (
        "earth-search", {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": False}, [], 1000),
    "Earth Search c1": ("earth-search", {"s2:processing_baseline": "05.11"}, [], 1000),
    "Earth Search v0": (
        "plain", {"sentinel:processing_baseline": "04.00", "sentinel:boa_offset_applied": True}, [], 0),
    "Earth Search v0, old, known by its product": (
        "plain", {"sentinel:product_id": "S2A_MSIL2A_20200613T101031_N0214_R022_T33UUP_20200613T111111"}, [], 0),
    "before 04.00, raster:bands says -0.1": ("earth-search", {"s2:processing_baseline": "02.14"}, [], 0),
    "Planetary Computer, before 04.00": (
        "plain", {"s2:processing_baseline": "03.00"}, ["https://planetarycomputer.example/api/stac/v1"], 0),
    "Planetary Computer, from 04.00 on": (
        "plain", {"s2:processing_baseline": "05.09"}, ["https://planetarycomputer.example/api/stac/v1"], 1000),
    "CDSE": ("cdse", {"processing:version": "05.11"}, [], 1000),
}  # fmt: skip


@pytest.mark.parametrize("name", CATALOGUES)
def test_offset_is_taken_off_once_whatever_the_catalogue(write_tif: Any, save: Any, name: str) -> None:
    style, properties, links, added = CATALOGUES[name]
    stored = np.where(LAND < 320, 0, LAND + added).astype(np.uint16)  # with some "no data"
    item = make_item({b: write_tif(f"{b}.tif", stored) for b in FOUR}, style, **properties)
    item["links"] = [{"rel": "root", "href": href} for href in links]
    scene = open_scene(save(item))
    assert (pixels(scene) == np.where(LAND < 320, 0, LAND)).all()
    assert not [code for code, _ in check_radiometry(scene) if code.startswith("offset")]


def test_offset_in_doubt_is_refused_and_can_be_given(bands: dict[str, Path], save: Any) -> None:
    item = save(make_item(bands, **{"s2:processing_baseline": "05.09"}))
    with pytest.raises(DataError, match=r"nothing in the item says") as e:
        open_scene(item)
    assert "--offset -1000" in e.value.hint
    assert (pixels(open_scene(item, offset=0)) == LAND).all()


def test_a_wrong_flag_is_found_in_the_pixels(write_tif: Any, save: Any) -> None:
    dark = RNG.integers(50, 900, (120, 120), dtype=np.uint16)
    item = make_item({b: write_tif(f"{b}.tif", dark) for b in FOUR}, "earth-search",
                     **{"s2:processing_baseline": "05.11", "earthsearch:boa_offset_applied": False})  # fmt: skip
    with pytest.raises(DataError, match=r"100% of the sampled pixels would have negative reflectance"):
        open_scene(save(item))


def test_offset_still_in_the_pixels_is_a_warning(write_tif: Any, save: Any) -> None:
    item = make_item({b: write_tif(f"{b}.tif", LAND + 1000) for b in FOUR}, "earth-search",
                     **{"s2:processing_baseline": "05.11", "earthsearch:boa_offset_applied": True})  # fmt: skip
    assert [code for code, _ in check_radiometry(open_scene(save(item)))] == ["offset-missing"]


def test_scl_is_the_mask_and_pictures_are_no_bands(bands: dict[str, Path], write_tif: Any, save: Any) -> None:
    scl = write_tif("scl.tif", np.full((60, 60), 9, np.uint8), resolution=20)
    item = make_item({**bands, "SCL": scl}, "earth-search", **{"s2:processing_baseline": "02.14"})
    rgb = write_tif("tci.tif", np.zeros((3, 120, 120), np.uint8))
    item["assets"]["visual"] = {"href": str(rgb), "type": "image/tiff", "roles": ["visual"],
                                "eo:bands": [{"name": n, "common_name": n} for n in ("red", "green", "blue")]}  # fmt: skip
    item["assets"]["product"] = {"href": "product.zip", "type": "application/zip"}
    scene = open_scene(save(item))
    assert scene.mask is not None and scene.mask.source.path == str(scl) and scene.mask.source.resolution == 20
    assert scene.bands["B04"].path == str(bands["B04"])


def test_native_resolution_and_cog_go_first(write_tif: Any, save: Any) -> None:
    fine, coarse = write_tif("fine.tif", LAND), write_tif("coarse.tif", LAND[::2, ::2], resolution=20)
    item = make_item({"B02": fine}, "cdse", **{"processing:version": "02.14"})
    item["assets"] = {
        "B02_20m": {**item["assets"]["B02_10m"], "href": str(coarse), "gsd": 20},
        "blue-jp2": {"href": "missing.jp2", "type": "image/jp2", "gsd": 10},
        **item["assets"],
    }
    assert open_scene(save(item)).bands["B02"].path == str(fine)


def test_proj_fields_are_compared_with_the_files(bands: dict[str, Path], save: Any) -> None:
    item = projected(make_item(bands, **{"s2:processing_baseline": "02.14"}), bands)
    open_scene(save(item))
    for change, words in (
        ({"proj:shape": [60, 120]}, "60 x 120 pixels"),
        ({"proj:transform": [10, 0, 500_010, 0, -10, 5_000_040]}, "500010, 5000040"),
        ({"proj:transform": [10, 0, 500_010, 0, -10, 5_000_040, 0, 0, 1]}, "500010, 5000040"),
        ({"proj:epsg": 32634}, "lies in EPSG:32634"),
    ):
        wrong = json.loads(json.dumps(item))
        wrong["assets"]["B03"].update(change)
        with pytest.raises(DataError, match=words):
            open_scene(save(wrong))


def test_more_than_one_item_is_a_question(bands: dict[str, Path], save: Any) -> None:
    items = [make_item(bands, id=f"S2_{n}", **{"s2:processing_baseline": "02.14"}) for n in (1, 2)]
    for item, zone in zip(items, (32633, 32634), strict=True):
        item["properties"]["proj:epsg"] = zone
    path = save(collection(*items), "found.json")
    with pytest.raises(JobError, match=r"2 items in 2 UTM zones \(EPSG:32633, EPSG:32634\)") as e:
        open_scene(path)
    assert "FILE#ID, with one of S2_1, S2_2" in e.value.hint
    assert open_scene(f"{path}#S2_1").name == "S2_1"
    with pytest.raises(DataError, match="lies in EPSG:32634"):
        open_scene(f"{path}#S2_2")
    with pytest.raises(JobError, match="no item 'S2_9'"):
        open_scene(f"{path}#S2_9")
    assert open_scene(save(collection(items[0]), "one.json")).name == "S2_1"


BROKEN = {
    "not JSON": "{",
    "deep": "[" * 100_000,
    "no object": "[1]",
    "a catalogue": {"type": "Catalog", "id": "x", "links": []},
    "no assets": {"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {}},
    "assets of another kind": {"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {}, "assets": {"B02": 1}},
    "no href": {"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {}, "assets": {"B02": {}}},
    "no band": {"type": "Feature", "stac_version": "1.0.0", "id": "a", "properties": {}, "assets": {"x": {"href": "x.tif"}}},
    "nothing found": {"type": "FeatureCollection", "features": []},
    "other members": {"type": "FeatureCollection", "features": [None]},
    "another mission": {**make_item({"B02": "x.tif"}), "properties": {"platform": "landsat-8", "datetime": None}},
    "a device": make_item({"B02": "/vsicurl/ftp://host/x.tif"}),
    "another scheme": make_item({"B02": "ftp://host/x.tif"}),
    "a file that is not there": make_item({"B02": "nowhere.tif"}),
    "no time": {**make_item({"B02": "x.tif"}), "properties": {"datetime": "yesterday"}},
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_broken_items_are_errors_in_one_sentence(save: Any, case: str) -> None:
    with pytest.raises(BenError) as e:
        open_scene(save(BROKEN[case]))
    assert "\n" not in e.value.message and len(e.value.message) < 500


@pytest.mark.parametrize("id", ["../../etc/passwd", "a/b\\c:d", ".hidden", "x" * 400])
def test_ids_cannot_lead_out_of_the_output_folder(bands: dict[str, Path], save: Any, id: str) -> None:
    name = open_scene(save(make_item(bands, id=id, **{"s2:processing_baseline": "02.14"}))).name
    assert not set("/\\:") & set(name) and not name.startswith(".") and len(name) <= 120


def test_item_of_real_pixels_gives_the_map_of_their_folder(ben_data: Path, tmp_path: Path, save: Any) -> None:
    folder = ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
    item = make_item({b: folder / f"{b}.tif" for b in FOUR}, **{"s2:processing_baseline": "02.14"})
    (tmp_path / "bands").mkdir()
    for b in FOUR:
        shutil.copy(folder / f"{b}.tif", tmp_path / "bands")
    maps = {}
    for kind, scene in (("item", save(item)), ("folder", str(tmp_path / "bands"))):
        out = tmp_path / kind
        assert run(["map", scene, "-o", str(out), "--name", "map", "--device", "cpu", "--batch", "16"]) == 0
        with rasterio.open(out / "map_probabilities.tif") as d:
            maps[kind] = d.read()
    assert maps["item"].any() and np.array_equal(maps["item"], maps["folder"])


def test_info_tells_an_item_from_a_model_card(bands: dict[str, Path], save: Any, capsys: Any) -> None:
    assert run(["info", save(make_item(bands, **{"s2:processing_baseline": "02.14"}))]) in (0, 3)
    assert "baseline 02.14 has no offset" in capsys.readouterr().out
