"""ben batch: what its help offers it takes, and what it does not take is refused in words."""

from pathlib import Path
from typing import Any

import click
import pytest

from ben_core.cli import batch
from ben_core.cli import run as cli
from ben_core.cli.batch import command

from .small_scenes import make_bands

OFFERED = {
    option
    for parameter in command.commands["run"].get_params(click.Context(command.commands["run"]))
    for option in parameter.opts
    if option.startswith("--")
}
ELSEWHERE = {"--watch", "--dask", "--events", "--help-all", "--help"}  # test_batch_runs, test_batch_dask, test_cli
TAKEN: dict[str, dict[str, str | None]] = {
    "of the batch": {
        "--sample": "1", "--workers": "0", "--max-memory": "4GiB", "--max-failures": "3", "--no-catalogue": None,
        "--json": None, "--retries": "1", "--retry-set-aside": None, "--overwrite": None,
    },
    "of a search": {
        "--search": "POINT (15 48)", "--time": "2022-06", "--scene-cloud": "20", "--catalog": "http://127.0.0.1:1",
        "--collection": "sentinel-2-l2a", "--limit": "3",
    },
    "of all jobs": {
        "--model": "embedded", "--fallback-model": "embedded", "--stride": "60", "--aoi": "POINT (500600 5399400)",
        "--aoi-crs": "EPSG:32633", "--min-valid": "0.5", "--max-cloud": "0.4", "--max-snow": "0.4", "--threshold": "0.4",
        "--regroup": "clc1", "--device": "cpu", "--precision": "fp32", "--runtime": "onnx", "--batch": "4",
        "--threads": "1", "--scale": "1", "--offset": "0", "--acquired": "2022-06-01T10:00:00Z", "--allow-l1c": None,
        "--bands": "B02=B02.tif,B03=B03.tif,B04=B04.tif,B08=B08.tif",
    },
    "of Sentinel-1": {
        "--s1": "s1.tif", "--s1-unit": "db", "--dem": "dem.tif", "--geoid": "egm96", "--orbit": "orbit.EOF",
    },
    "of raw Sentinel-1 without a terrain model": {"--s1": "s1.tif", "--height": "120"},
    "of 10 m maps": {
        "--regions": None, "--scales": "60,120", "--dense-stride": "60", "--min-area": "1", "--vote": "mean",
        "--shared-convolution": None,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bands(tmp_path_factory.mktemp("options") / "scene", 240, 240)


def test_every_option_of_the_help_is_tried_here() -> None:
    tried = {option for group in TAKEN.values() for option in group}
    assert tried | ELSEWHERE | {"--out", "--dry-run"} == OFFERED | {"--help"}


@pytest.mark.parametrize("group", TAKEN)
def test_what_the_help_offers_is_taken(
    group: str, scene: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[dict[str, Any]] = []

    def searched(search: dict[str, Any]) -> list[Any]:
        asked.append(search)
        return []

    monkeypatch.setattr(batch, "_searched", searched)
    given = [text for pair in TAKEN[group].items() for text in pair if text is not None]
    assert cli(["batch", str(scene), "--out", str(tmp_path / "out"), "--dry-run", *given]) == 0, capsys.readouterr().err
    if group == "of a search":
        assert asked == [
            {
                "area": "POINT (15 48)", "time": "2022-06", "max_cloud": 20.0, "catalog": "http://127.0.0.1:1",
                "collection": "sentinel-2-l2a", "limit": 3,
            }
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--name", "x"], "No such option"),
        (["--s2", "x"], "No such option"),
        (["--max-memory", "lots"], "is no size"),
        (["--workers", "2", "--dask", "tcp://127.0.0.1:1"], "given together"),
        (["--watch", "-1"], "below zero"),
        (["--watch", "1", "--dry-run"], "--watch is given with --dry-run"),
        (["--sample", "3"], "--sample is given without --dry-run"),
        (["--time", "2022"], "--time is given without --search"),
        (["--scene-cloud", "5"], "--scene-cloud is given without --search"),
        (["--scales", "60"], "--scales is given without --regions"),
    ],
)
def test_what_makes_no_sense_is_refused(
    args: list[str], words: str, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(["batch", str(scene), "--out", str(tmp_path / "out"), *args]) == 2
    assert words in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_no_scene_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["batch", "--out", str(tmp_path / "out")]) == 2
    assert "No scene was given" in capsys.readouterr().err


def test_the_other_commands_refuse_what_makes_no_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change = ["change", str(tmp_path), "--tile", "33UUP", "--before", "2020", "--after", "2021"]
    for args, words in (
        (["status", str(tmp_path), "--watch", "-1"], "not in the range"),
        (["catalogue", str(tmp_path), "--weight", "area"], "--weight say how --zones is read"),
        (["catalogue", str(tmp_path), "--patches-crs", "none"], "--patches-crs 'none' names no CRS"),
        ([*change, "--fdr", "5"], "--fdr lies between 0 and 1"),
    ):
        assert cli(["batch", *args]) == 2
        assert words in capsys.readouterr().err
