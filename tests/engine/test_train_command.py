"""``ben train`` from a store on disk to a map, as a user types it."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("lmdb")

sys.path.insert(0, str(Path(__file__).parent))
from made_patches import ARABLE, FOREST, WATER, MadePatches, with_records

from ben_core.cli import run
from ben_core.learn.data.store import write_store
from ben_core.learn.train.config import Config
from ben_core.learn.types import Place

SMALL = ["--architecture", "resnet18", "--layers", "1,1,1,1", "--width", "4", "--bands", "B02,B08,B11", "--batch", "8", "--rate", "0.01", "--device", "cpu", "--threads", "1", "--classes", f"{ARABLE};{FOREST};{WATER}"]  # fmt: skip


def ben(capfd: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    code = run([str(a) for a in args])
    out, err = capfd.readouterr()
    return code, out, err


def stored(folder: Path, gap: float = 2400.0) -> Path:
    """Made patches in a row, ``gap`` metres apart."""
    data = with_records(
        MadePatches(), place=lambda r: Place("EPSG:32633", 300000.0 + gap * int(r.id[1:]), 5400000.0), s1_id=None
    )
    write_store(folder, ((r, data.read(r, data.bands), data.reference(r)) for r in data.records))
    return folder


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("data") / "store")


def test_from_a_store_to_a_map(store: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], write_tif: Any) -> None:
    out = tmp_path / "water"
    code, said, progress = ben(
        capfd, "train", store, "-o", out, *SMALL, "--epochs", "2", "--crop", "60", "--map-loss", "1"
    )
    assert code == 0, progress
    assert f"The model: {out / 'water.json'}" in said and "Trained 2 epochs" in said
    assert "Epoch 2 of 2: loss" in progress and "16 patches, judged on 8" in progress
    config = Config.read(out / "config.json")
    assert (config.width, config.layers, config.bands, config.crop) == (4, (1, 1, 1, 1), ("B02", "B08", "B11"), 60)
    history = json.loads((out / "history.json").read_text())
    assert history["data"]["train"] == 16 and len(history["epochs"]) == 2

    # The same command again says that it is done; its config makes the same run elsewhere.
    code, _, said = ben(capfd, "train", store, "-o", out, *SMALL)
    assert code == 2 and "already" in said
    code, said, _ = ben(capfd, "train", store, "-o", tmp_path / "again", "--config", out / "config.json", "--json")
    assert code == 0 and json.loads(said)["score"] == max(e["macro AP"] for e in history["epochs"])

    # Fine-tuned, and the scene mapped with the result.
    code, said, progress = ben(capfd, "train", store, "-o", tmp_path / "tuned", "--model", out / "water.json", "--freeze", "backbone", "--epochs", 1, "--batch", 8, "--device", "cpu")  # fmt: skip
    assert code == 0 and "Fine-tuning water" in progress, progress
    scene = tmp_path / "scene"
    for band, side in (("B02", 240), ("B08", 240), ("B11", 120)):
        pixels = np.random.default_rng(0).integers(100, 2000, (side, side), np.uint16)
        write_tif(f"scene/{band}.tif", pixels, resolution=2400 // side)
    for model in (out / "water.json", tmp_path / "tuned" / "tuned.json"):
        code, said, progress = ben(
            capfd, "map", scene, "-o", tmp_path / f"map-{model.stem}", "--model", model, "--device", "cpu"
        )
        assert code == 0 and "Mapped 4 of 4 cells" in said, progress


def test_events_end_in_done_with_the_score(store: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["train", str(store), "-o", str(tmp_path / "m"), *SMALL, "--epochs", "1", "--events", "jsonl"]) == 0
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert events[-1]["type"] == "done" and events[-1]["result"]["card"] == str(tmp_path / "m" / "m.json")
    assert [e["done"] for e in events if e["type"] == "progress"] == [8, 16]


def test_one_place_in_two_splits_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    leaking = stored(tmp_path / "leaking", gap=600.0)
    code, _, said = ben(capfd, "train", leaking, "-o", tmp_path / "m", *SMALL)
    assert code == 3 and "stand in two splits" in said and "p015 (train) and p016 (validation)" in said
    code, _, said = ben(capfd, "train", leaking, "-o", tmp_path / "m", *SMALL, "--leaks", "warn", "--epochs", "1")
    assert code == 0 and "scores flatter" in said


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--layers", "a,b"], 2, "no list of numbers"),
        (["--bands", "s1"], 3, "VV"),
        (["--bands", "B99"], 2, "does not exist"),
        (["--model", "nobody/knows"], 2, "There is no model"),
        ([*SMALL, "--device", "cuda:7"], 2, "CUDA"),
        (["--config", "none.toml"], 2, "cannot be read"),
        (["--batch", "0"], 2, "at least 1"),
    ],
)
def test_mistakes_are_one_sentence(options, code, sentence, store, tmp_path, capfd) -> None:
    found, _, said = ben(capfd, "train", store, "-o", tmp_path / "m", *options)
    assert found == code and sentence in said and "Traceback" not in said and not list(tmp_path.glob("m/*.json"))


def test_help_is_short_and_help_all_complete(capfd: pytest.CaptureFixture[str]) -> None:
    _, short, _ = ben(capfd, "train", "--help")
    _, whole, _ = ben(capfd, "train", "--help-all")
    assert "--epochs" in short and "--mixup" not in short and len(short.splitlines()) < 60
    for name in Config.__dataclass_fields__:
        assert f"--{name.replace('_', '-')}" in whole, name
