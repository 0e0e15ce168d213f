"""The command line: every command answers, every mistake is one sentence and the right exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest
import rasterio

from ben_core.cli import run
from ben_core.job import Job
from ben_core.version import __version__

BANDS = ("B02", "B03", "B04", "B08")


def write_band(path: Path, pixels: np.ndarray, crs: str | None = "EPSG:32633", **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=pixels.shape[1], height=pixels.shape[0], count=1, dtype=pixels.dtype, crs=crs,
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 5400000), **options,
    ) as f:  # fmt: skip
        f.write(pixels, 1)
    return path


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for band in BANDS:
        write_band(tmp_path / "scene" / f"{band}.tif", rng.integers(300, 3000, (250, 260), np.uint16))
    return tmp_path / "scene"


def ben(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    code = run([str(a) for a in args])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.mark.parametrize("command", ["", "map", "info", "zones", "sample", "doctor", "clean"])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    code, out, _ = ben(capsys, *([command] if command else []), "--help")
    assert code == 0 and "Usage: ben" in out


def test_version_of_command_and_module() -> None:
    for command in ([str(Path(sys.executable).with_name("ben"))], [sys.executable, "-m", "ben_core"]):
        if not Path(command[0]).exists():
            pytest.skip("the command ben is not installed here: pip install -e .")
        run = subprocess.run([*command, "--version"], capture_output=True, text=True)
        assert run.returncode == 0 and __version__ in run.stdout


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from ben_core.cli import run; run(['--help']); print([m for m in ('numpy', 'rasterio', 'onnxruntime', 'torch', 'geopandas') if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert said.stdout.splitlines()[-1] == "[]"


def test_mapping_with_onnx_does_not_import_torch(scene: Path, tmp_path: Path) -> None:
    code = f"import sys; from ben_core.cli import run; c = run(['map', {str(scene)!r}, '--out', {str(tmp_path / 'o')!r}]); print(c, 'torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert said.stdout.splitlines()[-1] == "0 False", said.stderr


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "No scene"),
        (("SCENE",), "--out"),
        (("SCENE", "--out", "OUT", "--stride", "0"), "--stride"),
        (("SCENE", "--out", "OUT", "--stride", "x"), "stride"),
        (("SCENE", "--out", "OUT", "--nonsense"), "nonsense"),
        (("SCENE", "--out", "OUT", "--threshold", "high"), "--threshold"),
        (("SCENE", "--out", "OUT", "--threshold", "Lava=0.5"), "Lava"),
        (("SCENE", "--out", "OUT", "--threshold", "0.5", "--threshold", "0.6"), "--threshold"),
        (("SCENE", "--out", "OUT", "--bands", "B02"), "--bands"),
        (("SCENE", "--out", "OUT", "--bands", "B02=1,B02=2"), "twice"),
        (("SCENE", "--out", "OUT", "--model", "nothing.onnx"), "nothing.onnx"),
        (("SCENE", "--out", "OUT", "--device", "cuda:7"), "cuda:7"),
        (("SCENE", "--out", "OUT", "--precision", "int8"), "int8"),
        (("SCENE", "--out", "OUT", "--regroup", "nothing.json"), "nothing.json"),
        (("SCENE", "--out", "SCENE/B02.tif/x"), "cannot be written"),
        (("--job", "SCENE/B02.tif"), "job file"),
        (("SCENE", "--job", "x.json"), "--job"),
    ],
)
def test_a_wrong_job_is_exit_code_2(
    capsys: pytest.CaptureFixture[str], scene: Path, tmp_path: Path, args: tuple[str, ...], words: str
) -> None:
    given = [a.replace("SCENE", str(scene)).replace("OUT", str(tmp_path / "out")) for a in args]
    code, _, err = ben(capsys, "map", *given)
    assert code == 2 and words in err, err
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True


def broken(kind: str, scene: Path) -> list[Any]:
    """Break the scene; further arguments of ben map."""
    good = np.full((250, 260), 1000, np.uint16)
    if kind == "missing":
        (scene / "B08.tif").unlink()
    elif kind == "truncated":
        whole = (scene / "B04.tif").read_bytes()
        (scene / "B04.tif").write_bytes(whole[: len(whole) // 2])
    elif kind == "garbage":
        (scene / "B04.tif").write_bytes(b"II*\0" + b"\xff" * 5000)
    elif kind == "empty":
        for band in BANDS:
            write_band(scene / f"{band}.tif", good * 0)
    elif kind == "no CRS":
        for band in BANDS:
            write_band(scene / f"{band}.tif", good, crs=None)
    elif kind == "small":
        for band in BANDS:
            write_band(scene / f"{band}.tif", good[:119])
    elif kind == "NaN":
        for band in BANDS:
            write_band(scene / f"{band}.tif", np.full((250, 260), np.nan, np.float32))
    elif kind == "another grid":
        write_band(scene / "B04.tif", good[:200])
    elif kind == "another CRS":
        write_band(scene / "B04.tif", good, crs="EPSG:32634")
    elif kind == "outside":
        return ["--aoi", "POLYGON((0 0, 1 0, 1 1, 0 0))"]
    elif kind == "no geometry":
        return ["--aoi", "POLYGON EMPTY"]
    return []


WORDS = {
    "missing": "B08", "truncated": "B04", "garbage": "B04", "empty": "holds no data", "no CRS": "coordinate reference system", "small": "patch", "NaN": "no valid value",
    "another grid": "B04", "another CRS": "B04", "outside": "outside", "no geometry": "area",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_wrong_data_is_exit_code_3_and_leaves_nothing(
    capsys: pytest.CaptureFixture[str], scene: Path, tmp_path: Path, kind: str
) -> None:
    more = broken(kind, scene)
    code, _, err = ben(capsys, "map", scene, "--out", tmp_path / "out", *more)
    assert code in (2, 3) if kind == "no geometry" else code == 3, err
    assert WORDS[kind].lower() in err.lower()
    assert not [p for p in (tmp_path / "out").glob("*") if not p.name.startswith(".ben-")]


def test_thresholds_and_groups_reach_the_products(
    capsys: pytest.CaptureFixture[str], scene: Path, tmp_path: Path
) -> None:
    legend = {
        "title": "Mine",
        "groups": {"Green": {"colour": "#00ff00", "classes": ["Mixed forest", "Coniferous forest"]}},
    }
    (tmp_path / "mine.json").write_text(json.dumps(legend))
    code, _, err = ben(
        capsys, "map", scene, "--out", tmp_path / "out", "--threshold", "Mixed forest=0", "--regroup", tmp_path / "mine.json",
        "--name", "named",
    )  # fmt: skip
    assert code == 0, err
    assert (tmp_path / "out" / "named_groups.tif").is_file()
    with rasterio.open(tmp_path / "out" / "named_labels.tif") as f:
        from ben_core.nomenclature import ORDER_ALPHABETICAL

        bit = 1 << ORDER_ALPHABETICAL.index("Mixed forest")
        assert (f.read(1) & bit).all()


def test_info_tells_of_scene_and_model(capsys: pytest.CaptureFixture[str], scene: Path) -> None:
    code, out, _ = ben(capsys, "info", scene, "--json")
    found = json.loads(out)
    assert code == 0 and "9 patches" in found["run"]["grid"] and found["CRS"] == "EPSG:32633"
    code, out, _ = ben(capsys, "info", "embedded")
    assert code == 0 and "B08" in out and "untrained" in out


def test_info_tells_programs_what_the_dock_shows(
    capsys: pytest.CaptureFixture[str], scene: Path, tmp_path: Path
) -> None:
    job = tmp_path / "job.json"
    job.write_text(Job(scene=(str(scene),), out=str(tmp_path / "not" / "yet"), stride=60).to_json())
    code, out, _ = ben(capsys, "info", "--job", job, "--json")
    facts = json.loads(out)["facts"]
    assert code == 0 and facts["fit"] == {"missing": [], "filled": []}
    assert facts["scene"]["crs"] == "EPSG:32633" and facts["scene"]["bands"]["B02"]["resolution"] == 10
    assert [b["name"] for b in facts["model"]["bands"]] == ["B02", "B03", "B04", "B08"]
    run = facts["run"]
    assert run["cells"] == run["rows"] * run["cols"] and run["stride"] == 60 and run["free"] > run["disk"] > 0
    assert run["asked"] == "auto" and run["placement"]["device"] == "cpu"
    assert not (tmp_path / "not").exists(), "looking must not make folders"


def test_info_names_the_bands_that_a_scene_lacks(
    capsys: pytest.CaptureFixture[str], write_tif: Any, tmp_path: Path
) -> None:
    raster = write_tif("two.tif", np.full((2, 240, 240), 900, np.uint16), descriptions=("B02", "B04"))
    code, out, err = ben(capsys, "info", raster, "--json")
    assert code == 3 and "B08" in err
    facts = json.loads(out)["facts"]
    assert facts["fit"]["missing"] == ["B03", "B08"] and "run" not in facts


def test_doctor_is_content_here(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ben(capsys, "doctor", "--json")
    found = json.loads(out)
    assert code == 0 and found["ok"] and found["GDAL"]["JPEG 2000"] == "JP2OpenJPEG"


def test_clean_removes_journals_but_none_in_use(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in (".ben-old-1", ".ben-busy-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "lock").touch()
    (tmp_path / ".ben-not-a-journal").mkdir()
    (tmp_path / "a_classes.tif").touch()
    with filelock.FileLock(tmp_path / ".ben-busy-2" / "lock"):
        code, out, _ = ben(capsys, "clean", tmp_path, "--dry-run")
        assert code == 0 and "would remove" in out and (tmp_path / ".ben-old-1").exists()
        code, out, _ = ben(capsys, "clean", tmp_path)
        assert code == 0 and "in use" in out
    left = sorted(p.name for p in tmp_path.iterdir())
    assert left == [".ben-busy-2", ".ben-not-a-journal", "a_classes.tif"]
    assert ben(capsys, "clean", tmp_path / "nothing")[0] == 2


def test_clean_empties_the_cache_of_prepared_sentinel_1_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEN_CACHE", str(tmp_path))
    assert "0 prepared products" in ben(capsys, "clean", "--cache")[1]
    done, busy = tmp_path / "s1" / "a-0", tmp_path / "s1" / "b-1"
    for folder in (done, busy / ".ben-b", tmp_path / "models"):
        folder.mkdir(parents=True)
    (done / "a.tif").write_bytes(bytes(2**21))
    (busy / ".ben-b" / "lock").touch()
    with filelock.FileLock(busy / ".ben-b" / "lock"):
        _, out, _ = ben(capsys, "clean", "--cache", "--dry-run")
        assert f"would remove {done} (2.0 MiB)" in out and done.exists()
        code, out, _ = ben(capsys, "clean", "--cache")
    assert code == 0 and f"in use, left alone: {busy}" in out and "1 prepared product, 2.0 MiB freed" in out
    assert not done.exists() and busy.exists() and (tmp_path / "models").exists()
    assert ben(capsys, "clean", "--cache", tmp_path)[0] == 2


def test_without_the_extra_a_learning_command_names_it(tmp_path: Path) -> None:
    """As after `pip install bigearthnet-mapper[cpu]`: importing pyarrow fails."""
    commands = [
        ["splits", "-r2", "x", "-n", "y.csv", "-o", "z"],
        ["dataset", "--scene", "x", "--reference", "y", "--out", "z"],
        ["select", "x", "--labelled", "y", "--out", "z.gpkg"],
        ["train", "x", "-o", "y"],
        ["evaluate", "embedded", "x"],
        ["card", "embedded", "--data", "x", "--out", "z"],
        ["models", "quantize", "embedded", "--data", "x", "--out", "z"],
    ]
    code = (
        "import json, sys; sys.modules['pyarrow'] = None; from ben_core.cli import run;"
        "print([run(arguments) for arguments in json.loads(sys.argv[1])])"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", code, json.dumps(commands)]
    said = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert said.stdout.splitlines()[-1] == str([2] * len(commands)), said.stderr
    assert said.stderr.count("needs the extra [learn]") == len(commands), said.stderr
    assert not list(tmp_path.iterdir())
