"""Lists of scenes: one path a line, a table (CSV), or TOML with options for all and for each."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import DataError, JobError

LISTS = (".txt", ".csv", ".toml")


@dataclass(frozen=True)
class Entry:
    """One scene of a list: paths, fields of Job and of its 10 m map, and the place in the list in words."""

    scenes: tuple[str, ...]
    source: str
    options: Mapping[str, Any] = field(default_factory=dict)


def read_list(path: Path) -> list[Entry]:
    """The scenes of a list. Raises DataError where it cannot be read, JobError for values of the wrong kind.

    .txt    a path, glob or address a line; # begins a comment
    .csv    a header with ``scene`` and any options of a scene; several files of one scene are parted by ``;``
    .toml   options for all on top, a table ``[[scene]]`` a scene
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise DataError(f"The list {path} cannot be read: {e}.", "Save it as UTF-8 text.") from e
    entries = {".txt": _text, ".csv": _table, ".toml": _toml}[path.suffix.lower()](path, text)
    if not entries:
        raise DataError(f"The list {path} names no scene.", "One a line, or a row, or a table [[scene]].")
    return entries


def _text(path: Path, text: str) -> list[Entry]:
    lines = [(i, line.strip()) for i, line in enumerate(text.splitlines(), 1)]
    return [Entry((line,), f"{path}:{i}") for i, line in lines if line and not line.startswith("#")]


def _table(path: Path, text: str) -> list[Entry]:
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    if rows.fieldnames is None or ("scene" not in rows.fieldnames and "s1" not in rows.fieldnames):
        raise JobError(f"The table {path} has no column 'scene'.", "Its first row names the columns: scene,name,…")
    entries = []
    for row in rows:
        source = f"{path}:{rows.line_num}"
        if None in row:
            raise JobError(f"{source} has more cells than the first row has names.", 'Put cells with commas in "…".')
        options = {k: _value(k, v, source) for k, v in row.items() if k != "scene" and v}
        scenes = tuple(s.strip() for s in (row.get("scene") or "").split(";") if s.strip())
        if scenes or "s1" in options:
            entries.append(Entry(scenes, source, options))
    return entries


def _bands(text: str) -> dict[str, int | str]:
    pairs = (part.partition("=") for part in text.split(","))
    return {k.strip(): int(v) if v.strip().isdecimal() else v.strip() for k, _, v in pairs}


def _threshold(text: str) -> Any:
    return json.loads(text)  # 0.4, or {"Urban fabric": 0.3}


def _truth(text: str) -> bool:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]


_READ: Mapping[str, Callable[[str], Any]] = {
    **dict.fromkeys(("stride", "batch", "threads", "dense_stride"), int),
    **dict.fromkeys(("min_valid", "max_cloud", "max_snow", "scale", "offset", "height", "min_area"), float),
    **dict.fromkeys(("allow_l1c", "regions", "shared_convolution"), _truth),
    "scales": lambda text: [int(s) for s in text.replace(";", ",").split(",")],
    "bands": _bands,
    "threshold": _threshold,
    **dict.fromkeys(("s1", "orbit"), lambda text: [s.strip() for s in text.split(";") if s.strip()]),
}


def _value(column: str, text: str, source: str) -> Any:
    try:
        return _READ.get(column, str)(text.strip())
    except (ValueError, KeyError) as e:
        raise JobError(f"{source}: {column} is {text!r}, which it cannot be.") from e


def _toml(path: Path, text: str) -> list[Entry]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise DataError(f"The list {path} is no TOML: {e}.") from e
    scenes = document.pop("scene", [])
    if not isinstance(scenes, list) or not all(isinstance(s, dict) for s in scenes):
        raise JobError(f"In {path}, 'scene' is no list of tables.", 'Write [[scene]] and, below it, scene = "PATH".')
    entries = []
    for i, table in enumerate(scenes, 1):
        source = f"{path} [[scene]] {i}"
        options = {**document, **table}
        paths = options.pop("scene", [])
        paths = [paths] if isinstance(paths, str) else paths
        if not isinstance(paths, list) or not all(isinstance(p, str) and p for p in paths):
            raise JobError(f"{source}: scene is neither a path nor a list of paths.")
        if not paths and not options.get("s1"):
            raise JobError(f"{source} names no scene.", 'Give it: scene = "PATH".')
        entries.append(Entry(tuple(paths), source, options))
    return entries
