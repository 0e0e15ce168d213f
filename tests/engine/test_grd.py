"""Raw Sentinel-1 GRD: under the real metadata of a product of Rome, with pixels and VH's files made here."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import filelock
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform

from ben_core.batch.plan import plan_batch
from ben_core.batch.sources import find_scenes, tasks_of
from ben_core.batch.work import Work
from ben_core.cli import run
from ben_core.errors import BenError, Cancelled, DataError, JobError, OutputError
from ben_core.events import Recorder
from ben_core.job import Job
from ben_core.mapping import map_scene
from ben_core.run.raw_radar import NotPrepared, Recipe, grid_of, prepare, prepared_job
from ben_core.scene import open_scene
from ben_core.scene.grd import Geocoding, GrdProduct, geometry_of, ground, is_raw, open_grd
from ben_core.scene.grd import geoid as geoid_module
from ben_core.scene.grd.chain import decibels_of
from ben_core.scene.grd.frame import footprint_grid
from ben_core.scene.grd.geoid import vertical_of
from ben_core.scene.grd.heights import Terrain
from ben_core.scene.grd.image import FLOOR, Extent, Image
from ben_core.scene.grd.numbers import moment
from ben_core.scene.grd.tables import read_noise
from ben_core.scene.safexml import read_xml
from ben_core.scene.types import PixelGrid

from . import made_grd as made

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

GRID = PixelGrid("EPSG:32633", 291000.0, 4655400.0, 360, 240)


@pytest.fixture(scope="module")
def data(ben_data: Path) -> Path:
    if not made.real_safe(ben_data).is_dir():
        pytest.skip(f"real data: no GRD metadata in {ben_data} (set BEN_DATA)")
    return ben_data


@pytest.fixture(scope="module")
def safe(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.make_safe(data, tmp_path_factory.mktemp("grd"))


@pytest.fixture(scope="module")
def recipe(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    geoid = made.write_geoid(tmp_path_factory.mktemp("geoid") / "geoid.tif")
    return Recipe(str(made.real_dem(data)), str(geoid))


@pytest.fixture
def copy(safe: Path, tmp_path: Path) -> Path:
    """The product, to be damaged; its measurements are links, to be replaced and never written into."""

    def take(source: str, target: str) -> None:
        (os.link if source.endswith(".tiff") else shutil.copy)(source, target)

    return Path(shutil.copytree(safe, tmp_path / safe.name, copy_function=take))


def whole(geocoding: Geocoding, work: Path, block: int = 1024) -> dict[str, np.ndarray]:
    grid = geocoding.grid
    found = {pol: np.full((grid.height, grid.width), 99, np.float32) for pol in ("VV", "VH")}
    for tile in geocoding.tiles(work, block):
        for pol, values in tile.bands.items():
            found[pol][tile.row : tile.row + values.shape[0], tile.col : tile.col + values.shape[1]] = values
    return found


def geocoding_of(safe: Path, grid: PixelGrid, **land: object) -> Geocoding:
    product = open_grd(safe)
    given = {"dem": None, "geoid": None, "height": None, **land}
    return Geocoding(product, geometry_of(product), ground(given["dem"], given["geoid"], given["height"]), grid)


# Geometry


def test_geometry_agrees_with_esa_s_own_grid(safe: Path) -> None:
    product = open_grd(safe)
    points = product.annotation.points
    line, pixel = geometry_of(product).places(points.longitude, points.latitude, points.height)
    assert len(line) == 210
    assert np.abs(line - points.line).max() < 0.01
    # ESA converts each line of its grid by the record nearest in time, the image (as SNAP) by two: up to half a pixel.
    assert np.quantile(np.abs(pixel - points.pixel), 0.98) < 0.5
    assert np.abs(pixel - points.pixel).max() < 0.53


def test_geometry_equals_the_grid_where_the_conversion_is_the_grid_s(safe: Path) -> None:
    product = open_grd(safe)
    geometry, points, c = geometry_of(product), product.annotation.points, product.annotation.conversions
    for i in range(0, 210, 10):
        k = int(np.abs(c.times - points.time[i]).argmin())
        x = points.range_time[i] * 299_792_458.0 / 2 - c.origin[k]
        ground_range = sum(v * x**n for n, v in enumerate(c.coefficients[k]))
        assert abs(ground_range / 10 - points.pixel[i]) < 0.01
    # The slant range itself is met to a millimetre.
    s, _, _ = geometry.orbit.at(points.time)
    from ben_core.scene.grd.geometry import earth_fixed

    distance = np.linalg.norm(earth_fixed(points.longitude, points.latitude, points.height) - s, axis=0)
    assert np.abs(distance - points.range_time * 299_792_458.0 / 2).max() < 1e-3


def test_point_targets_land_where_the_geolocation_grid_says(data: Path, tmp_path: Path) -> None:
    safe = made.make_safe(data, tmp_path)
    points = open_grd(safe).annotation.points
    inner = [i for i in range(210) if 100 < points.line[i] < 16600 and 100 < points.pixel[i] < 26000]
    chosen = inner[:: len(inner) // 7]
    assert len(chosen) >= 7
    # VV holds the targets on weak ground, all in one sparse file; VH the ground alone.
    for pol in ("vv", "vh"):
        profile = {
            "driver": "GTiff",
            "dtype": "uint16",
            "count": 1,
            "width": made.SAMPLES,
            "height": made.LINES,
            "tiled": True,
        }
        made.measurement(safe, pol).unlink()
        with rasterio.open(
            made.measurement(safe, pol), "w", **profile, blockxsize=128, blockysize=128, SPARSE_OK=True
        ) as d:
            for i in chosen:
                row, col = int(points.line[i]), int(points.pixel[i])
                patch = np.full((128, 128), 90, np.uint16)
                if pol == "vv":
                    patch[64, 64] = 20000
                d.write(patch, 1, window=rasterio.windows.Window(col - 64, row - 64, 128, 128))
    for i in chosen:
        (x,), (y,) = transform("EPSG:4326", "EPSG:32633", [points.longitude[i]], [points.latitude[i]])
        grid = PixelGrid("EPSG:32633", round(x, -1) - 320, round(y, -1) + 320, 64, 64)
        db = whole(geocoding_of(safe, grid, height=float(points.height[i])), tmp_path)["VV"]
        power = np.nan_to_num(10 ** (db.astype(np.float64) / 10))
        power[power < power.max() / 1000] = 0
        rows, cols = np.indices(power.shape)
        found = (power * cols).sum() / power.sum(), (power * rows).sum() / power.sum()
        wanted = (x - grid.left) / 10 - 0.5, (grid.top - y) / 10 - 0.5
        assert math.dist(found, wanted) < 0.5, (points.line[i], points.pixel[i])


def test_terrain_moves_the_image_as_the_angle_of_incidence_says(safe: Path, data: Path) -> None:
    product = open_grd(safe)
    geometry, points = geometry_of(product), product.annotation.points
    root = read_xml((next(safe.glob("annotation/*-vv-*.xml"))).read_bytes(), "annotation")
    angles = np.array([float(e.findtext("incidenceAngle")) for e in root.iter("geolocationGridPoint")])
    for height in (50.0, 300.0):
        _, low = geometry.places(points.longitude, points.latitude, 0.0)
        _, high = geometry.places(points.longitude, points.latitude, height)
        assert (low - high) * 10 == pytest.approx(height / np.tan(np.radians(angles)), rel=0.01)


def test_heights_of_the_terrain_model_reach_the_pixels(safe: Path, tmp_path: Path) -> None:
    grid = PixelGrid("EPSG:32633", 291000.0, 4655400.0, 100, 70)
    dem = made.write_dem(tmp_path / "dem.tif", 731.25)
    by_dem = whole(geocoding_of(safe, grid, dem=str(dem)), tmp_path)
    flat = whole(geocoding_of(safe, grid, height=731.25), tmp_path)
    low = whole(geocoding_of(safe, grid, height=0.0), tmp_path)
    np.testing.assert_array_equal(by_dem["VV"], flat["VV"])
    assert (np.abs(low["VV"] - flat["VV"]) > 0.1).mean() > 0.9


def test_places_between_nodes_and_heights_are_those_of_the_equations(safe: Path, tmp_path: Path) -> None:
    """The coarse net and the parabola in height against the equations, pixel by pixel, on steep made land."""
    dem = made.write_dem(tmp_path / "dem.tif", 0.0)
    with rasterio.open(dem, "r+") as d:
        rng = np.random.default_rng(0)
        d.write(rng.uniform(0, 4000, d.shape).astype(np.float32), 1)
    geocoding = geocoding_of(safe, GRID, dem=str(dem))
    line, pixel, voids = geocoding.places(0, 0, GRID.height, GRID.width)
    x, y = np.meshgrid(GRID.left + 10 * (np.arange(GRID.width) + 0.5), GRID.top - 10 * (np.arange(GRID.height) + 0.5))
    lon, lat = (np.array(v).reshape(x.shape) for v in transform(GRID.crs, "EPSG:4326", x.ravel(), y.ravel()))
    with rasterio.open(dem) as d:
        stored, t = d.read(1).astype(np.float64), ~d.transform
    from scipy.ndimage import map_coordinates

    height = map_coordinates(stored, [t.e * lat + t.f - 0.5, t.a * lon + t.c - 0.5], order=1)
    exact_line, exact_pixel = geocoding.geometry.places(lon, lat, height)
    assert voids == 0
    assert np.abs(line - exact_line).max() < 0.01
    assert np.abs(pixel - exact_pixel).max() < 0.1


def test_the_other_side_of_the_track_is_not_shown(safe: Path) -> None:
    product = open_grd(safe)
    geometry, points = geometry_of(product), product.annotation.points
    # The mirror of the near edge lies about 570 km to the east of the track, the near edge itself 285 km to its west.
    line, pixel = geometry.places(points.longitude + 10.5, points.latitude, 0.0)
    assert np.isnan(line).all() and np.isnan(pixel).all()


# The antimeridian


def turned(product: GrdProduct, degrees: float) -> GrdProduct:
    """The product as if the Earth had turned by so much below it: all of it lies so far to the east."""
    a, angle = product.annotation, math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle), 0], [-math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
    orbit = replace(a.orbit, positions=a.orbit.positions @ turn, velocities=a.orbit.velocities @ turn)
    points = replace(a.points, longitude=(a.points.longitude + degrees + 180) % 360 - 180)
    there = replace(a, orbit=orbit, points=points)
    return replace(product, channels={k: replace(c, annotation=there) for k, c in product.channels.items()})


def test_over_the_antimeridian_as_anywhere(safe: Path, tmp_path: Path) -> None:
    far = 167.52  # 12.48 degrees east, in the middle of the grid, comes to lie at 180
    product = open_grd(safe)
    there = turned(product, far)
    crs = f"+proj=tmerc +lon_0={15 + far} +k=0.9996 +x_0=500000 +ellps=WGS84 +units=m"
    grid = PixelGrid(crs, 291300.0, 4655400.0, 160, 64)
    box = 12.4, 41.9, 12.6, 42.1
    here_dem = made.write_dem(tmp_path / "here.tif", 0.0, box=box)
    with rasterio.open(here_dem, "r+") as d:
        d.write(np.random.default_rng(0).uniform(0, 900, d.shape).astype(np.float32), 1)
        hills = d.read(1)
    found = {}
    for name, west in (("from", 12.4 + far), ("to", 12.4 + far - 360)):  # 179.92 on, or -180.08 on
        dem = made.write_dem(tmp_path / f"{name}.tif", 0.0, box=(west, 41.9, west + 0.2, 42.1))
        with rasterio.open(dem, "r+") as d:
            d.write(hills, 1)
        found[name] = whole(Geocoding(there, geometry_of(there), ground(str(dem), None, None), grid), tmp_path)
    zone_33 = replace(grid, crs="EPSG:32633")
    plain = whole(Geocoding(product, geometry_of(product), ground(str(here_dem), None, None), zone_33), tmp_path)
    for pol in ("VV", "VH"):
        assert np.isfinite(plain[pol]).all()
        for values in found.values():
            np.testing.assert_allclose(values[pol], plain[pol], atol=0.01)
    around = footprint_grid(there)
    assert around.crs in ("EPSG:32601", "EPSG:32660") and around.width < 30_000


def test_a_terrain_model_that_ends_at_the_antimeridian_does_not_reach_over_it(safe: Path, tmp_path: Path) -> None:
    there = turned(open_grd(safe), 167.52)
    crs = "+proj=tmerc +lon_0=182.52 +k=0.9996 +x_0=500000 +ellps=WGS84 +units=m"
    grid = PixelGrid(crs, 291300.0, 4655400.0, 160, 64)
    dem = tmp_path / "earth.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": "EPSG:4979", "width": 3600, "height": 40}
    with rasterio.open(dem, "w", transform=from_origin(-180, 44, 0.1, 0.1), **profile) as d:
        d.write(np.full((1, 40, 3600), 20, np.float32))
    with pytest.raises(DataError, match="begins and ends"):
        whole(Geocoding(there, geometry_of(there), ground(str(dem), None, None), grid), tmp_path)


# Times


def test_times_are_utc_and_of_sentinel_1() -> None:
    assert moment("2021-12-23T05:11:22.594441", "t", "f") == moment("2021-12-23T07:11:22.594441+02:00", "t", "f")
    for text in ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00", "9999-12-31T23:59:59-05:00", "yesterday", None):
        with pytest.raises(DataError, match="is no time"):
            moment(text, "t", "f")


# Orbit files


def eof_of(safe: Path, path: Path, mission: str = "Sentinel-1B", hours: float = 0.0) -> Path:
    a = open_grd(safe).annotation
    rows = []
    for t, p, v in zip(a.orbit.times, a.orbit.positions, a.orbit.velocities, strict=True):
        when = a.start + timedelta(seconds=float(t), hours=hours)
        axes = "".join(
            f'<{n} unit="m">{x:.6f}</{n}>' for n, x in zip(("X", "Y", "Z", "VX", "VY", "VZ"), (*p, *v), strict=True)
        )
        rows.append(f"<OSV><UTC>UTC={when:%Y-%m-%dT%H:%M:%S.%f}</UTC>{axes}</OSV>")
    path.write_text(
        "<Earth_Explorer_File><Earth_Explorer_Header><Fixed_Header>"
        f"<Mission>{mission}</Mission></Fixed_Header><Variable_Header><Ref_Frame>EARTH_FIXED</Ref_Frame></Variable_Header>"
        f"</Earth_Explorer_Header><Data_Block><List_of_OSVs>{''.join(rows)}</List_of_OSVs></Data_Block></Earth_Explorer_File>"
    )
    return path


def test_orbit_file_is_used(safe: Path, tmp_path: Path) -> None:
    product = open_grd(safe)
    points = product.annotation.points
    by_file = geometry_of(product, (str(eof_of(safe, tmp_path / "orbit.EOF")),))
    own = geometry_of(product)
    assert by_file.orbit.source == "orbit file orbit.EOF"
    assert own.orbit.source != by_file.orbit.source
    a, b = (g.places(points.longitude, points.latitude, points.height) for g in (by_file, own))
    np.testing.assert_allclose(a, b, atol=0.01)
    # The right one among several is found.
    other = eof_of(safe, tmp_path / "other.EOF", hours=12)
    assert geometry_of(product, (str(other), str(tmp_path / "orbit.EOF"))).orbit.source == "orbit file orbit.EOF"


@pytest.mark.parametrize(
    ("given", "said"), [({"mission": "Sentinel-1A"}, "Sentinel-1A"), ({"hours": 12.0}, "does not cover")]
)
def test_foreign_orbit_files_are_refused(safe: Path, tmp_path: Path, given: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        geometry_of(open_grd(safe), (str(eof_of(safe, tmp_path / "orbit.EOF", **given)),))


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


# Heights


def test_the_geoid_shifts_the_heights(data: Path, recipe: Recipe, tmp_path: Path) -> None:
    assert vertical_of(rasterio.open(made.real_dem(data)).crs) == "EGM96"
    lon, lat = (a.reshape(2, 2) for a in (np.array([12.49, 12.5, 12.49, 12.5]), np.array([42.0, 42.0, 41.99, 41.99])))
    terrain = Terrain(made.real_dem(data), recipe.geoid)
    shifted = terrain.heights(lon, lat, 32, 32)
    with rasterio.open(made.real_dem(data)) as d:
        t = ~d.transform
        stored = d.read(1)[int(t.e * 42.0 + t.f), int(t.a * 12.49 + t.c)]
    assert shifted[0, 0] == pytest.approx(
        stored + 48 - 0.001, abs=6
    )  # the model's neighbouring pixels differ by metres
    plain = terrain.heights(lon, lat, 32, 32) - 48 - (np.linspace(12.49, 12.49 + 0.01 * 31 / 32, 32) - 12.5) * 0.1
    terrain.geoid = None
    np.testing.assert_allclose(plain, terrain.heights(lon, lat, 32, 32), atol=1e-4)


def test_the_geoid_shifts_the_image(safe: Path, tmp_path: Path) -> None:
    geoid = made.write_geoid(tmp_path / "geoid.tif", 48.0)
    dem = made.write_dem(tmp_path / "dem.tif", 20.0, "EPSG:9707")
    above = geocoding_of(safe, GRID, dem=str(dem), geoid=str(geoid))
    _, with_geoid, _ = above.places(0, 0, 64, 64)
    _, at_20, _ = geocoding_of(safe, GRID, height=20.0).places(0, 0, 64, 64)
    _, at_68, _ = geocoding_of(safe, GRID, height=68.0).places(0, 0, 64, 64)
    np.testing.assert_allclose(with_geoid, at_68, atol=0.02)
    assert (at_20 - with_geoid > 3).all()  # 48 m of height are more than 3 pixels


def test_installed_geoid_grids_are_found_and_their_absence_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = geoid_module._installed
    monkeypatch.setattr(geoid_module, "_installed", lambda name: None)
    with pytest.raises(DataError, match="above EGM96, and no grid of that geoid is installed"):
        Terrain(made.real_dem(data), None)
    monkeypatch.setattr(geoid_module, "_installed", installed)
    monkeypatch.setenv("PROJ_DATA", str(tmp_path))
    made.write_geoid(tmp_path / "us_nga_egm96_15.tif")
    assert Terrain(made.real_dem(data), None).geoid is not None
    assert "us_nga_egm96_15.tif" in Terrain(made.real_dem(data), None).words


def test_terrain_models_that_do_not_say_what_they_are_above(tmp_path: Path) -> None:
    dem = made.write_dem(tmp_path / "dem.tif", 20.0, "EPSG:4326")
    with pytest.raises(DataError, match="does not say what its heights are above"):
        Terrain(dem, None)
    assert Terrain(dem, "none").geoid is None
    geoid = made.write_geoid(tmp_path / "geoid.tif")
    assert Terrain(dem, str(geoid)).geoid is not None
    ellipsoidal = made.write_dem(tmp_path / "ellipsoidal.tif", 20.0)
    assert Terrain(ellipsoidal, None).geoid is None
    with pytest.raises(JobError, match="above the ellipsoid"):
        Terrain(ellipsoidal, str(geoid))
    with pytest.raises(JobError, match="the file says EGM96"):
        Terrain(made.write_dem(tmp_path / "egm.tif", 20.0, "EPSG:9707"), "none")


def test_what_is_no_geoid_grid(tmp_path: Path) -> None:
    for grid, said in (
        (made.write_dem(tmp_path / "hills.tif", 31.0), "pixels of 1 seconds, as terrain models have"),
        (made.write_geoid(tmp_path / "far.tif", 731.0), "it holds 73[01]"),
        (tmp_path / "none.tif", "no such file"),
        (tmp_path / "x.nc", "known are"),
    ):
        with pytest.raises(DataError, match=said):
            Terrain(made.write_dem(tmp_path / "dem.tif", 20.0, "EPSG:4326"), str(grid))
    wrong = made.write_geoid(tmp_path / "wrong.tif")  # too large for the eye at first, and wrong at one place
    with rasterio.open(wrong) as d:
        values, profile = np.repeat(np.repeat(d.read(1), 20, 0), 20, 1), d.profile
    values[300, 300] = 9000
    profile.update(width=values.shape[1], height=values.shape[0], transform=from_origin(7.875, 45.125, 0.0125, 0.0125))
    with rasterio.open(wrong, "w", **profile) as d:
        d.write(values, 1)
    geoid = geoid_module.Geoid(wrong)
    assert np.isfinite(geoid.at(np.array([12.5]), np.array([42.0]))).all()
    with pytest.raises(DataError, match="9000 m"):
        geoid.at(np.array([7.875 + 300.5 * 0.0125]), np.array([45.125 - 300.5 * 0.0125]))
    zero = made.write_geoid(tmp_path / "zero.tif", 0.0)
    with rasterio.open(zero, "r+") as d:
        d.write(np.zeros(d.shape, np.float32), 1)
    with pytest.raises(DataError, match="no geoid grid"):
        Terrain(tmp_path / "dem.tif", str(zero))


@pytest.mark.parametrize("first", [-180.0, 0.0])
def test_geoid_grids_of_the_whole_earth_close_in_a_ring(tmp_path: Path, first: float) -> None:
    """PROJ's are from -180 on, the older .gtx from 0 on; the seam lies between the last column and the first."""
    longitude = first + 0.25 * np.arange(1440)
    values = np.tile(30 * np.sin(np.radians(longitude)), (721, 1)).astype(np.float32)
    path = tmp_path / "earth.tif"
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": "EPSG:4326", "width": 1440, "height": 721}
    with rasterio.open(path, "w", transform=from_origin(first - 0.125, 90.125, 0.25, 0.25), **profile) as d:
        d.write(values, 1)
    asked = np.array([-180.0, -179.9, -0.1, 0.0, 12.5, 179.8, 179.99, 180.0])
    found = geoid_module.Geoid(path).at(asked, np.full(8, 42.0))
    np.testing.assert_allclose(found, 30 * np.sin(np.radians(asked)), atol=1e-3)


def test_a_terrain_model_must_cover_the_scene(safe: Path, tmp_path: Path) -> None:
    dem = made.write_dem(tmp_path / "dem.tif", 20.0, box=(12.5, 42.0, 12.6, 42.1))
    with pytest.raises(DataError, match=r"does not cover \d+\.\d% of the scene \(longitude 12\.4"):
        prepare(safe, tmp_path / "out", Recipe(str(dem)), GRID)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_terrain_model_that_ends_with_the_grid_covers_it(safe: Path, tmp_path: Path) -> None:
    for step in (10, 30):
        dem = tmp_path / f"dem{step}.tif"
        profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": GRID.crs}
        shape = GRID.height * 10 // step, GRID.width * 10 // step
        transform = from_origin(GRID.left, GRID.top, step, step)
        with rasterio.open(dem, "w", height=shape[0], width=shape[1], transform=transform, **profile) as d:
            d.write(np.full(shape, 20, np.float32), 1)
        assert prepare(safe, tmp_path / str(step), Recipe(str(dem), "none"), GRID).valid == {"VV": 1.0, "VH": 1.0}


def test_gaps_in_a_terrain_model_are_no_data_and_said(safe: Path, tmp_path: Path) -> None:
    dem = made.write_dem(tmp_path / "dem.tif", 20.0)
    with rasterio.open(dem, "r+") as d:
        values = d.read(1)
        values[:, : d.index(12.48, 42.0)[1]] = -9999
        d.write(values, 1)
    result = prepare(safe, tmp_path / "out", Recipe(str(dem)), GRID)
    assert 0.1 < result.valid["VV"] < 0.95
    assert [code for code, _ in result.notes] == ["s1-dem-voids"]


def test_without_terrain_only_when_asked_and_said(safe: Path, tmp_path: Path) -> None:
    with pytest.raises(JobError, match="needs a terrain model"):
        Recipe()
    with pytest.raises(JobError, match="Leave out one"):
        Recipe(dem="dem.tif", height=20.0)
    result = prepare(safe, tmp_path, Recipe(height=60.0), GRID)
    assert [code for code, _ in result.notes] == ["s1-flat"]
    with rasterio.open(result.path) as d:
        assert "ellipsoid geocoding at 60 m, without terrain" in d.tags()["BEN_PROCESSING"]
    assert "ellipsoid geocoding at 60 m, without terrain" in open_scene([str(result.path)]).radiometry


# What cannot serve


def test_the_real_product_as_it_stands(data: Path) -> None:
    with pytest.raises(DataError, match=r"lacks files of VH \(measurement, annotation, calibration, noise\).*VV alone"):
        open_grd(made.real_safe(data))


def test_all_zero_measurements(copy: Path, recipe: Recipe, tmp_path: Path) -> None:
    made.write_pixels(copy, "vh", np.zeros((512, 512), np.uint16))
    with pytest.raises(DataError, match=r"measurement of VH.*holds no signal"):
        prepare(copy, tmp_path / "out", recipe, GRID)
    made.measurement(copy, "vv").unlink()
    shutil.copy(made.measurement(copy, "vh"), made.measurement(copy, "vv"))
    with pytest.raises(DataError, match=r"measurement of VV.*holds no signal"):
        prepare(copy, tmp_path / "out", recipe, GRID)


@pytest.mark.parametrize("part", ["measurement", "annotation", "calibration", "noise"])
@pytest.mark.parametrize("pol", ["vv", "vh"])
def test_missing_parts_are_named(copy: Path, part: str, pol: str) -> None:
    pattern = {
        "measurement": "measurement/*-{}-*",
        "annotation": "annotation/s1b-*-{}-*",
        "calibration": "annotation/calibration/calibration-*-{}-*",
        "noise": "annotation/calibration/noise-*-{}-*",
    }[part]
    next(copy.glob(pattern.format(pol))).unlink()
    with pytest.raises(DataError, match=rf"lacks files of {pol.upper()} \({part}\)"):
        open_grd(copy)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("S1B_IW_SLC__1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "SLC product"),
        ("S1B_IW_OCN__2SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "OCN product"),
        ("S1B_EW_GRDM_1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "mode EW"),
        ("S1B_S3_GRDH_1SDV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "mode S3"),
        ("S1B_IW_GRDH_1SSV_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "VV alone"),
        ("S1B_IW_GRDH_1SDH_20211223T051121_20211223T051148_030148_039993_0001.SAFE", "HH and HV"),
    ],
)
def test_kinds_that_cannot_serve(copy: Path, name: str, said: str) -> None:
    other = copy.rename(copy.with_name(name))
    assert is_raw(other)
    with pytest.raises(DataError, match=said):
        open_grd(other)
    with pytest.raises(DataError, match="raw Sentinel-1 product"):
        open_scene([str(other)])


def test_names_do_not_decide_what_a_product_is(copy: Path) -> None:
    renamed = copy.rename(copy.with_name("rome"))
    assert is_raw(renamed) and open_grd(renamed).name == "rome"
    for path in renamed.glob("annotation/*.xml"):
        path.write_text(path.read_text().replace("<mode>IW</mode>", "<mode>EW</mode>"))
    with pytest.raises(DataError, match="mode EW"):
        open_grd(renamed)


def edit(pattern: str, old: str, new: str) -> Callable[[Path], None]:
    def change(safe: Path) -> None:
        for path in safe.glob(pattern):
            text = path.read_text()
            changed = re.sub(old, new, text, flags=re.DOTALL)
            assert changed != text
            path.write_text(changed)

    return change


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (edit("annotation/*-vh-*.xml", "<polarisation>VH", "<polarisation>VV"), "not of VH"),
        (edit("annotation/calibration/noise-*-vv-*", "<startTime>2021", "<startTime>2020"), "of another image"),
        (edit("annotation/*-vv-*.xml", "<numberOfLines>16705", "<numberOfLines>900000000"), "no image of Sentinel-1"),
        (edit("annotation/*-vv-*.xml", "<numberOfLines>16705", "<numberOfLines>16700"), "differ in time or size"),
        (edit("annotation/*-vv-*.xml", "<sr0>7.99", "<sr0>x"), "sr0 holds no numbers"),
        (edit("annotation/*-v?-*.xml", "<sr0>7.99", "<sr0>7.89"), "geolocation grid lie"),
        (edit("annotation/*-v?-*.xml", "<slantRangeTime>[^<]*", "<slantRangeTime>1e300"), "leaves the image"),
        (edit("annotation/*-v?-*.xml", "(<productFirstLineUtcTime>)2021", r"\g<1>0001"), "is no time"),
        (edit("annotation/*-v?-*.xml", "<orbitList.*</orbitList>", ""), "no orbit"),
        (edit("annotation/*-v?-*.xml", r"<x>4.712297916925000e\+06", "<x>4.812e+06"), "no orbit of Sentinel-1"),
        (edit("annotation/*-v?-*.xml", "<geolocationGridPointList.*</geolocationGridPointList>", ""), "no geolocation"),
        (edit("annotation/*-v?-*.xml", "<coordinateConversionList.*</coordinateConversionList>", ""), "coordinateConv"),
        (edit("annotation/calibration/cal*-vv-*", r"(<sigmaNought[^>]*>)\d", r"\g<1>-"), "not above zero|no numbers"),
        (edit("annotation/calibration/noise-*-vv-*", r'(<noiseRangeLut count="\d+">)[^ ]+ ', r"\1"), "pixels and"),
        (
            edit("annotation/calibration/noise-*-vv-*", r"<noiseRangeVectorList.*</noiseRangeVectorList>", ""),
            "noiseVector",
        ),
        (edit("manifest.safe", r'version="003.40"', 'version="002.36"'), "IPF 002.36"),
        (edit("manifest.safe", r'version="003.40"', 'version=""'), "which processor"),
        (edit("manifest.safe", r"^", "<!DOCTYPE x [<!ENTITY a 'b'>]>"), "document type|well-formed"),
    ],
)
def test_hostile_metadata(copy: Path, damage: Callable[[Path], None], said: str) -> None:
    damage(copy)
    with pytest.raises(BenError, match=said):
        geometry_of(open_grd(copy))


def test_measurement_of_another_size(copy: Path, recipe: Recipe, tmp_path: Path) -> None:
    path = made.measurement(copy, "vv")
    path.unlink()
    with rasterio.open(path, "w", driver="GTiff", dtype="uint16", count=1, width=100, height=100) as d:
        d.write(np.ones((1, 100, 100), np.uint16))
    with pytest.raises(DataError, match="its annotation says one of uint16"):
        prepare(copy, tmp_path / "out", recipe, GRID)


def test_what_is_no_product_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file or folder"):
        open_grd(tmp_path / f"{made.NAME}.zip")
    (tmp_path / f"{made.NAME}.tif").write_bytes(b"II")
    with pytest.raises(DataError, match="is no Sentinel-1 product"):
        open_grd(tmp_path / f"{made.NAME}.tif")
    (tmp_path / f"{made.NAME}.zip").write_bytes(b"PK")
    with pytest.raises(DataError, match="no readable zip"):
        open_grd(tmp_path / f"{made.NAME}.zip")
    with pytest.raises(DataError, match="no Sentinel-1 product"):
        open_grd(tmp_path)


def test_a_grid_elsewhere(safe: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="shows nothing of the grid"):
        prepare(safe, tmp_path, Recipe(height=0.0), PixelGrid("EPSG:32620", 500000.0, 100000.0, 100, 100))


# The commands


def test_commands(safe: Path, recipe: Recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "prepared"
    bounds = ",".join(f"{v:g}" for v in (291000, 4652400, 293400, 4654800))
    given = ["--dem", recipe.dem, "--geoid", recipe.geoid]
    assert run(["s1", "prepare", str(safe), *given, "--crs", "EPSG:32633", "--bounds", bounds, "-o", str(out)]) == 0
    (path,) = out.iterdir()
    assert "240 x 240 pixels in EPSG:32633, VV on 100.0%" in capsys.readouterr().out
    assert run(["map", str(path), "--model", "embedded-s1", "--out", str(tmp_path / "map")]) == 0
    assert len(list((tmp_path / "map").glob("*_sigma0_dB*_classes.tif"))) == 1
    assert run(["s1", "prepare", str(safe), "-o", str(out)]) == 2
    assert run(["map", str(safe), "--out", str(tmp_path / "map")]) == 2
    assert "--dem FILE" in capsys.readouterr().err
    assert run(["map", str(path), "--dem", recipe.dem, "--out", str(tmp_path / "map")]) == 2
    assert "--dem is for raw Sentinel-1 products" in capsys.readouterr().err


def test_info_tells_what_is_known_before_preparing(
    safe: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BEN_CACHE", str(tmp_path))
    assert run(["info", str(safe), "--json"]) == 2
    printed = capsys.readouterr()
    assert "--dem FILE" in printed.err
    found = json.loads(printed.out)
    assert "terrain model" in found["run"]["impossible"] and "--dem FILE" in found["run"]["remedy"]
    scene, (raw,) = found["facts"]["scene"], found["facts"]["raw"]
    assert (scene["platform"], scene["acquired"], scene["crs"]) == ("Sentinel-1B", "2021-12-23T05:11:22Z", "EPSG:32633")
    assert scene["width"] > 25_000 and set(scene["bands"]) == {"VV", "VH"} and scene["mask"] is None
    assert scene["passes"][0]["orbit"] == "descending, relative orbit 22"
    assert (raw["polarisations"], raw["processor"], raw["needs"]) == (["VV", "VH"], "003.40", "s1-dem")
    assert found["facts"]["model"]["name"] and found["facts"]["fit"] == {"missing": [], "filled": []}
    assert run(["info", str(safe), "--height", "50"]) == 0
    out = capsys.readouterr().out
    assert "ben map prepares Sentinel-1" in out and "descending, relative orbit 22" in out
    with pytest.raises(NotPrepared):
        prepared_job(Job(scene=(str(safe),), out="o", height=50.0), make=False)
    assert not list(tmp_path.iterdir())  # nothing was prepared
    assert run(["info", str(made.real_safe(data)), "--height", "50"]) == 3
    assert "lacks files of VH" in capsys.readouterr().err


def test_raw_product_beside_sentinel_2_is_prepared_once(
    safe: Path,
    recipe: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BEN_CACHE", str(tmp_path / "cache"))
    s2 = tmp_path / "S2_B02.tif"
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": 1,
        "width": 240,
        "height": 240,
        "crs": "EPSG:32633",
        "nodata": 0,
    }
    with rasterio.open(s2, "w", transform=from_origin(291000, 4654800, 10, 10), **profile) as d:
        d.write(np.full((1, 240, 240), 900, np.uint16))
    job = Job(
        scene=(str(s2),),
        s1=(str(safe),),
        model="embedded-s1",
        out=str(tmp_path / "map"),
        dem=recipe.dem,
        geoid=recipe.geoid,
        bands={"B02": 1},
    )
    assert Job.from_json(job.to_json()) == job
    asked = ["info", *("--s2", job.scene[0]), *("--s1", job.s1[0]), "--dem", recipe.dem, "--geoid", recipe.geoid]
    asked += ["--bands", "B02=1", "--model", "embedded-s1", "--json"]
    assert run(asked) == 0
    before = json.loads(capsys.readouterr().out)
    assert "first" in before["run"] and before["facts"]["scene"]["width"] == 240
    assert set(before["facts"]["scene"]["bands"]) == {"B02", "VV", "VH"}
    first = Recorder()
    result = map_scene(job, first)
    assert result.cells["mapped"] == 4
    assert any("Preparing" in e["text"] for e in first.of("step"))
    assert not any(e["code"] == "warped" for e in first.of("warning"))  # it lies on the grid of Sentinel-2
    assert run(asked) == 0  # what is in the cache is told as any scene
    after = json.loads(capsys.readouterr().out)
    assert after["facts"]["run"]["cells"] == 4 and after["facts"]["scene"]["passes"][0]["orbit"] == "descending"
    again = Recorder()
    ready, _ = prepared_job(job, again)
    assert ready.dem is None and ready.scene == job.scene
    assert [e["text"] for e in again.of("step")] == [f"{made.NAME} was prepared before: {ready.s1[0]}"]
    with pytest.raises(JobError, match="--s1-unit power is for all of Sentinel-1"):
        prepared_job(replace(job, s1_unit="power"))
    # Another terrain model is another product; its gaps are said again when the result comes from the cache.
    dem = made.write_dem(tmp_path / "dem.tif", 20.0)
    with rasterio.open(dem, "r+") as d:
        d.write(
            np.full((1, 20, 20), -9999, np.float32),
            window=rasterio.windows.Window(*d.index(12.488, 42.012)[::-1], 20, 20),
        )
    for _ in range(2):
        other, notes = prepared_job(Job(scene=(str(s2),), s1=(str(safe),), out="map", dem=str(dem), bands={"B02": 1}))
        assert other.s1 != ready.s1
        assert [code for code, _ in notes] == ["s1-dem-voids"]


def test_a_plan_of_many_takes_raw_products_as_they_are(safe: Path, recipe: Recipe, tmp_path: Path) -> None:
    common = {"dem": recipe.dem, "geoid": recipe.geoid, "model": "embedded-s1"}
    tasks, _ = tasks_of(find_scenes([str(safe)]), common, tmp_path / "out", tmp_path / "items")
    plan = plan_batch([Work(task, "key") for task in tasks], tmp_path / "out")
    grid = footprint_grid(open_grd(safe))
    assert not plan.unreadable and plan.raw == 1 and plan.seconds is None
    assert plan.patches == -(-grid.width // 120) * -(-grid.height // 120) and plan.disk > 700 * plan.patches
    tasks, _ = tasks_of(find_scenes([str(safe)]), {}, tmp_path / "out", tmp_path / "items")
    (told,) = plan_batch([Work(task, "key") for task in tasks], tmp_path / "out").unreadable
    assert "needs a terrain model" in told.message and "--dem" in told.hint
