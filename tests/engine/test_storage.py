"""Files that are written whole or not at all, and what is said where the system refuses."""

import errno
import os
import sqlite3
from pathlib import Path

import lmdb
import pytest

from ben_core.errors import OutputError, StorageError
from ben_core.storage import check_free, check_writable, replacing, write_bytes, writing


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with replacing(path) as f:
        f.write(b"one")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), replacing(path) as f:
        f.write(b"two")
        raise ZeroDivisionError
    with pytest.raises(StorageError, match="Writing file failed"), replacing(path) as f:
        raise OSError(28, "No space left on device")
    assert path.read_bytes() == b"one" and list(path.parent.iterdir()) == [path]
    with pytest.raises(OutputError), replacing(path / "below"):
        pass


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR, errno.ENAMETOOLONG])
def test_a_place_where_nothing_may_be_written_is_told_apart(tmp_path: Path, number: int) -> None:
    with pytest.raises(OutputError, match=os.strerror(number)) as caught, writing(tmp_path / "x"):
        raise OSError(number, os.strerror(number))
    assert caught.value.exit_code == 2 and "may write" in caught.value.hint


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), lmdb.DiskError("disk full"), sqlite3.OperationalError("full")],
    ids=["system", "lmdb", "sqlite"],
)
def test_a_disk_that_fails_is_told_with_what_is_free(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(StorageError, match=r"Writing x failed: .*[^.]\.") as caught, writing(tmp_path / "x"):
        raise error
    assert caught.value.exit_code == 3 and caught.value.code == "storage"
    assert f"MB are free at {tmp_path}. Free space there" in caught.value.hint


@pytest.mark.parametrize("path", ["file/x", "file/below/x", "file"])
def test_a_file_where_a_folder_should_be_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="/file is a file"), writing(tmp_path / path):
        (tmp_path / path).mkdir(parents=True)


def test_a_bug_is_no_storage_error(tmp_path):
    with pytest.raises(KeyError), writing(tmp_path / "x"):
        raise KeyError("x")


def test_write_bytes_is_whole(tmp_path):
    write_bytes(tmp_path / "x", b"abc")
    assert (tmp_path / "x").read_bytes() == b"abc"


def test_what_cannot_be_written_is_said_before_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    check_free(tmp_path / "new" / "below" / "x", overwrite=False)
    check_free(tmp_path / "file", overwrite=True)
    assert [p.name for p in tmp_path.iterdir()] == ["file"], "nothing is made"
    for path, says in ((tmp_path / "file", "exists already"), (tmp_path, "is a folder")):
        with pytest.raises(OutputError, match=says):
            check_free(path, overwrite=False)
    with pytest.raises(OutputError, match="/file is a file"):
        check_writable(tmp_path / "file" / "below" / "x")
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)  # root may do everything
    with pytest.raises(OutputError, match=r"new/x cannot be written: Permission denied"):
        check_writable(tmp_path / "new" / "x")
