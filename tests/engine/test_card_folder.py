"""``ben card``: the folder as reBEN publishes it, and that it says what is so."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ben_core.cli import run
from ben_core.errors import DataError, JobError, OutputError
from ben_core.learn.publish import config_ilm, example, write_folder
from ben_core.learn.types import Record
from ben_core.models import BandInput, ModelCard, find_card, load_model
from ben_core.models.importers.reben import STATISTICS, import_model
from ben_core.nomenclature import ORDER_ALPHABETICAL, S1_BANDS

torch = pytest.importorskip("torch")


class Patches:
    """Two made patches of any band."""

    title = "made patches"
    bands: tuple[str, ...] = ("B02", "B03", "B04", "B08", "B05", "VV", "VH")
    records = (
        Record("a", ("Arable land",), "train"),
        Record("b", ("Arable land", "Pastures"), "test"),
        Record("c", ("Arable land", "Pastures", "Mixed forest"), "train"),
    )

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        rng = np.random.default_rng(ord(record.id))
        return {
            b: rng.normal(-12, 3, (120, 120)).astype(np.float32)
            if b in S1_BANDS
            else rng.integers(200, 3000, (120, 120), dtype=np.uint16)
            for b in bands
        }

    def reference(self, record: Record) -> np.ndarray:
        raise DataError("none")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelCard:
    """A ResNet-18 of random weights on two bands."""
    from ben_core.models.importers.writing import write_model
    from ben_core.models.networks import build

    torch.manual_seed(0)
    bands = ("B04", "B03", "B02")
    architecture = {
        "family": "resnet",
        "name": "resnet18",
        "in_chans": len(bands),
        "num_classes": 19,
        "block": "basic",
        "layers": [2, 2, 2, 2],
    }
    card = ModelCard(
        name="resnet18-rgb",
        title='A "test" model: made | up',
        description="Random weights.",
        inputs=tuple(BandInput(b, *STATISTICS[b]) for b in bands),
        classes=ORDER_ALPHABETICAL,
        thresholds=(0.5,) * 19,
        weights=(),
        untrained=("Coastal wetlands",),
        architecture=architecture,
        licence="MIT",
        origin="Made for tests.",
    )
    return ModelCard.read(write_model(card, build(architecture), tmp_path_factory.mktemp("model")))


def test_the_folder_is_one_that_our_own_importer_reads_with_the_same_weights(model: ModelCard, tmp_path: Path) -> None:
    """The form of reBEN both ways: with ten bands the importer of published models takes what was written."""
    from safetensors.torch import load_file

    files = write_folder(model, tmp_path / "out")
    config = json.loads(files["config"].read_text())
    assert config["timm_model_name"] == "resnet18" and config["channels"] == 3 and config["classes"] == 19
    assert config["class_names"] == list(ORDER_ALPHABETICAL)
    state, ours = load_file(files["weights"]), load_file((model.folder or Path()) / "resnet18-rgb.safetensors")
    assert set(state) == {config_ilm.PREFIX + k for k in ours}
    assert all(torch.equal(state[config_ilm.PREFIX + k], v) for k, v in ours.items())


def test_ten_bands_go_to_the_hub_and_back(tmp_path: Path) -> None:
    from ben_core.models.importers.reben import BAND_ORDERS
    from ben_core.models.importers.writing import write_model
    from ben_core.models.networks import build

    torch.manual_seed(1)
    bands = BAND_ORDERS["0.2.0"]["s2"]
    architecture = {"family": "resnet", "in_chans": 10, "num_classes": 19, "block": "basic", "layers": [2, 2, 2, 2]}
    card = ModelCard(
        "x", "x", "x", tuple(BandInput(b, *STATISTICS[b]) for b in bands), ORDER_ALPHABETICAL, (0.5,) * 19, (),
        architecture=architecture,
    )  # fmt: skip
    made = ModelCard.read(write_model(card, build(architecture), tmp_path / "model"))
    folder = tmp_path / "resnet18-s2-v0.2.0"
    write_folder(made, folder)
    back = import_model(folder, "back", tmp_path / "back")
    rng = np.random.default_rng(2)
    patches = {b: rng.integers(1, 3000, (2, 120, 120), dtype=np.uint16) for b in bands}
    here, there = (load_model(str(p), device="cpu").predict(patches) for p in (tmp_path / "model" / "x.json", back))
    np.testing.assert_array_equal(here, there)
    # … and the folder itself is a model for ben map.
    np.testing.assert_array_equal(load_model(str(folder / "x.json"), device="cpu").predict(patches), here)


def test_the_card_says_what_is_so(model: ModelCard, tmp_path: Path) -> None:
    loaded = load_model(str((model.folder or Path()) / "resnet18-rgb.json"), device="cpu")
    shown = example(loaded, Patches())
    assert shown.id == "b" and shown.truth == ("Arable land", "Pastures")  # the test patch, though c has more labels
    files = write_folder(
        model, tmp_path / "m", recipe={"epochs": 7, "rate": 0.001, "seed": 24, "warmup": -1}, example=shown,
        repository="org/m",
    )  # fmt: skip
    text = files["readme"].read_text(encoding="utf-8")
    front = text.split("---")[1]
    assert "library_name: configilm" in front and 'license: "mit"' in front and "src: example.png" in front
    assert "up to 7" in text and "Seed: 24" in text and "warmup" not in text
    assert "Not evaluated: no figure is claimed." in text and "Coastal wetlands" in text
    assert 'from_pretrained("org/m")' in text
    rows = re.findall(r"^\| (\d) \| (B\d\d) \|", text, re.M)
    assert rows == [("0", "B04"), ("1", "B03"), ("2", "B02")]
    # The scores are those of the model on normalised pixels, largest first.
    p = loaded.predict({b: x[None] for b, x in Patches().read(Patches.records[1], model.bands).items()})[0]
    scores = [float(v) for v in re.findall(r"^\| [A-Z][^|]+\| (0\.\d{6}) \|", text, re.M)]
    assert scores == pytest.approx(sorted(map(float, p), reverse=True), abs=1e-6) and len(scores) == 19
    with Image.open(files["example"]) as picture:
        assert picture.size == (360, 360)


def test_a_network_that_timm_does_not_know_is_published_in_our_form(tmp_path: Path) -> None:
    card = find_card("embedded")
    files = write_folder(card, tmp_path / "m")
    assert "config" not in files
    text = files["readme"].read_text(encoding="utf-8")
    assert "ConfigILM cannot load it" in text and "library_name: bigearthnet-mapper" in text
    best = card.scores["macro AP"]
    assert f"| macro AP | {best['value']:.4f} ({best['low']:.3f} to {best['high']:.3f}) |" in text
    patches = {b.name: np.full((1, 120, 120), 700, np.float32 if b.unit == "dB" else np.uint16) for b in card.inputs}
    for runtime in ("onnx", "torch"):
        there = load_model(str(files["card"]), runtime=runtime, device="cpu").predict(patches)
        np.testing.assert_allclose(there, load_model("embedded", device="cpu").predict(patches), atol=1e-5)


def test_what_stands_there_is_not_lost(model: ModelCard, tmp_path: Path) -> None:
    write_folder(model, tmp_path / "m")
    (tmp_path / "m" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="--overwrite"):
        write_folder(model, tmp_path / "m")
    write_folder(replace(model, title="new"), tmp_path / "m", overwrite=True)
    assert (tmp_path / "m" / "notes.txt").read_text() == "mine"
    assert "# new" in (tmp_path / "m" / "README.md").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m"]


def test_examples_that_cannot_be_shown_are_refused(model: ModelCard) -> None:
    loaded = load_model(str((model.folder or Path()) / "resnet18-rgb.json"), device="cpu")
    with pytest.raises(JobError, match="no patch 'z'"):
        example(loaded, Patches(), "z")
    poor = Patches()
    poor.bands = ("VV", "VH")
    with pytest.raises(DataError, match="B04"):
        example(loaded, poor)


def test_the_command(model: ModelCard, tmp_path: Path, capfd: Any) -> None:
    path = (model.folder or Path()) / "resnet18-rgb.json"
    assert run(["card", str(path), "--out", str(tmp_path / "m"), "--json"]) == 0
    assert set(json.loads(capfd.readouterr().out)) == {"readme", "config", "weights", "onnx", "card"}
    assert run(["card", str(path), "--out", str(tmp_path / "n"), "--example", "b"]) == 2
    assert run(["card", str(path), "--out", str(tmp_path / "n"), "--evaluation", str(tmp_path / "none.json")]) == 2
    assert not (tmp_path / "n").exists()
