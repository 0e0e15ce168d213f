"""Cards for the weights of others: what they say is read, what contradicts is refused, the answers stay the same."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ben_core.cli import run
from ben_core.errors import ModelError
from ben_core.models import BandInput, ModelCard, load_model
from ben_core.nomenclature import ORDER_ALPHABETICAL, ORDER_ORIGINAL

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from ben_core.models.card_maker import Answers, make_card, still_open  # noqa: E402
from ben_core.models.importers import onnx_image  # noqa: E402
from ben_core.models.networks import build  # noqa: E402
from ben_core.models.preprocess import Graph  # noqa: E402

ROOT = Path(__file__).parents[2]
BANDS = ("B04", "B05", "B09")
ARCHITECTURE = {"family": "resnet", "block": "basic", "layers": [1, 1, 1, 1], "width": 8, "in_chans": 3, "num_classes": 19}  # fmt: skip
SAID = Answers(bands=BANDS, mean=(600.0, 900.0, 2200.0), std=(700.0, 750.0, 1300.0), classes=("alphabetical",))


def network() -> Any:
    torch.manual_seed(0)
    return build(ARCHITECTURE).eval()


def foreign(path: Path, side: int = 120, sigmoid: bool = False, opset: int = 12, **metadata: str) -> Path:
    """An ONNX file as others write it: one image in, answers out."""
    model = torch.nn.Sequential(network(), torch.nn.Sigmoid()) if sigmoid else network()
    torch.onnx.export(
        model, torch.rand(1, 3, side, side), str(path), input_names=["input"], output_names=["out"],
        dynamic_axes={"input": {0: "batch"}}, dynamo=False, opset_version=opset,
    )  # fmt: skip
    made = onnx.load(str(path))
    onnx.helper.set_model_props(made, metadata)
    onnx.save(made, str(path))
    return path


def patches(n: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {b: rng.integers(1, 6000, (n, side, side), np.uint16) for b, side in zip(BANDS, (120, 60, 20), strict=True)}


def expected(card: ModelCard, bands: dict[str, np.ndarray]) -> np.ndarray:
    with torch.inference_mode():
        logits, _ = Graph(card, network()).eval()(*(torch.from_numpy(bands[b].astype(np.float32)) for b in card.bands))
    return np.asarray(logits.numpy())


@pytest.mark.parametrize("resampling", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("opset", [12, 17])
def test_an_image_model_takes_bands_as_ours_do(tmp_path: Path, resampling: str, opset: int) -> None:
    path = make_card(
        foreign(tmp_path / "a.onnx", opset=opset), "a", tmp_path / "out", replace(SAID, resampling=resampling)
    )
    model = load_model(str(path))
    np.testing.assert_allclose(
        model.runtime.run(patches())[0], expected(model.card, patches()), atol=1e-4 if resampling == "nearest" else 2e-3
    )
    assert model.card.classes == ORDER_ALPHABETICAL and model.card.resize is None
    np.testing.assert_array_equal(
        load_model(str(path.with_suffix(".onnx"))).predict(patches()), model.predict(patches())
    )


def test_clipping_and_another_size(tmp_path: Path) -> None:
    card = ModelCard(
        "a", "a", "a",
        (BandInput("B04", 600, 700, clip=(0, 2000)), BandInput("B05", 900, 750), BandInput("B09", 2200, 1300)),
        ORDER_ALPHABETICAL, (0.5,) * 19, (), resize=96, architecture=ARCHITECTURE,
    )  # fmt: skip
    model = load_model(str(onnx_image.wrap(card, foreign(tmp_path / "b.onnx", side=96), tmp_path)))
    np.testing.assert_allclose(model.runtime.run(patches())[0], expected(card, patches()), atol=1e-3)


def test_probabilities_come_back_as_they_were(tmp_path: Path) -> None:
    plain = foreign(tmp_path / "a.onnx", sigmoid=True)
    with pytest.raises(ModelError, match="look like probabilities"):
        make_card(plain, "a", tmp_path / "out", SAID)
    model = load_model(str(make_card(plain, "a", tmp_path / "out", replace(SAID, probabilities=True))))
    p = 1 / (1 + np.exp(-expected(replace(model.card, architecture=ARCHITECTURE), patches())))
    np.testing.assert_allclose(model.predict(patches()), p, atol=1e-5)
    with pytest.raises(ModelError, match="no probabilities"):
        make_card(foreign(tmp_path / "b.onnx"), "b", tmp_path / "out", replace(SAID, probabilities=True))


DEEPNESS = {
    "model_type": json.dumps("Recognition"),
    "class_names": repr(dict(enumerate(ORDER_ORIGINAL))),
    "resolution": json.dumps(1000.0),
    "tile_size": json.dumps(120),
    "standardization_mean": json.dumps([0.06, 0.09, 0.22]),
    "standardization_std": json.dumps([0.07, 0.075, 0.13]),
}


def test_the_metadata_of_deepness_need_not_be_said_again(tmp_path: Path) -> None:
    plain = foreign(tmp_path / "a.onnx", **DEEPNESS)
    card = ModelCard.read(make_card(plain, "a", tmp_path / "out", Answers(bands=BANDS, white=10000)))
    assert card.classes == ORDER_ORIGINAL and card.size == 120
    assert [b.mean for b in card.inputs] == pytest.approx([600, 900, 2200])
    with pytest.raises(ModelError, match="--white"):
        make_card(plain, "b", tmp_path / "out", Answers(bands=BANDS))
    with pytest.raises(ModelError, match="classes"):
        make_card(plain, "b", tmp_path / "out", SAID)  # alphabetical, the file says otherwise
    fine = foreign(tmp_path / "f.onnx", **{**DEEPNESS, "resolution": "10.0"})
    with pytest.raises(ModelError, match=r"pixels of 0\.1 m"):
        make_card(fine, "b", tmp_path / "out", replace(SAID, classes=None))
    broken = foreign(tmp_path / "g.onnx", **{**DEEPNESS, "class_names": "__import__('os')"})
    with pytest.raises(ModelError, match="cannot be read"):
        make_card(broken, "b", tmp_path / "out", SAID)


def test_an_mlm_item_of_somebody_else(tmp_path: Path) -> None:
    item: dict[str, Any] = {
        "properties": {
            "mlm:input": [
                {
                    "bands": ["B4", {"name": "B05"}, "B9"],
                    "input": {"shape": [-1, 3, 120, 120]},
                    "value_scaling": [{"type": "z-score", "mean": m, "stddev": 700} for m in (600, 900, 2200)],
                }
            ],
            "mlm:output": [{"classification:classes": [{"value": i, "name": c} for i, c in enumerate(ORDER_ORIGINAL)]}],
        }
    }
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item))
    card = ModelCard.read(make_card(foreign(tmp_path / "a.onnx"), "a", tmp_path / "out", Answers(), mlm=path))
    assert card.bands == BANDS and card.classes == ORDER_ORIGINAL and card.inputs[2].mean == 2200
    with pytest.raises(ModelError, match=r"item\.json says bands"):
        make_card(tmp_path / "a.onnx", "b", tmp_path / "out", replace(SAID, bands=BANDS[::-1]), mlm=path)
    item["properties"]["mlm:input"][0]["value_scaling"] = [{"type": "min-max", "minimum": 0, "maximum": 1}]
    path.write_text(json.dumps(item))
    with pytest.raises(ModelError, match="z-score"):
        make_card(tmp_path / "a.onnx", "b", tmp_path / "out", Answers(), mlm=path)
    path.write_text("{}")
    with pytest.raises(ModelError, match="no STAC MLM item"):
        make_card(tmp_path / "a.onnx", "b", tmp_path / "out", Answers(), mlm=path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"bands": ("B04", "B05"), "mean": (1.0, 1.0), "std": (1.0, 1.0)}, "has 3 channels, --bands names 2"),
        ({"classes": ORDER_ALPHABETICAL[:5]}, "has 19 answers, --classes names 5"),
        ({"classes": ("Lava",)}, "'Lava' is none"),
        ({"mean": (1.0,)}, "1 means"),
        ({"std": None}, "--std"),
        ({"bands": None}, "--bands"),
        ({"bands": ("B04", "B05", "B99")}, "B99"),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        make_card(foreign(tmp_path / "a.onnx"), "a", tmp_path / "out", replace(SAID, **changes))
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("*.json"))


def test_files_that_are_no_image_models_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"nothing")
    with pytest.raises(ModelError, match="cannot load"):
        make_card(tmp_path / "a.onnx", "a", tmp_path, SAID)
    torch.onnx.export(torch.nn.Conv2d(3, 2, 1), torch.rand(1, 3, 8, 8), str(tmp_path / "pixels.onnx"), dynamo=False)
    with pytest.raises(ModelError, match="pixels or boxes"):
        make_card(tmp_path / "pixels.onnx", "a", tmp_path, SAID)
    torch.save({}, tmp_path / "a.pth")
    with pytest.raises(ModelError, match="neither"):
        make_card(tmp_path / "a.pth", "a", tmp_path, SAID)


def test_safetensors_with_an_architecture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from safetensors.torch import save_file

    save_file(network().state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(ModelError, match="--architecture"):
        make_card(tmp_path / "w.safetensors", "w", tmp_path / "out", SAID)
    with pytest.raises(ModelError, match="missing: layer1"):
        deeper = {**ARCHITECTURE, "layers": [2, 1, 1, 1]}
        make_card(tmp_path / "w.safetensors", "w", tmp_path / "out", replace(SAID, architecture=deeper))
    command = [
        "models", "card", str(tmp_path / "w.safetensors"), "--out", str(tmp_path / "out"), "--bands", ",".join(BANDS),
        "--mean", "600,900,2200", "--std", "700,750,1300", "--classes", "alphabetical",
        "--architecture", json.dumps(ARCHITECTURE),
    ]  # fmt: skip
    assert run(command) == 0
    model = load_model(str(tmp_path / "out" / "w.json"), runtime="torch", device="cpu")
    np.testing.assert_allclose(model.runtime.run(patches())[0], expected(model.card, patches()), atol=1e-4)
    assert run([*command[:-1], "{"]) == 2
    assert run(command) == 2 and "--overwrite" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals on this system")
def test_at_a_terminal_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    """A person at a terminal: one flag given, the rest asked, a slip asked again."""
    path = foreign(tmp_path / "a.onnx")
    command = [sys.executable, "-m", "ben_core", "models", "card", str(path), "--out", str(tmp_path / "out"), "--mean", "600,900,2200"]  # fmt: skip
    main, terminal = os.openpty()
    process = subprocess.Popen(command, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, text=True)  # fmt: skip
    os.close(terminal)
    os.write(main, b"B04,B05,B09\n700,x\n700,750,1300\nalphabetical\n")
    out, _ = process.communicate(timeout=120)
    os.close(main)
    assert process.returncode == 0, out
    assert "Bands in the order of the channels (3)" in out and "not of the form" in out
    card = ModelCard.read(tmp_path / "out" / "a.json")
    assert card.bands == BANDS and [b.std for b in card.inputs] == [700, 750, 1300]
    assert card.classes == ORDER_ALPHABETICAL
    # Without a terminal nothing is asked: it is refused at once.
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode != 0 and "--bands" in done.stderr


def test_deepness_mean_and_deviation_need_one_more_answer(tmp_path: Path) -> None:
    path = foreign(tmp_path / "a.onnx", standardization_mean="[0.1, 0.1, 0.2]", standardization_std="[0.1, 0.1, 0.2]")
    assert [q.field for q in still_open(path, Answers())] == ["white"]
    assert [q.field for q in still_open(path, Answers(white=10000.0))] == ["bands", "classes"]
    assert still_open(path, SAID) == []
