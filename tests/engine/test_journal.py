"""The journal keeps whole strips, survives what a crash leaves, and publishes all or nothing."""

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from rasterio.errors import RasterioIOError

from ben_core.errors import JobError, OutputError, StorageError
from ben_core.products.journal import Journal, StripAnswers, key_of, write_whole
from ben_core.storage import writing

NAMES = ("a_classes.tif", "a.gpkg", "a_item.json")


def answers(seed: int = 0) -> StripAnswers:
    rng = np.random.default_rng(seed)
    layers = [rng.integers(0, 100, (4, 5), np.uint8) for _ in range(4)]
    return StripAnswers(
        rng.integers(0, 10000, (4, 5, 19), np.uint16),
        *layers,
        rng.integers(0, 100, (4, 5, 2), np.uint8),
        rng.integers(0, 99, (3, 2, 5), np.uint16),
        rng.integers(0, 100, (4, 5, 2), np.uint8),
        rng.integers(0, 100, (4, 5), np.uint8),
    )


def test_a_strip_comes_back_as_it_was(tmp_path: Path) -> None:
    with Journal(tmp_path, "a", "k" * 64) as journal:
        assert journal.read(3) is None
        journal.write(3, answers(1))
    with Journal(tmp_path, "a", "k" * 64) as journal:
        found = journal.read(3)
        assert found is not None
        for name, value in vars(answers(1)).items():
            np.testing.assert_array_equal(getattr(found, name), value)


@pytest.mark.parametrize("damage", ["empty", "half", "garbage", "flipped"])
def test_a_broken_strip_is_dropped_and_counts_as_missing(tmp_path: Path, damage: str) -> None:
    with Journal(tmp_path, "a", "k" * 64) as journal:
        path = journal.write(0, answers())
        whole = path.read_bytes()
        middle = whole.index(b"p.npy") + 200  # within the first array, whatever follows
        path.write_bytes(
            {
                "empty": b"",
                "half": whole[:middle],
                "garbage": b"\x80\x04}q\x00." * 50,
                "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
            }[damage]
        )
        assert journal.read(0) is None
        assert not path.exists()


def test_no_flipped_byte_is_answered_with_other_numbers(tmp_path: Path) -> None:
    with Journal(tmp_path, "a", "k" * 64) as journal:
        path = journal.write(0, answers())
        whole = path.read_bytes()
        for at in range(0, len(whole), 23):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
            found = journal.read(0)  # dates and padding of the archive do not matter, everything else is dropped
            for name, value in vars(answers()).items() if found else ():
                np.testing.assert_array_equal(getattr(found, name), value)


def test_the_batch_size_of_the_first_run_stays(tmp_path: Path) -> None:
    with Journal(tmp_path, "a", "k" * 64) as journal:
        assert journal.batch(32) == 32
    with Journal(tmp_path, "a", "k" * 64) as journal:
        assert journal.batch(8) == 32


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with (
        Journal(tmp_path, "a", "k" * 64),
        pytest.raises(JobError, match="Another run"),
        Journal(tmp_path, "a", "k" * 64),
    ):
        pass


def stage(journal: Journal, text: str = "new") -> None:
    folder = journal.stage()
    for name in NAMES:
        (folder / name).write_text(text)


def test_existing_products_are_refused_and_replaced_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "a.gpkg").write_text("old")
    with Journal(tmp_path, "a", "k" * 64) as journal:
        with pytest.raises(OutputError, match=r"a\.gpkg"):
            journal.refuse_existing(NAMES, overwrite=False)
        journal.refuse_existing(NAMES, overwrite=True)
        stage(journal)
        journal.publish(list(NAMES))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)
    assert {p.read_text() for p in tmp_path.iterdir()} == {"new"}


def _die_in_publish(out: Path, renamed: int) -> None:
    replace = Path.replace
    count = 0

    def dying(self: Path, target: Path) -> Path:
        nonlocal count
        if Path(target).parent == out:
            if count == renamed:
                os._exit(9)
            count += 1
        return replace(self, target)

    Path.replace = dying  # type: ignore[method-assign,assignment]
    with Journal(out, "a", "k" * 64) as journal:
        stage(journal)
        journal.publish(list(NAMES))


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_a_run_killed_while_renaming_is_finished_by_the_next(tmp_path: Path, renamed: int) -> None:
    child = multiprocessing.get_context("fork").Process(target=_die_in_publish, args=(tmp_path, renamed))
    child.start()
    child.join()
    assert child.exitcode == 9
    assert sum((tmp_path / n).exists() for n in NAMES) == renamed
    with Journal(tmp_path, "a", "k" * 64) as journal:
        journal.refuse_existing(NAMES, overwrite=False)  # these products are our own
        assert journal.publishing() == list(NAMES)
        journal.publish(list(NAMES))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)


def test_a_full_disk_is_said_and_leaves_no_partial_strip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(tmp_path, "a", "k" * 64) as journal:
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(StorageError, match="No space left"):
            journal.write(0, answers())
        assert journal.read(0) is None


def test_what_gdal_could_not_write_is_told_in_its_first_words(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="write error at scanline 512") as e, writing(tmp_path / ".ben-x" / "a.tif"):
        raise RasterioIOError("Write failed. See previous exception for details.") from ValueError(
            "write error at scanline 512"
        )
    assert str(tmp_path) in e.value.hint and ".ben-x" not in e.value.hint


def test_writers_of_one_file_do_not_trip_each_other(tmp_path: Path) -> None:
    contents = [bytes([n]) * 100_000 for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda content: write_whole(tmp_path / "state.json", content), contents))
    assert (tmp_path / "state.json").read_bytes() in contents
    assert [p.name for p in tmp_path.iterdir()] == ["state.json"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        Journal(tmp_path / "file" / "out", "a", "k" * 64)


def test_the_key_follows_every_fact() -> None:
    facts = {"stride": 120, "files": [("a", 1)]}
    assert key_of(facts) == key_of(dict(reversed(facts.items())))
    assert key_of(facts) != key_of({**facts, "stride": 60})
