"""Who maps, by hash: the engine's code and the models' weights. Runners that differ must not share an output folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from ..errors import BenError, JobError
from ..job import Job
from ..models import find_card
from ..models.registry import AUTO, EMBEDDED, EMBEDDED_MODELS, published
from ..models.runtime import place
from ..regions.options import RegionOptions
from ..scene.remote import is_remote
from ..scene.stac_item import Item
from ..version import __version__

# Whatever decides the bytes of the products; the command line, learning and the batch runner itself do not.
_PARTS = ("run", "scene", "patches", "models", "products", "embedded", "regions")
_MODULES = ("mapping.py", "job.py", "nomenclature.py", "version.py")
# What computes 10 m maps: it decides no map of patches, and is compared only where both sides have it.
_SEGMENTING = ("scipy", "scikit-image")
_RUNTIMES = {"onnx": "onnxruntime", "torch": "torch"}
# Of a Job: where things lie, how many threads work and how many patches go together decides no byte. The model stands in ``model_facts``.
_INDIFFERENT = (
    "batch",
    "scene",
    "s1",
    "out",
    "overwrite",
    "threads",
    "model",
    "fallback_model",
    "runtime",
    "device",
    "precision",
    "aoi",
    "regroup",
    "dem",
    "geoid",
    "orbit",
)


def hash_of(facts: Any) -> str:
    """SHA-256 (hex) of plain JSON."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def code_hash(files: Iterable[Path]) -> str:
    """16 hex digits of files of the engine, by their place in it and their content, whatever ends their lines."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()[:16]


@cache
def engine_facts() -> Mapping[str, str]:
    """The engine: its version, a hash of its code, and the libraries that compute and write."""
    root = Path(__file__).parents[1]
    files = [root / name for name in _MODULES]
    for part in _PARTS:
        files += [p for p in (root / part).rglob("*") if p.suffix in (".py", ".json", ".css", ".js", ".html", ".qml")]
    return {
        "version": __version__,
        "code": code_hash(files),
        "numpy": np.__version__,
        "GDAL": rasterio.__gdal_version__,
        **{name: found for name in _SEGMENTING if (found := _version(name))},
    }


def combination(job: Job) -> str:
    """What a job asks of its models and their place, as one text."""
    spare = (f"else {job.fallback_model}",) if job.fallback_model else ()
    return " ".join((job.model, job.runtime, job.device, job.precision, *spare))


@dataclass(frozen=True)
class Identity:
    """Who maps.

    engine   see ``engine_facts``
    models   what is asked for (``combination``) -> model -> its hash and place: "…, onnxruntime 1.31.1 on cpu in fp32"
    """

    engine: Mapping[str, str]
    models: Mapping[str, Mapping[str, str]]

    def to_dict(self) -> dict[str, Any]:
        return {"engine": dict(self.engine), "models": {k: dict(v) for k, v in self.models.items()}}

    def differs(self, other: Identity | Mapping[str, Any]) -> str:
        """What differs from another one, in words; what only one of them knows does not count."""
        theirs = other.to_dict() if isinstance(other, Identity) else other
        pairs = [(self.engine, theirs["engine"])]
        pairs += [(self.models[k], theirs["models"][k]) for k in self.models if k in theirs["models"]]
        return "; ".join(w for ours, them in pairs if (w := differences(ours, them)))


def identity_here(jobs: Iterable[Job]) -> Identity:
    """Of this process. Raises JobError, ModelError where a model cannot run here."""
    return Identity(engine_facts(), {combination(job): model_facts(job) for job in distinct(jobs)})


def distinct(jobs: Iterable[Job]) -> list[Job]:
    """One job of each ``combination``."""
    return list({combination(job): job for job in jobs}.values())


def model_facts(job: Job) -> Mapping[str, str]:
    """The models that a job may use, each with hash and place. Raises JobError, ModelError.

    "embedded" and "auto" choose by a scene's bands: all candidates count.
    """
    candidates = [*_candidates(job.model), *(_candidates(job.fallback_model) if job.fallback_model else ())]
    found = {}
    for name in dict.fromkeys(candidates):
        card = find_card(name)
        where, weights = place(card, job.runtime, job.device, job.precision)
        library = _RUNTIMES[where.runtime]
        library += " " + (_version(library) or version(library + "-gpu"))  # the same one under another name
        # Which one of several equal devices does not matter.
        kind = where.device.partition(":")[0]
        digest = hash_of([card.to_json(weights=False), weights.sha256])[:16]
        found[card.name] = f"{digest}, {library} on {kind} in {where.precision}"
    return found


def _candidates(name: str) -> Iterable[str]:
    """The models that a name may come to, by a scene's bands."""
    if name == AUTO:
        return (*EMBEDDED_MODELS, *(r.name for r in published().values() if r.cached and not r.features_only))
    return EMBEDDED_MODELS if name == EMBEDDED else (name,)


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def job_key(job: Job, identity: Identity) -> str:
    """What decides a scene's map of patches: engine, models, options, and the state of its files."""
    options = {k: v for k, v in job.to_dict().items() if k not in _INDIFFERENT}
    beside = {name: _content(getattr(job, name)) for name in ("aoi", "regroup")}
    beside["fallback_model"] = job.fallback_model and Path(job.fallback_model).name  # which of the models is which
    state = source_state((*job.scene, *job.s1, *filter(None, (job.dem, job.geoid)), *job.orbit))
    models = dict(identity.models[combination(job)])
    engine = {k: v for k, v in identity.engine.items() if k not in _SEGMENTING}
    return hash_of([engine, models, options, beside, state])


def finer_key(patches: str, regions: RegionOptions | None, identity: Identity) -> str:
    """What decides all products of a scene: the key of its map of patches, and how its 10 m map is made, by what."""
    if regions is None:
        return patches
    by = {k: identity.engine.get(k) for k in _SEGMENTING}
    if regions.shared:  # PyTorch, whatever runs the model elsewhere
        by["torch"] = _version("torch")
    return hash_of([patches, asdict(regions), by])


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

    A STAC item in a file of its own counts by its content (it is written anew whenever its collection is read), and by
    the files on this disk that it refers to.
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
            found.append([path.name, _content(text), [[p.name, *_stat(p)] for p in _assets_of(path)]])
        else:
            found.append([path.name, item if str(path) != text else None, *_stat(path)])
    return found


def _assets_of(path: Path) -> list[Path]:
    """The files on this disk that a STAC item refers to; what is wrong with it is said when it is opened."""
    try:
        item = Item(json.loads(path.read_bytes()), str(path))
        hrefs = [asset["href"] for _, asset in sorted(item.assets.items())]
        return [Path(item.address(href)) for href in hrefs if not is_remote(href)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, BenError):
        return []


def _stat(path: Path) -> tuple[int | None, int | None]:
    try:
        status = path.stat()
    except OSError:
        return None, None
    return status.st_size, status.st_mtime_ns


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """What differs, in words: "version is 0.1.0 here and 0.2.0 there; …"; empty where nothing does."""
    keys = [k for k in dict.fromkeys((*theirs, *ours)) if k in ours and k in theirs and ours[k] != theirs[k]]
    return "; ".join(f"{k} is {ours[k]} here and {theirs[k]} there" for k in keys)


def refused(where: str, words: str) -> JobError:
    return JobError(
        f"{where} was made by another engine or other weights: {words}.",
        "Use the engine that made it, give another --out, or map everything again with --overwrite.",
        "other-engine",
    )
