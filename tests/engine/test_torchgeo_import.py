"""torchgeo's ResNets as feature extractors: channels by name, files by name and digits, nothing in part.

tests/references/torchgeo.npz holds what torchgeo 0.8.1 answers with made weights
(tests/oracles/torchgeo_origin.py references).
"""

import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from ben_core.errors import ModelError
from ben_core.models import load_model
from ben_core.models.card import ModelCard
from ben_core.models.importers.torchgeo import WEIGHTS, import_model
from ben_core.models.importing import family_of
from ben_core.models.networks import build

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "oracles"))
from made_state import fill, made_patches  # noqa: E402

sys.path.pop(0)

SIDES = {"B01": 20, "B09": 20, "B10": 20, "B05": 60, "B06": 60, "B07": 60, "B8A": 60, "B11": 60, "B12": 60}


def state(channels: int, width: int = 8, depth: int = 18) -> dict[str, torch.Tensor]:
    block, layers = {18: ("basic", [2, 2, 2, 2]), 50: ("bottleneck", [3, 4, 6, 3])}[depth]
    a = {"family": "resnet", "block": block, "layers": layers, "in_chans": channels, "num_classes": 0, "width": width}
    return fill(build(a)).state_dict()


def patches(names: tuple[str, ...]) -> dict[str, np.ndarray]:
    made = made_patches(names, 2)
    return {b: made[:, i, :: 120 // SIDES.get(b, 120), :: 120 // SIDES.get(b, 120)] for i, b in enumerate(names)}


@pytest.mark.parametrize("name", ["resnet18_sentinel2_all_moco", "resnet18_sentinel2_rgb_moco"])
def test_features_as_torchgeo_s(name: str, tmp_path: Path) -> None:
    expected = np.load(TESTS / "references" / "torchgeo.npz")[name]
    torch.save(state(len(WEIGHTS[name].bands), width=64), tmp_path / f"{name}.pth")
    model = load_model(str(import_model(tmp_path / f"{name}.pth", "tg", tmp_path)), runtime="torch", device="cpu")
    features = model.features(patches(model.card.bands))
    np.testing.assert_allclose(features[:, ::4], expected, atol=1e-4)


@pytest.mark.parametrize("name", sorted(WEIGHTS))
def test_every_published_set_makes_a_card(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards: list[ModelCard] = []
    monkeypatch.setattr(
        "ben_core.models.importers.torchgeo.write_model", lambda card, *_, **__: cards.append(card) or tmp_path
    )
    published = WEIGHTS[name]
    path = tmp_path / "w.pth"
    torch.save(state(len(published.bands), depth=published.depth), path)
    import_model(path, "tg", tmp_path, weights=name)
    (card,) = cards
    assert ModelCard.from_json(card.to_json(), "test") == card
    assert card.classes == () and card.licence and any("no classes" in w for w in card.warnings)
    by_name = {b.name: b for b in card.inputs}
    assert ("B10" in by_name) == any("B10" in w for w in card.warnings)
    if "B10" in by_name:
        assert card.bands.index("B10") == 10 and card.bands[8:12] == ("B8A", "B09", "B10", "B11")
        assert by_name["B10"].fill == 0 and by_name["B02"].fill is None
    if "sentinel1" in name:
        assert card.bands == ("VV", "VH") and {b.unit for b in card.inputs} == {"dB"}
        assert name.endswith("closp") or (by_name["VH"].mean, by_name["VH"].std) == (-20.26, 5.91)


def test_numbers_of_seco() -> None:
    """torchgeo's steps one by one: 8 bits, limits of the archive, 0 to 1, ImageNet."""
    from ben_core.models.importers.torchgeo import _inputs

    red, _, blue = _inputs("resnet18_sentinel2_rgb_seco", WEIGHTS["resnet18_sentinel2_rgb_seco"])
    for band, low, high, mean, std in ((red, 0, 129, 0.485, 0.229), (blue, 3, 88, 0.406, 0.225)):
        for dn in (0, 50, 1200, 4000, 9000):
            step = (np.clip((dn * 255 / 10000 - low) / (high - low), 0, 1) - mean) / std
            assert band.clip is not None
            assert (np.clip(dn, *band.clip) - band.mean) / band.std == pytest.approx(step, abs=1e-9)


def test_a_head_is_left_out_and_parallel_names_are_understood(tmp_path: Path) -> None:
    held = state(3) | {"fc.weight": torch.ones(10, 64), "fc.bias": torch.ones(10)}
    torch.save({"state_dict": {"module." + k: v for k, v in held.items()}}, tmp_path / "w.pth")
    card = import_model(tmp_path / "w.pth", "tg", tmp_path, weights="ResNet18_Weights.SENTINEL2_RGB_MOCO")
    model = load_model(str(card), device="cpu")
    assert model.predict(patches(model.card.bands)).shape == (2, 0)
    assert model.features(patches(model.card.bands)).shape == (2, 64)


def test_the_name_s_digits_are_checked(tmp_path: Path) -> None:
    torch.save(state(3), tmp_path / "w.pth")
    digits = hashlib.sha256((tmp_path / "w.pth").read_bytes()).hexdigest()[:8]
    good = (tmp_path / "w.pth").rename(tmp_path / f"resnet18_sentinel2_rgb_moco-{digits}.pth")
    import_model(good, "tg", tmp_path / "models")
    bad = good.rename(tmp_path / "resnet18_sentinel2_rgb_moco-e3a335e3.pth")
    with pytest.raises(ModelError, match="SHA-256 begins with " + digits):
        import_model(bad, "other", tmp_path / "models")


def test_weights_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(state(10), path)
    with pytest.raises(ModelError, match="not one that torchgeo gives"):
        import_model(path, "tg", tmp_path)
    with pytest.raises(ModelError, match="names no weights of torchgeo"):
        import_model(path, "tg", tmp_path, weights="resnet50_sentinel2_mi_ms_satlas")
    with pytest.raises(ModelError, match=r"takes 13 bands \(B01, .*\), this one is \[8, 10, 7, 7\]"):
        import_model(path, "tg", tmp_path, weights="resnet18_sentinel2_all_moco")
    torch.save(state(13), path)
    with pytest.raises(ModelError, match=r"do not fit ResNet-50 .*missing: layer1\.0\.bn3\.bias"):
        import_model(path, "tg", tmp_path, weights="resnet50_sentinel2_all_moco")


@pytest.mark.parametrize(
    "stem", ["B13_rn50_softcon", "rn50_ssl4eo-s12_sar_decur_ep100", "closp-rn_s2_encoder-0123abcd"]
)
def test_every_name_of_torchgeo_is_known_as_such(stem: str, tmp_path: Path) -> None:
    (tmp_path / f"{stem}.pth").touch()
    assert family_of(tmp_path / f"{stem}.pth") == "torchgeo"
