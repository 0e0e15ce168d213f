"""The output folder of a batch: where everything lies, and what is finished.

    OUT/batch.json               what made this folder: engine and models by hash, options for all scenes
    OUT/scenes/NAME/             the products of `ben map` for one scene
    OUT/state/NAME.done.json     written last: job hash, products with size and SHA-256, facts for the catalogue
    OUT/state/NAME.patches.json  where there is a 10 m map too: the same of the map of patches, which it begins with
    OUT/state/NAME.failed.json   why a scene could not be mapped, how often it was tried
    OUT/state/.scenes.json       how many scenes the last run's list had
    OUT/state/NAME.claim-N       somebody works on it (see ``claims``)
    OUT/logs/NAME.log            its events, a line each
    OUT/items/NAME.json          the STAC item of a scene that came out of a collection or a search
    OUT/catalogue/               what is made of all scenes together

A scene is done when its ``done.json`` is there and its products are those that it names.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..products.journal import write_whole
from .types import Finished

LAYOUT = 1
_RASTERS = ("classes", "labels", "probabilities", "unusual", "groups", "regions")
DONE = ".done.json"
FAILED = ".failed.json"


@dataclass(frozen=True)
class Layout:
    """Paths in an output folder."""

    out: Path

    @property
    def document(self) -> Path:
        return self.out / "batch.json"

    @property
    def total(self) -> Path:
        return self.state / ".scenes.json"

    @property
    def state(self) -> Path:
        return self.out / "state"

    @property
    def logs(self) -> Path:
        return self.out / "logs"

    @property
    def items(self) -> Path:
        return self.out / "items"

    @property
    def catalogue(self) -> Path:
        return self.out / "catalogue"

    @property
    def scenes(self) -> Path:
        return self.out / "scenes"

    def scene(self, name: str) -> Path:
        return self.scenes / name

    def done(self, name: str) -> Path:
        return self.state / (name + DONE)

    def failed(self, name: str) -> Path:
        return self.state / (name + FAILED)

    def patches(self, name: str) -> Path:
        return self.state / f"{name}.patches.json"

    def claim(self, name: str, number: int) -> Path:
        return self.state / f"{name}.claim-{number}"

    def drop_drafts(self, name: str) -> None:
        """Remove what a killed owner of a scene left half written of its state: for its next owner alone."""
        for path in (self.done(name), self.failed(name), self.patches(name)):
            for draft in self.state.glob(f"{glob.escape(path.name)}.*.tmp"):
                draft.unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@dataclass(frozen=True)
class Made:
    """Products of a scene (kind -> path), and its number of cells by status."""

    products: Mapping[str, Path]
    cells: Mapping[str, int]


def read_json(path: Path) -> dict[str, Any] | None:
    """A small JSON object; None where there is none, or a broken one."""
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def describe(files: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """kind -> file name, size, mtime and SHA-256 of products. Raises OSError."""
    found = {}
    for kind, path in files.items():
        with open(path, "rb") as f:
            digest = hashlib.file_digest(f, "sha256").hexdigest()
            status = os.fstat(f.fileno())
        found[kind] = {
            "file": path.name,
            "size": status.st_size,
            "mtime_ns": status.st_mtime_ns,
            "sha256": digest,
        }
    return found


def intact(folder: Path, products: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether all products are there as they were written; contents are read only where a file's time differs."""
    for told in products.values():
        path = folder / told["file"]
        try:
            status = path.stat()
            if status.st_size != told["size"]:
                return False
            if status.st_mtime_ns != told["mtime_ns"]:  # copied, or restored from a backup
                with open(path, "rb") as f:
                    if hashlib.file_digest(f, "sha256").hexdigest() != told["sha256"]:
                        return False
        except OSError:
            return False
    return True


def note_patches(layout: Layout, name: str, job: str, made: Made) -> None:
    """Say that the map of patches of a scene is there, whose 10 m map is begun now. Raises StorageError."""
    document = {"job": job, "cells": dict(made.cells), "products": describe(made.products)}
    write_whole(layout.patches(name), json.dumps(document, indent=1, ensure_ascii=False).encode())


def kept_patches(layout: Layout, name: str, job: str) -> Made | None:
    """The map of patches that an earlier run made by the same job, where all of it is there as it was written."""
    folder = layout.scene(name)
    for path in (layout.done(name), layout.patches(name)):
        document = _read_made(path)
        if document is not None and document["job"] == job and intact(folder, document["products"]):
            return Made({kind: folder / told["file"] for kind, told in document["products"].items()}, document["cells"])
    return None


_PRODUCT = {"file", "size", "mtime_ns", "sha256"}
_MADE = {"job", "cells", "products"}
_DONE = _MADE | {"layout", "name", "acquired", "crs", "bbox", "bounds"}


def _read_made(path: Path, keys: set[str] = _MADE) -> dict[str, Any] | None:
    """The document of ``note_patches`` or ``write_done``; None where there is none, or one that somebody broke."""
    document = read_json(path)
    if document is None or not keys <= document.keys() or not isinstance(products := document["products"], dict):
        return None
    return document if all(isinstance(p, dict) and p.keys() >= _PRODUCT for p in products.values()) else None


def read_done(layout: Layout, name: str) -> dict[str, Any] | None:
    """What ``write_done`` says of a scene; None where it is not done."""
    document = _read_made(layout.done(name), _DONE)
    return document if document is not None and document["layout"] == LAYOUT else None


def write_done(layout: Layout, name: str, job: str, files: Mapping[str, Path], cells: Mapping[str, int]) -> None:
    """Say that a scene is done: the last thing that happens to it. Raises StorageError."""
    item = json.loads(files["item"].read_bytes())
    p = item["properties"]
    document = {
        "layout": LAYOUT,
        "name": name,
        "job": job,
        "acquired": p.get("datetime"),
        "crs": p.get("proj:code") or p.get("proj:wkt2"),
        "bbox": item["bbox"],
        "bounds": p["proj:bbox"],
        "cells": dict(cells),
        "products": describe(files),
    }
    write_whole(layout.done(name), json.dumps(document, indent=1, ensure_ascii=False).encode())
    layout.failed(name).unlink(missing_ok=True)


def names(layout: Layout, ending: str = DONE) -> list[str]:
    """Names with a state file of one kind, sorted."""
    try:
        with os.scandir(layout.state) as entries:
            return sorted(e.name.removesuffix(ending) for e in entries if e.name.endswith(ending))
    except FileNotFoundError:
        return []


def read_failure(layout: Layout, name: str) -> dict[str, Any] | None:
    """The document of a scene that failed; None where there is none. One that somebody broke tells no reason."""
    path = layout.failed(name)
    if not path.exists():
        return None
    return {"name": name, "message": "No reason was told.", "hint": "", **(read_json(path) or {})}


def failures(layout: Layout) -> Iterator[dict[str, Any]]:
    """The documents of the scenes that failed, by name."""
    return (found for name in names(layout, FAILED) if (found := read_failure(layout, name)) is not None)


def finished(out: Path | str) -> list[Finished]:
    """Every scene that is done, by name. Reads the state files only: some 10,000 a second."""
    layout = Layout(Path(out))
    found = []
    for name in names(layout):
        document = read_done(layout, name)
        if document is not None:
            found.append(_finished(layout, document))
    return found


def _finished(layout: Layout, document: Mapping[str, Any]) -> Finished:
    name, products = document["name"], document["products"]
    folder = layout.scene(name)
    files = {kind: folder / told["file"] for kind, told in products.items()}
    sums = hashlib.sha256("\n".join(f"{p['file']} {p['sha256']}" for p in products.values()).encode()).hexdigest()
    return Finished(
        name=name,
        folder=folder,
        item=files["item"],
        gpkg=files["gpkg"],
        rasters={kind: files[kind] for kind in _RASTERS if kind in files},
        files=files,
        acquired=document["acquired"],
        crs=document["crs"],
        bbox=tuple(document["bbox"]),
        bounds=tuple(document["bounds"]),
        cells=document["cells"],
        sums=sums,
    )
