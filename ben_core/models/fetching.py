"""A published model by name: fetched, verified, converted, on record.

Nobody has stated checksums of the published weights, and some were replaced under their names. So what
is fetched first is written down (commit and SHA-256), and the same is demanded ever after.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import filelock

from ..errors import DataError, JobError, ModelError, OutputError, reason
from ..events import Emit, silent
from ..storage import write_text, writing
from . import hub
from .cache import cache_folder, card_path
from .registry import Published, find


def fetch_model(
    name: str, *, source: str | None = None, repin: bool = False, overwrite: bool = False, emit: Emit = silent
) -> Path:
    """Fetch and convert the model; return the path of its card in the cache.

    source     a folder with the repository's files, or of repositories, instead of the hub
    repin      accept files that differ from those on record, and record them
    overwrite  fetch again what is here
    Raises ModelError, JobError, DataError, StorageError.
    """
    row = find(name)
    if row.repo is None:
        raise JobError(
            f"{name} is not on the hub; it is imported from files that you have.",
            f"Get them from {row.source}, then: ben models import PATH --name {name}.",
        )
    card = card_path(name)
    with writing(card):
        card.parent.mkdir(parents=True, exist_ok=True)
        try:
            alone = filelock.FileLock(f"{card}.lock", timeout=0).acquire()
        except filelock.Timeout:
            raise OutputError(
                f"{name} is being fetched by another process.", "Wait for it, then run this again."
            ) from None
    with alone:
        if card.is_file() and not (overwrite or repin):
            emit("step", name="here", text=f"{name} is here already: {card}")
            return card
        return _fetch(row, card, source, repin, emit)


def record_of(name: str) -> dict[str, Any] | None:
    """What was fetched under this name: repository, commit, files with SHA-256, endpoint, date."""
    path = _record_path(name)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return record if isinstance(record["files"], dict) else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as e:
        raise DataError(
            f"The record {path} cannot be read: {reason(e)}.", "Remove it to fetch without a record."
        ) from e


def _record_path(name: str) -> Path:
    return cache_folder() / "records" / f"{name}.json"


def _fetch(row: Published, card: Path, source: str | None, repin: bool, emit: Emit) -> Path:
    assert row.repo is not None
    record = None if repin else record_of(row.name)
    known = {**row.files, **(record["files"] if record else {})}
    downloads = cache_folder() / "downloads" / row.repo.rpartition("/")[2]
    place = source or hub.endpoint()
    local = hub.folder_of(place)
    got: dict[str, hub.Fetched] = {}
    revision = (record or {}).get("commit") or row.revision or "main"
    for file in row.files:
        emit("step", name="fetch", text=f"Fetching {row.repo} {file} from {place}")
        if local is not None:
            got[file] = hub.copy_file(_in_folder(local, row.repo, file), downloads, sha256=known[file])
        else:
            got[file] = hub.fetch_file(row.repo, revision, file, downloads, sha256=known[file], emit=emit)
            revision = got[file].commit or revision  # all files of one commit, whatever is uploaded meanwhile
    commit = next((f.commit for f in got.values() if f.commit), None)
    emit("step", name="convert", text="Converting the weights, and comparing ONNX with PyTorch")
    importer = import_module(f".importers.{row.family}", __package__)
    sha = got[max(got, key=lambda f: got[f].size)].sha256
    path: Path = importer.import_model(
        downloads,
        card.stem,
        card.parent,
        origin=f"Fetched from {row.repo}" + (f", commit {commit}" if commit else "") + f", weights SHA-256 {sha}",
        scores={k: {**v, "note": _note(row)} for k, v in row.scores.items()},
        overwrite=True,
    )
    _write_record(row, place, commit, got)
    shutil.rmtree(downloads, ignore_errors=True)
    if record is None:
        emit(
            "warning",
            code="first-fetch",
            message=f"Nobody has published a checksum of {row.repo}: what came now (SHA-256 {sha[:12]}…) is on record, "
            "and only the same will be accepted from now on.",
        )
    return path


def _note(row: Published) -> str:
    return "; ".join((row.scores_from, *row.caveats.values()))


def _in_folder(folder: Path, repo: str, file: str) -> Path:
    """Where a file lies: in a folder of repositories, or in the repository's own."""
    for place in (folder / repo, folder / repo.rpartition("/")[2], folder):
        if (place / file).is_file():
            return place / file
    raise ModelError(
        f"{folder} holds no {file} of {repo}.",
        f"Put the repository's files into {folder / repo.rpartition('/')[2]}, or name their folder.",
    )


def _write_record(row: Published, place: str, commit: str | None, got: dict[str, hub.Fetched]) -> None:
    record = {
        "repo": row.repo,
        "commit": commit,
        "files": {file: f.sha256 for file, f in got.items()},
        "from": place,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    write_text(_record_path(row.name), json.dumps(record, indent=1) + "\n")
