"""The walk of docs/training.md on real patches: splits, train, evaluate, card, and a map of a real scene."""

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("lmdb")

from ben_core.cli import run
from ben_core.learn.evaluate.evaluation import Evaluation
from ben_core.models import ModelCard

pytestmark = pytest.mark.filterwarnings("ignore")


def ben(*arguments: object) -> None:
    assert run([str(a) for a in arguments]) == 0, arguments


def test_from_the_archive_to_a_published_model_and_a_map(ben_data: Path, tmp_path: Path) -> None:
    archive = ben_data / "bigearthnet" / "v1" / "BigEarthNet-v1.0"
    # The column of 35 marine patches is one place for our purpose; the others lie far apart.
    names = sorted(p.name for p in archive.iterdir())
    column = [n for n in names if re.search(r"_0_\d+$", n)]
    others = [n for n in names if n not in column]
    lists = {
        "train": column[:20] + others[:4],
        "val": column[24:27] + others[4:6],
        "test": column[30:] + others[6:],
    }
    for split, rows in lists.items():
        (tmp_path / f"{split}.csv").write_text("\n".join(rows) + "\n")

    store, model, judged, hub = (tmp_path / n for n in ("store", "mine", "judged", "hub"))
    ben("splits", "-r2", archive, "-n", *(tmp_path / f"{s}.csv" for s in lists), "-o", store)
    ben(
        "train", store, "-o", model, "--architecture", "resnet18", "--layers", "1,1,1,1", "--width", "8",
        "--bands", "B02,B03,B04,B08,B11", "--epochs", "2", "--batch", "8", "--rate", "0.005", "--device", "cpu",
    )  # fmt: skip
    ben("evaluate", model / "mine.json", store, "--out", judged)
    ben(
        "card", model / "mine.json", "--evaluation", judged / "mine.json", "--data", store, "--licence", "MIT",
        "--out", hub,
    )  # fmt: skip
    scene = ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23"
    ben("map", scene, "--model", hub / "mine.json", "--out", tmp_path / "map", "--name", "map", "--device", "cpu")

    card = ModelCard.read(hub / "mine.json")
    assert card.bands == ("B02", "B03", "B04", "B08", "B11") and card.licence == "MIT"
    assert "Marine waters" not in card.untrained and "Coastal wetlands" in card.untrained
    assert card.novelty is not None and (tmp_path / "map" / "map_unusual.tif").is_file()
    evaluation = Evaluation.from_json((judged / "mine.json").read_text(encoding="utf-8"))
    assert evaluation.split == "test" and evaluation.patches == len(lists["test"])
    text = (hub / "README.md").read_text(encoding="utf-8")
    assert f"{evaluation.scores['AP macro'].value:.4f}" in text and "up to 2" in text
    assert "example.png" in text and str(tmp_path) not in text
    assert (judged / "mine.html").stat().st_size > 10_000
    item = json.loads((tmp_path / "map" / "map_item.json").read_text(encoding="utf-8"))
    assert {"unusual", "probabilities", "gpkg"} <= set(item["assets"])
