"""A 10 m map from job to products: raster, polygons and table say the same; whole or not at all; the same bytes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from rasterio.features import rasterize

from ben_core.errors import Cancelled, DataError, OutputError
from ben_core.events import Recorder, silent
from ben_core.job import Job
from ben_core.products.journal import Journal
from ben_core.products.legend import CODES
from ben_core.regions import RegionOptions
from ben_core.regions.run import map_regions, unfinished

WIDTH, HEIGHT = 330, 270
OPTIONS = RegionOptions(scales=(60, 120), stride=60)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fields, a lake, a corner without data, a cloud."""
    folder = tmp_path_factory.mktemp("regions") / "scene"
    folder.mkdir()
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    fields = rng.integers(0, 4, (9, 9))[y // 31 % 9, x // 37 % 9]
    lake, empty = (x - 220) ** 2 + (y - 140) ** 2 < 45**2, x + y < 60
    cloud = (x - 60) ** 2 + (y - 200) ** 2 < 25**2
    levels = {"B02": (300, 500, 700, 450), "B03": (500, 700, 900, 650), "B04": (350, 800, 1200, 500),
              "B08": (3600, 2400, 1900, 4300)}  # fmt: skip
    for i, (band, values) in enumerate(levels.items()):
        dn = np.where(lake, 260 - 60 * i, np.array(values)[fields]) + rng.normal(0, 25, x.shape)
        write(folder / f"{band}.tif", np.where(empty, 0, dn.clip(20)).astype(np.uint16), 0)
    write(folder / "cloud_mask.tif", np.where(cloud, 1, 0).astype(np.uint8), None)
    return folder


def write(path: Path, array: np.ndarray, nodata: int | None, pixel: int = 10) -> None:
    height, width = array.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype=array.dtype, nodata=nodata,
        crs="EPSG:32633", transform=rasterio.Affine(pixel, 0, 500000, 0, -pixel, 5400000), tiled=True,
    ) as f:  # fmt: skip
        f.write(array, 1)


def run(
    scene: Path,
    out: Path,
    options: RegionOptions = OPTIONS,
    stop: Callable[[], bool] = lambda: False,
    emit: Any = silent,
    **job: Any,
) -> Any:
    return map_regions(Job(scene=(str(scene),), out=str(out), **job), options, emit, stop)


@pytest.fixture(scope="module")
def made(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return run(scene, tmp_path_factory.mktemp("regions") / "out", threads=1, batch=8)


def segments_of(found: Any) -> Any:
    return pyogrio.read_dataframe(found.products["regions_gpkg"], layer="segments")


def test_polygons_partition_the_usable_area_and_are_the_raster(scene: Path, made: Any) -> None:
    with rasterio.open(made.products["regions"]) as file:
        codes, transform = file.read(1), file.transform
        assert file.crs == "EPSG:32633" and file.nodata == 0 and file.profile["dtype"] == "uint8"
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.colormap(1)[CODES["Inland waters"]] == (128, 242, 230, 255)
    with rasterio.open(scene / "B02.tif") as dn, rasterio.open(scene / "cloud_mask.tif") as mask:
        usable = (dn.read(1) > 0) & (mask.read(1) == 0)
    segments = segments_of(made)
    assert segments.geometry.is_valid.all() and (segments.geometry.geom_type == "Polygon").all()
    assert segments["segment"].is_unique and len(segments) == made.segments
    assert np.allclose(segments.geometry.area / 1e4, segments["area_ha"])
    assert segments["area_ha"].sum() == pytest.approx(usable.sum() / 100)
    assert shapely.area(shapely.union_all(segments.geometry.values)) == pytest.approx(usable.sum() * 100)
    shapes = zip(segments.geometry, segments["code"].fillna(255).astype(int), strict=True)
    drawn = rasterize(shapes, (HEIGHT, WIDTH), transform=transform, fill=0, dtype="uint8")
    assert ((drawn > 0) == usable).all()
    assert (np.where(drawn == 255, 0, drawn) == codes).all()
    assert (codes > 0).mean() > 0.8 and len(np.unique(codes)) > 2


def test_columns_agree_with_one_another(made: Any) -> None:
    segments = segments_of(made)
    named = segments[segments["class"].notna()]
    assert (named["code"] == named["class"].map(CODES)).all()
    assert named["p"].between(0, 1).all() and named["share"].between(0, 1).all() and named["sure"].notna().all()
    assert (named["second"] != named["class"]).all()
    islands = segments["area_ha"] < OPTIONS.min_area
    touching = segments[islands].geometry.apply(
        lambda g: segments.geometry.intersection(g.boundary).length.gt(0).sum() > 1
    )
    assert not len(touching) or not touching.any(), "a small segment has a neighbour"
    for inner, outer in (("object", "landscape"),):
        assert segments.groupby(inner)[outer].nunique().max() == 1
    cover = pyogrio.read_dataframe(made.products["regions_gpkg"], layer="cover")
    assert cover["share"].sum() == pytest.approx(1)
    by_class = segments.groupby("class")["area_ha"].sum()
    assert cover.set_index("class")["area_ha"].dropna()[by_class.index].round(6).equals(
        by_class.round(6)
    ) or np.allclose(cover.set_index("class")["area_ha"][by_class.index], by_class)
    assert {k: round(v, 6) for k, v in made.hectares.items() if k} == {k: round(v, 6) for k, v in by_class.items()}
    with rasterio.open(made.products["regions_probability"]) as file:
        percent = file.read(1)
        assert file.nodata == 255 and file.scales == (0.01,) and percent[percent != 255].max() <= 100
    styles = pyogrio.read_dataframe(made.products["regions_gpkg"], layer="layer_styles")
    assert styles["f_table_name"].tolist() == ["segments"] and "unsure" in styles["styleQML"][0]
    fields = pyogrio.read_dataframe(made.products["regions_gpkg"], layer="fields")
    assert set(fields["field"]) == set(segments.columns) - {"geometry"}


def test_the_lake_is_not_land(made: Any) -> None:
    """Water stands out: the segment in the middle of the lake has another class than the fields around it."""
    with rasterio.open(made.products["regions"]) as file:
        codes = file.read(1)
    lake = np.bincount(codes[120:160, 200:240].ravel()).argmax()
    land = np.bincount(codes[:60, 100:].ravel()).argmax()
    assert lake != land


def test_threads_and_another_folder_give_the_same_bytes(scene: Path, made: Any, tmp_path: Path) -> None:
    again = run(scene, tmp_path / "again", threads=2, batch=8)
    assert again.products.keys() == made.products.keys()
    for kind, path in again.products.items():
        assert path.read_bytes() == made.products[kind].read_bytes(), kind
    assert sorted(p.name for p in (tmp_path / "again").iterdir()) == sorted(p.name for p in again.products.values())
    with pytest.raises(OutputError, match="already"):
        run(scene, tmp_path / "again")


def test_a_stopped_run_leaves_no_product_and_goes_on(scene: Path, made: Any, tmp_path: Path) -> None:
    out, steps = tmp_path / "out", []
    with pytest.raises(Cancelled):
        run(scene, out, stop=lambda: True)
    assert not [p for p in out.iterdir() if not p.name.startswith(".")]

    def late(_: str, **fields: Any) -> None:
        steps.append(fields.get("name"))

    calls = iter(range(10_000))
    job = Job(scene=(str(scene),), out=str(out), batch=8)
    with pytest.raises(Cancelled):  # once the model has answered: the next question is asked while segments are drawn
        map_regions(job, OPTIONS, emit=late, stop=lambda: "segment" in steps or next(calls) < 0)
    (journal,) = [p for p in out.iterdir() if (p / "answers.npz").exists()]
    steps.clear()
    found = map_regions(job, OPTIONS, emit=late)
    assert "windows" not in steps and "segment" in steps
    assert not journal.exists()
    for kind, path in found.products.items():
        assert path.read_bytes() == made.products[kind].read_bytes(), kind


def test_area_of_interest(scene: Path, tmp_path: Path) -> None:
    box = shapely.box(501_000, 5_398_000, 502_500, 5_399_500)
    found = run(scene, tmp_path / "out", aoi=box.wkt, aoi_crs="EPSG:32633")
    segments = segments_of(found)
    assert segments["area_ha"].sum() == pytest.approx(box.area / 1e4)
    assert box.buffer(0.01).contains(shapely.union_all(segments.geometry.values))


def test_bad_wishes_end_in_words(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one window of 480 x 480"):
        run(scene, tmp_path / "a", RegionOptions(scales=(60, 480)))
    with pytest.raises(DataError, match="No window"):
        run(scene, tmp_path / "b", max_cloud=0.0, min_valid=1.0, aoi="POLYGON((500000 5400000,500100 5400000,500100 5399900,500000 5399900,500000 5400000))", aoi_crs="EPSG:32633")  # fmt: skip
    with pytest.raises(DataError, match="centre in the area"):
        run(scene, tmp_path / "c", aoi="POLYGON((501001 5399001,501003 5399001,501003 5399003,501001 5399001))", aoi_crs="EPSG:32633")  # fmt: skip
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p.suffix in (".tif", ".gpkg")]


def test_a_run_that_died_while_renaming_is_finished_with_its_figures(
    scene: Path, made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_drop", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(scene, out, batch=8)
    (out / made.products["regions"].name).rename(next(out.glob(".ben-*")) / "products" / made.products["regions"].name)
    assert unfinished(Job(scene=(str(scene),), out=str(out), batch=8), OPTIONS)
    steps: list[str] = []
    found = run(scene, out, batch=8, emit=lambda _, **fields: steps.append(fields.get("name", "")))
    assert "segment" not in steps
    assert found.segments == made.segments and found.hectares == made.hectares
    assert all(p.read_bytes() == made.products[kind].read_bytes() for kind, p in found.products.items())
    assert not unfinished(Job(scene=(str(scene),), out=str(out), batch=8), OPTIONS)
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in found.products.values())


def test_sides_that_fit_nothing(tmp_path: Path) -> None:
    """127 x 133 px, a band of 20 m, a stride that divides neither sides nor windows, pixels without data by chance."""
    folder = tmp_path / "odd"
    folder.mkdir()
    rng = np.random.default_rng(4)
    usable = rng.random((133, 127)) < 0.8
    for band in ("B02", "B03", "B04", "B08"):
        write(folder / f"{band}.tif", np.where(usable, rng.integers(200, 4000, usable.shape), 0).astype(np.uint16), 0)
    write(folder / "B11.tif", rng.integers(200, 4000, (67, 64)).astype(np.uint16), 0, 20)
    found = run(folder, tmp_path / "out", RegionOptions(scales=(60, 120), stride=44, min_area=0.2), min_valid=0.5)
    segments = segments_of(found)
    assert segments["area_ha"].sum() == pytest.approx(usable.sum() / 100)
    assert shapely.area(shapely.union_all(segments.geometry.values)) == pytest.approx(usable.sum() * 100)
    assert segments.geometry.is_valid.all() and segments["class"].notna().mean() > 0.5


def test_the_fallback_model_is_not_asked_and_that_is_said(scene: Path, tmp_path: Path) -> None:
    events = Recorder()
    job = Job(scene=(str(scene),), out=str(tmp_path / "out"), fallback_model="embedded-s1")
    found = map_regions(job, replace(OPTIONS, scales=(120,), stride=120), events)
    assert "regions-fallback" in dict(found.warnings)
    assert [e["code"] for e in events.of("warning")] == ["regions-fallback"]


def test_clouds_are_no_segments_though_radar_sees_through_them(scene: Path, tmp_path: Path) -> None:
    vv = np.random.default_rng(0).normal(-12, 2, (HEIGHT, WIDTH)).astype(np.float32)
    with rasterio.open(
        tmp_path / "S1A_20200611_db.tif", "w", driver="GTiff", width=WIDTH, height=HEIGHT, count=2, dtype="float32",
        crs="EPSG:32633", transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000),
    ) as f:  # fmt: skip
        f.write(np.stack([vv - 7, vv]))
        f.descriptions = ("Sigma0_VH", "Sigma0_VV")
    found = run(scene, tmp_path / "out", replace(OPTIONS, scales=(60,)), s1=(str(tmp_path / "S1A_20200611_db.tif"),), model="embedded-s1")  # fmt: skip
    with rasterio.open(scene / "B02.tif") as dn, rasterio.open(scene / "cloud_mask.tif") as mask:
        usable = (dn.read(1) > 0) & (mask.read(1) == 0)
    assert segments_of(found)["area_ha"].sum() == pytest.approx(usable.sum() / 100)
    assert segments_of(found)["class"].notna().all(), "radar answers where cloud hides the ground"


def test_cloud_everywhere_ends_in_words(scene: Path, tmp_path: Path) -> None:
    """Also where the job takes clouds: windows are answered, but nothing is left to segment."""
    folder = tmp_path / "clouded"
    shutil.copytree(scene, folder)
    write(folder / "cloud_mask.tif", np.ones((HEIGHT, WIDTH), np.uint8), None)
    with pytest.raises(DataError, match="Nothing of clouded can be segmented"):
        run(folder, tmp_path / "out", max_cloud=1.0)
    assert not list((tmp_path / "out").rglob("*.raw"))
