"""TF-Slim's networks and TensorFlow 1's bicubic, against answers that TensorFlow gave (tests/oracles/tf_origin.py)."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from ben_core.errors import ModelError
from ben_core.models.card import BandInput, ModelCard
from ben_core.models.networks import build

torch = pytest.importorskip("torch")

from ben_core.models.importers.tf_variables import Checkpoint, build_filled  # noqa: E402
from ben_core.models.preprocess import Graph, Preprocess  # noqa: E402
from ben_core.models.resampling import bicubic_tf1  # noqa: E402

HERE = Path(__file__).parent
REFERENCE = np.load(HERE.parent / "references" / "tf_slim.npz")
made_weights = runpy.run_path(str(HERE.parent / "oracles" / "made_weights.py"))
made, made_images = made_weights["made"], made_weights["made_images"]

RESNET = {"layers": [3, 4, 6, 3], "num_classes": 19, "width": 8}
VGG = {"family": "vgg_tf", "num_classes": 19, "in_chans": 2, "width": 8, "hidden": 512}
NARROW = {
    "resnet_v1_50": (RESNET | {"family": "resnet_tf1", "in_chans": 10}, (120, 97)),
    "resnet_v2_50": (RESNET | {"family": "resnet_tf2", "in_chans": 3}, (64, 97)),
    "vgg_16": (VGG | {"layers": [2, 2, 3, 3, 3]}, (120, 97)),
    "vgg_19": (VGG | {"layers": [2, 2, 4, 4, 4]}, (64, 97)),
}


@pytest.mark.parametrize("name", NARROW)
def test_logits_and_features_are_those_of_tf_slim(name):
    """Even and odd sides, so that every kind of padding is met; statistics of normalisation far from (0, 1)."""
    architecture, sides = NARROW[name]
    shapes = json.loads(str(REFERENCE[f"{name}/variables"]))
    checkpoint = Checkpoint("made", {variable: made(variable, shape) for variable, shape in shapes.items()})
    network = build_filled(architecture | {"name": name}, name, checkpoint)
    image = made_images(name, [2, *sides, architecture["in_chans"]])
    with torch.inference_mode():
        features = network.forward_features(torch.from_numpy(image).permute(0, 3, 1, 2))
        logits = network.classify(features)
    assert np.ptp(REFERENCE[f"{name}/logits"], axis=0).max() > 0.02, "the two images must differ in their answers"
    np.testing.assert_allclose(features, REFERENCE[f"{name}/features"], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(logits, REFERENCE[f"{name}/logits"], rtol=1e-5, atol=1e-4)


# ResNet: base + 3136 C + head as in test_network.py. VGG: the 138,357,544 and 143,667,240 of the paper's networks
# D and E (three channels, 1000 classes). ResNet v2 without classes: ResNet50V2 of Keras Applications.
@pytest.mark.parametrize(
    ("architecture", "count"),
    [
        ({"family": "resnet_tf1", "layers": [3, 4, 6, 3], "in_chans": 12, "num_classes": 19}, 23_575_187),
        ({"family": "resnet_tf2", "layers": [3, 4, 6, 3], "in_chans": 3, "num_classes": 0}, 23_519_360),
        ({"family": "vgg_tf", "layers": [2, 2, 3, 3, 3], "in_chans": 3, "num_classes": 1000}, 138_357_544),
        ({"family": "vgg_tf", "layers": [2, 2, 4, 4, 4], "in_chans": 3, "num_classes": 1000}, 143_667_240),
    ],
)
def test_counts_of_the_published_networks(architecture, count):
    with torch.device("meta"):
        network = build(architecture)
    assert sum(p.numel() for p in network.parameters()) == count


def test_the_last_unit_of_a_block_strides_and_the_last_block_does_not():
    with torch.device("meta"):
        network = build(NARROW["resnet_v1_50"][0])
    strides = [[unit.conv2.stride[0] for unit in network.get_submodule(f"block{k}")] for k in (1, 2, 3, 4)]
    assert strides == [[1, 1, 2], [1, 1, 1, 2], [1, 1, 1, 1, 1, 2], [1, 1, 1]]


@pytest.mark.parametrize("family", ["resnet_tf1", "resnet_tf2"])
def test_a_network_without_classes_gives_features_alone(family):
    network = build({"family": family, "layers": [1, 1, 1, 1], "in_chans": 3, "num_classes": 0, "width": 4}).eval()
    features = network.forward_features(torch.zeros(2, 3, 40, 40))
    assert features.shape == (2, network.num_features) == (2, 128)
    assert network.classify(features).shape == (2, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"layers": [3, 4, 6]}, "layers"),
        ({"layers": [3, 4, 6, 65]}, "layers"),
        ({"in_chans": 0}, "in_chans"),
        ({"num_classes": -1}, "num_classes"),
        ({"num_classes": False}, "num_classes"),
        ({"width": 10**6}, "width"),
        ({"block": "basic"}, "unknown keys: block"),
    ],
)
@pytest.mark.parametrize("name", ["resnet_v1_50", "vgg_16"])
def test_cards_that_describe_no_network_are_refused(name, change, said):
    with pytest.raises(ModelError, match=said):
        build(NARROW[name][0] | change)


def test_vgg_needs_classes_and_bounds_its_hidden_layer():
    for change in ({"num_classes": 0}, {"hidden": 10**6}):
        with pytest.raises(ModelError, match=next(iter(change))):
            build(NARROW["vgg_16"][0] | change)


@pytest.mark.parametrize(("side", "tolerance"), [(60, 1e-3), (120, 0), (20, 1e-2)])
def test_bicubic_is_that_of_tensorflow_1(side, tolerance):
    """At 20 pixels TensorFlow itself rounds to 0.01 DN; the published models meet 60 alone."""
    dn = np.random.default_rng(side).integers(0, 20000, (1, side, side, 1)).astype(np.float32)
    got = bicubic_tf1(torch.from_numpy(dn).permute(0, 3, 1, 2), 120)[0, 0]
    np.testing.assert_allclose(got[::7, ::7], REFERENCE[f"bicubic/{side}"], rtol=0, atol=tolerance)


def test_bicubic_of_tensorflow_1_is_not_pytorchs():
    """The same kernel between other pixels: the trap that the name "bicubic-tf1" stands for."""
    dn = torch.rand(1, 1, 60, 60, generator=torch.Generator().manual_seed(0)) * 5000
    usual = torch.nn.functional.interpolate(dn, size=(120, 120), mode="bicubic", align_corners=False)
    assert (bicubic_tf1(dn, 120) - usual).abs().mean() > 100


def test_bicubic_stays_in_the_band_under_autocast():
    dn = torch.randint(0, 20000, (1, 60, 60), generator=torch.Generator().manual_seed(0), dtype=torch.int32)
    preprocess = Preprocess([BandInput("B05", 0.0, 1.0, resampling="bicubic-tf1")], 120)
    with torch.autocast("cpu", torch.bfloat16):
        half = preprocess(dn)
    assert torch.equal(half, preprocess(dn))


def test_the_exported_graph_resizes_and_pools_alike_at_every_size(tmp_path):
    """The ONNX file keeps its free sizes: 60 and 20 pixels are resized, 120 pass; no classes leave no logits."""
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    from ben_core.models.export import export_onnx

    architecture = {"family": "resnet_tf2", "layers": [1, 1, 1, 1], "in_chans": 2, "num_classes": 0, "width": 4}
    inputs = (
        BandInput("B04", 900.0, 1000.0, clip=(0.0, 2000.0)),
        BandInput("B05", 1000.0, 700.0, resampling="bicubic-tf1"),
    )
    card = ModelCard("made", "Made", "", inputs, (), (), (), resize=97, architecture=architecture)
    graph = Graph(card, build(architecture)).eval()
    export_onnx(card, graph, tmp_path / "made.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "made.onnx", providers=["CPUExecutionProvider"])
    for side in (60, 20, 120):
        random = np.random.default_rng(side)
        given = [random.integers(0, 5000, (3, s, s), dtype=np.uint16) for s in (120, side)]
        logits, features = session.run(None, {"B04": given[0], "B05": given[1]})
        with torch.inference_mode():
            expected = graph(*(torch.from_numpy(x.astype(np.int32)) for x in given))[1]
        assert logits.shape == (3, 0) and features.shape == (3, 128)
        np.testing.assert_allclose(features, expected, atol=1e-5)
