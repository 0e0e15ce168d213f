"""Output folders of batches that never ran: scenes with given answers in the layout of ``ben batch``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ben_core.batch.layout import Layout, write_done
from ben_core.models.card import BandInput, ModelCard
from ben_core.nomenclature import ORDER_ALPHABETICAL
from ben_core.patches.grid import Grid
from ben_core.products import product_names, rasters, vectors
from ben_core.products.stac import write_item
from ben_core.products.types import CLOUD, MAPPED, NOT_MAPPED, Probabilities, RunRecord
from ben_core.products.view import view
from ben_core.scene.types import SCL_CLOUD, SCL_NODATA, SCL_SNOW, BandSource, Mask, PixelGrid, Scene
from ben_core.storage import write_bytes

# One model for all, answering in an order that is not that of the codes.
MODEL_ORDER = tuple(np.random.default_rng(5).permutation(ORDER_ALPHABETICAL).tolist())
CARD = ModelCard(
    name="ben-test", title="A test model", description="Answers made up for tests.",
    inputs=tuple(BandInput(b, 500.0, 300.0) for b in ("B02", "B03", "B04", "B08")), classes=MODEL_ORDER,
    thresholds=(0.5,) * 19, weights=(), untrained=(), licence="MIT", origin="Made for tests.", scores={}, warnings=(),
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """A scene: p (rows, cols, 19) in steps of 1/10000 by code - 1, NOT_MAPPED where skipped; cloud in percent."""

    name: str
    day: str | None
    p: np.ndarray
    cloud: np.ndarray | None = None
    left: float = 300_000.0
    top: float = 5_400_000.0
    epsg: int = 32633
    tile: str | None = "33UUP"
    stride: int = 120
    size: tuple[int, int] | None = None  # px, where the last cells are clipped


def random_p(rng: np.random.Generator, rows: int, cols: int, skipped: float = 0.2) -> np.ndarray:
    """Answers with many ties; some cells without one."""
    p = rng.integers(0, 6, (rows, cols, 19)).astype(np.uint16) * 2000
    p[rng.random((rows, cols)) < skipped] = NOT_MAPPED
    return p


def field_p(rows: int, cols: int, seed: int, drift: float = 0.0) -> np.ndarray:
    """Answers that look like land: smooth fields, shifted by ``drift`` from date to date."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, :cols] / max(rows, cols)
    p = np.empty((rows, cols, 19))
    for i in range(19):
        fx, fy, px, py = rng.uniform(2, 9, 2).tolist() + rng.uniform(0, 6.3, 2).tolist()
        wave = np.sin(fx * x + px + drift) + np.cos(fy * y + py)
        p[..., i] = 1 / (1 + np.exp(-(2.4 * wave - rng.uniform(1, 5))))
    return np.round(p * 10000).astype(np.uint16)


def make_batch(out: Path, scenes: list[Made]) -> Path:
    """Write every scene with its state; what a catalogue does not read (report, quick look) is left out."""
    layout = Layout(out)
    layout.state.mkdir(parents=True, exist_ok=True)
    for made in scenes:
        files = write_scene(layout, made)
        mapped = int((made.p[..., 0] != NOT_MAPPED).sum())
        write_done(layout, made.name, "0" * 64, files, {"mapped": mapped})
    return out


def write_scene(layout: Layout, made: Made) -> Mapping[str, Path]:
    rows, cols, _ = made.p.shape
    width, height = made.size or (cols * made.stride, rows * made.stride)
    source = BandSource("none.tif", 1, 10, width, height, 512, "uint16", "GTiff")
    scene = Scene(
        name=made.name, sensor="sentinel-2", level="L2A",
        grid=PixelGrid(f"EPSG:{made.epsg}", made.left, made.top, width, height),
        bands=dict.fromkeys(("B02", "B03", "B04", "B08"), source),
        acquired=f"{made.day}T10:10:31Z" if made.day else None, tile=made.tile, platform="Sentinel-2A", baseline="05.00",
        radiometry="Surface reflectance x 10000.",
        mask=Mask(source, "scene classification (SCL)", SCL_NODATA, SCL_CLOUD, SCL_SNOW) if made.cloud is not None else None,
    )  # fmt: skip
    order = [ORDER_ALPHABETICAL.index(name) for name in MODEL_ORDER]
    mapped = made.p[..., 0] != NOT_MAPPED
    zeros = np.zeros((rows, cols), np.uint8)
    cloud = zeros if made.cloud is None else made.cloud.astype(np.uint8)
    answers = Probabilities(
        made.p[..., order], np.where(mapped, MAPPED, CLOUD).astype(np.uint8), zeros + 100, cloud, zeros, MODEL_ORDER
    )
    record = RunRecord(
        scene, Grid(width, height, made.stride), CARD, CARD.thresholds, {"model": "ben-test: A test model"}
    )
    seen = view(answers, record)
    folder = layout.scene(made.name)
    folder.mkdir(parents=True)
    kinds = ("classes", "classes_legend", "classes_style", "probabilities", "gpkg", "model", "item")
    files = {k: folder / n for k, n in product_names(made.name).items() if k in kinds}
    rasters.write_classes(seen, files["classes"], files["classes_legend"], files["classes_style"])
    rasters.write_probabilities(seen, files["probabilities"])
    # Only what a catalogue reads: six layers would take six times as long.
    keep = np.ones((rows, cols), bool)
    with vectors.Package(files["gpkg"], seen.record.scene.grid.crs, vectors.time_of(seen.acquired)).open() as package:
        package.write("patches", vectors._patches(seen, keep), vectors._rectangles(seen, keep))
    write_bytes(files["model"], CARD.to_json(weights=False).encode())
    write_item(seen, files, files["item"], made.name)
    return files


def country(columns: int, rows: int, months: int, side: int = 12, seed: int = 1) -> list[Made]:
    """Neighbouring tiles over some months, with gaps by cloud; corners as Sentinel-2's tiles have them."""
    rng = np.random.default_rng(seed)
    scenes = []
    for ty in range(rows):
        for tx in range(columns):
            for month in range(months):
                p = field_p(side, side, seed + 7 * ty + tx, 0.35 * month)
                gap = rng.random((side, side)) < 0.06
                p[gap] = NOT_MAPPED
                day = datetime.date(2021, 1, 5) + datetime.timedelta(days=30 * month)
                tile = f"33U{'UVWXYZ'[tx % 6]}{'PQRSTV'[ty % 6]}"
                left, top = 300_000 + tx * (side * 1200 - 2340), 5_400_000 - ty * (side * 1200 - 2340)
                cloud = rng.integers(0, 40, (side, side))
                scenes.append(Made(f"S2_{tile}_{day:%Y%m%d}", day.isoformat(), p, cloud, left, top, tile=tile))
    return scenes
