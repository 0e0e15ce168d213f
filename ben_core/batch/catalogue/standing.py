"""Whether the catalogue that stands is what would be made now: then nothing is made.

It is known by a hash of what it is made of, not by times: a scene that another run finished while the catalogue was
made is none of its scenes, however old its state file is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...products.journal import write_whole
from ..identity import code_hash, engine_facts, hash_of
from ..layout import Layout, failures, finished, read_json
from .answers import FINER_P

_FOLDERS = ("batch/catalogue", "zones")  # whose code decides its bytes, beside that of the engine


def made_of(layout: Layout, options: Mapping[str, Any]) -> str:
    """A hash of all that decides the catalogue's bytes: scenes, failures, options (plain JSON), engine.

    Files are looked at, not read: their contents stand in the state of the scenes, a damaged one has another size or time.
    """
    scenes = []
    for scene in finished(layout.out):
        read = {scene.item, scene.gpkg, *scene.rasters.values()}
        if FINER_P in scene.files:
            read.add(scene.files[FINER_P])
        scenes.append([scene.name, scene.sums, scene.acquired, scene.bbox, *map(_stat, sorted(read))])
    zones = Path(options["zones"]) if options["zones"] else None
    beside = [] if zones is None else _files_of(zones)
    failed = [[d.get(k) for k in ("name", "message", "hint")] for d in failures(layout)]  # not when it failed
    return hash_of([dict(engine_facts()), _code(), dict(options), *map(_stat, beside), scenes, failed])


def _files_of(zones: Path) -> list[Path]:
    """The files of a vector data set: a Shapefile is several, a FileGDB a folder; none where one cannot look (whoever
    reads it says so). Not by glob: brackets in a name are no pattern."""
    try:
        found = [p for p in zones.parent.iterdir() if p == zones or p.name.startswith(f"{zones.stem}.")]
        return sorted([*found, *(zones.iterdir() if zones.is_dir() else ())])
    except OSError:
        return []


@cache
def _code() -> str:
    root = Path(__file__).parents[2]
    return code_hash(p for folder in _FOLDERS for p in (root / folder).iterdir() if p.is_file())


def _stat(path: Path) -> tuple[str, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return path.name, status.st_size, status.st_mtime_ns


def keep_note(layout: Layout, key: str, told: Mapping[str, Any]) -> None:
    """Say what the catalogue that stands was made of, and what its builder told. Raises StorageError."""
    document = {"of": key, "files": _files(layout.catalogue), "told": dict(told)}
    write_whole(_note(layout), json.dumps(document, ensure_ascii=False).encode())


def forget_note(layout: Layout) -> None:
    """Before another catalogue takes its place: who dies between the two makes it again."""
    _note(layout).unlink(missing_ok=True)


def told_by(layout: Layout, key: str) -> dict[str, Any] | None:
    """What the builder of the catalogue told, where it was made of this and all its files are there; else None."""
    document = read_json(_note(layout))
    if document is None or document.get("of") != key or document["files"] != _files(layout.catalogue):
        return None
    told: dict[str, Any] = document["told"]
    return told


def _files(folder: Path) -> dict[str, list[int]]:
    found: Iterable[Path] = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): [p.stat().st_size, p.stat().st_mtime_ns] for p in found}


def _note(layout: Layout) -> Path:
    return layout.out / ".catalogue-made.json"
