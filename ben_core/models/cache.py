"""Where fetched models, and what else can be had again, lie on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "bigearthnet-mapper"


def cache_folder() -> Path:
    """``BEN_CACHE``, else this platform's folder for what can be fetched again."""
    if os.environ.get("BEN_CACHE"):
        return Path(os.environ["BEN_CACHE"])
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / _NAME / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / _NAME
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _NAME


def prepared_folder() -> Path:
    """Where the Sentinel-1 products lie that were prepared for ``ben map``; one folder each."""
    return cache_folder() / "s1"


def card_path(name: str) -> Path:
    """Where the card of the model with a registry's name lies once it was fetched or imported."""
    return cache_folder() / "models" / f"{name}.json"
