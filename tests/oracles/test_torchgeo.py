"""torchgeo's ResNets against torchgeo itself: made weights, made patches at native resolution.

The Python of that environment is BEN_ORACLE_TORCHGEO, else .venv-oracle-torchgeo/bin/python
(tools/oracle-venv-torchgeo.sh makes it).
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ben_core.models.importers import torchgeo
from ben_core.models.model import load_model

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
PYTHON = os.environ.get("BEN_ORACLE_TORCHGEO") or str(HERE.parents[1] / ".venv-oracle-torchgeo" / "bin" / "python")


@pytest.mark.parametrize(
    "name",
    [
        "resnet18_sentinel2_all_moco",
        "resnet50_sentinel2_all_dino",
        "resnet50_sentinel2_all_softcon",
        "resnet50_sentinel2_all_seco_eco",
        "resnet50_sentinel2_all_closp",
        "resnet50_sentinel2_rgb_moco",
        "resnet50_sentinel1_grd_moco",
        "resnet50_sentinel1_grd_closp",
    ],
)
def test_features_as_torchgeo_s(name: str, tmp_path: Path) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no torchgeo environment {PYTHON}: tools/oracle-venv-torchgeo.sh makes it")
    command = [PYTHON, "torchgeo_origin.py", "origin", name, str(tmp_path)]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    bands = dict(np.load(tmp_path / "origin.npz"))
    expected = bands.pop("features")

    card = torchgeo.import_model(tmp_path / f"{name}.pth", "tg", tmp_path, weights=name)
    for runtime in ("torch", "onnx"):
        got = load_model(str(card), runtime=runtime, device="cpu").features(bands)
        worst = np.abs(got - expected).max()
        print(name, runtime, worst, "of features up to", np.abs(expected).max())
        assert worst < 1e-3 * max(1.0, np.abs(expected).max())
