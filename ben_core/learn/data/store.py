"""A data set in one folder, fast to read: pixels in an LMDB as rico-hdl writes it, and its metadata table.

FOLDER/patches.lmdb/data.mdb    key: patch_id, s1_name, or patch_id + "_reference_map"; a tensor a band ("Data")
FOLDER/metadata.parquet         columns of BigEarthNet v2, and tile, footprint, date (``table.py``); snowy and
                                cloudy patches stand in a table of their own, as in BigEarthNet v2
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import filelock
import numpy as np

from ...errors import DataError, OutputError
from ...events import Emit, silent
from ...storage import writing
from ..types import Record
from .entries import MAP_SUFFIX, MAP_TENSOR, MAX_KEY, Appender, decode, encode, keys, tensor_names
from .pixels import REFERENCE_MAP, S1, check
from .presence import present
from .table import mark_mapped, read_table, write_tables

LMDB = "patches.lmdb"

Sample = tuple[Record, Mapping[str, np.ndarray], np.ndarray | None]


class Store:
    """A DataSet in an LMDB. Its records are the rows of ``table`` that have an entry, see ``present``.

    Reading takes no lock and copies no more than the bands asked for. A Store can be pickled, and used in forked
    processes and from several threads. Raises DataError where no record has an entry, or the LMDB cannot be opened.
    """

    def __init__(self, path: Path, table: Path, wanted: Sequence[str] | None = None, emit: Emit = silent) -> None:
        self.path = path.resolve()  # one name a file: an LMDB may be opened once a process
        # Titles go into model cards: names, no paths of a machine.
        self.title = f"the store {(path.parent if path.name == LMDB else path).resolve().name!r}"
        there = keys(self.path)
        rows, total = read_table(table, there)
        s2 = {r.id for r in rows if r.id in there}
        s1 = {r.s1_id for r in rows if r.s1_id in there}
        on_disk, bands = present(rows, s2, s1, wanted)
        if not on_disk:
            asked = f" with the bands {', '.join(wanted)}" if wanted else ""
            raise DataError(
                f"{path} has entries for none of the {total:,} patches of its metadata{asked}.",
                "Give the metadata.parquet that belongs to it.",
            )
        if len(on_disk) < total:
            emit(
                "warning",
                code="partly",
                message=f"{path.name} holds {len(on_disk):,} of the {total:,} patches of its metadata.",
            )
        self.records = mark_mapped(on_disk, {k.removesuffix(MAP_SUFFIX) for k in there if k.endswith(MAP_SUFFIX)})
        first = self.records[0]
        held = {n for key in (first.id, first.s1_id) if key in there for n in tensor_names(self.path, str(key))}
        self.bands = tuple(b for b in bands if b in held)
        lacking = [b for b in wanted or () if b not in held]
        if lacking:
            raise DataError(f"The patches in {path} have no band {lacking[0]}, only {', '.join(sorted(held))}.")

    def read(self, record: Record, bands: Sequence[str]) -> Mapping[str, np.ndarray]:
        arrays: dict[str, np.ndarray] = {}
        of_s2, of_s1 = [b for b in bands if b not in S1], [b for b in bands if b in S1]
        if of_s2:
            arrays |= decode(self.path, record.id, of_s2, record.id)
        if of_s1:
            if record.s1_id is None:
                raise DataError(
                    f"Patch {record.id} has no band {of_s1[0]}: its Sentinel-1 partner is not in {self.path}."
                )
            arrays |= decode(self.path, record.s1_id, of_s1, record.id)
        return {b: arrays[b] for b in bands}

    def reference(self, record: Record) -> np.ndarray:
        if not record.mapped:
            raise DataError(f"Patch {record.id} has no reference map in {self.path}.")
        return decode(self.path, record.id + MAP_SUFFIX, [MAP_TENSOR], record.id)[MAP_TENSOR]


def write_store(folder: Path, samples: Iterable[Sample], overwrite: bool = False) -> int:
    """Write a store of ``samples``, one after the other; ``folder`` appears when all are in, or not at all.

    A sample is a Record, its bands by name, and its reference map or None. All samples have the same bands of
    Sentinel-2. Returns their count. Raises DataError for a sample that cannot be (duplicate id, wrong size or
    type), OutputError where ``folder`` exists or may not be written, StorageError where the disk is full.
    """
    with StoreWriter(folder, overwrite=overwrite) as writer:
        for record, bands, reference in samples:
            writer.add(record, bands, reference)
        return writer.finish()


class StoreWriter:
    """A store in the making, in a hidden folder beside ``folder``. A context manager; ``finish`` puts it in place.

    made_of   what it is made of, in a line. An unfinished store made of the same is continued (``has``); where it
              is empty, nothing is kept of a store that was not finished.
    """

    def __init__(self, folder: Path, made_of: str = "", overwrite: bool = False) -> None:
        self.folder, self.made_of = folder, made_of
        self.draft = folder.parent / f".{folder.name}.unfinished"
        if not overwrite and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError(f"{folder} exists already.", "Give another folder, or --overwrite to replace it.")
        self._records: dict[str, Record] = {}
        self._bands: frozenset[str] = frozenset()

    def __enter__(self) -> StoreWriter:
        with writing(self.folder):
            self.draft.mkdir(parents=True, exist_ok=True)
            self._lock = filelock.FileLock(self.draft / "lock", timeout=0)
            try:
                self._lock.acquire()
            except filelock.Timeout:
                raise OutputError(f"Another run is writing {self.folder}.", "Wait for it, or stop it.") from None
            note = self.draft / "made_of"
            if not self.made_of or not note.is_file() or note.read_text("utf-8") != self.made_of:
                shutil.rmtree(self.draft / LMDB, ignore_errors=True)
                note.write_text(self.made_of, "utf-8")
            self._appender: Appender | None = Appender(self.draft / LMDB)
            self._there = self._appender.keys()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._appender is not None:  # not finished
            if self.made_of:
                with writing(self.folder):
                    self._appender.flush()
            self._appender.close()
            self._lock.release()
            if not self.made_of or not (self._there or self._records):
                shutil.rmtree(self.draft, ignore_errors=True)

    def has(self, record: Record) -> bool:
        """Whether the pixels of ``record`` were written by an earlier run."""
        return record.id in self._there or (record.s1_id is not None and record.s1_id in self._there)

    def keep(self, record: Record) -> None:
        """Add a record that ``has`` its pixels."""
        if record.id in self._records:
            raise DataError(f"Two patches are called {record.id}.", "Each patch may stand in a store once.")
        self._records[record.id] = record

    def add(self, record: Record, bands: Mapping[str, np.ndarray], reference: np.ndarray | None = None) -> None:
        """Add one sample. Raises DataError, StorageError; see ``write_store``."""
        assert self._appender is not None, "finished"
        entries = list(self._entries(record, bands, reference))
        self.keep(record)
        with writing(self.folder):
            self._appender.put((key, encode(tensors)) for key, tensors in entries)

    def _entries(
        self, record: Record, bands: Mapping[str, np.ndarray], reference: np.ndarray | None
    ) -> Iterator[tuple[str, Mapping[str, np.ndarray]]]:
        for band, array in bands.items():
            check(array.shape, array.dtype.name, band, record.id, "as it was to be stored")
        of_s1 = {b: a for b, a in bands.items() if b in S1}
        of_s2 = {b: a for b, a in bands.items() if b not in S1}
        self._bands = self._bands or frozenset(of_s2)
        if self._bands != frozenset(of_s2):
            raise DataError(
                f"Patch {record.id} has the bands {sorted(of_s2)}, the patches before it {sorted(self._bands)}."
            )
        for key in (record.id, record.s1_id):
            if key is not None and not 0 < len(key.encode()) <= MAX_KEY - len(MAP_SUFFIX):
                raise DataError(f"A patch is called {key[:80]!r}…: too long for a store, or nothing.")
        if of_s1 and record.s1_id is None:
            raise DataError(f"Patch {record.id} has bands of Sentinel-1 but names no Sentinel-1 patch (s1_id).")
        if not bands:
            raise DataError(f"Patch {record.id} has no bands.")
        if of_s2:
            yield record.id, of_s2
        if record.s1_id is not None and of_s1:
            yield record.s1_id, of_s1
        if reference is not None:
            check(reference.shape, reference.dtype.name, REFERENCE_MAP, record.id, "as it was to be stored")
            yield record.id + MAP_SUFFIX, {MAP_TENSOR: reference}

    def finish(self, arrange: Callable[[list[Record]], Sequence[Record]] = list) -> int:
        """Put the store in place; the count of its patches. Raises DataError where it has none.

        arrange  has the last word on the records, when all are known: it may put them into splits
        """
        assert self._appender is not None, "finished"
        if not self._records:
            raise DataError(f"No patch is left to write into {self.folder}.")
        records = sorted(arrange(list(self._records.values())), key=lambda r: r.id)
        with writing(self.folder):
            self._appender.flush()
            self._appender.close()
            self._appender = None
            write_tables(records, self.draft)
            (self.draft / "made_of").unlink()
            self._lock.release()
            (self.draft / "lock").unlink(missing_ok=True)
            old = self.folder.with_name(f".{self.folder.name}.replaced")
            shutil.rmtree(old, ignore_errors=True)
            if self.folder.exists():
                self.folder.rename(old)
            self.draft.rename(self.folder)
            shutil.rmtree(old, ignore_errors=True)
        return len(self._records)
