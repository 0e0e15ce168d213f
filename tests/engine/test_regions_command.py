"""ben map --regions as a user runs it: refused before the first map is made, gone on with by the same command."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from small_scenes import make_bands

from ben_core.cli import run as ben
from ben_core.cli.region_options import with_regions
from ben_core.errors import Cancelled, JobError
from ben_core.regions import dense as asking
from ben_core.regions import run as running

QUICK = ("--regions", "--scales", "60,120", "--dense-stride", "60", "--threads", "1")
NOTHING = ("scales", "dense_stride", "min_area", "vote", "shared_convolution")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bands(tmp_path_factory.mktemp("scenes") / "north", 260, 250)


@pytest.fixture
def no_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ben_core.mapping.map_scene", lambda *_, **__: pytest.fail("the map of patches was begun"))


def test_both_maps_are_made(scene: Path, tmp_path: Path, capfd: Any) -> None:
    assert ben(["map", str(scene), "-o", str(tmp_path), "--json", *QUICK]) == 0
    summary = json.loads(capfd.readouterr().out)
    assert Path(summary["products"]["classes"]).is_file() and Path(summary["regions"]["products"]["regions"]).is_file()
    assert summary["regions"]["segments"] > 10
    assert sum(summary["regions"]["hectares"].values()) == pytest.approx(650)


def test_shared_convolutions_make_another_map_and_say_so(scene: Path, tmp_path: Path, capfd: Any) -> None:
    pytest.importorskip("torch")
    tables = []
    for more in ((), ("--shared-convolution",)):
        out = tmp_path / str(len(more))
        assert ben(["map", str(scene), "-o", str(out), "--model", "embedded-s2", *QUICK, *more]) == 0
        tables.append(pyogrio.read_dataframe(out / "north_regions.gpkg", layer="segments"))
        page = (out / "north_regions.html").read_text(encoding="utf-8")
        assert ("shared between windows (approximate)" in page) == bool(more)
        assert ("each window by itself (exact)" in page) != bool(more)
    exact, shared = tables
    assert exact.geometry.equals(shared.geometry), "what segments there are does not depend on it"
    assert not exact["p"].equals(shared["p"])


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--scales", "60,480"), 3, "one window of 480 x 480"),
        (("--scales", "61"), 2, "--scales 61"),
        (("--scales", "a"), 2, "60,120,240"),
        (("--dense-stride", "62", "--scales", "60"), 2, "--dense-stride 62"),
        (("--shared-convolution", "--runtime", "onnx"), 2, "PyTorch only"),
    ],
)
def test_bad_wishes_are_refused_before_any_map(
    scene: Path, tmp_path: Path, capfd: Any, no_map: None, more: tuple[str, ...], code: int, words: str
) -> None:
    assert ben(["map", str(scene), "-o", str(tmp_path / "out"), "--regions", *more]) == code
    assert words in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_radar_is_refused_before_any_map(tmp_path: Path, capfd: Any, no_map: None, write_tif: Any) -> None:
    db = np.full((2, 240, 240), -12, np.float32)
    radar = write_tif("S1A_20200611_db.tif", db, descriptions=["Sigma0_VH", "Sigma0_VV"])
    assert ben(["map", "--s1", str(radar), "-o", str(tmp_path / "out"), "--regions"]) == 3
    assert "no optical band" in capfd.readouterr().err
    raw = tmp_path / "S1A_IW_GRDH_1SDV_20200611T101031_20200611T101056_032971_03D1BF_0001.SAFE"
    raw.mkdir()
    assert ben(["map", str(raw), "--height", "0", "-o", str(tmp_path / "out"), "--regions"]) == 3
    assert "no optical band" in capfd.readouterr().err


def test_the_same_command_goes_on(scene: Path, tmp_path: Path, capfd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["map", str(scene), "-o", str(tmp_path / "a"), *QUICK]
    assert ben([*line[:3], str(tmp_path / "b"), *QUICK]) == 0
    for place, name in ((asking, "resampled"), (running, "write_regions")):
        with monkeypatch.context() as patch:

            def stopped(*_: Any, **__: Any) -> None:
                raise Cancelled("stopped")

            patch.setattr(place, name, stopped)
            assert ben(line) != 0
        assert (tmp_path / "a" / "north_classes.tif").exists() and not (tmp_path / "a" / "north_regions.tif").exists()
    capfd.readouterr()
    assert ben(line) == 0
    assert "Going on with a 10 m map" in capfd.readouterr().err
    once, twice = ({p.name for p in (tmp_path / n).iterdir()} for n in "ab")
    assert once == twice
    for name in once:
        if "_regions" in name:
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert ben(line) != 0, "what is finished is not made again"
    assert "already" in capfd.readouterr().err


def test_options_without_regions_are_refused(scene: Path, tmp_path: Path, capfd: Any) -> None:
    assert ben(["map", str(scene), "-o", str(tmp_path / "out"), "--min-area", "2"]) == 2
    assert "--min-area is given without --regions" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ben_core.regions.run", None)
    with pytest.raises(JobError, match=r"\[segment\]"):
        with_regions({"regions": True, **dict.fromkeys(NOTHING)})
