"""SR-ResNet50: both forms of its generator, its picture, its import; against what its author's code answers.

tests/references/sr_resnet50.npz holds those answers for small networks of made weights
(tests/oracles/sr_origin.py references).
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ben_core.errors import ModelError
from ben_core.models import load_model
from ben_core.models.importers.sr_resnet50 import import_model
from ben_core.models.networks import build
from ben_core.models.networks.rfb_esrgan import RISE_REACH, VARIANTS, Generator
from ben_core.models.networks.sr_resnet50 import pillow_bicubic
from ben_core.nomenclature import ORDER_ORIGINAL

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "oracles"))
from made_state import fill, made_patches  # noqa: E402

sys.path.pop(0)

REFERENCES = TESTS / "references" / "sr_resnet50.npz"
TINY = {"family": "sr_resnet50", "name": "tiny", "num_classes": 19, "rrdb": 1, "rrfdb": 1, "width": 8}
TINY |= {"layers": [1, 1, 1, 1], "resnet_width": 8, "hidden": 16}


def tiny(variant: str = "trained", **changes: Any) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(TINY | {"variant": variant} | changes).eval()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """As the notebook saves it: through DataParallel."""
    path = tmp_path / "best_classifier.pth"
    torch.save({"module." + k: v for k, v in tiny().state_dict().items()}, path)
    return path


@pytest.mark.parametrize("variant", VARIANTS)
def test_answers_as_its_author_s_code(variant: str) -> None:
    held = np.load(REFERENCES)
    small = {"width": 64, "rrdb": 2, "resnet_width": 64, "hidden": 512}
    network = fill(build(TINY | small | {"variant": variant})).eval()
    patches = torch.from_numpy(made_patches(("B04", "B03", "B02"), 2).astype(np.float32)) / 10000
    with torch.inference_mode():
        low = network.reduced(patches.clamp(0, 1))
        image = network.sr_model(low)
        logits = network(patches.clamp(0, 1))
    np.testing.assert_array_equal(((low.numpy() + 1) * 127.5).round(), held["low"])
    np.testing.assert_allclose(image[:, :, ::19, ::19], held[f"{variant}/image"], atol=1e-4)
    np.testing.assert_allclose(logits, held[f"{variant}/logits"], atol=1e-4)


def test_the_two_forms_share_their_keys_and_not_their_answers() -> None:
    a, b = fill(tiny("trained")), tiny("deployed")
    assert {k: v.shape for k, v in a.state_dict().items()} == {k: v.shape for k, v in b.state_dict().items()}
    b.load_state_dict(a.state_dict())
    x = torch.rand(1, 3, 120, 120)
    assert (a(x) - b(x)).abs().max() > 1e-3


def test_the_published_network_has_the_size_that_its_notebook_prints() -> None:
    with torch.device("meta"):
        generator = Generator("trained")
    assert round(sum(p.numel() for p in generator.parameters()) / 1e6, 2) == 9.77
    assert generator.reach == 369


@pytest.mark.parametrize(("size", "to"), [(120, 32), (60, 32), (100, 33)])
def test_the_picture_is_reduced_as_pillow_does(size: int, to: int) -> None:
    random = np.random.default_rng(3)
    for _ in range(5):
        row = random.uniform(0, 255, (1, size)).astype(np.float32)
        expected = np.asarray(Image.fromarray(row).resize((to, 1), Image.Resampling.BICUBIC))
        np.testing.assert_allclose(row @ pillow_bicubic(size, to).T, expected, atol=1e-3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_pixel_hears_of_one_beyond_the_reach(variant: str) -> None:
    torch.manual_seed(1)
    generator = Generator(variant, 1, 1, 8).double().eval()
    generator.requires_grad_(False)
    side = 2 * generator.reach + 7
    x = torch.rand(1, 3, side, side, dtype=torch.double).requires_grad_()
    middle = side // 2
    generator(x)[0, :, 8 * middle : 8 * middle + 8, 8 * middle : 8 * middle + 8].sum().backward()
    rows = x.grad.abs().sum((0, 1, 3)).nonzero().ravel()  # type: ignore[union-attr]
    assert (rows - middle).abs().max() == generator.reach, "the reach is exact: no more, and no less"


def test_the_enlargement_alone_looks_two_pixels_far() -> None:
    generator = Generator("deployed", 1, 1, 8).double().eval()
    y = torch.rand(1, 8, 11, 11, dtype=torch.double).requires_grad_()
    generator.rise(y)[0, :, 40:48, 40:48].sum().backward()
    rows = y.grad.abs().sum((0, 1, 3)).nonzero().ravel()  # type: ignore[union-attr]
    assert rows.tolist() == list(range(5 - RISE_REACH, 5 + RISE_REACH + 1))


def test_a_checkpoint_becomes_a_model(checkpoint: Path, tmp_path: Path) -> None:
    card_path = import_model(checkpoint, "sr", tmp_path / "models")
    patches = made_patches(("B04", "B03", "B02"), 3)
    bands = {b: patches[:, i] for i, b in enumerate(("B04", "B03", "B02"))}
    with torch.inference_mode():
        expected = tiny()(torch.from_numpy(patches.astype(np.float32)).clamp(0, 10000) / 10000).softmax(1)
    for runtime in ("torch", "onnx"):
        model = load_model(str(card_path), runtime=runtime, device="cpu")
        np.testing.assert_allclose(model.predict(bands), expected, atol=1e-5)
    card = model.card
    assert card.bands == ("B04", "B03", "B02") and card.activation == "softmax"
    assert card.classes == ORDER_ORIGINAL
    assert card.architecture["variant"] == "trained"
    assert any("void" in w for w in card.warnings) and any("two different networks" in w for w in card.warnings)


def test_the_generator_alone_and_in_two_files(tmp_path: Path) -> None:
    state = tiny().state_dict()
    generator = {k.removeprefix("sr_model."): v for k, v in state.items() if k.startswith("sr_model.")}
    rest = {k: v for k, v in state.items() if not k.startswith("sr_model.")}
    torch.save(generator, tmp_path / "generator_ensemble.pth")
    torch.save(rest, tmp_path / "rest.pth")
    alone = load_model(str(import_model(tmp_path / "generator_ensemble.pth", "g", tmp_path)), device="cpu").card
    assert alone.classes == () and alone.architecture["variant"] == "deployed"
    assert any("invents" in w for w in alone.warnings)
    with pytest.raises(ModelError, match="without its generator"):
        import_model(tmp_path / "rest.pth", "sr", tmp_path)
    import_model(tmp_path / "rest.pth", "sr", tmp_path, generator=tmp_path / "generator_ensemble.pth")
    with pytest.raises(ModelError, match="holds a generator already"):
        import_model(tmp_path / "generator_ensemble.pth", "x", tmp_path, generator=tmp_path / "generator_ensemble.pth")


class Evil:
    def __reduce__(self) -> Any:
        return print, ("code of a pickle ran",)


def changed(**changes: Any) -> dict[str, Any]:
    """The state dict of ``tiny`` with keys replaced; None takes one out."""
    state = {**tiny().state_dict(), **{k.replace("__", "."): v for k, v in changes.items()}}
    return {k: v for k, v in state.items() if v is not None}


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (changed(sr_model__rfb_up__branch1__1__bias=None), "missing: sr_model.rfb_up.branch1.1.bias"),
        (changed(sr_model__extra=torch.ones(2)), "unknown: sr_model.extra"),
        (changed(backbone__conv1__weight=torch.ones(8, 4, 7, 7)), r"conv1.weight \[8, 4, 7, 7\] for \[8, 3, 7, 7\]"),
        (changed(backbone__bn1__bias=torch.full((8,), np.nan)), "not finite numbers: backbone.bn1.bias"),
        (changed(backbone__bn1__bias=torch.ones(8, dtype=torch.int32)), "of another kind: backbone.bn1.bias"),
        (changed(backbone__fc__4__weight=torch.ones(43, 16)), "answers 43 classes"),
        (changed(sr_model__conv_first__weight=torch.ones(12, 3, 3, 3)), "multiple of 8"),
        ({"state_dict": changed(backbone__bn1__weight=None)}, "missing: backbone.bn1.weight"),
        ({"epoch": 3, "loss": 0.5}, "beside tensors, epoch"),
        ([1, 2], "no state dict"),
        ({}, "no state dict"),
        (Evil(), "could run any code"),
    ],
)
def test_what_is_not_whole_is_refused_by_name(held: Any, said: str, tmp_path: Path, capsys: Any) -> None:
    torch.save(held, tmp_path / "w.pth")
    with pytest.raises(ModelError, match=said):
        import_model(tmp_path / "w.pth", "sr", tmp_path / "models")
    assert not list(tmp_path.glob("models/*")), "nothing was written"
    assert "code of a pickle ran" not in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x02}q\x00.", b"PK\x03\x04 cut off"])
def test_files_that_are_no_weights(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(content)
    with pytest.raises(ModelError):
        import_model(tmp_path / "w.pth", "sr", tmp_path / "models")
    with pytest.raises(ModelError, match="cannot be read"):
        import_model(tmp_path / "missing.pth", "sr", tmp_path / "models")


@pytest.mark.parametrize(
    "wrong",
    [
        {"variant": "best"},
        {"variant": None},
        {"rrdb": 0},
        {"width": 12},
        {"width": 10**9},
        {"layers": [1, 1, 1]},
        {"num_classes": 0},
        {"size": "120"},
        {"hidden": 1.5},
        {"colour": 1},
    ],
)
def test_cards_of_networks_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        build(TINY | {"variant": "trained"} | wrong)
