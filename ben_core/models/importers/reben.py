"""reBEN (BigEarthNet v2): a folder as it lies on Hugging Face, config.json and model.safetensors.

Those files say neither which bands the network takes nor in which order nor how they are scaled: that
follows from the version in the repository's name, and stands here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError, reason
from ...job import PATCH
from ...nomenclature import ORDER_ALPHABETICAL, S1_BANDS
from ..card import BandInput, ModelCard
from ..networks import build
from ..strict import Shapes, read_shapes, read_state, require_same_shapes, shapes_of
from .writing import write_model

if TYPE_CHECKING:
    from ..networks.base import Network

CONFIG, WEIGHTS = "config.json", "model.safetensors"
PREFIX = "model.vision_encoder."

# Order of the channels by release. v0.2.0: the organisation's page and cards, and ConfigILM from commit bfe81ce on
# (0.7.0, "fixing bandorder"); v0.1.1: the note on its cards, and ConfigILM up to 0.6.9.
_S2_OLD = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B11", "B12", "B8A")
_S2 = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
BAND_ORDERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "0.1.1": {"s1": ("VH", "VV"), "s2": _S2_OLD, "all": (*_S2_OLD, "VH", "VV")},
    "0.2.0": {"s1": ("VV", "VH"), "s2": _S2, "all": ("VV", "VH", *_S2)},
}

# ConfigILM BENv2_utils.py, means and stds "120_nearest"; the same in every release. B01 and B09 are in no published
# band set; training takes them from here.
STATISTICS = {
    "VV": (-12.643863677978516, 5.133493900299072),
    "VH": (-19.352558135986328, 5.590505599975586),
    "B01": (361.0767822265625, 575.0687255859375),
    "B02": (438.3720703125, 607.02685546875),
    "B03": (614.0556640625, 603.2968139648438),
    "B04": (588.4096069335938, 684.56884765625),
    "B05": (942.8433227539062, 738.4326782226562),
    "B06": (1769.931640625, 1100.4560546875),
    "B07": (2049.551513671875, 1275.805419921875),
    "B08": (2193.2919921875, 1369.3717041015625),
    "B8A": (2235.556640625, 1356.5440673828125),
    "B09": (2241.455322265625, 1316.393310546875),
    "B11": (1568.226806640625, 1070.1612548828125),
    "B12": (997.7324829101562, 813.5276489257812),
}

# timm name -> our network; every other name is built by timm
_RESNETS = {
    "resnet18": ("basic", [2, 2, 2, 2]),
    "resnet50": ("bottleneck", [3, 4, 6, 3]),
    "resnet101": ("bottleneck", [3, 4, 23, 3]),
}
_KINDS = {"s1": "Sentinel-1", "s2": "Sentinel-2", "all": "Sentinel-1 and -2"}


def import_model(
    path: Path,
    name: str,
    folder: Path,
    *,
    version: str | None = None,
    origin: str = "",
    scores: Mapping[str, Any] | None = None,
    overwrite: bool = False,
) -> Path:
    """Convert the model in the folder ``path`` to ``name`` in ``folder``; return the path of its card.

    version   "0.1.1" or "0.2.0", where the folder's name does not end in it: it decides the order of the bands
    Raises ModelError: files that are missing or broken, a number of channels that no band set of the
    version has, other keys or shapes than the architecture's.
    """
    config = _config(path / CONFIG)
    found = read_shapes(path / WEIGHTS)
    said, version = _said_by_name(path.resolve().name, version)
    bands = _bands(config, found, said, version)
    network, architecture = _load(config, len(bands), found, path / WEIGHTS)
    timm_name = config["timm_model_name"]
    card = ModelCard(
        name=name,
        title=f"reBEN {timm_name} on {_KINDS[_set_of(bands)]}, v{version}",
        description=f"{timm_name}, trained from scratch on BigEarthNet v2 (reBEN, arXiv:2407.03653) by BIFOLD and "
        "TU Berlin; answers for patches of 1.2 km which of 19 classes occur in them.",
        inputs=tuple(BandInput(b, *STATISTICS[b], unit="dB" if b in S1_BANDS else "DN") for b in bands),
        classes=ORDER_ALPHABETICAL,
        thresholds=(0.5,) * len(ORDER_ALPHABETICAL),  # that of the published F1 scores; not tuned
        weights=(),
        architecture=architecture,
        licence="MIT",
        origin=f"{origin or 'Converted from ' + path.resolve().name}; bands in the order of v{version}.",
        scores=scores or {},
    )
    return write_model(card, network, folder, overwrite=overwrite)


def _config(path: Path) -> dict[str, Any]:
    """config.json, as far as it matters. Raises ModelError."""
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as e:
        raise ModelError(
            f"{path} cannot be read: {reason(e)}.",
            f"Needed is a folder with {CONFIG} and {WEIGHTS}, as on Hugging Face.",
        ) from e
    wanted = {"timm_model_name": str, "channels": int, "classes": int, "image_size": int}
    wrong = [k for k, kind in wanted.items() if not isinstance(config, dict) or type(config.get(k)) is not kind]
    if wrong:
        raise ModelError(f"{path} lacks {', '.join(wrong)}, or holds another kind of value.", "Is it a reBEN model?")
    if config["classes"] != len(ORDER_ALPHABETICAL):
        raise ModelError(f"{path} says {config['classes']} classes; BigEarthNet v2 has {len(ORDER_ALPHABETICAL)}.")
    if config["image_size"] != PATCH:
        raise ModelError(f"{path} says images of {config['image_size']} px; reBEN's patches have {PATCH}.")
    return config


def _said_by_name(name: str, version: str | None) -> tuple[str | None, str]:
    """Band set and version that the name of the repository ends in; ``version`` where it does not. Raises ModelError."""
    match = re.search(r"(?:-(s1|s2|all))?-v(\d[\w.]*)$", name)
    said, found = (match[1], match[2]) if match else (None, None)
    if version is None and found is None:
        raise ModelError(
            f"The folder's name {name!r} does not end in a version, and the order of the bands follows from it.",
            f"Say --version {' or '.join(BAND_ORDERS)}: the last part of the repository's name.",
        )
    if version is not None and found is not None and version != found:
        raise ModelError(f"--version {version} was given, but the folder's name {name!r} says v{found}.")
    version = version or found or ""
    if version not in BAND_ORDERS:
        raise ModelError(
            f"The order of the bands of reBEN v{version} is not known.", f"Known are: {', '.join(BAND_ORDERS)}."
        )
    return said, version


def _bands(config: Mapping[str, Any], found: Shapes, said: str | None, version: str) -> tuple[str, ...]:
    """The bands that so many channels mean. Raises ModelError where config, name and tensors contradict each other."""
    channels = config["channels"]
    sets = {len(bands): kind for kind, bands in BAND_ORDERS[version].items()}
    if channels not in sets:
        raise ModelError(
            f"The model takes {channels} channels; the band sets of reBEN v{version} have {', '.join(map(str, sets))}.",
            "Which bands these are, and in which order, is not known.",
        )
    first = found.get(PREFIX + "conv1.weight")
    if first is not None and len(first) == 4 and first[1] != channels:
        raise ModelError(
            f"{CONFIG} says {channels} channels, {PREFIX}conv1.weight has {first[1]}.",
            "The two files do not belong together.",
        )
    if said is not None and said != sets[channels]:
        raise ModelError(
            f"The name says the band set {said!r}, but {channels} channels are those of {sets[channels]!r}.",
            "The name is wrong, or the files are another model's.",
        )
    return BAND_ORDERS[version][sets[channels]]


def _set_of(bands: tuple[str, ...]) -> str:
    return {2: "s1", 10: "s2", 12: "all"}[len(bands)]


def _load(config: Mapping[str, Any], channels: int, found: Shapes, path: Path) -> tuple[Network, dict[str, Any]]:
    """The network with its weights, and its architecture. Raises ModelError."""
    name = config["timm_model_name"]
    common = {"name": name, "in_chans": channels, "num_classes": config["classes"]}
    if name in _RESNETS:
        block, layers = _RESNETS[name]
        architecture = {"family": "resnet", **common, "block": block, "layers": layers}
        ours = ""
    else:
        architecture = {"family": "timm", **common, "model": name, "image_size": config["image_size"]}
        ours = "model."
    network = build(architecture)
    wanted = {PREFIX + k.removeprefix(ours): v for k, v in shapes_of(network).items()}
    # A counter of training steps; it has no part in an answer.
    counters = {k for k in wanted if k.endswith(".num_batches_tracked")} - set(found)
    require_same_shapes(
        {k: v for k, v in wanted.items() if k not in counters},
        found,
        f"{path} does not hold a {name}",
        "Nothing was loaded. Is it the file of another model, or of another kind of training?",
    )
    state = {ours + k.removeprefix(PREFIX): v for k, v in read_state(path).items()}
    network.load_state_dict({**{k: v for k, v in network.state_dict().items() if k not in state}, **state})
    return network, architecture
