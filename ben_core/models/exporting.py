"""One ONNX file with the card inside, wherever the user wants it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..errors import JobError
from ..storage import check_free, replacing, writing
from .model import find_card, verify_weights


def export_model(name: str, target: Path, *, overwrite: bool = False) -> None:
    """Write the model ``name`` (see ``find_card``) to ``target``, whole or not at all.

    Raises ModelError, JobError, OutputError, StorageError.
    """
    if target.suffix != ".onnx":
        raise JobError(f"--onnx {target} does not end in .onnx.")
    check_free(target, overwrite)
    card = find_card(name)
    folder = card.folder or Path()
    stored = next((w for w in card.weights if w.runtime == "onnx" and w.precision == "fp32"), None)
    if stored is None:
        from .export import export_onnx
        from .torch_runtime import load_graph

        weights = next(w for w in card.weights if w.runtime == "torch")
        verify_weights(folder / weights.file, weights)
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            export_onnx(card, load_graph(card, folder / weights.file), target)
        return
    verify_weights(folder / stored.file, stored)
    with replacing(target) as f, open(folder / stored.file, "rb") as weights_file:
        shutil.copyfileobj(weights_file, f)
