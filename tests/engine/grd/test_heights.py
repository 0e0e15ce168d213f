"""What the land is like: terrain models, geoids, gaps, no terrain at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.errors import DataError, JobError
from ben_core.run.raw_radar import Recipe, prepare
from ben_core.scene import open_scene
from ben_core.scene.grd import geoid as geoid_module
from ben_core.scene.grd.geoid import vertical_of
from ben_core.scene.grd.heights import Terrain

from .. import made_grd as made
from ..made_grd import GRID, geocoding_of

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")


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
