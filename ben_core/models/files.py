"""Files of models: checksums, and a disk that fails in one sentence."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ..errors import ModelError, OutputError, StorageError
from ..machine import free_disk_words

_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def check_stem(name: str) -> None:
    """ModelError where ``name`` cannot be the stem of a file name on every system."""
    if not name or name.startswith(".") or len(name) > 120 or any(c in name for c in '/\\:*?"<>|\0\n'):
        raise ModelError(f"A model cannot be named {name!r}.", "Use letters, digits, '-', '_' and '.'.")


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """Turn the errors of writing ``path`` into OutputError (no right to) and StorageError (the disk)."""
    try:
        yield
    except OSError as e:
        reason = e.strerror or str(e) or type(e).__name__
        if e.errno in _FORBIDDEN:
            raise OutputError(f"{path} cannot be written: {reason}.", "Give a folder in which you may write.") from e
        raise StorageError(
            f"Writing {path.name} failed: {reason}.",
            f"{free_disk_words(path)}Free space or choose another folder, then run the same command again.",
        ) from e


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which stands as ``path`` once all is written and synced; after any error nothing of it is left.

    The folder is made where it is missing. Raises OutputError, StorageError.
    """
    draft = path.with_name(f".{path.name}.part")
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(draft, "wb") as f:
                yield f
                f.flush()
                os.fsync(f.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replace a text file, whole or not at all. Raises OutputError, StorageError."""
    with replacing(path) as f:
        f.write(text.encode())
