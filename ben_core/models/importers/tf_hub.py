"""google/remote_sensing/bigearthnet-resnet50 of TF Hub: features of a ResNet-50 v2 on true colour.

What the module is told on its page: images in [0, 1], best 224 x 224. Which reflectance is 1 is not told.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ModelError
from ..card import BandInput, ModelCard
from .tf_variables import Checkpoint, build_filled, read_checkpoint
from .writing import write_model

if TYPE_CHECKING:
    from ..networks.base import Network

# tensorflow_datasets, bigearthnet.py, _OPTICAL_MAX_VALUE: the DN that becomes white in "bigearthnet/rgb". The
# module's authors released their data through it (arXiv:1911.06721); that they trained on it so is likely, not told.
WHITE = 2000.0
_SIDE = 224
_LAYERS = [3, 4, 6, 3]
_TOLERANCE = 1e-3


def import_model(
    path: Path,
    name: str,
    folder: Path,
    *,
    white: float = WHITE,
    tensorflow_python: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Convert the downloaded module into ``folder``; return the path of the new card, a model without classes.

    path               folder of the module (saved_model.pb, variables/), a checkpoint of its variables, or an .npz
                       file of tf_dump.py
    white              DN (reflectance x 10000) that the network sees as 1; what is brighter is cut
    tensorflow_python  the Python that has TensorFlow; None: this one
    A module is run by TensorFlow once, and what comes out must agree with it to 1e-3. Raises ModelError where it
    does not, and as ``tf_mm.import_model``.
    """
    if not 0 < white <= 65535:
        raise ModelError(f"White at {white} is no Sentinel-2 number.", "Give 1 to 65535; 2000 is the default.")
    checkpoint = read_checkpoint(path, tensorflow_python)
    scope, width = _scope(checkpoint)
    architecture = {
        "family": "resnet_tf2",
        "name": "TF-Slim resnet_v2_50",
        "layers": _LAYERS,
        "in_chans": 3,
        "num_classes": 0,
        "width": width,
    }
    network = build_filled(architecture, scope, checkpoint)
    scale, offset = _rescaling(checkpoint)
    if checkpoint.module:
        _compare(network, checkpoint, scale, offset)
    # scale * (dn / white) + offset, as (dn - mean) / std
    inputs = [
        BandInput(b, -o * white / s, white / s, clip=(0.0, white))
        for b, s, o in zip(("B04", "B03", "B02"), scale, offset, strict=True)
    ]
    card = ModelCard(
        name=name,
        title="ResNet-50 v2 features on true colour (BigEarthNet, TF Hub)",
        description="Features of 2048 numbers from red, green and blue, for retrieval and for training a "
        "classifier on top; it names no classes by itself.",
        inputs=tuple(inputs),
        classes=(),
        thresholds=(),
        weights=(),
        resize=_SIDE,
        architecture=architecture,
        licence="not confirmed",
        origin="M. Neumann et al., In-domain representation learning for remote sensing, 2019 (arXiv:1911.06721); "
        "TF Hub module google/remote_sensing/bigearthnet-resnet50/1. Converted to PyTorch and ONNX by this program.",
        warnings=(
            f"Which reflectance the network takes as 1 is not published; here it is {white / 10000:g}.",
            *(
                ()
                if checkpoint.module
                else ("Imported without its graph: that it takes images in [0, 1] unchanged is an assumption.",)
            ),
        ),
    )
    return write_model(card, network, folder, overwrite=overwrite)


def _scope(checkpoint: Checkpoint) -> tuple[str, int]:
    """(scope, width) of the one network in it; modules keep theirs under names of their own."""
    roots = [n for n in checkpoint.variables if re.fullmatch(r"(.*/)?conv1/weights", n) and "/unit_" not in n]
    if len(roots) != 1 or checkpoint.variables[roots[0]].ndim != 4:
        raise ModelError(
            f"{checkpoint.where} holds no ResNet of TF-Slim: {len(roots)} variables are called conv1/weights.",
            "Give the module google/remote_sensing/bigearthnet-resnet50.",
        )
    return roots[0].removesuffix("conv1/weights").rstrip("/"), checkpoint.variables[roots[0]].shape[3]


def _rescaling(checkpoint: Checkpoint) -> tuple[list[float], list[float]]:
    """What the module does to its images before the first convolution, a channel: (scale, offset)."""
    pair = []
    for key, default in (("scale", 1.0), ("offset", 0.0)):
        value = np.asarray(checkpoint.module.get(key, default), dtype=np.float64).ravel()
        if value.size not in (1, 3) or not np.isfinite(value).all() or (key == "scale" and not (value > 0).all()):
            raise ModelError(f"The module {checkpoint.where} rescales its images by {key} {value.tolist()}.")
        pair.append(np.broadcast_to(value, 3).tolist())
    return pair[0], pair[1]


def _compare(network: Network, checkpoint: Checkpoint, scale: list[float], offset: list[float]) -> None:
    """ModelError where the network does not answer a made image as the module did."""
    import torch

    images, features = (checkpoint.module[k].astype(np.float32) for k in ("images", "features"))
    rescaled = images * np.asarray(scale, np.float32) + np.asarray(offset, np.float32)
    x = torch.from_numpy(rescaled).permute(0, 3, 1, 2)
    with torch.inference_mode():
        got = network.forward_features(x).numpy()
    off = np.abs(got - features).max() if got.shape == features.shape else np.inf
    if not off <= _TOLERANCE * max(1.0, np.abs(features).max()):
        raise ModelError(
            f"The network made from {checkpoint.where} answers otherwise than the module (by up to {off:.2g}).",
            "Is it the module bigearthnet-resnet50, and whole?",
        )
