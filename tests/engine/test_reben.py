"""reBEN folders become models: the right bands in the right order, the origin's answers, nothing in part."""

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ben_core.errors import JobError, ModelError, OutputError
from ben_core.models import ModelCard, load_model
from ben_core.nomenclature import ORDER_ALPHABETICAL

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")
pytest.importorskip("onnx")

from ben_core.models.importers import reben  # noqa: E402
from ben_core.models.networks import build, timm_network  # noqa: E402
from ben_core.models.preprocess import Graph  # noqa: E402

REFERENCE = Path(__file__).parents[1] / "references" / "reben_resnet18.json"  # timm's answers: oracles/timm_origin.py

# Written down once more, from the cards of the two releases.
S2_OLD = "B02 B03 B04 B08 B05 B06 B07 B11 B12 B8A"
S2_NEW = "B02 B03 B04 B05 B06 B07 B08 B8A B11 B12"
ORDERS = {
    ("0.1.1", "s1"): "VH VV",
    ("0.1.1", "s2"): S2_OLD,
    ("0.1.1", "all"): S2_OLD + " VH VV",
    ("0.2.0", "s1"): "VV VH",
    ("0.2.0", "s2"): S2_NEW,
    ("0.2.0", "all"): "VV VH " + S2_NEW,
}


def _origin() -> Any:
    """tests/oracles/timm_origin.py as a module: its made weights and patches need no timm."""
    spec = importlib.util.spec_from_file_location(
        "timm_origin", Path(__file__).parents[1] / "oracles" / "timm_origin.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORIGIN = _origin()


def published(folder: Path, name: str = "resnet18-s2-v0.2.0", channels: int = 10, **config: Any) -> Path:
    """A repository of resnet18 with made weights."""
    network = build(
        {"family": "resnet", "block": "basic", "layers": [2, 2, 2, 2], "in_chans": channels, "num_classes": 19}
    )
    state = network.state_dict()
    network.load_state_dict(
        {k: torch.from_numpy(ORIGIN.made(k, v.shape)) if v.is_floating_point() else v for k, v in state.items()}
    )
    ORIGIN.write(network, "resnet18", channels, folder / name)
    change(folder / name, **config)
    return folder / name


def change(folder: Path, **config: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))


@pytest.fixture(scope="module")
def resnet18(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("reben"))


@pytest.fixture
def copied(resnet18: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(resnet18, tmp_path / resnet18.name))


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> list[tuple[ModelCard, Any]]:
    """What would have been written: (card, network)."""
    got: list[tuple[ModelCard, Any]] = []

    def keep(card: ModelCard, network: Any, folder: Path, **_: Any) -> Path:
        got.append((card, network))
        return folder / "x.json"

    monkeypatch.setattr(reben, "write_model", keep)
    return got


def test_a_published_resnet_answers_as_timm_does(resnet18: Path, tmp_path: Path) -> None:
    card = reben.import_model(resnet18, "resnet18", tmp_path)
    expected = np.array(json.loads(REFERENCE.read_text())["logits"])
    bands = ORIGIN.patches(S2_NEW.split(), 2, 1)
    assert expected.std() > 1
    for runtime in ("torch", "onnx"):
        model = load_model(str(card), runtime=runtime, device="cpu")
        np.testing.assert_allclose(model.runtime.run(bands)[0], expected, atol=1e-4)
    assert model.card.classes == ORDER_ALPHABETICAL and set(model.card.thresholds) == {0.5}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["resnet18.json", "resnet18.onnx", "resnet18.safetensors"]
    with pytest.raises(OutputError, match="already"):
        reben.import_model(resnet18, "resnet18", tmp_path)


@pytest.mark.parametrize(("version", "kind"), ORDERS)
def test_each_channel_sees_the_band_of_its_release(
    tmp_path: Path, unwritten: list[Any], version: str, kind: str
) -> None:
    """A network that sees one channel answers to one band, and to no other."""
    order = ORDERS[version, kind].split()
    reben.import_model(published(tmp_path, f"resnet18-{kind}-v{version}", len(order)), "x", tmp_path)
    card, network = unwritten[0]
    scene, graph = ORIGIN.patches(order, 1, 3), Graph(card, network).eval()
    for channel, band in enumerate(order):
        first = torch.zeros_like(network.conv1.weight)
        first[:, channel] = 0.1
        network.conv1.weight.data = first

        def answer(changed: str) -> torch.Tensor:
            given = {**scene, changed: scene[changed][:, ::-1].copy()} if changed else scene
            tensors = [torch.from_numpy(given[b].astype(np.float32)) for b in card.bands]
            return network.conv1(graph.preprocess(*tensors))

        with torch.inference_mode():
            still = answer("")
            seen = [b for b in order if (answer(b) - still).abs().max() > 1e-3]
        assert seen == [band]


@pytest.mark.parametrize("version", ["0.1.1", "0.2.0"])
def test_a_folder_without_a_version_asks_for_it(
    resnet18: Path, tmp_path: Path, unwritten: list[Any], version: str
) -> None:
    shutil.copytree(resnet18, tmp_path / "snapshot")
    with pytest.raises(ModelError, match=r"--version 0\.1\.1 or 0\.2\.0"):
        reben.import_model(tmp_path / "snapshot", "x", tmp_path)
    reben.import_model(tmp_path / "snapshot", "x", tmp_path, version=version)
    assert unwritten[0][0].bands == tuple(ORDERS[version, "s2"].split())


@pytest.mark.parametrize(
    ("name", "version", "config", "words"),
    [
        ("resnet18-s2-v0.2.0", "0.1.1", {}, "says v0.2.0"),
        ("resnet18-s2-v0.3.0", None, {}, "not known"),
        ("resnet18-all-v0.2.0", None, {}, "channels are those of 's2'"),
        ("resnet18-s2-v0.2.0", None, {"channels": 3}, "3 channels"),
        ("resnet18-all-v0.2.0", None, {"channels": 12}, "conv1.weight has 10"),
        ("resnet18-s2-v0.2.0", None, {"classes": 43}, "43 classes"),
        ("resnet18-s2-v0.2.0", None, {"image_size": 224}, "224 px"),
        ("resnet18-s2-v0.2.0", None, {"timm_model_name": None}, "lacks timm_model_name"),
        ("resnet18-s2-v0.2.0", None, {"timm_model_name": "hf-hub:somebody/something"}, "hf-hub"),
    ],
)
def test_contradictions_are_refused(
    resnet18: Path, tmp_path: Path, name: str, version: str | None, config: dict[str, Any], words: str
) -> None:
    folder = Path(shutil.copytree(resnet18, tmp_path / name))
    change(folder, **config)
    with pytest.raises(ModelError, match=words):
        reben.import_model(folder, "x", tmp_path / "out", version=version)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            lambda s: s.pop(reben.PREFIX + "layer1.0.conv1.weight"),
            "missing: model.vision_encoder.layer1.0.conv1.weight",
        ),
        (lambda s: s.update(loss=torch.zeros(1)), "unknown: loss"),
        (lambda s: s.update({reben.PREFIX + "fc.bias": torch.zeros(43)}), r"fc.bias is 43, not 19"),
        (lambda s: [s.update({k.removeprefix(reben.PREFIX): s.pop(k)}) for k in list(s)], "missing: .* unknown: "),
    ],
)
def test_other_tensors_are_named_and_nothing_is_loaded(copied: Path, damage: Any, words: str) -> None:
    state = safetensors_torch.load_file(copied / reben.WEIGHTS)
    damage(state)
    safetensors_torch.save_file(state, copied / reben.WEIGHTS)
    with pytest.raises(ModelError, match=words):
        reben.import_model(copied, "x", copied)
    assert not (copied / "x.json").exists()


def test_a_counter_of_steps_may_be_missing(copied: Path, unwritten: list[Any]) -> None:
    state = safetensors_torch.load_file(copied / reben.WEIGHTS)
    few = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    safetensors_torch.save_file(few, copied / reben.WEIGHTS)
    reben.import_model(copied, "x", copied)
    assert torch.equal(unwritten[0][1].conv1.weight, state[reben.PREFIX + "conv1.weight"])


@pytest.mark.parametrize("damage", ["short", "pickle", "absent", "no config"])
def test_files_that_are_broken_are_refused(copied: Path, damage: str) -> None:
    weights = copied / reben.WEIGHTS
    if damage == "short":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "pickle":
        torch.save({"x": torch.zeros(1)}, weights)
    elif damage == "absent":
        weights.unlink()
    else:
        (copied / reben.CONFIG).write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        reben.import_model(copied, "x", copied)


def test_without_timm_its_architectures_name_the_extra(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    change(copied, timm_model_name="vit_base_patch8_224")
    with pytest.raises(JobError, match=r"vit_base_patch8_224 needs timm.*pip install 'bigearthnet-mapper\[timm\]'"):
        reben.import_model(copied, "x", copied)


class FakeTimm:
    """Enough of timm for one network, which takes no img_size."""

    __version__ = "0"

    class Net(torch.nn.Module):
        def __init__(self, in_chans: int, num_classes: int) -> None:
            super().__init__()
            self.stem = torch.nn.Conv2d(in_chans, 4, 8, stride=8)
            self.head = torch.nn.Linear(4, num_classes)

        def forward_features(self, x: Any) -> Any:
            return self.stem(x)

        def forward_head(self, x: Any, pre_logits: bool) -> Any:
            assert pre_logits
            return x.mean((2, 3))

        def get_classifier(self) -> Any:
            return self.head

    def is_model(self, name: str) -> bool:
        return name == "net"

    def create_model(self, name: str, pretrained: bool, **given: Any) -> Any:
        assert not pretrained
        return self.Net(**given)


def test_a_network_of_timm_loads_under_its_own_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unwritten: list[Any]
) -> None:
    monkeypatch.setattr(timm_network, "_timm", lambda name: FakeTimm())
    origin = FakeTimm.Net(10, 19)
    ORIGIN.write(origin, "net", 10, tmp_path / "net-s2-v0.2.0")
    reben.import_model(tmp_path / "net-s2-v0.2.0", "x", tmp_path)
    card, network = unwritten[0]
    assert card.architecture == {
        "family": "timm", "name": "net", "model": "net", "in_chans": 10, "num_classes": 19, "image_size": 120,
    }  # fmt: skip
    x = torch.rand(2, 10, 120, 120)
    torch.testing.assert_close(network(x), origin.head(origin.stem(x).mean((2, 3))))
    change(tmp_path / "net-s2-v0.2.0", timm_model_name="other_net")
    with pytest.raises(ModelError, match="knows no architecture 'other_net'"):
        reben.import_model(tmp_path / "net-s2-v0.2.0", "x", tmp_path)
