"""Raw Sentinel-1 against sarsen and xarray-sentinel, step by step where they do the same: orbit and zero Doppler, slant
to ground range, calibration, bilinear sampling. Real metadata of Rome, made pixels and terrain.

They take no noise off and know no residual of the signal's travel time: both are switched off here.
The Python of that environment is BEN_ORACLE_SARSEN, else .venv-oracle-sarsen/bin/python.
"""

import importlib.util
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from ben_core.scene.grd import Geocoding, geometry_of, ground, open_grd
from ben_core.scene.grd.geometry import LIGHT
from ben_core.scene.grd.image import Extent, Image
from ben_core.scene.types import PixelGrid

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = os.environ.get("BEN_ORACLE_SARSEN") or str(ROOT / ".venv-oracle-sarsen" / "bin" / "python")
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data")
GRID = PixelGrid("EPSG:32633", 291000.0, 4655400.0, 200, 160)


@pytest.fixture(scope="module")
def made():
    spec = importlib.util.spec_from_file_location("made_grd", ROOT / "tests" / "engine" / "made_grd.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.real_safe(DATA).is_dir():
        pytest.skip(f"real data: no GRD metadata in {DATA} (set BEN_DATA)")
    return module


@pytest.fixture(scope="module")
def case(made, tmp_path_factory):
    """The product, ours; and what sarsen says of it."""
    if not Path(PYTHON).exists():
        pytest.skip(f"no sarsen environment {PYTHON}: tools/oracle-venv-sarsen.sh makes it")
    folder = tmp_path_factory.mktemp("sarsen")
    safe = made.make_safe(DATA, folder)
    for path in safe.glob("annotation/*.xml"):
        text = path.read_text()
        path.write_text(text.replace("CorrectionPerformed>false", "CorrectionPerformed>true"))
    line, pixel = np.indices((made.WINDOW[1] - made.WINDOW[0], made.WINDOW[3] - made.WINDOW[2]))
    waves = 400 + 200 * np.sin(line / 9) * np.cos(pixel / 7)
    made.write_pixels(safe, "vv", waves.astype(np.uint16))
    dem = folder / "dem.tif"
    row, col = np.indices((GRID.height, GRID.width))
    height = (500 + 450 * np.sin(row / 15) * np.cos(col / 11)).astype(np.float32)
    transform = from_origin(GRID.left, GRID.top, 10, 10)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "crs": GRID.crs, "transform": transform}
    with rasterio.open(dem, "w", width=GRID.width, height=GRID.height, **profile) as d:
        d.write(height, 1)
    command = [PYTHON, "sarsen_origin.py", safe, dem, folder / "out.npz", *made.WINDOW]
    done = subprocess.run([str(c) for c in command], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    product = open_grd(safe)
    geometry = replace(geometry_of(product), delay=(0.0, 0.0))
    return Geocoding(product, geometry, ground(str(dem), "none", None), GRID), np.load(folder / "out.npz"), folder


def test_zero_doppler_and_ranges(case) -> None:
    geocoding, theirs, _ = case
    line, pixel, _ = geocoding.places(0, 0, GRID.height, GRID.width)
    annotation = geocoding.product.annotation
    assert np.abs(line - theirs["azimuth_time"] / annotation.line_interval).max() < 0.01
    assert np.abs(pixel - theirs["ground_range"] / annotation.spacing).max() < 0.06  # 0.05 is the parabola in height


def test_slant_range_to_the_millimetre(case) -> None:
    geocoding, theirs, _ = case
    x = GRID.left + 10 * (np.arange(GRID.width) + 0.5)
    y = GRID.top - 10 * (np.arange(GRID.height) + 0.5)
    x, y = np.meshgrid(x, y)
    lon, lat = (
        np.array(v).reshape(x.shape) for v in rasterio.warp.transform(GRID.crs, "EPSG:4326", x.ravel(), y.ravel())
    )
    with rasterio.open(case[2] / "dem.tif") as d:
        height = d.read(1).astype(np.float64)
    line, pixel = geocoding.geometry.places(lon, lat, height)
    annotation = geocoding.product.annotation
    assert np.abs(line - theirs["azimuth_time"] / annotation.line_interval).max() < 0.001
    assert np.abs(pixel - theirs["ground_range"] / annotation.spacing).max() < 0.001
    assert 7e5 < theirs["slant_range_time"].mean() * LIGHT / 2 < 1e6


def test_calibration(case, made) -> None:
    geocoding, theirs, _ = case
    top, bottom, left, right = made.WINDOW
    channel = geocoding.product.channels["VV"]
    image = Image(geocoding.product.tree.disk_path(channel.measurement), channel, "VV")
    extent = Extent(top, np.zeros(bottom - top, np.int32), np.full(bottom - top, channel.annotation.samples, np.int32))
    ours = image.sigma0(extent, top, bottom, left, right)
    image.close()
    np.testing.assert_allclose(ours, theirs["window"], rtol=1e-5)


def test_geocoded_sigma0(case) -> None:
    geocoding, theirs, folder = case
    (tile,) = geocoding.tiles(folder)
    ours = 10 ** (tile.bands["VV"].astype(np.float64) / 10)
    assert np.isfinite(ours).all() and ours.std() > 0.3 * ours.mean()
    # A tenth of a pixel in range moves waves of 44 pixels by 1.5 %.
    np.testing.assert_allclose(ours, theirs["sigma0"], rtol=0.03)
    assert np.abs(ours / theirs["sigma0"] - 1).mean() < 0.003
