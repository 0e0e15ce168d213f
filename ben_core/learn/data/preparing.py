"""``ben splits``: the patches of some lists of BigEarthNet v1 or MM, read, checked and written for training."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from ...clock import Progress
from ...errors import Cancelled, DataError, JobError, OutputError, StorageError
from ...events import Emit, silent
from ...machine import cores, require_disk
from ...nomenclature import ORDER_ORIGINAL
from ...storage import write_text, writing
from ..types import Record
from .ahead import ahead
from .label_json import add_labels, read_only
from .lists import SPLIT_OF_NAME
from .pairing import Pair, load, read_lists_of_pairs
from .store import StoreWriter
from .tfrecord import Feature, TFRecordWriter, encode_example

LIBRARIES = ("tensorflow", "pytorch", "lmdb")  # the last two are one form
ON_ERROR = ("stop", "skip")
BROKEN = "broken_patches.csv"
_BYTES = 290_000  # a patch of both sensors, in either form (measured: 277,000 as LMDB, 283,000 as TFRecord)


T = TypeVar("T")


@dataclass(frozen=True)
class SplitsJob:
    """What to prepare. ``lists``: CSV files, one a split, named after it. See ``ben splits --help`` for the rest."""

    s2: Path
    s1: Path | None
    out: Path
    lists: tuple[Path, ...]
    library: str = "lmdb"
    update_json: bool = False
    on_error: str = "stop"
    dry_run: bool = False
    overwrite: bool = False
    threads: int = 0


@dataclass
class Prepared:
    """What came of it. ``written``: patches a split; ``broken``: (split, patch, what is wrong)."""

    written: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    broken: list[tuple[str, str, str]] = field(default_factory=list)
    without_label: int = 0
    updated: int = 0


def prepare_splits(job: SplitsJob, emit: Emit = silent, stop: Callable[[], bool] = lambda: False) -> Prepared:
    """Do the job. Outputs appear whole or not at all.

    Raises JobError where the job contradicts itself, OutputError, StorageError, Cancelled, and DataError: for a list
    that is wrong, for the first patch that is missing or broken (on_error "stop"), or where none is left.
    """
    if job.library not in LIBRARIES or job.on_error not in ON_ERROR:
        raise JobError(f"--library {job.library} or --on-error {job.on_error} is not known.")
    for folder in (job.s2, job.s1):
        if folder is not None and not folder.is_dir():
            raise DataError(f"There is no folder {folder}.", "Give the folder that holds the folders of the patches.")
    known = None if job.library == "tensorflow" else SPLIT_OF_NAME
    pairs = read_lists_of_pairs(job.lists, job.s1, emit, known)
    total = sum(map(len, pairs.values()))
    _check_output(job, total, pairs)
    result = Prepared()
    write = _look if job.dry_run else _to_tfrecords if job.library == "tensorflow" else _to_store
    doing = "Looking at" if job.dry_run else "Preparing"
    emit("step", name="write", text=f"{doing} {total:,} patches of {len(pairs)} lists")
    try:
        write(job, pairs, result, Progress(emit, total, 0), stop)
        if not sum(result.written.values()):
            raise DataError(f"None of the {total:,} patches can be read: {result.broken[0][2]}")
        if job.update_json and not job.dry_run:
            emit("step", name="json", text="Writing the 19-class labels into the patches' metadata")
            _update_json(job, pairs, result, Progress(emit, total, 0), stop)
    finally:
        if result.broken and job.out.is_dir() and not job.dry_run:
            result.files.append(str(_write_broken(job.out / BROKEN, result.broken)))
    if result.without_label:
        emit("warning", code="no_label", message=f"{result.without_label:,} patches have none of the 19 classes.")
    return result


def _check_output(job: SplitsJob, total: int, pairs: Mapping[str, object]) -> None:
    """What would fail after hours fails now."""
    if job.library == "tensorflow":
        for split in pairs:
            if _tfrecord(job, split).exists() and not (job.overwrite or job.dry_run):
                raise OutputError(f"{_tfrecord(job, split)} exists already.", "Give another folder, or --overwrite.")
    elif job.out.exists() and not (job.overwrite or job.dry_run) and (not job.out.is_dir() or any(job.out.iterdir())):
        raise OutputError(f"{job.out} exists already.", "Give another folder, or --overwrite to replace it.")
    for folder in (job.s2, job.s1):
        if job.update_json and folder is not None and not os.access(folder, os.W_OK):
            raise read_only(folder)
    if not job.dry_run:
        require_disk(
            total * _BYTES, job.out, f"{total:,} patches need about", "Give an output folder on a larger disk."
        )


def example_of(record: Record, bands: Mapping[str, np.ndarray]) -> bytes:
    """The tf.train.Example of prep_splits_19_classes.py."""
    labels = [name for name in ORDER_ORIGINAL if name in (record.labels or ())]
    features: dict[str, Feature] = {
        **bands,
        "BigEarthNet-19_labels": labels,
        "BigEarthNet-19_labels_multi_hot": np.array([name in labels for name in ORDER_ORIGINAL], np.uint8),
        "patch_name_s2": [record.id],
    }
    if record.s1_id is not None:
        features["patch_name_s1"] = [record.s1_id]
    return encode_example(features)


def _to_tfrecords(
    job: SplitsJob, pairs: Mapping[str, list[Pair]], result: Prepared, progress: Progress, stop: Callable[[], bool]
) -> None:
    for split, rows in pairs.items():
        path = _tfrecord(job, split)
        with writing(path):
            job.out.mkdir(parents=True, exist_ok=True)
            with TFRecordWriter(path) as writer:
                made = _each(job, rows, lambda p: _made(job, p), result, progress, stop)
                for record, example in made:
                    writer.write(example)
                    _count(record, split, result)
                if not writer.count:
                    raise DataError(
                        f"None of the {len(rows):,} patches of {split} can be read: {result.broken[-1][2]}",
                        f"{BROKEN} lists them; leave the list out, or mend the archive.",
                    )
        result.files.append(str(path))


def _made(job: SplitsJob, pair: Pair) -> tuple[Record, bytes]:
    record, bands = load(pair, job.s2, job.s1)
    return record, example_of(record, bands)


def _to_store(
    job: SplitsJob, pairs: Mapping[str, list[Pair]], result: Prepared, progress: Progress, stop: Callable[[], bool]
) -> None:
    rows = [pair for of in pairs.values() for pair in of]
    with StoreWriter(job.out, _made_of(job, rows), job.overwrite) as writer:

        def of(pair: Pair) -> tuple[Record, dict[str, np.ndarray]]:
            record, _ = load(pair, job.s2, job.s1, pixels=False)
            return (record, {}) if writer.has(record) else load(pair, job.s2, job.s1)

        for record, bands in _each(job, rows, of, result, progress, stop):
            if bands:
                writer.add(record, bands)
            else:
                writer.keep(record)
            _count(record, str(record.split), result)
        if result.written:
            writer.finish()
            result.files += [str(job.out)]


def _look(
    job: SplitsJob, pairs: Mapping[str, list[Pair]], result: Prepared, progress: Progress, stop: Callable[[], bool]
) -> None:
    job = replace(job, on_error="skip")
    rows = [pair for of in pairs.values() for pair in of]
    for split, record in _each(
        job, rows, lambda p: (p.split, load(p, job.s2, job.s1, pixels=False)[0]), result, progress, stop
    ):
        _count(record, split, result)


def _update_json(
    job: SplitsJob, pairs: Mapping[str, list[Pair]], result: Prepared, progress: Progress, stop: Callable[[], bool]
) -> None:
    broken = {patch for _, patch, _ in result.broken}

    def of(pair: Pair) -> int:
        folders = [job.s2 / pair.s2] + ([job.s1 / pair.s1] if job.s1 is not None and pair.s1 else [])
        return sum(add_labels(folder) for folder in folders)

    rows = [p for of in pairs.values() for p in of if p.s2 not in broken]
    result.updated = sum(_each(job, rows, of, result, progress, stop))


def _each(
    job: SplitsJob,
    pairs: Iterable[Pair],
    do: Callable[[Pair], T],
    result: Prepared,
    progress: Progress,
    stop: Callable[[], bool],
) -> Iterator[T]:
    """What ``do`` makes of each pair, in order, some of them ahead on other threads; broken ones as asked."""
    for pair, future in ahead(pairs, do, job.threads or cores()):
        if stop():
            raise Cancelled("The run was stopped.", "Run the same command again; a store goes on where it stopped.")
        try:
            made = future.result()
        except StorageError:
            raise
        except DataError as e:
            if job.on_error == "stop":
                raise
            result.broken.append((pair.split, pair.s2, e.message))
        else:
            yield made
        progress.add(1)


def _count(record: Record, split: str, result: Prepared) -> None:
    result.written[split] = result.written.get(split, 0) + 1
    result.without_label += record.labels == ()


def _made_of(job: SplitsJob, rows: list[Pair]) -> str:
    names = hashlib.sha256("\n".join(f"{p.split},{p.s2},{p.s1}" for p in rows).encode()).hexdigest()
    return json.dumps([str(job.s2.resolve()), str(job.s1 and job.s1.resolve()), names])


def _tfrecord(job: SplitsJob, split: str) -> Path:
    return job.out / f"{split}.tfrecord"


def _write_broken(path: Path, broken: list[tuple[str, str, str]]) -> Path:
    table = io.StringIO()
    csv.writer(table).writerows([("split", "patch", "what is wrong"), *broken])
    write_text(path, table.getvalue())
    return path
