"""A scene's true colour eight times as fine: tiles without seams, places, no data, sizes, refusals."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import torch
from rasterio.transform import from_origin

from ben_core.cli import run as ben
from ben_core.enhance import super_resolve
from ben_core.enhance.margin import TOLERANCE, measured_margin, probes_of
from ben_core.enhance.tiles import Tile, around, tiles_of
from ben_core.errors import Cancelled, DataError, JobError, ModelError, OutputError
from ben_core.events import Recorder
from ben_core.events import read as read_event
from ben_core.models.importers.sr_resnet50 import import_model
from ben_core.models.networks import build
from ben_core.patches.grid import Window

LEFT, TOP = 600000.0, 5300040.0
BANDS = ("B02", "B03", "B04")
TINY = {"family": "rfb_esrgan", "name": "tiny", "rrdb": 1, "rrfdb": 1, "width": 8, "variant": "trained"}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(5)
    network = build(TINY)
    torch.save(network.sr_model.state_dict(), folder / "g.pth")  # type: ignore[union-attr, operator]
    return import_model(folder / "g.pth", "g", folder, variant="trained")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """70 x 60 pixels, bands in the order B02, B03, B04; a corner and one pixel of one band hold no data."""
    path = tmp_path_factory.mktemp("scene") / "scene.tif"
    dn = np.random.default_rng(2).integers(1, 4000, (3, 60, 70)).astype(np.uint16)
    dn[:, :5, :8] = 0
    dn[1, 40, 50] = 0
    with rasterio.open(
        path, "w", driver="GTiff", width=70, height=60, count=3, dtype="uint16", nodata=0, crs="EPSG:32633",
        transform=from_origin(LEFT, TOP, 10, 10),
    ) as f:  # fmt: skip
        f.write(dn)
        for i, name in enumerate(BANDS, 1):
            f.set_band_description(i, name)
    return path


def drawn(scene: Path, model: Path, out: Path, **options: Any) -> Any:
    return super_resolve([str(scene)], str(out), str(model), device="cpu", acquired="2020-06-01", **options)


def whole(scene: Path, model: Path) -> np.ndarray:
    """The generator on the whole scene at once, by plain PyTorch."""
    from ben_core.models.enhancer import load_enhancer

    generator = load_enhancer(str(model), device="cpu").generator
    with rasterio.open(scene) as f:
        dn = f.read()[::-1].astype(np.float32)
    with torch.inference_mode():
        image = generator(torch.from_numpy(dn / 10000 * 2 - 1)[None])[0].numpy()
    return (image + 1) / 2


def test_tiles_make_the_whole_image(scene: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ben_core.enhance.run.tiles_of", lambda *a: tiles_of(*a, core=24))
    events = Recorder()
    result = drawn(scene, model, tmp_path / "sr.tif", emit=events)
    expected = np.rint(whole(scene, model) * 10000).clip(1, 10000)
    with rasterio.open(tmp_path / "sr.tif") as f:
        got = f.read()
        assert f.profile["driver"] == "GTiff" and f.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert f.crs.to_epsg() == 32633 and f.res == (1.25, 1.25) and (f.bounds.left, f.bounds.top) == (LEFT, TOP)
        assert f.shape == (480, 560) == (result.height, result.width)
        assert [c.name for c in f.colorinterp] == ["red", "green", "blue"] and f.nodata == 0
        assert [d[:3] for d in f.descriptions] == ["B04", "B03", "B02"]
        assert "invented" in f.tags()["TIFFTAG_IMAGEDESCRIPTION"] and f.tags()["ACQUIRED"] == "2020-06-01"
    empty = np.zeros((60, 70), bool)
    empty[:5, :8] = empty[40, 50] = True
    empty = empty.repeat(8, 0).repeat(8, 1)
    assert (got[:, empty] == 0).all() and (got[:, ~empty] > 0).all()
    difference = np.abs(got.astype(float) - expected)[:, ~empty]
    assert difference.max() <= 1, "a DN is 1e-4 of reflectance; rounding may turn half of one into one"
    assert len(set(got[:, ~empty].ravel().tolist())) > 20, "an image, not one grey"
    assert len(events.of("progress")) >= 1 and events.of("progress")[-1]["total"] == 9
    assert next(w["code"] for w in events.of("warning")) == "invented"
    assert not list(tmp_path.glob(".ben-cog-*"))


def test_too_little_context_shows(scene: Path, model: Path) -> None:
    """The measure of the margin can fail: without context the tiles are others, with the reach they are the same."""
    from ben_core.models.enhancer import load_enhancer

    enhancer = load_enhancer(str(model), device="cpu")
    with rasterio.open(scene) as f:
        dn = f.read()[::-1]
    expected = whole(scene, model)

    def worst(margin: int) -> float:
        gap = 0.0
        for tile in tiles_of(Window(0, 0, 70, 60), 70, 60, margin, core=24):
            s, c = tile.seen, tile.core
            got = enhancer.draw(dn[:, s.row : s.row + s.height, s.col : s.col + s.width], tile.context)
            inner = expected[:, 8 * c.row : 8 * (c.row + c.height), 8 * c.col : 8 * (c.col + c.width)]
            gap = max(gap, float(np.abs(got - inner).max()))
        return gap

    assert worst(0) > 10 * TOLERANCE
    assert worst(enhancer.reach) < 1e-5

    def draw(tile: Tile) -> np.ndarray:
        s = tile.seen
        return enhancer.draw(dn[:, s.row : s.row + s.height, s.col : s.col + s.width], tile.context)

    margin = measured_margin(draw, probes_of(Window(0, 0, 70, 60)), 70, 60, enhancer.reach)
    assert worst(margin) < 1e-4


@pytest.mark.parametrize(("fades", "expected"), [(5, 8), (8, 8), (9, 16), (40, 64), (500, 369)])
def test_the_margin_grows_until_more_changes_nothing(fades: int, expected: int) -> None:
    """A generator that hears of pixels up to ``fades`` away, in a scene without an end."""

    def draw(tile: Tile) -> np.ndarray:
        return np.full((3, 8, 8), min(tile.context[0], fades) / 100)

    probes = [Window(5000, 5000, 16, 16)] * 2
    assert measured_margin(draw, probes, 10980, 10980, 369) == expected


def test_tiles_cover_an_area_once() -> None:
    area = Window(7, 3, 45, 50)
    covered = np.zeros((60, 70), int)
    for tile in tiles_of(area, 70, 60, 9, core=16):
        c, s = tile.core, tile.seen
        covered[c.row : c.row + c.height, c.col : c.col + c.width] += 1
        assert s == around(c, 70, 60, 9)
        assert s.row >= 0 and s.col >= 0 and s.row + s.height <= 60 and s.col + s.width <= 70
        top, bottom, left, right = tile.context
        assert (s.height - top - bottom, s.width - left - right) == (c.height, c.width)
        assert top == min(9, c.row) and right == min(9, 70 - c.col - c.width)
    inside = np.zeros_like(covered)
    inside[3:53, 7:52] = 1
    np.testing.assert_array_equal(covered, inside)


def test_an_area_is_the_same_image_in_its_place(scene: Path, model: Path, tmp_path: Path) -> None:
    drawn(scene, model, tmp_path / "all.tif")
    triangle = f"POLYGON (({LEFT + 205} {TOP - 205}, {LEFT + 405} {TOP - 205}, {LEFT + 205} {TOP - 405}, {LEFT + 205} {TOP - 205}))"
    drawn(scene, model, tmp_path / "part.tif", aoi=triangle, aoi_crs="EPSG:32633")
    with rasterio.open(tmp_path / "all.tif") as a, rasterio.open(tmp_path / "part.tif") as b:
        assert b.shape == (168, 168) and (b.bounds.left, b.bounds.top) == (LEFT + 200, TOP - 200)
        part = b.read()
        same = a.read()[:, 160:328, 160:328]
    inside = part.all(axis=0)
    assert inside[0, 0] and not inside[-1, -1], "outside the triangle is no data"
    assert 0.5 < inside.mean() < 0.62
    assert np.abs(part.astype(int) - same)[:, inside].max() <= 1


def test_large_areas_are_refused_with_their_size(
    scene: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ben_core.enhance.run.LARGE", 0.1)
    with pytest.raises(JobError, match=r"560 x 480 pixels") as e:
        drawn(scene, model, tmp_path / "sr.tif")
    assert "--large" in e.value.hint and not list(tmp_path.iterdir())
    drawn(scene, model, tmp_path / "sr.tif", large=True)
    assert (tmp_path / "sr.tif").exists()


def test_what_cannot_be_drawn_is_said(scene: Path, model: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="names no GeoTIFF"):
        drawn(scene, model, tmp_path / "sr.png")
    (tmp_path / "there.tif").write_bytes(b"mine")
    with pytest.raises(OutputError, match="exists already"):
        drawn(scene, model, tmp_path / "there.tif")
    assert (tmp_path / "there.tif").read_bytes() == b"mine"
    with pytest.raises(ModelError, match=r"has no weights for --runtime torch|draws no finer image"):
        super_resolve([str(scene)], str(tmp_path / "x.tif"), "embedded", bands={"B08": 1, "B02": 1, "B03": 2, "B04": 3})
    with pytest.raises(DataError, match="lacks the band B04"):
        drawn(scene, model, tmp_path / "x.tif", bands={"B02": 1, "B03": 2})
    with pytest.raises(Cancelled):
        drawn(scene, model, tmp_path / "x.tif", stop=lambda: True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["there.tif"], "nothing was left behind"


def test_from_the_command_line(scene: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new folder" / "sr.tif"
    assert ben(["super-resolve", str(scene), "--out", str(out), "--model", str(model), "--device", "cpu"]) == 0
    said = capsys.readouterr()
    assert "560 x 480" in said.out and "invented" in said.err and out.exists()
    assert ben(["super-resolve", str(scene), "--out", str(out), "--model", str(model)]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_for_programs(scene: Path, model: Path, tmp_path: Path) -> None:
    def call(*more: str) -> list[str]:
        command = [sys.executable, "-m", "ben_core", "super-resolve", str(scene), "--model", str(model), *more]
        return subprocess.run(
            command, cwd=Path(__file__).parents[2], capture_output=True, text=True
        ).stdout.splitlines()

    found = json.loads("".join(call("--out", str(tmp_path / "a.tif"), "--json")))
    assert found["path"] == str(tmp_path / "a.tif") and found["width"] == 560
    events = [read_event(line) for line in call("--out", str(tmp_path / "b.tif"), "--events", "jsonl")]
    assert events[-1] and events[-1]["type"] == "done" and events[-1]["result"]["width"] == 560
    (last,) = [read_event(line) for line in call("--out", str(tmp_path / "b.tif"), "--events", "jsonl")][-1:]
    assert last and last["type"] == "error" and "--overwrite" in last["hint"]


def test_a_real_scene_stays_in_its_place(ben_data: Path, model: Path, tmp_path: Path) -> None:
    thailand = ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
    with rasterio.open(thailand / "B04.tif") as f:
        left, top, crs = f.transform.c + 3000, f.transform.f - 4000, f.crs
        red = f.read(1)[400:416, 300:320]
    corner = f"POLYGON (({left} {top}, {left + 200} {top}, {left + 200} {top - 160}, {left} {top - 160}, {left} {top}))"
    result = drawn(thailand, model, tmp_path / "sr.tif", aoi=corner, aoi_crs=crs.to_string())
    with rasterio.open(tmp_path / "sr.tif") as f:
        assert f.crs == crs and f.res == (1.25, 1.25) and f.shape == (128, 160)
        assert (f.bounds.left, f.bounds.top) == pytest.approx((left, top), abs=0.1)
        assert (f.read() > 0).all() == bool(red.all())
    assert result.margin >= 8
