"""A folder that `ben card` wrote, loaded by ConfigILM's own from_pretrained: the same logits.

The Python of that environment is BEN_ORACLE_ILM, else .venv-oracle-ilm/bin/python (tools/oracle-venv-ilm.sh).
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from ben_core.learn.publish import write_folder
from ben_core.models import BandInput, ModelCard, load_model
from ben_core.models.importers.reben import BAND_ORDERS, STATISTICS
from ben_core.models.importers.writing import write_model
from ben_core.models.networks import build
from ben_core.nomenclature import ORDER_ALPHABETICAL, S1_BANDS

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
PYTHON = os.environ.get("BEN_ORACLE_ILM") or str(HERE.parents[1] / ".venv-oracle-ilm" / "bin" / "python")
SHAPES = {"resnet18": ("basic", [2, 2, 2, 2]), "resnet50": ("bottleneck", [3, 4, 6, 3])}


@pytest.mark.parametrize(("name", "kind"), [("resnet18", "s2"), ("resnet50", "all"), ("resnet18", "s1")])
def test_from_pretrained_loads_what_ben_card_wrote(name: str, kind: str, tmp_path: Path) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no ConfigILM environment {PYTHON}: tools/oracle-venv-ilm.sh makes it")
    torch.manual_seed(0)
    bands = BAND_ORDERS["0.2.0"][kind]
    block, layers = SHAPES[name]
    architecture = {"family": "resnet", "in_chans": len(bands), "num_classes": 19, "block": block, "layers": layers}
    card = ModelCard(
        f"{name}-{kind}", f"{name} on {kind}", "Random weights.",
        tuple(BandInput(b, *STATISTICS[b], unit="dB" if b in S1_BANDS else "DN") for b in bands),
        ORDER_ALPHABETICAL, (0.5,) * 19, (), architecture=architecture,
    )  # fmt: skip
    made = ModelCard.read(write_model(card, build(architecture), tmp_path / "model"))
    write_folder(made, tmp_path / "hub")

    rng = np.random.default_rng(0)
    pixels = {
        b.name: (rng.normal(b.mean, b.std, (3, 120, 120))).astype(np.float32).clip(-40 if b.unit == "dB" else 1, 9000)
        for b in card.inputs
    }
    pixels = {b.name: pixels[b.name] if b.unit == "dB" else pixels[b.name].astype(np.uint16) for b in card.inputs}
    images = np.stack([(pixels[b.name].astype(np.float32) - b.mean) / b.std for b in card.inputs], axis=1)
    np.save(tmp_path / "images.npy", images.astype(np.float32))
    command = [PYTHON, str(HERE / "ilm_origin.py"), str(tmp_path / "hub"), *(str(tmp_path / f) for f in ("images.npy", "out.npy"))]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr[-2000:]
    expected = np.load(tmp_path / "out.npy")
    ours, _ = load_model(str(tmp_path / "model" / f"{name}-{kind}.json"), device="cpu").runtime.run(pixels)
    assert np.abs(expected - expected[0]).max() > 1e-3  # patches that differ are answered differently
    print(f"{name} {kind}: largest difference of a logit {np.abs(ours - expected).max():.1e}")
    np.testing.assert_allclose(ours, expected, atol=1e-4)
