"""The exported file against PyTorch, and the preprocessing against a description of it in numpy."""

from dataclasses import replace

import numpy as np
import pytest

from ben_core.errors import ModelError
from ben_core.models.card import BandInput, ModelCard
from ben_core.nomenclature import ORDER_ALPHABETICAL

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from ben_core.models.export import CARD_KEY, export_onnx  # noqa: E402
from ben_core.models.networks import build  # noqa: E402
from ben_core.models.preprocess import Graph, Preprocess  # noqa: E402

INPUTS = (
    BandInput("B08", 2193.0, 1369.0),
    BandInput("B11", 1568.0, 1070.0, resampling="nearest"),
    BandInput("B01", 361.0, 575.0, resampling="bilinear"),
    BandInput("B09", 2241.0, 1316.0, resampling="bicubic"),
    BandInput("VV", -12.6, 5.1, unit="dB"),
)
CARD = ModelCard(
    name="made",
    title="made",
    description="made",
    inputs=INPUTS,
    classes=ORDER_ALPHABETICAL,
    thresholds=(0.5,) * 19,
    weights=(),
    architecture={
        "family": "resnet",
        "block": "basic",
        "layers": [1, 1, 1, 1],
        "width": 8,
        "in_chans": len(INPUTS),
        "num_classes": 19,
    },
)


def bands(n: int, sides: dict[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    made = {}
    for b in CARD.inputs:
        values = random.normal(b.mean, b.std, (n, sides[b.name], sides[b.name]))
        made[b.name] = values.astype(np.float32) if b.unit == "dB" else values.clip(0, 65535).astype(np.uint16)
    return made


NATIVE = {"B08": 120, "B11": 60, "B01": 20, "B09": 20, "VV": 120}


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    network = build(CARD.architecture)
    with torch.no_grad():  # statistics as after training: far from the initial 0 and 1
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
                module.weight.uniform_(0.5, 1.5)
    graph = Graph(CARD, network).eval()
    path = tmp_path_factory.mktemp("export") / "made.onnx"
    deviation = export_onnx(CARD, graph, path)
    return graph, path, deviation


def test_the_file_answers_as_pytorch_at_other_sizes_and_batches(exported):
    graph, path, deviation = exported
    assert 0 < deviation <= 1e-4
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for n, sides in ((1, NATIVE), (5, NATIVE), (2, NATIVE | {"B11": 120, "B09": 40}), (3, dict.fromkeys(NATIVE, 77))):
        given = bands(n, sides, seed=n)
        logits, features = session.run(["logits", "features"], given)
        with torch.inference_mode():
            expected = graph(*(torch.from_numpy(given[name]) for name in CARD.bands))
        assert logits.shape == (n, 19) and features.shape == (n, 64)
        np.testing.assert_allclose(logits, expected[0], atol=1e-4)
        np.testing.assert_allclose(features, expected[1], atol=1e-4)


def test_the_file_names_bands_and_takes_native_integers(exported):
    session = onnxruntime.InferenceSession(exported[1], providers=["CPUExecutionProvider"])
    types = {i.name: i.type for i in session.get_inputs()}
    assert list(types) == list(CARD.bands)
    assert types == dict.fromkeys(CARD.bands, "tensor(uint16)") | {"VV": "tensor(float)"}
    for i in session.get_inputs():
        assert not any(isinstance(side, int) for side in i.shape), "batch, height and width are free"


def test_the_file_holds_its_card_without_hashes_of_itself(exported):
    session = onnxruntime.InferenceSession(exported[1], providers=["CPUExecutionProvider"])
    inside = ModelCard.from_json(session.get_modelmeta().custom_metadata_map[CARD_KEY], "made.onnx")
    assert inside == replace(CARD, weights=())


def test_the_largest_dn_arrives_whole(exported):
    """65535 read as int16 would be -1."""
    graph, path, _ = exported
    given = {k: np.full_like(v, 65535) if v.dtype == np.uint16 else v for k, v in bands(1, NATIVE).items()}
    logits = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(["logits"], given)[0]
    with torch.inference_mode():
        expected = graph(*(torch.from_numpy(given[name].astype(np.float32)) for name in CARD.bands))[0]
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-3)


def test_a_graph_of_another_network_leaves_no_file(tmp_path):
    """A network that answers differently each time stands for an export gone wrong."""

    class Unsteady(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = torch.nn.Linear(5, 19)

        def forward_features(self, x):
            return x.mean((2, 3)) + torch.rand(x.shape[0], 5)

        def classify(self, features):
            return self.fc(features)

    with pytest.raises(ModelError, match="differs from PyTorch"):
        export_onnx(CARD, Graph(CARD, Unsteady()), tmp_path / "made.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("side", "factor"), [(120, 1), (60, 2), (20, 6)])
def test_nearest_repeats_pixels_and_normalises(side, factor):
    """ConfigILM's pipeline in numpy: np.repeat, then (x - mean) / std."""
    band = BandInput("B11", 1568.25, 1070.5)
    dn = np.random.default_rng(0).integers(0, 65536, (2, side, side), dtype=np.uint16)
    got = Preprocess([band], 120)(torch.from_numpy(dn)).numpy()
    expected = (dn.repeat(factor, 1).repeat(factor, 2).astype(np.float64) - band.mean) / band.std
    assert got.shape == (2, 1, 120, 120)
    np.testing.assert_allclose(got[:, 0], expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("how", ["nearest", "bilinear", "bicubic"])
def test_every_resampling_leaves_a_full_size_band_alone(how):
    band = BandInput("B02", 0.0, 1.0, resampling=how)
    dn = np.random.default_rng(1).integers(0, 65536, (1, 120, 120), dtype=np.uint16)
    np.testing.assert_allclose(Preprocess([band], 120)(torch.from_numpy(dn))[:, 0], dn, rtol=1e-6)


def test_channels_stand_in_card_order_and_none_may_lack():
    preprocess = Preprocess(INPUTS, 120)
    given = bands(1, NATIVE)
    image = preprocess(*(torch.from_numpy(given[name]) for name in CARD.bands))
    for i, b in enumerate(INPUTS):
        alone = Preprocess([b], 120)(torch.from_numpy(given[b.name]))
        assert torch.equal(image[:, i], alone[:, 0])
    with pytest.raises(ValueError, match="4 bands given, 5 needed"):
        preprocess(*(torch.from_numpy(given[name]) for name in CARD.bands[:4]))
