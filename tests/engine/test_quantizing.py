"""int8 weights: near fp32 by the figure that the card then states, and never half-made."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ben_core.cli import run
from ben_core.errors import ModelError, OutputError
from ben_core.learn.data.sampling import sample_patches
from ben_core.learn.data.source import open_source
from ben_core.models import ModelCard, load_model
from ben_core.models.quantizing import quantize

pytest.importorskip("onnx")


def patches(n: int = 40, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    level = rng.integers(300, 3000, (n, 1, 1))
    return {
        b: (level + rng.integers(0, 400, (n, 120, 120))).astype(np.uint16)
        for b in load_model("embedded", device="cpu").card.bands
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    return quantize("embedded", patches(), tmp_path_factory.mktemp("int8"))


def test_the_card_states_how_far_answers_move(made: tuple[Path, float]) -> None:
    path, change = made
    card = ModelCard.read(path)
    (int8,) = [w for w in card.weights if w.precision == "int8"]
    assert int8.agreement == change and 0 < change < 0.1
    some = {b: x[1::2] for b, x in patches().items()}  # those that did not calibrate
    there = load_model(str(path), precision="int8", device="cpu")
    assert there.placement.precision == "int8" and f"more than {change:.2g}" in there.placement.why
    moved = np.abs(there.predict(some) - load_model("embedded", device="cpu", precision="fp32", runtime="onnx").predict(some)).max()  # fmt: skip
    assert moved == pytest.approx(change, abs=1e-6)
    # fp32 is still there, and the same.
    np.testing.assert_array_equal(
        load_model(str(path), runtime="onnx", device="cpu").predict(some),
        load_model("embedded", runtime="onnx", device="cpu").predict(some),
    )
    assert (path.parent / int8.file).stat().st_size < 0.4 * (path.parent / card.weights[0].file).stat().st_size


def test_beside_the_model_only_the_card_changes(made: tuple[Path, float], tmp_path: Path) -> None:
    path, _ = made
    for file in path.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    own = str(tmp_path / path.name)
    with pytest.raises(OutputError, match="--overwrite"):
        quantize(own, patches())
    again, _ = quantize(own, patches(seed=1), overwrite=True)
    assert again == tmp_path / path.name and sum(w.precision == "int8" for w in ModelCard.read(again).weights) == 1
    assert sorted(f.name for f in tmp_path.iterdir()) == sorted(f.name for f in path.parent.iterdir())


def test_too_few_patches_and_standing_models_are_refused(made: tuple[Path, float], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="31 patches are too few"):
        quantize("embedded", patches(31), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(OutputError, match="already"):
        quantize("embedded", patches(), made[0].parent)
    assert run(["models", "quantize", "embedded", "--data", "nowhere"]) == 2  # it is part of the program: --out


def test_samples_of_a_real_scene_are_whole_and_repeatable(ben_data: Path) -> None:
    scene = str(ben_data / "scenes" / "major_tom_T48QUE_thailand_2020-02-23")
    found = sample_patches(open_source(scene), ("B02", "B05"), 50)
    assert found["B02"].shape == (50, 120, 120) and found["B05"].shape == (50, 60, 60)
    assert (found["B02"] > 0).all()
    again: Any = sample_patches(open_source(scene), ("B02", "B05"), 50)
    np.testing.assert_array_equal(found["B05"], again["B05"])
    # At the edges patches of two cells may coincide, as on a map; elsewhere none comes twice.
    assert len(np.unique(found["B02"].reshape(50, -1), axis=0)) > 45
