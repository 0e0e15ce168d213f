"""Where a raw product lies: range-Doppler geometry against ESA's own grid, orbit files, the antimeridian."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform

from ben_core.errors import DataError
from ben_core.scene.grd import Geocoding, GrdProduct, geometry_of, ground, open_grd
from ben_core.scene.grd.frame import footprint_grid
from ben_core.scene.safexml import read_xml
from ben_core.scene.types import PixelGrid

from .. import made_grd as made
from ..made_grd import GRID, geocoding_of, whole

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")

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
