"""Disk space that is asked for beforehand."""

from collections import namedtuple
from pathlib import Path

import pytest

from ben_core import machine
from ben_core.errors import StorageError


def test_too_small_a_disk_is_said_with_both_figures_and_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def usage(path: Path) -> tuple[int, int, int]:
        seen.append(path)
        return namedtuple("usage", "total used free")(10 << 30, (10 << 30) - (5 << 20), 5 << 20)

    monkeypatch.setattr(machine.shutil, "disk_usage", usage)
    out = tmp_path / "not" / "yet"
    machine.require_disk(5 << 20, out, "It needs")
    with pytest.raises(StorageError) as caught:
        machine.require_disk(1500 << 20, out, "It needs", "Take another disk.")
    assert caught.value.message == f"It needs 1,500 MiB, and 5 MiB are free at {tmp_path}."
    assert caught.value.hint == "Take another disk."
    assert set(seen) == {tmp_path}, "the nearest folder that exists"
    assert machine.free_disk_words(out) == f"5 MB are free at {tmp_path}. "


def test_a_disk_that_does_not_tell_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def usage(_: Path) -> None:
        raise OSError("stale file handle")

    monkeypatch.setattr(machine.shutil, "disk_usage", usage)
    assert machine.free_disk_words(tmp_path) == ""


def test_a_drive_that_is_not_there_is_an_error_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Z: on Windows: no folder above the path exists, not even its root."""
    monkeypatch.setattr(Path, "is_dir", lambda self: False)
    with pytest.raises(FileNotFoundError):
        machine.free_disk(tmp_path / "gone")
    assert machine.free_disk_words(tmp_path / "gone") == ""
