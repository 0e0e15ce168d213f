"""SR-ResNet50 against its author's own code on torchvision: .pth files of made weights, real patches.

The Python of that environment is BEN_ORACLE_TORCHGEO, else .venv-oracle-torchgeo/bin/python
(tools/oracle-venv-torchgeo.sh makes it); the author's code is a checkout of the repository
Sudarshan-Hegde/Geo-Agri-Analyst at BEN_ORACLE_SR.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch

from ben_core.models.importers import sr_resnet50
from ben_core.models.model import load_model

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = os.environ.get("BEN_ORACLE_TORCHGEO") or str(ROOT / ".venv-oracle-torchgeo" / "bin" / "python")
CHECKOUT = os.environ.get("BEN_ORACLE_SR", "")
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data") / "bigearthnet" / "v1" / "BigEarthNet-v1.0"
BANDS = ("B04", "B03", "B02")


@pytest.fixture(scope="module")
def patches() -> dict[str, np.ndarray]:
    """Real patches, a band (N, 120, 120)."""
    folders = sorted(p for p in DATA.glob("*") if p.is_dir())[:3]
    if not folders:
        pytest.skip(f"real data: no patches in {DATA} (set BEN_DATA)")
    stacked = {}
    for band in BANDS:
        files = [next(f.glob(f"*_{band}.tif")) for f in folders]
        stacked[band] = np.stack([rasterio.open(f).read(1) for f in files])
    return stacked


@pytest.mark.parametrize("variant", ["trained", "deployed"])
def test_answers_as_its_author_s_code(variant: str, patches: dict[str, np.ndarray], tmp_path: Path) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no torchvision environment {PYTHON}: tools/oracle-venv-torchgeo.sh makes it")
    if not CHECKOUT:
        pytest.skip("the author's code: BEN_ORACLE_SR names no checkout of it")
    np.savez(tmp_path / "patches.npz", **patches)
    command = [PYTHON, "sr_origin.py", "origin", CHECKOUT, variant, tmp_path / "patches.npz", tmp_path]
    done = subprocess.run([str(c) for c in command], cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    origin = np.load(tmp_path / "origin.npz")

    card = sr_resnet50.import_model(tmp_path / "best_classifier.pth", "sr", tmp_path, variant=variant)
    model = load_model(str(card), runtime="torch", device="cpu")
    bands = torch.from_numpy(np.stack([patches[b] for b in BANDS], 1)).float() / 10000
    with torch.inference_mode():
        low = model.runtime.graph.network.reduced(bands.clamp(0, 1))
        image = model.runtime.graph.network.sr_model(torch.from_numpy(origin["low"]))
    levels = np.abs(low.numpy() - origin["low"]).max() * 127.5
    worst = {"image": np.abs(image.numpy() - origin["image"]).max(), "low, in 8-bit levels": levels}
    for runtime in ("torch", "onnx"):
        logits, _ = load_model(str(card), runtime=runtime, device="cpu").runtime.run(patches)
        worst[runtime] = np.abs(logits - origin["logits"]).max()
    print(variant, worst, "of logits up to", np.abs(origin["logits"]).max())
    assert worst["image"] < 1e-4
    assert levels < 0.01 or (levels < 1.01 and (low.numpy() != origin["low"]).mean() < 1e-3)
    assert worst["torch"] < 1e-3 and worst["onnx"] < 1e-3

    alone = sr_resnet50.import_model(tmp_path / "generator_ensemble.pth", "generator", tmp_path, variant=variant)
    assert load_model(str(alone), device="cpu").card.classes == ()
