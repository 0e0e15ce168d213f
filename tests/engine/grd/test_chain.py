"""Raw numbers to sigma0 in dB: calibration, noise, borders, and the prepared product as a whole."""

from __future__ import annotations

import math
import re
from pathlib import Path

import filelock
import numpy as np
import pytest
import rasterio
from rasterio.warp import transform

from ben_core.errors import Cancelled, DataError, JobError, OutputError
from ben_core.run.raw_radar import Recipe, grid_of, prepare
from ben_core.scene import open_scene
from ben_core.scene.grd import open_grd
from ben_core.scene.grd.chain import decibels_of
from ben_core.scene.grd.frame import footprint_grid
from ben_core.scene.grd.image import FLOOR, Extent, Image
from ben_core.scene.grd.tables import read_noise
from ben_core.scene.safexml import read_xml
from ben_core.scene.types import PixelGrid

from .. import made_grd as made
from ..made_grd import GRID, geocoding_of, whole

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

# Radiometry


def test_calibration_equals_its_table_at_the_nodes(safe: Path) -> None:
    product = open_grd(safe)
    table = product.channels["VV"].calibration
    for k in (0, 7, len(table.lines) - 1):
        inside = table.pixels[k] < made.SAMPLES
        found = table.at(table.lines[k : k + 1], table.pixels[k][inside])
        np.testing.assert_array_equal(found[0], table.values[k][inside])
    middle = table.at(np.array([(table.lines[3] + table.lines[4]) / 2]), table.pixels[3][:5])
    np.testing.assert_allclose(middle[0], (table.values[3][:5] + table.values[4][:5]) / 2)


def test_sigma0_is_dn_squared_less_noise_over_the_table_squared(safe: Path) -> None:
    product = open_grd(safe)
    channel = product.channels["VV"]
    top, bottom, left, right = 7690, 7720, 21900, 22000
    image = Image(product.tree.disk_path(channel.measurement), channel, "VV")
    extent = Extent(top, np.zeros(30, np.int32), np.full(30, made.SAMPLES, np.int32))
    found = image.sigma0(extent, top, bottom, left, right)
    with rasterio.open(made.measurement(safe, "vv")) as d:
        dn = d.read(1, window=((top, bottom), (left, right))).astype(np.float64)
    for row, col in ((0, 0), (7, 60), (29, 99)):
        noise, value = (by_hand(safe, kind, top + row, left + col) for kind in ("noise", "calibration"))
        power = max(dn[row, col] ** 2 - noise, FLOOR) / value**2
        assert found[row, col] == pytest.approx(power, rel=1e-6)
    image.close()


def by_hand(safe: Path, kind: str, line: int, pixel: int) -> float:
    """Noise or sigma0 table at one pixel, read anew from the XML with plain loops."""
    root = read_xml(next(safe.glob(f"annotation/calibration/{kind}-*-vv-*.xml")).read_bytes(), kind)
    vectors, tag = (
        (root.findall(".//noiseRangeVector"), "noiseRangeLut")
        if kind == "noise"
        else (root.findall(".//calibrationVector"), "sigmaNought")
    )

    def along(e) -> float:  # type: ignore[no-untyped-def]
        xs, vs = ([float(x) for x in e.findtext(t).split()] for t in ("pixel", tag))
        i = max(i for i in range(len(xs) - 1) if xs[i] <= pixel)
        return vs[i] + (vs[i + 1] - vs[i]) * (pixel - xs[i]) / (xs[i + 1] - xs[i])

    lines = [float(e.findtext("line")) for e in vectors]
    k = max(k for k in range(len(lines) - 1) if lines[k] <= line)
    a, b = along(vectors[k]), along(vectors[k + 1])
    value = a + (b - a) * (line - lines[k]) / (lines[k + 1] - lines[k])
    for e in root.iter("noiseAzimuthVector"):
        if int(e.findtext("firstRangeSample")) <= pixel <= int(e.findtext("lastRangeSample")):
            xs, vs = ([float(x) for x in e.findtext(t).split()] for t in ("line", "noiseAzimuthLut"))
            i = max(i for i in range(len(xs) - 1) if xs[i] <= line)
            value *= vs[i] + (vs[i + 1] - vs[i]) * (line - xs[i]) / (xs[i + 1] - xs[i])
    return value


def test_noise_in_the_format_before_2018(safe: Path) -> None:
    text = next(safe.glob("annotation/calibration/noise-*-vv-*.xml")).read_text()
    new = read_noise(read_xml(text.encode(), "new"), "new")
    old_text = re.sub(r"<noiseAzimuthVectorList.*</noiseAzimuthVectorList>", "", text, flags=re.DOTALL)
    old_text = old_text.replace("noiseRangeVector", "noiseVector").replace("noiseRangeLut", "noiseLut")
    old = read_noise(read_xml(old_text.encode(), "old"), "old")
    rows, cols = np.arange(100, 110), np.arange(50, 60)
    assert not old.along and len(new.along) == 3
    np.testing.assert_array_equal(old.at(rows, cols), new.across.at(rows, cols))
    assert (old.at(rows, cols) != new.at(rows, cols)).all()


def test_power_to_decibels_is_exact() -> None:
    power = np.array([1e-7, 3.3e-3, 0.5, 1.0, 10.0, 123.0, np.nan], np.float32)
    found = decibels_of(power)
    assert found.dtype == np.float32
    for p, db in zip(power[:-1], found[:-1], strict=True):
        assert db == np.float32(10 * math.log10(float(p)))
    assert np.isnan(found[-1])


def test_noise_that_esa_took_off_is_not_taken_off_again(copy: Path) -> None:
    for path in copy.glob("annotation/*.xml"):
        text = path.read_text()
        was = "<thermalNoiseCorrectionPerformed>false"
        assert was in text
        path.write_text(text.replace(was, was.replace("false", "true")))
    geocoding = geocoding_of(copy, GRID, height=50.0)
    assert "removed by ESA" in geocoding.words
    channel = geocoding.product.channels["VV"]
    image = Image(geocoding.product.tree.disk_path(channel.measurement), channel, "VV")
    table = channel.calibration
    line = int(table.lines[(table.lines > made.WINDOW[0]) & (table.lines < made.WINDOW[1])][0])
    pixels = table.pixels[0][(table.pixels[0] > made.WINDOW[2]) & (table.pixels[0] < made.WINDOW[3])].astype(int)
    extent = Extent(line, np.zeros(1, np.int32), np.full(1, made.SAMPLES, np.int32))
    found = image.sigma0(extent, line, line + 1, made.WINDOW[2], made.WINDOW[3])[0, pixels - made.WINDOW[2]]
    dn = image.digital(line, line + 1, made.WINDOW[2], made.WINDOW[3])[0, pixels - made.WINDOW[2]]
    k = int(np.searchsorted(table.lines, line))
    values = table.values[k][np.isin(table.pixels[k], pixels)]
    np.testing.assert_array_equal(found, (dn**2 / values**2).astype(np.float32))
    image.close()


def test_border_noise_is_cut_and_weak_pixels_inside_stay(copy: Path) -> None:
    values = made.speckle(3, 300.0**2)
    values[:, :70] = np.random.default_rng(0).integers(1, 8, (len(values), 70))  # border noise, far below the noise
    values[:, :20] = 0
    values[400:500, 600:700] = 5  # calm water inside
    values[:40] = 3  # before the first real line
    made.write_pixels(copy, "vv", values)
    product = open_grd(copy)
    top, bottom, left, right = made.WINDOW
    image = Image(product.tree.disk_path(product.channels["VV"].measurement), product.channels["VV"], "VV")
    extent = image.extent(top, bottom)
    assert (extent.last[:40] == -1).all() and (extent.first[:40] == made.SAMPLES).all()
    assert set((extent.first[40:] - left).tolist()) <= {70, 71, 72}
    assert set(extent.last[40:].tolist()) <= {right - 1, right - 2, right - 3}
    seen = image.sigma0(extent, top, bottom, left, right)
    assert np.isnan(seen[:, :70]).all()
    water = decibels_of(seen[400:500, 600:700])
    assert water.min() > -76 and water.max() < -73.5  # the lowest value of BigEarthNet-S1 is -75.1 dB
    image.close()


# The product as a whole


def test_prepared_product_is_what_open_radars_takes(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    result = prepare(safe, tmp_path / "out", recipe, GRID)
    assert result.valid == {"VV": 1.0, "VH": 1.0}
    assert [p.name for p in (tmp_path / "out").iterdir()] == [f"{made.NAME}_sigma0_dB.tif"]
    with rasterio.open(result.path) as d:
        assert d.descriptions == ("VV", "VH") and d.units == ("dB", "dB") and math.isnan(d.nodata)
        assert d.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        vv, vh = d.read()
        text = " ".join(f"{k}={v}" for k, v in d.tags().items())
    assert str(tmp_path) not in text and str(safe.parent) not in text
    # The made land: power 220**2 and 110**2, the far half of the window twice that, over a table of about 600.
    assert -12 < np.median(vv) < -4 and 4 < np.median(vv) - np.median(vh) < 9
    scene = open_scene([str(result.path)])
    assert scene.grid == GRID and scene.sensor == "sentinel-1"
    (found,) = scene.passes
    assert (found.quantity, found.platform, found.acquired) == ("sigma0", "Sentinel-1B", "2021-12-23T05:11:22Z")
    assert found.radiometry.startswith(
        "dB, as its metadata say (thermal noise removed and border noise cut; calibrated"
    )
    assert str(tmp_path) not in found.radiometry
    assert grid_of(None, None, str(result.path)) == GRID
    with pytest.raises(JobError, match="--like says the whole grid"):
        grid_of("EPSG:32633", None, str(result.path))


def test_zip_is_folder_and_block_size_changes_no_bit(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    folder = prepare(safe, tmp_path / "folder", recipe, GRID)
    zipped = prepare(made.zipped(safe, tmp_path / f"{made.NAME}.zip"), tmp_path / "zip", recipe, GRID)
    assert folder.path.read_bytes() == zipped.path.read_bytes()
    assert [p.name for p in (tmp_path / "zip").iterdir()] == [zipped.path.name]
    geocoding = geocoding_of(safe, GRID, dem=recipe.dem, geoid=recipe.geoid)
    one, many = whole(geocoding, tmp_path, 1024), whole(geocoding, tmp_path, 96)
    for pol in ("VV", "VH"):
        np.testing.assert_array_equal(one[pol], many[pol])
        assert np.isfinite(one[pol]).all()


def test_stopped_or_failed_leaves_nothing(safe: Path, copy: Path, recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        prepare(safe, tmp_path / "out", recipe, GRID, stop=lambda: True)
    assert not list((tmp_path / "out").iterdir())
    path = made.measurement(copy, "vh")
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.unlink()
    path.write_bytes(half)  # the second polarisation fails half-way
    with pytest.raises(DataError, match=r"corrupt|cannot be opened"):
        prepare(copy, tmp_path / "out", recipe, GRID)
    assert not list((tmp_path / "out").iterdir())


def test_what_a_killed_run_left_is_swept_and_two_runs_do_not_meet(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    work = tmp_path / f".ben-{made.NAME}_sigma0_dB"
    work.mkdir()
    (work / "half.tif").write_bytes(b"half")
    (work / ".ben-cog-x").mkdir()
    (work / ".ben-cog-x" / "draft.tif").write_bytes(b"half")
    with filelock.FileLock(work / "lock"), pytest.raises(JobError, match="Another run prepares"):
        prepare(safe, tmp_path, recipe, GRID)
    assert (work / "half.tif").exists()
    prepare(safe, tmp_path, recipe, GRID)
    assert [p.name for p in tmp_path.iterdir()] == [f"{made.NAME}_sigma0_dB.tif"]


def test_what_exists_is_kept(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    first = prepare(safe, tmp_path, recipe, GRID)
    before = first.path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        prepare(safe, tmp_path, recipe, GRID)
    small = PixelGrid(GRID.crs, GRID.left, GRID.top, 60, 60)
    assert first.path.read_bytes() == before
    assert prepare(safe, tmp_path, recipe, small, overwrite=True).path.read_bytes() != before


def test_footprint_is_the_default_grid(safe: Path) -> None:
    grid = footprint_grid(open_grd(safe))
    assert grid.crs == "EPSG:32633"
    assert 25_000 < grid.width < 30_000 and 18_000 < grid.height < 23_000
    left, bottom, right, top = grid.bounds
    (x,), (y,) = transform("EPSG:4326", grid.crs, [12.5], [42.0])
    assert left < x < right and bottom < y < top


@pytest.mark.parametrize(
    ("crs", "bounds", "said"),
    [
        ("EPSG:32633", (290000.0, 4649000.0, 291005.0, 4650000.0), "--bounds 290000,4649000,291005,4650000 is no box"),
        ("EPSG:4326", (12.0, 41.0, 22.0, 51.0), "true metres"),
        ("EPSG:4326", (12.0, 41.0, 13.0, 42.0), "true metres"),
        ("EPSG:32633", (math.nan, 0.0, 1000.0, 100.0), "true metres"),
        ("EPSG:3857", (1390000.0, 5150000.0, 1391000.0, 5151000.0), "true metres"),
        ("rome", (0.0, 0.0, 100.0, 100.0), "no coordinate system"),
        ("EPSG:32633", (100.0, 0.0, 0.0, 100.0), "whole 10 m"),
        ("EPSG:32633", None, "go together"),
    ],
)
def test_grids_that_are_none(crs: str, bounds: tuple[float, float, float, float] | None, said: str) -> None:
    with pytest.raises(JobError, match=said):
        grid_of(crs, bounds, None)
