"""Files are written whole or not at all; what the system refuses meanwhile is one sentence with a remedy.

Standard library only: every folder may use it.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import OutputError, StorageError, reason
from .machine import free_disk_words

# The place is wrong, not the disk: another one has to be given.
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)

# What libraries raise of their own when they write. Looked up only where one was loaded: pyogrio alone brings pandas,
# a second of every start without it.
_OF_LIBRARIES = {
    "sqlite3": ("Error",),
    "rasterio.errors": ("RasterioError",),
    "pyogrio.errors": ("DataSourceError", "DataLayerError", "FeatureError"),
    "lmdb": ("Error",),
}


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the errors of writing ``path`` into OutputError (nothing may be written there) and StorageError (the disk)."""
    try:
        yield
    except _errors() as e:
        number = e.errno if isinstance(e, OSError) else None
        whole = path.absolute()
        folders = (whole, *whole.parents) if number in (errno.EEXIST, errno.ENOTDIR) else whole.parents
        in_the_way = next((p for p in folders if os.path.isfile(p)), None)  # noqa: PTH113  (Path.is_file may raise)
        if in_the_way is not None:
            raise OutputError(f"{path} cannot be written: {in_the_way} is a file.", "Give another folder.") from e
        if number in _FORBIDDEN:
            raise OutputError(f"{path} cannot be written: {reason(e)}.", "Give a folder in which you may write.") from e
        told = (
            e.__cause__ or e if type(e).__module__ == "rasterio.errors" else e
        )  # "See previous exception for details."
        folder = next(f for f in whole.parents if not f.name.startswith("."))  # not what is of this run alone
        raise StorageError(
            f"Writing {path.name} failed: {reason(told)}.",
            f"{free_disk_words(folder)}Free space there and run the same command again (what is finished is kept), or "
            "give another folder.",
            code="storage",
        ) from e


def _errors() -> tuple[type[Exception], ...]:
    loaded = [(sys.modules[module], names) for module, names in _OF_LIBRARIES.items() if module in sys.modules]
    return (OSError, *(getattr(module, name) for module, names in loaded for name in names))


def check_free(path: Path, overwrite: bool) -> None:
    """OutputError where a file ``path`` exists and may not be replaced, or cannot be made: now, and not after the work."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder.", "Give the name of a file.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already.", "Add --overwrite to replace it, or give another name.")
    check_writable(path)


def check_writable(path: Path) -> None:
    """OutputError where ``path`` could not be made, as far as one can tell without trying."""
    with writing(path):
        nearest = next((p for p in path.absolute().parents if os.path.lexists(p)), path)
        if nearest.is_dir() and not os.access(nearest, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if nearest.is_file():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which stands as ``path`` once all is written and synced; after any error nothing of it is left.

    The folder is made where it is missing. Raises OutputError, StorageError.
    """
    draft = path.with_name(f".{path.name}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(draft, "wb") as f:
                yield f
                f.flush()
                os.fsync(f.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Bring a finished file through to the disk, before it gets its name. Raises OSError."""
    with open(path, "r+b") as f:  # Windows wants a file that may be written
        os.fsync(f.fileno())


def write_text(path: Path, text: str) -> None:
    """Replace a text file, whole or not at all. Raises OutputError, StorageError."""
    with replacing(path) as f:
        f.write(text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file through to the disk, in a folder that is a draft itself. Raises StorageError, OutputError."""
    with writing(path), path.open("wb") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())
