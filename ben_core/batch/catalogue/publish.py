"""A folder of products appears whole or not at all, and one builder works at a time.

It is written into ``.NAME-new`` beside it. Then the old one becomes ``.NAME-old`` and the new one takes its
place; who dies between these two renames leaves the old one whole under that name, and ``recover`` puts it back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from ...errors import OutputError
from ...storage import writing


@contextmanager
def whole_folder(place: Path) -> Iterator[Path]:
    """An empty folder beside ``place`` that becomes ``place`` when it is left without an error.

    Raises OutputError where somebody else builds it, StorageError where the disk fails.
    """
    fresh, old = _aside(place, "new"), _aside(place, "old")
    with writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(place.with_name(f".{place.name}.lock"))
    with writing(place):
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout as e:  # an OSError too, but no failing disk
            raise OutputError(f"Another run builds {place}.", "Wait until it is done, then run this again.") from e
    try:
        recover(place)
        shutil.rmtree(fresh, ignore_errors=True)
        with writing(place):
            fresh.mkdir()
        try:
            yield fresh
            with writing(place):
                _sync(fresh)
                if place.exists():
                    place.rename(old)
                fresh.rename(place)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        lock.release()


def recover(place: Path) -> None:
    """Put back a folder whose builder died between two renames."""
    old = _aside(place, "old")
    with writing(place):
        if old.exists() and not place.exists():
            old.rename(place)
        elif old.exists():
            shutil.rmtree(old, ignore_errors=True)


def _aside(place: Path, word: str) -> Path:
    return place.with_name(f".{place.name}-{word}")


def _sync(folder: Path) -> None:
    """All files of a folder through to the disk, before it gets its name."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with open(path, "rb+") as f:
                os.fsync(f.fileno())
