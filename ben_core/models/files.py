"""Files of models: checksums and names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import ModelError, OutputError


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def check_stem(name: str) -> None:
    """ModelError where ``name`` cannot be the stem of a file name on every system."""
    if not name or name.startswith(".") or len(name) > 120 or any(c in name for c in '/\\:*?"<>|\0\n'):
        raise ModelError(f"A model cannot be named {name!r}.", "Use letters, digits, '-', '_' and '.'.")


def check_new(name: str, folder: Path, overwrite: bool) -> None:
    """ModelError where no model can have this name, OutputError where ``folder`` has one of it."""
    check_stem(name)
    if (folder / f"{name}.json").exists() and not overwrite:
        raise OutputError(
            f"There is a model {name!r} in {folder} already.", "Use --overwrite, or another name or folder."
        )
