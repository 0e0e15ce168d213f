"""TFRecord files of tf.train.Example, written without TensorFlow.

The two formats are small and frozen (tensorflow/core/example/*.proto, core/lib/io/record_writer.cc): encoding them here
takes fewer lines than the choice among packages that bring protobuf classes of their own; the checksum comes from a
library, since 0.3 MB a patch are too many for a loop in Python.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import google_crc32c
import numpy as np

Feature = np.ndarray | Sequence[str]


class TFRecordWriter:
    """Writes ``path``, which appears when the context ends without an error, and not otherwise."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.draft = path.with_name(f".{path.name}.unfinished")
        self.count = 0

    def __enter__(self) -> TFRecordWriter:
        self._file = self.draft.open("wb")
        return self

    def write(self, example: bytes) -> None:
        length = len(example).to_bytes(8, "little")
        self._file.write(length + _checksum(length) + example + _checksum(example))
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._file:
                if kind is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
        except OSError:
            self.draft.unlink(missing_ok=True)
            raise
        if kind is None:
            self.draft.replace(self.path)
        else:
            self.draft.unlink(missing_ok=True)


def encode_example(features: Mapping[str, Feature]) -> bytes:
    """A tf.train.Example, features sorted by name.

    float32 arrays become float lists, unsigned ones int64 lists (both row-major), sequences of str bytes lists.
    Raises TypeError for other arrays.
    """
    entries = (
        _message(1, _message(1, name.encode()) + _message(2, _feature(features[name]))) for name in sorted(features)
    )
    return _message(1, b"".join(entries))


def _feature(value: Feature) -> bytes:
    if not isinstance(value, np.ndarray):
        return _message(1, b"".join(_message(1, text.encode()) for text in value))
    if value.dtype == np.float32:
        return _message(2, _message(1, value.astype("<f4").tobytes()))
    if value.dtype.kind == "u":
        return _message(3, _message(1, _varints(value.ravel())))
    raise TypeError(f"no feature of TensorFlow for {value.dtype}")


def _message(field: int, payload: bytes) -> bytes:
    """A length-delimited field of protobuf."""
    return _varints(np.array([field << 3 | 2, len(payload)], np.uint64)) + payload


def _varints(values: np.ndarray) -> bytes:
    """Base 128 varints of unsigned integers, one after the other: seven bits a byte, the lowest first."""
    left = values.astype(np.uint64)
    columns, used = [], []
    more = np.ones(len(left), bool)
    while more.any():
        used.append(more)
        rest = left >> np.uint64(7)
        more = more & (rest > 0)
        columns.append((left & np.uint64(0x7F)).astype(np.uint8) | (more.astype(np.uint8) << 7))
        left = rest
    if not columns:
        return b""
    return np.stack(columns, axis=1)[np.stack(used, axis=1)].tobytes()


def _checksum(data: bytes) -> bytes:
    """CRC-32C, masked as TensorFlow does (core/lib/hash/crc32c.h)."""
    crc = google_crc32c.value(data)
    return ((((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")
