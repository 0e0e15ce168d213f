"""What nobody should give, and somebody will: every answer is one sentence of ours, never a crash or a wrong number."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio import Affine

from ben_core import Job
from ben_core.errors import DataError, JobError
from ben_core.scene import BandReader, open_scene, read_area
from ben_core.scene.types import PixelGrid

BANDS = ("B02", "B03", "B04", "B08")
SCENE = PixelGrid("EPSG:32633", 500_000.0, 5_400_000.0, 250, 250)


@pytest.fixture
def bands() -> np.ndarray:
    """Four bands of 130 x 140 pixels."""
    return np.random.default_rng(0).integers(300, 3000, (4, 130, 140), np.uint16)


# -- jobs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"out": 5}, {"model": None}, {"model": 1.5}, {"aoi": ["x"]}, {"aoi": "a.gpkg", "aoi_crs": 4326},
        {"aoi_crs": "EPSG:4326"}, {"acquired": 20200223}, {"regroup": {"a": 1}}, {"name": 5}, {"overwrite": "no"},
        {"allow_l1c": "false"}, {"bands": ["B02"]}, {"bands": {"B02": True}}, {"bands": {"B02": None}},
        {"device": "cuda:²"}, {"runtime": []}, {"precision": {}}, {"scene": {}},
    ],
)  # fmt: skip
def test_values_of_the_wrong_kind_are_refused_before_anything_runs(change: dict[str, Any]) -> None:
    with pytest.raises(JobError):
        Job.from_json(json.dumps({"scene": ["s"], "out": "o", **change}))


def test_a_job_nested_too_deep_is_refused() -> None:
    with pytest.raises(JobError):
        Job.from_json("[" * 100_000)


def test_paths_may_be_paths() -> None:
    job = Job(scene=Path("s"), out=Path("o"), aoi=Path("a.gpkg"))  # type: ignore[arg-type]
    assert job == Job(scene=("s",), out="o", aoi="a.gpkg") and Job.from_json(job.to_json()) == job


def test_a_band_number_of_odd_digits_is_taken_for_a_file_name() -> None:
    from ben_core.cli.map import parse_bands

    assert parse_bands("B02=²,B03=3") == {"B02": "²", "B03": 3}


# -- rasters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [10, 20, 30, 40, 60, 100])
def test_a_file_of_any_pixel_size_gives_each_band_its_own_place(write_tif: Any, size: int) -> None:
    """Bands whose native pixel is no multiple or fraction of the file's must be warped, not cut at wrong places."""
    side = 36
    values = (np.add.outer(np.arange(side) * 100, np.arange(side) * 2) + 1000).astype(np.uint16)
    path = write_tif("x.tif", np.stack([values] * 3), size, ("B02", "B05", "B01"))
    scene = open_scene([str(path)])
    for source in scene.bands.values():
        with BandReader(source) as reader:
            found = reader.read_rows(0, source.height).astype(int)
        # The place of a pixel's centre in the file; the warped grid begins up to 60 m up and left of it.
        row, col = int(source.height * 0.7), int(source.width * 0.4)
        x = scene.grid.left + (col + 0.5) * source.resolution
        y = scene.grid.top - (row + 0.5) * source.resolution
        wanted = (
            1000 + ((5_000_040 - y) / size - 0.5) * 100 + ((x - 500_000) / size - 0.5) * 2
        )  # the plane that the values lie on
        assert abs(found[row, col] - wanted) <= 102 * max(0.5, source.resolution / size / 2), source.resolution


@pytest.mark.parametrize(
    "transform",
    [
        Affine(float("nan"), 0, 500_000, 0, -10, 5_000_000),
        Affine(10, 0, float("inf"), 0, -10, 5_000_000),
        Affine(0, 0, 500_000, 0, 0, 5_000_000),
    ],
)
def test_a_georeference_of_no_numbers_is_said(write_tif: Any, bands: np.ndarray, transform: Affine) -> None:
    path = write_tif("x.tif", bands, descriptions=BANDS, transform=transform)
    with pytest.raises(DataError, match="where its pixels lie"):
        open_scene([str(path)])


def test_complex_numbers_are_no_reflectance_even_with_a_scale(write_tif: Any, bands: np.ndarray) -> None:
    path = write_tif("x.tif", bands.astype(np.complex64), descriptions=BANDS)
    with pytest.raises(DataError, match="complex"):
        open_scene([str(path)], scale=1.0)


@pytest.mark.parametrize("left", [179.999, 179.99, -180.005])
def test_a_raster_in_degrees_over_the_antimeridian_is_refused(write_tif: Any, bands: np.ndarray, left: float) -> None:
    path = write_tif(
        "x.tif", bands, descriptions=BANDS, crs="EPSG:4326", transform=Affine(1e-4, 0, left, 0, -1e-4, -17)
    )
    with pytest.raises(DataError, match="antimeridian"):
        open_scene([str(path)])


def test_a_file_named_like_a_server_is_a_file(
    write_tif: Any, bands: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, band in zip(BANDS, bands, strict=True):
        write_tif(f"s3:/{name}.tif", band)
    monkeypatch.chdir(tmp_path)
    assert set(open_scene(["s3:"]).bands) == set(BANDS)


# -- areas ----------------------------------------------------------------------------------------------

INSIDE = [[[15.0, 48.74], [15.01, 48.74], [15.01, 48.75], [15.0, 48.74]]]


def test_an_area_file_may_be_named_like_wkt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "polygon (1).geojson").write_text(json.dumps({"type": "Polygon", "coordinates": INSIDE}))
    monkeypatch.chdir(tmp_path)
    assert read_area("polygon (1).geojson", None, SCENE).area > 0


def test_geojson_text_is_no_path(tmp_path: Path) -> None:
    text = json.dumps({"type": "Polygon", "coordinates": [INSIDE[0] * 100]})
    with pytest.raises(DataError, match="no area file"):
        read_area(text, None, SCENE)


def test_an_area_that_reaches_infinity_is_said() -> None:
    with pytest.raises(DataError, match="no numbers"):
        read_area("POLYGON((0 0, 1e400 0, 1e400 1e400, 0 0))", None, SCENE)
