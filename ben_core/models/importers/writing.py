"""A converted model on disk: weights for both runtimes and the card, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...storage import writing
from ..card import ModelCard, Weights
from ..files import check_new, sha256_of

if TYPE_CHECKING:
    from ..networks.base import Network


def write_model(card: ModelCard, network: Network, folder: Path, *, overwrite: bool = False) -> Path:
    """Write ``card.name``.safetensors, .onnx and .json into ``folder``; return the path of the last.

    ``card.weights`` is replaced by what is written. The files are made in a folder of their own and moved
    into place, the card last: a run that dies leaves no card without its weights. Raises ModelError where
    the network cannot be exported or the name is none, OutputError where a card exists or the folder cannot
    be written, StorageError where the disk fails.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    from ..export import export_onnx
    from ..preprocess import Graph

    check_new(card.name, folder, overwrite)
    network = network.eval()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ben-import-", dir=folder, ignore_cleanup_errors=True) as draft:
            safetensors, onnx = (Path(draft) / f"{card.name}{suffix}" for suffix in (".safetensors", ".onnx"))
            state = {
                k: v.detach().to("cpu", torch.float32 if v.is_floating_point() else None).contiguous()
                for k, v in network.state_dict().items()
            }
            try:
                save_file(state, safetensors)
            except SafetensorError as e:
                raise OSError(str(e)) from e
            export_onnx(card, Graph(card, network).eval(), onnx)
            safetensors.chmod(onnx.stat().st_mode)  # its library writes for the owner alone
            weights = (
                Weights(onnx.name, "onnx", "fp32", sha256_of(onnx)),
                Weights(safetensors.name, "torch", "fp32", sha256_of(safetensors)),
            )
            return move_into(replace(card, weights=weights, folder=None), Path(draft), folder)


def move_into(card: ModelCard, draft: Path, folder: Path, made: Sequence[Weights] | None = None) -> Path:
    """Write the card into ``draft``, where its weights lie, and move all of it into ``folder``, the card last.

    made   the weights that lie in ``draft`` where others of the card are in ``folder`` already; None: all
    """
    path = draft / f"{card.name}.json"
    path.write_text(card.to_json(), encoding="utf-8")
    names = [w.file for w in (card.weights if made is None else made)] + [path.name]
    for name in names:
        with open(draft / name, "r+b") as f:  # fsync wants a writable file on Windows
            os.fsync(f.fileno())
    for name in names:
        (draft / name).replace(folder / name)
    return folder / path.name
