"""A raster of labels larger than memory: uint32 rows in a plain file, 0 is "none"."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import numpy as np

from ..storage import writing

_BYTES = 4


class LabelFile:
    """``height`` x ``width`` labels; a context manager. Rows that were never written are 0."""

    def __init__(self, path: Path, height: int, width: int) -> None:
        self.path, self.height, self.width = path, height, width
        with writing(path):
            self._file = open(path, "w+b")  # noqa: SIM115 (closed by __exit__)
            self._file.truncate(height * width * _BYTES)

    def __enter__(self) -> LabelFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, top: int, rows: np.ndarray) -> None:
        """uint32 (rows, width) from row ``top`` on. Raises StorageError."""
        with writing(self.path):
            self._file.seek(top * self.width * _BYTES)
            self._file.write(np.ascontiguousarray(rows, np.uint32).tobytes())

    def read(self, top: int, bottom: int) -> np.ndarray:
        """uint32 (bottom - top, width)."""
        self._file.seek(top * self.width * _BYTES)
        raw = self._file.read((bottom - top) * self.width * _BYTES)
        return np.frombuffer(raw, np.uint32).reshape(bottom - top, self.width)
