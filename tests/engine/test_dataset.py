"""ben dataset: patches of a scene labelled by BigEarthNet's rules."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.cli import run
from ben_core.errors import Cancelled, DataError, JobError
from ben_core.learn.data import open_data_set
from ben_core.learn.data.cutting import Rules, cut_data_set
from ben_core.learn.data.reference import known_share, present_classes
from ben_core.scene import open_scene

COLS, ROWS = 10, 9  # whole patches; 30 px more each way


@pytest.fixture
def made(tmp_path: Path, write_tif: Any) -> tuple[Path, Path, dict[str, np.ndarray], np.ndarray]:
    """A folder of bands, a reference raster, and what is in them: DN a band, codes."""
    rng = np.random.default_rng(1)
    h, w = ROWS * 120 + 30, COLS * 120 + 30
    bands = {}
    for name, resolution in (("B02", 10), ("B04", 10), ("B11", 20), ("B01", 60)):
        step = resolution // 10
        bands[name] = rng.integers(100, 4000, (h // step, w // step)).astype(np.uint16)
    bands["B04"][130, 250] = 0  # patch (col 2, row 1) has a pixel without data
    for name, pixels in bands.items():
        write_tif(f"scene/S_{name}.tif", pixels, resolution={"B11": 20, "B01": 60}.get(name, 10))
    codes = np.full((h, w), 211, np.uint16)
    codes[:, w // 2 :] = 312
    codes[0, 0] = 523  # a single pixel is enough
    codes[240:360, :90] = 999  # col 0, row 2: exactly a quarter is left
    codes[240:360, 120:150] = 122  # col 1, row 2: three quarters are known
    codes[240:360, 240:271] = 335  # col 2, row 2: one column of pixels less
    reference = write_tif("reference.tif", codes, nodata=0)
    return tmp_path / "scene", reference, bands, codes


def cut(made: Any, out: Path, **rules: Any) -> Any:
    return cut_data_set([open_scene([str(made[0])])], [made[1]], out, Rules(**rules))


def test_the_rules_of_bigearthnet(made: Any, tmp_path: Path) -> None:
    _, _, bands, codes = made
    tally = cut(made, tmp_path / "set")
    data = open_data_set(tmp_path / "set")
    by_id = {r.id: r for r in data.records}
    assert set(data.bands) == {"B01", "B02", "B04", "B11"}
    gone = {(2, 1), (0, 2), (2, 2)}
    assert set(by_id) == {f"scene_{c:02d}_{r:02d}" for c in range(COLS) for r in range(ROWS)} - {
        f"scene_{c:02d}_{r:02d}" for c, r in gone
    }
    assert tally.kept == COLS * ROWS - 3
    assert tally.left_out == {
        "with pixels without data": 1,
        "labelled on less than 75% of their area": 2,
        "at the edge, where they would overlap their neighbours": COLS + ROWS + 1,
    }
    for name, record in by_id.items():
        col, row = (int(v) for v in name.split("_")[1:])
        ys, xs = slice(120 * row, 120 * row + 120), slice(120 * col, 120 * col + 120)
        assert record.labels == present_classes(codes[ys, xs])
        assert np.array_equal(data.reference(record), codes[ys, xs]) and record.mapped
        assert known_share(codes[ys, xs]) >= 0.75
        assert record.place is not None and record.place.crs == "EPSG:32633"
        assert (record.place.left, record.place.top) == (500_000 + 1200 * col, 5_000_040 - 1200 * row)
    assert by_id["scene_00_00"].labels == ("Arable land", "Marine waters")
    read = data.read(by_id["scene_03_02"], ["B02", "B11", "B01"])
    assert np.array_equal(read["B02"], bands["B02"][240:360, 360:480])
    assert np.array_equal(read["B11"], bands["B11"][120:180, 180:240])
    assert np.array_equal(read["B01"], bands["B01"][40:60, 60:80])


@pytest.mark.parametrize(("stride", "gap"), [(120, 1200), (60, 0)])
def test_no_place_stands_in_two_splits(made: Any, tmp_path: Path, stride: int, gap: float) -> None:
    cut(made, tmp_path / "set", stride=stride, gap=gap)
    records = [r for r in open_data_set(tmp_path / "set").records if r.split]
    corners = np.array([(r.place.left, r.place.top) for r in records if r.place])
    splits = np.array([r.split for r in records])
    near = np.abs(corners[:, None] - corners[None]).max(axis=2) < 1200 + gap
    assert (splits[:, None] == splits[None])[near].all()
    assert near.sum() > len(records) and set(splits) == {"train", "validation", "test"}


def test_every_split_is_there_and_can_be_left_out(made: Any, tmp_path: Path) -> None:
    tally = cut(made, tmp_path / "set")
    assert set(tally.splits) == {"train", "validation", "test"} and min(tally.splits.values()) > 0
    assert sum(tally.splits.values()) <= tally.kept
    cut(made, tmp_path / "none", split="none")
    assert {r.split for r in open_data_set(tmp_path / "none").records} == {None}


def test_clouds_are_left_out(made: Any, tmp_path: Path, write_tif: Any) -> None:
    mask = np.full((COLS * 60 + 15, COLS * 60 + 15), 4, np.uint8)[: ROWS * 60 + 15]
    mask[180:240, 180:186] = 9  # col 3, row 3: a tenth is cloud
    write_tif("scene/S_SCL.tif", mask, resolution=20)
    scene = open_scene([str(made[0])])
    assert scene.mask is not None
    tally = cut_data_set([scene], [made[1]], tmp_path / "set", Rules())
    assert tally.left_out["clouded"] == 1
    assert "scene_03_03" not in {r.id for r in open_data_set(tmp_path / "set").records}
    assert cut_data_set([scene], [made[1]], tmp_path / "all", Rules(max_cloud=0.2)).kept == tally.kept + 1


def test_the_real_reference_map_labels_its_patch(ben_data: Path, tmp_path: Path, write_tif: Any) -> None:
    import pyarrow.parquet as pq

    name = "S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57"
    path = next((ben_data / "bigearthnet/v2/Reference_Maps").rglob(f"{name}_reference_map.tif"))
    with rasterio.open(path) as file:
        corner, crs = file.transform, file.crs
    # A scene of 3 x 3 patches around it: only the middle one is known.
    pixels = np.random.default_rng(0).integers(1, 3000, (360, 360)).astype(np.uint16)
    around = from_origin(corner.c - 1200, corner.f + 1200, 10, 10)
    scene = write_tif("around.tif", pixels, crs=crs, transform=around, descriptions=("B04",))
    tally = cut_data_set([open_scene([str(scene)])], [path], tmp_path / "set", Rules(split="none"))
    (record,) = open_data_set(tmp_path / "set").records
    table = pq.read_table(ben_data / "bigearthnet/v2/metadata.parquet", filters=[("patch_id", "=", name)])
    assert record.labels == tuple(table["labels"][0].as_py())
    assert tally.left_out == {"labelled on less than 75% of their area": 8}


def test_what_is_refused_leaves_nothing(made: Any, tmp_path: Path, write_tif: Any) -> None:
    scene = open_scene([str(made[0])])
    out = tmp_path / "set"
    empty = write_tif("empty.tif", np.full((900, 900), 999, np.uint16))
    far = write_tif("far.tif", np.full((9, 9), 211, np.uint16), transform=from_origin(0, 0, 10, 10))
    for reference, message in ((empty, "No patch is left"), (far, "does not overlap")):
        with pytest.raises(DataError, match=message):
            cut_data_set([scene], [reference], out, Rules())
    with pytest.raises(JobError, match="Two scenes are called"):
        cut_data_set([scene, scene], [made[1]], out, Rules())
    with pytest.raises(JobError, match="3 references are given for 1 scenes"):
        cut_data_set([scene], [made[1]] * 3, out, Rules())
    with pytest.raises(JobError, match="--min-known 75"):
        Rules(min_known=75)
    with pytest.raises(JobError, match="multiple of 6"):
        cut_data_set([scene], [made[1]], out, Rules(stride=50))
    with pytest.raises(Cancelled):
        cut_data_set([scene], [made[1]], out, Rules(), stop=lambda: True)
    assert not out.exists() and not list(tmp_path.glob(".set*"))


def test_the_command(made: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "codes.csv"
    table.write_text('211,Pastures\n312,"Beaches, dunes, sands"\n523,\n122,\n335,\n999,\n', encoding="utf-8")
    words = ["dataset", "--scene", str(made[0]), "--reference", str(made[1]), "--map-codes", str(table)]
    assert run([*words, "--out", str(tmp_path / "set"), "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert told["kept"] == COLS * ROWS - 3
    assert set(told["classes"]) == {"Pastures", "Beaches, dunes, sands"}
    assert run([*words, "--out", str(tmp_path / "set")]) == 2  # it exists
    assert run([*words, "--out", str(tmp_path / "set"), "--overwrite"]) == 0
