"""reBEN against timm itself: repositories with random weights, written by timm; real patches.

The Python of that environment is BEN_ORACLE_TIMM, else .venv-oracle-timm/bin/python (tools/oracle-venv-timm.sh).
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio

pytestmark = pytest.mark.oracle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PYTHON = os.environ.get("BEN_ORACLE_TIMM") or str(ROOT / ".venv-oracle-timm" / "bin" / "python")
DATA = Path(os.environ.get("BEN_DATA") or ROOT.parent / "shared" / "data") / "bigearthnet" / "v1"
PAIRS = {
    "S2A_MSIL2A_20170613T101031_87_48": "S1A_IW_GRDH_1SDV_20170613T165043_33UUP_87_48",
    "S2A_MSIL2A_20170617T113321_36_85": "S1A_IW_GRDH_1SDV_20170617T064724_29UPU_36_85",
    "S2A_MSIL2A_20170617T113321_4_55": "S1A_IW_GRDH_1SDV_20170617T064724_29UPU_4_55",
}


def run(*arguments: object) -> None:
    if not Path(PYTHON).exists():
        pytest.skip(f"no timm environment {PYTHON}: tools/oracle-venv-timm.sh makes it")
    command = [PYTHON, str(HERE / "timm_origin.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not DATA.is_dir():
        pytest.skip(f"real data: no folder {DATA} (set BEN_DATA)")
    bands: dict[str, list[np.ndarray]] = {}
    for folder, names in (("BigEarthNet-v1.0", PAIRS.keys()), ("BigEarthNet-S1-v1.0", PAIRS.values())):
        for name in names:
            for path in sorted((DATA / folder / name).glob("*.tif")):
                with rasterio.open(path) as file:
                    bands.setdefault(path.stem.rpartition("_")[2], []).append(file.read(1))
    path = tmp_path_factory.mktemp("patches") / "patches.npz"
    np.savez(path, **{b: np.stack(v) for b, v in bands.items()})  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("name", "bands", "version"),
    [
        ("resnet18", "s2", "0.2.0"),
        ("resnet50", "s1", "0.2.0"),
        ("resnet50", "all", "0.2.0"),
        ("resnet101", "s2", "0.1.1"),
        ("convnextv2_base", "all", "0.1.1"),
        ("convmixer_768_32", "s2", "0.1.1"),
        ("mobilevit_s", "s1", "0.2.0"),
        ("mixer_b16_224", "s2", "0.1.1"),
        ("vit_base_patch8_224", "all", "0.2.0"),
        ("rdnet_base", "s2", "0.2.0"),
    ],
)
def test_a_repository_answers_as_timm(
    name: str, bands: str, version: str, patches: Path, tmp_path: Path, record_property: object
) -> None:
    run("origin", name, bands, version, tmp_path, patches)
    folder = tmp_path / f"{name}-{bands}-v{version}"
    run("ours", folder)
    expected, answers = np.load(folder / "origin.npz")["logits"], np.load(folder / "ours.npz")
    assert np.abs(expected - expected[0]).max() > 1e-2  # patches that differ are answered differently
    worst = max(float(np.abs(answers[k] - expected).max()) for k in ("torch", "onnx"))
    print(f"{name} {bands} v{version}: largest difference of a logit {worst:.1e}")
    assert worst < 1e-4
    for file in folder.iterdir():  # hundreds of megabytes
        file.unlink()
