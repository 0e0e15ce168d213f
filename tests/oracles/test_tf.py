"""The TensorFlow families against TF-Slim and TF Hub themselves: checkpoints of made weights, real patches.

The Python of that environment is BEN_ORACLE_TF, else .venv-oracle-tf/bin/python (tools/oracle-venv-tf.sh makes it).
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio

from ben_core.models.importers import tf_hub, tf_mm
from ben_core.models.model import load_model

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = os.environ.get("BEN_ORACLE_TF") or str(ROOT / ".venv-oracle-tf" / "bin" / "python")
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data") / "bigearthnet" / "v1"
PAIRS = {
    "S2A_MSIL2A_20170613T101031_87_48": "S1A_IW_GRDH_1SDV_20170613T165043_33UUP_87_48",
    "S2A_MSIL2A_20170617T113321_36_85": "S1A_IW_GRDH_1SDV_20170617T064724_29UPU_36_85",
    "S2A_MSIL2A_20170617T113321_4_55": "S1A_IW_GRDH_1SDV_20170617T064724_29UPU_4_55",
}


def origin(*arguments) -> None:
    """Run the origin's side."""
    if not Path(PYTHON).exists():
        pytest.skip(f"no TensorFlow environment {PYTHON}: tools/oracle-venv-tf.sh makes it")
    command = [PYTHON, str(HERE / "tf_origin.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def patches(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    """Real patches, a band (N, h, w) at native size, as an .npz file and as read."""
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    bands: dict[str, list[np.ndarray]] = {}
    for folder, pair in (("BigEarthNet-v1.0", PAIRS.keys()), ("BigEarthNet-S1-v1.0", PAIRS.values())):
        for name in pair:
            for path in sorted((DATA / folder / name).glob("*.tif")):
                with rasterio.open(path) as file:
                    bands.setdefault(path.stem.rpartition("_")[2], []).append(file.read(1))
    stacked = {b: np.stack(v) for b, v in bands.items()}
    path = tmp_path_factory.mktemp("patches") / "patches.npz"
    np.savez(path, **stacked)
    return path, stacked


@pytest.mark.parametrize(
    ("name", "modality"),
    [
        ("resnet_v1_50", "S2"),
        ("resnet_v1_50", "S1"),
        ("resnet_v1_50", "MM"),
        ("resnet_v1_101", "MM"),
        ("resnet_v1_152", "S2"),
        ("vgg_16", "S2"),
        ("vgg_19", "MM"),
    ],
)
def test_a_checkpoint_answers_as_tf_slim(name, modality, patches, tmp_path):
    path, bands = patches
    origin("checkpoint", name, modality, path, tmp_path)
    expected = np.load(tmp_path / "origin.npz")
    card = tf_mm.import_model(tmp_path, "made", tmp_path / "models", tensorflow_python=PYTHON)
    for runtime in ("onnx", "torch"):
        model = load_model(str(card), runtime=runtime, device="cpu", precision="fp32", threads=2)
        logits, features = model.runtime.run({b.name: bands[b.name] for b in model.card.inputs})
        off = float(np.abs(logits - expected["logits"]).max())
        off_features = float(np.abs(features - expected["features"]).max())
        spread = float(expected["logits"].std(axis=0).max())
        print(f"PARITY {name} {modality} {runtime}: logits {off:.2g} (largest {np.abs(expected['logits']).max():.3g}), "
              f"features {off_features:.2g} (largest {np.abs(expected['features']).max():.3g})")  # fmt: skip
        assert spread > 0.05, "patches must differ for this to say anything"
        assert off <= 1e-3 and off_features <= 1e-3


def test_a_hub_module_answers_as_tf_hub(patches, tmp_path):
    path, bands = patches
    origin("hub", path, tmp_path)
    expected = np.load(tmp_path / "origin.npz")["features"]
    card = tf_hub.import_model(tmp_path / "module", "made", tmp_path / "models", tensorflow_python=PYTHON)
    for runtime in ("onnx", "torch"):
        model = load_model(str(card), runtime=runtime, device="cpu", precision="fp32", threads=2)
        features = model.features({b.name: bands[b.name] for b in model.card.inputs})
        off = float(np.abs(features - expected).max())
        print(f"PARITY hub {runtime}: features {off:.2g} (largest {np.abs(expected).max():.3g})")
        assert features.shape == (len(PAIRS), 2048) and expected.std(axis=0).max() > 0.05
        assert off <= 1e-3


def test_bicubic_is_that_of_tensorflow_1(patches, tmp_path):
    import torch

    from ben_core.models.resampling import bicubic_tf1

    _, bands = patches
    random = np.random.default_rng(0).integers(0, 20000, (4, 60, 60), dtype=np.uint16)
    given = {b: v for b, v in bands.items() if v.shape[-1] == 60} | {"random": random}
    np.savez(tmp_path / "given.npz", **given)
    origin("bicubic", tmp_path / "given.npz", tmp_path / "resized.npz")
    resized = np.load(tmp_path / "resized.npz")
    worst = 0.0
    for name, dn in given.items():
        got = bicubic_tf1(torch.from_numpy(dn.astype(np.float32))[:, None], 120)[:, 0].numpy()
        worst = max(worst, float(np.abs(got - resized[name]).max()))
    print(f"PARITY bicubic: {worst:.2g} DN")
    assert len(given) == 7 and worst <= 1e-3
