"""Shared convolutions: a strip of one window is that window; what cannot share is refused in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from ben_core.errors import JobError, ModelError  # noqa: E402
from ben_core.models import load_model  # noqa: E402
from ben_core.models import shared as sharing  # noqa: E402
from ben_core.models.model import find_card  # noqa: E402
from ben_core.models.networks import build  # noqa: E402
from ben_core.models.shared import _pooled, _require_shareable, load_shared  # noqa: E402

BANDS = ("B02", "B03", "B04", "B08")
STEPS = dict.fromkeys(BANDS, 1)


def strip(height: int, width: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    return {b: rng.integers(100, 4000, (height, width)).astype(np.uint16) for b in BANDS}


def test_a_strip_of_one_window_is_exact() -> None:
    bands = strip(120, 120)
    exact = load_model("embedded", runtime="torch").predict({b: a[None] for b, a in bands.items()})
    zero = np.zeros(1, np.int64)
    found = load_shared("embedded").answer(bands, STEPS, zero, zero, 120)
    assert np.abs(found - exact).max() < 1e-4


def test_windows_are_answered_in_their_order_wherever_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    bands, model = strip(150, 400), load_shared("embedded")
    tops, lefts = (a.ravel() for a in np.meshgrid([0, 30], [0, 30, 210, 280], indexing="ij"))
    order = np.random.default_rng(0).permutation(len(tops))
    straight = model.answer(bands, STEPS, tops, lefts, 120)
    assert np.abs(model.answer(bands, STEPS, tops[order], lefts[order], 120) - straight[order]).max() < 1e-5
    assert np.ptp(straight, axis=0).max() > 1e-3
    monkeypatch.setattr(sharing, "BLOCK", 128)
    blocks = model.answer(bands, STEPS, tops, lefts, 120)
    assert np.abs(blocks - straight).mean() < 0.05, "the seam of a block is no more than another window's border"
    assert model.answer(bands, STEPS, tops[:0], lefts[:0], 120).shape == (0, 19)


@pytest.mark.parametrize("side", [60, 240])
def test_other_sizes_are_near_to_exact(side: int) -> None:
    from ben_core.regions.windows import resampled

    y, x = np.mgrid[:side, :side] / side
    bands = {
        b: (600 + 900 * i + 400 * np.sin(9 * x + i) * np.cos(7 * y)).astype(np.uint16) for i, b in enumerate(BANDS)
    }
    exact = load_model("embedded", runtime="torch").predict(resampled({b: a[None] for b, a in bands.items()}, 120))
    zero = np.zeros(1, np.int64)
    found = load_shared("embedded").answer(bands, STEPS, zero, zero, side)
    assert np.abs(found - exact).max() < 0.02


def test_pooling_is_the_mean_of_the_windows_own_cells() -> None:
    maps = torch.arange(2 * 9 * 11, dtype=torch.float32).reshape(1, 2, 9, 11) ** 1.5
    found = _pooled(maps, np.array([0.0, 64.0, 80.0]), np.array([32.0, 0.0, 0.0]), 120)
    assert torch.allclose(found[0], maps[0, :, 0:4, 1:5].mean((1, 2)))
    assert torch.allclose(found[1], maps[0, :, 2:6, 0:4].mean((1, 2)))
    between = (maps[0, :, 2:6, 0:4].mean((1, 2)) + maps[0, :, 3:7, 0:4].mean((1, 2))) / 2
    assert torch.allclose(found[2], between)


def test_what_cannot_share_is_refused_in_words(tmp_path: Path) -> None:
    card = find_card("embedded")
    onnx_only = replace(card, weights=tuple(w for w in card.weights if w.runtime == "onnx"), folder=None)
    path = tmp_path / "card.json"
    path.write_text(onnx_only.to_json())
    with pytest.raises(ModelError, match="no PyTorch weights"):
        load_shared(str(path))
    with pytest.raises(JobError, match="fp32"):
        load_shared("embedded", precision="bf16")
    network = build(card.architecture)
    with pytest.raises(ModelError, match="resized to 224"):
        _require_shareable(replace(card, resize=224), network)
    with pytest.raises(ModelError, match="cannot share convolutions: its network"):
        _require_shareable(card, torch.nn.Identity())
