"""Data sets as published: BigEarthNet v1, MM and v2, real ones and damaged ones."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
from PIL import Image

from ben_core.errors import DataError
from ben_core.events import Recorder
from ben_core.learn.data import open_data_set
from ben_core.learn.data.lists import read_lists
from ben_core.learn.data.names import tile_corner
from ben_core.learn.types import Place
from ben_core.nomenclature import CLASSES, LABELS_43, class_of_clc, classes_of_labels_43

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # made patches
S2 = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
PATCH = "S2A_MSIL2A_20170613T101031_61_39"
PARTNER = "S1A_IW_GRDH_1SDV_20170613T165043_33UUP_61_39"


# ---- nomenclature


def test_43_labels_become_19_as_published() -> None:
    assert len(LABELS_43) == 43 and sum(class_of_clc(c) is None for c in LABELS_43) == 11
    used = {code for c in CLASSES.values() for code in c.clc_codes}
    assert used == {code for code in LABELS_43 if class_of_clc(code)}
    assert classes_of_labels_43(["Transitional woodland/shrub", "Salines", "Rice fields", "Airports"]) == (
        "Arable land", "Transitional woodland, shrub", "Coastal wetlands")  # fmt: skip
    with pytest.raises(KeyError):
        classes_of_labels_43(["Transitional woodland, shrub"])


# ---- names


def test_tile_corners_are_those_of_real_products(ben_data: Path) -> None:
    files = sorted((ben_data / "sentinel2_metadata").rglob("MTD_TL.xml"))
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = [re.search(p, text) for p in (r"_T(\d\d[A-Z]{3})_", r"(EPSG:\d+)", r"<ULX>(\d+)", r"<ULY>(\d+)")]
        tile, crs, x, y = (m[1] for m in found if m)
        assert tile_corner(tile) == (crs, float(x), float(y)), path
    assert len(files) > 8, "north and south, first and last zones"


@pytest.mark.parametrize("tile", ["", "33UU", "00UUP", "61UUP", "33IUP", "33UIP", "33UUZ", "AAUUP", "3３UUP"])
def test_what_is_no_tile_is_refused(tile: str) -> None:
    with pytest.raises(ValueError, match="MGRS"):
        tile_corner(tile)


# ---- real archives


def test_v1_as_published(ben_data: Path) -> None:
    data = open_data_set(ben_data / "bigearthnet" / "v1")
    assert len(data.records) == 43 and set(data.bands) == set(S2)
    assert [r.id for r in data.records] == sorted(r.id for r in data.records)
    by_id = {r.id: r for r in data.records}
    odd = by_id["S2B_MSIL2A_20170924T93021_41_29"]  # the hour lacks its zero
    assert (odd.tile, odd.split, odd.acquired) == ("35VPK", "train", "2017-09-24T09:30:21Z")
    assert odd.labels == ("Broad-leaved forest", "Mixed forest") == odd.labels_43
    pair = by_id["S2A_MSIL2A_20170613T101031_87_48"]
    assert pair.s1_id == "S1A_IW_GRDH_1SDV_20170613T165043_33UUP_87_48"
    assert pair.labels_43 is not None and "Non-irrigated arable land" in pair.labels_43
    for r in data.records:  # the position in the name is that in the metadata
        assert r.tile and r.place
        crs, left, top = tile_corner(r.tile)
        column, row = map(int, r.id.split("_")[-2:])
        assert r.place == Place(crs, left + 1200 * column, top - 1200 * row)
    assert by_id["S2A_MSIL2A_20170613T101031_0_46"].labels == ("Marine waters",), "text stands behind its JSON"
    pixels = data.read(pair, (*S2, "VH"))
    with rasterio.open(ben_data / "bigearthnet/v1/BigEarthNet-v1.0" / pair.id / f"{pair.id}_B8A.tif") as file:
        assert np.array_equal(pixels["B8A"], file.read(1))
    assert pixels["B01"].shape == (20, 20) and pixels["B05"].shape == (60, 60) and pixels["VH"].dtype == np.float32
    assert -40 < pixels["VH"].mean() < 0


def test_v1_from_the_side_of_sentinel_1(ben_data: Path, tmp_path: Path) -> None:
    root = ben_data / "bigearthnet" / "v1"
    alone = open_data_set(root / "BigEarthNet-S1-v1.0", lists=tmp_path)
    assert len(alone.records) == 6 and set(alone.bands) == {"VV", "VH"}
    emit = Recorder()
    both = open_data_set(root / "BigEarthNet-v1.0", bands=["B02", "VV"], lists=tmp_path, emit=emit)
    assert len(both.records) == 3 and "VV" in both.bands and "40 of 43" in emit.of("warning")[0]["message"]
    with pytest.raises(DataError, match="no band B02"):
        alone.read(alone.records[0], ["B02"])


def test_the_published_lists_exclude_what_they_should(ben_data: Path) -> None:
    lists = read_lists(ben_data / "bigearthnet" / "v1" / "splits")
    of = [reason for reasons in lists.excluded.values() for reason in reasons]
    # counts of bigearthnet_common: constants.py, and of its split files
    assert (of.count("snow"), of.count("cloud"), of.count("no label")) == (61_707, 9_280, 57)
    splits = list(lists.splits.values())
    assert (splits.count("train"), splits.count("validation"), splits.count("test")) == (269_695, 123_723, 125_866)
    assert not set(lists.splits) & set(lists.excluded)


def test_v2_as_published(ben_data: Path) -> None:
    root = ben_data / "bigearthnet" / "v2"
    emit = Recorder()
    data = open_data_set(root, emit=emit)
    assert [r.id[-5:] for r in data.records] == ["75_43", "89_18"] and set(data.bands) == set(S2)
    assert "2 patches are here; 549,486 of the metadata's 549,488 are not" in emit.of("warning")[0]["message"]
    first = data.records[0]
    assert (first.split, first.country, first.tile, first.acquired) == (
        "validation", "Austria", "33UUP", "2017-06-13T10:10:31Z")  # fmt: skip
    with rasterio.open(next((root / "BigEarthNet-S2").rglob("*75_43_B02.tif"))) as file:
        assert first.place == Place(f"EPSG:{file.crs.to_epsg()}", file.transform.c, file.transform.f)
        assert np.array_equal(data.read(first, ["B02"])["B02"], file.read(1))
    radar = open_data_set(root, bands=["VV"])
    assert len(radar.records) == 4 and radar.read(radar.records[0], ["VV"])["VV"].dtype == np.float32


def test_the_lmdb_of_rico_hdl(ben_data: Path) -> None:
    root = ben_data / "bigearthnet" / "v2"
    data = open_data_set(root / "BigEarthNet_LMDB")
    assert [r.id[-5:] for r in data.records] == ["75_43"] and set(data.bands) == set(S2)
    from_files = open_data_set(root)
    for band, pixels in data.read(data.records[0], S2).items():
        assert np.array_equal(pixels, from_files.read(from_files.records[0], [band])[band])


# ---- what is wrong with an archive is said


@pytest.fixture
def archive(make_v1) -> Path:
    return make_v1({"61_39": ["Pastures"], "61_41": ["Airports"], "62_39": ["Rice fields", "Pastures"]})


def test_a_made_archive_is_read(archive: Path) -> None:
    emit = Recorder()
    data = open_data_set(archive, emit=emit)
    assert set(data.bands) == {*S2, "VV", "VH"}
    assert [r.labels for r in data.records] == [("Pastures",), (), ("Arable land", "Pastures")]
    assert [r.excluded for r in data.records] == [(), ("no label",), ()]
    assert {e["code"] for e in emit.of("warning")} == {"no_split", "no_lists"}


def test_lists_beside_an_archive_are_honoured(archive: Path) -> None:
    (archive / "splits").mkdir()
    (archive / "splits" / "val.csv").write_text(f"{PATCH},{PARTNER}\r\n")
    (archive / "splits" / "patches_with_seasonal_snow.csv").write_text(PATCH + "\n")
    record = open_data_set(archive).records[0]
    assert record.split == "validation" and record.excluded == ("snow",)


def damaged(archive: Path, **changes: object) -> Path:
    path = archive / "BigEarthNet-v1.0" / PATCH / f"{PATCH}_labels_metadata.json"
    told = json.loads(path.read_text())
    told.update(changes)
    path.write_text(json.dumps({k: v for k, v in told.items() if v is not None}))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["Pasture"]}, "'Pasture', which is none of the 43"),
        ({"labels": ["Transitional woodland, shrub"]}, "none of the 43"),
        ({"labels": "Pastures"}, "no list of labels"),
        ({"labels": ["Pastures", "Pastures"]}, "a label twice"),
        ({"labels": [1]}, "no list of labels"),
        ({"labels": None}, "no list of labels"),
        ({"coordinates": None}, "no square footprint"),
        ({"coordinates": {"ulx": 0, "uly": 1200, "lrx": 1200, "lry": 1}}, "no square footprint"),
        ({"coordinates": {"ulx": 0, "uly": float("nan"), "lrx": 1200, "lry": 0}}, "no square footprint"),
        ({"projection": "LOCAL_CS[]"}, "no square footprint"),
    ],
)
def test_metadata_that_cannot_be(archive: Path, changes: dict[str, object], message: str) -> None:
    path = damaged(archive, **changes)
    with pytest.raises(DataError, match=message) as told:
        open_data_set(archive)
    assert PATCH in told.value.message and str(path) in told.value.message


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, "\x00", "{'labels': []}"])
def test_metadata_that_is_no_json(archive: Path, text: str) -> None:
    damaged(archive).write_text(text)
    with pytest.raises(DataError, match=PATCH):
        open_data_set(archive)


def test_metadata_that_is_missing_or_no_text(archive: Path) -> None:
    path = damaged(archive)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(DataError, match="cannot be read"):
        open_data_set(archive)
    path.unlink()
    with pytest.raises(DataError, match="No such file"):
        open_data_set(archive)


def test_pixels_that_cannot_be(archive: Path) -> None:
    data = open_data_set(archive)
    path = archive / "BigEarthNet-v1.0" / PATCH / f"{PATCH}_B05.tif"
    whole = path.read_bytes()

    def message() -> str:
        with pytest.raises(DataError) as told:
            data.read(data.records[0], ["B02", "B05"])
        assert "B05" in told.value.message and PATCH in told.value.message and str(path) in told.value.message
        return told.value.message

    Image.fromarray(np.zeros((120, 120), np.uint16)).save(path)
    assert "120 x 120 uint16, not 60 x 60 uint16" in message()
    Image.fromarray(np.zeros((60, 60), np.float32)).save(path)
    assert "60 x 60 float32" in message()
    path.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read" in message()
    path.write_bytes(b"")
    assert "cannot be read" in message()
    path.write_bytes(b'<VRTDataset rasterXSize="60" rasterYSize="60"></VRTDataset>')
    assert "cannot be read" in message(), "only GeoTIFF is opened: a VRT could name any file"
    path.unlink()
    assert "is missing" in message()
    with pytest.raises(DataError, match="has a band 'B10'"):
        data.read(data.records[0], ["B10"])


def test_two_partners_for_one_patch(archive: Path) -> None:
    path = next((archive / "BigEarthNet-S1-v1.0").glob("*_61_41/*.json"))
    path.write_text(path.read_text().replace("_61_41", "_61_39"))
    with pytest.raises(DataError, match=f"Two patches are called {PATCH}"):
        open_data_set(archive)


@pytest.mark.parametrize("made", ["nothing", "empty", "file"])
def test_what_is_no_data_set(tmp_path: Path, made: str) -> None:
    path = tmp_path / "x"
    if made == "empty":
        path.mkdir()
    if made == "file":
        path.write_text("x")
    with pytest.raises(DataError):
        open_data_set(path)


# ---- lists


def test_lists_that_cannot_be(tmp_path: Path) -> None:
    def message(**files: str) -> str:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for name, text in files.items():
            (folder / f"{name}.csv").write_text(text)
        with pytest.raises(DataError) as told:
            read_lists(folder)
        return told.value.message

    assert "stands twice" in message(train=f"{PATCH}\n{PATCH}\n")
    assert "two splits" in message(train=PATCH, test=PATCH)
    assert "Line 2" in message(train=f"{PATCH}\nhello\n")
    assert "Line 1" in message(train=f"{PATCH},{PATCH}")
    assert "Line 1" in message(train=f"{PARTNER},{PATCH}")
    assert "Line 1" in message(train="../../etc/passwd")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "train.csv.bz2").write_bytes(b"no bzip")
    with pytest.raises(DataError, match="cannot be read"):
        read_lists(tmp_path / "packed")


# ---- tables

V2 = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"


def v2(folder: Path, **columns: list[object]) -> Path:
    patch = folder / "BigEarthNet-S2" / V2.rsplit("_", 2)[0] / V2
    patch.mkdir(parents=True, exist_ok=True)
    told = {"patch_id": [V2], "labels": [["Pastures"]], "split": ["test"], **columns}
    pq.write_table(pa.table({k: v for k, v in told.items() if v is not None}), folder / "metadata.parquet")
    return folder


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"labels": [["Pasture"]]}, "outside the 19 classes"),
        ({"labels": [["Rice fields"]]}, "outside the 19 classes"),
        ({"labels": ["Pastures"]}, "Column labels"),
        ({"split": ["val"]}, "split 'val'"),
        ({"split": None}, "no column split"),
        ({"patch_id": [V2, V2], "labels": [[], []], "split": [None, None]}, "Two patches are called"),
        ({"patch_id": [None]}, "none of the patches|no patch of the metadata"),
    ],
)
def test_tables_that_cannot_be(tmp_path: Path, columns: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_data_set(v2(tmp_path, **columns))


def test_a_table_that_is_none(tmp_path: Path) -> None:
    v2(tmp_path)
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        open_data_set(tmp_path)
    (tmp_path / "metadata.parquet").unlink()
    with pytest.raises(DataError, match=r"no metadata\.parquet in or beside"):
        open_data_set(tmp_path)
