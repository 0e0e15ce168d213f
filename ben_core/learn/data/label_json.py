"""The 19-class labels written into the metadata files of BigEarthNet v1 patches."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ...errors import OutputError
from ...nomenclature import classes_of_labels_43
from ...storage import replacing
from .version1 import labels_43, metadata_file, parse_metadata

KEY = "BigEarthNet_19_labels"  # as prep_splits_19_classes.py spells it; the TFRecord feature has a hyphen


def add_labels(folder: Path) -> bool:
    """Add the 19-class labels of the patch in ``folder`` to its metadata file; False where they stand there already.

    Every other key keeps its place and value, and so does text behind the JSON object. The file is replaced whole or
    not at all. Raises DataError, OutputError where the folder may not be written, StorageError where the disk is full.
    """
    path = metadata_file(folder)
    text = path.read_text(encoding="utf-8")
    told, behind = parse_metadata(text, path)
    labels = list(classes_of_labels_43(labels_43(told, path)))
    if told.get(KEY) == labels:
        return False
    told[KEY] = labels
    try:
        with replacing(path) as file:
            file.write((json.dumps(told, ensure_ascii=text.isascii()) + behind).encode())
            shutil.copymode(path, file.name)
    except OutputError as e:
        raise read_only(folder) from e
    return True


def read_only(folder: Path) -> OutputError:
    return OutputError(
        f"--update_json cannot write into {folder}.",
        "Make the archive writable, or leave --update_json out: the labels stand in the output anyway.",
    )
