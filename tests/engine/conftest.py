"""Fixtures of the engine's tests."""

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.transform import from_origin

from ben_core.models.card import BandInput, ModelCard
from ben_core.models.novelty import SCORES
from ben_core.nomenclature import BANDS, CLC_LEVEL_1, ORDER_ALPHABETICAL, S2_BANDS
from ben_core.patches.grid import Grid
from ben_core.products import write_products
from ben_core.products.types import (
    CLOUD,
    MAPPED,
    NODATA,
    NOT_MAPPED,
    NOT_SCORED,
    OUTSIDE,
    SNOW,
    Probabilities,
    RunRecord,
)
from ben_core.scene.types import SCL_CLOUD, SCL_NODATA, SCL_SNOW, BandSource, Mask, PixelGrid, Scene

DATA = Path(os.environ.get("BEN_DATA") or Path(__file__).parents[3] / "shared" / "data")


@pytest.fixture(scope="session")
def ben_data() -> Path:
    """The folder of real data; a test that needs it is skipped where it is missing."""
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    return DATA


def make_run(
    width: int = 3660,
    height: int = 3600,
    stride: int = 120,
    seed: int = 0,
    skipped: bool = True,
    scored: bool = True,
    **changes: Any,
) -> tuple[Probabilities, RunRecord]:
    """A run that never was: smooth random fields on a grid in UTM 33N, some cells skipped.

    ``changes`` replace fields of the RunRecord or, with names of Scene, of its scene.
    """
    grid = Grid(width, height, stride)
    rng = np.random.default_rng(seed)
    classes = tuple(rng.permutation(ORDER_ALPHABETICAL).tolist())
    y, x = np.mgrid[: grid.rows, : grid.cols] / max(grid.rows, grid.cols)
    p = np.empty((grid.rows, grid.cols, len(classes)))
    for i in range(len(classes)):
        fx, fy, phase_x, phase_y = rng.uniform(2, 14, 2).tolist() + rng.uniform(0, 6.3, 2).tolist()
        field = np.sin(fx * x + phase_x) + np.cos(fy * y + phase_y) + rng.normal(0, 0.3, x.shape)
        p[..., i] = 1 / (1 + np.exp(-(2.2 * field - rng.uniform(1.5, 5))))
    status = np.full(p.shape[:2], MAPPED, dtype=np.uint8)
    if skipped:
        status[x + y < 0.12] = NODATA
        status[(x - 0.7) ** 2 + (y - 0.3) ** 2 < 0.008] = CLOUD
        status[(x - 0.2) ** 2 + (y - 0.8) ** 2 < 0.003] = SNOW
        status[x - y > 0.9] = OUTSIDE
    stored = np.round(p * 10000).astype(np.uint16)
    stored[status != MAPPED] = NOT_MAPPED
    percent = {name: np.zeros(status.shape, dtype=np.uint8) for name in ("valid", "cloud", "snow")}
    percent["valid"][:] = np.where(status == NODATA, 30, 100)
    percent["cloud"][status == CLOUD] = 85
    percent["snow"][status == SNOW] = 97
    for layer in percent.values():
        layer[status == OUTSIDE] = 255
    unusual = rng.integers(0, 101, (*status.shape, len(SCORES)), dtype=np.uint8)
    unusual[..., 1] = np.clip(130 * np.hypot(x - 0.2, y - 0.6), 0, 100)
    unusual[status != MAPPED] = NOT_SCORED
    answers = Probabilities(stored, status, classes=classes, unusual=unusual if scored else None, **percent)

    source = BandSource("none.tif", 1, 10, width, height, 512, "uint16", "GTiff")
    scene_fields = {f.name for f in dataclasses.fields(Scene)}
    scene = Scene(
        **{
            "name": "S2A_MSIL2A_20170613T101031_N0500_R022_T33UUP_20170613T101031",
            "sensor": "sentinel-2",
            "level": "L2A",
            "grid": PixelGrid("EPSG:32633", 300000.0, 5400000.0, width, height),
            "bands": dict.fromkeys(("B02", "B03", "B04", "B08"), source),
            "acquired": "2017-06-13T10:10:31Z",
            "tile": "33UUP",
            "platform": "Sentinel-2A",
            "baseline": "05.00",
            "radiometry": "Surface reflectance x 10000, offset -1000 of baseline 05.00 applied.",
            "mask": Mask(source, "scene classification (SCL)", SCL_NODATA, SCL_CLOUD, SCL_SNOW),
            **{k: v for k, v in changes.items() if k in scene_fields},
        }
    )
    card = ModelCard(
        name="ben-test",
        title="A test model",
        description="Answers made up for tests.",
        inputs=tuple(BandInput(b, 500.0, 300.0) for b in ("B02", "B03", "B04", "B08")),
        classes=classes,
        thresholds=tuple(rng.uniform(0.3, 0.6, len(classes)).round(2).tolist()),
        weights=(),
        untrained=("Coastal wetlands",),
        licence="MIT",
        origin="Made for tests.",
        scores={"macro AP": {"value": 0.51, "low": 0.44, "high": 0.58, "note": "on no patches at all"}},
        warnings=("This model never saw a pixel.",),
    )
    record = RunRecord(
        scene=scene,
        grid=grid,
        card=card,
        thresholds=card.thresholds,
        provenance={"engine": "BigEarthNet Mapper test", "scene": scene.name, "model": card.name, "device": "cpu"},
        timing={"total": 61.2, "read": 31.0, "infer": 42.5, "write": 0.9, "rate": 148.3},
        host={"cpu": "2 cores"},
    )
    return answers, dataclasses.replace(record, **{k: v for k, v in changes.items() if k not in scene_fields})


@pytest.fixture(scope="session", name="make_run")
def make_run_fixture() -> Any:
    """``make_run`` above; a factory, for products and report."""
    return make_run


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run with all its products: (answers, record, kind -> file)."""
    overview = np.stack([np.add.outer(np.arange(300), np.arange(305)) % 256] * 3).astype(np.uint8)
    answers, record = make_run(legend=CLC_LEVEL_1, quicklook=overview)
    return answers, record, write_products(answers, record, tmp_path_factory.mktemp("products"), "map")


@pytest.fixture
def write_tif(tmp_path: Path) -> Any:
    """Factory of GeoTIFFs: ``write_tif(name, array, resolution=10, **profile)`` -> path.

    array (rows, cols) or (bands, rows, cols); north-up in EPSG:32633 with its corner at (500000, 5000040)
    unless ``crs`` and ``transform`` say otherwise; ``descriptions`` name the bands.
    """

    def write(
        name: str, array: np.ndarray, resolution: int = 10, descriptions: Sequence[str] = (), **profile: Any
    ) -> Path:
        stack = array if array.ndim == 3 else array[None]
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        told = {
            "crs": "EPSG:32633",
            "transform": from_origin(500_000, 5_000_040, resolution, resolution),
            "driver": "GTiff",
            **profile,
        }
        count, height, width = stack.shape
        with rasterio.open(path, "w", count=count, height=height, width=width, dtype=stack.dtype, **told) as file:
            file.write(stack)
            for index, text in enumerate(descriptions, start=1):
                file.set_band_description(index, text)
        return path

    return write


@pytest.fixture
def make_v1(tmp_path: Path) -> Any:
    """Factory of BigEarthNet v1/MM archives: ``make_v1({"61_39": [labels], …})`` -> folder with both roots.

    A patch a position of tile 33UUP, twelve bands and two, random pixels; S1 metadata with its typo (lly).
    """

    def make(patches: dict[str, list[str]], folder: str = "archive") -> Path:
        rng = np.random.default_rng(0)
        for position, labels in patches.items():
            column, row = map(int, position.split("_"))
            left, top = 300_000 + 1200 * column, 5_400_000 - 1200 * row
            s2 = f"S2A_MSIL2A_20170613T101031_{position}"
            s1 = f"S1A_IW_GRDH_1SDV_20170613T165043_33UUP_{position}"
            told = {"labels": labels, "coordinates": {"ulx": left, "uly": top, "lrx": left + 1200},
                    "projection": 'PROJCS["WGS 84 / UTM zone 33N",AUTHORITY["EPSG","32633"]]'}  # fmt: skip
            low = top - 1200
            _write_patch(tmp_path / folder / "BigEarthNet-v1.0" / s2, {
                band: rng.integers(1, 9000, (1200 // BANDS[band].resolution,) * 2, dtype=np.uint16)
                for band in S2_BANDS if band != "B10"
            }, {**told, "coordinates": {**told["coordinates"], "lry": low},
                "tile_source": "S2A_MSIL1C_20170613T101031_N0205_R022_T33UUP_20170613T101608.SAFE",
                "acquisition_date": "2017-06-13 10:10:31"})  # fmt: skip
            _write_patch(tmp_path / folder / "BigEarthNet-S1-v1.0" / s1, {
                band: rng.normal(-14, 4, (120, 120)).astype(np.float32) for band in ("VV", "VH")
            }, {**told, "coordinates": {**told["coordinates"], "lly": low},
                "corresponding_s2_patch": s2, "acquisition_time": "2017-06-13T16:50:43"})  # fmt: skip
        return tmp_path / folder

    return make


def _write_patch(folder: Path, bands: dict[str, np.ndarray], told: dict[str, Any]) -> None:
    folder.mkdir(parents=True)
    (folder / f"{folder.name}_labels_metadata.json").write_text(json.dumps(told), encoding="utf-8")
    for band, array in bands.items():
        Image.fromarray(array).save(folder / f"{folder.name}_{band}.tif")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a model can be adapted to: known/known.json and its weights, bank.npz, scene/."""
    from made_scene import make_model, make_scene

    folder = tmp_path_factory.mktemp("world")
    make_model(folder)
    make_scene(folder / "scene")
    return folder
