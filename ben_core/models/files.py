"""Files of models: checksums and names."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..errors import ModelError


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises OSError."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def check_stem(name: str) -> None:
    """ModelError where ``name`` cannot be the stem of a file name on every system."""
    if not name or name.startswith(".") or len(name) > 120 or any(c in name for c in '/\\:*?"<>|\0\n'):
        raise ModelError(f"A model cannot be named {name!r}.", "Use letters, digits, '-', '_' and '.'.")
