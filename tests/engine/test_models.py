"""Cards travel whole; both runtimes give one answer; what does not fit is refused in words."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ben_core.errors import BenError, JobError, ModelError
from ben_core.models import BandInput, Model, ModelCard, Weights, find_card, load_model
from ben_core.models import runtime as runtime_module
from ben_core.models.model import probabilities
from ben_core.models.runtime import OutOfMemory, Placement, place
from ben_core.nomenclature import ORDER_ALPHABETICAL, S1_BANDS, S2_BANDS

torch = pytest.importorskip("torch")


def a_card(bands: tuple[str, ...] = ("B02", "B05", "B09"), **changes: Any) -> ModelCard:
    fields: dict[str, Any] = {
        "name": "tiny",
        "title": "Tiny",
        "description": "For tests.",
        "inputs": tuple(BandInput(b, -12.5, 5.0, "dB", "bicubic") if b in S1_BANDS else BandInput(b, 1000, 800) for b in bands),
        "classes": ORDER_ALPHABETICAL,
        "thresholds": (0.5,) * 19,
        "weights": (),
        "architecture": {
            "family": "resnet", "block": "basic", "layers": [1, 1, 1, 1], "width": 8, "in_chans": len(bands), "num_classes": 19,
        },
        "licence": "MIT",
        "origin": "made up",
    }  # fmt: skip
    return ModelCard(**{**fields, **changes})


def save(card: ModelCard, folder: Path) -> Path:
    """Random weights for a card, for both runtimes; the path of the card."""
    from safetensors.torch import save_file

    from ben_core.models.export import export_onnx
    from ben_core.models.networks import build
    from ben_core.models.preprocess import Graph

    torch.manual_seed(0)
    network = build(card.architecture).eval()
    save_file(network.state_dict(), folder / "tiny.safetensors")
    export_onnx(card, Graph(card, network).eval(), folder / "tiny.onnx")
    weights = tuple(
        Weights(f, r, "fp32", hashlib.sha256((folder / f).read_bytes()).hexdigest())
        for f, r in (("tiny.onnx", "onnx"), ("tiny.safetensors", "torch"))
    )
    path = folder / "tiny.json"
    path.write_text(dataclasses.replace(card, weights=weights).to_json())
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(
        a_card(calibration=tuple((1.0 + i / 50, i / 10 - 1) for i in range(19))), tmp_path_factory.mktemp("tiny")
    )


def patches(card: ModelCard, n: int = 5, seed: int = 0) -> dict[str, np.ndarray]:
    from ben_core.nomenclature import BANDS

    rng = np.random.default_rng(seed)
    return {
        b.name: rng.integers(1, 9000, (n, *[1200 // BANDS[b.name].resolution] * 2), np.uint16)
        if b.unit == "DN"
        else rng.normal(-12, 4, (n, 120, 120)).astype(np.float32)
        for b in card.inputs
    }


# -- cards ------------------------------------------------------------------------------------------------


@given(
    bands=st.lists(st.sampled_from(S2_BANDS + S1_BANDS), min_size=1, unique=True),
    classes=st.permutations(ORDER_ALPHABETICAL),
    number=st.floats(0, 1),
    calibrated=st.booleans(),
    text=st.text(),
)
def test_a_card_comes_back_from_json(
    bands: list[str], classes: list[str], number: float, calibrated: bool, text: str
) -> None:
    card = a_card(
        tuple(bands),
        classes=tuple(classes),
        thresholds=(number,) * 19,
        calibration=((number + 0.5, -number),) * 19 if calibrated else None,
        title=text,
        warnings=(text,),
        untrained=(classes[3],),
        scores={"macro AP": {"value": number}},
        weights=(Weights("a.onnx", "onnx", "fp32", "0" * 64), Weights("a.q.onnx", "onnx", "int8", "1" * 64, 0.01)),
    )
    assert ModelCard.from_json(card.to_json(), "x") == card


def test_a_card_is_a_stac_item(tiny: Path) -> None:
    import pystac

    item = pystac.Item.from_dict(json.loads(tiny.read_text()))
    assert item.properties["mlm:input"][1]["bands"] == ["B05"]
    assert item.properties["mlm:input"][1]["input"]["shape"] == [-1, 60, 60]


@pytest.mark.parametrize(
    "damage",
    [
        lambda d: d["properties"].pop("ben:thresholds"),
        lambda d: d["properties"]["ben:thresholds"].pop(),
        lambda d: d["properties"]["mlm:input"][0].update(bands=["B99"]),
        lambda d: d["properties"]["mlm:input"][0].update(bands=["B05"]),
        lambda d: d["properties"]["mlm:input"][0]["value_scaling"][0].update(stddev=0),
        lambda d: d["properties"]["mlm:input"][0].update(resize_type="crop"),
        lambda d: d["properties"]["mlm:output"][0]["classification:classes"][0].update(name="Lava"),
        lambda d: d["properties"]["mlm:output"][0]["classification:classes"][0].update(value=7),
        lambda d: d["properties"].update({"ben:activation": "relu"}),
        lambda d: d["assets"]["onnx-fp32"].update(href="../../etc/passwd"),
        lambda d: d["assets"]["onnx-fp32"].update({"file:checksum": "12"}),
        lambda d: d.clear(),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(tiny: Path, damage: Any) -> None:
    document = json.loads(tiny.read_text())
    damage(document)
    with pytest.raises(ModelError) as caught:
        ModelCard.from_json(json.dumps(document), "tiny.json")
    assert caught.value.exit_code == 2


# -- runtimes ---------------------------------------------------------------------------------------------


def test_both_runtimes_answer_alike_and_by_name(tiny: Path) -> None:
    onnx, pytorch = (load_model(str(tiny), runtime=r, device="cpu") for r in ("onnx", "torch"))
    bands = patches(onnx.card)
    a, b = onnx.predict(bands), pytorch.predict(dict(reversed(bands.items())))
    assert a.shape == (5, 19) and a.dtype == np.float32 and a.std() > 0.01
    np.testing.assert_allclose(a, b, atol=1e-4)
    np.testing.assert_allclose(onnx.features(bands), pytorch.features(bands), atol=1e-3)
    assert onnx.features(bands).shape == (5, 64)


def test_the_order_of_bands_matters_and_the_card_decides_it(tiny: Path) -> None:
    model = load_model(str(tiny), device="cpu")
    bands = patches(model.card)
    swapped = {**bands, "B02": bands["B05"].repeat(2, 1).repeat(2, 2), "B05": bands["B02"][:, ::2, ::2]}
    assert np.abs(model.predict(bands) - model.predict(swapped)).max() > 1e-3


def test_an_onnx_file_alone_suffices(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "alone.onnx").write_bytes((tiny.parent / "tiny.onnx").read_bytes())
    alone, beside = load_model(str(tmp_path / "alone.onnx")), load_model(str(tiny))
    bands = patches(beside.card)
    np.testing.assert_array_equal(alone.predict(bands), beside.predict(bands))
    assert alone.card.bands == ("B02", "B05", "B09")


def test_sentinel_1_enters_as_decibels(tmp_path: Path) -> None:
    path = save(a_card(("VV", "B05", "VH")), tmp_path)
    onnx, pytorch = (load_model(str(path), runtime=r, device="cpu") for r in ("onnx", "torch"))
    bands = patches(onnx.card)
    np.testing.assert_allclose(onnx.predict(bands), pytorch.predict(bands), atol=1e-4)


def test_bf16_is_near(tiny: Path) -> None:
    full, half = load_model(str(tiny), device="cpu"), load_model(str(tiny), device="cpu", precision="bf16")
    assert (half.placement.runtime, half.placement.precision) == ("torch", "bf16")
    bands = patches(full.card)
    difference = np.abs(full.predict(bands) - half.predict(bands)).max()
    assert 0 < difference < 0.02


@given(st.lists(st.floats(-800, 800), min_size=19, max_size=19))
def test_probabilities_are_the_calibrated_sigmoid(logits: list[float]) -> None:
    card = a_card(calibration=((1.5, -0.25),) * 19)
    p = probabilities(card, np.array([logits], np.float32))
    z = np.clip(1.5 * np.array(logits, np.float64) - 0.25, -700, 700)
    np.testing.assert_allclose(p[0], 1 / (1 + np.exp(-z)), atol=1e-6)


def test_softmax_sums_to_one() -> None:
    p = probabilities(a_card(activation="softmax"), np.array([[900.0] + [0.0] * 18, [1.0] * 19], np.float32))
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(p[1], 1 / 19, atol=1e-6)


# -- what does not fit ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"device": "cuda"}, "cuda"),
        ({"device": "cuda:3", "runtime": "onnx"}, "no CUDA"),
        ({"device": "cuda", "runtime": "torch"}, "no CUDA device"),
        ({"device": "mps", "runtime": "onnx"}, "mps"),
        ({"precision": "int8"}, "no int8 weights"),
        ({"precision": "bf16", "runtime": "onnx"}, "PyTorch only"),
        ({"precision": "fp16", "device": "cpu"}, "does not run on a CPU"),
    ],
)
@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU: these wishes can be met")
def test_an_explicit_wish_that_cannot_be_met_is_an_error(tiny: Path, wish: dict[str, str], words: str) -> None:
    with pytest.raises(JobError, match=words):
        load_model(str(tiny), **wish)


def test_a_missing_runtime_names_the_extra(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_module.importlib.util, "find_spec", lambda name: None)
    for wish in ({}, {"runtime": "onnx"}, {"runtime": "torch"}):
        with pytest.raises(JobError, match=r"pip install 'bigearthnet-mapper\["):
            load_model(str(tiny), **wish)


def test_auto_never_takes_int8_unasked() -> None:
    card = a_card(
        weights=(Weights("q.onnx", "onnx", "int8", "0" * 64, 0.001), Weights("a.onnx", "onnx", "fp32", "0" * 64))
    )
    assert place(card, "auto", "cpu", "auto")[1].precision == "fp32"
    assert place(card, "auto", "cpu", "int8")[1].file == "q.onnx"


def test_weights_that_are_not_those_of_the_card_are_refused(tiny: Path, tmp_path: Path) -> None:
    for f in tiny.parent.iterdir():
        (tmp_path / f.name).write_bytes(f.read_bytes())
    for name, runtime in (("tiny.onnx", "onnx"), ("tiny.safetensors", "torch")):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[:-1])
        with pytest.raises(ModelError, match="not those of the card"):
            load_model(str(tmp_path / "tiny.json"), runtime=runtime)
        (tmp_path / name).unlink()
        with pytest.raises(ModelError, match="cannot be read"):
            load_model(str(tmp_path / "tiny.json"), runtime=runtime)


def rehash(folder: Path, **changes: Any) -> str:
    """Rewrite the card so that its checksums fit whatever the files hold now."""
    card = ModelCard.read(folder / "tiny.json")
    weights = tuple(
        dataclasses.replace(w, sha256=hashlib.sha256((folder / w.file).read_bytes()).hexdigest()) for w in card.weights
    )
    (folder / "tiny.json").write_text(dataclasses.replace(card, weights=weights, **changes).to_json())
    return str(folder / "tiny.json")


@pytest.fixture
def copied(tiny: Path, tmp_path: Path) -> Path:
    for f in tiny.parent.iterdir():
        (tmp_path / f.name).write_bytes(f.read_bytes())
    return tmp_path


def test_a_network_of_another_shape_is_refused_with_its_keys(copied: Path) -> None:
    other = a_card(("B02", "B05", "B09", "B04"))
    path = rehash(copied, inputs=other.inputs, architecture={**other.architecture, "layers": [1, 1, 1, 2]})
    with pytest.raises(ModelError, match=r"layer4\.1") as caught:
        load_model(path, runtime="torch")
    assert "conv1.weight" in caught.value.message
    with pytest.raises(ModelError, match="its card names the bands"):
        load_model(path, runtime="onnx")


def test_a_pickle_is_not_loaded(copied: Path) -> None:
    torch.save({"x": torch.zeros(1)}, copied / "tiny.safetensors")
    with pytest.raises(ModelError, match="cannot be read"):
        load_model(rehash(copied), runtime="torch")


def test_a_file_that_is_no_onnx_is_refused(copied: Path) -> None:
    (copied / "tiny.onnx").write_bytes(b"not a model" * 99)
    with pytest.raises(ModelError, match="cannot load"):
        load_model(rehash(copied), runtime="onnx")
    with pytest.raises(ModelError, match="cannot load"):
        load_model(str(copied / "tiny.onnx"))


@pytest.mark.parametrize("name", ["nothing", "weights.pth"])
def test_an_unknown_model_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "weights.pth").write_bytes(b"")
    with pytest.raises(ModelError):
        find_card(str(tmp_path / name))


class Hungry:
    """A runtime that holds ``most`` patches, and answers NaN."""

    placement = Placement("onnx", "cpu", "fp32", "")
    version = "none"

    def __init__(self, most: int) -> None:
        self.most = most
        self.tried: list[int] = []

    def run(self, bands: Any) -> tuple[np.ndarray, np.ndarray]:
        n = len(next(iter(bands.values())))
        self.tried.append(n)
        if n > self.most:
            raise OutOfMemory("no room")
        return np.full((n, 19), np.nan, np.float32), np.zeros((n, 2), np.float32)

    def run_each(self, batches: Any) -> Any:
        return map(self.run, batches)


def test_batch_auto_backs_off_until_it_fits_and_a_wish_does_not() -> None:
    runtime = Hungry(10)
    model = Model(a_card(), runtime, Weights("a", "onnx", "fp32", "0" * 64), 32)
    assert model.fit_batch(0) == 8 and runtime.tried == [32, 16, 8]
    assert model.fit_batch(9) == 9
    with pytest.raises(BenError, match="--batch"):
        model.fit_batch(11)
    model.runtime = Hungry(0)
    with pytest.raises(ModelError, match="batch of 1 "):
        model.fit_batch(0)


def test_nan_is_never_a_probability() -> None:
    model = Model(a_card(), Hungry(99), Weights("a", "onnx", "fp32", "0" * 64), 4)
    with pytest.raises(ModelError, match="NaN"):
        model.predict(patches(model.card, 1))
