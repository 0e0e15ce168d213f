"""A ResNet-50 on the ten bands of reBEN with random weights: the size that published models have."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


def resnet50(folder: Path) -> Path:
    """The path of its card; made where missing (needs the extra [torch])."""
    path = folder / "resnet50-random.json"
    if path.exists():
        return path
    import torch
    from safetensors.torch import save_file

    from ben_core.models import BandInput, ModelCard, Weights
    from ben_core.models.export import export_onnx
    from ben_core.models.networks import build
    from ben_core.models.preprocess import Graph
    from ben_core.nomenclature import ORDER_ALPHABETICAL

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    card = ModelCard(
        name="resnet50-random",
        title="ResNet-50 with random weights",
        description="For speed only: its answers mean nothing.",
        inputs=tuple(BandInput(b, 1000.0, 800.0) for b in BANDS),
        classes=ORDER_ALPHABETICAL,
        thresholds=(0.5,) * 19,
        weights=(),
        architecture={
            "family": "resnet",
            "block": "bottleneck",
            "layers": [3, 4, 6, 3],
            "in_chans": 10,
            "num_classes": 19,
        },
        licence="MIT",
        origin="Random numbers.",
    )
    onnx, torch_file = folder / "resnet50-random.onnx", folder / "resnet50-random.safetensors"
    network = build(card.architecture)
    save_file(network.state_dict(), torch_file)
    export_onnx(card, Graph(card, network).eval(), onnx)
    weights = tuple(
        Weights(file.name, runtime, "fp32", hashlib.sha256(file.read_bytes()).hexdigest())
        for file, runtime in ((onnx, "onnx"), (torch_file, "torch"))
    )
    path.write_text(dataclasses.replace(card, weights=weights).to_json())
    return path
