"""ResNet-18 and ResNet-50 weights that torchgeo publishes for Sentinel-1 and -2, as feature extractors.

Source of all that is fixed here: torchgeo 0.8.1, torchgeo/models/resnet.py (bands, transforms) and
docs/api/weights/sentinel1.csv, sentinel2.csv (licences).

torchgeo enlarges a patch to 256 x 256 and looks at the middle 224 x 224. A patch of BigEarthNet is a cell of a
map, and its border counts: it is enlarged to 224 x 224 whole, at the price of objects that are 1/8 smaller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, reason
from ..card import BandInput, ModelCard
from ..files import sha256_of
from .torch_state import filled, read_state
from .writing import write_model

if TYPE_CHECKING:
    from torch import Tensor

_LAYERS = {18: ("basic", [2, 2, 2, 2]), 50: ("bottleneck", [3, 4, 6, 3])}
_RGB = ("B04", "B03", "B02")
_L2A = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")
_L1C = (*_L2A[:10], "B10", *_L2A[10:])
_SAR = ("VV", "VH")

# _mean_s1 and _std_s1, _mean_s2 and _std_s2 of torchgeo: SSL4EO-S12.
_SAR_STATS = ((-12.59, 5.26), (-20.26, 5.91))
_L1C_STATS = tuple(
    zip(
        (1612.9, 1397.6, 1322.3, 1373.1, 1561.0, 2108.4, 2390.7, 2318.7, 2581.0, 837.7, 22.0, 2195.2, 1537.4),
        (791.0, 854.3, 878.7, 1144.9, 1127.5, 1164.2, 1276.0, 1249.5, 1345.9, 577.5, 47.5, 1340.0, 1142.9),
        strict=True,
    )
)
_REFLECTANCE = ((0.0, 10000.0),)
# _seco_transforms: 8-bit values min to max become 0 to 1, then ImageNet's mean and deviation. As mended after 0.8.1
# (torchgeo commit 6100eb4), which took the limits for DN and did not clip.
_SECO_RANGE = ((0, 129), (2, 103), (3, 88))
_IMAGENET = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))

# No exact dates are published with the weights: from Sentinel-2's first year to the latest of their papers.
_PERIOD = ("2015-07-01T00:00:00Z", "2025-07-31T23:59:59Z")

_CC = "CC-BY-4.0"
_OPENRAIL = "OpenRAIL"


@dataclass(frozen=True)
class Published:
    """One set of weights. ``stats``: (mean, deviation) a band, or one pair for all."""

    depth: int
    file: str  # stem of torchgeo's file, without the first digits of its SHA-256
    bands: tuple[str, ...]
    licence: str
    data: str
    paper: str
    stats: tuple[tuple[float, float], ...] = _REFLECTANCE
    resize: int | None = 224


def _ssl4eo(depth: int, method: str, bands: tuple[str, ...], name: str) -> Published:
    stats = _SAR_STATS if bands == _SAR else _REFLECTANCE
    file = f"resnet{depth}_sentinel{1 if bands == _SAR else 2}_{name}_{method}"
    return Published(depth, file, bands, _CC, "SSL4EO-S12", "arXiv:2211.07044", stats)


def _closp(file: str, bands: tuple[str, ...]) -> Published:
    stats = ((0.0, 1.0),) if bands == _SAR else _REFLECTANCE
    return Published(50, file, bands, _OPENRAIL, "CrisisLandMark", "arXiv:2507.10403", stats, None)


_DECUR, _SOFTCON, _SECO = "arXiv:2309.05300", "arXiv:2405.20462", "arXiv:2103.16607"
# torchgeo's name (ResNet50_Weights.SENTINEL2_ALL_MOCO is resnet50_sentinel2_all_moco here) -> what it stands for.
WEIGHTS: dict[str, Published] = {
    "resnet18_sentinel2_all_moco": _ssl4eo(18, "moco", _L1C, "all"),
    "resnet18_sentinel2_rgb_moco": _ssl4eo(18, "moco", _RGB, "rgb"),
    "resnet18_sentinel2_rgb_seco": Published(18, "resnet18_sentinel2_rgb_seco", _RGB, "Apache-2.0", "SeCo", _SECO),
    "resnet50_sentinel2_all_moco": _ssl4eo(50, "moco", _L1C, "all"),
    "resnet50_sentinel2_all_dino": _ssl4eo(50, "dino", _L1C, "all"),
    "resnet50_sentinel2_rgb_moco": _ssl4eo(50, "moco", _RGB, "rgb"),
    "resnet50_sentinel2_rgb_seco": Published(50, "resnet50_sentinel2_rgb_seco", _RGB, "Apache-2.0", "SeCo", _SECO),
    "resnet50_sentinel2_all_decur": Published(
        50, "rn50_ssl4eo-s12_ms_decur_ep100", _L1C, "Apache-2.0", "SSL4EO-S12", _DECUR
    ),
    "resnet50_sentinel2_all_softcon": Published(50, "B13_rn50_softcon", _L1C, _CC, "SSL4EO-S12", _SOFTCON, _L1C_STATS),
    "resnet50_sentinel2_all_seco_eco": Published(
        50, "resnet50_sentinel2_all_seco_eco", _L2A, "MIT", "SSL4Eco", "arXiv:2504.18256"
    ),
    "resnet50_sentinel2_all_closp": _closp("closp-rn_s2_encoder", _L1C),
    "resnet50_sentinel2_all_geoclosp": _closp("geoclosp-rn_s2_encoder", _L1C),
    "resnet50_sentinel1_grd_moco": _ssl4eo(50, "moco", _SAR, "all"),
    "resnet50_sentinel1_grd_decur": Published(
        50, "rn50_ssl4eo-s12_sar_decur_ep100", _SAR, "Apache-2.0", "SSL4EO-S12", _DECUR, _SAR_STATS
    ),
    "resnet50_sentinel1_grd_softcon": Published(50, "B2_rn50_softcon", _SAR, _CC, "SSL4EO-S12", _SOFTCON, _SAR_STATS),
    "resnet50_sentinel1_grd_closp": _closp("closp-rn_s1_encoder", _SAR),
    "resnet50_sentinel1_grd_geoclosp": _closp("geoclosp-rn_s1_encoder", _SAR),
}


def import_model(path: Path, name: str, folder: Path, *, weights: str | None = None, overwrite: bool = False) -> Path:
    """Convert a .pth file as torchgeo downloads it into ``folder``; return the path of the new card.

    weights  which of ``WEIGHTS`` it is, in torchgeo's spelling or ours; None: the file's name tells
    Where the name carries the first digits of the file's SHA-256, as torchgeo's do, they are checked. Layers of
    a classifier (fc) are left out: no published one answers BigEarthNet's classes. Raises ModelError.
    """
    key, published = _published(path, weights)
    _check_digits(path, published)
    state = {k: v for k, v in read_state(path).items() if not k.startswith("fc.")}
    architecture = _architecture(key, published, state)
    network = filled(architecture, state, str(path))
    return write_model(_card(name, key, published, architecture), network, folder, overwrite=overwrite)


def named(stem: str) -> str | None:
    """The key in ``WEIGHTS`` of a file of torchgeo by its name without ending, None where it is none."""
    for key, published in WEIGHTS.items():
        if re.fullmatch(re.escape(published.file) + r"(-[0-9a-f]{8})?", stem):
            return key
    return None


def _published(path: Path, weights: str | None) -> tuple[str, Published]:
    if weights is not None:
        key = weights.lower().replace("_weights.", "_").replace("sentinel1_all", "sentinel1_grd")
        if key in WEIGHTS:
            return key, WEIGHTS[key]
    else:
        found = named(path.stem)
        if found is not None:
            return found, WEIGHTS[found]
    raise ModelError(
        f"{weights!r} names no weights of torchgeo that can be imported."
        if weights is not None
        else f"The name of {path} is not one that torchgeo gives to weights.",
        "Say which they are (--option weights=…): " + ", ".join(WEIGHTS) + ".",
    )


def _check_digits(path: Path, published: Published) -> None:
    told = re.fullmatch(re.escape(published.file) + r"-([0-9a-f]{8})", path.stem)
    if told is None:
        return
    try:
        found = sha256_of(path)
    except OSError as e:
        raise ModelError(f"The weights {path} cannot be read: {reason(e)}.") from e
    if not found.startswith(told[1]):
        raise ModelError(
            f"{path} is not the file that its name says: its SHA-256 begins with {found[:8]}.", "Download it again."
        )


def _architecture(key: str, published: Published, state: Mapping[str, Tensor]) -> dict[str, Any]:
    first = state.get("conv1.weight")
    shape = tuple(first.shape) if first is not None else ()
    if len(shape) != 4 or shape[1] != len(published.bands):
        raise ModelError(
            f"These weights are not {key}: its first convolution (conv1.weight) takes {len(published.bands)} bands "
            f"({', '.join(published.bands)}), this one is {list(shape) or 'missing'}.",
            "Say which they are (--option weights=…).",
        )
    block, layers = _LAYERS[published.depth]
    return {
        "family": "resnet",
        "name": f"ResNet-{published.depth}",
        "block": block,
        "layers": layers,
        "in_chans": shape[1],
        "num_classes": 0,
        "width": shape[0],
    }


def _card(name: str, key: str, published: Published, architecture: dict[str, Any]) -> ModelCard:
    sar = published.bands == _SAR
    warnings = ["It gives features, no classes: train a head on them, or search by them."]
    if "B10" in published.bands or (not sar and published.data in ("SSL4EO-S12", "SeCo")):
        warnings.append(
            f"It was trained on reflectance at the top of the atmosphere (L1C, {published.data}); on L2A its features "
            "shift."
        )
    if "B10" in published.bands:
        warnings.append("It takes B10, which L2A products lack: where it is missing, zeros stand for it.")
    if published.licence == _OPENRAIL:
        warnings.append("Its licence (OpenRAIL) restricts what it may be used for.")
    return ModelCard(
        name=name,
        title=f"{architecture['name']} features of {'Sentinel-1' if sar else 'Sentinel-2'} ({published.data})",
        description=f"torchgeo's weights {key}, pre-trained without labels of land cover. "
        f"Patches are enlarged to {published.resize or 120} x {published.resize or 120} pixels, whole.",
        inputs=_inputs(key, published),
        classes=(),
        thresholds=(),
        weights=(),
        resize=published.resize,
        architecture=architecture,
        period=_PERIOD,
        licence=published.licence,
        origin=f"torchgeo {key} ({published.paper}); converted to safetensors and ONNX by this program.",
        warnings=tuple(warnings),
    )


def _inputs(key: str, published: Published) -> tuple[BandInput, ...]:
    if key.endswith("rgb_seco"):
        return tuple(_seco(*x) for x in zip(published.bands, _SECO_RANGE, _IMAGENET, strict=True))
    stats = published.stats if len(published.stats) > 1 else published.stats * len(published.bands)
    return tuple(
        BandInput(
            b,
            *pair,
            unit="dB" if b in _SAR else "DN",
            resampling="bilinear",
            fill=0.0 if b == "B10" else None,
        )
        for b, pair in zip(published.bands, stats, strict=True)
    )


def _seco(band: str, limits: tuple[int, int], imagenet: tuple[float, float]) -> BandInput:
    """8-bit ``limits`` to DN, to 0..1, to ImageNet's numbers: in one step."""
    low, high = (v * 10000 / 255 for v in limits)
    mean, std = imagenet
    return BandInput(band, low + mean * (high - low), std * (high - low), resampling="bilinear", clip=(low, high))
