"""Models from files that somebody has: which family they are of, and where they go."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import JobError, ModelError
from .cache import cache_folder
from .files import check_stem
from .importers import torchgeo
from .registry import published

# What users write -> module in ``importers``
FAMILIES = {
    "reben": "reben",
    "tf-mm": "tf_mm",
    "tf-hub": "tf_hub",
    "sr-resnet50": "sr_resnet50",
    "torchgeo": "torchgeo",
}
_OURS = ("overwrite", "origin", "scores")  # arguments of an importer that are no business of users


def import_any(
    path: Path,
    name: str | None = None,
    folder: Path | None = None,
    *,
    family: str = "auto",
    options: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Path:
    """Convert what lies at ``path``; return the path of the new card.

    name     what the model is to be called, as in ``ben map --model NAME``; None: the file's name
    folder   where the card goes; None: the cache, where the name finds it
    options  further arguments of the family's ``import_model``, as text
    Raises JobError, ModelError, OutputError, StorageError.
    """
    if not path.exists() and not path.with_name(path.name + ".index").exists():
        raise ModelError(f"There is no {path}.")
    kind = family_of(path) if family == "auto" else family
    if kind not in FAMILIES:
        raise JobError(f"--family {kind!r} is unknown.", f"Known are: auto, {', '.join(FAMILIES)}.")
    name = name or path.resolve().name.removesuffix(path.suffix if path.is_file() else "")
    row = published().get(name)
    if row is not None and row.family != FAMILIES[kind]:
        raise JobError(f"{name} is of the family {row.family}, these files are {kind}.", "Give them another --name.")
    prefix, _, stem = name.rpartition("/")
    for part in (prefix, stem) if prefix else (stem,):
        check_stem(part)
    folder = folder if folder is not None else cache_folder() / "models" / prefix
    import_model = import_module(f".importers.{FAMILIES[kind]}", __package__).import_model
    card: Path = import_model(path, stem, folder, overwrite=overwrite, **_arguments(import_model, kind, options or {}))
    return card


def family_of(path: Path) -> str:
    """The family whose files lie at ``path``. Raises ModelError where it is not plain."""
    if path.suffix in (".json", ".onnx"):
        raise ModelError(
            f"{path.name} needs no import.",
            "A card, or an ONNX file with one inside, is used as it is: ben map --model PATH. An ONNX file "
            "without a card gets one from `ben models card`.",
        )
    if path.is_dir():
        if (path / "config.json").is_file() and (path / "model.safetensors").is_file():
            return "reben"
        if (path / "saved_model.pb").is_file():
            return "tf-hub"
        if any(path.glob("*.index")):
            return "tf-mm"
    elif path.suffix == ".index" or path.with_name(path.name + ".index").is_file():
        return "tf-mm"
    elif path.suffix in (".pth", ".pt"):
        if "sentinel" in path.name.lower() or torchgeo.named(path.stem):
            return "torchgeo"
        if any(word in path.name.lower() for word in ("classifier", "generator")):
            return "sr-resnet50"
    raise ModelError(f"What {path} holds is not plain from its name.", f"Say --family {', '.join(FAMILIES)}.")


def _arguments(import_model: Any, family: str, given: Mapping[str, str]) -> dict[str, Any]:
    """The text of options as the importer's arguments."""
    known = {
        p.name: str(p.annotation)
        for p in inspect.signature(import_model).parameters.values()
        if p.kind is p.KEYWORD_ONLY and p.name not in _OURS
    }
    values: dict[str, Any] = {}
    for key, text in given.items():
        if key not in known:
            flags = ", ".join("--" + k.replace("_", "-") for k in known)
            raise JobError(f"--{key.replace('_', '-')} is no option of the family {family}.", f"It has: {flags}.")
        try:
            values[key] = Path(text) if "Path" in known[key] else float(text) if "float" in known[key] else text
        except ValueError:
            raise JobError(f"--{key.replace('_', '-')} {text!r} is not a number.") from None
    return values
