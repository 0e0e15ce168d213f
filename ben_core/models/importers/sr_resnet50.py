"""SR-ResNet50 and its RFB-ESRGAN generator, from the .pth files of their author.

Source of all that is fixed here: majprojsuper_new.ipynb (classifier), majProjUltra.ipynb (generator) and
new-classifier-deployment/app.py in the repository Sudarshan-Hegde/Geo-Agri-Analyst, and the card of the
Hugging Face space HegdeSudarshan/Classifier (order of the classes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ModelError
from ...nomenclature import ORDER_ORIGINAL
from ..card import BandInput, ModelCard
from ..networks.sr_resnet50 import LOW
from .torch_state import filled, read_state
from .writing import write_model

if TYPE_CHECKING:
    from torch import Tensor

_SR = "sr_model."
_BANDS = ("B04", "B03", "B02")
_LICENCE = "MIT (card of the space; the repository of the code carries none)"
_ORIGIN = (
    "S. Hegde, 2025: BigEarthNet SR-ResNet50 (Hugging Face space HegdeSudarshan/Classifier; notebooks in "
    "github.com/Sudarshan-Hegde/Geo-Agri-Analyst). Converted to safetensors and ONNX by this program."
)
_TWO_FORMS = (
    "The weights of the generator were run as two different networks (residual of its RFBs, skip over its trunk, "
    "activation), which the file does not tell apart: it was trained, and is deployed, as the one, and the classifier "
    "was trained upon the other. "
)
_VOID = (
    "The published accuracy of 100 % is void: the notebook loses the labels (it looks for Python lists where the data "
    "holds arrays), so every patch counted as 'Urban fabric' and the network learned to answer that. Expect no map."
)
_EMA = "The average of the weights that was published (decay 0.9995, updated once an epoch) hardly left its start."
_INVENTED = "It invents detail: what it draws is plausible, not measured."
# 120 pixels of 10 m became 32 at its input and 256 at its output.
_FINER = (
    "It was trained to bring pixels of 37.5 m to enlarged pixels of 10 m; detail finer than 10 m nobody has shown it."
)


def import_model(
    path: Path,
    name: str,
    folder: Path,
    *,
    generator: Path | None = None,
    variant: str | None = None,
    overwrite: bool = False,
) -> Path:
    """Convert the classifier (best_classifier.pth) or the generator alone (generator_ensemble.pth).

    generator  the generator's own file, where that of the classifier holds none
    variant    "trained" or "deployed": see ``networks.rfb_esrgan``. None: as each was trained, which is "trained"
               for the classifier and "deployed" for the generator
    Returns the path of the new card. Raises ModelError for files that hold something else, in whole or in part.
    """
    state = read_state(path)
    classifies = any(k.startswith("backbone.") for k in state)
    if generator is not None:
        if not classifies or any(k.startswith(_SR) for k in state):
            raise ModelError(
                f"{path} holds a generator already.",
                "Leave out the file of the generator, or give the other file alone.",
            )
        state |= {_SR + k: v for k, v in read_state(generator).items()}
    elif not any(k.startswith(_SR) for k in state):
        if classifies:
            raise ModelError(
                f"{path} holds a classifier without its generator.",
                "Give that of the generator too: --option generator=PATH.",
            )
        state = {_SR + k: v for k, v in state.items()}
    architecture = _architecture(state, classifies, variant)
    network = filled(architecture, state, str(path))
    card = _classifier_card if classifies else _generator_card
    return write_model(card(name, architecture), network, folder, overwrite=overwrite)


def _architecture(state: Mapping[str, Tensor], classifies: bool, variant: str | None) -> dict[str, Any]:
    """What the shapes tell; where they tell nothing, the published network, whose keys are then missed by name."""
    a: dict[str, Any] = {
        "family": "sr_resnet50" if classifies else "rfb_esrgan",
        "name": "SR-ResNet50" if classifies else "RFB-ESRGAN",
        "variant": variant or ("trained" if classifies else "deployed"),
        "rrdb": _blocks(state, _SR + "trunk_a.") or 12,
        "rrfdb": _blocks(state, _SR + "trunk_rfb.") or 6,
        "width": _outputs(state, _SR + "conv_first.weight") or 64,
    }
    if classifies:
        classes = _outputs(state, "backbone.fc.4.weight")
        if classes not in (None, len(ORDER_ORIGINAL)):
            raise ModelError(f"This SR-ResNet50 answers {classes} classes; maps are made of {len(ORDER_ORIGINAL)}.")
        a |= {
            "num_classes": len(ORDER_ORIGINAL),
            "layers": [_blocks(state, f"backbone.layer{k}.") or n for k, n in enumerate((3, 4, 6, 3), 1)],
            "resnet_width": _outputs(state, "backbone.conv1.weight") or 64,
            "hidden": _outputs(state, "backbone.fc.1.weight") or 512,
        }
    return a


def _blocks(state: Mapping[str, Tensor], prefix: str) -> int:
    """How many numbered modules lie under ``prefix``."""
    return len({m[1] for k in state if (m := re.match(re.escape(prefix) + r"(\d+)\.", k))})


def _outputs(state: Mapping[str, Tensor], key: str) -> int | None:
    return state[key].shape[0] if key in state and state[key].ndim else None


def _classifier_card(name: str, architecture: dict[str, Any]) -> ModelCard:
    return ModelCard(
        name=name,
        title="SR-ResNet50 on Sentinel-2 true colour (BigEarthNet, 19 classes)",
        description="A generator reduces a patch to 32 x 32 pixels and draws it again at 256 x 256; a ResNet-50 looks "
        "at the drawing and tells one class. Its author shows the five most probable ones. Generator as "
        f"{architecture['variant']!r}.",
        inputs=_inputs(),
        classes=tuple(ORDER_ORIGINAL),
        thresholds=(0.5,) * len(ORDER_ORIGINAL),
        weights=(),
        activation="softmax",
        architecture=architecture,
        licence=_LICENCE,
        origin=_ORIGIN,
        warnings=(
            _VOID,
            _TWO_FORMS + f"Here it runs as {architecture['variant']!r}.",
            _EMA,
            "It tells one class a patch (softmax), where BigEarthNet's labels are several; that output i is class i of "
            "the printed list is not written in any code.",
        ),
    )


def _generator_card(name: str, architecture: dict[str, Any]) -> ModelCard:
    return ModelCard(
        name=name,
        title="RFB-ESRGAN for Sentinel-2 true colour, eightfold",
        description="Draws a true-colour image eight times as fine (ben super-resolve). It labels nothing. As "
        f"{architecture['variant']!r}.",
        inputs=_inputs(),
        classes=(),
        thresholds=(),
        weights=(),
        size=LOW,
        architecture=architecture,
        licence=_LICENCE,
        origin=_ORIGIN,
        warnings=(_INVENTED, _FINER, _TWO_FORMS + f"Here it runs as {architecture['variant']!r}."),
    )


def _inputs() -> tuple[BandInput, ...]:
    return tuple(BandInput(b, mean=0.0, std=10000.0, clip=(0.0, 10000.0)) for b in _BANDS)
