"""What the system refuses while a data set is written, as one sentence with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lmdb

from ...errors import OutputError, StorageError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn missing rights into OutputError, other errors of the disk into StorageError."""
    try:
        yield
    except PermissionError as e:
        raise OutputError(f"{path} cannot be written: {e.strerror}.", "Give a folder in which you may write.") from e
    except (OSError, lmdb.Error) as e:
        raise StorageError(
            f"Writing {path} failed: {getattr(e, 'strerror', None) or e}.",
            "Free space on the disk, then run the same command again.",
        ) from e
