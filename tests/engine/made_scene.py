"""A scene that a child tells apart, brighter than the patches a model learned from; and adaptation in a process of
its own, for tests that kill it: python made_scene.py SCENE MODEL OUT BANK OPTIONS.json [die=N]."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from made_patches import ARABLE, FOREST, WATER, MadePatches
from rasterio.transform import from_origin

from ben_core.adapt.bank import make_bank
from ben_core.adapt.run import Beside, adapt_scene
from ben_core.adapt.types import AdaptOptions, Verdict
from ben_core.job import Job
from ben_core.learn.train.config import Config
from ben_core.learn.train.loop import train
from ben_core.models.files import sha256_of

BANDS = {"B02": 10, "B08": 10, "B11": 20}
QUICK = AdaptOptions(
    stride=120, block=1, epochs=2, rounds=2, rate=1e-3, batch=16, guard_share=0.2, accept=0.6, reject=0.4, fewest=8,
    evidence=2,
)  # fmt: skip


def make_model(folder: Path) -> Path:
    """The card of a small network that knows fields, water and forest, and its bank beside it as bank.npz."""
    config = Config(
        architecture="resnet18", width=4, layers=(1, 1, 1, 1), bands=tuple(BANDS), classes=(ARABLE, FOREST, WATER),
        epochs=14, batch=8, rate=2e-2, patience=0, device="cpu", threads=1, drop_rate=0.0,
        drop_path=0.0,
    )  # fmt: skip
    card = train(MadePatches(), config, folder / "known").card
    make_bank(MadePatches(), str(card), folder / "bank.npz", device="cpu")
    return card


def make_scene(folder: Path, side: int = 8, gain: float = 1.25, cloud: int = 0) -> Path:
    """``side`` x ``side`` patches of fields, some with water at their left and some with forest at their foot."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    n = side * 120
    level = np.full((n, n), 1500.0)
    for row in range(side):
        for col in range(side):
            patch = level[row * 120 : (row + 1) * 120, col * 120 : (col + 1) * 120]
            if (row + col) % 3 == 0:
                patch[random.integers(60, 80) :] = 800.0
            if (row + 2 * col) % 2:
                patch[:, : random.integers(30, 60)] = 200.0
    for name, resolution in BANDS.items():
        step = resolution // 10
        pixels = random.normal(level[::step, ::step] * gain, 60.0).clip(1).astype(np.uint16)
        _write(folder / f"{name}.tif", pixels, resolution)
    if cloud:
        _write(folder / "cloud_mask.tif", np.full((n, n), cloud, np.uint8), 10)
    return folder


def _write(path: Path, pixels: np.ndarray, resolution: int) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", width=pixels.shape[1], height=pixels.shape[0], count=1, dtype=pixels.dtype,
        crs="EPSG:32633", transform=from_origin(500000, 5400000, resolution, resolution),
    ) as file:  # fmt: skip
        file.write(pixels, 1)


def job_of(scene: Path, model: Path, out: Path, **changes: Any) -> Job:
    told = {"scene": (str(scene),), "model": str(model), "out": str(out), "device": "cpu", "threads": 1}
    return Job(**{**told, **changes})


def weights_of(folder: Path, name: str) -> str:
    return sha256_of(folder / f"{name}.safetensors")


def welcome(*_: Any, **__: Any) -> Verdict:
    """A guard that lets everything pass: for tests of what comes before and behind it."""
    return Verdict("adopted", ("Asked nothing.",), {"agreement": {"before": 0.9, "after": 0.9}})


def main(scene: str, model: str, out: str, bank: str, options: str, *more: str) -> None:
    import ben_core.adapt.run as run

    run.judge = welcome
    told = dict(o.split("=") for o in more)
    seen = 0

    def emit(type: str, **fields: Any) -> None:
        nonlocal seen
        seen += type == "step" and fields["name"] == "epoch"
        if seen == int(told.get("die", 0)) and fields.get("name") == "epoch":
            os.kill(os.getpid(), signal.SIGKILL)

    adapt_scene(
        job_of(Path(scene), Path(model), Path(out)),
        AdaptOptions.from_dict(json.loads(options)),
        emit,
        beside=Beside(name="a", bank=bank),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
