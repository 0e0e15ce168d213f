"""Who maps, by hash: the engine's code and the models' weights. Runners that differ must not share an output folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from ..errors import JobError
from ..job import Job
from ..models import find_card
from ..models.registry import AUTO, EMBEDDED, EMBEDDED_MODELS, published
from ..models.runtime import place
from ..scene.remote import is_remote
from ..version import __version__

# Whatever decides the bytes of the products; the command line, learning and the batch runner itself do not.
_PARTS = ("scene", "patches", "models", "products", "embedded")
_MODULES = ("mapping.py", "plan.py", "job.py", "nomenclature.py", "provenance.py", "version.py")
_RUNTIMES = {"onnx": "onnxruntime", "torch": "torch"}
# Of a Job: where things lie and how many threads work decides no byte. The model stands in ``model_facts``.
_INDIFFERENT = (
    "scene",
    "s1",
    "out",
    "overwrite",
    "threads",
    "model",
    "runtime",
    "device",
    "precision",
    "aoi",
    "regroup",
)


def hash_of(facts: Any) -> str:
    """SHA-256 (hex) of plain JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


@cache
def engine_facts() -> Mapping[str, str]:
    """The engine: its version, a hash of its code, and the libraries that compute and write."""
    root = Path(__file__).parents[1]
    files = [root / name for name in _MODULES]
    for part in _PARTS:
        files += [p for p in (root / part).rglob("*") if p.suffix in (".py", ".json", ".css", ".js", ".html", ".qml")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return {
        "version": __version__,
        "code": digest.hexdigest()[:16],
        "numpy": np.__version__,
        "GDAL": rasterio.__gdal_version__,
    }


def model_facts(job: Job) -> Mapping[str, str]:
    """The models that a job may use, each with hash and place: "onnx 1.31.1 on cpu in fp32". Raises JobError, ModelError.

    "embedded" and "auto" choose by a scene's bands: all candidates count.
    """
    return dict(_model_facts(job.model, job.runtime, job.device, job.precision))


@cache
def _model_facts(model: str, runtime: str, device: str, precision: str) -> tuple[tuple[str, str], ...]:
    candidates: Iterable[str] = {
        EMBEDDED: EMBEDDED_MODELS,
        AUTO: (*EMBEDDED_MODELS, *(r.name for r in published().values() if r.cached and not r.features_only)),
    }.get(model, (model,))
    found = []
    for name in candidates:
        card = find_card(name)
        where, weights = place(card, runtime, device, precision)
        library = _RUNTIMES[where.runtime]
        try:
            library += " " + version(library)
        except PackageNotFoundError:  # onnxruntime-gpu is the same library under another name
            library += " " + version(library + "-gpu")
        # Which one of several equal devices does not matter.
        kind = where.device.partition(":")[0]
        digest = hash_of([card.to_json(weights=False), weights.sha256])[:16]
        found.append((card.name, f"{digest}, {library} on {kind} in {where.precision}"))
    return tuple(found)


def job_key(job: Job, engine: str, state: Any) -> str:
    """What decides a scene's products: engine, model, options, and the state of its files (see ``source_state``)."""
    options = {k: v for k, v in job.to_dict().items() if k not in _INDIFFERENT}
    beside = {name: _content(getattr(job, name)) for name in ("aoi", "regroup")}
    return hash_of([engine, model_facts(job), options, beside, state])


def _content(text: str | None) -> str | None:
    """A file's hash where a text names one, else the text."""
    if text is None:
        return None
    path = Path(text)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else text
    except OSError:  # as long as a WKT may be
        return text


def source_state(paths: Iterable[str]) -> list[Any]:
    """Name, size and time of every file of a scene, without opening one; what is missing has neither.

    A STAC item in a file of its own counts by its content: it is written anew whenever its collection is read.
    """
    found: list[Any] = []
    for text in paths:
        place, mark, item = text.rpartition("#")
        path = Path(place if mark and not Path(text).exists() and Path(place).exists() else text)
        if is_remote(text):
            found.append(text)
        elif path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
            found.append([path.name, [[p.relative_to(path).as_posix(), *_stat(p)] for p in files]])
        elif path.suffix == ".json" and str(path) == text:
            found.append([path.name, _content(text)])
        else:
            found.append([path.name, item if str(path) != text else None, *_stat(path)])
    return found


def _stat(path: Path) -> tuple[int | None, int | None]:
    try:
        status = path.stat()
    except OSError:
        return None, None
    return status.st_size, status.st_mtime_ns


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What differs, in words: "version 0.1.0 here, 0.2.0 there; …"; empty where nothing does."""
    keys = [k for k in dict.fromkeys((*theirs, *ours)) if k in ours and k in theirs and ours[k] != theirs[k]]
    return "; ".join(f"{k} is {ours[k]} here and {theirs[k]} there" for k in keys)


def refused(where: str, words: str) -> JobError:
    return JobError(
        f"{where} was made by another engine or other weights: {words}.",
        "Use the engine that made it, give another --out, or map everything again with --overwrite.",
        "other-engine",
    )
