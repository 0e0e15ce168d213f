"""Entries of an LMDB as rico-hdl writes them: safetensors bytes, a tensor a band; opened for reading and for writing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from ...errors import DataError, reason
from .pixels import REFERENCE_MAP, check

MAP_SUFFIX = "_" + REFERENCE_MAP
MAP_TENSOR = "Data"
MAX_KEY = 511  # bytes, LMDB's limit

_DTYPES: Mapping[str, np.dtype[Any]] = {"U16": np.dtype("<u2"), "F32": np.dtype("<f4")}


def encode(tensors: Mapping[str, np.ndarray]) -> bytes:
    """The arrays as safetensors bytes."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(array) for name, array in tensors.items()})


def decode(path: Path, key: str, names: Sequence[str], patch: str) -> dict[str, np.ndarray]:
    """Tensors ``names`` of the entry ``key`` in the LMDB ``path``, copied out of it; checked as the bands they are.

    Raises DataError naming patch, band and entry.
    """
    where = f"{path}, entry {key}"
    arrays = {}
    with environment(path).begin(buffers=True) as transaction:  # the buffer dies with the transaction
        header, data = _parse(transaction.get(key.encode()), key, patch, path)
        for name in names:
            band = REFERENCE_MAP if name == MAP_TENSOR else name
            told = header.get(name)
            if told is None:
                raise DataError(f"Band {band} of patch {patch} is missing: {where}.")
            try:
                dtype, shape, (start, end) = _DTYPES.get(told["dtype"]), tuple(told["shape"]), told["data_offsets"]
                check(shape, dtype.name if dtype else str(told["dtype"]), band, patch, where)
                arrays[name] = np.frombuffer(data[start:end], dtype).reshape(shape).copy()
            except (KeyError, TypeError, ValueError) as e:
                raise DataError(f"Band {band} of patch {patch} is damaged: {where}.", "Write the store again.") from e
    return arrays


def tensor_names(path: Path, key: str) -> tuple[str, ...]:
    """What the entry ``key`` holds. Raises DataError."""
    with environment(path).begin(buffers=True) as transaction:
        return tuple(n for n in _parse(transaction.get(key.encode()), key, key, path)[0] if n != "__metadata__")


def keys(path: Path) -> set[str]:
    """All keys of the LMDB ``path``. Raises DataError."""
    with environment(path).begin() as transaction:
        return {k.decode("utf-8", "replace") for k in transaction.cursor().iternext(values=False)}


def _parse(entry: Any, key: str, patch: str, path: Path) -> tuple[dict[str, Any], memoryview]:
    """The header of a safetensors entry and the bytes behind it."""
    if entry is None:
        raise DataError(f"Patch {patch} is missing: {path} has no entry {key}.")
    length = int.from_bytes(entry[:8], "little")
    try:
        header = json.loads(bytes(entry[8 : 8 + length]))
        if not isinstance(header, dict) or len(entry) < 8 + length:
            raise ValueError
    except (ValueError, RecursionError) as e:
        raise DataError(f"The entry of patch {patch} is damaged: {path}, entry {key}.", "Write the store again.") from e
    return header, entry[8 + length :]


# An LMDB may be opened once a process. A forked child reads through its parent's: without lock and writer there is
# nothing in it but the mapped file.
_OPEN: dict[str, tuple[tuple[int, int], lmdb.Environment]] = {}
_LOCK = threading.Lock()


def environment(path: Path) -> lmdb.Environment:
    """The LMDB ``path`` (resolved) for reading, the same one at every call in a process. Raises DataError."""
    try:
        stat = (path / "data.mdb").stat()
    except OSError as e:
        raise DataError(f"{path} cannot be opened as an LMDB: {reason(e)}.", "Give the folder with data.mdb.") from e
    file = (stat.st_dev, stat.st_ino)
    found = _OPEN.get(str(path))
    if found is not None and found[0] == file:
        return found[1]
    with _LOCK:
        found = _OPEN.get(str(path))
        if found is None or found[0] != file:  # new, or written again since
            if found is not None:
                found[1].close()
            try:
                # readahead off: training reads at random; lock off: nobody writes, and the folder may be read-only.
                opened = lmdb.open(str(path), readonly=True, lock=False, readahead=False, create=False)
            except lmdb.Error as e:
                raise DataError(f"{path} cannot be opened as an LMDB: {e}.", "Write the store again.") from e
            found = _OPEN[str(path)] = (file, opened)
    return found[1]


class Appender:
    """An LMDB that takes entries and grows with them. Entries are on disk after ``flush``; one is whole or absent."""

    BUFFER = 32 * 2**20  # bytes a transaction

    def __init__(self, path: Path) -> None:
        self._environment = lmdb.open(str(path), map_size=256 * 2**20, lock=False, metasync=False)
        self._pending: list[tuple[bytes, bytes]] = []
        self._size = 0

    def keys(self) -> set[str]:
        with self._environment.begin() as transaction:
            return {k.decode() for k in transaction.cursor().iternext(values=False)}

    def put(self, entries: Iterable[tuple[str, bytes]]) -> None:
        """Add entries that belong together: all or none of them survive a crash."""
        for key, value in entries:
            self._pending.append((key.encode(), value))
            self._size += len(value)
        if self._size > self.BUFFER:
            self.flush()

    def flush(self) -> None:
        while self._pending:
            try:
                with self._environment.begin(write=True) as transaction:
                    for key, value in self._pending:
                        transaction.put(key, value)
            except lmdb.MapFullError:
                self._environment.set_mapsize(2 * self._environment.info()["map_size"])
                continue
            self._pending, self._size = [], 0

    def close(self) -> None:
        self._environment.sync(True)
        self._environment.close()
