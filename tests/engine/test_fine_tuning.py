"""Fine-tuning: what is frozen stays, what learns moves, the classifier fits the classes asked for."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

sys.path.insert(0, str(Path(__file__).parent))
from made_patches import ARABLE, FOREST, WATER, MadePatches  # noqa: E402

from ben_core.errors import ModelError  # noqa: E402
from ben_core.events import Recorder  # noqa: E402
from ben_core.learn.train.config import Config  # noqa: E402
from ben_core.learn.train.loop import learning_rate, train  # noqa: E402
from ben_core.learn.train.start import Learner, head_keys, parameter_groups, start_of  # noqa: E402
from ben_core.models.card import BandInput, ModelCard  # noqa: E402
from ben_core.models.importers.writing import write_model  # noqa: E402
from ben_core.models.model import load_model  # noqa: E402
from ben_core.models.networks import build  # noqa: E402
from ben_core.models.strict import read_state  # noqa: E402

CLASSES = (WATER, ARABLE, FOREST)
BANDS = ("B02", "B08", "B11")


def made_model(folder: Path, family: str, classes: tuple[str, ...], resize: int | None = None) -> Path:
    """A narrow network with made weights and a card."""
    torch.manual_seed(3)
    shape: dict[str, Any] = {"layers": [1, 1, 1, 1], "width": 4}
    if family == "vgg_tf":
        shape = {"layers": [1] * 5, "width": 4, "hidden": 8}
    if family == "resnet":
        shape |= {"block": "basic"}
    architecture = {"family": family, "in_chans": 3, "num_classes": len(classes), **shape}
    network = build(architecture)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):  # no statistics that look like fresh ones
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    card = ModelCard(
        name="base", title="", description="", inputs=tuple(BandInput(b, 900.0, 600.0) for b in BANDS), classes=classes,
        thresholds=(0.5,) * len(classes), weights=(), resize=resize, architecture=architecture, origin="made",
        warnings=("White is a guess.",),
    )  # fmt: skip
    return write_model(card, network, folder)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Like the module of TF Hub: a ResNet v2 of TF-Slim without classes, on resized images."""
    return made_model(tmp_path_factory.mktemp("hub"), "resnet_tf2", (), resize=64)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_model(tmp_path_factory.mktemp("base"), "resnet", CLASSES)


def small(model: Path, **changes: Any) -> Config:
    told = {"epochs": 2, "batch": 8, "rate": 1e-2, "device": "cpu", "threads": 1, "classes": CLASSES, **changes}
    return Config(model=str(model), **told)


def state(path: Path) -> dict[str, torch.Tensor]:
    return read_state(path.with_suffix(".safetensors"))


def test_a_linear_head_on_frozen_features_leaves_the_backbone_bit_for_bit(features: Path, tmp_path: Path) -> None:
    events = Recorder()
    result = train(MadePatches(), small(features, freeze="backbone"), tmp_path / "m", events)
    before, after = state(features), state(result.card)
    assert set(after) - set(before) == {"logits.weight", "logits.bias"}
    assert all(torch.equal(before[k], after[k]) for k in before)
    card = ModelCard.read(result.card)
    assert card.classes == CLASSES and card.resize == 64 and card.inputs == ModelCard.read(features).inputs
    assert "Fine-tuned from base (made), its classifier alone" in card.origin and "White is a guess." in card.warnings
    assert any("classifier is new" in e["message"] for e in events.of("warning"))


def test_a_linear_head_is_logistic_regression_on_the_features(features: Path, tmp_path: Path) -> None:
    """The same regression, fitted in ten lines to the features that the model serves, ends in the same weights."""
    config = small(
        features, freeze="backbone", epochs=12, batch=16, rate=0.1, drop_rate=0.0, weight_decay=0.0, flips=False, validate=False,
    )  # fmt: skip
    data = MadePatches()
    result = train(data, config, tmp_path / "m")
    learned = [r for r in data.records if r.split == "train"]
    bands = {b: np.stack([data.read(r, BANDS)[b] for r in learned]) for b in BANDS}
    x = torch.from_numpy(load_model(str(features), device="cpu").features(bands))
    y = torch.tensor([[float(c in r.labels) for c in CLASSES] for r in learned])

    first = start_of(config, "m").network.state_dict()
    w, b = (first[k].clone().requires_grad_() for k in ("logits.weight", "logits.bias"))
    optimiser = torch.optim.Adam([w, b], lr=config.rate)
    for step in range(config.epochs):
        optimiser.param_groups[0]["lr"] = learning_rate(step, config.epochs, config)
        optimiser.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(x @ w.T + b, y).backward()
        optimiser.step()
    after = state(result.card)
    torch.testing.assert_close(after["logits.weight"], w.detach(), atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(after["logits.bias"], b.detach(), atol=1e-3, rtol=1e-3)
    assert (after["logits.weight"] - first["logits.weight"]).abs().max() > 0.1


def test_the_whole_network_learns_with_batch_norm_in_training_mode(features: Path, tmp_path: Path) -> None:
    result = train(MadePatches(), small(features, epochs=1), tmp_path / "m")
    before, after = state(features), state(result.card)
    moved = {k for k in before if not torch.equal(before[k], after[k])}
    assert {k for k in before if "running" in k} <= moved
    assert {k for k in before if k.endswith("weight")} <= moved


@pytest.mark.parametrize("family", ["resnet", "resnet_tf1", "vgg_tf"])
def test_a_classifier_is_kept_where_the_classes_are_the_same(family: str, tmp_path: Path) -> None:
    base = made_model(tmp_path / "base", family, CLASSES)
    start = start_of(small(base, classes=tuple(reversed(CLASSES))), "m")
    assert not start.new_head and start.card.classes == CLASSES and len(start.head) == 2
    assert all(torch.equal(v, state(base)[k]) for k, v in start.network.state_dict().items())
    other = start_of(small(base, classes=(WATER, "Pastures")), "m")
    assert other.new_head and other.card.classes == (WATER, "Pastures")
    kept = {k for k, v in other.network.state_dict().items() if k in state(base) and torch.equal(v, state(base)[k])}
    assert kept == set(state(base)) - other.head


def test_fine_tuning_is_better_than_what_it_started_from(classifier: Path, tmp_path: Path) -> None:
    result = train(MadePatches(), small(classifier, epochs=6), tmp_path / "m")
    card = ModelCard.read(result.card)
    assert result.history[-1]["loss"] < result.history[0]["loss"] and result.score and result.score > 0.8
    assert card.novelty is not None and card.calibration is None


def test_a_kept_classifier_does_not_unlearn_classes_of_which_there_is_no_example(tmp_path: Path) -> None:
    base = made_model(tmp_path / "base", "resnet", (*CLASSES, "Pastures"))
    result = train(MadePatches(), small(base, classes=(), freeze="backbone", weight_decay=0.0), tmp_path / "m")
    before, after = state(base)["fc.weight"], state(result.card)["fc.weight"]
    assert torch.equal(before[3], after[3]) and not torch.equal(before[0], after[0])
    assert ModelCard.read(result.card).untrained == ()


def test_rates_fall_block_by_block_towards_the_first(classifier: Path) -> None:
    config = small(classifier, layer_decay=0.5)
    start = start_of(config, "m")
    learner = Learner(start, config)
    groups = parameter_groups(learner, start.head, config)
    names = {id(p): n for n, p in learner.network.named_parameters()}
    scale = {names[id(p)]: g["scale"] for g in groups for p in g["params"]}
    assert set(scale) == set(names.values())
    assert scale["fc.weight"] == 1 and scale["layer4.0.conv2.weight"] == 0.5 and scale["layer3.0.bn1.bias"] == 0.25
    assert scale["conv1.weight"] == 0.5**6 < scale["bn1.weight"] < scale["layer1.0.conv1.weight"]


def test_a_slow_backbone_moves_less(classifier: Path, tmp_path: Path) -> None:
    def moved(**changes: Any) -> torch.Tensor:
        path = train(MadePatches(), small(classifier, epochs=1, **changes), tmp_path / str(len(changes)), name="m").card
        return (state(path)["conv1.weight"] - state(classifier)["conv1.weight"]).abs().mean()

    assert moved(layer_decay=0.3) < 0.05 * moved()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bands": ("B02", "B03")}, "takes the bands B02, B08, B11"),
        ({"statistics": "measured"}, "brings its own statistics"),
        ({"map_loss": 1.0}, "our ResNets only"),
        ({"drop_path": 0.1}, "leaves out no branches"),
    ],
)
def test_wishes_that_a_model_cannot_fulfil_are_refused(changes, sentence, features: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=sentence):
        train(MadePatches(), small(features, **changes), tmp_path / "m")


def test_models_without_pytorch_weights_or_of_another_network_are_refused(classifier: Path, tmp_path: Path) -> None:
    card = ModelCard.read(classifier)
    for file in ("base.onnx", "base.safetensors"):
        (tmp_path / file).write_bytes((classifier.parent / file).read_bytes())
    only = replace(card, weights=tuple(w for w in card.weights if w.runtime == "onnx"))
    (tmp_path / "only.json").write_text(only.to_json())
    with pytest.raises(ModelError, match="no PyTorch weights"):
        start_of(small(tmp_path / "only.json"), "m")
    wider = replace(card, architecture={**card.architecture, "width": 8})
    (tmp_path / "wider.json").write_text(wider.to_json())
    with pytest.raises(ModelError, match="do not fit the network"):
        start_of(small(tmp_path / "wider.json"), "m")


@pytest.mark.parametrize("family", ["resnet", "resnet_tf1", "resnet_tf2", "vgg_tf"])
def test_the_head_is_what_follows_the_number_of_classes(family: str) -> None:
    shape: dict[str, Any] = {"layers": [1, 1, 1, 1], "width": 4}
    if family == "vgg_tf":
        shape = {"layers": [1] * 5, "width": 4, "hidden": 8}
    if family == "resnet":
        shape |= {"block": "basic"}
    found = head_keys({"family": family, "in_chans": 3, "num_classes": 7, **shape})
    assert sorted(k.rpartition(".")[2] for k in found) == ["bias", "weight"]
