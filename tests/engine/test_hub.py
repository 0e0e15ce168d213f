"""Fetching from a hub that breaks off, lies, refuses and stalls: whole and verified, or one clear sentence."""

import hashlib
import importlib.util
import os
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ben_core.errors import DataError, JobError, StorageError
from ben_core.events import Recorder
from ben_core.models import hub as hub_module
from ben_core.models.hub import copy_file, fetch_file, folder_of

REPO = "Some-Org/net-s2-v0.2.0"
WEIGHTS = np.random.default_rng(0).bytes(3_000_000)
SHA = hashlib.sha256(WEIGHTS).hexdigest()


def _server() -> Any:
    spec = importlib.util.spec_from_file_location("hub_server", Path(__file__).parent / "hub_server.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SERVER = _server()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in [n for n in os.environ if n.lower().endswith("_proxy") or n.startswith("HF_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(hub_module, "PAUSES", (0.0, 0.0, 0.0))
    monkeypatch.setattr(hub_module, "CHUNK", 100_000)
    with SERVER.running() as server:
        server.files = {f"{REPO}/config.json": b'{"channels": 10}', f"{REPO}/model.safetensors": WEIGHTS}
        monkeypatch.setenv("HF_ENDPOINT", server.address)
        yield server


def fetch(folder: Path, file: str = "model.safetensors", **options: Any) -> Any:
    return fetch_file(REPO, "main", file, folder, **options)


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def ranges(hub: Any) -> list[str | None]:
    return [h.get("Range") for path, h in hub.requests if path.startswith("/cdn/")]


def test_both_kinds_of_file_arrive_with_commit_and_checksum(hub: Any, tmp_path: Path) -> None:
    emit = Recorder()
    weights, config = fetch(tmp_path, emit=emit), fetch(tmp_path, "config.json")
    assert (weights.sha256, weights.size, weights.commit) == (SHA, len(WEIGHTS), SERVER.COMMIT)
    assert weights.path.read_bytes() == WEIGHTS
    assert config.commit == SERVER.COMMIT and config.path.read_bytes() == b'{"channels": 10}'
    assert left(tmp_path) == ["config.json", "model.safetensors"]
    last = emit.of("progress")[-1]
    assert (last["done"], last["total"], last["unit"]) == (3, 3, "MB")


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(hub: Any, tmp_path: Path) -> None:
    hub.faults = ["cut", "cut"]
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS
    assert ranges(hub) == [None, "bytes=1500000-", "bytes=2250000-"]


def test_a_later_run_resumes(hub: Any, tmp_path: Path) -> None:
    hub.faults = ["cut", "503", "503", "503"]
    with pytest.raises(DataError, match="503") as caught:
        fetch(tmp_path)
    assert "HF_ENDPOINT" in caught.value.hint and left(tmp_path) == ["model.safetensors.part"]
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS
    assert ranges(hub)[-1] == "bytes=1500000-"


def test_a_rest_of_another_file_is_fetched_anew(hub: Any, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.part").write_bytes(bytes(1_000_000))
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS
    (tmp_path / "model.safetensors.part").write_bytes(bytes(len(WEIGHTS) + 7))
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS


def test_a_server_without_ranges_sends_it_all(hub: Any, tmp_path: Path) -> None:
    hub.faults = ["cut", "no range"]
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS


def test_a_mirror_that_states_nothing_is_never_resumed(hub: Any, tmp_path: Path) -> None:
    hub.plain = True
    (tmp_path / "model.safetensors.part").write_bytes(bytes(1_000_000))
    got = fetch(tmp_path)
    assert got.path.read_bytes() == WEIGHTS and got.commit is None
    (tmp_path / "model.safetensors.part").write_bytes(WEIGHTS[:1_000_000])
    hub.requests.clear()
    fetch(tmp_path, sha256=SHA)  # now there is something to hold it against
    assert [h.get("Range") for _, h in hub.requests] == ["bytes=1000000-"]


@pytest.mark.parametrize("file", ["model.safetensors", "config.json"])
def test_other_bytes_than_the_hub_states_are_refused(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    hub.faults = ["other"]
    monkeypatch.setattr(SERVER, "git_hash", lambda data: "0" * 40)
    with pytest.raises(DataError, match="other bytes than the hub states"):
        fetch(tmp_path, file)
    assert left(tmp_path) == []


def test_another_file_than_the_one_on_record_is_refused(hub: Any, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="than the one on record") as caught:
        fetch(tmp_path, sha256="1" * 64)
    assert "--repin" in caught.value.hint and left(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "kind", "words"), [(404, JobError, "has no"), (401, JobError, "refuses"), (403, JobError, "refuses")]
)
def test_refusals_are_final_and_clear(hub: Any, tmp_path: Path, status: int, kind: type, words: str) -> None:
    hub.refuse = status
    with pytest.raises(kind, match=words) as caught:
        fetch(tmp_path)
    assert caught.value.hint and len(hub.requests) == 1 and left(tmp_path) == []


def test_a_server_that_fails_is_asked_again(hub: Any, tmp_path: Path) -> None:
    hub.faults = ["500", "429"]
    emit = Recorder()
    assert fetch(tmp_path, emit=emit).sha256 == SHA
    assert [e["name"] for e in emit.of("step")] == ["retry", "retry"]


def test_silence_is_not_waited_for_forever(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "TIMEOUT", 0.3)
    hub.faults = ["slow"]
    assert fetch(tmp_path).path.read_bytes() == WEIGHTS
    assert ranges(hub) == [None, "bytes=1500000-"]


def test_nobody_at_the_address(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DataError, match="could not be fetched: no answer"):
        fetch(tmp_path)


def test_the_token_goes_to_the_hub_and_not_to_the_cdn(
    hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(tmp_path)
    (_, first), (_, second) = hub.requests
    assert first["Authorization"] == "Bearer hf_secret" and second["Authorization"] is None


def test_a_proxy_from_the_environment_is_used(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", hub.address)
    hub.plain = True
    # A proxy is asked for whole addresses.
    hub.files = {f"http://hub.invalid/{REPO}/config.json": b"{}"}
    assert fetch(tmp_path, "config.json").path.read_bytes() == b"{}"


def test_a_full_disk_is_a_sentence(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(hub_module.shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(StorageError, match="2 MiB, and 0 MiB are free") as caught:
        fetch(tmp_path)
    assert "BEN_CACHE" in caught.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_a_disk_that_fills_up_meanwhile_is_a_sentence(hub: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match=r"config\.json\.part failed: No space left"):
        fetch(tmp_path, "config.json")


def test_a_folder_serves_as_well(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "a.bin").write_bytes(b"abc")
    sha = hashlib.sha256(b"abc").hexdigest()
    assert copy_file(tmp_path / "there" / "a.bin", tmp_path / "here", sha256=sha).path.read_bytes() == b"abc"
    with pytest.raises(DataError, match="on record"):
        copy_file(tmp_path / "there" / "a.bin", tmp_path / "other", sha256="1" * 64)
    assert not (tmp_path / "other" / "a.bin").exists()
    assert folder_of((tmp_path / "there").as_uri()) == tmp_path / "there" == folder_of(str(tmp_path / "there"))
    assert folder_of("https://example.org") is None
    shutil.rmtree(tmp_path / "there")
