"""A model as a folder for the Hugging Face hub, whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...errors import ModelError, OutputError
from ...models import ModelCard
from ...models.files import check_stem, sha256_of
from ...models.model import verify_weights
from ...storage import writing
from ..evaluate.evaluation import Evaluation
from . import config_ilm
from .example import Example
from .readme import readme

# What the hub stores outside of git.
_ATTRIBUTES = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n*.onnx filter=lfs diff=lfs merge=lfs -text\n"


def write_folder(
    card: ModelCard,
    out: Path,
    *,
    recipe: Mapping[str, Any] | None = None,
    evaluation: Evaluation | None = None,
    example: Example | None = None,
    repository: str = "",
    overwrite: bool = False,
) -> dict[str, Path]:
    """Write README.md, config.json, model.safetensors, NAME.json (STAC MLM), NAME.onnx and example.png; kind -> path.

    Where ConfigILM can load the network (``config_ilm.why_not``), config.json and model.safetensors are in its form;
    else config.json is left out, and model.safetensors holds the network's own names. ``repository`` is the name
    that the text tells people to load ("ORG/NAME"; default: the folder's own name).
    Raises ModelError, OutputError, StorageError.
    """
    check_stem(card.name)
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already.", "Use --overwrite (other files in it stay), or another --out.")
    repository = repository or out.name
    source = card.folder or Path()
    torch_weights = next((w for w in card.weights if w.runtime == "torch"), None)
    onnx = next((w for w in card.weights if w.runtime == "onnx" and w.precision == "fp32"), None)
    if torch_weights is None or onnx is None:
        raise ModelError(
            f"Model {card.name!r} has no {'safetensors' if torch_weights is None else 'ONNX'} weights to publish.",
            "Import or train it with this tool, which writes both.",
        )
    for w in (torch_weights, onnx):
        verify_weights(source / w.file, w)
    fits = config_ilm.why_not(card) is None
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".ben-card-", dir=out.parent))
        try:
            tensors = draft / "model.safetensors"
            if fits:
                _write_state(card, source / torch_weights.file, tensors)
                (draft / "config.json").write_text(_json(config_ilm.config(card, recipe or {})), encoding="utf-8")
            else:
                shutil.copyfile(source / torch_weights.file, tensors)
            shutil.copyfile(source / onnx.file, draft / f"{card.name}.onnx")
            kept = [replace(onnx, file=f"{card.name}.onnx")]
            if not fits:
                kept.append(replace(torch_weights, file=tensors.name, sha256=sha256_of(tensors)))
            (draft / f"{card.name}.json").write_text(replace(card, weights=tuple(kept)).to_json(), encoding="utf-8")
            if example and example.picture:
                example.picture.save(draft / "example.png", optimize=True)
            (draft / "README.md").write_text(
                readme(card, recipe or {}, evaluation, example, repository), encoding="utf-8"
            )
            (draft / ".gitattributes").write_text(_ATTRIBUTES, encoding="utf-8")
            if out.exists():  # perhaps a git clone of the hub's repository: what is not ours stays
                for name in sorted(f.name for f in draft.iterdir()):
                    (draft / name).replace(out / name)
            else:
                draft.chmod(0o755)  # mkdtemp makes it for the owner alone
                draft.rename(out)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    names = {
        "readme": "README.md",
        "config": "config.json",
        "weights": "model.safetensors",
        "onnx": f"{card.name}.onnx",
        "card": f"{card.name}.json",
        "example": "example.png",
    }
    return {kind: out / name for kind, name in names.items() if (out / name).exists()}


def _write_state(card: ModelCard, source: Path, target: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    from ...models.strict import read_state

    try:
        save_file(config_ilm.state(card, read_state(source)), target, metadata={"format": "pt"})
    except SafetensorError as e:
        raise OSError(str(e)) from e


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
