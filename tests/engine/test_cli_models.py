"""ben models: a published model by name, from the hub to a map; what cannot be had is said in one sentence."""

import json
import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from ben_core.cli import run
from ben_core.errors import JobError
from ben_core.models import ModelCard, find_card, load_model, registry
from ben_core.models import hub as hub_module
from ben_core.models.cache import cache_folder, card_path

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

HERE = Path(__file__).parent
SERVER, REBEN = (runpy.run_path(str(HERE / name)) for name in ("hub_server.py", "test_reben.py"))
NAME, REPO = "reben/resnet18-s2-v0.2.0", "BIFOLD-BigEarthNetv2-0/resnet18-s2-v0.2.0"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = REBEN["published"](tmp_path_factory.mktemp("repositories"))
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n.startswith("HF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(hub_module, "PAUSES", (0.0,))
    return tmp_path / "cache"


@pytest.fixture
def hub(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with SERVER["running"]() as server:
        server.files = {f"{REPO}/{p.name}": p.read_bytes() for p in repository.iterdir()}
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


@pytest.fixture(scope="module")
def converted(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a fetch leaves in the cache's folder of models."""
    from ben_core.models.importers.reben import import_model

    folder = tmp_path_factory.mktemp("converted")
    import_model(repository, "model", folder)
    return folder


def place(converted: Path, name: str, **changes: Any) -> None:
    """Put the converted model into the cache under a name, as a fetch would."""
    target = card_path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in converted.iterdir():
        shutil.copy(file, target.parent / file.name)
    text = (converted / "model.json").read_text()
    document = json.loads(text)
    for band in document["properties"]["ben:bands"]:
        band["fill"] = changes.get(band["name"])
    target.write_text(json.dumps(document))


def ben(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    code = run([str(a) for a in args])
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


def scene(folder: Path, bands: list[str]) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for band in bands:
        step = 2 if band in ("B05", "B06", "B07", "B8A", "B11", "B12") else 1
        with rasterio.open(
            folder / f"{band}.tif", "w", driver="GTiff", width=240 // step, height=240 // step, count=1,
            dtype="uint16", crs="EPSG:32633", transform=rasterio.Affine(10 * step, 0, 500000, 0, -10 * step, 5400000),
        ) as f:  # fmt: skip
            f.write(rng.integers(300, 3000, (240 // step, 240 // step), np.uint16), 1)
    return folder


S2 = REBEN["S2_NEW"].split()


# -- fetch ------------------------------------------------------------------------------------------------


def test_fetched_by_name_held_to_its_record_and_exported(
    capsys: pytest.CaptureFixture[str], hub: Any, tmp_path: Path, cache: Path, repository: Path
) -> None:
    code, out, err = ben(capsys, "models", "fetch", NAME)
    assert (code, out) == (0, f"{NAME} is ready: ben map SCENE --model {NAME}\n")
    assert "Nobody has published a checksum" in err
    card = find_card(NAME)
    assert card.bands == tuple(S2) and "commit " + SERVER["COMMIT"] in card.origin
    record = json.loads((cache / "records" / f"{NAME}.json").read_text())
    assert record["commit"] == SERVER["COMMIT"] and set(record["files"]) == {"config.json", "model.safetensors"}
    assert not (cache / "downloads" / REPO.rpartition("/")[2]).exists()

    asked = len(hub.requests)
    assert ben(capsys, "models", "fetch", NAME)[0] == 0 and len(hub.requests) == asked  # it is here

    # The weights are replaced under the same name: refused, until the user wants the new ones.
    before = card_path(NAME).read_bytes()
    state = REBEN["safetensors_torch"].load_file(repository / "model.safetensors")
    state["model.vision_encoder.fc.bias"] += 1
    REBEN["safetensors_torch"].save_file(state, tmp_path / "new.safetensors")
    hub.files[f"{REPO}/model.safetensors"] = (tmp_path / "new.safetensors").read_bytes()
    code, _, err = ben(capsys, "models", "fetch", NAME, "--overwrite")
    assert code == 3 and "on record" in err and "--repin" in err and card_path(NAME).read_bytes() == before
    code, _, err = ben(capsys, "models", "fetch", NAME, "--repin")
    assert code == 0 and card_path(NAME).read_bytes() != before

    assert ben(capsys, "models", "export", NAME, "--onnx", tmp_path / "alone.onnx")[0] == 0
    bands = REBEN["ORIGIN"].patches(S2, 1, 0)
    alone, named = load_model(str(tmp_path / "alone.onnx")), load_model(NAME, device="cpu")
    np.testing.assert_array_equal(alone.predict(bands), named.predict(bands))
    code, _, err = ben(capsys, "models", "export", NAME, "--onnx", tmp_path / "alone.onnx")
    assert code == 2 and "--overwrite" in err


def test_a_plain_folder_serves_where_there_is_no_network(
    capfd: pytest.CaptureFixture[str], repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", repository.parent.as_uri())
    code, out, _ = ben(capfd, "models", "fetch", NAME, "--events", "jsonl")
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and events[-1] == {"type": "done", "result": {"card": str(card_path(NAME))}}
    code, _, err = ben(capfd, "models", "fetch", "reben/resnet50-s2-v0.2.0", "--from", tmp_path)
    assert code == 2 and "holds no config.json" in err


def test_a_failed_fetch_leaves_no_model(capsys: pytest.CaptureFixture[str], hub: Any) -> None:
    hub.files[f"{REPO}/config.json"] = b'{"channels": 7}'
    code, _, err = ben(capsys, "models", "fetch", NAME)
    assert code == 2 and "lacks timm_model_name" in err and not card_path(NAME).exists()
    hub.refuse = 404
    code, _, err = ben(capsys, "models", "fetch", NAME)
    assert code == 2 and "has no" in err and not list((cache_folder() / "models").rglob("*.json"))


# -- names ------------------------------------------------------------------------------------------------


def test_every_row_is_whole() -> None:
    rows = registry.published()
    assert len(rows) > 40
    for name, row in rows.items():
        assert name == row.name and (row.repo or row.source) and row.megabytes > 0 and row.licence
        assert not row.scores or row.scores_from
        if row.family == "reben":
            kind, version = name.rpartition("-v")[0].rpartition("-")[2], name.rpartition("-v")[2]
            assert row.bands == kind and (version, kind) in REBEN["ORDERS"]
            assert row.repo and row.repo.endswith("/" + name.removeprefix("reben/"))
            assert not row.scores or row.caveats


def test_void_figures_never_rank() -> None:
    rows = registry.published()
    assert rows["sr-resnet50"].score is None and rows["reben/resnet18-s2-v0.1.1"].score is None
    assert rows["reben/rdnet_base-s2-v0.2.0"].score == pytest.approx(0.688747)


def test_list_and_show(capsys: pytest.CaptureFixture[str], converted: Path) -> None:
    place(converted, NAME)
    place(converted, "mine")
    code, out, _ = ben(capsys, "models", "list")
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert code == 0 and " here" in lines[NAME] and "imported by you" in lines["mine"]
    assert "0.703 [" in lines["reben/resnet50-all-v0.2.0"] and "(1.000 accuracy)" in lines["sr-resnet50"]
    code, out, _ = ben(capsys, "models", "show", NAME)
    assert code == 0 and "third-party code only" in out and "B8A: DN" in out
    assert ben(capsys, "models", "show", "mine")[0] == 0
    rows = {row["name"]: row for row in json.loads(ben(capsys, "models", "list", "--json")[1])}
    assert set(rows) >= {*registry.published(), *registry.EMBEDDED_MODELS, "mine"}
    assert rows["embedded-s2"]["family"] == "embedded" and rows["mine"]["family"] == "imported"
    assert (rows["embedded-s1"]["bands"], rows["embedded-all"]["bands"], rows["mine"]["bands"]) == ("s1", "all", "s2")
    assert all(set(row) == set(rows[NAME]) for row in rows.values()), "programs read the same of all"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["models", "show", "reben/resnet51-s2-v0.2.0"], "There is no model"),
        (["models", "fetch", "resnet50-s2"], "Did you mean reben/resnet50-s2-v0.2.0"),
        (["models", "fetch", "tf-mm/vgg16"], "ben models import"),
        (["models", "show", "../../etc/passwd"], "There is no model"),
        (["models", "import", "nowhere"], "There is no nowhere"),
        (["models", "import", ".", "--family", "what"], "--family"),
        (["models", "import", "."], "not plain"),
        (["models", "export", "embedded", "--onnx", "x.pb"], ".onnx"),
    ],
)
def test_mistakes_are_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = ben(capsys, *command)
    assert code == 2 and words in err


def test_import_finds_the_family_and_files_it_under_its_name(
    capsys: pytest.CaptureFixture[str], repository: Path
) -> None:
    assert ben(capsys, "models", "import", repository, "--name", "mine")[0] == 0
    assert find_card("mine").bands == tuple(S2)
    code, _, err = ben(capsys, "models", "import", repository, "--name", "mine")
    assert code == 2 and "--overwrite" in err
    code, _, err = ben(capsys, "models", "import", repository, "--white", "2000")
    assert code == 2 and "--white is no option of the family reben" in err and "--version" in err
    code, _, err = ben(capsys, "models", "import", repository, "--name", "tf-mm/vgg16")
    assert code == 2 and "these files are reben" in err


# -- maps -------------------------------------------------------------------------------------------------


def test_auto_takes_the_best_that_fits_and_says_why(
    capsys: pytest.CaptureFixture[str], converted: Path, tmp_path: Path
) -> None:
    assert registry.choose("auto", S2).name == "embedded-s2"
    place(converted, "reben/resnet50-s2-v0.2.0")  # no score published
    place(converted, "reben/resnet18-s2-v0.1.1")  # a void one
    assert registry.choose("auto", S2).name == "reben/resnet50-s2-v0.2.0"
    place(converted, "reben/rdnet_base-s2-v0.2.0")
    chosen = registry.choose("auto", S2)
    assert chosen.name == "reben/rdnet_base-s2-v0.2.0" and "0.689" in chosen.why
    assert "need other bands" in registry.choose("auto", ["B02", "B03", "B04", "B08"]).why
    code, _, err = ben(capsys, "map", scene(tmp_path / "s", S2), "--model", "auto", "-o", tmp_path / "out")
    assert code == 0 and "took reben/rdnet_base-s2-v0.2.0" in err
    item = json.loads(next((tmp_path / "out").glob("*.json")).read_text())
    assert "took reben/rdnet_base-s2-v0.2.0" in json.dumps(item) or any(
        "took reben/rdnet_base" in p.read_text() for p in (tmp_path / "out").glob("*report.html")
    )
    with pytest.raises(JobError, match="for a scene"):
        find_card("auto")


def test_a_band_with_a_fill_may_be_missing_and_that_is_said(
    capsys: pytest.CaptureFixture[str], converted: Path, tmp_path: Path
) -> None:
    place(converted, "filling", B12=900.0)
    without = scene(tmp_path / "s", [b for b in S2 if b != "B12"])
    code, _, err = ben(capsys, "map", without, "--model", "filling", "-o", tmp_path / "out", "--runtime", "onnx")
    assert code == 0 and "B12 (900 DN)" in err
    constant = scene(tmp_path / "t", S2)
    with rasterio.open(constant / "B12.tif", "r+") as f:
        f.write(np.full((120, 120), 900, np.uint16), 1)
    assert ben(capsys, "map", constant, "--model", "filling", "-o", tmp_path / "full", "--runtime", "onnx")[0] == 0
    a, b = (rasterio.open(next((tmp_path / d).glob("*probabilities.tif"))).read() for d in ("out", "full"))
    np.testing.assert_array_equal(a, b)
    code, _, err = ben(capsys, "map", scene(tmp_path / "u", S2[1:]), "--model", "filling", "-o", tmp_path / "x")
    assert code == 3 and "lacks the band B02" in err


def test_a_model_without_classes_maps_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, converted: Path
) -> None:
    document = json.loads((converted / "model.json").read_text())
    document["properties"]["mlm:output"][0]["classification:classes"] = []
    document["properties"]["ben:thresholds"] = []
    (tmp_path / "features.json").write_text(json.dumps(document))
    assert ModelCard.read(tmp_path / "features.json").classes == ()
    code, _, err = ben(
        capsys, "map", scene(tmp_path / "s", S2), "--model", tmp_path / "features.json", "-o", tmp_path / "out"
    )
    assert code == 2 and "names no classes" in err
