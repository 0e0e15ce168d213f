"""The journal of a run: finished strips on disk, so that a killed run goes on where it stopped.

A folder ``.ben-<stem>-<key>`` beside the products holds

    run.json        what the run is, and the batch size that its batches are cut with
    strip-0003.npz  probabilities and validity of a finished strip (written aside, synced, renamed)
    strip-0003.tif  its most probable classes, for a live preview; no run reads it
    products/       the products while they are written
    publish.json    products are complete and are being renamed into place

Products appear whole or not at all: they are renamed only when all are written, and a run that dies
while renaming is finished by the next one.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import numpy as np

from ..errors import JobError, OutputError, StorageError

PREFIX = ".ben-"
TAKEN = "taken"  # code of the error where another run writes the same products


def key_of(facts: Mapping[str, Any]) -> str:
    """A key (hex) of everything that decides a run's products."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class StripAnswers:
    """The arrays of products.Probabilities for the rows of one strip, and an overview of the scene.

    unusual is always there, NOT_SCORED throughout where the model cannot tell.

    rgb   uint16 (3, h, w) mean DN of the overview's rows that belong to this strip (Sentinel-1: (2, h, w), see
          ``StripPixels.overview``), or (0, 0, 0)
    sensors  as in Probabilities, 255 for a sensor that no model reads; ``missed`` is ``status`` without a fallback
    """

    p: np.ndarray
    status: np.ndarray
    valid: np.ndarray
    cloud: np.ndarray
    snow: np.ndarray
    unusual: np.ndarray
    rgb: np.ndarray
    sensors: np.ndarray
    missed: np.ndarray


_ARRAYS = ("p", "status", "valid", "cloud", "snow", "unusual", "rgb", "sensors", "missed")


_RUN = "run.json"


class Journal:
    """An open journal; use it as a context manager, it holds a lock against a second run."""

    def __init__(self, out: Path, stem: str, key: str) -> None:
        self.out = out
        self.stem = stem
        self.folder = out / f"{PREFIX}{stem}-{key[:16]}"
        self.staging = self.folder / "products"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as e:  # ValueError: what is no path at all
            raise OutputError(
                f"The output folder {out} cannot be written: {getattr(e, 'strerror', None) or e}.",
                "Choose another with --out.",
            ) from e
        self._lock = filelock.FileLock(self.folder / "lock", timeout=0)

    def __enter__(self) -> Journal:
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise JobError(
                f"Another run writes {self.out / self.stem} right now.", "Wait for it, or stop it.", TAKEN
            ) from None
        except OSError as e:
            raise OutputError(
                f"The output folder {self.out} cannot be written: {e.strerror}.", "Choose another with --out."
            ) from e
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            if [p.name for p in self.folder.iterdir()] == ["lock"]:  # refused before anything was done
                self._drop()
        self._lock.release()

    def _drop(self) -> None:
        """Remove the journal while the lock is held, so that no other run can be inside (Windows keeps open files)."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- strips ---------------------------------------------------------------------------------------

    def batch(self, wanted: int) -> int:
        """The batch size recorded by an earlier run, else ``wanted``, which is recorded."""
        path = self.folder / _RUN
        try:
            return int(json.loads(path.read_text())["batch"])
        except (OSError, ValueError, KeyError, TypeError):
            write_whole(path, json.dumps({"batch": wanted}).encode())
            return wanted

    @property
    def begun(self) -> bool:
        """Whether a run came as far as its first batch."""
        return (self.folder / _RUN).exists()

    def read(self, number: int) -> StripAnswers | None:
        """The answers of a finished strip, or None where there is none (or a broken one: it is dropped)."""
        path = self.path(number)
        try:
            with np.load(path, allow_pickle=False) as z:
                return StripAnswers(*(z[name] for name in _ARRAYS))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error):
            path.unlink(missing_ok=True)
            return None

    def write(self, number: int, answers: StripAnswers) -> Path:
        """Store a finished strip. Raises StorageError."""
        path = self.path(number)
        aside = path.with_suffix(".tmp")
        try:
            with open(aside, "wb") as f:
                np.savez_compressed(f, **{name: getattr(answers, name) for name in _ARRAYS})
                f.flush()
                os.fsync(f.fileno())
            aside.replace(path)
        except OSError as e:
            raise no_room(path, e) from e
        return path

    def path(self, number: int) -> Path:
        """Where a strip's answers lie once it is finished."""
        return self.folder / f"strip-{number:04d}.npz"

    # -- products -------------------------------------------------------------------------------------

    def refuse_existing(self, names: tuple[str, ...], overwrite: bool) -> None:
        """Raise OutputError where a product exists and neither may be replaced nor is being published."""
        if overwrite or self.publishing():
            return
        found = [n for n in names if (self.out / n).exists()]
        if found:
            raise OutputError(
                f"{self.out} holds {found[0]}"
                + (f" and {len(found) - 1} more products" if len(found) > 1 else "")
                + " already.",
                "Add --overwrite to replace them, or choose another --out or --name.",
            )

    def publishing(self) -> list[str]:
        """Names of the products that a killed run was renaming into place; empty where none was, or one got lost."""
        try:
            names = json.loads((self.folder / "publish.json").read_text())
        except (OSError, ValueError):
            return []
        names = [n for n in names if isinstance(n, str) and "/" not in n and "\\" not in n]
        return names if all((self.staging / n).exists() or (self.out / n).exists() for n in names) else []

    def stage(self) -> Path:
        """An empty folder for the products."""
        shutil.rmtree(self.staging, ignore_errors=True)
        try:
            self.staging.mkdir()
        except OSError as e:
            raise no_room(self.staging, e) from e
        return self.staging

    def publish(self, names: list[str]) -> None:
        """Rename the staged products into place and drop the journal. Raises StorageError."""
        staged = [n for n in names if (self.staging / n).exists()]
        try:
            if not self.publishing():
                for name in names:
                    with open(self.staging / name, "rb") as f:
                        os.fsync(f.fileno())
                write_whole(self.folder / "publish.json", json.dumps(names).encode())
            self._overtake()
            for name in staged:
                (self.staging / name).replace(self.out / name)
        except OSError as e:
            raise no_room(self.out, e) from e
        self._drop()

    def _overtake(self) -> None:
        """What other runs of this name (other options) were publishing when they died is out of date now."""
        own = re.compile(re.escape(PREFIX + self.stem) + "-[0-9a-f]{16}")
        for folder in self.out.iterdir():
            if folder != self.folder and own.fullmatch(folder.name):
                (folder / "publish.json").unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file so that it is there whole or not at all; of several writers at once the last one stands.

    Raises StorageError.
    """
    aside = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.tmp")  # runs that share a folder write side by side
    try:
        with open(aside, "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        aside.replace(path)
    except OSError as e:
        with suppress(OSError):
            aside.unlink()
        raise no_room(path, e) from e


def no_room(path: Path, error: OSError) -> StorageError:
    """What a failed write means, in words."""
    refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    remedy = "Make the folder writable" if refused else "Free some space"
    return StorageError(
        f"Writing {path} failed: {error.strerror or error}.",
        f"{remedy} and run the same command again: what is finished is kept.",
        code="storage",
    )
