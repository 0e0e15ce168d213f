"""A data set in one file: LMDB with a safetensors entry a patch, as rico-hdl writes it, and its metadata table.

FOLDER/patches.lmdb/data.mdb    key: patch_id, s1_name, or patch_id + "_reference_map"; a tensor a band ("Data")
FOLDER/metadata.parquet         columns of BigEarthNet v2, and tile, footprint and date (``table.py``)
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lmdb
import numpy as np

from ...errors import DataError
from ...events import Emit, silent
from ..types import Record
from .pixels import REFERENCE_MAP, S1, check
from .presence import present
from .table import mark_mapped, read_table

LMDB = "patches.lmdb"
MAP_SUFFIX = "_" + REFERENCE_MAP
MAP_TENSOR = "Data"

_DTYPES = {"U8": np.uint8, "U16": np.uint16, "I16": np.int16, "F32": np.float32}


class Store:
    """A DataSet in an LMDB. Its records are the rows of ``table`` that have an entry, see ``present``.

    Reading takes no lock and copies no more than the bands asked for. A Store can be pickled, and used in forked
    processes and from several threads. Raises DataError where no record has an entry, or the LMDB cannot be opened.
    """

    def __init__(self, path: Path, table: Path, wanted: Sequence[str] | None = None, emit: Emit = silent) -> None:
        self.path = path.resolve()  # one name a file: an LMDB may be opened once a process
        self.title = f"patches in {path}"
        with _environment(self.path).begin() as transaction:
            keys = {bytes(k).decode("utf-8", "replace") for k in transaction.cursor().iternext(values=False)}
        rows, total = read_table(table, keys)
        s2 = {r.id for r in rows if r.id in keys}
        s1 = {r.s1_id for r in rows if r.s1_id in keys}
        on_disk, bands = present(rows, s2, s1, wanted)
        if not on_disk:
            asked = f" with the bands {', '.join(wanted)}" if wanted else ""
            raise DataError(f"{path} has entries for none of the {total:,} patches of its metadata{asked}.", "Give the metadata.parquet that belongs to it.")  # fmt: skip
        if len(on_disk) < total:
            emit("warning", code="partly", message=f"{path.name} holds {len(on_disk):,} of the {total:,} patches of its metadata.")  # fmt: skip
        self.records = mark_mapped(on_disk, {k.removesuffix(MAP_SUFFIX) for k in keys if k.endswith(MAP_SUFFIX)})
        first = self.records[0]
        there = {n for key in (first.id, first.s1_id) if key in keys for n in self._header(str(key), first.id)}
        self.bands = tuple(b for b in bands if b in there)
        lacking = [b for b in wanted or () if b not in there]
        if lacking:
            raise DataError(f"The patches in {path} have no band {lacking[0]}, only {', '.join(sorted(there))}.")

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        of_s2, of_s1 = [b for b in bands if b not in S1], [b for b in bands if b in S1]
        if of_s2:
            arrays |= self._tensors(record.id, of_s2, record.id)
        if of_s1:
            if record.s1_id is None:
                raise DataError(
                    f"Patch {record.id} has no band {of_s1[0]}: its Sentinel-1 partner is not in {self.path}."
                )
            arrays |= self._tensors(record.s1_id, of_s1, record.id)
        return {b: arrays[b] for b in bands}

    def reference(self, record: Record) -> np.ndarray:
        if not record.mapped:
            raise DataError(f"Patch {record.id} has no reference map in {self.path}.")
        return self._tensors(record.id + MAP_SUFFIX, [MAP_TENSOR], record.id)[MAP_TENSOR]

    def _header(self, key: str, patch: str) -> dict[str, Any]:
        with _environment(self.path).begin(buffers=True) as transaction:
            return _parse(transaction.get(key.encode()), key, patch, self.path)[0]

    def _tensors(self, key: str, names: Sequence[str], patch: str) -> dict[str, np.ndarray]:
        where = f"{self.path}, entry {key}"
        arrays = {}
        with _environment(self.path).begin(buffers=True) as transaction:  # the buffer dies with the transaction
            header, data = _parse(transaction.get(key.encode()), key, patch, self.path)
            for name in names:
                told = header.get(name)
                band = REFERENCE_MAP if name == MAP_TENSOR else name
                if told is None:
                    raise DataError(f"Band {band} of patch {patch} is missing: {where}.")
                try:
                    dtype, shape, (start, end) = (
                        np.dtype(_DTYPES[told["dtype"]]),
                        tuple(told["shape"]),
                        told["data_offsets"],
                    )
                    check(shape, dtype.name, band, patch, where)
                    arrays[name] = np.frombuffer(data[start:end], dtype.newbyteorder("<")).reshape(shape).astype(dtype)
                except (KeyError, TypeError, ValueError) as e:
                    raise DataError(
                        f"Band {band} of patch {patch} is damaged: {where}.", "Write the store again."
                    ) from e
        return arrays


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


def _environment(path: Path) -> lmdb.Environment:
    try:
        stat = (path / "data.mdb").stat()
    except OSError as e:
        raise DataError(
            f"{path} cannot be opened as an LMDB: {e.strerror}.", "Give the folder that holds data.mdb."
        ) from e
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
                environment = lmdb.open(str(path), readonly=True, lock=False, readahead=False, create=False)
            except lmdb.Error as e:
                raise DataError(f"{path} cannot be opened as an LMDB: {e}.", "Write the store again.") from e
            found = _OPEN[str(path)] = (file, environment)
    return found[1]
