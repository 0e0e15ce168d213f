"""What nobody should give, and somebody will: every answer is one sentence of ours, never a crash or a wrong number."""

import dataclasses
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio import Affine
from rasterio.enums import ColorInterp

from ben_core import Job
from ben_core.cli import run
from ben_core.errors import DataError, JobError, ModelError, OutputError, StorageError
from ben_core.models import ModelCard, find_card, load_model
from ben_core.patches.grid import Grid
from ben_core.patches.stream import Columns, read_strips
from ben_core.patches.strips import strips_of
from ben_core.products import check_place
from ben_core.products.journal import Journal, key_of
from ben_core.run.plan import make_plan
from ben_core.sample.make import make_sample
from ben_core.scene import BandReader, open_scene, read_area
from ben_core.scene.types import PixelGrid

ROOT = Path(__file__).parents[2]
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


def test_a_band_number_of_odd_digits_is_no_number(
    write_tif: Any, bands: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_tif("x.tif", bands)
    assert run(["map", str(path), "--out", str(tmp_path / "o"), "--bands", "B02=²,B03=2"]) == 2
    assert "B02=²" in capsys.readouterr().err


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


def test_blocks_that_no_memory_holds_are_said(tmp_path: Path) -> None:
    """A file of a kilobyte may ask for gigabytes at once."""
    with rasterio.open(
        tmp_path / "x.tif", "w", driver="GTiff", width=40_000, height=40_000, count=4, dtype="uint16", crs="EPSG:32633",
        transform=Affine(10, 0, 500_000, 0, -10, 5_000_000), blockysize=40_000, sparse_ok=True, compress="deflate",
    ) as file:  # fmt: skip
        for index, name in enumerate(BANDS, 1):
            file.set_band_description(index, name)
    assert (tmp_path / "x.tif").stat().st_size < 5000
    with pytest.raises(DataError, match="blocks"):
        open_scene([str(tmp_path / "x.tif")])


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


# -- what is said about time, place and numbers ---------------------------------------------------------


@pytest.mark.parametrize("acquired", ["2020-02-31", "soon", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_said_before_the_run(write_tif: Any, bands: np.ndarray, acquired: str) -> None:
    path = write_tif("x.tif", bands, descriptions=BANDS)
    with pytest.raises(JobError, match="is no time"):
        open_scene([str(path)], acquired=acquired)


def test_a_file_name_that_holds_no_time_is_said_before_the_run(write_tif: Any, bands: np.ndarray) -> None:
    path = write_tif("S2A_MSIL2A_20200231T101031.tif", bands, descriptions=BANDS)
    with pytest.raises(DataError, match="acquired"):
        open_scene([str(path)])
    assert open_scene([str(path)], acquired="2020-03-01").acquired == "2020-03-01"


@pytest.mark.parametrize("fill", [-9999, -32768])
def test_a_fill_value_that_nobody_declared_is_no_data(write_tif: Any, bands: np.ndarray, fill: int) -> None:
    values = bands.astype(np.int16)
    values[:, :40] = fill
    values[:, 40] = -300  # a dark pixel after atmospheric correction is still one
    scene = open_scene([str(write_tif("x.tif", values, descriptions=BANDS))])
    with BandReader(scene.bands["B03"]) as reader:
        found = reader.read_rows(0, 130)
    assert not found[:40].any() and (found[40] == 1).all() and (found[41:] == bands[1, 41:]).all()


def test_a_path_of_other_bytes_is_said(write_tif: Any, bands: np.ndarray, tmp_path: Path) -> None:
    write_tif("x.tif", bands, descriptions=BANDS)
    path = tmp_path / os.fsdecode(b"\xff.tif")
    try:
        (tmp_path / "x.tif").rename(path)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    with pytest.raises(DataError, match="UTF-8"):
        open_scene([str(path)])


def test_a_proj_without_database_is_said(write_tif: Any, bands: np.ndarray) -> None:
    path = write_tif("x.tif", bands, descriptions=BANDS)
    environment = {**os.environ, "PROJ_LIB": "/nonsense", "PROJ_DATA": "/nonsense"}
    done = subprocess.run(
        [sys.executable, "-m", "ben_core", "info", str(path)], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2 and "PROJ_LIB=/nonsense" in done.stderr


# -- where products go ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", ["a!b", "a;b", "line\nbreak", "\udcff", "n" * 201, "名" * 70])
def test_a_name_that_no_product_can_have_is_refused(tmp_path: Path, stem: str) -> None:
    with pytest.raises(JobError, match="--name"):
        check_place(tmp_path, stem)


@pytest.mark.parametrize("stem", ["é ü 地図 (1)", "a#b%20c", "n" * 200])
def test_other_names_do(tmp_path: Path, stem: str) -> None:
    check_place(tmp_path, stem)
    with pytest.raises(JobError, match="--out"):
        check_place(tmp_path / "wow!", stem)


def test_a_map_with_another_card_or_version_is_another_run(
    write_tif: Any, bands: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(write_tif("x.tif", bands, descriptions=BANDS))
    job, scene, card = Job(scene=(path,), out="o"), open_scene([path]), find_card("embedded")
    plan = make_plan(job, scene, card)
    louder = dataclasses.replace(card, calibration=tuple((2.0, 0.0) for _ in card.classes))
    keys = {key_of(plan.facts()), key_of(make_plan(job, scene, louder).facts())}
    monkeypatch.setattr("ben_core.run.plan.__version__", "99")
    keys.add(key_of(plan.facts()))
    assert len(keys) == 3


def test_a_model_without_classes_makes_no_map(write_tif: Any, bands: np.ndarray) -> None:
    path = str(write_tif("x.tif", bands, descriptions=BANDS))
    card = dataclasses.replace(find_card("embedded"), classes=(), thresholds=(), calibration=None, untrained=())
    with pytest.raises(JobError, match="names no classes"):
        make_plan(Job(scene=(path,), out="o"), open_scene([path]), card)


# -- two runs in one folder -----------------------------------------------------------------------------

NAMES = ("a_classes.tif", "a.gpkg")


def stage(journal: Journal, text: str) -> None:
    folder = journal.stage()
    for name in NAMES:
        (folder / name).write_text(text)


def die_after_one(out: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that publishes one of its two products and dies."""
    replace = Path.replace

    def dying(self: Path, target: Path) -> Path:
        if self.name == NAMES[1]:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt), Journal(out, "a", key) as journal:
        stage(journal, "old")
        m.setattr(Path, "replace", dying)
        journal.publish(list(NAMES))


def test_a_dead_run_does_not_mix_its_products_into_those_of_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after_one(tmp_path, "1" * 64, monkeypatch)
    with Journal(tmp_path, "a", "2" * 64) as journal:
        with pytest.raises(OutputError):
            journal.refuse_existing(NAMES, overwrite=False)
        stage(journal, "new")
        journal.publish(list(NAMES))
    with Journal(tmp_path, "a", "1" * 64) as journal, pytest.raises(OutputError):
        assert not journal.publishing()
        journal.refuse_existing(NAMES, overwrite=False)
    assert {(tmp_path / n).read_text() for n in NAMES} == {"new"}


def test_products_that_vanished_while_publishing_are_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after_one(tmp_path, "1" * 64, monkeypatch)
    (tmp_path / NAMES[0]).unlink()
    with Journal(tmp_path, "a", "1" * 64) as journal:
        assert not journal.publishing()


def test_a_product_that_was_never_written_stops_the_run(tmp_path: Path) -> None:
    with Journal(tmp_path, "a", "1" * 64) as journal:
        stage(journal, "new")
        (journal.staging / NAMES[1]).unlink()
        with pytest.raises(StorageError):
            journal.publish(list(NAMES))
    assert not any((tmp_path / n).exists() for n in NAMES)


def test_a_refused_run_leaves_nothing(tmp_path: Path) -> None:
    with Journal(tmp_path, "a", "1" * 64):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("out", ["a\0b", "x" * 300])
def test_an_output_folder_that_is_no_path_is_said(tmp_path: Path, out: str) -> None:
    with pytest.raises(OutputError):
        Journal(tmp_path / out, "a", "1" * 64)


# -- models ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["properties"]["ben:calibration"].__setitem__(0, [float("nan"), 0]),
        lambda d: d["properties"]["mlm:input"][0]["value_scaling"][0].update(mean=float("nan")),
        lambda d: d["properties"]["mlm:input"][0]["value_scaling"][0].update(stddev=float("inf")),
        lambda d: d["properties"]["ben:bands"][0].update(unit="furlong"),
        lambda d: d["properties"]["ben:thresholds"].__setitem__(0, float("nan")),
    ],
)
def test_a_card_of_no_numbers_is_refused(change: Any) -> None:
    document = json.loads(find_card("embedded").to_json())
    document["properties"]["ben:calibration"] = [[1.0, 0.0]] * 19
    ModelCard.from_json(json.dumps(document), "x.json")
    change(document)
    with pytest.raises(ModelError):
        ModelCard.from_json(json.dumps(document), "x.json")


def test_a_card_nested_too_deep_is_refused() -> None:
    with pytest.raises(ModelError):
        ModelCard.from_json("[" * 100_000, "x.json")


# -- streams --------------------------------------------------------------------------------------------


def shell(command: str) -> subprocess.CompletedProcess[str]:
    text = command.replace("ben ", f"{shlex.quote(sys.executable)} -m ben_core ", 1)
    return subprocess.run(["/bin/sh", "-c", text], cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")
@pytest.mark.parametrize(
    ("streams", "code"),
    [(">&-", 0), ("2>&-", 0), ("--json >&-", 2), ("--events jsonl >&-", 2)],
)
def test_closed_streams_are_no_bug(write_tif: Any, bands: np.ndarray, tmp_path: Path, streams: str, code: int) -> None:
    path = write_tif("x.tif", bands, descriptions=BANDS)
    done = shell(f"ben map {path} --out {tmp_path / 'out'} {streams}")
    assert done.returncode == code, done.stderr
    assert "a bug" not in done.stderr and (tmp_path / "out" / "x.gpkg").exists() == (code == 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_no_bug() -> None:
    done = shell("ben info embedded >/dev/full")
    assert done.returncode == 3 and "refused" in done.stderr and "a bug" not in done.stderr


# -- masks coarser than the bands -----------------------------------------------------------------------


@pytest.mark.parametrize("stride", [120, 25])
def test_an_area_sees_the_same_clouds_as_the_whole_scene(write_tif: Any, stride: int) -> None:
    """With 10 m bands only, patches may begin in the middle of a 20 m pixel of the cloud mask."""
    rng = np.random.default_rng(0)
    for name in BANDS:
        write_tif(f"s/{name}.tif", np.full((301, 241), 1000, np.uint16))
    folder = write_tif("s/SCL_20m.tif", rng.choice(np.array([4, 9], np.uint8), (151, 121)), 20).parent
    scene = open_scene([str(folder)])
    grid = Grid(241, 301, stride)
    assert scene.mask is not None and grid.patch_left(grid.cols - 1) == 121

    def clouds(columns: Columns) -> np.ndarray:
        return np.concatenate([s.cloud for s in read_strips(scene, grid, BANDS, strips_of(grid), columns, 1)])

    whole = clouds(Columns(0, 241))
    for col in range(1, grid.cols):
        columns = Columns(grid.patch_left(col - 1), grid.patch_left(col) + 120)
        assert (clouds(columns)[:, col] == whole[:, col]).all(), col


# -- files that mask their own pixels, and products that are not what they seem ------------------------


@pytest.mark.parametrize("kind", ["mask", "alpha"])
@pytest.mark.parametrize("size", [10.0, 9.9])  # as it is, and warped
def test_pixels_behind_a_mask_are_no_data(write_tif: Any, bands: np.ndarray, kind: str, size: float) -> None:
    seen = np.zeros(bands.shape[1:], np.uint16)
    seen[:, 70:] = 65535
    stack = np.concatenate([bands, seen[None]]) if kind == "alpha" else bands
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = write_tif("x.tif", stack, size, BANDS)
        with rasterio.open(path, "r+") as file:
            if kind == "alpha":
                file.colorinterp = [ColorInterp.gray] * 4 + [ColorInterp.alpha]
            else:
                file.write_mask(seen.astype(bool))
    scene = open_scene([str(path)])
    with BandReader(scene.bands["B03"]) as reader:
        found = reader.read_rows(0, reader.source.height)
    assert (scene.bands["B03"].warp is not None) == (size != 10.0)
    assert not found[:, :68].any() and found[10:120, 80:130].all()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize("name", ["x.tif", "x.zip", "x.SAFE"])
def test_a_pipe_is_no_scene(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match="neither"):
        open_scene([str(tmp_path / name)])


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("sample"), size=360).product


@pytest.mark.parametrize("name", ["a}b{.zip", "{a}.zip", "é 地 (1).ZIP"])
def test_a_zip_of_any_name_is_read_in_place(product: Path, tmp_path: Path, name: str) -> None:
    shutil.make_archive(str(tmp_path / "x"), "zip", product.parent, product.name)
    (tmp_path / "x.zip").rename(tmp_path / name)
    scene = open_scene([str(tmp_path / name)])
    assert set(BANDS) <= set(scene.bands)
    with BandReader(scene.bands["B02"]) as reader, BandReader(open_scene([str(product)]).bands["B02"]) as other:
        assert (reader.read_rows(0, 120) == other.read_rows(0, 120)).all()


def test_metadata_of_another_product_are_refused(product: Path, tmp_path: Path) -> None:
    """The tile is the same, the day is not, and neither may be the offset."""
    other = shutil.copytree(product, tmp_path / product.name)
    xml = other / "MTD_MSIL2A.xml"
    xml.write_text(re.sub(r"\d{8}T\d{6}", "20190101T101010", xml.read_text()))
    with pytest.raises(DataError, match="lists other images"):
        open_scene([str(other)])


def test_nan_in_a_card_is_refused_wherever_it_stands() -> None:
    """It would go on into the products, and NaN is no JSON."""
    document = json.loads(find_card("embedded").to_json())
    document["properties"]["ben:scores"] = {"AP": {"value": float("nan")}}
    with pytest.raises(ModelError, match="NaN"):
        ModelCard.from_json(json.dumps(document), "x.json")


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
def test_a_runtime_that_does_not_load_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("raise ImportError('libfoo.so.1: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(JobError, match="does not load: libfoo"):
        load_model(runtime={"onnxruntime": "onnx"}.get(name, name))


@pytest.mark.parametrize("command", [["info", "SCENE"], ["doctor"]])
def test_nothing_is_reported_to_anybody(write_tif: Any, bands: np.ndarray, tmp_path: Path, command: list[str]) -> None:
    """ONNX Runtime leaves a device id in the home folder where its telemetry is on."""
    path = write_tif("x.tif", bands, descriptions=BANDS)
    home = tmp_path / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if k not in ("CI", "XDG_CACHE_HOME") and not k.startswith("ORT_")}
    args = [str(path) if a == "SCENE" else a for a in command]
    done = subprocess.run(
        [sys.executable, "-m", "ben_core", *args], env={**kept, "HOME": str(home)}, cwd=ROOT, capture_output=True
    )
    assert done.returncode == 0
    assert not [p for p in home.rglob("*") if "onnx" in p.name.lower() or "microsoft" in p.name.lower()]
