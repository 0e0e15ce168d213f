"""The log of a scene: what its run said, a line each, with the time in UTC. Attempts follow one another."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

EVERY = 10.0  # seconds between two lines of progress


class SceneLog:
    """An ``Emit`` that appends to a file. Raises OSError where it cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._last = 0.0

    def __enter__(self) -> SceneLog:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "a", encoding="utf-8", errors="backslashreplace")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, type: str, **fields: Any) -> None:
        assert self._file is not None
        if type == "partial":
            return
        if type == "progress":
            if time.monotonic() - self._last < EVERY:
                return
            self._last = time.monotonic()
        self._file.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {type}: {' '.join(_words(type, fields).split())}\n")
        self._file.flush()


def _words(type: str, fields: Mapping[str, Any]) -> str:
    if type == "progress":  # what ``ben batch status`` shows of a running scene
        return f"{fields['done']:,} of {fields['total']:,} {fields['unit']}"
    text = fields.get("message") or fields.get("text")
    return str(text) if text else " ".join(f"{k}={v}" for k, v in fields.items())
