"""BigEarthNet-MM and BigEarthNet-S2 models of 19 classes: TF-Slim networks as tf.train.Saver checkpoints.

Source of all that is fixed here: bigearthnet-models-tf 1.1.1 (BigEarthNet.py, main_model.py, models/*.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ModelError
from ...nomenclature import ORDER_ORIGINAL
from ..card import BandInput, ModelCard
from .tf_variables import Checkpoint, build_filled, read_checkpoint
from .writing import write_model

# Units of the four blocks of a ResNet, convolutions of the five stages of a VGG: tf_slim 1.1.0, nets/.
_LAYERS = {
    "resnet_v1_50": [3, 4, 6, 3],
    "resnet_v1_101": [3, 4, 23, 3],
    "resnet_v1_152": [3, 8, 36, 3],
    "vgg_16": [2, 2, 3, 3, 3],
    "vgg_19": [2, 2, 4, 4, 4],
}
_TITLES = {
    "resnet_v1_50": "ResNet-50 v1",
    "resnet_v1_101": "ResNet-101 v1",
    "resnet_v1_152": "ResNet-152 v1",
    "vgg_16": "VGG-16",
    "vgg_19": "VGG-19",
}
# Modality by the channels of the first convolution.
_MODALITIES = {10: "Sentinel-2", 2: "Sentinel-1", 12: "Sentinel-2 and Sentinel-1"}
_BANDS_10M = ("B04", "B03", "B02", "B08")
_BANDS_20M = ("B05", "B06", "B07", "B8A", "B11", "B12")
# BAND_STATS of BigEarthNet.py: mean and deviation over BigEarthNet v1.
_STATS = {
    "B02": (429.9430203, 572.41639287),
    "B03": (614.21682446, 582.87945694),
    "B04": (590.23569706, 675.88746967),
    "B05": (950.68368468, 729.89827633),
    "B06": (1792.46290469, 1096.01480586),
    "B07": (2075.46795189, 1273.45393088),
    "B08": (2218.94553375, 1365.45589904),
    "B8A": (2266.46036911, 1356.13789355),
    "B11": (1594.42694882, 1079.19066363),
    "B12": (1009.32729131, 818.86747235),
    "VV": (-12.619993741972035, 5.115911777546365),
    "VH": (-19.29044597721542, 5.464428464912864),
}
_VH_WARNING = (
    "The loader published with this model fills VH from VV (BigEarthNet.py 1.1.1). Whether the weights were trained "
    "so is not known; if they were, this model, which gets the true VH, answers worse than published."
)
_LICENCE = "not stated for the weights (the code they come with is MIT)"


def import_model(
    path: Path, name: str, folder: Path, *, tensorflow_python: str | None = None, overwrite: bool = False
) -> Path:
    """Convert a checkpoint into ``folder``; return the path of the new card.

    path               prefix, .index file or folder of the checkpoint, or an .npz file of tf_dump.py
    tensorflow_python  the Python that has TensorFlow; None: this one
    Architecture, modality and classes are read from the variables. Raises ModelError for other networks, band
    sets and class counts and for variables that do not fit, JobError where TensorFlow is missing.
    """
    checkpoint = read_checkpoint(path, tensorflow_python)
    scope, architecture = _architecture(checkpoint)
    network = build_filled(architecture, scope, checkpoint)
    return write_model(_card(name, scope, architecture), network, folder, overwrite=overwrite)


def _architecture(checkpoint: Checkpoint) -> tuple[str, dict[str, Any]]:
    """(scope, architecture) that the shapes of the variables tell."""
    scopes = sorted({name.partition("/")[0] for name in checkpoint.variables})
    if len(scopes) != 1 or scopes[0] not in _TITLES:
        raise ModelError(
            f"{checkpoint.where} holds the networks {', '.join(scopes[:5]) or 'none'}, not one of those published "
            "for BigEarthNet-MM.",
            "Known are: " + ", ".join(_TITLES) + ".",
        )
    (scope,) = scopes
    vgg = scope.startswith("vgg")
    first = _last_axes(checkpoint, f"{scope}/conv1/conv1_1/weights" if vgg else f"{scope}/conv1/weights")
    _, classes = _last_axes(checkpoint, f"{scope}/fc8/weights" if vgg else f"{scope}/logits/weights")
    channels, width = first
    if channels not in _MODALITIES:
        raise ModelError(
            f"The network in {checkpoint.where} takes {channels} channels.",
            "Known are 10 (Sentinel-2), 2 (Sentinel-1) and 12 (both).",
        )
    if classes != len(ORDER_ORIGINAL):
        raise ModelError(
            f"The network in {checkpoint.where} answers {classes} classes; maps are made of {len(ORDER_ORIGINAL)}.",
            "Models of the 43-class nomenclature cannot be imported." if classes == 43 else "",
        )
    architecture: dict[str, Any] = {
        "family": "vgg_tf" if vgg else "resnet_tf1",
        "name": f"TF-Slim {scope}",
        "layers": _LAYERS[scope],
        "in_chans": channels,
        "num_classes": classes,
        "width": width,
    }
    if vgg:
        architecture["hidden"] = _last_axes(checkpoint, f"{scope}/fc6/weights")[1]
    return scope, architecture


def _last_axes(checkpoint: Checkpoint, name: str) -> tuple[int, int]:
    """(inputs, outputs) of a convolution."""
    variable = checkpoint.variables.get(name)
    if variable is None or variable.ndim != 4:
        raise ModelError(f"{checkpoint.where} holds no convolution {name}.", "Is it a checkpoint of the whole network?")
    return variable.shape[2], variable.shape[3]


def _card(name: str, scope: str, architecture: dict[str, Any]) -> ModelCard:
    channels = architecture["in_chans"]
    inputs = []
    if channels != 2:
        inputs += [BandInput(b, *_STATS[b]) for b in _BANDS_10M]
        inputs += [BandInput(b, *_STATS[b], resampling="bicubic-tf1") for b in _BANDS_20M]
    if channels != 10:
        inputs += [BandInput(b, *_STATS[b], unit="dB") for b in ("VV", "VH")]
    return ModelCard(
        name=name,
        title=f"{_TITLES[scope]} on {_MODALITIES[channels]} (BigEarthNet, 19 classes)",
        description=f"{_TITLES[scope]} of TF-Slim, trained on BigEarthNet v1 from scratch by its authors; "
        "converted from their TensorFlow checkpoint.",
        inputs=tuple(inputs),
        classes=tuple(ORDER_ORIGINAL),
        thresholds=(0.5,) * len(ORDER_ORIGINAL),
        weights=(),
        architecture=architecture,
        licence=_LICENCE,
        origin="G. Sumbul et al., BigEarthNet-MM, 2021 (arXiv:2105.07921); checkpoint of bigearthnet-models-tf, "
        "TensorFlow 1. Converted to PyTorch and ONNX by this program.",
        warnings=(
            *((_VH_WARNING,) if channels != 10 else ()),
            "The licence of these weights is not stated by their authors.",
        ),
    )
