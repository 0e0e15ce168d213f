"""Files that are written or reported: a full or failing disk becomes one sentence with a remedy."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rasterio.errors import RasterioError

from ..errors import OutputError, StorageError
from ..machine import free_disk_words

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def _errors() -> tuple[type[Exception], ...]:
    """What writing may raise. pyogrio's only where it was loaded: it brings pandas, a second of every start without it."""
    kinds = (OSError, RasterioError, sqlite3.Error)
    if "pyogrio" not in sys.modules:
        return kinds
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    return (*kinds, DataSourceError, DataLayerError, FeatureError)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the errors of writing ``path`` into StorageError, those of missing rights into OutputError."""
    try:
        yield
    except _errors() as e:
        if isinstance(e, OSError) and e.errno in _FORBIDDEN:
            raise OutputError(
                f"{path} cannot be written: {_reason(e)}.", "Give an output folder in which you may write."
            ) from e
        folder = next(f for f in path.parents if not f.name.startswith("."))  # not what is of this run alone
        raise StorageError(
            f"Writing {path.name} failed: {_reason(e)}.",
            f"{free_disk_words(folder)}Free space or give another output folder, then run the same command again: "
            "what is finished is kept.",
        ) from e


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file through to the disk. Raises StorageError, OutputError."""
    with writing(path), path.open("wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())


def _reason(e: Exception) -> str:
    told = e.__cause__ if isinstance(e, RasterioError) and e.__cause__ else e  # "See previous exception for details."
    text = (e.strerror if isinstance(e, OSError) else None) or str(told) or type(e).__name__
    return " ".join(text.split()).rstrip(".")
