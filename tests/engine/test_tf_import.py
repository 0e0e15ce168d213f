"""Import of TensorFlow checkpoints without TensorFlow: what tf_dump.py writes is made here, of narrow networks."""

import json
import runpy
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from ben_core.errors import JobError, ModelError
from ben_core.models.importers import tf_dump
from ben_core.nomenclature import ORDER_ORIGINAL

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from ben_core.models.importers import tf_hub, tf_mm  # noqa: E402
from ben_core.models.model import load_model  # noqa: E402

HERE = Path(__file__).parent
REFERENCE = np.load(HERE.parent / "references" / "tf_slim.npz")
made = runpy.run_path(str(HERE.parent / "oracles" / "made_weights.py"))["made"]
S2 = ("B04", "B03", "B02", "B08", "B05", "B06", "B07", "B8A", "B11", "B12")


def variables(name: str, **shapes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The made variables of a narrow network; ``shapes`` replaces those whose names end so ("_" for "/")."""
    told = json.loads(str(REFERENCE[f"{name}/variables"]))
    for end, shape in shapes.items():
        told[f"{name}/{end.replace('__', '/')}"] = shape
    return {k: made(k, tuple(s)) for k, s in told.items()}


def dumped(path: Path, values: dict[str, np.ndarray], **module: np.ndarray) -> Path:
    np.savez(path, **{f"v/{k}": v for k, v in values.items()}, **module)
    return path


def hub_variables() -> dict[str, np.ndarray]:
    """A module's: no logits, under a scope of its own."""
    return {f"module/{k}": v for k, v in variables("resnet_v2_50").items() if "/logits/" not in k}


@pytest.fixture(scope="module")
def s2_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s2")
    path = dumped(folder / "dump.npz", variables("resnet_v1_50"))
    return load_model(str(tf_mm.import_model(path, "mm-resnet50", folder / "models")), device="cpu")


@pytest.fixture(scope="module")
def hub_model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    path = dumped(folder / "dump.npz", hub_variables(), **answer(2.0, -1.0))
    return load_model(str(tf_hub.import_model(path, "hub", folder / "models", white=2500)), device="cpu")


def answer(scale: float, offset: float, error: float = 0.0) -> dict[str, np.ndarray]:
    """What a module says of itself, from the network that it is made of."""
    from ben_core.models.importers.tf_variables import Checkpoint, build_filled

    architecture = {"family": "resnet_tf2", "layers": [3, 4, 6, 3], "in_chans": 3, "num_classes": 0, "width": 8}
    network = build_filled(architecture | {"name": "it"}, "module/resnet_v2_50", Checkpoint("", hub_variables()))
    images = np.random.default_rng(0).random((2, 64, 64, 3), dtype=np.float32)
    with torch.inference_mode():
        x = torch.from_numpy(images * np.float32(scale) + np.float32(offset)).permute(0, 3, 1, 2)
        features = network.forward_features(x).numpy()
    return {"scale": np.float32(scale), "offset": np.float32(offset), "images": images, "features": features + error}


def patches(bands, n: int = 2) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    sides = {b: 120 if b in S2[:4] else 60 for b in bands}
    return {b: random.integers(0, 4000, (n, side, side), dtype=np.uint16) for b, side in sides.items()}


def test_the_card_of_a_sentinel_2_checkpoint(s2_model):
    card = s2_model.card
    assert card.bands == S2 and card.classes == tuple(ORDER_ORIGINAL)
    assert [b.resampling for b in card.inputs] == ["nearest"] * 4 + ["bicubic-tf1"] * 6
    by_name = {b.name: (b.mean, b.std, b.unit) for b in card.inputs}
    assert by_name["B02"] == (429.9430203, 572.41639287, "DN")
    assert by_name["B12"] == (1009.32729131, 818.86747235, "DN")
    assert card.activation == "sigmoid" and set(card.thresholds) == {0.5} and card.calibration is None
    assert card.architecture["name"] == "TF-Slim resnet_v1_50" and card.resize is None
    assert not any("VH" in w for w in card.warnings) and any("licence" in w for w in card.warnings)
    modes = {path.stat().st_mode for path in card.folder.iterdir()}
    assert len(modes) == 1, "who may read the card may read its weights"


def test_a_patch_goes_the_origins_way(s2_model):
    """The pipeline of bigearthnet-models-tf in its own order: normalise, resize, stack, network."""
    from ben_core.models.importers.tf_variables import Checkpoint, build_filled
    from ben_core.models.resampling import bicubic_tf1

    given = patches(S2)
    planes = []
    for band in s2_model.card.inputs:
        x = (given[band.name].astype(np.float64) - band.mean) / band.std
        planes.append(bicubic_tf1(torch.from_numpy(x.astype(np.float32))[:, None], 120))
    architecture = {"family": "resnet_tf1", "layers": [3, 4, 6, 3], "in_chans": 10, "num_classes": 19, "width": 8}
    checkpoint = Checkpoint("", variables("resnet_v1_50"))
    network = build_filled(architecture | {"name": "it"}, "resnet_v1_50", checkpoint)
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.cat(planes, 1))).numpy()
    assert np.ptp(expected, axis=0).max() > 0.01
    np.testing.assert_allclose(s2_model.predict(given), expected, atol=1e-5)


@pytest.mark.parametrize(("name", "first", "channels"), [("vgg_16", None, 2), ("resnet_v1_50", "conv1__weights", 12)])
def test_radar_is_in_decibels_and_the_doubt_on_vh_is_told(name, first, channels, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(tf_mm, "write_model", lambda card, *_, **__: written.append(card) or tmp_path)
    values = variables(name, **({first: (7, 7, channels, 8)} if first else {}))
    tf_mm.import_model(dumped(tmp_path / "d.npz", values), "made", tmp_path)
    (card,) = written
    assert card.bands == ((*S2, "VV", "VH") if channels == 12 else ("VV", "VH"))
    assert [(b.unit, b.mean) for b in card.inputs[-2:]] == [("dB", -12.619993741972035), ("dB", -19.29044597721542)]
    assert any("VH from VV" in w for w in card.warnings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v.pop("resnet_v1_50/block2/unit_3/bottleneck_v1/conv2/weights"), "missing: .*block2/unit_3"),
        (lambda v: v.update({"resnet_v1_50/more/weights": np.zeros(3)}), "unknown: resnet_v1_50/more/weights"),
        (
            lambda v: v.update({"resnet_v1_50/logits/biases": np.zeros(18, np.float32)}),
            "another shape: .*logits/biases",
        ),
        (lambda v: v["resnet_v1_50/logits/biases"].fill(np.nan), "logits/biases .*no finite number"),
        (lambda v: v.update({"resnet_v1_50/logits/biases": np.zeros(19, np.int64)}), "logits/biases .*no finite"),
        (lambda v: v.update({"vgg_16/fc8/biases": np.zeros(19)}), "networks resnet_v1_50, vgg_16"),
        (lambda v: v.pop("resnet_v1_50/conv1/weights"), "no convolution resnet_v1_50/conv1/weights"),
        (lambda v: v.update({"resnet_v1_50/conv1/weights": np.zeros((7, 7, 3, 8))}), "takes 3 channels"),
        (lambda v: v.update({"resnet_v1_50/logits/weights": np.zeros((1, 1, 256, 43))}), "43 classes"),
        (lambda v: v.clear(), "networks none"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(change, said, tmp_path):
    values = variables("resnet_v1_50")
    change(values)
    with pytest.raises(ModelError, match=said):
        tf_mm.import_model(dumped(tmp_path / "d.npz", values), "made", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_pickles_and_other_files_are_no_dump(tmp_path):
    path = tmp_path / "d.npz"
    np.savez(path, **{"v/resnet_v1_50/conv1/weights": np.array([print], dtype=object)})
    with pytest.raises(ModelError, match="cannot be read"):
        tf_mm.import_model(path, "made", tmp_path)
    path.write_bytes(b"PK\3\4 half an archive")
    with pytest.raises(ModelError, match="cannot be read"):
        tf_mm.import_model(path, "made", tmp_path)


def test_the_hub_module_gives_features_alone(hub_model):
    card = hub_model.card
    assert card.classes == () and card.resize == 224 and card.bands == ("B04", "B03", "B02")
    for b in card.inputs:
        assert b.clip == (0, 2500)
        # Black, grey and white reach the first convolution as -1, 0 and 1: the module's own 2 x - 1.
        np.testing.assert_allclose([(dn - b.mean) / b.std for dn in (0, 1250, 2500)], [-1, 0, 1], atol=1e-12)
    given = {b: np.full((2, 120, 120), 2500, np.uint16) for b in card.bands}
    features = hub_model.features(given)
    assert features.shape == (2, 256) and features.dtype == np.float32 and np.isfinite(features).all()
    brighter = {b: v * 3 for b, v in given.items()}
    np.testing.assert_array_equal(hub_model.features(brighter), features, "what is brighter than white is cut")
    assert any("0.25" in w for w in card.warnings), "the reflectance of white is told"


def test_a_module_that_answers_otherwise_is_refused(tmp_path):
    path = dumped(tmp_path / "d.npz", hub_variables(), **answer(2.0, -1.0, error=0.1))
    with pytest.raises(ModelError, match="answers otherwise than the module"):
        tf_hub.import_model(path, "made", tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_variables_alone_leave_a_warning(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(tf_hub, "write_model", lambda card, *_, **__: written.append(card) or tmp_path)
    tf_hub.import_model(dumped(tmp_path / "d.npz", hub_variables()), "made", tmp_path)
    assert any("assumption" in w for w in written[0].warnings)
    assert {(b.mean, b.std) for b in written[0].inputs} == {(0, tf_hub.WHITE)}


@pytest.mark.parametrize("white", [0, -1, 1e6, float("nan")])
def test_white_is_a_number_of_sentinel_2(white, tmp_path):
    with pytest.raises(ModelError, match="White"):
        tf_hub.import_model(tmp_path / "none.npz", "made", tmp_path, white=white)


@pytest.mark.parametrize("given", ["model", "model.index", "model.data-00000-of-00001", "."])
def test_a_checkpoint_is_dumped_by_a_python_that_has_tensorflow(given, tmp_path, monkeypatch):
    """A stand-in for TensorFlow, which reads an .npz file; what training left behind does not come over."""
    values = variables("resnet_v1_50")
    np.savez(tmp_path / "values.npz", **values, **{"global_step": 7, "resnet_v1_50/conv1/weights/Adam": np.ones(3)})
    (tmp_path / "checkpoints").mkdir()
    for suffix in ("index", "data-00000-of-00001", "meta"):
        (tmp_path / "checkpoints" / f"model.{suffix}").touch()
    (tmp_path / "stand-in" / "tensorflow").mkdir(parents=True)
    (tmp_path / "stand-in" / "tensorflow" / "__init__.py").write_text(
        "import numpy, types\n"
        "class Reader:\n"
        f"    values = numpy.load({str(tmp_path / 'values.npz')!r})\n"
        "    def get_variable_to_shape_map(self): return {k: v.shape for k, v in self.values.items()}\n"
        "    def get_tensor(self, name): return self.values[name]\n"
        "def load_checkpoint(prefix):\n"
        f"    assert prefix == {str(tmp_path / 'checkpoints' / 'model')!r}, prefix\n"
        "    return Reader()\n"
        "train = types.SimpleNamespace(load_checkpoint=load_checkpoint)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "stand-in"))
    from ben_core.models.importers.tf_variables import read_checkpoint

    read = read_checkpoint(tmp_path / "checkpoints" / given, sys.executable)
    assert set(read.variables) == set(values) and not read.module
    np.testing.assert_array_equal(read.variables["resnet_v1_50/logits/weights"], values["resnet_v1_50/logits/weights"])


def test_a_missing_tensorflow_or_checkpoint_is_said(tmp_path, monkeypatch):
    (tmp_path / "tensorflow.py").write_text("raise ModuleNotFoundError(\"No module named 'tensorflow'\")")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / f"{name}.index").touch()
    with pytest.raises(JobError, match=r"TensorFlow, which reads .* is not installed") as e:
        tf_mm.import_model(tmp_path / "a", "made", tmp_path)
    assert "tensorflow-cpu" in e.value.hint and "tf_dump.py" in e.value.hint
    with pytest.raises(JobError, match="cannot be started"):
        tf_mm.import_model(tmp_path / "a", "made", tmp_path, tensorflow_python=str(tmp_path / "no-python"))
    with pytest.raises(ModelError, match="must hold one TensorFlow checkpoint; it holds a, b"):
        tf_mm.import_model(tmp_path, "made", tmp_path)
    with pytest.raises(ModelError, match="no TensorFlow checkpoint"):
        tf_mm.import_model(tmp_path / "c", "made", tmp_path)
    (tmp_path / "tensorflow.py").write_text("raise OSError('checksum does not match')")
    with pytest.raises(ModelError, match="checksum does not match"):
        tf_mm.import_model(tmp_path / "a", "made", tmp_path)


def graph(*steps: tuple[str, float | None, bool]) -> types.SimpleNamespace:
    """A placeholder whose value goes through operations of (type, constant, constant first) into a convolution."""
    tensor = placeholder = types.SimpleNamespace(constant=None)
    for kind, constant, first in (*steps, ("Conv2D", None, False)):
        after = types.SimpleNamespace(constant=None)
        other = types.SimpleNamespace(constant=constant)
        op = types.SimpleNamespace(type=kind, inputs=[other, tensor] if first else [tensor, other], outputs=[after])
        shape = types.SimpleNamespace(type="Shape")
        tensor.consumers = lambda op=op, shape=shape: [shape, op]
        tensor = after
    return placeholder


SESSION = types.SimpleNamespace(run=lambda tensor: tensor.constant)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], (1, 0)),
        ([("Mul", 2.0, False), ("Sub", 1.0, False)], (2, -1)),
        ([("Sub", 0.5, False), ("Mul", 2.0, True), ("Pad", None, False)], (2, -1)),
        ([("RealDiv", 4.0, False), ("AddV2", 3.0, True)], (0.25, 3)),
    ],
)
def test_the_rescaling_inside_a_module_is_read(steps, expected):
    assert tf_dump.rescaling(graph(*steps), SESSION) == expected


@pytest.mark.parametrize("step", [("Sub", 1.0, True), ("RealDiv", 1.0, True), ("Relu", None, False)])
def test_another_preparation_inside_a_module_is_refused(step):
    with pytest.raises(ValueError, match="the module"):
        tf_dump.rescaling(graph(step), SESSION)
